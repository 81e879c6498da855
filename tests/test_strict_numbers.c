/* Numbers that wrap, and what is no number. */
#include "tests/strict.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define BAD_CSEQ(text, because)                                               \
    REFUSED(CSEQ, "CSeq: " text " MESSAGE\r\n", 400, "Bad CSeq header field", \
            "RFC 3261 25.1, 1*DIGIT: " because)

/* RFC 3261 8.1.1.5, 20.16. */
static void
a_cseq_is_digits_below_2_to_the_31(void **state)
{
    static const struct strict_row rows[] = {
        BAD_CSEQ("-1", "a sign"),
        BAD_CSEQ("+1", "a sign"),
        BAD_CSEQ("-0", "a sign"),
        BAD_CSEQ("0x1", "hex"),
        BAD_CSEQ("1.0", "a fraction"),
        BAD_CSEQ("1e1", "an exponent"),
        BAD_CSEQ("", "nothing"),
        BAD_CSEQ("1 1", "a blank inside"),
        BAD_CSEQ("1,1", "a list"),
        BAD_CSEQ("1;1", "a parameter"),
        BAD_CSEQ("\"1\"", "a quoted string"),
        BAD_CSEQ("<1>", "brackets"),
        REFUSED(CSEQ, "CSeq: 1\000 MESSAGE\r\n", 400, "Bad octet in header field",
                "RFC 3261 25.1, 1*DIGIT: a NUL behind"),
        REFUSED(CSEQ, "CSeq: \0001 MESSAGE\r\n", 400, "Bad octet in header field",
                "RFC 3261 25.1, 1*DIGIT: a NUL before"),
        BAD_CSEQ("1\177", "DEL"),
        BAD_CSEQ("\261", "a high octet"),
        BAD_CSEQ("\357\274\221", "a wide digit of UTF-8"),
        BAD_CSEQ("a", "a letter"),
        BAD(CSEQ, "CSeq", "CSeq: 2147483648 MESSAGE\r\n",
            "RFC 3261 8.1.1.5, below 2^31: 2^31"),
        BAD(CSEQ, "CSeq", "CSeq: 4294967296 MESSAGE\r\n",
            "RFC 3261 8.1.1.5, below 2^31: 2^32"),
        BAD(CSEQ, "CSeq", "CSeq: 4294967297 MESSAGE\r\n",
            "RFC 3261 8.1.1.5, below 2^31: 2^32 + 1"),
        BAD(CSEQ, "CSeq", "CSeq: 9223372036854775808 MESSAGE\r\n",
            "RFC 3261 8.1.1.5, below 2^31: 2^63"),
        BAD(CSEQ, "CSeq", "CSeq: 18446744073709551616 MESSAGE\r\n",
            "RFC 3261 8.1.1.5, below 2^31: 2^64"),
        BAD(CSEQ, "CSeq", "CSeq: 18446744073709551623 MESSAGE\r\n",
            "RFC 3261 8.1.1.5, below 2^31: 2^64 + 7"),
        BAD(CSEQ, "CSeq", "CSeq: 1111111111111111111111111111111111111111 MESSAGE\r\n",
            "RFC 3261 8.1.1.5, below 2^31: 40 digits"),
        BAD(CSEQ, "CSeq", "CSeq: 7MESSAGE\r\n", "RFC 3261 20.16: LWS between them"),
        BAD(CSEQ, "CSeq", "CSeq: 7\r\n", "RFC 3261 20.16: no method"),
        BAD(CSEQ, "CSeq", "CSeq: MESSAGE\r\n", "RFC 3261 20.16: no number"),
        BAD(CSEQ, "CSeq", "CSeq: MESSAGE 7\r\n", "RFC 3261 20.16: the other way round"),
        BAD(CSEQ, "CSeq", "CSeq: 7 MESSAGE x\r\n", "RFC 3261 20.16: something behind"),
        BAD(CSEQ, "CSeq", "CSeq: 7 MESSAGE;x\r\n", "RFC 3261 20.16: no parameters"),
        BAD(CSEQ, "CSeq", "CSeq: 7 MESSAGE,8 MESSAGE\r\n", "RFC 3261 20.16: no list"),
        REFUSED(CSEQ, "CSeq: 7 message\r\n", 400, "CSeq names another method",
                "RFC 3261 20.16: methods have case"),
        BAD(CSEQ, "CSeq", "CSeq: 7 MESSAGE\200\r\n",
            "RFC 3261 25.1: a high octet in a method"),
        ACCEPTED(CSEQ, "CSeq: 7\t \r\n MESSAGE \r\n", "cseq", "7",
                 "RFC 3261 25.1: LWS may be a fold"),
        ACCEPTED(CSEQ, "CSeq: 00000000000000000000000000000000000000007 MESSAGE\r\n",
                 "cseq", "7", "RFC 3261 25.1: leading zeros"),
    };

    (void)state;
    strict_expect(STRICT_MESSAGE, rows, sizeof rows / sizeof rows[0]);
}

