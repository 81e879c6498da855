#include "tests/net_stage.h"

#include "src/net/sockaddr.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    MAX_OPEN = 8,
    NEARLY_MOST = LIMIT_CONNECTION_OUT_MOST - 65536,
};

static int
setup(void **state)
{
    *state = net_stage_new(MAX_OPEN);
    return 0;
}

static int
teardown(void **state)
{
    net_stage_free(*state);
    return 0;
}

#define REQUEST                                      \
    "MESSAGE sip:bob@example.org SIP/2.0\r\n"        \
    "Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1\r\n" \
    "Content-Length: 5\r\n"                          \
    "\r\n"                                           \
    "hello"

/* A message of exactly so many octets. */
static struct slice
message_of(size_t size, char *out)
{
    char head[64];
    size_t body = size, len;

    do
        len = (size_t)snprintf(head, sizeof head,
                               "MESSAGE sip:b@c SIP/2.0\r\nContent-Length: %zu\r\n\r\n",
                               body);
    while (len + body-- > size);
    memset(out, 'b', size);
    memcpy(out, head, len);
    return slice_of(out, size);
}

static int
connected_peer(struct net_stage *s, uint16_t port)
{
    uint32_t before = s->connections.open;
    int fd = peer_tcp("127.0.0.1", port);

    for (int i = 0; i < 100 && s->connections.open == before; i++)
        net_stage_turn(s);
    return fd;
}

static void
expect_echo(struct net_stage *s, int fd, struct slice expected)
{
    char *back = malloc(expected.len + 1);
    size_t len = 0;

    for (int i = 0; i < 1000 && len < expected.len; i++) {
        net_stage_turn(s);
        len += peer_read(fd, back + len, expected.len + 1 - len);
    }
    assert_int_equal(len, expected.len);
    assert_memory_equal(back, expected.at, expected.len);
    free(back);
}

/* RFC 3261 18.3: the stream may be cut anywhere. */
static void
a_message_cut_at_every_octet_is_one_message(void **state)
{
    struct net_stage *s = *state;
    struct slice request = SLICE(REQUEST);
    int fd = connected_peer(s, net_stage_listen_tcp(s, "127.0.0.1"));

    for (size_t cut = 1; cut < request.len; cut++) {
        peer_write(fd, slice_head(request, cut));
        net_stage_turn(s);
        assert_int_equal(s->frames[FRAME_MESSAGE], cut - 1);
        peer_write(fd, slice_skip(request, cut));
        net_stage_until(s, &s->frames[FRAME_MESSAGE], cut);
        assert_int_equal(s->len, request.len);
        expect_echo(s, fd, request);
    }
    assert_int_equal(s->frames[FRAME_BAD], 0);
    close(fd);
}

static void
a_message_sent_octet_by_octet_is_one_message(void **state)
{
    struct net_stage *s = *state;
    struct slice request = SLICE(REQUEST);
    int fd = connected_peer(s, net_stage_listen_tcp(s, "127.0.0.1"));

    for (size_t i = 0; i < request.len; i++) {
        peer_write(fd, slice_of(request.at + i, 1));
        net_stage_turn(s);
    }
    net_stage_until(s, &s->frames[FRAME_MESSAGE], 1);
    expect_echo(s, fd, request);
    close(fd);
}

static void
pipelined_messages_are_taken_one_by_one(void **state)
{
    enum { COUNT = 500 };
    struct net_stage *s = *state;
    struct slice request = SLICE(REQUEST);
    char *all = malloc(COUNT * request.len);
    int fd = connected_peer(s, net_stage_listen_tcp(s, "127.0.0.1"));

    for (size_t i = 0; i < COUNT; i++)
        memcpy(all + i * request.len, request.at, request.len);
    peer_write(fd, slice_of(all, COUNT * request.len));
    net_stage_until(s, &s->frames[FRAME_MESSAGE], COUNT);
    expect_echo(s, fd, slice_of(all, COUNT * request.len));
    free(all);
    close(fd);
}

static void
large_messages_in_large_pieces_are_framed(void **state)
{
    struct net_stage *s = *state;
    char *text = malloc(65535);
    struct slice request = message_of(65535, text);
    int fd = connected_peer(s, net_stage_listen_tcp(s, "127.0.0.1"));

    for (size_t count = 1; count <= 4; count++) {
        for (size_t at = 0; at < request.len; at += 5000) {
            peer_write(fd, slice_head(slice_skip(request, at), 5000));
            net_stage_turn(s);
        }
        net_stage_until(s, &s->frames[FRAME_MESSAGE], count);
        assert_int_equal(s->len, 65535);
        assert_memory_equal(s->bytes, text, 65535);
        expect_echo(s, fd, request);
    }
    free(text);
    close(fd);
}

static void
ipv6_streams_are_accepted(void **state)
{
    struct net_stage *s = *state;
    int fd = peer_tcp("::1", net_stage_listen_tcp(s, "::1"));

    peer_write(fd, SLICE(REQUEST));
    net_stage_until(s, &s->frames[FRAME_MESSAGE], 1);

    assert_false(address_is_ipv4(&s->flow.peer));
    assert_int_equal(s->flow.peer.port, sockaddr_port_of(fd));
    assert_int_equal(s->flow.connection, 1);
    close(fd);
}

