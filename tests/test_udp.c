#include "tests/net_stage.h"

#include "src/net/sockaddr.h"
#include "src/net/trains.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static int
setup(void **state)
{
    *state = net_stage_new(8);
    return 0;
}

static int
teardown(void **state)
{
    net_stage_free(*state);
    return 0;
}

static void
peer_send_to(int fd, const char *host, uint16_t port, struct slice bytes)
{
    struct address to = address_of(host, port);
    union sockaddr_any any;
    socklen_t len = sockaddr_write(&to, &any);

    assert_int_equal(sendto(fd, bytes.at, bytes.len, 0, &any.any, len), bytes.len);
}

enum {
    BURST = 400,
    LONGEST = 600,
};

/* Most are of one length, some shorter, a few longer again. */
static size_t
burst_len(int i)
{
    return LONGEST - (i % 7 == 3 ? 1 : i % 50 == 0 ? 2 : 0);
}

/* Each datagram has its number in front, and must come back whole and in order. */
static void
burst_on(struct net_stage *s, const char *host, uint16_t port)
{
    int peer = peer_udp(host);
    char datagram[LONGEST], back[LONGEST + 1];

    memset(datagram, 'x', sizeof datagram);
    for (int i = 0; i < BURST; i++) {
        memcpy(datagram, &i, sizeof i);
        peer_send_to(peer, host, port, slice_of(datagram, burst_len(i)));
    }
    net_stage_until(s, &s->received, BURST);

    assert_int_equal(s->flow.protocol, PROTOCOL_UDP);
    assert_int_equal(s->flow.listener, 3);
    assert_int_equal(s->flow.peer.port, sockaddr_port_of(peer));
    for (int i = 0; i < BURST; i++) {
        memcpy(datagram, &i, sizeof i);
        assert_int_equal(recv(peer, back, sizeof back, 0), burst_len(i));
        assert_memory_equal(back, datagram, burst_len(i));
    }
    assert_true(udp_is_flushed(&s->udp));
    assert_int_equal(s->udp.dropped, 0);
    close(peer);
}

static void
burst(struct net_stage *s, const char *host)
{
    burst_on(s, host, net_stage_listen_udp(s, 3, host));
}

/* RFC 3261 18: a burst comes in and goes out in batches, in order. */
static void
a_burst_over_ipv4_comes_back_whole(void **state)
{
    burst(*state, "127.0.0.1");
}

static void
a_burst_over_ipv6_comes_back_whole(void **state)
{
    burst(*state, "::1");
}

/* Where nobody sums up, the kernel cuts nothing. */
static void
where_trains_are_refused_each_goes_alone(void **state)
{
    struct net_stage *s = *state;
    uint16_t port = net_stage_listen_udp(s, 3, "127.0.0.1");
    const int on = 1;

    assert_int_equal(
        setsockopt(s->udp.sockets[3]->fd, SOL_SOCKET, SO_NO_CHECK, &on, sizeof on), 0);
    burst_on(s, "127.0.0.1", port);
}

/* An older kernel would send all of a train as one datagram. */
static void
where_trains_are_not_known_each_goes_alone(void **state)
{
    struct net_stage *s = *state;
    uint16_t port = net_stage_listen_udp(s, 3, "127.0.0.1");

    assert_true(s->udp.sockets[3]->out.has_trains);
    s->udp.sockets[3]->out.has_trains = false;
    burst_on(s, "127.0.0.1", port);
}

/* RFC 3261 18.1.1: implementations must be able to handle messages up to the maximum
 * datagram packet size. */
static void
the_largest_datagram_is_echoed(void **state)
{
    struct net_stage *s = *state;
    uint16_t port = net_stage_listen_udp(s, 0, "127.0.0.1");
    int peer = peer_udp("127.0.0.1");
    char *large = malloc(65507);

    memset(large, 'l', 65507);
    peer_send_to(peer, "127.0.0.1", port, slice_of(large, 65507));
    net_stage_until(s, &s->received, 1);

    assert_int_equal(s->len, 65507);
    assert_int_equal(recv(peer, large, 65507, 0), 65507);
    free(large);
    close(peer);
}

