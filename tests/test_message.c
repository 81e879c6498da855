#include "parser/message.h"

#include "tests/each_variant.h"
#include "tests/exact.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct message m;

#define VIA  "Via: SIP/2.0/UDP 192.0.2.33:5060;branch=z9hG4bKx;rport\r\n"
#define FROM "From: \"Alice\" <sip:alice@example.net>;tag=a1\r\n"
#define TO   "To: <sip:bob@example.com>\r\n"
#define ID   "Call-ID: c1@192.0.2.33\r\n"
#define CSEQ "CSeq: 7 MESSAGE\r\n"
#define LINE "MESSAGE sip:bob@example.com SIP/2.0\r\n"
#define HEAD LINE VIA FROM TO ID CSEQ

static enum parse_status
parse(const char *text, enum message_framing framing)
{
    static struct slice last;

    exact_free(last);
    last = exact_text(text);
    return variant_parse(&m, last, framing);
}

/* RFC 3261 7: every message needs these. */
static void
a_request_is_read_whole(void **state)
{
    (void)state;
    assert_int_equal(parse("\r\n" HEAD
                           "Max-Forwards: 70\r\nContent-Length: 5\r\n\r\nHello",
                           MESSAGE_STREAM),
                     PARSE_OK);
    assert_true(m.is_request);
    assert_int_equal(m.method, METHOD_MESSAGE);
    expect_slice(m.request_uri, "sip:bob@example.com");
    expect_slice(m.target.user, "bob");
    expect_slice(m.via.host, "192.0.2.33");
    expect_slice(m.via.branch, "z9hG4bKx");
    assert_int_equal(m.via.port, 5060);
    assert_true(m.via.has_rport);
    expect_slice(m.from.tag, "a1");
    expect_slice(m.from.display, "\"Alice\"");
    expect_slice(m.to.tag, NULL);
    expect_slice(m.to.uri.host, "example.com");
    expect_slice(m.call_id, "c1@192.0.2.33");
    assert_int_equal(m.cseq, 7);
    assert_int_equal(m.max_forwards, 70);
    expect_slice(m.body, "Hello");
    assert_int_equal(
        m.size, strlen("\r\n" HEAD "Max-Forwards: 70\r\nContent-Length: 5\r\n\r\nHello"));
    assert_null(m.why);
}

/* RFC 3261 7.2; a response's method is its CSeq's. */
static void
a_response_is_read_whole(void **state)
{
    (void)state;
    assert_int_equal(parse("SIP/2.0 202 Accepted for delivery\r\n" VIA FROM TO ID CSEQ
                           "\r\n",
                           MESSAGE_DATAGRAM),
                     PARSE_OK);
    assert_false(m.is_request);
    assert_int_equal(m.status, 202);
    expect_slice(m.reason, "Accepted for delivery");
    assert_int_equal(m.method, METHOD_MESSAGE);
}