/* RFC 5626 3.5.1: CRLF CRLF asks, and the owner is told; whose answer it is he decides. */
static void
a_ping_is_told(void **state)
{
    struct net_stage *s = *state;
    int fd = connected_peer(s, net_stage_listen_tcp(s, "127.0.0.1"));

    peer_write(fd, SLICE("\r\n\r\n"));
    net_stage_until(s, &s->frames[FRAME_PING], 1);
    close(fd);
}

/* RFC 3261 18.3: without its length nobody knows where the next message starts. What waits
 * goes out, and the peer sees an end, not a reset that would take the answer with it. */
static void
a_message_without_length_ends_the_stream_after_the_answer(void **state)
{
    struct net_stage *s = *state;
    char answer[64];
    int fd = connected_peer(s, net_stage_listen_tcp(s, "127.0.0.1"));

    peer_write(fd,
               SLICE("MESSAGE sip:bob@example.org SIP/2.0\r\nVia: x\r\n\r\nand more"));
    net_stage_until(s, &s->frames[FRAME_BAD], 1);
    peer_write(fd, SLICE("and still more"));
    net_stage_turn(s);
    assert_int_equal(s->frames[FRAME_BAD], 1);
    assert_int_equal(recv(fd, answer, sizeof answer, 0), 0);
    assert_false(connections_is_open(&s->connections, 1));
    close(fd);
    net_stage_until(s, &s->closed_count, 1);
    assert_int_equal(s->closed[0], 1);
}

static void
answer_and_close(void *self, const struct flow *flow, enum frame_kind kind,
                 struct slice bytes)
{
    struct net_stage *s = self;

    (void)bytes;
    s->frames[kind]++;
    connections_send(&s->connections, flow, &s->listener->at, SLICE("400 Bad"));
    connections_close(&s->connections, flow->connection);
    assert_false(connections_is_open(&s->connections, flow->connection));
    assert_int_equal(
        connections_send(&s->connections, flow, &s->listener->at, SLICE("too late")),
        SEND_FAILED);
}

static void
an_oversize_message_is_answered_before_the_end(void **state)
{
    struct net_stage *s = *state;
    char answer[64];
    int fd = connected_peer(s, net_stage_listen_tcp(s, "127.0.0.1"));

    s->events.frame = answer_and_close;
    peer_write(fd, SLICE("MESSAGE sip:b@c SIP/2.0\r\nContent-Length: 99999\r\n\r\n"));
    net_stage_until(s, &s->frames[FRAME_TOO_LONG], 1);
    peer_write(fd, SLICE("the body, which is thrown away"));
    net_stage_turn(s);
    assert_int_equal(recv(fd, answer, sizeof answer, 0), 7);
    assert_memory_equal(answer, "400 Bad", 7);
    assert_int_equal(recv(fd, answer, sizeof answer, 0), 0);
    assert_int_equal(s->frames[FRAME_TOO_LONG], 1);
    close(fd);
    net_stage_until(s, &s->closed_count, 1);
}

/* A header that never ends is told as soon as it is longer than any message may be. */
static void
a_header_without_end_is_too_long(void **state)
{
    struct net_stage *s = *state;
    char *text = malloc(80000);
    int fd = connected_peer(s, net_stage_listen_tcp(s, "127.0.0.1"));

    memset(text, 'h', 80000);
    peer_write(fd, slice_of(text, 80000));
    for (int i = 0; i < 100 && s->connections.open == 1; i++)
        net_stage_turn(s);
    assert_int_equal(s->frames[FRAME_TOO_LONG] + s->frames[FRAME_BAD], 1);
    assert_false(connections_is_open(&s->connections, 1));
    free(text);
    close(fd);
}

/* A peer that closes before it has the answer, as `nc` does, still gets it. */
static void
a_half_closed_stream_still_gets_its_answer(void **state)
{
    struct net_stage *s = *state;
    int fd = connected_peer(s, net_stage_listen_tcp(s, "127.0.0.1"));

    s->echoes = false;
    peer_write(fd, SLICE(REQUEST));
    shutdown(fd, SHUT_WR);
    net_stage_until(s, &s->frames[FRAME_MESSAGE], 1);
    assert_int_equal(s->closed_count, 0);
    assert_int_equal(
        connections_send(&s->connections, &s->flow, &s->listener->at, SLICE(REQUEST)),
        SEND_OK);
    expect_echo(s, fd, SLICE(REQUEST));
    net_stage_skip(s, CONNECTION_CLOSING_MS);
    assert_int_equal(s->closed_count, 1);
    close(fd);
}

static void
a_half_closed_stream_with_a_binding_is_gone_at_once(void **state)
{
    struct net_stage *s = *state;
    int fd = connected_peer(s, net_stage_listen_tcp(s, "127.0.0.1"));

    connections_keep(&s->connections, 1, true);
    shutdown(fd, SHUT_WR);
    net_stage_until(s, &s->closed_count, 1);
    close(fd);
}

static size_t
queued(const struct net_stage *s, uint64_t connection)
{
    const struct connection *c = connections_find(&s->connections, connection);

    return c->out.len + c->flight.len;
}

