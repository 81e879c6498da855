#include "src/net/dns.h"

#include "tests/exact.h"
#include "tests/name_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <arpa/nameser.h>
#include <resolv.h>
#include <stdlib.h>

#include <cmocka.h>

struct scene {
    struct name_server server;
    struct dns dns;
    struct dns_srvs srvs;
    struct dns_naptrs naptrs;
};

static struct scene *
scene(const struct zone_record *records, size_t count)
{
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    name_server_start(&s->server, records, count);
    assert_true(dns_open(&s->dns, &s->server.address));
    return s;
}

static void
scene_free(struct scene *s)
{
    dns_close(&s->dns);
    name_server_stop(&s->server);
    free(s);
}

/* RFC 2782. */
static void
srv_records_are_read_in_the_order_of_the_answer(void **state)
{
    unsigned char one[512], two[512];
    const struct zone_record zone[] = {
        { "_sip._udp.example.org", ns_t_srv,
          zone_srv(one, 10, 60, 5070, "a.example.org") },
        { "_sip._udp.example.org", ns_t_srv, zone_srv(two, 65535, 65535, 65535, "") },
        { "_sip._tcp.example.org", ns_t_srv, zone_srv(two, 65535, 65535, 65535, "") },
    };
    struct scene *s = scene(zone, 3);

    (void)state;
    assert_int_equal(s->dns.srv(s->dns.self, "_sip._udp.example.org", &s->srvs),
                     DNS_FOUND);
    assert_int_equal(s->srvs.count, 2);
    assert_int_equal(s->srvs.at[0].priority, 10);
    assert_int_equal(s->srvs.at[0].weight, 60);
    assert_int_equal(s->srvs.at[0].port, 5070);
    assert_string_equal(s->srvs.at[0].target, "a.example.org");
    assert_int_equal(s->srvs.at[1].priority, 65535);
    assert_string_equal(s->srvs.at[1].target, "");
    scene_free(s);
}

/* RFC 2915 2. */
static void
naptr_records_are_read_whole(void **state)
{
    unsigned char one[512], two[512];
    const struct zone_record zone[] = {
        { "example.org", ns_t_naptr,
          zone_naptr(one, 10, 50, "s", "SIP+D2U", "", "_sip._udp.example.org") },
        { "example.org", ns_t_naptr,
          zone_naptr(two, 20, 51, "u", "E2U+sip", "!^.*$!sip:a@example.org!", "") },
    };
    struct scene *s = scene(zone, 2);

    (void)state;
    assert_int_equal(s->dns.naptr(s->dns.self, "example.org", &s->naptrs), DNS_FOUND);
    assert_int_equal(s->naptrs.count, 2);
    assert_int_equal(s->naptrs.at[0].order, 10);
    assert_int_equal(s->naptrs.at[0].preference, 50);
    assert_string_equal(s->naptrs.at[0].flags, "s");
    assert_string_equal(s->naptrs.at[0].service, "SIP+D2U");
    assert_false(s->naptrs.at[0].has_regexp);
    assert_string_equal(s->naptrs.at[0].replacement, "_sip._udp.example.org");
    assert_true(s->naptrs.at[1].has_regexp);
    assert_string_equal(s->naptrs.at[1].replacement, "");
    scene_free(s);
}

/* No such name, or none of that type: both are a plain no. */
static void
no_record_is_no_failure(void **state)
{
    struct scene *s = scene(NULL, 0);

    (void)state;
    assert_int_equal(s->dns.srv(s->dns.self, "_sip._udp.example.org", &s->srvs),
                     DNS_NONE);
    assert_int_equal(s->dns.naptr(s->dns.self, "example.org", &s->naptrs), DNS_NONE);
    assert_int_equal(s->srvs.count + s->naptrs.count, 0);
    s->server.rcode = ns_r_nxdomain;
    assert_int_equal(s->dns.srv(s->dns.self, "_sip._udp.example.org", &s->srvs),
                     DNS_NONE);
    assert_int_equal(s->server.asked, 3);
    scene_free(s);
}

static void
a_name_server_that_refuses_is_a_failure(void **state)
{
    struct scene *s = scene(NULL, 0);

    (void)state;
    s->server.rcode = ns_r_servfail;
    assert_int_equal(s->dns.naptr(s->dns.self, "example.org", &s->naptrs), DNS_FAILED);
    assert_int_equal(s->naptrs.count, 0);
    scene_free(s);
}

