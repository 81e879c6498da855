#include "src/net/hop_search.h"

#include "tests/exact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* Lines of a zone file, without TTL and class; "-" is an empty string, "." the root. Data of
 * "fails" is what no name server answers. */
struct zone {
    const char *const *lines; /* NULL ends them */
    char asked[2048];         /* "NAPTR example.org, " and so on */
    size_t asked_count;
};

/* The data of the next line of that name and type; NULL: no more. */
static const char *
next_line(const char *const **lines, const char *name, const char *type)
{
    char owner[DNS_NAME_MAX + 1], kind[16];
    int behind;

    for (; **lines != NULL; (*lines)++) {
        assert_int_equal(sscanf(**lines, "%255s %15s %n", owner, kind, &behind), 2);
        if (strcmp(owner, name) == 0 && strcmp(kind, type) == 0)
            return *(*lines)++ + behind;
    }
    return NULL;
}

static void
note(struct zone *zone, const char *type, const char *name)
{
    size_t len = strlen(zone->asked);

    zone->asked_count++;
    snprintf(zone->asked + len, sizeof zone->asked - len, "%s %s, ", type, name);
}

static void
fill(char *out, const char *text, const char *nothing)
{
    strcpy(out, strcmp(text, nothing) == 0 ? "" : text);
}

static enum dns_status
zone_naptr(void *self, const char *name, struct dns_naptrs *out)
{
    struct zone *zone = self;
    const char *const *lines = zone->lines;
    const char *data;

    note(zone, "NAPTR", name);
    for (out->count = 0; (data = next_line(&lines, name, "NAPTR")) != NULL;
         out->count++) {
        struct dns_naptr *n = &out->at[out->count];
        char flags[8], service[32], regexp[32], replacement[DNS_NAME_MAX + 1];

        if (strcmp(data, "fails") == 0)
            return DNS_FAILED;
        assert_int_equal(sscanf(data, "%hu %hu %7s %31s %31s %255s", &n->order,
                                &n->preference, flags, service, regexp, replacement),
                         6);
        fill(n->flags, flags, "-");
        fill(n->service, service, "-");
        n->has_regexp = strcmp(regexp, "-") != 0;
        fill(n->replacement, replacement, ".");
    }
    return out->count == 0 ? DNS_NONE : DNS_FOUND;
}

static enum dns_status
zone_srv(void *self, const char *name, struct dns_srvs *out)
{
    struct zone *zone = self;
    const char *const *lines = zone->lines;
    const char *data;

    note(zone, "SRV", name);
    for (out->count = 0; (data = next_line(&lines, name, "SRV")) != NULL; out->count++) {
        struct dns_srv *srv = &out->at[out->count];
        char target[DNS_NAME_MAX + 1];

        if (strcmp(data, "fails") == 0)
            return DNS_FAILED;
        assert_int_equal(sscanf(data, "%hu %hu %hu %255s", &srv->priority, &srv->weight,
                                &srv->port, target),
                         4);
        fill(srv->target, target, ".");
    }
    return out->count == 0 ? DNS_NONE : DNS_FOUND;
}

static enum dns_status
zone_addresses(void *self, const char *name, struct dns_addresses *out)
{
    struct zone *zone = self;
    const char *const *lines = zone->lines;
    const char *data;

    note(zone, "A", name);
    out->count = 0;
    while (out->count < DNS_ADDRESSES && (data = next_line(&lines, name, "A")) != NULL) {
        if (strcmp(data, "fails") == 0)
            return DNS_FAILED;
        assert_true(
            address_parse(slice_of(data, strlen(data)), 0, &out->at[out->count++]));
    }
    return out->count == 0 ? DNS_NONE : DNS_FOUND;
}

/* "udp 192.0.2.1:5060, ", as many as there are hops. */
struct found {
    char text[1024];
    struct hop hops[HOPS_MAX];
    size_t count;
};

static void
search(struct zone *zone, const struct hop_question *question, uint64_t random,
       struct found *out)
{
    const struct dns dns = { zone, zone_naptr, zone_srv, zone_addresses };
    char address[ADDRESS_TEXT];
    size_t len = 0;