#undef BAD_CSEQ

#define BAD_HOPS(text, because)                                                       \
    REFUSED(HOPS, "Max-Forwards: " text "\r\n", 400, "Bad Max-Forwards header field", \
            "RFC 3261 25.1, 1*DIGIT: " because)

/* RFC 3261 20.22. */
static void
max_forwards_is_0_to_255(void **state)
{
    static const struct strict_row rows[] = {
        BAD_HOPS("-1", "a sign"),
        BAD_HOPS("+1", "a sign"),
        BAD_HOPS("-0", "a sign"),
        BAD_HOPS("0x1", "hex"),
        BAD_HOPS("1.0", "a fraction"),
        BAD_HOPS("1e1", "an exponent"),
        BAD_HOPS("", "nothing"),
        BAD_HOPS("1 1", "a blank inside"),
        BAD_HOPS("1,1", "a list"),
        BAD_HOPS("1;1", "a parameter"),
        BAD_HOPS("\"1\"", "a quoted string"),
        BAD_HOPS("<1>", "brackets"),
        REFUSED(HOPS, "Max-Forwards: 1\000\r\n", 400, "Bad octet in header field",
                "RFC 3261 25.1, 1*DIGIT: a NUL behind"),
        REFUSED(HOPS, "Max-Forwards: \0001\r\n", 400, "Bad octet in header field",
                "RFC 3261 25.1, 1*DIGIT: a NUL before"),
        BAD_HOPS("1\177", "DEL"),
        BAD_HOPS("\261", "a high octet"),
        BAD_HOPS("\357\274\221", "a wide digit of UTF-8"),
        BAD_HOPS("a", "a letter"),
        BAD(HOPS, "Max-Forwards", "Max-Forwards: 256\r\n",
            "RFC 3261 20.22, at most 255: one more"),
        BAD(HOPS, "Max-Forwards", "Max-Forwards: 326\r\n",
            "RFC 3261 20.22, at most 255: 2^8 + 70"),
        BAD(HOPS, "Max-Forwards", "Max-Forwards: 65536\r\n",
            "RFC 3261 20.22, at most 255: 2^16"),
        BAD(HOPS, "Max-Forwards", "Max-Forwards: 2147483648\r\n",
            "RFC 3261 20.22, at most 255: 2^31"),
        BAD(HOPS, "Max-Forwards", "Max-Forwards: 4294967296\r\n",
            "RFC 3261 20.22, at most 255: 2^32"),
        BAD(HOPS, "Max-Forwards", "Max-Forwards: 4294967297\r\n",
            "RFC 3261 20.22, at most 255: 2^32 + 1"),
        BAD(HOPS, "Max-Forwards", "Max-Forwards: 9223372036854775808\r\n",
            "RFC 3261 20.22, at most 255: 2^63"),
        BAD(HOPS, "Max-Forwards", "Max-Forwards: 18446744073709551616\r\n",
            "RFC 3261 20.22, at most 255: 2^64"),
        BAD(HOPS, "Max-Forwards", "Max-Forwards: 18446744073709551623\r\n",
            "RFC 3261 20.22, at most 255: 2^64 + 7"),
        BAD(HOPS, "Max-Forwards",
            "Max-Forwards: 1111111111111111111111111111111111111111\r\n",
            "RFC 3261 20.22, at most 255: 40 digits"),
        BAD(HOPS, "Max-Forwards", "Max-Forwards: 4294967366\r\n",
            "RFC 3261 20.22, at most 255: 2^32 + 70"),
        BAD(HOPS, "Max-Forwards", "Max-Forwards: 18446744073709551686\r\n",
            "RFC 3261 20.22, at most 255: 2^64 + 70"),
        ACCEPTED(HOPS, "Max-Forwards: 0\r\n", "max_forwards", "0", "RFC 3261 20.22"),
        ACCEPTED(HOPS, "Max-Forwards: 255\r\n", "max_forwards", "255", "RFC 3261 20.22"),
        ACCEPTED(HOPS, "Max-Forwards: 000000000000000000000000000000000000000070\r\n",
                 "max_forwards", "70", "RFC 3261 25.1: leading zeros"),
        ACCEPTED(HOPS, "", "max_forwards", "-1", "RFC 3261 16.3: it may be absent"),
        ACCEPTED(HOPS, "Max-Forwards:\r\n\t70\r\n \r\n", "max_forwards", "70",
                 "RFC 3261 7.3.1: folds around"),
    };

    (void)state;
    strict_expect(STRICT_MESSAGE, rows, sizeof rows / sizeof rows[0]);
}

