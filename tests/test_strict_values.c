/* Addresses, Via, Call-ID, read strictly. */
#include "tests/strict.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define BAD_FROM(text, because)                                       \
    REFUSED(FROM, "From: " text "\r\n", 400, "Bad From header field", \
            "RFC 3261 20.10, 25.1: " because)

/* RFC 3261 20.10, 20.20, 25.1. */
static void
a_bad_from_is_400(void **state)
{
    static const struct strict_row rows[] = {
        BAD_FROM("\"Alice <sip:alice@example.net>", "a quote that stays open"),
        BAD_FROM("Alice\" <sip:alice@example.net>", "a quote that was never opened"),
        BAD_FROM("\"Alice\\\" <sip:alice@example.net>", "the closing quote is escaped"),
        BAD_FROM("\"Alice\\\\\\\" <sip:alice@example.net>",
                 "the same behind an escaped backslash"),
        BAD_FROM("\"", "a quote alone"),
        BAD_FROM("\"\\", "an escape cut short"),
        BAD_FROM("\"\\\"", "an escaped quote alone"),
        BAD_FROM("\"\" ", "no address"),
        BAD_FROM("\"a\" \"b\" <sip:a@h>", "two quoted strings"),
        BAD_FROM("a \"b\" <sip:a@h>", "words and a quoted string"),
        BAD_FROM("\"a\" b <sip:a@h>", "a quoted string and words"),
        BAD_FROM("\"a\"sip:a@h", "a quoted string needs brackets"),
        BAD_FROM("\"a\001\" <sip:a@h>", "a control octet in quotes"),
        BAD_FROM("\"a\177\" <sip:a@h>", "DEL in quotes"),
        BAD_FROM("\"a\\\303\244\" <sip:a@h>", "a high octet escaped"),
        BAD_FROM("a\001b <sip:a@h>", "a control octet in a name"),
        BAD_FROM("a\177 <sip:a@h>", "DEL in a name"),
        BAD_FROM("a@b <sip:a@h>", "an @ in a name"),
        BAD_FROM("a:b <sip:a@h>", "a colon in a name"),
        BAD_FROM("a,b <sip:a@h>", "a comma in a name"),
        BAD_FROM("a;b <sip:a@h>", "a semicolon in a name"),
        BAD_FROM("(a) <sip:a@h>", "parentheses in a name"),
        BAD_FROM("a\\b <sip:a@h>", "a backslash in a name"),
        BAD_FROM("<sip:a@h", "no closing bracket"),
        BAD_FROM("sip:a@h>", "no opening bracket"),
        BAD_FROM("<<sip:a@h>>", "brackets twice"),
        BAD_FROM("<>", "nothing in them"),
        BAD_FROM("< sip:a@h>", "a blank behind the bracket"),
        BAD_FROM("<sip:a@h >", "a blank before the bracket"),
        BAD_FROM("<sip:a@h>x", "something behind"),
        BAD_FROM("<sip:a@h> x", "something behind"),
        BAD_FROM("<sip:a@h>,<sip:b@h>", "a list"),
        BAD_FROM("<sip:a@h> <sip:b@h>", "two"),
        BAD_FROM("*", "a star"),
        BAD_FROM("a", "a word"),
        BAD_FROM("sip:", "a scheme alone"),
        BAD_FROM("sip:a@h,b", "a comma outside of brackets"),
        BAD_FROM("sip:a@h?a=b", "headers outside of brackets"),
        BAD_FROM("<alice@h>", "no scheme"),
        BAD_FROM("<sip:a@h>;", "an empty parameter"),
        BAD_FROM("<sip:a@h>;;tag=1", "an empty parameter"),
        BAD_FROM("<sip:a@h>;=1", "a value without name"),
        BAD_FROM("<sip:a@h>;tag", "a tag without value"),
        BAD_FROM("<sip:a@h>;tag=", "an empty tag"),
        BAD_FROM("<sip:a@h>;tag=1;tag=2", "two tags"),
        BAD_FROM("<sip:a@h>;tag=1;TAG=1", "two tags, the same"),
        BAD_FROM("<sip:a@h>;tag=1;x=\",\"; Tag=\"2\"", "two tags"),
        BAD_FROM("<sip:a@h>;tag=a b", "a blank in a tag"),
        BAD_FROM("<sip:a@h>;tag=a,b", "a comma in a tag"),
        BAD_FROM("<sip:a@h>;tag=a\"b\"", "a quote in a tag"),
        BAD_FROM("<sip:a@h>;tag=\200", "a high octet in a tag"),
        BAD_FROM("<sip:a@h>;tag=a\177", "DEL in a tag"),
        BAD_FROM("<sip:a@h>;tag=a\001", "a control octet in a tag"),
        BAD_FROM("<sip:a@h>;x=\"a", "quotes that stay open"),
        BAD_FROM("<sip:a@h>;x=\"a\\\"", "the closing quote is escaped"),
        BAD_FROM("<sip:a@h>;x=\"a\"b", "something behind the quotes"),
        BAD_FROM("<sip:a@h>;x=\"\001\"", "a control octet in quotes"),
        BAD_FROM("<sip:a@h>;a b=c", "a blank in a name"),
        BAD_FROM("<sip:a@h>;a@=c", "an @ in a name"),
        BAD_FROM("<sip:a@h>;\303\244=c", "a high octet in a name"),
        BAD_FROM("<sip:a@h>tag=1", "no semicolon"),
        BAD_FROM("<sip:a@h>;tag==1x\"", "a quote behind"),
        BAD_FROM("<sip:a%4@h>", "an escape cut short"),
        BAD_FROM("<sip:a%@h>", "an escape cut short"),
        BAD_FROM("<sip:a%GG@h>", "no hex digits"),
        BAD_FROM("<sip:a@h;x=%>", "an escape cut short"),
        BAD_FROM("<sip:a@h;x=%4>", "an escape cut short"),
        BAD_FROM("<sip:\303\244@h>", "UTF-8 in a user"),
        BAD_FROM("<sip:a@\303\244>", "UTF-8 in a host"),
        BAD_FROM("<sip:a@h:0>", "port 0"),
        BAD_FROM("<sip:a@h:65536>", "port 2^16"),
        BAD_FROM("<sip:a@[::1>", "no end of the reference"),
        BAD_FROM("<sip:a\177@h>", "DEL in a user"),
    };

    (void)state;
    strict_expect(STRICT_MESSAGE, rows, sizeof rows / sizeof rows[0]);
}