    zone->asked[0] = '\0';
    zone->asked_count = 0;
    out->text[0] = '\0';
    out->count = hop_search(question, random, &dns, out->hops);
    assert_true(out->count <= HOPS_MAX);
    for (size_t i = 0; i < out->count; i++)
        len += (size_t)snprintf(out->text + len, sizeof out->text - len, "%.*s %.*s, ",
                                SLICE_ARG(protocol_name(out->hops[i].protocol)),
                                SLICE_ARG(address_print(&out->hops[i].address, address)));
}

/* What the whole zone holds that most sentences are about. */
static const char *const example[] = {
    "example.org A 192.0.2.1",
    "example.org A 2001:db8::1",
    "edge.example.org A 192.0.2.2",
    "_sip._udp.edge.example.org SRV 0 0 5070 a.example.org",
    "_sip._tcp.edge.example.org SRV 0 0 5080 b.example.org",
    "naptr.example.org A 192.0.2.3",
    "naptr.example.org NAPTR 20 10 s SIP+D2U - _u.example.org",
    "naptr.example.org NAPTR 10 10 S sip+d2t - _t.example.org",
    "_u.example.org SRV 0 0 5070 a.example.org",
    "_t.example.org SRV 0 0 5080 b.example.org",
    "a.example.org A 192.0.2.10",
    "b.example.org A 192.0.2.11",
    "localhost A 127.0.0.1",
    "192.0.2.9 A 192.0.2.9",
    NULL,
};

struct row {
    const char *label, *host;
    uint16_t port;
    const char *protocol; /* NULL: none given */
    const char *hops, *asked;
};

static void
expect_rows(const char *const *lines, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        struct slice host = exact_text(row->host);
        struct hop_question question = { .host = host,
                                         .port = row->port,
                                         .has_protocol = row->protocol != NULL };
        struct zone zone = { .lines = lines };
        struct found found;

        begin_row(row->label);
        if (row->protocol != NULL && strcmp(row->protocol, "tcp") == 0)
            question.protocol = PROTOCOL_TCP;
        search(&zone, &question, 1, &found);
        assert_string_equal(found.text, row->hops);
        if (row->asked != NULL)
            assert_string_equal(zone.asked, row->asked);
        exact_free(host);
    }
}

#define EXPECT(lines, rows) expect_rows(lines, rows, sizeof(rows) / sizeof(rows)[0])

/* RFC 3263 4.1 and 4.2, step by step. */
static void
what_the_uri_leaves_open_is_looked_up(void **state)
{
    static const struct row rows[] = {
        { "a port: UDP, addresses alone", "naptr.example.org", 5090, NULL,
          "udp 192.0.2.3:5090, ", "A naptr.example.org, " },
        { "port and protocol", "naptr.example.org", 5090, "tcp", "tcp 192.0.2.3:5090, ",
          "A naptr.example.org, " },
        { "a protocol: its SRV records, no NAPTR", "edge.example.org", 0, "tcp",
          "tcp 192.0.2.11:5080, ", "SRV _sip._tcp.edge.example.org, A b.example.org, " },
        { "a protocol without SRV records: addresses", "example.org", 0, "tcp",
          "tcp 192.0.2.1:5060, tcp [2001:db8::1]:5060, ",
          "SRV _sip._tcp.example.org, A example.org, " },
        { "NAPTR: its protocols, in its order", "naptr.example.org", 0, NULL,
          "tcp 192.0.2.11:5080, udp 192.0.2.10:5070, ",
          "NAPTR naptr.example.org, SRV _t.example.org, A b.example.org, "
          "SRV _u.example.org, A a.example.org, " },
        { "no NAPTR: the SRV records of both", "edge.example.org", 0, NULL,
          "udp 192.0.2.10:5070, tcp 192.0.2.11:5080, ",
          "NAPTR edge.example.org, SRV _sip._udp.edge.example.org, A a.example.org, "
          "SRV _sip._tcp.edge.example.org, A b.example.org, " },
        { "neither: UDP, 5060", "example.org", 0, NULL,
          "udp 192.0.2.1:5060, udp [2001:db8::1]:5060, ",
          "NAPTR example.org, SRV _sip._udp.example.org, SRV _sip._tcp.example.org, "
          "A example.org, " },
        { "nothing at all", "nowhere.example.org", 0, NULL, "", NULL },
        { "nothing at all, and a port", "nowhere.example.org", 5060, NULL, "",
          "A nowhere.example.org, " },
        { "no dot: addresses alone", "localhost", 0, NULL, "udp 127.0.0.1:5060, ",
          "A localhost, " },
        { "an address in numbers", "192.0.2.9", 0, "tcp", "tcp 192.0.2.9:5060, ",
          "A 192.0.2.9, " },
    };

    (void)state;
    EXPECT(example, rows);
}

