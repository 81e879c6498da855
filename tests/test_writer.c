#include "parser/writer.h"

#include "tests/exact.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    ROOM = 2048,
};

static struct message m, back;
static char buffer[ROOM];

#define REQUEST(via, to)                          \
    "MESSAGE sip:bob@example.com SIP/2.0\r\n" via \
    "From: <sip:alice@example.net>;tag=a1\r\n" to \
    "Call-ID: c1@192.0.2.33\r\nCSeq: 7 MESSAGE\r\n\r\n"
#define TO "To: <sip:bob@example.com>\r\n"

static const struct reply reply = { .to_tag = SLICE_INIT("t9"),
                                    .received = SLICE_INIT("192.0.2.1"),
                                    .received_port = 9999 };

static struct slice
respond(const char *request, const struct reply *with)
{
    struct slice text = slice_of(request, strlen(request));
    struct writer w;

    message_parse_scalar(&m, text, MESSAGE_DATAGRAM);
    writer_init(&w, buffer, sizeof buffer);
    writer_response(&w, &m, 202, SLICE("Accepted"), with);
    writer_body(&w, slice_absent());
    return writer_done(&w);
}

/* RFC 3261 8.2.6.2. */
static void
a_response_takes_its_headers_from_the_request(void **state)
{
    (void)state;
    expect_slice(
        respond(REQUEST("v: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n"
                        "Via: SIP/2.0/TCP h2;branch=z9hG4bKy;received=192.0.2.7\r\n",
                        TO),
                &reply),
        "SIP/2.0 202 Accepted\r\n"
        "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n"
        "Via: SIP/2.0/TCP h2;branch=z9hG4bKy;received=192.0.2.7\r\n"
        "From: <sip:alice@example.net>;tag=a1\r\n"
        "To: <sip:bob@example.com>;tag=t9\r\n"
        "Call-ID: c1@192.0.2.33\r\nCSeq: 7 MESSAGE\r\n"
        "Content-Length: 0\r\n\r\n");
}