#undef BAD_FROM

#define BAD_TO(text, because)                                   \
    REFUSED(TO, "To: " text "\r\n", 400, "Bad To header field", \
            "RFC 3261 20.39: " because)

/* RFC 3261 20.39. */
static void
a_bad_to_is_400(void **state)
{
    static const struct strict_row rows[] = {
        BAD_TO("\"Alice <sip:alice@example.net>", "a quote that stays open"),
        BAD_TO("\"Alice\\\\\\\" <sip:alice@example.net>",
               "the same behind an escaped backslash"),
        BAD_TO("\"\\\"", "an escaped quote alone"),
        BAD_TO("a \"b\" <sip:a@h>", "words and a quoted string"),
        BAD_TO("\"a\001\" <sip:a@h>", "a control octet in quotes"),
        BAD_TO("a\001b <sip:a@h>", "a control octet in a name"),
        BAD_TO("a:b <sip:a@h>", "a colon in a name"),
        BAD_TO("(a) <sip:a@h>", "parentheses in a name"),
        BAD_TO("sip:a@h>", "no opening bracket"),
        BAD_TO("< sip:a@h>", "a blank behind the bracket"),
        BAD_TO("<sip:a@h> x", "something behind"),
        BAD_TO("*", "a star"),
        BAD_TO("sip:a@h,b", "a comma outside of brackets"),
        BAD_TO("<sip:a@h>;", "an empty parameter"),
        BAD_TO("<sip:a@h>;tag", "a tag without value"),
        BAD_TO("<sip:a@h>;tag=1;TAG=1", "two tags, the same"),
        BAD_TO("<sip:a@h>;tag=a,b", "a comma in a tag"),
        BAD_TO("<sip:a@h>;tag=a\177", "DEL in a tag"),
        BAD_TO("<sip:a@h>;x=\"a\\\"", "the closing quote is escaped"),
        BAD_TO("<sip:a@h>;a b=c", "a blank in a name"),
        BAD_TO("<sip:a@h>tag=1", "no semicolon"),
        BAD_TO("<sip:a%@h>", "an escape cut short"),
        BAD_TO("<sip:a@h;x=%4>", "an escape cut short"),
        BAD_TO("<sip:a@h:0>", "port 0"),
        BAD_TO("<sip:a\177@h>", "DEL in a user"),
    };

    (void)state;
    strict_expect(STRICT_MESSAGE, rows, sizeof rows / sizeof rows[0]);
}

#undef BAD_TO

#define GOOD_FROM(text, field, value, because) \
    ACCEPTED(FROM, "From: " text "\r\n", field, value, "RFC 3261 20.10, 25.1: " because)

