/* Requests hidden in a stream behind each leniency that another reader may have: the framer and
 * every variant of the parser must see one end of each message (RFC 3261 18.3). */
#include "parser/framing.h"
#include "parser/message.h"
#include "tests/each_variant.h"
#include "tests/exact.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    LOG_ROOM = 256,
};

#define HEAD(id)                                                        \
    "MESSAGE sip:b@h SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\n" \
    "From: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: " id "\r\nCSeq: 1 MESSAGE\r\n"
#define WHOLE(id) HEAD(id) "Content-Length: 0\r\n\r\n"
#define EVE       WHOLE("eve")
#define LENGTH    "151" /* of EVE */

/* What a server makes of a stream: the Call-ID of each message that is accepted, the status of
 * one that is refused, "p" for a ping; at the end "!" where the framer gives up, ">" where it
 * finds a message too long, "?" where it waits for more. */
struct log {
    char text[LOG_ROOM];
    size_t len;
};

static struct message m;

static void
note(struct log *log, struct slice word)
{
    log->len += (size_t)snprintf(log->text + log->len, LOG_ROOM - log->len, "%.*s ",
                                 SLICE_ARG(word));
    assert_true(log->len < LOG_ROOM);
}

static void
note_message(struct log *log, struct slice frame)
{
    enum parse_status status = variant_parse(&m, frame, MESSAGE_STREAM);
    char fault[16];

    assert_int_not_equal(status, PARSE_PARTIAL);
    assert_int_equal(m.size, frame.len);
    if (status == PARSE_OK)
        note(log, m.call_id);
    else
        note(log, slice_of(fault, (size_t)snprintf(fault, sizeof fault, "%u", m.fault)));
}

/* False: the connection is closed. */
static bool
note_frame(struct log *log, enum frame_kind kind, struct slice frame)
{
    switch (kind) {
    case FRAME_PARTIAL:
    case FRAME_BLANK:
        return true;
    case FRAME_PING:
        note(log, SLICE("p"));
        return true;
    case FRAME_MESSAGE:
        note_message(log, frame);
        return true;
    case FRAME_BAD:
        assert_int_not_equal(variant_parse(&m, frame, MESSAGE_STREAM), PARSE_OK);
        note(log, SLICE("!"));
        return false;
    case FRAME_TOO_LONG:
        note(log, SLICE(">"));
        return false;
    }
    return false;
}

/* The stream comes in pieces: up to `cut`, then `step` octets at a time. */
static void
read_stream(struct log *log, struct slice stream, size_t cut, size_t step)
{
    size_t end = cut, taken = 0, used;
    struct framer framer;
    bool is_open = true;

    log->len = 0;
    framer_init(&framer, MESSAGE_BYTES_MAX);
    for (;;) {
        struct slice seen = exact(slice_head(stream, end)), unread;
        enum frame_kind kind;

        do {
            unread = slice_skip(seen, taken);
            kind = framer_next(&framer, unread, &used);
            is_open = note_frame(log, kind, slice_head(unread, used));
            taken += used;
        } while (is_open && kind != FRAME_PARTIAL);
        exact_free(seen);
        if (!is_open)
            return;
        if (end == stream.len)
            break;
        end = stream.len - end > step ? end + step : stream.len;
    }
    if (taken < stream.len)
        note(log, SLICE("?"));
}

/* How the stream comes makes no difference. */
static void
expect_log(struct slice stream, const char *expected)
{
    struct log log;

    read_stream(&log, stream, stream.len, stream.len);
    expect_slice(slice_of(log.text, log.len), expected);
    read_stream(&log, stream, 1, 1);
    expect_slice(slice_of(log.text, log.len), expected);
    for (size_t cut = 0; cut < stream.len; cut += 7) {
        read_stream(&log, stream, cut, stream.len);
        expect_slice(slice_of(log.text, log.len), expected);
    }
}

struct row {
    struct slice stream;
    const char *log;
    const char *because;
};