/* RFC 3263 4.1, RFC 2915 2. */
static void
only_records_of_ours_are_followed(void **state)
{
    static const char *const lines[] = {
        "tls.example.org NAPTR 10 10 s SIPS+D2T - _sips._tcp.example.org",
        "tls.example.org NAPTR 10 20 s SIP+D2S - _sip._sctp.example.org",
        "tls.example.org NAPTR 10 30 u SIP+D2U - _wrong.example.org",
        "tls.example.org NAPTR 10 40 s SIP+D2U !x!y! _wrong.example.org",
        "tls.example.org NAPTR 10 50 s SIP+D2U - .",
        "tls.example.org NAPTR 20 60 s SIP+D2U - _worse.example.org",
        "tls.example.org NAPTR 20 50 s SIP+D2U - _better.example.org",
        "tls.example.org NAPTR 30 10 s SIP+D2U - _worse.example.org",
        "_wrong.example.org SRV 0 0 1 wrong.example.org",
        "_better.example.org SRV 0 0 5070 a.example.org",
        "only.example.org NAPTR 10 10 s SIPS+D2T - _sips._tcp.example.org",
        "only.example.org A 192.0.2.4",
        "same.example.org NAPTR 10 50 s SIP+D2U - _u.example.org",
        "same.example.org NAPTR 10 40 s SIP+D2T - _t.example.org",
        "_u.example.org SRV 0 0 5070 a.example.org",
        "_t.example.org SRV 0 0 5080 a.example.org",
        "empty.example.org NAPTR 10 10 s SIP+D2T - _none.example.org",
        "empty.example.org A 192.0.2.5",
        "a.example.org A 192.0.2.10",
        NULL,
    };
    static const struct row rows[] = {
        { "the lowest order, then the lowest preference", "tls.example.org", 0, NULL,
          "udp 192.0.2.10:5070, ",
          "NAPTR tls.example.org, SRV _better.example.org, A a.example.org, " },
        { "no record of ours is no record", "only.example.org", 0, NULL,
          "udp 192.0.2.4:5060, ",
          "NAPTR only.example.org, SRV _sip._udp.only.example.org, "
          "SRV _sip._tcp.only.example.org, A only.example.org, " },
        { "of one order the lower preference", "same.example.org", 0, NULL,
          "tcp 192.0.2.10:5080, udp 192.0.2.10:5070, ", NULL },
        { "without the SRV record: the protocol of the NAPTR", "empty.example.org", 0,
          NULL, "tcp 192.0.2.5:5060, ",
          "NAPTR empty.example.org, SRV _none.example.org, A empty.example.org, " },
    };

    (void)state;
    EXPECT(lines, rows);
}

/* RFC 2782: the lowest priority first; "." is a decided no. */
static void
srv_records_go_by_priority_and_a_root_is_a_no(void **state)
{
    static const char *const lines[] = {
        "_sip._udp.three.example.org SRV 30 0 5073 c.example.org",
        "_sip._udp.three.example.org SRV 10 0 5071 a.example.org",
        "_sip._udp.three.example.org SRV 20 9 5072 gone.example.org",
        "_sip._udp.three.example.org SRV 20 0 5072 b.example.org",
        "_sip._udp.no.example.org SRV 0 0 0 .",
        "no.example.org A 192.0.2.1",
        "_sip._udp.half.example.org SRV 0 0 0 .",
        "_sip._tcp.half.example.org SRV 0 0 5080 a.example.org",
        "half.example.org A 192.0.2.1",
        "_sip._udp.mixed.example.org SRV 0 0 0 .",
        "_sip._udp.mixed.example.org SRV 0 0 5080 a.example.org",
        "_sip._udp.zero.example.org SRV 0 0 0 a.example.org",
        "zero.example.org A 192.0.2.1",
        "_sip._udp.lost.example.org SRV 0 0 5080 gone.example.org",
        "lost.example.org A 192.0.2.1",
        "a.example.org A 192.0.2.10",
        "b.example.org A 192.0.2.11",
        "c.example.org A 192.0.2.12",
        NULL,
    };
    static const struct row rows[] = {
        { "priorities", "three.example.org", 0, "udp",
          "udp 192.0.2.10:5071, udp 192.0.2.11:5072, udp 192.0.2.12:5073, ", NULL },
        { "no service", "no.example.org", 0, "udp", "",
          "SRV _sip._udp.no.example.org, " },
        { "no service, no protocol given", "no.example.org", 0, NULL, "", NULL },
        { "not that one, but the other", "half.example.org", 0, NULL,
          "tcp 192.0.2.10:5080, ", NULL },
        { "a root beside another", "mixed.example.org", 0, "udp", "udp 192.0.2.10:5080, ",
          NULL },
        { "nothing is at port 0", "zero.example.org", 0, "udp", "",
          "SRV _sip._udp.zero.example.org, " },
        { "a target without address is no reason to guess", "lost.example.org", 0, "udp",
          "", "SRV _sip._udp.lost.example.org, A gone.example.org, " },
    };

    (void)state;
    EXPECT(lines, rows);
}

