/* Request lines and their URIs, read strictly. */
#include "tests/strict.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define BAD_LINE(text, because) \
    REFUSED(START, text "\r\n", 400, "Bad Request-Line", "RFC 3261 7.1, 25.1: " because)
#define BAD_VERSION(text, because)                                  \
    REFUSED(START, "MESSAGE sip:bob@example.com " text "\r\n", 505, \
            "SIP Version Not Supported", "RFC 3261 7.1: " because)

/* RFC 3261 7.1. */
static void
a_request_line_has_one_form(void **state)
{
    static const struct strict_row rows[] = {
        REFUSED(START, "message sip:bob@example.com SIP/2.0\r\n", 400,
                "CSeq names another method", "RFC 3261 7.1: methods have case"),
        REFUSED(START, "Message sip:bob@example.com SIP/2.0\r\n", 400,
                "CSeq names another method", "RFC 3261 7.1: methods have case"),
        REFUSED(START, "MESSAGES sip:bob@example.com SIP/2.0\r\n", 400,
                "CSeq names another method", "RFC 3261 8.1.1.5: the two are the same"),
        REFUSED(START, "MESSAG sip:bob@example.com SIP/2.0\r\n", 400,
                "CSeq names another method", "RFC 3261 8.1.1.5: the two are the same"),
        BAD_LINE("MESSAGE\000 sip:bob@example.com SIP/2.0", "a NUL in a method"),
        BAD_LINE("MESS\200AGE sip:bob@example.com SIP/2.0", "a high octet in a method"),
        BAD_LINE("MESS\"AGE sip:bob@example.com SIP/2.0", "a quote is no token"),
        BAD_LINE("MESS/AGE sip:bob@example.com SIP/2.0", "a slash is no token"),
        BAD_LINE("MESSAGE\177 sip:bob@example.com SIP/2.0", "DEL in a method"),
        BAD_LINE("MESSAGE\r sip:bob@example.com SIP/2.0", "a bare CR ends nothing"),
        REFUSED(START, "MESSAGE \rsip:bob@example.com SIP/2.0\r\n", 400,
                "Bad Request-URI", "RFC 3261 7: a bare CR ends nothing"),
        REFUSED(START, "MESSAGE sip:bob@example.com\r SIP/2.0\r\n", 400,
                "Bad Request-URI", "RFC 3261 7: a bare CR ends nothing"),
        BAD_LINE("MESSAGE sip:bob@example.com SIP/2.0\r", "a CR too many"),
        BAD_LINE("MESSAGE sip:bob@example.com SIP/2.0\t", "nothing behind the version"),
        REFUSED(START, "MESSAGE sip:bob@example.com  SIP/2.0\r\n", 400, "Bad Request-URI",
                "RFC 3261 7.1: one SP"),
        BAD_LINE("MESSAGE sip:bob@example.com\tSIP/2.0", "SP, not HTAB"),
        BAD_LINE("MESSAGE\tsip:bob@example.com SIP/2.0", "SP, not HTAB"),
        BAD_LINE(" MESSAGE sip:bob@example.com SIP/2.0", "nothing before the method"),
        REFUSED(START, "MESSAGE  SIP/2.0\r\n", 400, "Bad Request-URI",
                "RFC 3261 7.1: no Request-URI"),
        BAD_LINE("MESSAGE SIP/2.0", "no Request-URI, one SP"),
        REFUSED(START, "MESSAGE sip:bob@example.com sip:eve@example.com SIP/2.0\r\n", 400,
                "Bad Request-URI", "RFC 3261 7.1: two of them"),
        BAD_VERSION("SIP/2.1", "another"),
        BAD_VERSION("SIP/1.0", "another"),
        BAD_VERSION("SIP/2", "another"),
        BAD_VERSION("SIP/", "another"),
        BAD_VERSION("SIP/02.0", "a string, no number"),
        BAD_VERSION("SIP/2.0.0", "another"),
        BAD_VERSION("SIP/2.0\000", "a NUL behind the version"),
        BAD_VERSION("SIP/2.\001", "a control octet"),
        REFUSED(START, "MESSAGE sip:bob@example.com SIP/2.00\n", 505,
                "SIP Version Not Supported", "RFC 3261 7.1"),
        ACCEPTED(START, "MESSAGE sip:bob@example.com sip/2.0\r\n", "method", "MESSAGE",
                 "RFC 3261 7.1: the version has no case"),
        ACCEPTED(START, "MESSAGE sip:bob@example.com SiP/2.0\n", "method", "MESSAGE",
                 "RFC 3261 7.1, and a bare LF"),
        ACCEPTED(START, "\r\n\r\n\r\nMESSAGE sip:bob@example.com SIP/2.0\r\n",
                 "ruri.user", "bob", "RFC 3261 7.5: CRLFs before"),
        ACCEPTED(START, "\n\n\r\n\nMESSAGE sip:bob@example.com SIP/2.0\r\n", "ruri.user",
                 "bob", "RFC 3261 7.5, and bare LFs"),
    };

    (void)state;
    strict_expect(STRICT_MESSAGE, rows, sizeof rows / sizeof rows[0]);
}