/* Every fault is told: 8.1.1, 7.3.1, 8.2.2.1, 18.3, 20.16, 21.5.6. */
static void
a_bad_request_gets_a_status_and_a_reason(void **state)
{
    static const struct {
        const char *text;
        unsigned fault;
        const char *why;
    } rows[] = {
        { LINE FROM TO ID CSEQ "\r\n", 400, "Missing Via header field" },
        { LINE VIA TO ID CSEQ "\r\n", 400, "Missing From header field" },
        { LINE VIA FROM ID CSEQ "\r\n", 400, "Missing To header field" },
        { LINE VIA FROM TO CSEQ "\r\n", 400, "Missing Call-ID header field" },
        { LINE VIA FROM TO ID "\r\n", 400, "Missing CSeq header field" },
        { HEAD FROM "\r\n", 400, "Repeated From header field" },
        { HEAD "f: <sip:x@y>;tag=1\r\n\r\n", 400, "Repeated From header field" },
        { HEAD "t: <sip:x@y>\r\n\r\n", 400, "Repeated To header field" },
        { HEAD ID "\r\n", 400, "Repeated Call-ID header field" },
        { HEAD CSEQ "\r\n", 400, "Repeated CSeq header field" },
        { HEAD "l: 0\r\nContent-Length: 0\r\n\r\n", 400,
          "Repeated Content-Length header field" },
        { LINE VIA FROM TO ID "CSeq: x MESSAGE\r\n\r\n", 400, "Bad CSeq header field" },
        { LINE VIA FROM TO ID "CSeq: 2147483648 MESSAGE\r\n\r\n", 400,
          "Bad CSeq header field" },
        { LINE VIA FROM TO ID "CSeq: 4294967297 MESSAGE\r\n\r\n", 400,
          "Bad CSeq header field" },
        { LINE VIA FROM TO ID "CSeq: 1MESSAGE\r\n\r\n", 400, "Bad CSeq header field" },
        { LINE VIA FROM TO ID "CSeq: 1\r\n\r\n", 400, "Bad CSeq header field" },
        { LINE VIA FROM TO ID "CSeq: 1 message\r\n\r\n", 400,
          "CSeq names another method" },
        { LINE VIA FROM TO "i: a b\r\n" CSEQ "\r\n", 400, "Bad Call-ID header field" },
        { LINE VIA FROM TO "i:\r\n" CSEQ "\r\n", 400, "Bad Call-ID header field" },
        { LINE "v: SIP/2.0/UDP\r\n" FROM TO ID CSEQ "\r\n", 400, "Bad Via header field" },
        { LINE VIA FROM "To: <sip:b@h\r\n" ID CSEQ "\r\n", 400, "Bad To header field" },
        { HEAD "Max-Forwards: 256\r\n\r\n", 400, "Bad Max-Forwards header field" },
        { HEAD "Max-Forwards: -1\r\n\r\n", 400, "Bad Max-Forwards header field" },
        { HEAD "Content-Length: 1\r\n\r\n", 400, "Content-Length is beyond the end" },
        { HEAD "Content-Length: +0\r\n\r\n", 400, "Bad Content-Length header field" },
        { HEAD "Content-Length: 4294967296\r\n\r\n", 400,
          "Content-Length is beyond the end" },
        { HEAD "No colon\r\n\r\n", 400, "Bad header field name" },
        { HEAD ": x\r\n\r\n", 400, "Bad header field name" },
        { HEAD "X Y: x\r\n\r\n", 400, "Bad header field name" },
        { HEAD "X: a\rb\r\n\r\n", 400, "Bad octet in header field" },
        { HEAD "X: a\r\r\n\r\n", 400, "Bad octet in header field" },
        { HEAD "Content-Length: 0\r\n", 400,
          "Missing empty line behind the header fields" },
        { LINE " X: fold\r\n" VIA FROM TO ID CSEQ "\r\n", 400, "Bad header field name" },
        { "MESSAGE sip:bob@h SIP/3.0\r\n" VIA FROM TO ID CSEQ "\r\n", 505,
          "SIP Version Not Supported" },
        { "MESSAGE sip:bob@h SIP/2.00\r\n\r\n", 505, "SIP Version Not Supported" },
        { "MESSAGE <sip:bob@h> SIP/2.0\r\n" VIA FROM TO ID CSEQ "\r\n", 400,
          "Bad Request-URI" },
        { "MESSAGE sip:bob@h; lr SIP/2.0\r\n" VIA FROM TO ID CSEQ "\r\n", 400,
          "Bad Request-URI" },
        { "MESSAGE  sip:bob@h SIP/2.0\r\n\r\n", 400, NULL },
        { "MESSAGE\tsip:bob@h\tSIP/2.0\r\n\r\n", 400, "Bad Request-Line" },
        { "MESSAGE sip:bob@h SIP/2.0 \r\n\r\n", 400, "Bad Request-Line" },
        { "MESSAGE SIP/2.0\r\n\r\n", 400, "Bad Request-Line" },
        { "M(SSAGE sip:bob@h SIP/2.0\r\n\r\n", 400, "Bad Request-Line" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin_row(rows[i].text);
        assert_int_equal(parse(rows[i].text, MESSAGE_DATAGRAM), PARSE_BAD);
        if (rows[i].why != NULL)
            expect_slice(slice_of(m.why, strlen(m.why)), rows[i].why);
        assert_int_equal(m.fault, rows[i].fault);
    }
}

static void
what_is_not_sip_gets_no_answer(void **state)
{
    static const char *const rows[] = {
        "",
        "\r\n\r\n",
        "x",
        "MESSAGE sip:bob@exa",
        "MESSAGE sip:bob@h\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "SIP/2.0 OK\r\n\r\n",
        "SIP/2.0 99 Low\r\n\r\n",
        "SIP/2.0 700 High\r\n\r\n",
        "SIP/2.0 2000 Big\r\n\r\n",
        "SIP/3.0 200 OK\r\n\r\n",
        "SIP/2.0 -200 No\r\n\r\n",
        "SIP/2.0 200 OK\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin_row(rows[i]);
        assert_int_equal(parse(rows[i], MESSAGE_DATAGRAM), PARSE_BAD);
        assert_int_equal(m.fault, 0);
        assert_non_null(m.why);
    }
}

/* RFC 3261 8.1.3, 17.1.1.3: a caller must know an ACK however bad it is. */
static void
a_bad_message_shows_what_could_be_read(void **state)
{
    (void)state;
    assert_int_equal(parse("ACK <bad> SIP/2.0\r\n" VIA "From: bad\r\n"
                           "To: <sip:bob@h>;tag=t1\r\n" ID "X(: y\r\n" CSEQ "\r\n",
                           MESSAGE_DATAGRAM),
                     PARSE_BAD);
    assert_int_equal(m.method, METHOD_ACK);
    assert_int_equal(m.fault, 400);
    expect_slice(m.via.branch, "z9hG4bKx");
    expect_slice(m.to.tag, "t1");
    expect_slice(m.from.text, NULL);
    expect_slice(message_header(&m, HEADER_FROM), "bad");
    assert_int_equal(m.cseq, 7);
}

/* RFC 3261 18.3. */
static void
the_end_of_the_body_depends_on_the_transport(void **state)
{
    (void)state;
    assert_int_equal(parse(HEAD "\r\nHello", MESSAGE_DATAGRAM), PARSE_OK);
    expect_slice(m.body, "Hello");
    assert_int_equal(parse(HEAD "l: 3\r\n\r\nHello", MESSAGE_DATAGRAM), PARSE_OK);
    expect_slice(m.body, "Hel");
    assert_int_equal(parse(HEAD "l: 3\r\n\r\nHello", MESSAGE_STREAM), PARSE_OK);
    expect_slice(m.body, "Hel");
    assert_int_equal(m.size, strlen(HEAD "l: 3\r\n\r\nHel"));
    assert_int_equal(parse(HEAD "\r\nHello", MESSAGE_STREAM), PARSE_BAD);
    assert_string_equal(m.why, "Missing Content-Length header field");
    assert_int_equal(parse(HEAD "l: 9\r\n\r\nHello", MESSAGE_STREAM), PARSE_PARTIAL);
    assert_int_equal(parse(HEAD "l: 4294967301\r\n\r\nHello", MESSAGE_STREAM), PARSE_BAD);
    assert_int_equal(m.fault, 413);
}

/* RFC 3261 7.3.1, 7.5: both line ends, folds, and blank lines before. */
static void
line_ends_and_folds_are_read_alike(void **state)
{
    (void)state;
    assert_int_equal(
        parse("\n\r\nMESSAGE sip:bob@h SIP/2.0\nVia:\n SIP/2.0/UDP\n\t192.0.2.1\n"
              " ;branch=z9hG4bKq\r\nf:\r\n \"A\r\n B\"\r\n <sip:a@h>\r\n ;tag\r\n"
              " =\r\n x\r\nTo: <sip:b@h>\ni:\r\n id\r\n \r\nCSeq:\r\n 7\r\n MESSAGE\r\n"
              "Max-Forwards:\r\n 0070\r\nl:\n 0\n \n\nrest",
              MESSAGE_DATAGRAM),
        PARSE_OK);
    expect_slice(m.via.host, "192.0.2.1");
    expect_slice(m.via.branch, "z9hG4bKq");
    expect_slice(m.from.tag, "x");
    expect_slice(m.call_id, "id");
    assert_int_equal(m.cseq, 7);
    assert_int_equal(m.max_forwards, 70);
    expect_slice(m.body, "");
}

/* RFC 3261 7.3.1: lines of one name are one list. */
static void
a_list_is_walked_over_all_its_lines(void **state)
{
    static const char *const expected[] = { "<sip:1>", "<sip:2,x@h>;a=\"b,c\"",
                                            "<sip:3>" };
    struct header_walk walk;
    struct slice element;
    size_t count = 0;

    (void)state;
    assert_int_equal(parse(HEAD
                           "Route: <sip:1> , <sip:2,x@h>;a=\"b,c\"\r\nX: y\r\nRoute:\r\n"
                           "ROUTE: <sip:3>\r\n\r\n",
                           MESSAGE_DATAGRAM),
                     PARSE_OK);
    walk = message_walk(&m, HEADER_ROUTE);
    while (header_walk_next(&walk, &element))
        expect_slice(element, expected[count++]);
    assert_int_equal(count, 3);
    walk = message_walk(&m, HEADER_PATH);
    assert_false(header_walk_next(&walk, &element));
}

/* RFC 3261 10.3 step 6: what a registrar would act on is judged; elsewhere not. */
static void
contacts_are_judged_in_a_register_alone(void **state)
{
    (void)state;
    assert_int_equal(parse(HEAD "Contact: <bad\r\n\r\n", MESSAGE_DATAGRAM), PARSE_OK);
    assert_int_equal(parse("REGISTER sip:h SIP/2.0\r\n" VIA FROM TO ID
                           "CSeq: 1 REGISTER\r\nContact: <sip:a@b>\r\nm: <bad\r\n\r\n",
                           MESSAGE_DATAGRAM),
                     PARSE_BAD);
    assert_string_equal(m.why, "Bad Contact header field");
    assert_int_equal(parse("REGISTER sip:h SIP/2.0\r\n" VIA FROM TO ID
                           "CSeq: 1 REGISTER\r\nContact: <sip:a@b>,\r\n\r\n",
                           MESSAGE_DATAGRAM),
                     PARSE_BAD);
}

/* What is no start line is none at its LF, whatever comes behind it. */
static void
a_stream_that_is_not_sip_is_bad_at_its_first_line(void **state)
{
    static const char *const texts[] = {
        "GARBAGE\r\n", "GARBAGE\n", "GARBAGE\r\nfoo", "\r\n\r\nGARBAGE\n", "\n\n \r\nx",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        begin_row(texts[i]);
        assert_int_equal(parse(texts[i], MESSAGE_STREAM), PARSE_BAD);
        assert_string_equal(m.why, "Not SIP");
        assert_int_equal(m.fault, 0);
    }
    assert_int_equal(parse("GARBAGE", MESSAGE_STREAM), PARSE_PARTIAL);
}

/* RFC 3261 18.3: a length over the bound is one before the body comes, and when it has come. */
static void
header_and_body_of_a_stream_are_bounded_together(void **state)
{
    size_t body = MESSAGE_BYTES_MAX - strlen(HEAD "l: 00000\r\n\r\n");
    char *text = malloc(MESSAGE_BYTES_MAX + 2);

    (void)state;
    for (size_t more = 0; more < 2; more++) {
        int head =
            snprintf(text, MESSAGE_BYTES_MAX, HEAD "l: %05zu\r\n\r\n", body + more);

        assert_int_equal(parse(text, MESSAGE_STREAM),
                         more > 0 ? PARSE_BAD : PARSE_PARTIAL);
        memset(text + head, 'x', body + more);
        text[(size_t)head + body + more] = '\0';
        assert_int_equal(parse(text, MESSAGE_STREAM), more > 0 ? PARSE_BAD : PARSE_OK);
        assert_int_equal(m.fault, more > 0 ? 413 : 0);
        assert_int_equal(m.size, more > 0 ? head : MESSAGE_BYTES_MAX);
    }
    free(text);
}

/* Six of them over lines and lists, of which some are kept and the others are parsed when they
 * are asked for: it makes no difference, nor does an empty element outside of a REGISTER. */
static void
contacts_are_walked_parsed(void **state)
{
#define CONTACTS                                                          \
    "Contact: <sip:0@h>;expires=0, \"1,\" <sip:1@h>;expires=1\r\n"        \
    "m: sip:2@h;expires=2\r\nX: y\r\nContact: <sip:3,@h>;expires=3,\r\n " \
    "<sip:4@h>;q=0.5;expires=4\r\nCONTACT: <sip:5@h;x=y>;EXPIRES=5\r\n\r\n"
    static const char *const texts[] = {
        "REGISTER sip:h SIP/2.0\r\n" VIA FROM TO ID "CSeq: 1 REGISTER\r\n" CONTACTS,
        HEAD CONTACTS,
        HEAD "Contact: ,\r\n" CONTACTS,
    };
    const struct contact *contact;
    struct contact_walk walk;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        begin_row(texts[i]);
        assert_int_equal(parse(texts[i], MESSAGE_DATAGRAM), PARSE_OK);
        assert_int_equal(m.contacts_kept, i == 0 ? MESSAGE_CONTACTS_KEPT : 0);
        contact_walk_start(&walk, &m);
        for (int n = 0; n < 6; n++) {
            assert_int_equal(contact_walk_next(&walk, &contact), CONTACT_TAKEN);
            assert_int_equal(contact->address.uri.user.at[0], '0' + n);
            assert_int_equal(contact->expires_s, n);
        }
        assert_int_equal(contact_walk_next(&walk, &contact), CONTACT_NONE);
    }
    parse("OPTIONS", MESSAGE_STREAM);
    contact_walk_start(&walk, &m);
    assert_int_equal(contact_walk_next(&walk, &contact), CONTACT_NONE);
    parse(HEAD "Contact: <sip:a@h>, <bad\r\n\r\n", MESSAGE_DATAGRAM);
    contact_walk_start(&walk, &m);
    assert_int_equal(contact_walk_next(&walk, &contact), CONTACT_TAKEN);
    assert_int_equal(contact_walk_next(&walk, &contact), CONTACT_BAD);
}