static void
expect_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char label[128];

        snprintf(label, sizeof label, "%s, %s", variant_name(), rows[i].because);
        begin_row(label);
        expect_log(rows[i].stream, rows[i].log);
    }
}

/* EVE follows a header with this line; what follows her shows where reading goes on. */
#define HIDDEN(lines, log, because)                                     \
    {                                                                   \
        SLICE_INIT(HEAD("1") lines "\r\n" EVE WHOLE("2")), log, because \
    }

/* RFC 3261 18.3, 20.14: one Content-Length, and a number. */
static void
a_doubtful_length_ends_the_stream_before_what_is_hidden(void **state)
{
    static const struct row rows[] = {
        HIDDEN("X: y\r\n", "! ", "no Content-Length"),
        HIDDEN("Content-Length: 0\r\nContent-Length: " LENGTH "\r\n", "! ",
               "two of them"),
        HIDDEN("Content-Length: " LENGTH "\r\nContent-Length: 0\r\n", "! ",
               "two of them, the other way round"),
        HIDDEN("Content-Length: 0\r\nContent-Length: 0\r\n", "! ", "twice the same"),
        HIDDEN("Content-Length: " LENGTH "\r\nl: 0\r\n", "! ", "long and compact"),
        HIDDEN("L: 0\r\nContent-Length: " LENGTH "\r\n", "! ", "compact and long"),
        HIDDEN("Content-Length: 0\r\nCONTENT-LENGTH : \r\n", "! ", "the second is empty"),
        HIDDEN("Content-Length:\r\nContent-Length: 0\r\n", "! ", "the first is empty"),
        HIDDEN("Content-Length: 0, " LENGTH "\r\n", "! ", "a list"),
        HIDDEN("Content-Length: 0;x\r\n", "! ", "a parameter"),
        HIDDEN("Content-Length: 0 " LENGTH "\r\n", "! ", "two words"),
        HIDDEN("Content-Length: 0\r\n " LENGTH "\r\n", "! ", "two words, folded"),
        HIDDEN("Content-Length: 0\n\t" LENGTH "\r\n", "! ", "the same with a bare LF"),
        HIDDEN("Content-Length: 0x0\r\n", "! ", "hex"),
        HIDDEN("Content-Length: +0\r\n", "! ", "a sign"),
        HIDDEN("Content-Length: -1\r\n", "! ", "a sign"),
        HIDDEN("Content-Length: \"0\"\r\n", "! ", "quotes"),
        HIDDEN("Content-Length: 0.0\r\n", "! ", "a fraction"),
        HIDDEN("Content-Length: \xef\xbc\x90\r\n", "! ", "a wide zero of UTF-8"),
        HIDDEN("Content-Length: 0\x0b\r\n", "! ", "a vertical tab"),
        HIDDEN("Content-Length: \x0c" LENGTH "\r\n", "! ", "a form feed"),
        HIDDEN("Content-Length: 0\0\r\n", "! ", "a NUL behind"),
        HIDDEN("Content-Length\0: 0\r\n", "! ", "a NUL in the name"),
        HIDDEN("Content-Length\r\n : 0\r\n", "! ", "a fold before the colon"),
        HIDDEN("Content-Length 0\r\n", "! ", "no colon"),
        HIDDEN("Content Length: 0\r\n", "! ", "a blank in the name"),
        HIDDEN("Content-Length: 4294967296\r\n", "> ", "2^32"),
        HIDDEN("Content-Length: 4294967447\r\n", "> ", "2^32 and her length"),
        HIDDEN("Content-Length: 18446744073709551616\r\n", "> ", "2^64"),
        HIDDEN("Content-Length: 18446744073709551767\r\n", "> ", "2^64 and her length"),
        HIDDEN("Content-Length: 1000000000000000000000000000000000000000\r\n", "> ",
               "40 digits"),
        HIDDEN("Content-Length: 65535\r\n", "> ", "over the bound with its header"),
    };

    (void)state;
    expect_rows(rows, sizeof rows / sizeof rows[0]);
}