/* S7: the queue of one peer that does not read is bounded. */
static void
a_peer_that_does_not_read_is_closed_at_the_bound(void **state)
{
    struct net_stage *s = *state;
    char *piece = calloc(1, 60000);
    struct flow flow = { .protocol = PROTOCOL_TCP, .connection = 1 };
    size_t sent = 0, most = 0;
    int fd = connected_peer(s, net_stage_listen_tcp(s, "127.0.0.1"));

    while (connections_send(&s->connections, &flow, &s->listener->at,
                            slice_of(piece, 60000)) == SEND_OK) {
        sent += 60000;
        most = queued(s, 1) > most ? queued(s, 1) : most;
        assert_true(sent < 64u * 1024 * 1024);
        if (sent % 600000 == 0)
            net_stage_turn(s);
    }
    assert_in_range(most, LIMIT_CONNECTION_OUT_MOST - 60000 + 1,
                    LIMIT_CONNECTION_OUT_MOST);
    assert_int_equal(s->closed_count, 0); /* never from within a call */
    net_stage_until(s, &s->closed_count, 1);
    assert_int_equal(
        connections_send(&s->connections, &flow, &s->listener->at, SLICE("x")),
        SEND_FAILED);
    free(piece);
    close(fd);
}

/* What the kernel does not take at once leaves when the peer reads. */
static void
a_slow_peer_gets_everything_in_order(void **state)
{
    enum { PIECES = 180, BYTES = 5000 };
    struct net_stage *s = *state;
    char piece[BYTES], *back = malloc(PIECES * BYTES + 1);
    struct flow flow = { .protocol = PROTOCOL_TCP, .connection = 1 };
    const int little = 65536;
    size_t len = 0;
    int fd = connected_peer(s, net_stage_listen_tcp(s, "127.0.0.1"));
    uv_os_fd_t ours;

    uv_fileno((uv_handle_t *)&connections_find(&s->connections, 1)->tcp, &ours);
    setsockopt(ours, SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
    for (int i = 0; i < PIECES; i++) {
        memset(piece, i, sizeof piece);
        assert_int_equal(connections_send(&s->connections, &flow, &s->listener->at,
                                          slice_of(piece, sizeof piece)),
                         SEND_OK);
    }
    for (int i = 0; i < 20000 && len < PIECES * BYTES; i++) {
        net_stage_turn(s);
        len += peer_read(fd, back + len, PIECES * BYTES + 1 - len);
    }
    assert_int_equal(len, PIECES * BYTES);
    for (size_t i = 0; i < len; i++)
        assert_int_equal((unsigned char)back[i], (unsigned char)(i / BYTES));
    assert_true(connections_are_flushed(&s->connections));
    free(back);
    close(fd);
}

/* Sent with little room in the kernel until one is refused, or so much was taken: how much. */
static size_t
send_to_who_does_not_read(struct net_stage *s, uint64_t connection, size_t most)
{
    static char answer[400];
    struct flow flow = { .protocol = PROTOCOL_TCP, .connection = connection };
    const int little = 65536;
    size_t sent = 0;
    uv_os_fd_t ours;

    uv_fileno((uv_handle_t *)&connections_find(&s->connections, connection)->tcp, &ours);
    setsockopt(ours, SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
    while (sent < most && connections_send(&s->connections, &flow, &s->listener->at,
                                           slice_of(answer, sizeof answer)) == SEND_OK)
        sent += sizeof answer;
    return sent;
}

/* Who takes a little now and then is not idle, however much waits for him. */
static void
a_slow_reader_of_much_is_not_idle(void **state)
{
    enum { MUCH = 4 << 20, LITTLE = MUCH / 8 };
    struct net_stage *s = *state;
    const int little = 65536;
    char *back = malloc(LITTLE);
    size_t parts = 0, before;
    int fd = connected_peer(s, net_stage_listen_tcp(s, "127.0.0.1"));

    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    assert_in_range(send_to_who_does_not_read(s, 1, MUCH), MUCH, MUCH + 400);
    net_stage_turn(s);
    for (; queued(s, 1) > LITTLE; parts++) {
        connections_find(&s->connections, 1)->used_ms -= 119000; /* it was long ago */
        before = queued(s, 1);
        for (size_t len = 0; len < LITTLE; net_stage_turn(s))
            len += peer_read(fd, back, LITTLE - len);
        for (int i = 0; i < 10000 && queued(s, 1) == before; i++)
            net_stage_turn(s);
        net_stage_skip(s, 2000);
        assert_int_equal(s->closed_count, 0);
    }
    assert_true(parts > 1);
    free(back);
    close(fd);
}

/* A proxy in front has one connection, and whatever is stored of it in one commit is answered
 * at once. */
static void
the_answers_of_two_full_commits_do_not_end_a_stream(void **state)
{
    enum { ANSWERS = 2 * 4096 * 400 };
    struct net_stage *s = *state;
    char *back = malloc(ANSWERS);
    size_t len = 0;
    int fd = connected_peer(s, net_stage_listen_tcp(s, "127.0.0.1"));

    assert_int_equal(send_to_who_does_not_read(s, 1, ANSWERS), ANSWERS);
    for (int i = 0; i < 100000 && len < ANSWERS; i++) {
        net_stage_turn(s);
        len += peer_read(fd, back + len, ANSWERS - len);
    }
    assert_int_equal(len, ANSWERS);
    assert_int_equal(s->closed_count, 0);
    assert_int_equal(s->connections.over_bytes, 0);
    free(back);
    close(fd);
}

/* Until the kernel takes no more of it for a while: an acknowledgement may be late by 40 ms. */
static void
settle(struct net_stage *s, uint64_t connection)
{
    size_t before = SIZE_MAX;

    for (int same = 0; same < 60; usleep(1000)) {
        net_stage_turn(s);
        same = queued(s, connection) == before ? same + 1 : 0;
        before = queued(s, connection);
    }
}

/* Sent until so much is queued, and stays there. False: it was refused. */
static bool
queue_up(struct net_stage *s, uint64_t connection, size_t bytes)
{
    size_t before;

    while ((before = queued(s, connection)) < bytes) {
        if (send_to_who_does_not_read(s, connection, bytes - before) < bytes - before)
            return false;
        settle(s, connection);
    }
    return true;
}

/* A peer of whom the kernel keeps little until it reads. */
static int
connected_peer_with_little_room(struct net_stage *s, uint16_t port)
{
    const int little = 65536;
    int fd = connected_peer(s, port);

    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    return fd;
}

/* Streams 1 to `count`, which do not read: each has almost all that one may have. */
static void
fill_queues(struct net_stage *s, uint16_t port, size_t count, int *fds)
{
    for (size_t i = 0; i < count; i++) {
        fds[i] = connected_peer_with_little_room(s, port);
        assert_true(queue_up(s, i + 1, NEARLY_MOST));
    }
    assert_int_equal(s->closed_count, 0);
}

static void
close_all(const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
}

/* Those who do not read cannot have the room of those who do. */
static void
a_stream_that_is_read_outlives_those_that_are_not(void **state)
{
    enum { HOLDERS = 4, BURST = 6 << 20 };
    struct net_stage *s = *state;
    uint16_t port = net_stage_listen_tcp(s, "127.0.0.1");
    char *back = malloc(BURST);
    size_t sent = 0, len = 0;
    int fds[HOLDERS + 1];

    fill_queues(s, port, HOLDERS, fds);
    fds[HOLDERS] = connected_peer(s, port);
    sent = send_to_who_does_not_read(s, HOLDERS + 1, BURST - 400);
    for (int i = 0; i < 100000 && len < sent; i++) {
        net_stage_turn(s);
        len += peer_read(fds[HOLDERS], back, BURST);
    }
    free(back);
    assert_true(sent >= BURST - 400);
    assert_int_equal(len, sent);
    assert_int_equal(s->closed_count, 1);
    assert_true(s->closed[0] <= HOLDERS);
    close_all(fds, HOLDERS + 1);
}

/* The oldest queue is not the first to go while its peer takes some of it. */
static void
progress_counts_and_not_when_the_queue_began(void **state)
{
    enum { HOLDERS = 5, LITTLE = 1 << 20 };
    struct net_stage *s = *state;
    uint16_t port = net_stage_listen_tcp(s, "127.0.0.1");
    char *back = malloc(LITTLE);
    size_t before;
    int fds[HOLDERS];

    fill_queues(s, port, HOLDERS - 1, fds);
    before = queued(s, 1);
    for (int i = 0; i < 10000 && queued(s, 1) + LITTLE / 2 > before; i++) {
        peer_read(fds[0], back, LITTLE / 8);
        net_stage_turn(s);
    }
    free(back);
    fds[HOLDERS - 1] = connected_peer_with_little_room(s, port);
    assert_true(queue_up(s, HOLDERS, NEARLY_MOST));
    net_stage_until(s, &s->closed_count, 1);
    assert_int_equal(s->closed_count, 1);
    assert_int_not_equal(s->closed[0], 1);
    close_all(fds, HOLDERS);
}

/* And if that is the one that more is to go to, it is that one. */
static void
the_stream_longest_without_progress_ends_itself_too(void **state)
{
    enum { HOLDERS = 5, LESS = 3 << 20 };
    struct net_stage *s = *state;
    uint16_t port = net_stage_listen_tcp(s, "127.0.0.1");
    int fds[HOLDERS];

    fds[0] = connected_peer_with_little_room(s, port);
    assert_true(queue_up(s, 1, LESS));
    for (size_t i = 1; i < HOLDERS; i++) {
        fds[i] = connected_peer_with_little_room(s, port);
        assert_true(queue_up(s, i + 1, i == 1 ? LESS : NEARLY_MOST));
    }
    assert_int_equal(s->closed_count, 0);
    assert_true(send_to_who_does_not_read(s, 1, 2 * LESS - 400) < LESS);
    net_stage_until(s, &s->closed_count, 1);
    assert_int_equal(s->closed[0], 1);
    close_all(fds, HOLDERS);
    net_stage_until(s, &s->closed_count, HOLDERS);
    assert_int_equal(s->connections.over_bytes, 0);
}

/* However many there are who do not read: those with no more than their part stay. */
static void
all_queues_together_are_bounded_and_each_has_its_own_part(void **state)
{
    enum { SMALL = 2, LARGE = MAX_OPEN - SMALL };
    struct net_stage *s = *state;
    uint16_t port = net_stage_listen_tcp(s, "127.0.0.1");
    int fds[MAX_OPEN];

    for (uint64_t i = 0; i < MAX_OPEN; i++) {
        fds[i] = connected_peer_with_little_room(s, port);
        assert_true(queue_up(s, i + 1,
                             i < SMALL ? LIMIT_CONNECTION_OUT_BYTES - 400 : NEARLY_MOST));
        assert_in_range(s->connections.over_bytes, 0, LIMIT_OUT_BYTES);
    }
    net_stage_until(s, &s->closed_count, LARGE - 4);
    for (uint64_t i = 0; i < SMALL; i++) {
        assert_true(connections_is_open(&s->connections, i + 1));
        assert_in_range(queued(s, i + 1), LIMIT_CONNECTION_OUT_BYTES - 400,
                        LIMIT_CONNECTION_OUT_BYTES);
    }
    close_all(fds, MAX_OPEN);
    net_stage_until(s, &s->closed_count, MAX_OPEN);
    assert_int_equal(s->connections.over_bytes, 0);
}

/* Commits, timers and other streams wait for the turn to end, and libuv would go on reading for
 * two megabytes. Two turns are made, of which each may read twice. */
static void
a_stream_that_brings_much_does_not_keep_the_turn(void **state)
{
    enum { MANY = 8000 };
    struct net_stage *s = *state;
    struct slice request = SLICE(REQUEST);
    size_t at_most = 2 * 2 * CONNECTION_READ_BYTES / request.len + 1, before, turns = 0;
    int fd = connected_peer(s, net_stage_listen_tcp(s, "127.0.0.1"));

    for (int i = 0; i < MANY; i++)
        peer_write(fd, request);
    do {
        before = s->frames[FRAME_MESSAGE];
        net_stage_turn(s);
        assert_true(s->frames[FRAME_MESSAGE] - before <= at_most);
    } while (s->frames[FRAME_MESSAGE] < MANY && ++turns < 10000);
    assert_int_equal(s->frames[FRAME_MESSAGE], MANY);
    assert_true(MANY > 2 * at_most);
    assert_int_equal(s->closed_count, 0);
    close(fd);
}

static void
count_frame(void *self, const struct flow *flow, enum frame_kind kind, struct slice bytes)
{
    struct net_stage *s = self;

    assert_int_equal(kind, FRAME_MESSAGE);
    s->received_bytes += bytes.len;
    s->read_of[flow->connection % STAGE_CLOSED] += bytes.len;
}

static void
bring_much(int fd, size_t bytes)
{
    struct slice request = SLICE(REQUEST);

    for (size_t sent = 0; sent < bytes; sent += request.len)
        peer_write(fd, request);
}

/* However many there are that bring much, the turn ends before a batch of the journal is full
 * with what they bring, and the next turn reads those that were cut off. */
static void
many_streams_that_bring_much_share_the_turn(void **state)
{
    enum { EACH = 900000, ALL = MAX_OPEN * EACH, PATIENCE = 4 };
    struct net_stage *s = *state;
    uint16_t port = net_stage_listen_tcp(s, "127.0.0.1");
    size_t before, of_before[STAGE_CLOSED], turns = 0;
    int fds[MAX_OPEN];

    s->events.frame = count_frame;
    for (int i = 0; i < MAX_OPEN; i++)
        fds[i] = connected_peer(s, port);
    for (int i = 0; i < MAX_OPEN; i++)
        bring_much(fds[i], EACH);
    for (; s->received_bytes < ALL && turns < 10000; turns++) {
        before = s->received_bytes;
        if (turns % PATIENCE == 0)
            memcpy(of_before, s->read_of, sizeof of_before);
        uv_run(&s->loop.uv, UV_RUN_NOWAIT);
        assert_in_range(s->received_bytes - before, 0,
                        CONNECTION_TURN_BYTES + CONNECTION_READ_BYTES +
                            MAX_OPEN * sizeof REQUEST);
        for (int i = 1; i <= MAX_OPEN && turns % PATIENCE == PATIENCE - 1; i++)
            assert_true(s->read_of[i] >= EACH || s->read_of[i] > of_before[i]);
    }
    assert_true(s->received_bytes >= ALL);
    assert_int_equal(s->closed_count, 0);
    close_all(fds, MAX_OPEN);
}

/* Nor do those cut anyone off for long who are new in every turn. */
static void
newcomers_do_not_keep_others_from_being_read(void **state)
{
    enum { NEW = 6, TURNS = 40, FIRST = 1200000 };
    struct net_stage *s = *state;
    uint16_t port = net_stage_listen_tcp(s, "127.0.0.1");
    int first = connected_peer(s, port), fds[NEW * TURNS];

    s->events.frame = count_frame;
    s->connections.options.max_open = 1 + NEW * TURNS;
    bring_much(first, FIRST);
    for (int i = 0; i < NEW * TURNS; i++) {
        fds[i] = peer_tcp("127.0.0.1", port);
        bring_much(fds[i], CONNECTION_READS * CONNECTION_READ_BYTES);
        if (i % NEW == NEW - 1)
            uv_run(&s->loop.uv, UV_RUN_NOWAIT);
    }
    assert_in_range(s->read_of[1], FIRST / 5 * 3, SIZE_MAX);
    close_all(fds, NEW * TURNS);
    close(first);
}

/* core.tcp_connection_lifetime: idle, and without a binding. */
static void
an_idle_stream_is_closed_unless_it_has_a_binding(void **state)
{
    struct net_stage *s = *state;
    uint16_t port = net_stage_listen_tcp(s, "127.0.0.1");
    int idle = connected_peer(s, port), bound = connected_peer(s, port);

    connections_keep(&s->connections, 2, true);
    net_stage_skip(s, 119900);
    assert_int_equal(s->closed_count, 0);
    net_stage_skip(s, 120100);
    assert_int_equal(s->closed_count, 1);
    assert_int_equal(s->closed[0], 1);
    assert_true(peer_is_ended(idle));
    assert_true(connections_is_open(&s->connections, 2));

    connections_keep(&s->connections, 2, false);
    net_stage_skip(s, 120100);
    assert_int_equal(s->closed_count, 2);
    close(idle);
    close(bound);
}

/* S7, slowloris: ten seconds for a message, however it trickles in, and whoever sends it. */
static void
a_message_that_is_never_finished_is_cut_off(void **state)
{
    struct net_stage *s = *state;
    int fd = connected_peer(s, net_stage_listen_tcp(s, "127.0.0.1"));

    connections_keep(&s->connections, 1, true);
    peer_write(fd, SLICE("MESSAGE"));
    net_stage_turn(s);
    assert_true(connections_deadline(&s->connections) <=
                loop_now(&s->loop).ms + CONNECTION_BEGUN_MS);
    net_stage_skip(s, CONNECTION_BEGUN_MS - 100);
    assert_int_equal(s->closed_count, 0);

    connections_find(&s->connections, 1)->wait_ms -= 9000; /* it began long ago */
    peer_write(fd, SLICE(" sip:"));
    net_stage_turn(s);
    net_stage_skip(s, CONNECTION_BEGUN_MS - 9000);
    assert_int_equal(s->closed_count, 1);
    close(fd);
}

/* A finished message ends the wait, and half a ping does not begin one. */
static void
a_finished_message_may_be_followed_by_silence(void **state)
{
    struct net_stage *s = *state;
    int fd = connected_peer(s, net_stage_listen_tcp(s, "127.0.0.1"));

    peer_write(fd, SLICE("MESS"));
    net_stage_turn(s);
    peer_write(fd, slice_skip(SLICE(REQUEST), 4));
    net_stage_until(s, &s->frames[FRAME_MESSAGE], 1);
    peer_write(fd, SLICE("\r\n"));
    net_stage_turn(s);
    net_stage_skip(s, CONNECTION_BEGUN_MS + 1000);
    assert_int_equal(s->closed_count, 0);
    close(fd);
}

/* core.tcp_max_connections: the one that was used longest ago gives way. */
static void
at_the_limit_the_least_recently_used_gives_way(void **state)
{
    struct net_stage *s = *state;
    uint16_t port = net_stage_listen_tcp(s, "127.0.0.1");
    int fds[MAX_OPEN + 1];

    for (int i = 0; i < MAX_OPEN; i++)
        fds[i] = connected_peer(s, port);
    connections_keep(&s->connections, 1, true);
    peer_write(fds[1], SLICE(REQUEST));
    net_stage_until(s, &s->frames[FRAME_MESSAGE], 1);
    fds[MAX_OPEN] = peer_tcp("127.0.0.1", port);
    net_stage_until(s, &s->closed_count, 1);

    assert_int_equal(s->closed[0], 3); /* 1 has a binding, 2 was used */
    assert_true(peer_is_ended(fds[2]));
    assert_true(connections_is_open(&s->connections, MAX_OPEN + 1));
    for (int i = 0; i <= MAX_OPEN; i++)
        close(fds[i]);
}

static void
at_the_limit_of_bindings_the_newcomer_is_closed(void **state)
{
    struct net_stage *s = *state;
    uint16_t port = net_stage_listen_tcp(s, "127.0.0.1");
    int fds[MAX_OPEN + 1];

    for (uint64_t i = 0; i < MAX_OPEN; i++) {
        fds[i] = connected_peer(s, port);
        connections_keep(&s->connections, i + 1, true);
    }
    fds[MAX_OPEN] = peer_tcp("127.0.0.1", port);
    for (int i = 0; i < 100 && !peer_is_ended(fds[MAX_OPEN]); i++)
        net_stage_turn(s);

    assert_true(peer_is_ended(fds[MAX_OPEN]));
    assert_int_equal(s->closed_count, 0);
    assert_int_equal(s->connections.open, MAX_OPEN);
    for (int i = 0; i <= MAX_OPEN; i++)
        close(fds[i]);
}

/* Ids are never used twice, or an answer could go to a stranger. */
static void
ids_are_not_used_again(void **state)
{
    struct net_stage *s = *state;
    uint16_t port = net_stage_listen_tcp(s, "127.0.0.1");

    for (uint64_t i = 1; i <= 20; i++) {
        int fd = connected_peer(s, port);

        assert_true(connections_is_open(&s->connections, i));
        connections_keep(&s->connections, i, true);
        close(fd);
        net_stage_until(s, &s->closed_count, i);
        assert_false(connections_is_open(&s->connections, i));
    }
}

/* A peer of the test that listens. */
static int
listening_peer(uint16_t *port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct address at = address_of("127.0.0.1", 0);
    union sockaddr_any any;
    socklen_t len = sockaddr_write(&at, &any);

    assert_int_equal(bind(fd, &any.any, len), 0);
    assert_int_equal(listen(fd, 8), 0);
    *port = sockaddr_port_of(fd);
    return fd;
}

static int
accept_peer(struct net_stage *s, int listener)
{
    int fd = -1;

    for (int i = 0; i < 100 && fd < 0; i++) {
        net_stage_turn(s);
        fd = accept4(listener, NULL, NULL, 0);
    }
    return fd;
}

/* RFC 3261 18.1.1: requests to one peer share a connection; its answers come back on it. */
static void
requests_to_one_peer_share_a_connection(void **state)
{
    struct net_stage *s = *state;
    struct flow flow = { .protocol = PROTOCOL_TCP };
    uint16_t port;
    int listener = listening_peer(&port), fd;

    net_stage_listen_tcp(s, "127.0.0.1");
    flow.peer = address_of("127.0.0.1", port);
    assert_int_equal(
        connections_send(&s->connections, &flow, &s->listener->at, SLICE("one ")),
        SEND_OK);
    assert_int_equal(
        connections_send(&s->connections, &flow, &s->listener->at, SLICE("two ")),
        SEND_OK);
    fd = accept_peer(s, listener);
    expect_echo(s, fd, SLICE("one two "));
    connections_send(&s->connections, &flow, &s->listener->at, SLICE("three"));
    expect_echo(s, fd, SLICE("three"));
    assert_int_equal(accept4(listener, NULL, NULL, 0), -1);

    s->echoes = false;
    peer_write(fd, SLICE(REQUEST));
    net_stage_until(s, &s->frames[FRAME_MESSAGE], 1);
    assert_int_equal(s->flow.connection, 1);
    assert_true(address_equal(&s->flow.peer, &flow.peer));
    close(fd);
    net_stage_until(s, &s->closed_count, 1);
    assert_int_equal(s->failed_count, 0);
    close(listener);
}

/* RFC 3261 18.4: the sender's flow has no connection yet, and that is what he is told. */
static void
a_refused_connect_is_reported_with_the_senders_flow(void **state)
{
    struct net_stage *s = *state;
    struct flow flow = { .protocol = PROTOCOL_TCP };
    uint16_t port;
    int listener = listening_peer(&port);

    close(listener);
    net_stage_listen_tcp(s, "127.0.0.1");
    flow.peer = address_of("127.0.0.1", port);
    assert_int_equal(
        connections_send(&s->connections, &flow, &s->listener->at, SLICE("hello")),
        SEND_OK);
    assert_int_equal(s->failed_count, 0);
    net_stage_until(s, &s->failed_count, 1);

    assert_int_equal(s->failed.connection, 0);
    assert_int_equal(s->failed.protocol, PROTOCOL_TCP);
    assert_true(address_equal(&s->failed.peer, &flow.peer));
    assert_int_equal(s->closed_count, 0);
    assert_int_equal(s->connections.open, 0);
}

/* From 127.0.0.1 nothing leads out: told once, by the status alone. */
static void
a_connect_that_cannot_begin_fails_at_once(void **state)
{
    struct net_stage *s = *state;
    struct flow flow = { .protocol = PROTOCOL_TCP };

    net_stage_listen_tcp(s, "127.0.0.1");
    flow.peer = address_of("::1", 5060);
    assert_int_equal(
        connections_send(&s->connections, &flow, &s->listener->at, SLICE("hello")),
        SEND_FAILED);
    net_stage_turn(s);
    assert_int_equal(s->failed_count, 0);
}

/* A peer that does not answer at all: ten seconds, as long as a message may take. */
static void
a_connect_without_answer_is_given_up(void **state)
{
    struct net_stage *s = *state;
    struct flow flow = { .protocol = PROTOCOL_TCP };
    uint16_t port;
    int listener = listening_peer(&port), fillers[64];

    /* A full backlog drops what else wants to connect. */
    listen(listener, 0);
    for (int i = 0; i < 64; i++) {
        struct address to = address_of("127.0.0.1", port);
        union sockaddr_any any;
        socklen_t len = sockaddr_write(&to, &any);

        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(fillers[i], &any.any, len);
    }
    net_stage_listen_tcp(s, "127.0.0.1");
    flow.peer = address_of("127.0.0.1", port);
    assert_int_equal(
        connections_send(&s->connections, &flow, &s->listener->at, SLICE("hello")),
        SEND_OK);
    net_stage_turn(s);
    assert_int_equal(s->failed_count, 0);
    net_stage_skip(s, CONNECTION_BEGUN_MS);
    assert_int_equal(s->failed_count, 1);
    for (int i = 0; i < 64; i++)
        close(fillers[i]);
    close(listener);
}

/* A peer that resets the stream: what was sent there may be lost. */
static void
a_reset_of_our_connection_is_reported(void **state)
{
    struct net_stage *s = *state;
    struct flow flow = { .protocol = PROTOCOL_TCP };
    const struct linger now = { .l_onoff = 1, .l_linger = 0 };
    uint16_t port;
    int listener = listening_peer(&port), fd;

    net_stage_listen_tcp(s, "127.0.0.1");
    flow.peer = address_of("127.0.0.1", port);
    connections_send(&s->connections, &flow, &s->listener->at, SLICE("hello"));
    fd = accept_peer(s, listener);
    expect_echo(s, fd, SLICE("hello"));
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
    net_stage_until(s, &s->failed_count, 1);

    assert_int_equal(s->failed.connection, 0);
    assert_int_equal(s->closed_count, 1);
    close(listener);
}

/* Out of descriptors the newcomer is closed, the loop does not spin, and all goes on after. */
static void
without_descriptors_newcomers_are_closed(void **state)
{
    struct net_stage *s = *state;
    uint16_t port = net_stage_listen_tcp(s, "127.0.0.1");
    int first = connected_peer(s, port), fd;
    struct rlimit limit, low;
    int probe = dup(0);

    getrlimit(RLIMIT_NOFILE, &limit);
    fd = peer_tcp("127.0.0.1", port);
    low = limit;
    low.rlim_cur = (rlim_t)probe;
    close(probe);
    dup2(0, probe); /* keep the lowest free number taken */
    low.rlim_cur = (rlim_t)probe + 1;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    for (int i = 0; i < 100 && !peer_is_ended(fd); i++)
        net_stage_turn(s);
    setrlimit(RLIMIT_NOFILE, &limit);

    assert_true(peer_is_ended(fd));
    assert_int_equal(s->connections.open, 1);
    assert_true(s->listener->spare_fd >= 0);
    close(fd);
    close(probe);
    fd = connected_peer(s, port);
    assert_int_equal(s->connections.open, 2);
    peer_write(first, SLICE(REQUEST));
    net_stage_until(s, &s->frames[FRAME_MESSAGE], 1);
    close(fd);
    close(first);
}

static void
a_listener_without_a_spare_rests_and_comes_back(void **state)
{
    struct net_stage *s = *state;
    uint16_t port = net_stage_listen_tcp(s, "127.0.0.1");
    struct rlimit limit, low;
    int fd = peer_tcp("127.0.0.1", port);

    getrlimit(RLIMIT_NOFILE, &limit);
    close(s->listener->spare_fd);
    s->listener->spare_fd = -1;
    low = limit;
    low.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &low);
    net_stage_turn(s);
    setrlimit(RLIMIT_NOFILE, &limit);
    assert_int_not_equal(s->listener->rests_until_ms, 0);
    assert_int_equal(s->connections.open, 0);

    tcp_listener_wake(s->listener, s->listener->rests_until_ms);
    net_stage_turn(s);
    assert_int_equal(s->connections.open, 1);
    assert_true(s->listener->spare_fd >= 0);
    close(fd);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_message_cut_at_every_octet_is_one_message),
        TEST(a_message_sent_octet_by_octet_is_one_message),
        TEST(pipelined_messages_are_taken_one_by_one),
        TEST(large_messages_in_large_pieces_are_framed),
        TEST(ipv6_streams_are_accepted),
        TEST(a_ping_is_told),
        TEST(a_message_without_length_ends_the_stream_after_the_answer),
        TEST(an_oversize_message_is_answered_before_the_end),
        TEST(a_header_without_end_is_too_long),
        TEST(a_half_closed_stream_still_gets_its_answer),
        TEST(a_half_closed_stream_with_a_binding_is_gone_at_once),
        TEST(a_peer_that_does_not_read_is_closed_at_the_bound),
        TEST(a_slow_peer_gets_everything_in_order),
        TEST(a_slow_reader_of_much_is_not_idle),
        TEST(the_answers_of_two_full_commits_do_not_end_a_stream),
        TEST(a_stream_that_brings_much_does_not_keep_the_turn),
        TEST(a_stream_that_is_read_outlives_those_that_are_not),
        TEST(progress_counts_and_not_when_the_queue_began),
        TEST(the_stream_longest_without_progress_ends_itself_too),
        TEST(all_queues_together_are_bounded_and_each_has_its_own_part),
        TEST(many_streams_that_bring_much_share_the_turn),
        TEST(newcomers_do_not_keep_others_from_being_read),
        TEST(an_idle_stream_is_closed_unless_it_has_a_binding),
        TEST(a_message_that_is_never_finished_is_cut_off),
        TEST(a_finished_message_may_be_followed_by_silence),
        TEST(at_the_limit_the_least_recently_used_gives_way),
        TEST(at_the_limit_of_bindings_the_newcomer_is_closed),
        TEST(ids_are_not_used_again),
        TEST(requests_to_one_peer_share_a_connection),
        TEST(a_refused_connect_is_reported_with_the_senders_flow),
        TEST(a_connect_that_cannot_begin_fails_at_once),
        TEST(a_connect_without_answer_is_given_up),
        TEST(a_reset_of_our_connection_is_reported),
        TEST(without_descriptors_newcomers_are_closed),
        TEST(a_listener_without_a_spare_rests_and_comes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