#undef BAD_HOPS

#define BAD_LENGTH(text, because)                        \
    REFUSED(LENGTH, "Content-Length: " text "\r\n", 400, \
            "Bad Content-Length header field", "RFC 3261 25.1, 1*DIGIT: " because)

/* RFC 3261 18.3, 20.14. What differs on a stream is in test_strict_streams. */
static void
a_content_length_is_one_number(void **state)
{
    static const struct strict_row rows[] = {
        BAD_LENGTH("-1", "a sign"),
        BAD_LENGTH("+1", "a sign"),
        BAD_LENGTH("-0", "a sign"),
        BAD_LENGTH("0x1", "hex"),
        BAD_LENGTH("1.0", "a fraction"),
        BAD_LENGTH("1e1", "an exponent"),
        BAD_LENGTH("", "nothing"),
        BAD_LENGTH("1 1", "a blank inside"),
        BAD_LENGTH("1,1", "a list"),
        BAD_LENGTH("1;1", "a parameter"),
        BAD_LENGTH("\"1\"", "a quoted string"),
        BAD_LENGTH("<1>", "brackets"),
        REFUSED(LENGTH, "Content-Length: 1\000\r\n", 400, "Bad octet in header field",
                "RFC 3261 25.1, 1*DIGIT: a NUL behind"),
        REFUSED(LENGTH, "Content-Length: \0001\r\n", 400, "Bad octet in header field",
                "RFC 3261 25.1, 1*DIGIT: a NUL before"),
        BAD_LENGTH("1\177", "DEL"),
        BAD_LENGTH("\261", "a high octet"),
        BAD_LENGTH("\357\274\221", "a wide digit of UTF-8"),
        BAD_LENGTH("a", "a letter"),
        BAD(LENGTH, "Content-Length", "Content-Length: 5\r\n 0\r\n",
            "RFC 3261 7.3.1: a fold is a blank"),
        REPEATED(LENGTH, "Content-Length", "Content-Length: 5\r\nContent-Length: 5\r\n",
                 "RFC 3261 18.3: twice, even if the same"),
        REPEATED(LENGTH, "Content-Length", "Content-Length: 5\r\nContent-Length: 0\r\n",
                 "RFC 3261 18.3: twice"),
        REPEATED(LENGTH, "Content-Length", "Content-Length: 0\r\nl: 5\r\n",
                 "RFC 3261 7.3.3: twice, once compact"),
        REPEATED(LENGTH, "Content-Length", "l: 5\r\nContent-Length: 5\r\n",
                 "RFC 3261 7.3.3: twice, once compact"),
        REPEATED(LENGTH, "Content-Length", "L: 5\r\nl: 5\r\n",
                 "RFC 3261 7.3.3: twice, compact"),
        BAD(LENGTH, "Content-Length", "Content-Length: 5, 5\r\n",
            "RFC 3261 20.14: no list"),
        ACCEPTED(LENGTH, "Content-Length: 00000000000000000000000000000000000000005\r\n",
                 "body", "Hello", "RFC 3261 25.1: leading zeros"),
        ACCEPTED(LENGTH, "cOnTeNt-LeNgTh\t :\r\n \t5 \r\n", "body", "Hello",
                 "RFC 3261 7.3.1: LWS, case"),
        ACCEPTED(LENGTH, "l:5\r\n", "body", "Hello", "RFC 3261 7.3.3: compact"),
    };

    (void)state;
    strict_expect(STRICT_MESSAGE, rows, sizeof rows / sizeof rows[0]);
}

#undef BAD_LENGTH

#define BAD_VIA(text, because)                                     \
    REFUSED(VIA, "Via: " text "\r\n", 400, "Bad Via header field", \
            "RFC 3261 25.1, port: " because)

