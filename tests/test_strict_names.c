/* Names that differ from ours in one octet, or in case: of headers, methods, parameters,
 * schemes, the version. Comparing words at a time under a mask gets these wrong. */
#include "tests/strict.h"

#include "tests/each_variant.h"
#include "tests/exact.h"
#include "tests/field.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    ROOM = 1024,
    NAME_ROOM = 64,
    OCTETS = 256,
};

static struct message m;

/* A message of the two texts and the name between them. */
static struct slice
around(struct slice before, struct slice name, struct slice after)
{
    static char text[ROOM];
    char *at = text;

    slice_pack(&at, before);
    slice_pack(&at, name);
    slice_pack(&at, after);
    return exact(slice_of(text, (size_t)(at - text)));
}

/* The name with another octet at `at`; one behind its end makes it longer. */
static struct slice
changed(struct slice name, size_t at, int octet, char out[NAME_ROOM])
{
    memcpy(out, name.at, name.len);
    out[at] = (char)octet;
    return slice_of(out, at < name.len ? name.len : at + 1);
}

/* ---- headers ---- */

static enum header_id
id_of_line(struct slice name)
{
    struct slice text =
        around(SLICE("OPTIONS sip:h SIP/2.0\r\n"), name, SLICE(": x\r\n\r\n"));
    enum header_id id;

    variant_parse(&m, text, MESSAGE_DATAGRAM);
    id = m.lines == 1 ? m.line[0].id : HEADER_OTHER;
    exact_free(text);
    return id;
}

/* What a line that starts so has for a name: blanks and a colon may stand behind it. */
static struct slice
name_of(struct slice start)
{
    return slice_trim(slice_head(start, slice_find(start, ':')));
}

static void
expect_own_name_alone(enum header_id id)
{
    struct slice name = header_name(id);
    char other[NAME_ROOM];

    for (size_t at = 0; at <= name.len; at++)
        for (int octet = 0; octet < OCTETS; octet++) {
            struct slice start = changed(name, at, octet, other), near = name_of(start);
            bool is_line_end = octet == '\r' || octet == '\n';

            if (near.len <= 1 || is_line_end || (at == 0 && near.len < start.len))
                continue; /* a compact form, two lines, or no name */
            if ((id_of_line(start) == id) != slice_equal_nocase(near, name))
                fail_msg("%s: 0x%02x at %zu of %.*s", variant_name(), (unsigned)octet, at,
                         SLICE_ARG(name));
        }
}

/* RFC 3261 7.3.1: names have no case, and nothing else is like a letter. */
static void
a_header_name_with_another_octet_is_another(void **state)
{
    (void)state;
    for (int id = HEADER_OTHER + 1; id < HEADER_COUNT; id++)
        expect_own_name_alone((enum header_id)id);
}

/* RFC 3261 7.3.3, 20. */
static void
one_letter_is_a_header_name_where_the_standard_says_so(void **state)
{
    static const char letters[] = "cefiklmstv";
    static const enum header_id ids[] = {
        HEADER_CONTENT_TYPE, HEADER_CONTENT_ENCODING, HEADER_FROM,
        HEADER_CALL_ID,      HEADER_SUPPORTED,        HEADER_CONTENT_LENGTH,
        HEADER_CONTACT,      HEADER_SUBJECT,          HEADER_TO,
        HEADER_VIA,
    };

    (void)state;
    for (int octet = 1; octet < OCTETS; octet++) {
        char name = (char)octet;
        const char *letter = strchr(letters, ascii_lower(name));

        assert_int_equal(id_of_line(slice_of(&name, 1)),
                         letter == NULL ? HEADER_OTHER : ids[letter - letters]);
    }
}

/* ---- methods ---- */

static enum method
method_of_line(struct slice name)
{
    struct slice text = around(SLICE(""), name, SLICE(" sip:h SIP/2.0\r\n\r\n"));
    enum method method;

    variant_parse(&m, text, MESSAGE_DATAGRAM);
    method = m.method;
    exact_free(text);
    return method;
}

/* RFC 3261 7.1: methods have case. */
static void
a_method_with_another_octet_is_another(void **state)
{
    char other[NAME_ROOM];

    (void)state;
    for (int method = METHOD_OTHER + 1; method <= METHOD_UPDATE; method++) {
        struct slice name = method_name((enum method)method);

        for (size_t at = 0; at < name.len; at++)
            for (int octet = 0; octet < OCTETS; octet++) {
                struct slice near = changed(name, at, octet, other);

                if ((method_of_line(near) == (enum method)method) !=
                    slice_equal(near, name))
                    fail_msg("%s: 0x%02x at %zu of %.*s", variant_name(), (unsigned)octet,
                             at, SLICE_ARG(name));
            }
    }
}