/* RFC 3261 20.10, 25.1. */
static void
an_odd_but_good_from_is_read(void **state)
{
    static const struct strict_row rows[] = {
        GOOD_FROM("\"Al\\\"ice\" <sip:alice@example.net>;tag=a1", "from.display",
                  "\"Al\\\"ice\"", "an escaped quote"),
        GOOD_FROM("\"\\\\\" <sip:a@h>;tag=a1", "from.display", "\"\\\\\"",
                  "an escaped backslash"),
        GOOD_FROM("\"\" <sip:a@h>;tag=a1", "from.display", "\"\"",
                  "an empty quoted string"),
        GOOD_FROM("\"<sip:eve@h>\" <sip:a@h>;tag=a1", "from.user", "a",
                  "an address in quotes"),
        GOOD_FROM("\"a,b;c\" <sip:a@h>;tag=a1", "from.user", "a", "separators in quotes"),
        GOOD_FROM("\"a\"<sip:a@h>;tag=a1", "from.display", "\"a\"", "no blank between"),
        GOOD_FROM("<sip:a@h>;tag=a1", "from.display", NULL, "no display name"),
        GOOD_FROM("A B  C <sip:a@h>;tag=a1", "from.display", "A B  C", "three words"),
        GOOD_FROM("J\303\266rg <sip:a@h>;tag=a1", "from.display", "J\303\266rg",
                  "UTF-8 without quotes, as real ones do"),
        GOOD_FROM("\"J\303\266rg \360\237\230\200\" <sip:a@h>;tag=a1", "from.user", "a",
                  "UTF-8 in quotes"),
        GOOD_FROM("\"\377\300\200\" <sip:a@h>;tag=a1", "from.user", "a",
                  "no UTF-8 at all: nobody decodes it"),
        GOOD_FROM("\"\\\177\\\001\" <sip:a@h>;tag=a1", "from.user", "a",
                  "control octets escaped"),
        GOOD_FROM("sip:a@h;tag=a1", "from.tag", "a1",
                  "no brackets: the parameter is the header's"),
        GOOD_FROM("<sip:a@h;tag=u>;tag=a1", "from.tag", "a1", "a tag of the URI is none"),
        GOOD_FROM("<sip:a@h?x=y>;tag=a1", "from.user", "a", "headers of the URI"),
        GOOD_FROM("<sip:a,b@h>;tag=a1", "from.user", "a,b", "a comma of the user"),
        GOOD_FROM("<sip:a@h> ; tag = a1", "from.tag", "a1", "LWS around"),
        GOOD_FROM("<sip:a@h>;x=\";tag=eve\";tag=a1", "from.tag", "a1",
                  "a tag in quotes is none"),
        GOOD_FROM("<sip:a@h>;TAG=a1", "from.tag", "a1", "names have no case"),
        GOOD_FROM("<sip:a@h>;tag=a1;x=\"\\\"\";y=\"\\\\\"", "from.tag", "a1",
                  "escapes at the end of quotes"),
        GOOD_FROM("<sip:a@h>;xtag=1;tag=a1", "from.tag", "a1",
                  "a longer name is another"),
        GOOD_FROM("<tel:+1201>;tag=a1", "from.user", "+1201", "tel"),
        GOOD_FROM("<SIP:a@h>;tag=a1", "from.scheme", "sip", "case"),
        GOOD_FROM("  \t<sip:a@h>;tag=a1 \t ", "from.tag", "a1", "LWS around"),
    };

    (void)state;
    strict_expect(STRICT_MESSAGE, rows, sizeof rows / sizeof rows[0]);
}

#undef GOOD_FROM

/* RFC 3261 20.8. */
static void
a_call_id_is_one_visible_word(void **state)
{
    static const struct strict_row rows[] = {
        BAD(ID, "Call-ID", "Call-ID: a b\r\n", "RFC 3261 25.1: two words"),
        BAD(ID, "Call-ID", "Call-ID: a\tb\r\n", "RFC 3261 25.1: two words"),
        BAD(ID, "Call-ID", "Call-ID: a\177\r\n", "RFC 3261 25.1: DEL"),
        BAD(ID, "Call-ID", "Call-ID: \001\r\n", "RFC 3261 25.1: a control octet"),
        BAD(ID, "Call-ID", "Call-ID: \303\244\r\n", "RFC 3261 25.1: UTF-8"),
        BAD(ID, "Call-ID", "Call-ID: a\200b\r\n", "RFC 3261 25.1: a high octet"),
        ACCEPTED(ID, "i: c1@192.0.2.33\r\n", "call_id", "c1@192.0.2.33",
                 "RFC 3261 7.3.3"),
        ACCEPTED(ID, "Call-ID:x\r\n", "call_id", "x", "RFC 3261 25.1: one octet"),
        ACCEPTED(ID, "CALL-ID : \r\n\tx\r\n", "call_id", "x",
                 "RFC 3261 7.3.1: LWS around"),
        ACCEPTED(ID, "Call-ID: c1@[::1]:<>\"\\{}?,;\r\n", "call_id",
                 "c1@[::1]:<>\"\\{}?,;", "RFC 3261 25.1: the odd octets of word"),
    };

    (void)state;
    strict_expect(STRICT_MESSAGE, rows, sizeof rows / sizeof rows[0]);
}

