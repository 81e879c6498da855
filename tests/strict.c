#include "tests/strict.h"

#include "parser/framing.h"
#include "parser/variant.h"
#include "tests/exact.h"
#include "tests/field.h"
#include "tests/same_message.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    MESSAGE_ROOM = 512, /* a message without the row's piece is shorter */
    ROOM = 2 * MESSAGE_BYTES_MAX,
    SHOWN = 100, /* octets of a row in what a failure prints */
    CUTS = 40,
    SHORT = 1024, /* a longer row is not tried at every place */
    SHIFTS = 64,  /* so many octets a variant may take at a time */
};

static const struct slice pieces[STRICT_PLACES] = {
    [STRICT_VIA] =
        SLICE_INIT("Via: SIP/2.0/UDP 192.0.2.33:5060;branch=z9hG4bKx;rport\r\n"),
    [STRICT_FROM] = SLICE_INIT("From: \"Alice\" <sip:alice@example.net>;tag=a1\r\n"),
    [STRICT_TO] = SLICE_INIT("To: <sip:bob@example.com>;tag=b1\r\n"),
    [STRICT_ID] = SLICE_INIT("Call-ID: c1@192.0.2.33\r\n"),
    [STRICT_HOPS] = SLICE_INIT("Max-Forwards: 70\r\n"),
    [STRICT_LENGTH] = SLICE_INIT("Content-Length: 5\r\n"),
    [STRICT_END] = SLICE_INIT("\r\n"),
    [STRICT_BODY] = SLICE_INIT("Hello"),
};

/* What differs between the kinds. Padding goes into the middle of the start line. */
static const struct {
    struct slice start, start_end, cseq, contact;
} kinds[] = {
    [STRICT_MESSAGE] = { SLICE_INIT("MESSAGE sip:"),
                         SLICE_INIT("bob@example.com SIP/2.0\r\n"),
                         SLICE_INIT("CSeq: 7 MESSAGE\r\n"), SLICE_INIT("") },
    [STRICT_REGISTER] = { SLICE_INIT("REGISTER sip:"),
                          SLICE_INIT("example.com SIP/2.0\r\n"),
                          SLICE_INIT("CSeq: 7 REGISTER\r\n"),
                          SLICE_INIT("Contact: <sip:alice@192.0.2.33>\r\n") },
    [STRICT_RESPONSE] = { SLICE_INIT("SIP/2.0 202 "), SLICE_INIT("Accepted\r\n"),
                          SLICE_INIT("CSeq: 7 MESSAGE\r\n"), SLICE_INIT("") },
};

static struct message m, reference;

/* What is being looked at, for a failure to tell. */
static const struct strict_row *row;
static const char *reader;

/* The row's text with its line ends and odd octets made visible. */
static const char *
shown(struct slice text)
{
    static char out[4 * SHOWN + 1];
    size_t len = 0;

    text = slice_head(text, SHOWN);
    for (size_t i = 0; i < text.len; i++) {
        bool is_plain = text.at[i] >= ' ' && text.at[i] <= '~';

        len += (size_t)snprintf(out + len, sizeof out - len, is_plain ? "%c" : "\\x%02x",
                                (unsigned char)text.at[i]);
    }
    return out;
}

static void
expect(bool holds, const char *what)
{
    if (!holds)
        fail_msg("%s: %s: %s: %s (%u %s)", shown(row->text), row->because, reader, what,
                 m.fault, m.why == NULL ? "no fault" : m.why);
}

static struct slice
piece(enum strict_kind kind, enum strict_place place)
{
    if (place == STRICT_CSEQ)
        return kinds[kind].cseq;
    return place == STRICT_CONTACT ? kinds[kind].contact : pieces[place];
}

static void
put_start(char **at, enum strict_kind kind, size_t padding)
{
    slice_pack(at, kinds[kind].start);
    memset(*at, 'x', padding);
    *at += padding;
    slice_pack(at, kinds[kind].start_end);
}

/* The whole message, what is behind its start line moved by so many octets. */
static struct slice
build(enum strict_kind kind, enum strict_place place, struct slice text, size_t padding,
      char *out, size_t room)
{
    char *at = out;

    assert_true(text.len + MESSAGE_ROOM <= room);
    for (int i = 0; i < STRICT_PLACES; i++)
        if (i == (int)place)
            slice_pack(&at, text);
        else if (i == STRICT_START)
            put_start(&at, kind, padding);
        else
            slice_pack(&at, piece(kind, (enum strict_place)i));
    return slice_of(out, (size_t)(at - out));
}

struct slice
strict_text(enum strict_kind kind, enum strict_place place, struct slice text, char *out,
            size_t room)
{
    return build(kind, place, text, 0, out, room);
}

static bool
is_text(struct slice s, const char *text)
{
    return text == NULL
               ? slice_is_absent(s)
               : !slice_is_absent(s) && slice_equal(s, slice_of(text, strlen(text)));
}

/* RFC 3261 8.2.6.2: what an answer is made of. */
static void
expect_answerable(void)
{
    expect(row->place == STRICT_VIA || is_text(m.via.branch, "z9hG4bKx"),
           "the Via is lost");
    expect(row->place == STRICT_FROM || is_text(m.from.tag, "a1"), "the From is lost");
    expect(row->place == STRICT_TO || is_text(m.to.tag, "b1"), "the To is lost");
    expect(row->place == STRICT_ID || is_text(m.call_id, "c1@192.0.2.33"),
           "the Call-ID is lost");
    expect(row->place == STRICT_CSEQ || m.cseq == 7, "the CSeq is lost");
}

