#include "parser/via.h"

#include "tests/exact.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* RFC 3261 20.42, RFC 3581 3, RFC 5118 4.5. */
static void
a_via_is_taken_apart(void **state)
{
    static const struct {
        const char *text, *transport, *host;
        uint16_t port;
        const char *branch, *received, *maddr;
        bool has_rport;
        uint16_t rport;
    } rows[] = {
        { "SIP/2.0/UDP h", "UDP", "h", 0, NULL, NULL, NULL, false, 0 },
        { "sip/2.0/TCP 192.0.2.1:5062;branch=z9hG4bKa;rport", "TCP", "192.0.2.1", 5062,
          "z9hG4bKa", NULL, NULL, true, 0 },
        { "SIP / 2.0\r\n /\tWS h : 80 ; branch\r\n = b ; RPORT = 7", "WS", "h", 80, "b",
          NULL, NULL, true, 7 },
        { "SIP/2.0/ UDP h;rport;branch=c", "UDP", "h", 0, "c", NULL, NULL, true, 0 },
        { "SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=x", "UDP",
          "[2001:db8::9:1]", 0, "x", "[2001:db8::9:255]", NULL, false, 0 },
        { "SIP/2.0/UDP h;received=2001:db8::9:255;maddr=239.1.1.1;ttl=1", "UDP", "h", 0,
          NULL, "2001:db8::9:255", "239.1.1.1", false, 0 },
        { "SIP/2.0/UDP h;x=\"a;branch=no\";branch=yes;alias", "UDP", "h", 0, "yes", NULL,
          NULL, false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice text = exact_text(rows[i].text);
        struct via via;
        const char *why;

        begin_row(rows[i].text);
        assert_int_equal(via_parse(text, &via, &why), PARSE_OK);
        expect_slice(via.transport, rows[i].transport);
        expect_slice(via.host, rows[i].host);
        assert_int_equal(via.port, rows[i].port);
        expect_slice(via.branch, rows[i].branch);
        expect_slice(via.received, rows[i].received);
        expect_slice(via.maddr, rows[i].maddr);
        assert_int_equal(via.has_rport, rows[i].has_rport);
        assert_int_equal(via.rport, rows[i].rport);
        assert_true(slice_equal(via.text, text));
        exact_free(text);
    }
}

static void
what_is_no_via_is_bad(void **state)
{
    static const char *const rows[] = {
        "",
        "SIP",
        "SIP/2.0",
        "SIP/2.0/UDP",
        "SIP/2.0/UDP ",
        "SIP/2.0/UDPh",
        "SIP/2.0 UDP h",
        "SIP/3.0/UDP h",
        "HTTP/2.0/UDP h",
        "SIP/2.0/ h",
        "SIP/2.0/UDP ;branch=x",
        "SIP/2.0/UDP h:",
        "SIP/2.0/UDP h:0",
        "SIP/2.0/UDP h:99999",
        "SIP/2.0/UDP h:x",
        "SIP/2.0/UDP h;",
        "SIP/2.0/UDP h;;",
        "SIP/2.0/UDP h;branch",
        "SIP/2.0/UDP h;branch=",
        "SIP/2.0/UDP h;branch=a;branch=b",
        "SIP/2.0/UDP h;rport=x",
        "SIP/2.0/UDP h;rport=65536",
        "SIP/2.0/UDP h;rport;rport",
        "SIP/2.0/UDP h;received",
        "SIP/2.0/UDP h x",
        "SIP/2.0/UDP 2001:db8::1",
        "SIP/2.0/UDP [::1",
        "SIP/2.0/UDP h,SIP/2.0/UDP h",
        "SIP/2.0/UDP h;x=\"",
        "SIP/2.0/UDP h;branch=\x01",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice text = exact_text(rows[i]);
        struct via via = { .port = 7 };
        const char *why = NULL;

        begin_row(rows[i]);
        expect_slice(text, via_parse(text, &via, &why) == PARSE_BAD ? rows[i] : "bad");
        assert_non_null(why);
        assert_int_equal(via.port, 0);
        exact_free(text);
    }
}

/* RFC 3261 8.1.1.7: a branch of the cookie alone tells nothing apart (RFC 4475 3.2.1). */
static void
the_cookie_needs_something_behind_it(void **state)
{
    struct via via = { .branch = SLICE("z9hG4bK1") };

    (void)state;
    assert_true(via_has_cookie(&via));
    via.branch = SLICE("z9hG4bK");
    assert_false(via_has_cookie(&via));
    via.branch = SLICE("1z9hG4bK");
    assert_false(via_has_cookie(&via));
    via.branch = slice_absent();
    assert_false(via_has_cookie(&via));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_via_is_taken_apart),
        cmocka_unit_test(what_is_no_via_is_bad),
        cmocka_unit_test(the_cookie_needs_something_behind_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