#define BAD_VIA(text, because)                                     \
    REFUSED(VIA, "Via: " text "\r\n", 400, "Bad Via header field", \
            "RFC 3261 20.42, 25.1: " because)

/* RFC 3261 20.42, 25.1. */
static void
a_bad_via_is_400(void **state)
{
    static const struct strict_row rows[] = {
        BAD_VIA("SIP/2.0/UDP", "no sent-by"),
        BAD_VIA("SIP/2.0/UDP ", "no sent-by"),
        BAD_VIA("SIP/2.0 h", "no transport"),
        BAD_VIA("SIP/2.0/ h", "no transport"),
        BAD_VIA("SIP/3.0/UDP h", "a version"),
        BAD_VIA("SIP/2.00/UDP h", "a version"),
        BAD_VIA("SIP/UDP h", "no version"),
        BAD_VIA("HTTP/2.0/UDP h", "a protocol"),
        BAD_VIA("SIP//2.0/UDP h", "a slash too many"),
        BAD_VIA("SIP/2.0/UDP/h", "a slash for a blank"),
        BAD_VIA("SIP/2.0/U DP h", "two words"),
        BAD_VIA("SIP/2.0/UDP;branch=z9hG4bKx", "no sent-by"),
        BAD_VIA("SIP/2.0/\200 h", "a high octet in a transport"),
        BAD_VIA("/2.0/UDP h", "no protocol"),
        BAD_VIA("\"SIP\"/2.0/UDP h", "quotes"),
        BAD_VIA("SIP/2.0/UDP .h", "an empty label"),
        BAD_VIA("SIP/2.0/UDP h..h", "an empty label"),
        BAD_VIA("SIP/2.0/UDP -h", "a hyphen first"),
        BAD_VIA("SIP/2.0/UDP h h", "two hosts"),
        BAD_VIA("SIP/2.0/UDP h\303\244", "UTF-8 in a host"),
        BAD_VIA("SIP/2.0/UDP u@h", "a user"),
        BAD_VIA("SIP/2.0/UDP [::1", "no end of the reference"),
        BAD_VIA("SIP/2.0/UDP [::1]]", "two ends"),
        BAD_VIA("SIP/2.0/UDP ::1", "no brackets"),
        BAD_VIA("SIP/2.0/UDP []", "an empty reference"),
        BAD_VIA("SIP/2.0/UDP [::1%eth0]", "a zone"),
        BAD_VIA("SIP/2.0/UDP h\177", "DEL in a host"),
        BAD_VIA("SIP/2.0/UDP h%41", "an escape in a host"),
        BAD_VIA("SIP/2.0/UDP h;", "an empty parameter"),
        BAD_VIA("SIP/2.0/UDP h;;branch=x", "an empty parameter"),
        BAD_VIA("SIP/2.0/UDP h;=x", "a value without name"),
        BAD_VIA("SIP/2.0/UDP h;branch", "a branch without value"),
        BAD_VIA("SIP/2.0/UDP h;branch=", "an empty branch"),
        BAD_VIA("SIP/2.0/UDP h;branch=a;branch=b", "two branches"),
        BAD_VIA("SIP/2.0/UDP h;branch=a;BRANCH=a", "two branches, the same"),
        BAD_VIA("SIP/2.0/UDP h;branch=a b", "a blank in a branch"),
        BAD_VIA("SIP/2.0/UDP h;branch=a\"", "a quote in a branch"),
        BAD_VIA("SIP/2.0/UDP h;branch=\"a", "quotes that stay open"),
        BAD_VIA("SIP/2.0/UDP h;branch=a\200", "a high octet in a branch"),
        BAD_VIA("SIP/2.0/UDP h;branch=\177", "DEL in a branch"),
        BAD_VIA("SIP/2.0/UDP h;received=1.2.3.4;received=1.2.3.4", "received twice"),
        BAD_VIA("SIP/2.0/UDP h;received", "received without value"),
        BAD_VIA("SIP/2.0/UDP h;received=", "an empty received"),
        BAD_VIA("SIP/2.0/UDP h;rport;rport", "rport twice"),
        BAD_VIA("SIP/2.0/UDP h;rport=1;rport", "rport twice"),
        BAD_VIA("SIP/2.0/UDP h;maddr=a;maddr=b", "maddr twice"),
        BAD_VIA("SIP/2.0/UDP h;maddr", "maddr without value"),
        BAD_VIA("SIP/2.0/UDP h;x=\"", "a quote alone"),
        BAD_VIA("SIP/2.0/UDP h;x=\"\\", "an escape cut short"),
        BAD_VIA("SIP/2.0/UDP h;x=\"\\\"", "an escaped quote"),
        BAD_VIA("SIP/2.0/UDP h;x=<", "a bracket"),
        BAD_VIA("SIP/2.0/UDP h x", "something behind"),
        BAD_VIA(",SIP/2.0/UDP h", "an empty element first"),
        BAD_VIA("SIP/2.0/UDP h;x=\"a,SIP/2.0/UDP h2",
                "quotes that stay open over a comma"),
    };

    (void)state;
    strict_expect(STRICT_MESSAGE, rows, sizeof rows / sizeof rows[0]);
}