/* RFC 3261 7: a CR ends nothing without its LF, and a NUL has no place in a header. */
static void
a_bare_cr_or_a_nul_ends_the_stream_before_what_is_hidden(void **state)
{
    static const struct row rows[] = {
        HIDDEN("Content-Length: 0\rX: y\r\n", "! ", "a bare CR behind the number"),
        HIDDEN("X: y\rContent-Length: " LENGTH "\r\nContent-Length: 0\r\n", "! ",
               "a bare CR before a second length"),
        HIDDEN("Content-Length: " LENGTH "\r\nX: y\rContent-Length: 0\r\n", "! ",
               "a bare CR behind the first length"),
        HIDDEN("X: y\r\rContent-Length: 0\r\n", "! ", "two for an empty line"),
        HIDDEN("Content-Length: 0\r\nX: y\r\r\n", "! ", "a CR too many"),
        HIDDEN("Content-Length: 0\r\n\r\r\n", "! ", "a CR too many in the empty line"),
        HIDDEN("Content-Length: 0\r\n\rX: y\r\n", "! ", "LF CR"),
        HIDDEN("Content-Length: 0\n\r\r\n", "! ", "LF CR CR LF"),
        HIDDEN("Content-Length:\r" LENGTH "\r\n", "! ", "a bare CR before the number"),
        HIDDEN("Content-Length\r: 0\r\n", "! ", "a bare CR before the colon"),
        HIDDEN("X: \0\r\nContent-Length: 0\r\n", "! ", "a NUL in a value"),
        HIDDEN("\0\r\nContent-Length: 0\r\n", "! ", "a NUL for a line"),
        HIDDEN("Content-Length: 0\r\nSubject: a\0\r\nb\r\n", "! ",
               "a NUL before a line end"),
        HIDDEN("Content-Length: 0\r\nX\0Y: z\r\n", "! ", "a NUL in a name"),
    };

    (void)state;
    expect_rows(rows, sizeof rows / sizeof rows[0]);
}