/* How often each of three targets comes first in so many draws. */
static void
count_first(const char *const *lines, size_t draws, size_t counts[3])
{
    const struct hop_question question = { .host = SLICE("example.org"),
                                           .has_protocol = true };
    struct zone zone = { .lines = lines };
    struct found found;

    memset(counts, 0, 3 * sizeof *counts);
    for (uint64_t random = 0; random < draws; random++) {
        search(&zone, &question, random, &found);
        assert_int_equal(found.count, 3);
        counts[found.hops[0].address.port - 1]++;
        assert_int_equal(found.hops[0].address.port + found.hops[1].address.port +
                             found.hops[2].address.port,
                         1 + 2 + 3);
    }
}

/* RFC 2782, "Weight". */
static void
weights_share_the_draws(void **state)
{
    static const char *const lines[] = {
        "_sip._udp.example.org SRV 0 600 1 a.example.org",
        "_sip._udp.example.org SRV 0 0 2 a.example.org",
        "_sip._udp.example.org SRV 0 300 3 a.example.org",
        "a.example.org A 192.0.2.10",
        NULL,
    };
    size_t counts[3];

    (void)state;
    count_first(lines, 9000, counts);
    assert_in_range(counts[0], 5700, 6300); /* two of three */
    assert_in_range(counts[1], 1, 40);      /* "a very small chance" */
    assert_in_range(counts[2], 2700, 3300);
}

static void
the_same_random_number_gives_the_same_order(void **state)
{
    static const char *const lines[] = {
        "_sip._udp.example.org SRV 0 1 1 a.example.org",
        "_sip._udp.example.org SRV 0 1 2 a.example.org",
        "_sip._udp.example.org SRV 0 1 3 a.example.org",
        "a.example.org A 192.0.2.10",
        NULL,
    };
    const struct hop_question question = { .host = SLICE("example.org") };
    struct zone zone = { .lines = lines };
    struct found first, again;

    (void)state;
    for (uint64_t random = 0; random < 20; random++) {
        search(&zone, &question, random, &first);
        search(&zone, &question, random, &again);
        assert_string_equal(first.text, again.text);
    }
}

/* The greatest weights must not overflow their sum. */
static void
sixteen_greatest_weights_are_ordered(void **state)
{
    char text[DNS_RECORDS][96];
    const char *lines[DNS_RECORDS + 2];
    const struct hop_question question = { .host = SLICE("example.org"),
                                           .has_protocol = true };
    struct zone zone = { .lines = lines };
    struct found found;

    (void)state;
    for (size_t i = 0; i < DNS_RECORDS; i++) {
        snprintf(text[i], sizeof text[i],
                 "_sip._udp.example.org SRV 65535 65535 %zu a.example.org", i + 1);
        lines[i] = text[i];
    }
    lines[DNS_RECORDS] = "a.example.org A 192.0.2.10";
    lines[DNS_RECORDS + 1] = NULL;
    for (uint64_t random = 0; random < 100; random++) {
        search(&zone, &question, random, &found);
        assert_int_equal(found.count, HOP_TARGETS);
    }
}

