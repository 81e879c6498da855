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
    MAX_BYTES = 65535,
    LOG_ROOM = 256,
};

#define ONE   "MESSAGE sip:b@h SIP/2.0\r\nX: a\r\n b\r\nContent-Length: 5\r\n\r\nHello"
#define TWO   "OPTIONS sip:h SIP/2.0\nl: 0\n\n"
#define START "MESSAGE sip:b@h SIP/2.0\r\n"

/* What the framer said of a stream: a letter a frame, and its octets. */
struct log {
    char text[LOG_ROOM];
    size_t len;
};

static bool
note(struct log *log, enum frame_kind kind, size_t used)
{
    static const char letters[] = {
        [FRAME_PARTIAL] = '?', [FRAME_MESSAGE] = 'm', [FRAME_BLANK] = '-',
        [FRAME_PING] = 'p',    [FRAME_BAD] = '!',     [FRAME_TOO_LONG] = '>'
    };
    int n = snprintf(log->text + log->len, LOG_ROOM - log->len, "%c%zu ", letters[kind],
                     used);

    log->len += (size_t)n;
    assert_true(log->len < LOG_ROOM);
    return kind != FRAME_BAD && kind != FRAME_TOO_LONG;
}

/* Gives the stream in pieces: up to `cut`, then `step` octets at a time. Each call sees
 * memory that ends where the stream ends so far. */
static void
run(struct log *log, struct slice stream, size_t max_bytes, size_t cut, size_t step)
{
    struct framer framer;
    size_t taken = 0, here = cut;

    framer_init(&framer, max_bytes);
    *log = (struct log){ .len = 0 };
    for (;;) {
        struct slice unread = exact(slice_skip(slice_head(stream, here), taken));
        size_t used;
        enum frame_kind kind = framer_next(&framer, unread, &used);

        assert_true(used <= unread.len);
        exact_free(unread);
        if (kind == FRAME_PARTIAL) {
            assert_int_equal(used, 0);
            if (here >= stream.len)
                return;
            here = here + step < stream.len ? here + step : stream.len;
            continue;
        }
        if (!note(log, kind, used))
            return;
        assert_true(used > 0);
        taken += used;
    }
}

static void
expect_log(const struct log *log, const char *expected)
{
    expect_slice(slice_of(log->text, log->len), expected);
}

/* RFC 3261 18.3, 7.5; RFC 5626 3.5.1: the same however the stream is cut. */
static void
a_stream_is_cut_into_messages_wherever_it_is_split(void **state)
{
    static const struct {
        const char *stream, *frames;
    } rows[] = {
        { ONE, "m61 " },
        { ONE TWO ONE, "m61 m28 m61 " },
        { "\r\n" ONE, "-2 m61 " },
        { "\r\n\r\n" ONE, "p4 m61 " },
        { "\r\n\r\n\r\n" ONE "\r\n\r\n" TWO, "p4 -2 m61 p4 m28 " },
        { "\n\n\r\n" TWO, "-1 -1 -2 m28 " },
        { "\r\n\r\n", "p4 " },
        { "\r\n", "" },
        { "\r\n\r", "" },
        { START "l:\r\n 0\r\n \r\n\r\n" TWO, "m38 m28 " },
        { START "X:\n \nl:0\n\n" TWO, "m35 m28 " },
        { START "X: \r\n\t\r\nl: 0005\r\n\r\nHelloM", "m49 " },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice stream = slice_of(rows[i].stream, strlen(rows[i].stream));
        struct log log;

        begin_row(rows[i].stream);
        run(&log, stream, MAX_BYTES, 0, 1);
        expect_log(&log, rows[i].frames);
        for (size_t cut = 0; cut <= stream.len; cut++) {
            run(&log, stream, MAX_BYTES, cut, stream.len);
            expect_log(&log, rows[i].frames);
        }
    }
}

/* RFC 3261 18.3, 20.14: what leaves the end in doubt ends the connection, and message_parse
 * refuses it too. */
static void
a_doubtful_end_is_bad(void **state)
{
    static const char *const rows[] = {
        START "\r\n",
        START "Content-Length: 0\r\nl: 0\r\n\r\n",
        START "Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
        START "Content-Length: 0\r\n \r\n L: 7\r\nCONTENT-length: 1\r\n\r\n",
        START "Content-Length: -1\r\n\r\n",
        START "Content-Length: 5,5\r\n\r\n",
        START "Content-Length: 5 5\r\n\r\n",
        START "Content-Length:\r\n\r\n",
        START "Content-Length: 0x0\r\n\r\n",
        START "Content-Length\r\n : 0\r\n\r\n",
        START "X: a\rContent-Length: 7\r\nContent-Length: 0\r\n\r\n",
        START "Content-Length: 0\r\r\n\r\n",
        START "Content-Length: 0\r\nX: \r\n\r\r\n\r\n",
        START "Content-Length\v: 7\r\nContent-Length: 0\r\n\r\n",
        START "Content-Length\r\nContent-Length: 0\r\n\r\n",
        START " Content-Length: 7\r\nContent-Length: 0\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static struct message m;
        struct slice stream = exact_text(rows[i]);
        char expected[16];
        struct log log;

        begin_row(rows[i]);
        snprintf(expected, sizeof expected, "!%zu ", stream.len);
        run(&log, stream, MAX_BYTES, stream.len, 1);
        expect_log(&log, expected);
        run(&log, stream, MAX_BYTES, 0, 1);
        expect_log(&log, expected);
        assert_int_equal(variant_parse(&m, stream, MESSAGE_STREAM), PARSE_BAD);
        assert_int_equal(m.fault, 400);
        exact_free(stream);
    }
}

