#include "tests/name_server.h"
#include "tests/net_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <arpa/nameser.h>
#include <stdio.h>

#include <cmocka.h>

static int
setup(void **state)
{
    *state = net_stage_new(1);
    return 0;
}

static int
teardown(void **state)
{
    net_stage_free(*state);
    return 0;
}

static void
ask(struct net_stage *s, uint64_t ticket, struct slice host)
{
    const struct hop_question question = { .host = host };

    resolver_ask(&s->resolver, ticket, &question);
}

/* Needs no name server: /etc/hosts has it, and glibc has it without (RFC 6761 6.3). */
static void
a_name_is_answered_with_its_ticket(void **state)
{
    struct net_stage *s = *state;

    ask(s, 42, SLICE("localhost"));
    assert_int_equal(s->resolved_count, 0);
    net_stage_until(s, &s->resolved_count, 1);

    assert_int_equal(s->ticket, 42);
    assert_true(s->hop_count > 0);
    for (size_t i = 0; i < s->hop_count; i++) {
        assert_true(address_is_loopback(&s->hops[i].address));
        assert_int_equal(s->hops[i].address.port, 5060);
    }
}

/* An address in numbers needs no lookup, so no name server can fail it. */
static void
an_address_in_numbers_comes_back_once(void **state)
{
    struct net_stage *s = *state;
    struct address expected = address_of("192.0.2.9", 5060);

    ask(s, 1, SLICE("192.0.2.9"));
    net_stage_until(s, &s->resolved_count, 1);
    assert_int_equal(s->hop_count, 1);
    assert_true(address_equal(&s->hops[0].address, &expected));
}

/* Each refusal is an answer too, later and with its ticket. */
static void
what_is_no_name_has_no_address(void **state)
{
    struct net_stage *s = *state;
    char longest[DNS_NAME_MAX + 1];
    const struct slice rows[] = {
        SLICE(""),
        slice_of("a\0b", 3),
        slice_of(longest, sizeof longest),
    };

    memset(longest, 'a', sizeof longest);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        s->hop_count = 99;
        ask(s, i, rows[i]);
        assert_int_equal(s->resolved_count, i);
        net_stage_until(s, &s->resolved_count, i + 1);
        assert_int_equal(s->ticket, i);
        assert_int_equal(s->hop_count, 0);
    }
}

/* LIMIT_LOOKUPS: past it there is no address, and everyone is answered. */
static void
lookups_past_the_limit_have_no_address(void **state)
{
    struct net_stage *s = *state;

    for (uint64_t i = 0; i < LIMIT_LOOKUPS + 5; i++)
        ask(s, i, SLICE("192.0.2.9"));
    assert_int_equal(s->resolver.count, LIMIT_LOOKUPS);
    net_stage_until(s, &s->resolved_count, 5);
    net_stage_until(s, &s->resolved_count, LIMIT_LOOKUPS + 5);
    assert_int_equal(s->resolver.count, 0);
    assert_int_equal(s->resolved_count, LIMIT_LOOKUPS + 5);
}

/* A name server of the test's own, which knows one service. */
static void
start_name_server(struct net_stage *s, struct name_server *server)
{
    static unsigned char data[512];
    static struct zone_record zone = { "_sip._tcp.example.org", ns_t_srv, { 0 } };

    zone.data = zone_srv(data, 0, 0, 5070, "localhost");
    memset(server, 0, sizeof *server);
    name_server_start(server, &zone, 1);
    s->resolver.name_server = &server->address;
}

/* RFC 3263 4.1: neither NAPTR nor UDP, but TCP is there. */
static void
a_service_is_found_where_its_domain_says(void **state)
{
    struct net_stage *s = *state;
    struct name_server server;

    start_name_server(s, &server);
    ask(s, 7, SLICE("example.org"));
    net_stage_until(s, &s->resolved_count, 1);
    assert_int_equal(s->ticket, 7);
    assert_true(s->hop_count > 0);
    assert_int_equal(s->hops[0].protocol, PROTOCOL_TCP);
    assert_true(address_is_loopback(&s->hops[0].address));
    assert_int_equal(s->hops[0].address.port, 5070);
    name_server_stop(&server);
}

static void
nothing(uv_work_t *work)
{
    (void)work;
}

static void
count_work(uv_work_t *work, int status)
{
    assert_int_equal(status, 0);
    ++*(size_t *)work->data;
}

/* A commit is work of the same pool. */
static void
a_name_server_that_hangs_holds_up_no_other_work(void **state)
{
    struct net_stage *s = *state;
    struct name_server server;
    size_t done = 0;
    uv_work_t work[2] = { { .data = &done }, { .data = &done } };

    start_name_server(s, &server);
    server.is_held = true;
    for (uint64_t i = 0; i < 10; i++)
        ask(s, i, SLICE("example.org"));
    assert_int_equal(s->resolver.running_count, RESOLVER_THREADS);
    assert_int_equal(s->resolver.count, 10);
    for (size_t i = 0; i < 2; i++)
        uv_queue_work(&s->loop.uv, &work[i], nothing, count_work);
    net_stage_until(s, &done, 2);
    assert_int_equal(s->resolved_count, 0);

    server.is_held = false;
    net_stage_until(s, &s->resolved_count, 10);
    name_server_stop(&server);
}

/* RESOLVER_PATIENCE_MS: two have hung, and whoever waited behind them has given up. */
static void
who_has_waited_too_long_is_answered_without_a_lookup(void **state)
{
    struct net_stage *s = *state;
    struct name_server server;

    start_name_server(s, &server);
    server.is_held = true;
    s->resolver.patience_ms = 0;
    for (uint64_t i = 0; i < 10; i++)
        ask(s, i, SLICE("example.org"));
    uv_sleep(10);
    server.is_held = false;
    net_stage_until(s, &s->resolved_count, 10);
    assert_int_equal(s->resolver.count, 0);
    assert_true(server.asked <= RESOLVER_THREADS * 3); /* NAPTR, and SRV of both */
    name_server_stop(&server);
}

/* What is out comes back to nobody. */
static void
lookups_that_wait_end_with_the_resolver(void **state)
{
    struct net_stage *s = *state;
    struct name_server server;

    start_name_server(s, &server);
    server.is_held = true;
    for (uint64_t i = 0; i < 10; i++)
        ask(s, i, SLICE("example.org"));
    resolver_close(&s->resolver);
    server.is_held = false;
    while (s->resolver.running_count > 0)
        uv_run(&s->loop.uv, UV_RUN_ONCE);
    assert_int_equal(s->resolved_count, 0);
    name_server_stop(&server);
}

/* The teardown closes the loop, and asserts that nothing is left. */
static void
lookups_that_have_not_begun_are_cancelled(void **state)
{
    struct net_stage *s = *state;

    for (uint64_t i = 0; i < 100; i++)
        ask(s, i, SLICE("192.0.2.9"));
    ask(s, 100, SLICE(""));
    resolver_close(&s->resolver);
    net_stage_turn(s);
    assert_int_equal(s->resolved_count, 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_name_is_answered_with_its_ticket),
        TEST(an_address_in_numbers_comes_back_once),
        TEST(what_is_no_name_has_no_address),
        TEST(lookups_past_the_limit_have_no_address),
        TEST(a_service_is_found_where_its_domain_says),
        TEST(a_name_server_that_hangs_holds_up_no_other_work),
        TEST(who_has_waited_too_long_is_answered_without_a_lookup),
        TEST(lookups_that_wait_end_with_the_resolver),
        TEST(lookups_that_have_not_begun_are_cancelled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