/* HOP_TARGETS and HOP_ADDRESSES: one service leaves room for the other. */
static void
the_hops_of_one_service_leave_room_for_the_other(void **state)
{
    const char *lines[2 * DNS_RECORDS + DNS_ADDRESSES + 1];
    char text[DNS_ADDRESSES][48];
    const struct hop_question question = { .host = SLICE("example.org") };
    struct zone zone = { .lines = lines };
    struct found found;
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < DNS_RECORDS; i++)
        lines[count++] = "_sip._udp.example.org SRV 0 0 5070 a.example.org";
    for (size_t i = 0; i < DNS_RECORDS; i++)
        lines[count++] = "_sip._tcp.example.org SRV 0 0 5080 a.example.org";
    for (size_t i = 0; i < DNS_ADDRESSES; i++) {
        snprintf(text[i], sizeof text[i], "a.example.org A 192.0.2.%zu", i + 1);
        lines[count++] = text[i];
    }
    lines[count] = NULL;
    search(&zone, &question, 1, &found);
    assert_int_equal(found.count, HOPS_MAX);
    assert_int_equal(found.hops[HOP_ADDRESSES - 1].protocol, PROTOCOL_UDP);
    assert_int_equal(found.hops[HOP_ADDRESSES].protocol, PROTOCOL_TCP);
    assert_true(zone.asked_count <= 1 + HOP_SERVICES * (1 + HOP_TARGETS));
}

/* A hosts file is read without a name server. */
static void
where_no_name_server_answers_the_hosts_file_is_still_asked(void **state)
{
    static const char *const lines[] = {
        "naptr.example.org NAPTR fails",
        "naptr.example.org A 192.0.2.1",
        "_sip._udp.srv.example.org SRV fails",
        "srv.example.org A 192.0.2.2",
        "deaf.example.org NAPTR fails",
        "deaf.example.org A fails",
        "_sip._udp.target.example.org SRV 0 0 5070 a.example.org",
        "_sip._udp.target.example.org SRV 1 0 5070 b.example.org",
        "a.example.org A fails",
        "b.example.org A 192.0.2.3",
        NULL,
    };
    static const struct row rows[] = {
        { "NAPTR", "naptr.example.org", 0, NULL, "udp 192.0.2.1:5060, ",
          "NAPTR naptr.example.org, A naptr.example.org, " },
        { "SRV", "srv.example.org", 0, NULL, "udp 192.0.2.2:5060, ",
          "NAPTR srv.example.org, SRV _sip._udp.srv.example.org, A srv.example.org, " },
        { "neither it has", "deaf.example.org", 0, NULL, "",
          "NAPTR deaf.example.org, A deaf.example.org, " },
        { "a target", "target.example.org", 0, "udp", "",
          "SRV _sip._udp.target.example.org, A a.example.org, " },
    };

    (void)state;
    EXPECT(lines, rows);
}

/* The longest name leaves no room for "_sip._udp." in a query; that is for dns to refuse. */
static void
the_longest_name_is_asked_for_whole(void **state)
{
    char host[DNS_NAME_MAX];
    static const char *const lines[] = { NULL };
    const struct hop_question question = { .host = slice_of(host, sizeof host) };
    struct zone zone = { .lines = lines };
    struct found found;

    (void)state;
    memset(host, 'a', sizeof host);
    host[100] = '.';
    search(&zone, &question, 1, &found);
    assert_int_equal(found.count, 0);
    assert_int_equal(strlen(zone.asked), strlen("NAPTR , SRV , SRV , A , ") +
                                             2 * strlen("_sip._udp.") + 4 * sizeof host);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_uri_leaves_open_is_looked_up),
        cmocka_unit_test(only_records_of_ours_are_followed),
        cmocka_unit_test(srv_records_go_by_priority_and_a_root_is_a_no),
        cmocka_unit_test(weights_share_the_draws),
        cmocka_unit_test(the_same_random_number_gives_the_same_order),
        cmocka_unit_test(sixteen_greatest_weights_are_ordered),
        cmocka_unit_test(the_hops_of_one_service_leave_room_for_the_other),
        cmocka_unit_test(where_no_name_server_answers_the_hosts_file_is_still_asked),
        cmocka_unit_test(the_longest_name_is_asked_for_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