/* ---- words within values ---- */

struct word {
    enum strict_kind kind;
    enum strict_place place;
    const char *before, *word, *after;
    const char *field,
        *value; /* what the message has with this word, and with no other */
};

static bool
is_understood(const struct word *word, struct slice near)
{
    char piece[ROOM], text[ROOM], buffer[FIELD_ROOM];
    struct slice whole, value = slice_of(word->value, strlen(word->value)), copy;
    char *at = piece;
    bool is_read;

    slice_pack(&at, slice_of(word->before, strlen(word->before)));
    slice_pack(&at, near);
    slice_pack(&at, slice_of(word->after, strlen(word->after)));
    whole = strict_text(word->kind, word->place, slice_of(piece, (size_t)(at - piece)),
                        text, sizeof text);
    copy = exact(whole);
    is_read =
        variant_parse(&m, copy, MESSAGE_STREAM) == PARSE_OK &&
        slice_equal(message_field(&m, slice_of(word->field, strlen(word->field)), buffer),
                    value);
    exact_free(copy);
    return is_read;
}

/* RFC 3261 7.1, 7.3.1, 19.1.1, RFC 3581 3: these have no case. */
static void
a_word_with_another_octet_is_another(void **state)
{
    static const struct word words[] = {
        { STRICT_MESSAGE, STRICT_START, "MESSAGE sip:b@h ", "SIP/2.0", "\r\n", "method",
          "MESSAGE" },
        { STRICT_RESPONSE, STRICT_START, "", "SIP/2.0", " 202 OK\r\n", "status", "202" },
        { STRICT_MESSAGE, STRICT_START, "MESSAGE ", "sip", ":b@h SIP/2.0\r\n",
          "ruri.scheme", "sip" },
        { STRICT_MESSAGE, STRICT_START, "MESSAGE ", "sips", ":b@h SIP/2.0\r\n",
          "ruri.scheme", "sips" },
        { STRICT_MESSAGE, STRICT_START, "MESSAGE ", "tel", ":+1 SIP/2.0\r\n",
          "ruri.scheme", "tel" },
        { STRICT_MESSAGE, STRICT_VIA, "Via: ", "SIP", "/2.0/UDP h\r\n", "via.host", "h" },
        { STRICT_MESSAGE, STRICT_VIA, "Via: SIP/", "2.0", "/UDP h\r\n", "via.host", "h" },
        { STRICT_MESSAGE, STRICT_VIA, "Via: SIP/2.0/UDP h;", "branch", "=x\r\n",
          "via.branch", "x" },
        { STRICT_MESSAGE, STRICT_VIA, "Via: SIP/2.0/UDP h;", "rport", "=5\r\n",
          "via.rport", "5" },
        { STRICT_MESSAGE, STRICT_VIA, "Via: SIP/2.0/UDP h;", "received", "=1.2.3.4\r\n",
          "via.received", "1.2.3.4" },
        { STRICT_MESSAGE, STRICT_VIA, "Via: SIP/2.0/UDP h;", "maddr", "=h2\r\n",
          "via.maddr", "h2" },
        { STRICT_MESSAGE, STRICT_FROM, "From: <sip:a@h>;", "tag", "=x\r\n", "from.tag",
          "x" },
        { STRICT_MESSAGE, STRICT_TO, "To: sip:a@h;", "tag", "=x\r\n", "to.tag", "x" },
        { STRICT_REGISTER, STRICT_CONTACT, "Contact: <sip:a@h>;", "expires", "=60\r\n",
          "contact.0.expires", "60" },
        { STRICT_REGISTER, STRICT_CONTACT, "Contact: <sip:a@h>;", "q", "=0.5\r\n",
          "contact.0.q", "500" },
    };
    char other[NAME_ROOM];

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct slice word = slice_of(words[i].word, strlen(words[i].word));

        for (size_t at = 0; at < word.len; at++)
            for (int octet = 0; octet < OCTETS; octet++) {
                struct slice near = changed(word, at, octet, other);

                if (is_understood(&words[i], near) != slice_equal_nocase(near, word))
                    fail_msg("%s: 0x%02x at %zu of %s", variant_name(), (unsigned)octet,
                             at, words[i].word);
            }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_name_with_another_octet_is_another),
        cmocka_unit_test(one_letter_is_a_header_name_where_the_standard_says_so),
        cmocka_unit_test(a_method_with_another_octet_is_another),
        cmocka_unit_test(a_word_with_another_octet_is_another),
    };
    int failed = 0;

    while (variant_next())
        failed += cmocka_run_group_tests(tests, NULL, NULL);
    return failed;
}