#undef BAD_VIA

#define GOOD_VIA(text, field, value, because) \
    ACCEPTED(VIA, "Via: " text "\r\n", field, value, "RFC 3261 20.42, 25.1: " because)

/* RFC 3261 20.42, 25.1. */
static void
an_odd_but_good_via_is_read(void **state)
{
    static const struct strict_row rows[] = {
        GOOD_VIA("sip/2.0/udp h;branch=z9hG4bKx", "via.transport", "udp", "no case"),
        GOOD_VIA("SIP / 2.0 / TCP  h : 5060 ; branch = z9hG4bKx", "via.branch",
                 "z9hG4bKx", "LWS around"),
        GOOD_VIA("SIP/2.0/UDP h;BRANCH=z9hG4bKx", "via.branch", "z9hG4bKx",
                 "names have no case"),
        GOOD_VIA("SIP/2.0/UDP h;x=\"a,b;branch=c\";branch=z9hG4bKx", "via.branch",
                 "z9hG4bKx", "a branch in quotes is none"),
        GOOD_VIA("SIP/2.0/UDP h;x=\"a,b\",SIP/2.0/UDP h2", "via_count", "2",
                 "a comma in quotes"),
        GOOD_VIA("SIP/2.0/UDP h;x=\"\\\",\",SIP/2.0/UDP h2", "via_count", "2",
                 "a comma behind an escaped quote"),
        GOOD_VIA("SIP/2.0/UDP h;x=\"\\\\\",SIP/2.0/UDP h2", "via_count", "2",
                 "a comma behind an escaped backslash"),
        GOOD_VIA("SIP/2.0/UDP [2001:db8::9]:5070", "via.host", "[2001:db8::9]", "IPv6"),
        GOOD_VIA("SIP/2.0/UDP [::1]", "via.port", "0", "IPv6 without a port"),
        GOOD_VIA("SIP/2.0/UDP h.", "via.host", "h.", "a dot at the end"),
        GOOD_VIA("SIP/2.0/UDP h;received=[::1]", "via.received", "[::1]", "RFC 5118 4.5"),
        GOOD_VIA("SIP/2.0/UDP h;received=::1", "via.received", "::1", "RFC 5118 4.5"),
        GOOD_VIA("SIP/2.0/UDP h;maddr=224.0.1.75;ttl=16", "via.maddr", "224.0.1.75",
                 "two"),
        GOOD_VIA("SIP/2.0/UDP h;xbranch=1;branchx=2", "via.branch", NULL, "other names"),
        GOOD_VIA("SIP/2.0/SCTP-X h", "via.transport", "SCTP-X", "any token"),
        GOOD_VIA("SIP/2.0/UDP h , SIP/2.0/UDP h2 ,\tSIP/2.0/UDP h3", "via_count", "3",
                 "three elements"),
        GOOD_VIA("SIP/2.0/UDP h,bad", "via.host", "h",
                 "only the top one is ours to judge"),
    };

    (void)state;
    strict_expect(STRICT_MESSAGE, rows, sizeof rows / sizeof rows[0]);
}

#undef GOOD_VIA

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_from_is_400),
        cmocka_unit_test(a_bad_to_is_400),
        cmocka_unit_test(an_odd_but_good_from_is_read),
        cmocka_unit_test(a_call_id_is_one_visible_word),
        cmocka_unit_test(a_bad_via_is_400),
        cmocka_unit_test(an_odd_but_good_via_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