/* RFC 3261 18.1.1, RFC 3581. */
static void
ports_of_a_via_are_1_to_65535(void **state)
{
    static const struct strict_row rows[] = {
        BAD_VIA("SIP/2.0/UDP h:0;branch=z9hG4bKx", "0"),
        BAD(VIA, "Via", "Via: SIP/2.0/UDP h;rport=0;branch=z9hG4bKx\r\n",
            "RFC 3581 3, rport: 0"),
        BAD_VIA("SIP/2.0/UDP h:65536;branch=z9hG4bKx", "2^16"),
        BAD(VIA, "Via", "Via: SIP/2.0/UDP h;rport=65536;branch=z9hG4bKx\r\n",
            "RFC 3581 3, rport: 2^16"),
        BAD_VIA("SIP/2.0/UDP h:70596;branch=z9hG4bKx", "2^16 + 5060"),
        BAD(VIA, "Via", "Via: SIP/2.0/UDP h;rport=70596;branch=z9hG4bKx\r\n",
            "RFC 3581 3, rport: 2^16 + 5060"),
        BAD_VIA("SIP/2.0/UDP h:4294972356;branch=z9hG4bKx", "2^32 + 5060"),
        BAD(VIA, "Via", "Via: SIP/2.0/UDP h;rport=4294972356;branch=z9hG4bKx\r\n",
            "RFC 3581 3, rport: 2^32 + 5060"),
        BAD_VIA("SIP/2.0/UDP h:18446744073709556676;branch=z9hG4bKx", "2^64 + 5060"),
        BAD(VIA, "Via",
            "Via: SIP/2.0/UDP h;rport=18446744073709556676;branch=z9hG4bKx\r\n",
            "RFC 3581 3, rport: 2^64 + 5060"),
        BAD_VIA("SIP/2.0/UDP h:5555555555555555555555555555555555555555;branch=z9hG4bKx",
                "40 digits"),
        BAD(VIA, "Via",
            "Via: SIP/2.0/UDP "
            "h;rport=5555555555555555555555555555555555555555;branch=z9hG4bKx\r\n",
            "RFC 3581 3, rport: 40 digits"),
        BAD_VIA("SIP/2.0/UDP h:-1;branch=z9hG4bKx", "a sign"),
        BAD(VIA, "Via", "Via: SIP/2.0/UDP h;rport=-1;branch=z9hG4bKx\r\n",
            "RFC 3581 3, rport: a sign"),
        BAD_VIA("SIP/2.0/UDP h:+1;branch=z9hG4bKx", "a sign"),
        BAD(VIA, "Via", "Via: SIP/2.0/UDP h;rport=+1;branch=z9hG4bKx\r\n",
            "RFC 3581 3, rport: a sign"),
        BAD_VIA("SIP/2.0/UDP h:0x1;branch=z9hG4bKx", "hex"),
        BAD(VIA, "Via", "Via: SIP/2.0/UDP h;rport=0x1;branch=z9hG4bKx\r\n",
            "RFC 3581 3, rport: hex"),
        BAD_VIA("SIP/2.0/UDP h:;branch=z9hG4bKx", "nothing"),
        BAD_VIA("SIP/2.0/UDP h:5 0;branch=z9hG4bKx", "a blank"),
        BAD(VIA, "Via", "Via: SIP/2.0/UDP h;rport=5 0;branch=z9hG4bKx\r\n",
            "RFC 3581 3, rport: a blank"),
        BAD_VIA("SIP/2.0/UDP h:5a;branch=z9hG4bKx", "a letter"),
        BAD(VIA, "Via", "Via: SIP/2.0/UDP h;rport=5a;branch=z9hG4bKx\r\n",
            "RFC 3581 3, rport: a letter"),
        BAD(VIA, "Via", "Via: SIP/2.0/UDP h;rport=\r\n", "RFC 3581 3: an empty value"),
        BAD(VIA, "Via", "Via: SIP/2.0/UDP h;rport=\"5\"\r\n", "RFC 3581 3: quotes"),
        ACCEPTED(VIA, "Via: SIP/2.0/UDP h:65535;rport=65535\r\n", "via.rport", "65535",
                 "the highest"),
        ACCEPTED(VIA, "Via: SIP/2.0/UDP h:0000000000000000000000000000001\r\n",
                 "via.port", "1", "leading zeros"),
        ACCEPTED(VIA, "Via: SIP/2.0/UDP h ; rport\r\n", "via.rport", "0",
                 "RFC 3581 3: without a value"),
        ACCEPTED(VIA, "Via: SIP/2.0/UDP h\r\n", "via.rport", "-1", "without it"),
    };

    (void)state;
    strict_expect(STRICT_MESSAGE, rows, sizeof rows / sizeof rows[0]);
}

#undef BAD_VIA

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cseq_is_digits_below_2_to_the_31),
        cmocka_unit_test(max_forwards_is_0_to_255),
        cmocka_unit_test(a_content_length_is_one_number),
        cmocka_unit_test(ports_of_a_via_are_1_to_65535),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