/* RFC 3261 7.3.1, 7.3.3: what is odd but has one meaning. Her length makes her the body. */
static void
an_odd_length_with_one_meaning_is_followed(void **state)
{
    static const struct row rows[] = {
        HIDDEN("Content-Length: 0\r\n", "1 eve 2 ", "she follows, and is not hidden"),
        HIDDEN("Content-Length: " LENGTH "\r\n", "1 2 ", "she is the body"),
        HIDDEN("content-LENGTH:" LENGTH "\r\n", "1 2 ", "names have no case"),
        HIDDEN("l: " LENGTH "\r\n", "1 2 ", "compact"),
        HIDDEN("L\t : \t" LENGTH " \t\r\n", "1 2 ", "LWS around"),
        HIDDEN("Content-Length:\r\n " LENGTH "\r\n", "1 2 ", "a fold before the number"),
        HIDDEN("Content-Length: " LENGTH "\r\n \r\n\t\r\n", "1 2 ", "empty folds behind"),
        HIDDEN("Content-Length: 0000000000000000000000000" LENGTH "\r\n", "1 2 ",
               "leading zeros"),
        HIDDEN("Content-Length: " LENGTH "\n", "1 2 ", "a bare LF"),
        HIDDEN("X: y\n z\nContent-Length: " LENGTH "\n", "1 2 ", "bare LFs, a fold"),
        HIDDEN("Subject: a\r\n Content-Length: 0\r\nl: " LENGTH "\r\n", "1 2 ",
               "what is folded is no header line"),
        HIDDEN("Subject: a\n\tContent-Length: 0\nl: " LENGTH "\r\n", "1 2 ",
               "the same with bare LFs"),
        HIDDEN("Subject: a\r\n \r\n Content-Length: 0\r\nl: " LENGTH "\r\n", "1 2 ",
               "nor behind a line of blanks, which ends nothing"),
        HIDDEN("Subject: \"\r\nl: " LENGTH "\r\n", "1 2 ", "quotes do not span lines"),
        HIDDEN("Subject: <\r\nl: " LENGTH "\r\n", "1 2 ", "nor do brackets"),
        HIDDEN("Subject: \\\r\nl: " LENGTH "\r\n", "1 2 ", "nor does an escape"),
        HIDDEN("Subject: %\r\nl: " LENGTH "\r\n", "1 2 ", "nor half of one"),
        HIDDEN("Transfer-Encoding: chunked\r\nl: " LENGTH "\r\n", "1 2 ",
               "SIP has no chunks"),
        HIDDEN("X-Content-Length: 0\r\nl: " LENGTH "\r\n", "1 2 ", "another name"),
        HIDDEN("Content-Lengths: 0\r\nl: " LENGTH "\r\n", "1 2 ", "another name"),
        HIDDEN("Content_Length: 0\r\nl: " LENGTH "\r\n", "1 2 ", "another name"),
        HIDDEN("ll: 0\r\nl: " LENGTH "\r\n", "1 2 ", "another name"),
        { SLICE_INIT(HEAD("1") "Content-Length: 0\r\n\n" WHOLE("2")), "1 2 ",
          "the empty line, and one that is skipped" },
        { SLICE_INIT(HEAD("1") "Content-Length: 0\n\n" WHOLE("2")), "1 2 ",
          "an empty line of a bare LF" },
        { SLICE_INIT(HEAD("1") "Content-Length: 1\r\n\r\n\n" WHOLE("2")), "1 2 ",
          "a body of one LF" },
        { SLICE_INIT(HEAD("1") "Content-Length: 4\r\n\r\n\r\n\r\n" WHOLE("2")), "1 2 ",
          "a body like a ping" },
        { SLICE_INIT(HEAD("1") "Content-Length: 3\r\n\r\n\0\r\r" WHOLE("2")), "1 2 ",
          "a body of what no header may hold" },
    };

    (void)state;
    assert_int_equal(strlen(EVE), strtol(LENGTH, NULL, 10));
    expect_rows(rows, sizeof rows / sizeof rows[0]);
}

/* RFC 3261 18.3: a stream has nothing but the length to go by. */
static void
a_length_that_lies_is_believed(void **state)
{
    static const struct row rows[] = {
        { SLICE_INIT(HEAD("1") "l: 5\r\n\r\nHello" WHOLE("2")), "1 2 ", "the truth" },
        { SLICE_INIT(HEAD("1") "l: 4\r\n\r\nHello" WHOLE("2")), "1 400 ",
          "too short: the rest begins the next method" },
        { SLICE_INIT(HEAD("1") "l: 0\r\n\r\n{}" WHOLE("2")), "1 ! ",
          "too short: the rest is no method" },
        { SLICE_INIT(HEAD("1") "l: 0\r\n\r\n<a>\r\n" WHOLE("2")), "1 ! ",
          "too short: the rest is no SIP" },
        { SLICE_INIT(HEAD("1") "l: 5\r\n\r\nHell"), "? ", "too long: it waits" },
        { SLICE_INIT(HEAD("1") "l: 10\r\n\r\nHello" WHOLE("2")), "1 400 ",
          "too long: it eats of the next" },
        { SLICE_INIT(HEAD("1") "l: 9999\r\n\r\nHello" WHOLE("2") WHOLE("3")), "? ",
          "too long: it eats them all" },
    };

    (void)state;
    expect_rows(rows, sizeof rows / sizeof rows[0]);
}