/* Keep-alives without octets are datagrams too (RFC 5626 4.4 has nothing so short, phones do). */
static void
an_empty_datagram_is_delivered(void **state)
{
    struct net_stage *s = *state;
    uint16_t port = net_stage_listen_udp(s, 0, "127.0.0.1");
    int peer = peer_udp("127.0.0.1");

    peer_send_to(peer, "127.0.0.1", port, slice_of("", 0));
    net_stage_until(s, &s->received, 1);

    assert_int_equal(s->len, 0);
    close(peer);
}

/* The port of a peer that was there and is gone. */
static uint16_t
refusing_port(const char *host)
{
    int peer = peer_udp(host);
    uint16_t port = sockaddr_port_of(peer);

    close(peer);
    return port;
}

static void
refusal(struct net_stage *s, const char *host)
{
    struct flow flow = { .protocol = PROTOCOL_UDP, .listener = 2 };

    net_stage_listen_udp(s, 2, host);
    flow.peer = address_of(host, refusing_port(host));
    assert_int_equal(udp_send(&s->udp, &flow, SLICE("anybody?")), SEND_OK);
    assert_int_equal(s->failed_count, 0);
    net_stage_until(s, &s->failed_count, 1);

    assert_int_equal(s->failed.listener, 2);
    assert_true(address_equal(&s->failed.peer, &flow.peer));
}

/* RFC 3261 18.4: an ICMP port unreachable error is a transport error. */
static void
an_icmp_refusal_over_ipv4_names_the_peer(void **state)
{
    refusal(*state, "127.0.0.1");
}

static void
an_icmp_refusal_over_ipv6_names_the_peer(void **state)
{
    refusal(*state, "::1");
}

/* ICMP's error stays on the socket for the next call: it must not cost that one's datagram. */
static void
refusals_in_a_burst_lose_nothing_for_others(void **state)
{
    enum { COUNT = 300 };
    struct net_stage *s = *state;
    int peer = peer_udp("127.0.0.1");
    struct flow good = { .protocol = PROTOCOL_UDP }, bad = good;
    size_t got = 0;
    char c;

    net_stage_listen_udp(s, 0, "127.0.0.1");
    good.peer = address_of("127.0.0.1", sockaddr_port_of(peer));
    bad.peer = address_of("127.0.0.1", refusing_port("127.0.0.1"));
    for (int i = 0; i < COUNT; i++) {
        udp_send(&s->udp, &bad, SLICE("b"));
        udp_send(&s->udp, &good, SLICE("g"));
    }
    net_stage_until(s, &s->failed_count, 1);
    while (recv(peer, &c, 1, 0) == 1)
        got++;

    assert_int_equal(got, COUNT);
    assert_true(address_equal(&s->failed.peer, &bad.peer));
    close(peer);
}

/* After libuv has stopped the handle for an ICMP error, the socket still has to be read. */
static void
a_socket_reads_on_after_an_icmp_error(void **state)
{
    struct net_stage *s = *state;
    uint16_t port = net_stage_listen_udp(s, 0, "127.0.0.1");
    struct flow bad = { .protocol = PROTOCOL_UDP };
    int peer = peer_udp("127.0.0.1");

    bad.peer = address_of("127.0.0.1", refusing_port("127.0.0.1"));
    udp_send(&s->udp, &bad, SLICE("b"));
    net_stage_until(s, &s->failed_count, 1);
    peer_send_to(peer, "127.0.0.1", port, SLICE("still there?"));
    net_stage_until(s, &s->received, 1);

    assert_int_equal(recv(peer, s->bytes, sizeof s->bytes, 0), 12);
    close(peer);
}