static void
what_does_not_begin_as_sip_is_bad_at_once(void **state)
{
    static const struct {
        const char *stream, *frames;
    } rows[] = {
        { "\x16\x03\x01", "!1 " }, { "\rX", "!2 " },   { "GET / HTTP/1.1\r\n", "!16 " },
        { "garbage\n", "!8 " },    { " " ONE, "!1 " }, { ONE "{}", "m61 !1 " },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct log log;

        begin_row(rows[i].stream);
        run(&log, slice_of(rows[i].stream, strlen(rows[i].stream)), MAX_BYTES, 0, 1);
        expect_log(&log, rows[i].frames);
    }
}

static void
a_message_over_the_bound_is_told_as_soon_as_it_is_known(void **state)
{
    struct log log;

    (void)state;
    run(&log, SLICE(ONE), 61, 0, 1);
    expect_log(&log, "m61 ");
    run(&log, SLICE(ONE), 60, 0, 1);
    expect_log(&log, ">56 "); /* the header; not a body octet is waited for */
    run(&log, SLICE(ONE), 40, 0, 1);
    expect_log(&log, ">40 ");
    run(&log, SLICE("MESSAGE-without-end"), 8, 0, 1);
    expect_log(&log, ">8 ");
    run(&log, SLICE(START "l: 4294967301\r\n\r\nHello"), MAX_BYTES, 0, 1);
    expect_log(&log, ">42 ");
    run(&log, SLICE(START "l: 18446744073709551617\r\n\r\nHello"), SIZE_MAX, 0, 100);
    expect_log(&log, "");
}

/* No octet is scanned twice: 64 kB fed one by one would take 2 * 10^9 steps otherwise. */
static void
a_header_that_trickles_in_is_scanned_once(void **state)
{
    enum { OCTETS = 65000 };
    char *at = malloc(OCTETS);
    struct framer framer;
    size_t used;

    (void)state;
    assert_non_null(at);
    memset(at, 'x', OCTETS);
    memcpy(at, START "X: ", strlen(START "X: "));
    framer_init(&framer, MAX_BYTES);
    for (size_t n = 1; n <= OCTETS; n++) {
        size_t before = framer.line + framer.looked;

        assert_int_equal(framer_next(&framer, slice_of(at, n), &used), FRAME_PARTIAL);
        assert_in_range(framer.line + framer.looked, before, n);
        assert_true(n - framer.line - framer.looked <= 1);
    }
    free(at);
}

static uint32_t
next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 16;
}

/* Smuggling needs two readers who see two ends: framer and message_parse must see one. */
static void
framer_and_parser_see_the_same_end(void **state)
{
    static const char *const pieces[] = {
        "\r",       "\n", "\r\n", "\r\n", "\n\n",
        "\r\n\r\n", " ",  "\t",   "l: 1", "l: 2\n",
        "X: y\r\n", "X",  ":",    "5",    "Content-Length:3",
        "\r\nl: 4", "l",  ": 0",
    };
    static struct message m;
    uint32_t seed = 1;
    unsigned framed = 0;

    (void)state;
    for (int round = 0; round < 60000; round++) {
        char text[256] = START;
        size_t len = strlen(START), used;
        struct framer framer;
        enum frame_kind kind;
        enum parse_status status;
        struct slice stream;

        for (uint32_t n = next_random(&seed) % 10; n > 0; n--) {
            const char *piece =
                pieces[next_random(&seed) % (sizeof pieces / sizeof pieces[0])];

            memcpy(text + len, piece, strlen(piece));
            len += strlen(piece);
        }
        stream = exact(slice_of(text, len));
        framer_init(&framer, MAX_BYTES);
        kind = framer_next(&framer, stream, &used);
        status = variant_parse(&m, stream, MESSAGE_STREAM);
        if (kind == FRAME_MESSAGE) {
            assert_int_equal(m.size, used);
            framed++;
        }
        if (kind == FRAME_BAD)
            assert_int_equal(status, PARSE_BAD);
        if (status == PARSE_PARTIAL)
            assert_int_equal(kind, FRAME_PARTIAL);
        exact_free(stream);
    }
    assert_true(framed > 1000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_is_cut_into_messages_wherever_it_is_split),
        cmocka_unit_test(a_doubtful_end_is_bad),
        cmocka_unit_test(what_does_not_begin_as_sip_is_bad_at_once),
        cmocka_unit_test(a_message_over_the_bound_is_told_as_soon_as_it_is_known),
        cmocka_unit_test(a_header_that_trickles_in_is_scanned_once),
        cmocka_unit_test(framer_and_parser_see_the_same_end),
    };
    int failed = 0;

    while (variant_next())
        failed += cmocka_run_group_tests(tests, NULL, NULL);
    return failed;
}