/* Two seconds, twice: the header's promise. */
static void
a_silent_name_server_is_asked_twice(void **state)
{
    struct scene *s = scene(NULL, 0);

    (void)state;
    s->server.is_silent = true;
    assert_int_equal(s->dns.srv(s->dns.self, "_sip._udp.example.org", &s->srvs),
                     DNS_FAILED);
    assert_int_equal(s->server.asked, 2);
    scene_free(s);
}

/* The server has no TCP, so asking there would be a failure. */
static void
of_a_truncated_answer_what_came_is_taken(void **state)
{
    unsigned char data[512];
    const struct zone_record zone[] = {
        { "_sip._udp.example.org", ns_t_srv, zone_srv(data, 1, 2, 3, "a.example.org") },
    };
    struct scene *s = scene(zone, 1);

    (void)state;
    s->server.is_truncating = true;
    assert_int_equal(s->dns.srv(s->dns.self, "_sip._udp.example.org", &s->srvs),
                     DNS_FOUND);
    assert_int_equal(s->srvs.count, 1);
    assert_int_equal(s->server.asked, 1);
    scene_free(s);
}

static void
a_name_that_is_too_long_to_ask_for_is_a_failure(void **state)
{
    struct scene *s = scene(NULL, 0);
    char name[300];

    (void)state;
    memset(name, 'a', sizeof name);
    name[sizeof name - 1] = '\0';
    assert_int_equal(s->dns.srv(s->dns.self, name, &s->srvs), DNS_FAILED);
    assert_int_equal(s->server.asked, 0);
    scene_free(s);
}

/* DNS_RECORDS: the others of the answer are left out. */
static void
of_too_many_records_the_first_are_read(void **state)
{
    unsigned char data[DNS_RECORDS + 4][512];
    struct zone_record zone[DNS_RECORDS + 4];
    struct scene *s;

    (void)state;
    for (uint16_t i = 0; i < DNS_RECORDS + 4; i++) {
        zone[i].name = "_sip._udp.example.org";
        zone[i].type = ns_t_srv;
        zone[i].data = zone_srv(data[i], 0, 0, i, "a.example.org");
    }
    s = scene(zone, DNS_RECORDS + 4);
    assert_int_equal(s->dns.srv(s->dns.self, "_sip._udp.example.org", &s->srvs),
                     DNS_FOUND);
    assert_int_equal(s->srvs.count, DNS_RECORDS);
    assert_int_equal(s->srvs.at[DNS_RECORDS - 1].port, DNS_RECORDS - 1);
    scene_free(s);
}

/* Needs no name server: the hosts file has it, and glibc has it without (RFC 6761 6.3). */
static void
addresses_come_without_ports(void **state)
{
    struct scene *s = scene(NULL, 0);
    struct dns_addresses found;

    (void)state;
    assert_int_equal(s->dns.addresses(s->dns.self, "localhost", &found), DNS_FOUND);
    assert_true(found.count > 0);
    for (size_t i = 0; i < found.count; i++) {
        assert_true(address_is_loopback(&found.at[i]));
        assert_int_equal(found.at[i].port, 0);
    }
    scene_free(s);
}

/* ---- answers that are not well formed ---- */

static size_t
answer_to(const char *name, ns_type type, const struct zone_record *zone, size_t count,
          unsigned char out[NAME_SERVER_BYTES])
{
    unsigned char query[512];
    struct __res_state resolver;
    int len;

    memset(&resolver, 0, sizeof resolver);
    assert_int_equal(res_ninit(&resolver), 0);
    len = res_nmkquery(&resolver, ns_o_query, name, ns_c_in, type, NULL, 0, NULL, query,
                       sizeof query);
    res_nclose(&resolver);
    assert_true(len > 0);
    return name_server_answer(zone, count, slice_of((char *)query, (size_t)len), out);
}

/* How many records of that type are read, and none of the other. */
static size_t
read_exact(ns_type type, const unsigned char *answer, size_t len)
{
    struct slice copy = exact(slice_of((const char *)answer, len));
    struct dns_srvs srvs = { .count = 99 };
    struct dns_naptrs naptrs = { .count = 99 };

    dns_read_srvs(copy, &srvs);
    dns_read_naptrs(copy, &naptrs);
    exact_free(copy);
    assert_true(srvs.count <= DNS_RECORDS && naptrs.count <= DNS_RECORDS);
    return type == ns_t_srv ? srvs.count : naptrs.count;
}