/* Errors that the system call itself gives: from 127.0.0.1 nothing leads out. */
static void
a_peer_without_a_route_is_reported(void **state)
{
    struct net_stage *s = *state;
    struct flow flow = { .protocol = PROTOCOL_UDP };
    int peer = peer_udp("127.0.0.1");
    char c;

    net_stage_listen_udp(s, 0, "127.0.0.1");
    flow.peer = address_of("192.0.2.1", 5060);
    udp_send(&s->udp, &flow, SLICE("x"));
    flow.peer = address_of("127.0.0.1", sockaddr_port_of(peer));
    udp_send(&s->udp, &flow, SLICE("y"));
    net_stage_until(s, &s->failed_count, 1);

    assert_true(address_is_ipv4(&s->failed.peer));
    assert_int_equal(s->failed.peer.port, 5060);
    assert_int_equal(recv(peer, &c, 1, 0), 1);
    assert_int_equal(c, 'y');
    close(peer);
}

static void
a_peer_of_the_other_family_fails_at_once(void **state)
{
    struct net_stage *s = *state;
    struct flow flow = { .protocol = PROTOCOL_UDP };

    net_stage_listen_udp(s, 0, "127.0.0.1");
    flow.peer = address_of("::1", 5060);
    assert_int_equal(udp_send(&s->udp, &flow, SLICE("x")), SEND_FAILED);
    flow.listener = 9;
    assert_int_equal(udp_send(&s->udp, &flow, SLICE("x")), SEND_FAILED);
}

/* Two servers on one port would each lose half of the datagrams. */
static void
a_port_that_is_taken_is_refused(void **state)
{
    struct net_stage *s = *state;
    struct address at = address_of("127.0.0.1", net_stage_listen_udp(s, 0, "127.0.0.1"));
    uint16_t port;

    assert_int_equal(udp_open(&s->udp, 1, &at, &port), UV_EADDRINUSE);
}

/* Limits: what a socket does not take waits, in order, up to LIMIT_DATAGRAMS_OUT. */
static void
datagrams_wait_in_order_up_to_the_limit(void **state)
{
    struct datagrams queue;
    struct address to = address_of("127.0.0.1", 1), first;

    (void)state;
    datagrams_init(&queue);
    for (uint16_t i = 0; i < LIMIT_DATAGRAMS_OUT; i++) {
        to.port = i;
        assert_true(datagrams_add(&queue, &to, slice_of((const char *)&i, sizeof i)));
    }
    assert_false(datagrams_add(&queue, &to, SLICE("one more")));
    for (uint16_t i = 0; i < LIMIT_DATAGRAMS_OUT / 2; i++) {
        datagrams_drop(&queue, &first);
        assert_int_equal(first.port, i);
    }
    assert_true(datagrams_add(&queue, &to, SLICE("moved up")));
    datagrams_drop(&queue, &first);
    assert_int_equal(first.port, LIMIT_DATAGRAMS_OUT / 2);
    assert_memory_equal(queue.bytes + queue.items[queue.first].at,
                        &(uint16_t){ LIMIT_DATAGRAMS_OUT / 2 + 1 }, 2);
    datagrams_free(&queue);
}

/* The first one's octets are not the first octets then. */
static void
what_trains_have_put_in_order_moves_up_whole(void **state)
{
    enum { FIRST = LIMIT_DATAGRAMS_OUT / 2 };
    struct datagrams queue;
    struct address to = address_of("127.0.0.1", 1), first;
    struct train trains[DATAGRAMS_BATCH];

    (void)state;
    datagrams_init(&queue);
    for (uint16_t i = 0; i < LIMIT_DATAGRAMS_OUT; i++) {
        to.port = i % 2;
        assert_true(datagrams_add(&queue, &to, slice_of((const char *)&i, sizeof i)));
    }
    for (int i = 0; i < FIRST; i++)
        datagrams_drop(&queue, &first);
    assert_int_equal(trains_form(&queue.items[FIRST], DATAGRAMS_BATCH, trains), 2);
    datagrams_drop(&queue, &first);
    assert_true(datagrams_add(&queue, &to, SLICE("moved up")));

    for (uint16_t i = 1; i < DATAGRAMS_BATCH; i++) { /* 2, 4, ... 1, 3, ... */
        uint16_t half = DATAGRAMS_BATCH / 2;
        uint16_t number = (uint16_t)(FIRST + (i < half ? 2 * i : 2 * (i - half) + 1));

        assert_memory_equal(queue.bytes + queue.items[queue.first].at, &number, 2);
        datagrams_drop(&queue, &first);
    }
    datagrams_free(&queue);
}