/* Bounds: 513 (RFC 3261 21.5.7), and time that grows with the octets alone. */
static void
too_many_header_fields_are_513(void **state)
{
    enum { LINES = 20000 };
    static char at[sizeof HEAD - 1 + LINES * 3 + 2];
    size_t head = strlen(HEAD);
    struct slice copy;

    (void)state;
    memcpy(at, HEAD, head);
    for (size_t i = 0; i < LINES; i++)
        memcpy(at + head + 3 * i, "a:\n", 3);
    memcpy(at + sizeof at - 2, "\r\n", 2);
    copy = exact(slice_of(at, sizeof at));
    assert_int_equal(variant_parse(&m, copy, MESSAGE_DATAGRAM), PARSE_BAD);
    assert_int_equal(m.fault, 513);
    expect_slice(m.to.uri.user, "bob");
    exact_free(copy);
}

/* What has no end within the bound of a stream is too long (21.5.7), however few its lines. */
static void
one_header_field_without_end_is_513_in_a_stream(void **state)
{
    static char at[MESSAGE_BYTES_MAX + 1];
    struct slice whole = slice_of(at, sizeof at), copy;

    (void)state;
    memset(at, 'a', sizeof at);
    memcpy(at, HEAD "Subject: ", strlen(HEAD "Subject: "));
    copy = exact(slice_head(whole, MESSAGE_BYTES_MAX));
    assert_int_equal(variant_parse(&m, copy, MESSAGE_STREAM), PARSE_PARTIAL);
    exact_free(copy);
    copy = exact(whole);
    assert_int_equal(variant_parse(&m, copy, MESSAGE_STREAM), PARSE_BAD);
    assert_int_equal(m.fault, 513);
    expect_slice(m.to.uri.user, "bob");
    exact_free(copy);
}

