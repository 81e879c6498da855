/* REGISTER and its Contacts, read strictly. */
#include "tests/strict.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define BAD_CONTACT(text, because)                                             \
    REFUSED(CONTACT, "Contact: " text "\r\n", 400, "Bad Contact header field", \
            "RFC 3261 10.3, 20.10: " because)

/* RFC 3261 10.3, 20.10. */
static void
a_bad_contact_is_400(void **state)
{
    static const struct strict_row rows[] = {
        BAD_CONTACT("", "empty"),
        BAD_CONTACT(",", "an empty element"),
        BAD_CONTACT("<sip:a@h>,", "an empty element last"),
        BAD_CONTACT(",<sip:a@h>", "an empty element first"),
        BAD_CONTACT("<sip:a@h>,,<sip:a@h>", "an empty element"),
        BAD_CONTACT("<sip:a@h>;", "an empty parameter"),
        BAD_CONTACT("*;expires=0", "a star with a parameter"),
        BAD_CONTACT("<*>", "a star in brackets"),
        BAD_CONTACT("**", "two stars"),
        BAD_CONTACT("\"*\"", "a star in quotes"),
        BAD_CONTACT("<sip:a@h>;q=", "an empty q"),
        BAD_CONTACT("<sip:a@h>;q", "q without value"),
        BAD_CONTACT("<sip:a@h>;q=1.1", "over 1"),
        BAD_CONTACT("<sip:a@h>;q=1.001", "over 1"),
        BAD_CONTACT("<sip:a@h>;q=2", "over 1"),
        BAD_CONTACT("<sip:a@h>;q=0.1234", "four digits"),
        BAD_CONTACT("<sip:a@h>;q=.5", "no digit in front"),
        BAD_CONTACT("<sip:a@h>;q=00.5", "two digits in front"),
        BAD_CONTACT("<sip:a@h>;q=-0.5", "a sign"),
        BAD_CONTACT("<sip:a@h>;q=+0.5", "a sign"),
        BAD_CONTACT("<sip:a@h>;q=0,5", "a comma"),
        BAD_CONTACT("<sip:a@h>;q=\"0.5\"", "quotes"),
        BAD_CONTACT("<sip:a@h>;q=0x1", "hex"),
        BAD_CONTACT("<sip:a@h>;q=1e0", "an exponent"),
        BAD_CONTACT("<sip:a@h>;q=0.5.5", "two dots"),
        BAD_CONTACT("<sip:a@h>;q=18446744073709551616", "2^64"),
        BAD_CONTACT("<sip:a@h>;q=0 .5", "a blank"),
        BAD_CONTACT("<sip:a@h>;q=0000000000000000000000000000000000000000", "40 digits"),
        BAD_CONTACT("<sip:a@h>;expires=", "an empty value"),
        BAD_CONTACT("<sip:a@h> x", "something behind"),
        BAD_CONTACT("<sip:a@h", "no bracket"),
        BAD_CONTACT("sip:a,b@h", "a comma outside of brackets"),
        BAD_CONTACT("\"a <sip:a@h>", "quotes that stay open"),
        BAD_CONTACT("\"a\\\" <sip:a@h>", "quotes that stay open"),
        BAD_CONTACT("<sip:a@h>;x=\",<sip:a@h>", "quotes that stay open"),
        BAD_CONTACT("<sip:a%4@h>", "an escape cut short"),
        BAD_CONTACT("<sip:a@h:65536>", "a port"),
        BAD_CONTACT("<sip:a@[::1>", "no end of the reference"),
        BAD_CONTACT("sip:a@h?b=c", "headers outside of brackets"),
        BAD_CONTACT("<sip:a@h><sip:a@h>", "no comma between"),
        BAD_CONTACT("<sip:a@h>;tag=1;tag=2", "two tags"),
        BAD_CONTACT("<sip:a@h>;\200=1", "a high octet"),
        BAD_CONTACT("<\177:a>", "no scheme"),
        BAD(CONTACT, "Contact", "Contact: <sip:a@h>\r\nm: <bad\r\n",
            "RFC 3261 7.3.3: the second line counts"),
        BAD(CONTACT, "Contact", "m:\r\nContact: <sip:a@h>\r\n",
            "RFC 3261 7.3.3: the first line counts"),
        BAD(CONTACT, "Contact", "Contact: \"\\\\\000\" <sip:a@h>\r\n",
            "RFC 3261 25.1: a NUL in quotes"),
    };

    (void)state;
    strict_expect(STRICT_REGISTER, rows, sizeof rows / sizeof rows[0]);
}

#undef BAD_CONTACT

#define GOOD_CONTACT(text, field, value, because)            \
    ACCEPTED(CONTACT, "Contact: " text "\r\n", field, value, \
             "RFC 3261 10.3, 20.10: " because)