static void
datagrams_wait_up_to_their_bytes(void **state)
{
    struct datagrams queue;
    struct address to = address_of("127.0.0.1", 1);
    char *large = calloc(1, 65507);
    size_t count = 0;

    (void)state;
    datagrams_init(&queue);
    while (datagrams_add(&queue, &to, slice_of(large, 65507)))
        count++;

    assert_int_equal(count, DATAGRAMS_BYTES / 65507);
    assert_int_equal(datagrams_count(&queue), count);
    datagrams_free(&queue);
    free(large);
}

/* Loopback takes any datagram at once. A seqpacket pair keeps boundaries too, ignores the
 * address of what is sent, and says EAGAIN while its peer does not read. */
static int
replace_by_a_slow_one(struct udp_socket *socket)
{
    const int little = 1;
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
    socket->out.has_trains = false;
    uv_poll_stop(&socket->poll);
    assert_int_equal(dup2(pair[0], socket->fd), socket->fd);
    close(pair[0]);
    return pair[1];
}

/* A full send buffer: what waits leaves in order once the socket is writable. */
static void
a_blocked_socket_goes_on_when_it_is_writable(void **state)
{
    enum { COUNT = 300 };
    struct net_stage *s = *state;
    struct flow flow = { .protocol = PROTOCOL_UDP };
    int peer, got = 0, number;

    net_stage_listen_udp(s, 0, "127.0.0.1");
    peer = replace_by_a_slow_one(s->udp.sockets[0]);
    flow.peer = address_of("127.0.0.1", 9);
    for (int i = 0; i < COUNT; i++)
        udp_send(&s->udp, &flow, slice_of((const char *)&i, sizeof i));
    assert_true(s->udp.sockets[0]->is_blocked);
    assert_false(udp_is_flushed(&s->udp));

    s->give_up_ms = loop_now(&s->loop).ms + STAGE_PATIENCE_MS;
    while (got < COUNT && loop_now(&s->loop).ms < s->give_up_ms) {
        while (recv(peer, &number, sizeof number, MSG_DONTWAIT) > 0)
            assert_int_equal(number, got++);
        if (got < COUNT)
            uv_run(&s->loop.uv, UV_RUN_ONCE);
    }
    assert_int_equal(got, COUNT);
    assert_true(udp_is_flushed(&s->udp));
    assert_false(s->udp.sockets[0]->is_blocked);
    assert_int_equal(s->udp.dropped, 0);
    close(peer);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_burst_over_ipv4_comes_back_whole),
        TEST(a_burst_over_ipv6_comes_back_whole),
        TEST(where_trains_are_refused_each_goes_alone),
        TEST(where_trains_are_not_known_each_goes_alone),
        TEST(the_largest_datagram_is_echoed),
        TEST(an_empty_datagram_is_delivered),
        TEST(an_icmp_refusal_over_ipv4_names_the_peer),
        TEST(an_icmp_refusal_over_ipv6_names_the_peer),
        TEST(refusals_in_a_burst_lose_nothing_for_others),
        TEST(a_socket_reads_on_after_an_icmp_error),
        TEST(a_peer_without_a_route_is_reported),
        TEST(a_peer_of_the_other_family_fails_at_once),
        TEST(a_port_that_is_taken_is_refused),
        TEST(datagrams_wait_in_order_up_to_the_limit),
        TEST(what_trains_have_put_in_order_moves_up_whole),
        TEST(datagrams_wait_up_to_their_bytes),
        TEST(a_blocked_socket_goes_on_when_it_is_writable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
