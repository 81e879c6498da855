/* One octet too many, or another one, at every place of a good message; and values that stop at
 * every place. */
#include "tests/strict.h"

#include "parser/framing.h"
#include "tests/each_variant.h"
#include "tests/exact.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    ROOM = 1024,
    LINE_ROOM = 256,
};

static struct message m;

/* The message of that kind; *header: the octets before its body. */
static struct slice
good_text(enum strict_kind kind, char out[ROOM], size_t *header)
{
    struct slice whole = strict_text(kind, STRICT_MORE, SLICE(""), out, ROOM);

    *header = whole.len - strlen("Hello");
    return whole;
}

/* The text with `octet` at `at`: before what is there, or in its place. */
static struct slice
with_octet(struct slice text, size_t at, char octet, bool replaces)
{
    static char changed[ROOM + 1];
    char *end = changed;

    slice_pack(&end, slice_head(text, at));
    *end++ = octet;
    slice_pack(&end, slice_skip(text, replaces ? at + 1 : at));
    return exact(slice_of(changed, (size_t)(end - changed)));
}

static bool
is_accepted(struct slice text)
{
    return variant_parse(&m, text, MESSAGE_DATAGRAM) == PARSE_OK ||
           variant_parse(&m, text, MESSAGE_STREAM) == PARSE_OK;
}

/* What the framer cuts off ends where the parser ends it, and is refused. */
static void
expect_stream_refused(struct slice text)
{
    struct framer framer;
    size_t used;

    framer_init(&framer, MESSAGE_BYTES_MAX);
    if (framer_next(&framer, text, &used) != FRAME_MESSAGE)
        return;
    assert_int_equal(variant_parse(&m, slice_head(text, used), MESSAGE_STREAM),
                     PARSE_BAD);
    assert_int_equal(m.size, used);
}

static void
expect_refused_anywhere(enum strict_kind kind, char octet)
{
    char text[ROOM];
    size_t header;
    struct slice good = good_text(kind, text, &header);

    for (size_t i = 0; i < 2 * header; i++) {
        struct slice bad = with_octet(good, i / 2, octet, i % 2 == 1);

        if (good.at[i / 2] != octet || i % 2 == 0) {
            if (is_accepted(bad))
                fail_msg("%s accepts 0x%02x at %zu of kind %d", variant_name(),
                         (unsigned char)octet, i / 2, (int)kind);
            expect_stream_refused(bad);
        }
        exact_free(bad);
    }
}

/* RFC 3261 25.1: none of these is of any grammar but a quoted-pair's, and all that this message
 * holds is looked into. A CR is of a line end alone. */
static void
no_control_octet_is_accepted_anywhere_in_a_header(void **state)
{
    static const struct slice octets = SLICE_INIT("\0\x01\x08\v\f\r\x1b\x1f\x7f");

    (void)state;
    for (int kind = STRICT_MESSAGE; kind <= STRICT_RESPONSE; kind++)
        for (size_t i = 0; i < octets.len; i++)
            expect_refused_anywhere((enum strict_kind)kind, octets.at[i]);
}

/* True in display names and reason phrases, where they are or could be; the line of a reason
 * phrase may end with an LF alone. */