/* RFC 3261 25.1: an escaped NUL is a quoted-pair (RFC 4475 3.1.1.2), any other has no place
 * in a header, known or not. */
static void
a_nul_is_allowed_in_a_quoted_pair_alone(void **state)
{
    static const struct {
        struct slice text;
        enum parse_status status;
    } rows[] = {
        { SLICE_INIT(HEAD "\r\n\0"), PARSE_OK },
        { SLICE_INIT(LINE VIA FROM "To: \"a\\\0\" <sip:b@h>\r\n" ID CSEQ "\r\n"),
          PARSE_OK },
        { SLICE_INIT(LINE VIA FROM "To: \"a\0\" <sip:b@h>\r\n" ID CSEQ "\r\n"),
          PARSE_BAD },
        { SLICE_INIT(LINE VIA FROM "To: \"a\\\\\0\" <sip:b@h>\r\n" ID CSEQ "\r\n"),
          PARSE_BAD },
        { SLICE_INIT(LINE VIA FROM TO "i: a\0b\r\n" CSEQ "\r\n"), PARSE_BAD },
        { SLICE_INIT(HEAD "X: a\0b\r\n\r\n"), PARSE_BAD },
        { SLICE_INIT(HEAD "X: \"a\\\0\"\r\n\r\n"), PARSE_BAD },
        { SLICE_INIT(HEAD "X\0: a\r\n\r\n"), PARSE_BAD },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice text = exact(rows[i].text);

        assert_int_equal(variant_parse(&m, text, MESSAGE_DATAGRAM), rows[i].status);
        assert_int_equal(m.fault, rows[i].status == PARSE_OK ? 0 : 400);
        exact_free(text);
    }
}