#undef BAD_LINE
#undef BAD_VERSION

#define BAD_URI(text, because)                                             \
    REFUSED(START, "MESSAGE " text " SIP/2.0\r\n", 400, "Bad Request-URI", \
            "RFC 3261 25.1: " because)

/* RFC 3261 19.1.1, 25.1. */
static void
a_bad_request_uri_is_400(void **state)
{
    static const struct strict_row rows[] = {
        BAD_URI("sip:", "no host"),
        BAD_URI("sip:@example.com", "an empty user"),
        BAD_URI("sip::pw@example.com", "a password without user"),
        BAD_URI("sip:bob@", "no host"),
        BAD_URI("sip:bob@:5060", "no host"),
        BAD_URI("sip:bob@.", "a host of one dot"),
        BAD_URI("sip:bob@.example.com", "an empty label"),
        BAD_URI("sip:bob@example..com", "an empty label"),
        BAD_URI("sip:bob@example.com..", "two dots at the end"),
        BAD_URI("sip:bob@-example.com", "a hyphen first"),
        BAD_URI("sip:bob@exam ple.com", "SP in a host"),
        BAD_URI("sip:bob@exam%70le.com", "no escapes in a host"),
        BAD_URI("sip:bob@ex\303\244mple.com", "UTF-8 in a host"),
        BAD_URI("sip:bob@example.com\000", "a NUL behind a host"),
        BAD_URI("sip:bob@exam\000ple.com", "a NUL in a host"),
        BAD_URI("sip:bob@example.com\177", "DEL behind a host"),
        BAD_URI("sip:bob@example.com/", "a slash behind a host"),
        BAD_URI("sip:bob@example.com,", "a comma"),
        BAD_URI("sip:bob@example.com\\", "a backslash"),
        BAD_URI("sip:bob@example.com\"", "a quote"),
        BAD_URI("<sip:bob@example.com>", "brackets (RFC 4475 3.1.2.8)"),
        BAD_URI("sip:bob@example.com>", "half a bracket"),
        BAD_URI("\"Bob\"<sip:bob@example.com>", "a name-addr"),
        BAD_URI("sip:bob@alice@example.com", "two @"),
        BAD_URI("sip:bob:a:b@example.com", "two colons in userinfo"),
        BAD_URI("sip:bob%@example.com", "an escape without digits"),
        BAD_URI("sip:bob%4@example.com", "half an escape"),
        BAD_URI("sip:bob%GG@example.com", "no hex digits"),
        BAD_URI("sip:bob%0x@example.com", "no hex digit"),
        BAD_URI("sip:bob%", "cut short"),
        BAD_URI("sip:bob@example.com;a=%4", "an escape cut short at the end"),
        BAD_URI("sip:bob@example.com;a=%", "an escape cut short at the end"),
        BAD_URI("sip:bob@example.com?a=%4", "an escape cut short at the end"),
        BAD_URI("sip:bob@example.com;%zz=1", "no hex digits in a name"),
        BAD_URI("sip:b ob@example.com", "SP in a user"),
        BAD_URI("sip:b\303\266b@example.com", "UTF-8 in a user"),
        BAD_URI("sip:b\200b@example.com", "a high octet in a user"),
        BAD_URI("sip:b\000b@example.com", "a NUL in a user"),
        BAD_URI("sip:b\001b@example.com", "a control octet in a user"),
        BAD_URI("sip:b\177b@example.com", "DEL in a user"),
        BAD_URI("sip:b\"b@example.com", "a quote in a user"),
        BAD_URI("sip:b<b@example.com", "a bracket in a user"),
        BAD_URI("sip:b\\b@example.com", "a backslash in a user"),
        BAD_URI("sip:b[b@example.com", "a bracket in a user"),
        BAD_URI("sip:b#b@example.com", "a fragment"),
        BAD_URI("sip:bob:p;w@example.com", "a semicolon in a password"),
        BAD_URI("sip:bob@example.com:", "a port without digits"),
        BAD_URI("sip:bob@example.com:0", "port 0"),
        BAD_URI("sip:bob@example.com:65536", "2^16"),
        BAD_URI("sip:bob@example.com:70596", "2^16 + 5060"),
        BAD_URI("sip:bob@example.com:4294972356", "2^32 + 5060"),
        BAD_URI("sip:bob@example.com:18446744073709556676", "2^64 + 5060"),
        BAD_URI("sip:bob@example.com:9999999999999999999999999999999999999999",
                "40 digits"),
        BAD_URI("sip:bob@example.com:-5060", "a sign"),
        BAD_URI("sip:bob@example.com:+5060", "a sign"),
        BAD_URI("sip:bob@example.com:0x13c4", "hex"),
        BAD_URI("sip:bob@example.com:50 60", "a blank"),
        BAD_URI("sip:bob@example.com:5060x", "a letter behind"),
        BAD_URI("sip:bob@example.com:5060:5060", "two ports"),
        BAD_URI("sip:bob@example.com;", "an empty parameter"),
        BAD_URI("sip:bob@example.com;;lr", "an empty parameter"),
        BAD_URI("sip:bob@example.com;=x", "a value without name"),
        BAD_URI("sip:bob@example.com;a=b=c", "two ="),
        BAD_URI("sip:bob@example.com;a=\"b\"", "a quoted value"),
        BAD_URI("sip:bob@example.com;a=\200", "a high octet"),
        BAD_URI("sip:bob@example.com?", "no header"),
        BAD_URI("sip:bob@example.com?a=b;c", "a semicolon in a header"),
        BAD_URI("sip:bob@[]", "an empty reference"),
        BAD_URI("sip:bob@[1]", "no colon"),
        BAD_URI("sip:bob@[::1", "no end"),
        BAD_URI("sip:bob@::1", "no brackets"),
        BAD_URI("sip:bob@[::1]]", "two ends"),
        BAD_URI("sip:bob@[::1]x", "something behind"),
        BAD_URI("sip:bob@[fe80::1%25eth0]", "a zone"),
        BAD_URI("sip:bob@[::g]", "no hex digit"),
        BAD_URI("sip:bob@[[::1]]", "brackets twice"),
        BAD_URI("sip:bob@[::1]:", "a port without digits"),
        BAD_URI("sip:bob@[::\000]", "a NUL inside"),
        BAD_URI("bob@example.com", "no scheme"),
        BAD_URI(":bob@example.com", "an empty scheme"),
        BAD_URI("1sip:bob@example.com", "a digit first"),
        BAD_URI("si p:bob@example.com", "a blank in it"),
        BAD_URI("s_p:bob@example.com", "no scheme octet"),
        BAD_URI("\303\244:bob", "no scheme octet"),
        BAD_URI("mailto:", "nothing behind it"),
        BAD_URI("mailto:a b", "a blank"),
        BAD_URI("mailto:a<b", "a bracket"),
        BAD_URI("mailto:a%4", "an escape cut short"),
        BAD_URI("sip", "no colon"),
        BAD_URI("*", "not a URI"),
        BAD_URI("/", "not a URI"),
        BAD_URI("tel:", "no number"),
        BAD_URI("tel:+1 555", "a blank"),
        BAD_URI("tel:+1;", "an empty parameter"),
        BAD_URI("tel:+1@example.com", "a host"),
    };

    (void)state;
    strict_expect(STRICT_MESSAGE, rows, sizeof rows / sizeof rows[0]);
}

