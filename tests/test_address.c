#include "src/sip/address.h"
#include "src/sip/transport.h"
#include "tests/exact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static bool
parse(const char *text, uint16_t port, struct address *out)
{
    struct slice host = exact_text(text);
    bool ok = address_parse(host, port, out);

    exact_free(host);
    return ok;
}

static struct address
address(const char *text, uint16_t port)
{
    struct address out;

    assert_true(parse(text, port, &out));
    return out;
}

/* RFC 3261 25.1: IPv4address, IPv6reference; RFC 5952 4: how IPv6 is printed. */
static void
literals_are_read_and_printed(void **state)
{
    static const struct {
        const char *text, *ip, *with_port;
        bool is_ipv4;
    } rows[] = {
        { "192.0.2.4", "192.0.2.4", "192.0.2.4:5060", true },
        { "0.0.0.0", "0.0.0.0", "0.0.0.0:5060", true },
        { "255.255.255.255", "255.255.255.255", "255.255.255.255:5060", true },
        { "2001:DB8:0:0:0:0:0:1", "2001:db8::1", "[2001:db8::1]:5060", false },
        { "[2001:db8::9]", "2001:db8::9", "[2001:db8::9]:5060", false },
        { "::", "::", "[::]:5060", false },
        { "[::ffff:192.0.2.1]", "192.0.2.1", "192.0.2.1:5060", true },
        { "1111:2222:3333:4444:5555:6666:7777:8888",
          "1111:2222:3333:4444:5555:6666:7777:8888",
          "[1111:2222:3333:4444:5555:6666:7777:8888]:5060", false },
    };
    char out[ADDRESS_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct address a = address(rows[i].text, 0);

        assert_int_equal(address_is_ipv4(&a), rows[i].is_ipv4);
        expect_slice(address_print_ip(&a, out), rows[i].ip);
        expect_slice(address_print(&a, out), rows[i].ip);
        a.port = 5060;
        expect_slice(address_print_ip(&a, out), rows[i].ip);
        expect_slice(address_print(&a, out), rows[i].with_port);
    }
}

static void
names_and_broken_literals_are_no_addresses(void **state)
{
    static const char *const rows[] = {
        "",           "example.org",       "192.0.2",     "192.0.2.256",  "192.0.2.4.5",
        "192.0.2.04", "192.0.2.4 ",        "1234567",     "[192.0.2.4]",  "[2001:db8::1",
        "[]",         "2001:db8::1]",      "2001:db8::g", "[fe80::1%lo]", "0x7f.0.0.1",
        ":",          "1:2:3:4:5:6:7:8:9",
    };
    struct address out;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_false(parse(rows[i], 1, &out));
    assert_false(address_parse(slice_of("192.0.2.4\0x", 11), 1, &out));
    assert_false(address_parse(slice_absent(), 1, &out));
}

static void
the_longest_text_fits(void **state)
{
    struct address a = address("1111:2222:3333:4444:5555:6666:7777:8888", 65535);
    char out[ADDRESS_TEXT];

    (void)state;
    expect_slice(address_print(&a, out),
                 "[1111:2222:3333:4444:5555:6666:7777:8888]:65535");
}

static void
an_address_is_ip_and_port(void **state)
{
    struct address a = address("192.0.2.4", 5060), b = address("::ffff:192.0.2.4", 5060);
    struct address other_port = address("192.0.2.4", 5061);
    struct address other_ip = address("192.0.2.5", 5060);
    struct hash_key key = { { 1 } };

    (void)state;
    assert_true(address_equal(&a, &b));
    assert_false(address_equal(&a, &other_port));
    assert_true(address_same_ip(&a, &other_port));
    assert_false(address_same_ip(&a, &other_ip));
    assert_true(address_hash(&key, &a) == address_hash(&key, &b));
    assert_true(address_hash(&key, &a) != address_hash(&key, &other_port));
    assert_true(address_hash(&key, &a) != address_hash(&key, &other_ip));
}

/* RFC 1122 3.2.1.3, RFC 4291 2.5.3. */
static void
loopback_is_127_and_one(void **state)
{
    struct address yes[] = { address("127.0.0.1", 1), address("127.255.0.9", 1),
                             address("::1", 1), address("::ffff:127.0.0.1", 1) };
    struct address no[] = { address("126.0.0.1", 1), address("::", 1), address("1::1", 1),
                            address("192.0.2.127", 1) };

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_true(address_is_loopback(&yes[i]));
        assert_false(address_is_loopback(&no[i]));
    }
}

/* RFC 4632 3.1. */
static void
a_network_holds_its_addresses(void **state)
{
    static const struct {
        const char *network, *inside, *outside;
    } rows[] = {
        { "192.0.2.0/24", "192.0.2.255", "192.0.3.0" },
        { "192.0.2.77/24", "192.0.2.1", "192.0.1.77" },
        { "192.0.2.128/25", "192.0.2.128", "192.0.2.127" },
        { "192.0.2.4", "192.0.2.4", "192.0.2.5" },
        { "192.0.2.4/32", "192.0.2.4", "192.0.2.5" },
        { "0.0.0.0/0", "203.0.113.9", "2001:db8::1" },
        { "2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1" },
        { "[2001:db8::]/33", "2001:db8:7fff::1", "2001:db8:8000::1" },
        { "2001:db8::1", "2001:db8::1", "2001:db8::2" },
        { "2000::/3", "3fff::1", "192.0.2.1" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice text = exact_text(rows[i].network);
        struct network network;
        struct address inside = address(rows[i].inside, 5060);
        struct address outside = address(rows[i].outside, 5060);

        assert_true(network_parse(text, &network));
        assert_true(network_contains(&network, &inside));
        assert_false(network_contains(&network, &outside));
        exact_free(text);
    }
}

static void
the_network_of_all_holds_both_families(void **state)
{
    struct network network;
    struct address v4 = address("192.0.2.1", 0), v6 = address("2001:db8::1", 0);

    (void)state;
    assert_true(network_parse(SLICE("::/0"), &network));
    assert_true(network_contains(&network, &v4));
    assert_true(network_contains(&network, &v6));
}

static void
broken_networks_are_refused(void **state)
{
    static const char *const rows[] = {
        "",  "192.0.2.0/33",   "192.0.2.0/", "192.0.2.0/-1",   "2001:db8::/129",
        "/", "192.0.2.0/024x", "192.0.2/24", "192.0.2.0/0008", "example.org/8",
    };
    struct network network;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice text = exact_text(rows[i]);

        assert_false(network_parse(text, &network));
        exact_free(text);
    }
}

static void
protocols_have_names(void **state)
{
    (void)state;
    expect_slice(protocol_name(PROTOCOL_UDP), "udp");
    expect_slice(protocol_via_name(PROTOCOL_TCP), "TCP");
    assert_false(protocol_is_reliable(PROTOCOL_UDP));
    assert_true(protocol_is_reliable(PROTOCOL_TCP));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_are_read_and_printed),
        cmocka_unit_test(names_and_broken_literals_are_no_addresses),
        cmocka_unit_test(the_longest_text_fits),
        cmocka_unit_test(an_address_is_ip_and_port),
        cmocka_unit_test(loopback_is_127_and_one),
        cmocka_unit_test(a_network_holds_its_addresses),
        cmocka_unit_test(the_network_of_all_holds_both_families),
        cmocka_unit_test(broken_networks_are_refused),
        cmocka_unit_test(protocols_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
