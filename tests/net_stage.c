#include "tests/net_stage.h"

#include "src/net/sockaddr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void
remember(struct net_stage *s, const struct flow *flow, struct slice bytes)
{
    s->flow = *flow;
    s->len = bytes.len;
    if (bytes.len > 0)
        memcpy(s->bytes, bytes.at, bytes.len);
}

static void
on_received(void *self, const struct flow *flow, struct slice bytes)
{
    struct net_stage *s = self;

    s->received++;
    s->received_bytes += bytes.len;
    remember(s, flow, bytes);
    if (s->echoes)
        udp_send(&s->udp, flow, bytes);
}

static void
on_frame(void *self, const struct flow *flow, enum frame_kind kind, struct slice bytes)
{
    struct net_stage *s = self;

    s->frames[kind]++;
    s->received_bytes += bytes.len;
    remember(s, flow, bytes);
    if (s->echoes && kind == FRAME_MESSAGE)
        connections_send(&s->connections, flow, &s->listener->at, bytes);
}

static void
on_closed(void *self, uint64_t connection)
{
    struct net_stage *s = self;

    s->closed[s->closed_count++ % STAGE_CLOSED] = connection;
}

static void
on_failed(void *self, const struct flow *flow)
{
    struct net_stage *s = self;

    s->failed = *flow;
    s->failed_count++;
}

static void
on_resolved(void *self, uint64_t ticket, const struct hop *hops, size_t count)
{
    struct net_stage *s = self;

    s->ticket = ticket;
    s->resolved_count++;
    s->hop_count = count;
    for (size_t i = 0; i < count; i++)
        s->hops[i] = hops[i];
}

static void
due(void *self)
{
    struct net_stage *s = self;
    uint64_t now_ms = loop_now(&s->loop).ms;

    connections_expire(&s->connections, now_ms);
    if (s->listener != NULL)
        tcp_listener_wake(s->listener, now_ms);
}

static void
end_turn(void *self)
{
    struct net_stage *s = self;

    connections_flush(&s->connections);
    udp_flush(&s->udp);
    udp_report(&s->udp);
    resolver_report(&s->resolver);
}

static uint64_t
deadline(void *self)
{
    struct net_stage *s = self;
    uint64_t wake_ms =
        s->listener == NULL ? UINT64_MAX : tcp_listener_deadline(s->listener);

    if (s->awaited != NULL && *s->awaited >= s->wanted)
        return 0; /* the end of the turn brought it: do not sleep on it */
    return wake_ms < s->give_up_ms ? wake_ms : s->give_up_ms;
}

struct net_stage *
net_stage_new(uint32_t max_open)
{
    struct net_stage *s = calloc(1, sizeof *s);
    const struct loop_work work = {
        .self = s, .due = due, .end_turn = end_turn, .deadline = deadline
    };
    const struct connections_options options = { .max_open = max_open,
                                                 .max_message_bytes = 65535,
                                                 .lifetime_ms = 120000 };

    assert_non_null(s);
    signal(SIGPIPE, SIG_IGN);
    s->events = (struct net_events){ s,         on_received, on_frame,
                                     on_closed, on_failed,   on_resolved };
    s->echoes = true;
    s->give_up_ms = UINT64_MAX;
    assert_int_equal(loop_init(&s->loop, &work), 0);
    assert_true(udp_init(&s->udp, &s->loop, &s->events));
    assert_true(connections_init(&s->connections, &s->loop, &s->events, &options));
    resolver_init(&s->resolver, &s->loop, &s->events, &options.key);
    return s;
}

void
net_stage_free(struct net_stage *s)
{
    if (s->listener != NULL)
        tcp_listener_close(s->listener);
    udp_close(&s->udp);
    connections_end_all(&s->connections);
    resolver_close(&s->resolver);
    assert_true(loop_close(&s->loop, STAGE_PATIENCE_MS));
    assert_int_equal(s->connections.alive, 0);
    assert_int_equal(s->connections.open, 0);
    udp_free(&s->udp);
    connections_free(&s->connections);
    free(s);
}

struct address
address_of(const char *host, uint16_t port)
{
    struct address out;

    assert_true(address_parse(slice_of(host, strlen(host)), port, &out));
    return out;
}

uint16_t
net_stage_listen_tcp(struct net_stage *s, const char *host)
{
    struct address at = address_of(host, 0);
    uint16_t port;

    assert_int_equal(tcp_listener_open(&s->connections, 0, &at, &s->listener, &port), 0);
    assert_int_not_equal(port, 0);
    return port;
}

uint16_t
net_stage_listen_udp(struct net_stage *s, uint16_t index, const char *host)
{
    struct address at = address_of(host, 0);
    uint16_t port;

    assert_int_equal(udp_open(&s->udp, index, &at, &port), 0);
    assert_int_not_equal(port, 0);
    return port;
}

void
net_stage_until(struct net_stage *s, const size_t *value, size_t wanted)
{
    uv_update_time(&s->loop.uv);
    s->give_up_ms = uv_now(&s->loop.uv) + STAGE_PATIENCE_MS;
    s->awaited = value;
    s->wanted = wanted;
    while (*value < wanted && uv_now(&s->loop.uv) < s->give_up_ms)
        uv_run(&s->loop.uv, UV_RUN_ONCE);
    s->give_up_ms = UINT64_MAX;
    s->awaited = NULL;
    assert_true(*value >= wanted);
    net_stage_turn(s);
}

/* The second one runs end_turn for what the first one's sockets brought. */
void
net_stage_turn(struct net_stage *s)
{
    uv_run(&s->loop.uv, UV_RUN_NOWAIT);
    uv_run(&s->loop.uv, UV_RUN_NOWAIT);
}

void
net_stage_skip(struct net_stage *s, uint64_t ms)
{
    connections_expire(&s->connections, loop_now(&s->loop).ms + ms);
    net_stage_turn(s);
}

int
peer_udp(const char *host)
{
    struct address at = address_of(host, 0);
    union sockaddr_any any;
    socklen_t len = sockaddr_write(&at, &any);
    int fd = socket(any.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    const int room = 4 * 1024 * 1024;

    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    assert_int_equal(bind(fd, &any.any, len), 0);
    return fd;
}

int
peer_tcp(const char *host, uint16_t port)
{
    struct address to = address_of(host, port);
    union sockaddr_any any;
    socklen_t len = sockaddr_write(&to, &any);
    int fd = socket(any.any.sa_family, SOCK_STREAM, 0);
    const int on = 1;

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, &any.any, len), 0);
    setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof on);
    return fd;
}

void
peer_write(int fd, struct slice bytes)
{
    while (bytes.len > 0) {
        ssize_t written = send(fd, bytes.at, bytes.len, MSG_NOSIGNAL);

        assert_true(written > 0);
        bytes = slice_skip(bytes, (size_t)written);
    }
}

size_t
peer_read(int fd, char *out, size_t room)
{
    size_t len = 0;
    ssize_t count;

    while (len < room && (count = recv(fd, out + len, room - len, MSG_DONTWAIT)) > 0)
        len += (size_t)count;
    return len;
}

bool
peer_is_ended(int fd)
{
    char rest[4096];
    ssize_t count;

    while ((count = recv(fd, rest, sizeof rest, MSG_DONTWAIT)) > 0)
        continue;
    return count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}
