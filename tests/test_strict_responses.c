/* Responses, read strictly; what is bad is dropped, so its fault is 0. */
#include "tests/strict.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define BAD_STATUS(text, because) \
    REFUSED(START, "SIP/2.0 " text "\r\n", 0, "Bad status code", "RFC 3261 7.2: " because)
#define BAD_VERSION(text, because)                                           \
    REFUSED(START, text " 202 Accepted\r\n", 0, "SIP Version Not Supported", \
            "RFC 3261 7.1: " because)
#define BAD_REASON(text, because)                                      \
    REFUSED(START, "SIP/2.0 202 " text "\r\n", 0, "Bad reason phrase", \
            "RFC 3261 25.1: " because)

/* RFC 3261 7.2. */
static void
a_bad_status_line_is_dropped(void **state)
{
    static const struct strict_row rows[] = {
        BAD_STATUS("99 x", "below 100"),
        BAD_STATUS("0 x", "one digit"),
        BAD_STATUS("000 x", "below 100"),
        BAD_STATUS("700 x", "over 699"),
        BAD_STATUS("999 x", "over 699"),
        BAD_STATUS("1000 x", "four digits"),
        BAD_STATUS("2000 x", "four digits"),
        BAD_STATUS("0200 x", "four digits"),
        BAD_STATUS("-200 x", "a sign"),
        BAD_STATUS("+20 x", "a sign"),
        BAD_STATUS("20 x", "two digits"),
        BAD_STATUS("2x0 x", "a letter"),
        BAD_STATUS("0x2 x", "hex"),
        BAD_STATUS("200.0 x", "a fraction"),
        BAD_STATUS(" 200 x", "two SP"),
        BAD_STATUS("x 200", "the other way round"),
        BAD_STATUS("", "nothing"),
        BAD_STATUS("200\tx", "HTAB for SP"),
        BAD_STATUS("200\000 x", "a NUL"),
        BAD_STATUS("2\2620 x", "a high octet"),
        BAD_STATUS("4294967496 x", "2^32 + 200"),
        BAD_STATUS("18446744073709551816 x", "2^64 + 200"),
        BAD_STATUS("65736 x", "2^16 + 200"),
        BAD_VERSION("SIP/2.1", "the version"),
        BAD_VERSION("SIP/3.0", "the version"),
        BAD_VERSION("SIP/2.00", "the version"),
        BAD_VERSION("SIP/02.0", "the version"),
        BAD_VERSION("SIP/2", "the version"),
        BAD_VERSION("SIP/", "the version"),
        BAD_VERSION("SIP/2.0x", "the version"),
        BAD_VERSION("SIP/2.0\t", "the version"),
        BAD_REASON("a\000b", "a NUL"),
        BAD_REASON("a\rb", "a bare CR"),
        BAD_REASON("a\r", "a CR too many"),
        BAD_REASON("a\001", "a control octet"),
        BAD_REASON("a\177", "DEL"),
    };

    (void)state;
    strict_expect(STRICT_RESPONSE, rows, sizeof rows / sizeof rows[0]);
}

#undef BAD_STATUS
#undef BAD_VERSION
#undef BAD_REASON

#define GOOD_STATUS_LINE(text, field, value, because) \
    ACCEPTED(START, text "\r\n", field, value, "RFC 3261 7.2: " because)

/* RFC 3261 7.2. */
static void
an_odd_but_good_status_line_is_read(void **state)
{
    static const struct strict_row rows[] = {
        GOOD_STATUS_LINE("SIP/2.0 100 Trying", "status", "100", "the lowest"),
        GOOD_STATUS_LINE("SIP/2.0 699 x", "status", "699", "the highest"),
        GOOD_STATUS_LINE("SIP/2.0 202 ", "reason", "",
                         "an empty reason (RFC 4475 3.1.1.13)"),
        GOOD_STATUS_LINE("SIP/2.0 202", "status", "202", "its SP left out, too"),
        ACCEPTED(START, "SIP/2.0 202\n", "status", "202", "RFC 3261 7.2: a bare LF"),
        GOOD_STATUS_LINE("sip/2.0 202 OK", "reason", "OK", "no case"),
        GOOD_STATUS_LINE("SIP/2.0 202  two  SP ", "reason", " two  SP ",
                         "blanks of the reason"),
        GOOD_STATUS_LINE(
            "SIP/2.0 202 \320\277\321\200\320\270\320\275\321\217\321\202\320\276",
            "status", "202", "UTF-8 (RFC 4475 3.1.1.12)"),
        GOOD_STATUS_LINE("SIP/2.0 202 \"<%\\>;,", "reason", "\"<%\\>;,",
                         "anything visible"),
        GOOD_STATUS_LINE("\r\n\r\nSIP/2.0 202 OK", "status", "202", "CRLFs before"),
        GOOD_STATUS_LINE("SIP/2.0 202 SIP/2.0", "reason", "SIP/2.0",
                         "a version for a reason"),
    };

    (void)state;
    strict_expect(STRICT_RESPONSE, rows, sizeof rows / sizeof rows[0]);
}

#undef GOOD_STATUS_LINE

/* RFC 3261 8.1.3, 18.1.2. */
static void
a_response_is_judged_as_a_request_is(void **state)
{
    static const struct strict_row rows[] = {
        REFUSED(VIA, "", 0, "Missing Via header field", "RFC 3261 8.2.6.2"),
        REFUSED(CSEQ, "CSeq: 7\r\n", 0, "Bad CSeq header field", "RFC 3261 20.16"),
        REFUSED(CSEQ, "CSeq: 2147483648 MESSAGE\r\n", 0, "Bad CSeq header field",
                "RFC 3261 20.16"),
        REFUSED(VIA, "Via: SIP/2.0/UDP h;branch=a;branch=b\r\n", 0,
                "Bad Via header field", "RFC 3261 18.1.2: whose is it?"),
        REFUSED(TO, "To: <sip:bob@example.com>;tag=1;tag=2\r\n", 0, "Bad To header field",
                "RFC 3261 20.39"),
        REFUSED(MORE, "Call-ID: other\r\n", 0, "Repeated Call-ID header field",
                "RFC 3261 7.3.1"),
        REFUSED(MORE, "i: c1@192.0.2.33\r\n", 0, "Repeated Call-ID header field",
                "RFC 3261 7.3.3"),
        REFUSED(MORE, "a\r\n : x\r\n", 0, "Bad header field name", "RFC 3261 7.3.1"),
        REFUSED(MORE, "a: \000\r\n", 0, "Bad octet in header field", "RFC 3261 25.1"),
        REFUSED(LENGTH, "Content-Length: 5\r\nl: 5\r\n", 0,
                "Repeated Content-Length header field", "RFC 3261 18.3"),
        REFUSED(LENGTH, "Content-Length: -5\r\n", 0, "Bad Content-Length header field",
                "RFC 3261 18.3"),
        ACCEPTED(CSEQ, "CSeq: 7 INVITE\r\n", "cseq", "7",
                 "another method is read: whose it is shows in its transaction"),
        ACCEPTED(CSEQ, "CSeq: 7 message\r\n", "cseq", "7", "another method"),
        ACCEPTED(CONTACT, "Contact: <bad\r\n", "status", "202", "nobody looks at it"),
        ACCEPTED(HOPS, "", "status", "202", "no Max-Forwards in a response"),
    };

    (void)state;
    strict_expect(STRICT_RESPONSE, rows, sizeof rows / sizeof rows[0]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_status_line_is_dropped),
        cmocka_unit_test(an_odd_but_good_status_line_is_read),
        cmocka_unit_test(a_response_is_judged_as_a_request_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