static void
read_prefixes(ns_type type, const unsigned char *answer, size_t len)
{
    assert_int_equal(read_exact(type, answer, len), 1);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(read_exact(type, answer, cut), 0);
}

static void
read_changed(ns_type type, unsigned char *answer, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char kept = answer[i];

        for (int value = 0; value < 256; value++) {
            answer[i] = (unsigned char)value;
            assert_true(read_exact(type, answer, len) <= 1);
        }
        answer[i] = kept;
    }
}

/* Every prefix, and every octet of it changed: nothing is read behind the end. */
static void
a_broken_answer_is_read_within_its_bounds(void **state)
{
    unsigned char one[512], two[512], answer[NAME_SERVER_BYTES];
    const struct zone_record zone[] = {
        { "example.org", ns_t_srv, zone_srv(one, 1, 2, 3, "a.example.org") },
        { "example.org", ns_t_naptr,
          zone_naptr(two, 1, 2, "s", "SIP+D2U", "", "_sip._udp.example.org") },
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        ns_type type = zone[i].type;
        size_t len = answer_to("example.org", type, zone, 2, answer);

        read_prefixes(type, answer, len);
        read_changed(type, answer, len);
    }
}

struct broken {
    const char *label;
    ns_type type;
    struct slice data;
};

static void
a_record_that_is_not_well_formed_is_left_out(void **state)
{
    static const struct broken rows[] = {
        { "empty", ns_t_srv, SLICE_INIT("") },
        { "no target", ns_t_srv, SLICE_INIT("\0\1\0\2\0\3") },
        { "octets behind the target", ns_t_srv, SLICE_INIT("\0\1\0\2\0\3\1a\0x") },
        { "a label past the end", ns_t_srv, SLICE_INIT("\0\1\0\2\0\3\77a") },
        { "a pointer to itself", ns_t_srv, SLICE_INIT("\0\1\0\2\0\3\300\57") },
        { "a pointer past the end", ns_t_srv, SLICE_INIT("\0\1\0\2\0\3\377\377") },
        { "a reserved kind of label", ns_t_srv, SLICE_INIT("\0\1\0\2\0\3\200a\0") },
        { "empty", ns_t_naptr, SLICE_INIT("") },
        { "no flags", ns_t_naptr, SLICE_INIT("\0\1\0\2") },
        { "flags past the end", ns_t_naptr, SLICE_INIT("\0\1\0\2\5s") },
        { "no service", ns_t_naptr, SLICE_INIT("\0\1\0\2\1s") },
        { "no regexp", ns_t_naptr, SLICE_INIT("\0\1\0\2\1s\1x") },
        { "no replacement", ns_t_naptr, SLICE_INIT("\0\1\0\2\1s\1x\0") },
        { "octets behind it", ns_t_naptr, SLICE_INIT("\0\1\0\2\1s\1x\0\1a\0x") },
        { "flags without end", ns_t_naptr, SLICE_INIT("\0\1\0\2\10ssssssss\1x\0\1a\0") },
        { "a NUL in the flags", ns_t_naptr, SLICE_INIT("\0\1\0\2\2s\0\1x\0\1a\0") },
    };
    unsigned char answer[NAME_SERVER_BYTES], good[512];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct zone_record zone[] = {
            { "example.org", rows[i].type, rows[i].data },
            { "example.org", rows[i].type, zone_srv(good, 1, 2, 3, "a.example.org") },
        };

        if (rows[i].type == ns_t_naptr)
            zone[1].data = zone_naptr(good, 1, 2, "s", "SIP+D2U", "", "a.example.org");
        begin_row(rows[i].label);
        assert_int_equal(
            read_exact(rows[i].type, answer,
                       answer_to("example.org", rows[i].type, zone, 2, answer)),
            1);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(srv_records_are_read_in_the_order_of_the_answer),
        cmocka_unit_test(naptr_records_are_read_whole),
        cmocka_unit_test(no_record_is_no_failure),
        cmocka_unit_test(a_name_server_that_refuses_is_a_failure),
        cmocka_unit_test(a_silent_name_server_is_asked_twice),
        cmocka_unit_test(of_a_truncated_answer_what_came_is_taken),
        cmocka_unit_test(a_name_that_is_too_long_to_ask_for_is_a_failure),
        cmocka_unit_test(of_too_many_records_the_first_are_read),
        cmocka_unit_test(addresses_come_without_ports),
        cmocka_unit_test(a_broken_answer_is_read_within_its_bounds),
        cmocka_unit_test(a_record_that_is_not_well_formed_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