#undef BAD_URI

#define GOOD_URI(text, field, value, because)                     \
    ACCEPTED(START, "MESSAGE " text " SIP/2.0\r\n", field, value, \
             "RFC 3261 25.1: " because)

/* RFC 3261 19.1.1, 25.1. */
static void
an_odd_but_good_request_uri_is_read(void **state)
{
    static const struct strict_row rows[] = {
        GOOD_URI("sip:example.com", "ruri.user", NULL, "no user"),
        GOOD_URI("SIP:bob@example.com", "ruri.scheme", "sip",
                 "schemes have no case (RFC 3986 3.1)"),
        GOOD_URI("sIpS:bob@example.com", "ruri.scheme", "sips", "schemes have no case"),
        GOOD_URI("sip:bob@EXAMPLE.com", "ruri.host", "EXAMPLE.com", "as written"),
        GOOD_URI("sip:bob:@example.com", "ruri.password", "", "an empty password"),
        GOOD_URI("sip:bob:p%40w@example.com", "ruri.password", "p%40w", "an escaped @"),
        GOOD_URI("sip:%62%6F%62@example.com", "ruri.user.decoded", "bob",
                 "escapes of either case"),
        GOOD_URI("sip:b%6fb@example.com", "ruri.user", "b%6fb", "as written"),
        GOOD_URI("sip:-_.!~*'()&=+$,;?/@example.com", "ruri.user", "-_.!~*'()&=+$,;?/",
                 "all of unreserved and user-unreserved"),
        GOOD_URI("sip:a;b=c@example.com", "ruri.user", "a;b=c",
                 "a semicolon of the user"),
        GOOD_URI("sip:a?b@example.com", "ruri.user", "a?b",
                 "a question mark of the user"),
        GOOD_URI("sip:bob@example.com.", "ruri.host", "example.com.", "a dot at the end"),
        GOOD_URI("sip:bob@h", "ruri.host", "h", "one label of one octet"),
        GOOD_URI("sip:bob@192.0.2.1", "ruri.host", "192.0.2.1", "IPv4address"),
        GOOD_URI("sip:bob@example.com:1", "ruri.port", "1", "the lowest"),
        GOOD_URI("sip:bob@example.com:65535", "ruri.port", "65535", "the highest"),
        GOOD_URI("sip:bob@example.com:00000000000000000000000000000000000000005060",
                 "ruri.port", "5060", "1*DIGIT, leading zeros"),
        GOOD_URI("sip:bob@[::]", "ruri.host", "[::]", "the shortest"),
        GOOD_URI("sip:bob@[2001:DB8::1]:5061", "ruri.port", "5061", "a port behind"),
        GOOD_URI("sip:bob@[::ffff:192.0.2.1]", "ruri.host", "[::ffff:192.0.2.1]",
                 "IPv4 inside"),
        GOOD_URI("sip:bob@example.com;lr", "ruri.params", ";lr", "a flag"),
        GOOD_URI("sip:bob@example.com;a=b;c;d=%41", "ruri.params", ";a=b;c;d=%41",
                 "three"),
        GOOD_URI("tel:+1-201-555-0123", "ruri.user", "+1-201-555-0123", "RFC 3966 3"),
        GOOD_URI("mailto:bob@example.com", "ruri.scheme", "mailto",
                 "any scheme is a URI"),
        GOOD_URI("urn:service:sos", "ruri.scheme", "urn", "any scheme is a URI"),
        GOOD_URI("a+b-c.9:x", "ruri.scheme", "a+b-c.9", "every octet of a scheme"),
        GOOD_URI("sip:bob@example.com?a=b?c", "ruri.headers", "a=b?c",
                 "a second ? is hnv-unreserved"),
    };

    (void)state;
    strict_expect(STRICT_MESSAGE, rows, sizeof rows / sizeof rows[0]);
}

#undef GOOD_URI

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_line_has_one_form),
        cmocka_unit_test(a_bad_request_uri_is_400),
        cmocka_unit_test(an_odd_but_good_request_uri_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