static void
methods_have_names_in_one_case(void **state)
{
    (void)state;
    for (int i = METHOD_OTHER + 1; i <= METHOD_UPDATE; i++)
        assert_int_equal(method_of(method_name((enum method)i)), i);
    assert_int_equal(method_of(SLICE("message")), METHOD_OTHER);
    assert_int_equal(method_of(slice_absent()), METHOD_OTHER);
    assert_true(slice_is_absent(method_name(METHOD_OTHER)));
}

/* More octets may help a stream as long as nothing is wrong. */
static void
every_prefix_on_a_stream_is_partial(void **state)
{
    struct slice whole =
        SLICE(HEAD "Subject: a\r\n fold\r\nContent-Length: 5\r\n\r\nHello");

    (void)state;
    for (size_t n = 0; n < whole.len; n++) {
        struct slice copy = exact(slice_head(whole, n));

        assert_int_equal(variant_parse(&m, copy, MESSAGE_STREAM), PARSE_PARTIAL);
        variant_parse(&m, copy, MESSAGE_DATAGRAM);
        exact_free(copy);
    }
}

static int
forget_last(void **state)
{
    (void)state;
    parse("", MESSAGE_DATAGRAM);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_read_whole),
        cmocka_unit_test(a_response_is_read_whole),
        cmocka_unit_test(a_bad_request_gets_a_status_and_a_reason),
        cmocka_unit_test(what_is_not_sip_gets_no_answer),
        cmocka_unit_test(a_bad_message_shows_what_could_be_read),
        cmocka_unit_test(the_end_of_the_body_depends_on_the_transport),
        cmocka_unit_test(line_ends_and_folds_are_read_alike),
        cmocka_unit_test(a_list_is_walked_over_all_its_lines),
        cmocka_unit_test(contacts_are_judged_in_a_register_alone),
        cmocka_unit_test(a_stream_that_is_not_sip_is_bad_at_its_first_line),
        cmocka_unit_test(header_and_body_of_a_stream_are_bounded_together),
        cmocka_unit_test(contacts_are_walked_parsed),
        cmocka_unit_test(too_many_header_fields_are_513),
        cmocka_unit_test(one_header_field_without_end_is_513_in_a_stream),
        cmocka_unit_test(a_nul_is_allowed_in_a_quoted_pair_alone),
        cmocka_unit_test(methods_have_names_in_one_case),
        cmocka_unit_test(every_prefix_on_a_stream_is_partial),
    };
    int failed = 0;

    while (variant_next())
        failed += cmocka_run_group_tests(tests, NULL, forget_last);
    return failed;
}