/* RFC 3261 7.5, RFC 5626 3.5.1: CRLFs may stand between messages, and nothing else. */
static void
nothing_but_line_ends_stands_between_messages(void **state)
{
    static const struct row rows[] = {
        { SLICE_INIT(WHOLE("1") "\r\n" WHOLE("2")), "1 2 ", "one CRLF" },
        { SLICE_INIT(WHOLE("1") "\r\n\r\n" WHOLE("2")), "1 p 2 ", "a ping" },
        { SLICE_INIT(WHOLE("1") "\r\n\r\n\r\n" WHOLE("2")), "1 p 2 ", "and one more" },
        { SLICE_INIT(WHOLE("1") "\n" WHOLE("2")), "1 2 ", "a bare LF" },
        { SLICE_INIT(WHOLE("1") "\n\n\r\n" WHOLE("2")), "1 2 ", "two of them, a CRLF" },
        { SLICE_INIT(WHOLE("1") "\r" WHOLE("2")), "1 ! ", "a bare CR" },
        { SLICE_INIT(WHOLE("1") "\r\r\n" WHOLE("2")), "1 ! ", "a bare CR and a CRLF" },
        { SLICE_INIT(WHOLE("1") "\0"), "1 ! ", "a NUL" },
        { SLICE_INIT(WHOLE("1") "\x16\x03\x01"), "1 ! ", "TLS" },
        { SLICE_INIT(WHOLE("1") "GET / HTTP/1.1\r\n\r\n"), "1 ! ", "HTTP" },
        { SLICE_INIT(WHOLE("1") "SIP\r\n"), "1 ! ", "half a start line" },
        { SLICE_INIT(WHOLE("1") "MESSAGE sip:b@h SIP/2.0"), "1 ? ", "no end of it yet" },
        { SLICE_INIT("\r\n\r\n" WHOLE("1")), "p 1 ", "a ping first" },
        { SLICE_INIT("\r\n" WHOLE("1")), "1 ", "a CRLF first" },
    };

    (void)state;
    expect_rows(rows, sizeof rows / sizeof rows[0]);
}

/* RFC 3261 18.3: a message whose end is known can be refused without an end of the stream. */
static void
a_bad_message_with_a_good_length_is_refused_alone(void **state)
{
    static const struct row rows[] = {
        { SLICE_INIT("MESSAGE sip:b@h SIP/3.0\r\nl: 5\r\n\r\nHello" WHOLE("2")), "505 2 ",
          "another version" },
        { SLICE_INIT("MESSAGE sip: SIP/2.0\r\nl: 5\r\n\r\nHello" WHOLE("2")), "400 2 ",
          "a bad Request-URI" },
        { SLICE_INIT("MESSAGE sip:b@h SIP/2.0\r\nl: 0\r\n\r\n" WHOLE("2")), "400 2 ",
          "hardly a header" },
        { SLICE_INIT("SIP/2.0 99 x\r\nl: 5\r\n\r\nHello" WHOLE("2")), "0 2 ",
          "a bad response, which gets no answer" },
        { SLICE_INIT(HEAD("1") "To: <sip:b@h>\r\nl: 5\r\n\r\nHello" WHOLE("2")), "400 2 ",
          "a doubled header" },
        { SLICE_INIT(HEAD("1") "Max-Forwards: 256\r\nl: 0\r\n\r\n" WHOLE("2")), "400 2 ",
          "a number over its bound" },
    };

    (void)state;
    expect_rows(rows, sizeof rows / sizeof rows[0]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_doubtful_length_ends_the_stream_before_what_is_hidden),
        cmocka_unit_test(a_bare_cr_or_a_nul_ends_the_stream_before_what_is_hidden),
        cmocka_unit_test(an_odd_length_with_one_meaning_is_followed),
        cmocka_unit_test(a_length_that_lies_is_believed),
        cmocka_unit_test(nothing_but_line_ends_stands_between_messages),
        cmocka_unit_test(a_bad_message_with_a_good_length_is_refused_alone),
    };
    int failed = 0;

    while (variant_next())
        failed += cmocka_run_group_tests(tests, NULL, NULL);
    return failed;
}