static void
expect_row(enum parse_status status)
{
    char buffer[FIELD_ROOM];

    expect(status == (row->is_accepted ? PARSE_OK : PARSE_BAD),
           row->is_accepted ? "it is refused" : "it is accepted");
    if (!row->is_accepted) {
        expect(m.fault == row->fault, "with another status");
        expect(is_text(slice_of(m.why, strlen(m.why)), row->why), "for another reason");
    } else {
        struct slice name = slice_of(row->field, strlen(row->field));

        expect(m.why == NULL && m.fault == 0, "with a fault");
        expect(is_text(message_field(&m, name, buffer), row->value),
               "with another value");
    }
    expect_answerable();
}

static void
expect_within_text(struct slice text)
{
    expect_within(m.text, text);
    expect_within(m.body, text);
    expect(m.size <= text.len, "its size is beyond the end");
    for (int i = 0; i < m.lines; i++)
        expect_within(m.line[i].value, text);
}

/* The variant, and that it says what the scalar one does. */
static enum parse_status
parse(const struct variant *variant, struct slice text, enum message_framing framing)
{
    enum parse_status status = variant->parse(&m, text, framing);
    const char *field = "status";

    expect(message_parse_scalar(&reference, text, framing) == status &&
               (status == PARSE_PARTIAL ||
                same_message(&reference, &m, text.at, text.at, &field)),
           field);
    if (status != PARSE_PARTIAL)
        expect_within_text(text);
    return status;
}

/* parser/parse.h: more octets never make BAD anything else; and half a message is none. */
static void
expect_prefixes(const struct variant *variant, struct slice text)
{
    size_t step = 1 + text.len / CUTS;
    bool was_bad = false;

    for (size_t n = 0; n < text.len; n += step) {
        struct slice prefix = exact(slice_head(text, n));
        enum parse_status status = parse(variant, prefix, MESSAGE_STREAM);

        expect(status != PARSE_OK, "half of it is accepted");
        expect(status == PARSE_BAD || !was_bad, "it is refused for a while");
        was_bad = status == PARSE_BAD;
        exact_free(prefix);
    }
    expect(!was_bad || !row->is_accepted, "it is refused in the beginning");
}

/* Twice the message: the framer cuts the first off where the parser ends it, or tells that the
 * end is in doubt where the parser refuses it. */
static void
expect_one_end(struct slice twice, size_t once)
{
    struct slice stream = exact(twice);
    struct framer framer;
    enum frame_kind kind;
    size_t used, taken = 0;

    framer_init(&framer, MESSAGE_BYTES_MAX);
    do {
        kind = framer_next(&framer, slice_skip(stream, taken), &used);
        taken += used;
    } while (kind == FRAME_BLANK || kind == FRAME_PING);
    expect(kind == FRAME_MESSAGE || !row->is_accepted, "the framer does not cut it off");
    expect(taken == once || !row->is_accepted, "the framer sees another end");
    if (kind == FRAME_MESSAGE) {
        message_parse_scalar(&m, stream, MESSAGE_STREAM);
        /* Behind MESSAGE_LINES_MAX lines the parser does not look for a length. */
        expect(m.size == taken || m.lines == MESSAGE_LINES_MAX,
               "parser and framer see two ends");
    }
    exact_free(stream);
}

static void
expect_framing(const struct variant *variant, struct slice text,
               enum message_framing framing)
{
    struct slice copy;

    exact_slack(variant->slack);
    copy = exact(text);
    expect_row(parse(variant, copy, framing));
    expect(!row->is_accepted || m.size == text.len, "it ends elsewhere");
    exact_free(copy);
}

/* Nothing hangs on where in a block of octets something stands. */
static void
expect_shifted(const struct variant *variant, enum strict_kind kind)
{
    static char text[ROOM];

    if (row->place == STRICT_START || row->text.len > SHORT)
        return;
    for (size_t padding = 1; padding < SHIFTS; padding++)
        expect_framing(variant,
                       build(kind, row->place, row->text, padding, text, sizeof text),
                       padding % 2 == 0 ? MESSAGE_DATAGRAM : MESSAGE_STREAM);
}

static void
expect_one(enum strict_kind kind)
{
    static char text[ROOM], twice[2 * ROOM];
    struct slice whole = strict_text(kind, row->place, row->text, text, sizeof text);
    const struct variant *variant;

    for (size_t n = 0; (variant = variant_at(n)) != NULL; n++) {
        reader = variant->name;
        expect_framing(variant, whole, MESSAGE_DATAGRAM);
        expect_framing(variant, whole, MESSAGE_STREAM);
        expect_prefixes(variant, whole);
        expect_shifted(variant, kind);
    }
    memcpy(twice, whole.at, whole.len);
    memcpy(twice + whole.len, whole.at, whole.len);
    reader = "framer";
    expect_one_end(slice_of(twice, 2 * whole.len), whole.len);
}

void
strict_expect(enum strict_kind kind, const struct strict_row *rows, size_t count)
{
    for (row = rows; row < rows + count; row++)
        expect_one(kind);
}