static bool
is_free_text(struct slice text, size_t at)
{
    static const struct {
        struct slice word;
        size_t octets; /* of it, that are free */
    } words[] = {
        { SLICE_INIT("Alice"), 5 },
        { SLICE_INIT("Accepted\r"), 9 },
        { SLICE_INIT(" <sip:bob@example.com>"), 1 },
        { SLICE_INIT(" <sip:alice@192.0.2.33>"), 1 },
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        for (size_t before = 0; before < words[i].octets && before <= at; before++)
            if (slice_starts(slice_skip(text, at - before), words[i].word))
                return true;
    return false;
}

/* RFC 3261 25.1: UTF8-NONASCII is of display names and reason phrases alone. */
static void
a_high_octet_is_accepted_in_free_text_alone(void **state)
{
    (void)state;
    for (int kind = STRICT_MESSAGE; kind <= STRICT_RESPONSE; kind++) {
        char text[ROOM];
        size_t header;
        struct slice good = good_text((enum strict_kind)kind, text, &header);

        for (size_t i = 0; i < header; i++) {
            struct slice changed = with_octet(good, i, '\xa4', true);

            if (is_accepted(changed) != is_free_text(good, i))
                fail_msg("%s, kind %d: 0xa4 at %zu", variant_name(), kind, i);
            exact_free(changed);
        }
    }
}

/* The value stops behind its first octet, its second, ... `whole` has a '+' for each behind
 * which it may. */
static void
a_value_that_stops_anywhere_is_refused_unless_it_is_whole(void **state)
{
    static const struct {
        enum strict_kind kind;
        enum strict_place place;
        const char *before, *value, *whole, *after;
    } rows[] = {
        { STRICT_MESSAGE, STRICT_FROM,
          "From: ", "\"A\\\"\\\\\" <sip:a%41@h:5;x=%42?y=%43>;tag=a;z=\"\\\"\"",
          "                                 + ++  + +    +", "\r\n" },
        { STRICT_MESSAGE, STRICT_TO, "t:", "A b\303\244 <sips:[::1]>;x;tag=a,b",
          "                 + + ++  +  ", "\r\n" },
        { STRICT_MESSAGE, STRICT_TO, "To: ", "sip:a:p%41@h.:50600;tag = a",
          "    +      ++ +++++ ++    +", "\r\n" },
        { STRICT_MESSAGE, STRICT_TO, "To: ", "<tel:+1;x=y>", "           +", "\r\n" },
        { STRICT_MESSAGE, STRICT_VIA,
          "Via: ", "SIP/2.0/UDP h:50600;rport=9;received=h;branch=a;x=\"\\\"\"",
          "            + +++++ +++++ + +++++++  + +++++  + +    +", "\r\n" },
        { STRICT_MESSAGE, STRICT_VIA, "Via: ", "SIP / 2.0 / UDP [::1] ; a",
          "                    ++  +", "\r\n" },
        { STRICT_MESSAGE, STRICT_CSEQ, "CSeq: ", "2147483648 MESSAGE2",
          "                   ", "\r\n" },
        { STRICT_MESSAGE, STRICT_CSEQ, "CSeq: ", "007 MESSAGE2", "          + ", "\r\n" },
        { STRICT_MESSAGE, STRICT_HOPS, "Max-Forwards: ", "2555", "+++ ", "\r\n" },
        { STRICT_MESSAGE, STRICT_LENGTH, "Content-Length: ", "0055", "+++ ", "\r\n" },
        { STRICT_MESSAGE, STRICT_START, "MESSAGE ", "sip:a%41:b%41@h.a:5;p=%41;q?x=%41",
          "    +         +++ + ++  + + ++  +", " SIP/2.0\r\n" },
        { STRICT_MESSAGE, STRICT_START, "MESSAGE ", "sip:[2001:db8::1]:50600;p",
          "                + +++++ +", " SIP/2.0\r\n" },
        { STRICT_MESSAGE, STRICT_START, "MESSAGE ", "a+1:b%41;c", "    +  +++",
          " SIP/2.0\r\n" },
        { STRICT_MESSAGE, STRICT_START, "", "MESSAGE sip:b@h SIP/2.00",
          "                      + ", "\r\n" },
        { STRICT_REGISTER, STRICT_CONTACT, "m: ", "\"<,\\\"\" <sip:a@h>;q=0.1234",
          "               +   +++++ ", "\r\n" },
        { STRICT_REGISTER, STRICT_CONTACT, "Contact: ", "sip:a@h;expires=1, <a:b>",
          "    + + +++++++ +      +", "\r\n" },
        { STRICT_RESPONSE, STRICT_START, "", "SIP/2.0 2020 ", "          +  ", "\r\n" },
        { STRICT_RESPONSE, STRICT_START, "", "SIP/2.0 202 A", "          +++", "\r\n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char found[LINE_ROOM] = "", line[LINE_ROOM], text[ROOM];
        size_t len = strlen(rows[i].value);

        for (size_t n = 0; n < len; n++) {
            int octets = snprintf(line, sizeof line, "%s%.*s%s", rows[i].before,
                                  (int)n + 1, rows[i].value, rows[i].after);
            struct slice copy =
                exact(strict_text(rows[i].kind, rows[i].place,
                                  slice_of(line, (size_t)octets), text, sizeof text));

            found[n] = is_accepted(copy) ? '+' : ' ';
            exact_free(copy);
        }
        begin_row(rows[i].value);
        expect_slice(slice_of(found, len), rows[i].whole);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_control_octet_is_accepted_anywhere_in_a_header),
        cmocka_unit_test(a_high_octet_is_accepted_in_free_text_alone),
        cmocka_unit_test(a_value_that_stops_anywhere_is_refused_unless_it_is_whole),
    };
    int failed = 0;

    while (variant_next())
        failed += cmocka_run_group_tests(tests, NULL, NULL);
    return failed;
}