/* RFC 3261 18.2.1, RFC 3581 4. */
static void
the_top_via_tells_where_the_request_came_from(void **state)
{
    static const struct {
        const char *via, *received, *expected;
    } rows[] = {
        { "SIP/2.0/UDP 192.0.2.1", "192.0.2.1", "SIP/2.0/UDP 192.0.2.1" },
        { "SIP/2.0/UDP h;branch=b", "192.0.2.1",
          "SIP/2.0/UDP h;branch=b;received=192.0.2.1" },
        { "SIP/2.0/UDP 192.0.2.1;rport;branch=b", "192.0.2.1",
          "SIP/2.0/UDP 192.0.2.1;rport=9999;branch=b;received=192.0.2.1" },
        { "SIP/2.0/UDP h;received=6.6.6.6;rport=1;branch=b", "192.0.2.1",
          "SIP/2.0/UDP h;rport=9999;branch=b;received=192.0.2.1" },
        { "SIP/2.0/UDP 192.0.2.1;received=6.6.6.6", "192.0.2.1",
          "SIP/2.0/UDP 192.0.2.1" },
        { "SIP/2.0/UDP [2001:DB8::1]:5062;branch=b", "2001:db8::1",
          "SIP/2.0/UDP [2001:DB8::1]:5062;branch=b" },
        { "SIP/2.0/UDP [2001:db8::1]", "2001:db8::2",
          "SIP/2.0/UDP [2001:db8::1];received=2001:db8::2" },
        { "SIP / 2.0\r\n /UDP h\r\n ;branch\r\n = b\r\n ; flag , SIP/2.0/TCP\r\n x",
          "192.0.2.1",
          "SIP / 2.0 /UDP h;branch=b;flag;received=192.0.2.1, SIP/2.0/TCP x" },
        { "SIP/2.0/UDP h;x=\"a,b;received=c\"", "192.0.2.1",
          "SIP/2.0/UDP h;x=\"a,b;received=c\";received=192.0.2.1" },
        { "SIP/2.0/UDP h;received=6.6.6.6;rport", NULL,
          "SIP/2.0/UDP h;received=6.6.6.6;rport" },
        { "not a via", "192.0.2.1", "not a via" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reply with = { .received_port = 9999 };
        char request[512] = "MESSAGE sip:b@h SIP/2.0\r\nVia: ";

        begin_row(rows[i].via);
        if (rows[i].received != NULL)
            with.received = slice_of(rows[i].received, strlen(rows[i].received));
        strcat(request, rows[i].via);
        strcat(request, "\r\n\r\n");
        assert_false(slice_is_absent(respond(request, &with)));
        message_parse_scalar(&back, slice_of(buffer, ROOM), MESSAGE_DATAGRAM);
        expect_slice(message_header(&back, HEADER_VIA), rows[i].expected);
    }
}

/* RFC 3261 8.2.6.2: a tag where there is none, and only there. */
static void
a_tag_is_added_to_a_to_that_has_none(void **state)
{
    static const struct {
        const char *to, *expected;
    } rows[] = {
        { "To: <sip:b@h>\r\n", "<sip:b@h>;tag=t9" },
        { "t: sip:b@h;x=1\r\n", "sip:b@h;x=1;tag=t9" },
        { "To: <sip:b@h>;tag=old\r\n", "<sip:b@h>;tag=old" },
        { "To: <sip:b@h;tag=uri>\r\n", "<sip:b@h;tag=uri>;tag=t9" },
        { "To:\r\n \"A\r\n \tB\"\r\n <sip:b@h>\r\n", "\"A B\" <sip:b@h>;tag=t9" },
        { "To: \"open <sip:b@h>\r\n", "\"open <sip:b@h>" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char request[512] = "MESSAGE sip:b@h SIP/2.0\r\n";

        begin_row(rows[i].to);
        strcat(request, rows[i].to);
        strcat(request, "\r\n");
        assert_false(slice_is_absent(respond(request, &reply)));
        message_parse_scalar(&back, slice_of(buffer, ROOM), MESSAGE_DATAGRAM);
        expect_slice(message_header(&back, HEADER_TO), rows[i].expected);
    }
}

/* RFC 3261 8.2.6.2: what is missing or bad must not stop an answer. */
static void
a_half_read_request_is_answered_with_what_there_is(void **state)
{
    (void)state;
    expect_slice(
        respond("MESSAGE sip:b@h SIP/2.0\r\nFrom: bad\r\nCSeq: x y\r\n\r\n", &reply),
        "SIP/2.0 202 Accepted\r\nFrom: bad\r\nCSeq: x y\r\n"
        "Content-Length: 0\r\n\r\n");
    expect_slice(respond("", &reply),
                 "SIP/2.0 202 Accepted\r\nContent-Length: 0\r\n\r\n");
}

static void
values_never_carry_a_line_break_out(void **state)
{
    static const struct {
        struct slice value;
        const char *expected;
    } rows[] = {
        { SLICE_INIT("a\r\n b"), "a b" },
        { SLICE_INIT("a \r\n\t \r\n b"), "a b" },
        { SLICE_INIT("a\r\nVia: x"), "aVia: x" },
        { SLICE_INIT("a\rb\nc"), "abc" },
        { SLICE_INIT("\r\n a \r\n"), "a" },
        { SLICE_INIT("a\0b"), "ab" },
        { SLICE_INIT("\"a\\\0\" b"), "\"a\" b" },
        { SLICE_INIT("\"a\\\\\0\" b"), "\"a\\\\\" b" },
        { SLICE_INIT("a  b"), "a  b" },
        { SLICE_INIT(""), "" },
        { { NULL, 0 }, "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice value = exact(rows[i].value);
        struct writer w;

        begin_row(rows[i].expected);
        writer_init(&w, buffer, sizeof buffer);
        writer_value(&w, value);
        expect_slice(writer_done(&w), rows[i].expected);
        exact_free(value);
    }
}

static void
what_does_not_fit_is_told_once_at_the_end(void **state)
{
    struct slice whole = respond(REQUEST("Via: SIP/2.0/UDP h;rport\r\n", TO), &reply);
    size_t needed = whole.len;

    (void)state;
    for (size_t room = 0; room <= needed; room++) {
        char *at = malloc(room);
        struct writer w;

        writer_init(&w, at, room);
        writer_response(&w, &m, 202, SLICE("Accepted"), &reply);
        writer_body(&w, slice_absent());
        assert_int_equal(slice_is_absent(writer_done(&w)), room < needed);
        free(at);
    }
}

static void
a_request_is_written_and_read_again(void **state)
{
    struct writer w;

    (void)state;
    writer_init(&w, buffer, sizeof buffer);
    writer_request_line(&w, SLICE("MESSAGE"), SLICE("sip:bob@192.0.2.4"));
    writer_header(&w, SLICE("Via"), SLICE("SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1"));
    writer_header(&w, SLICE("From"), SLICE("<sip:a@h>;tag=1"));
    writer_header(&w, SLICE("To"), SLICE("<sip:bob@h>"));
    writer_header(&w, SLICE("Call-ID"), SLICE("x"));
    writer_header(&w, SLICE("CSeq"), SLICE("1 MESSAGE"));
    writer_body(&w, SLICE("a\0b\r\n"));
    assert_int_equal(message_parse_scalar(&m, writer_done(&w), MESSAGE_STREAM), PARSE_OK);
    assert_true(slice_equal(m.body, SLICE("a\0b\r\n")));
    expect_slice(m.request_uri, "sip:bob@192.0.2.4");
}

static void
numbers_are_written_whole(void **state)
{
    struct writer w;

    (void)state;
    writer_init(&w, buffer, sizeof buffer);
    writer_number(&w, 0);
    writer_bytes(&w, SLICE(" "));
    writer_number(&w, UINT64_MAX);
    expect_slice(writer_done(&w), "0 18446744073709551615");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_response_takes_its_headers_from_the_request),
        cmocka_unit_test(the_top_via_tells_where_the_request_came_from),
        cmocka_unit_test(a_tag_is_added_to_a_to_that_has_none),
        cmocka_unit_test(a_half_read_request_is_answered_with_what_there_is),
        cmocka_unit_test(values_never_carry_a_line_break_out),
        cmocka_unit_test(what_does_not_fit_is_told_once_at_the_end),
        cmocka_unit_test(a_request_is_written_and_read_again),
        cmocka_unit_test(numbers_are_written_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