/* RFC 3261 10.3, 20.10; 20.19: what is malformed counts as absent. */
static void
an_odd_but_good_contact_is_read(void **state)
{
    static const struct strict_row rows[] = {
        ACCEPTED(CONTACT, "", "contacts", "0", "RFC 3261 10.3, 20.10: a query"),
        GOOD_CONTACT("*", "contact.0.star", "1", "a star"),
        ACCEPTED(CONTACT, "m:\t*\r\n \r\n", "contact.0.star", "1",
                 "RFC 3261 10.3, 20.10: a star with LWS"),
        GOOD_CONTACT("<sip:a@h>;q=0", "contact.0.q", "0", "the lowest"),
        GOOD_CONTACT("<sip:a@h>;q=1", "contact.0.q", "1000", "the highest"),
        GOOD_CONTACT("<sip:a@h>;q=1.000", "contact.0.q", "1000", "three digits"),
        GOOD_CONTACT("<sip:a@h>;q=0.001", "contact.0.q", "1", "three digits"),
        GOOD_CONTACT("<sip:a@h>;q=0.", "contact.0.q", "0", "0*3DIGIT"),
        GOOD_CONTACT("<sip:a@h>;Q = 0.5", "contact.0.q", "500", "names have no case"),
        GOOD_CONTACT("<sip:a@h>", "contact.0.q", "-1", "none"),
        GOOD_CONTACT("<sip:a@h>;expires=0", "contact.0.expires", "0", "the lowest"),
        GOOD_CONTACT("<sip:a@h>;expires=4294967295", "contact.0.expires", "4294967295",
                     "2^32 - 1"),
        GOOD_CONTACT("<sip:a@h>;expires=4294967296", "contact.0.expires", "4294967295",
                     "2^32: no wrap"),
        GOOD_CONTACT("<sip:a@h>;expires=18446744073709551616", "contact.0.expires",
                     "4294967295", "2^64: no wrap"),
        GOOD_CONTACT("<sip:a@h>;expires=18446744073709551676", "contact.0.expires",
                     "4294967295", "2^64 + 60: no wrap"),
        GOOD_CONTACT("<sip:a@h>;expires=9999999999999999999999999999999999999999",
                     "contact.0.expires", "4294967295", "40 digits"),
        GOOD_CONTACT("<sip:a@h>;expires=000000000000000000000000000000000000000060",
                     "contact.0.expires", "60", "leading zeros"),
        GOOD_CONTACT("<sip:a@h>;expires=-1", "contact.0.expires", "-1",
                     "a sign: as if absent"),
        GOOD_CONTACT("<sip:a@h>;expires=6x", "contact.0.expires", "-1",
                     "a letter: as if absent"),
        GOOD_CONTACT("<sip:a@h>;expires=0x10", "contact.0.expires", "-1",
                     "hex: as if absent"),
        GOOD_CONTACT("<sip:a@h>;expires=\"60\"", "contact.0.expires", "-1",
                     "quotes: as if absent"),
        GOOD_CONTACT("\"a,b\" <sip:a,b@h;x=y>;x=\"c,d\", <sip:e@h>", "contacts", "2",
                     "commas that do not separate"),
        GOOD_CONTACT("sip:a@h;expires=60", "contact.0.expires", "60",
                     "without brackets the parameter is the header's"),
        GOOD_CONTACT("<sip:a@h;expires=60>", "contact.0.expires", "-1",
                     "a parameter of the URI"),
        GOOD_CONTACT("\"\\\",\" <sip:a@h>", "contacts", "1", "an escaped quote"),
        GOOD_CONTACT("<tel:+1201>", "contact.0.user", "+1201", "tel"),
        GOOD_CONTACT("<mailto:a@h>", "contact.0.scheme", "mailto", "any scheme"),
        GOOD_CONTACT("<sip:a@h>\r\nm: <sip:b@h>, <sip:c@h>", "contact.2.user", "c",
                     "two lines, one list"),
    };

    (void)state;
    strict_expect(STRICT_REGISTER, rows, sizeof rows / sizeof rows[0]);
}

#undef GOOD_CONTACT

/* RFC 3261 10.2. */
static void
a_register_is_a_request_as_others_are(void **state)
{
    static const struct strict_row rows[] = {
        REFUSED(START, "register sip:example.com SIP/2.0\r\n", 400,
                "CSeq names another method", "RFC 3261 7.1: methods have case"),
        REFUSED(START, "REGISTER example.com SIP/2.0\r\n", 400, "Bad Request-URI",
                "RFC 3261 10.2: no scheme"),
        REFUSED(CSEQ, "CSeq: 7 MESSAGE\r\n", 400, "CSeq names another method",
                "RFC 3261 8.1.1.5"),
        BAD(CSEQ, "CSeq", "CSeq: 2147483648 REGISTER\r\n", "RFC 3261 8.1.1.5"),
        REPEATED(MORE, "Expires", "Expires: 60\r\nExpires: 0\r\n", "RFC 3261 7.3.1"),
        REPEATED(MORE, "Expires", "Expires: 60\r\nExpires: 60\r\n", "RFC 3261 7.3.1"),
        MISSING(TO, "To", "", "RFC 3261 10.2"),
    };

    (void)state;
    strict_expect(STRICT_REGISTER, rows, sizeof rows / sizeof rows[0]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_contact_is_400),
        cmocka_unit_test(an_odd_but_good_contact_is_read),
        cmocka_unit_test(a_register_is_a_request_as_others_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
