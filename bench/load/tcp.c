#include "bench/load/tcp.h"

#include "bench/load/clock.h"
#include "bench/load/memory.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    EVENTS = 64,
    RETRY_MS = 500,
};

static void
watch(struct tcp *t, struct connection *c, int operation)
{
    struct epoll_event event = { .events = EPOLLIN | (c->blocked ? EPOLLOUT : 0u),
                                 .data.ptr = c };

    epoll_ctl(t->epoll, operation, c->fd, &event);
}

static void
adopt(struct tcp *t, struct connection *c, int fd)
{
    connection_start(c, fd, t->room);
    watch(t, c, EPOLL_CTL_ADD);
}

/* What it had to send is lost with it. */
static void
drop(struct tcp *t, struct connection *c)
{
    connection_end(c);
    c->retry_ns = clock_ns() + RETRY_MS * NS_PER_MS;
    t->lost++;
}

/* The first time it waits for the server's word, so that one who is not there is told of. */
static bool
connect_lane(struct tcp *t, struct connection *c, int nonblocking)
{
    int fd = socket(t->server.ss_family, SOCK_STREAM | SOCK_CLOEXEC | nonblocking, 0);

    if (fd < 0)
        return false;
    c->blocked = nonblocking != 0;
    if (connect(fd, (struct sockaddr *)&t->server, t->server_len) != 0 &&
        errno != EINPROGRESS) {
        close(fd);
        c->retry_ns = clock_ns() + RETRY_MS * NS_PER_MS;
        return false;
    }
    memcpy(&c->peer, &t->server, sizeof c->peer);
    adopt(t, c, fd);
    return true;
}

static bool
start_listening(struct tcp *t, const struct sockaddr *local, socklen_t len)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
    int on = 1;

    t->listener = socket(local->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    setsockopt(t->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    return t->listener >= 0 && bind(t->listener, local, len) == 0 &&
           listen(t->listener, 512) == 0 &&
           epoll_ctl(t->epoll, EPOLL_CTL_ADD, t->listener, &event) == 0;
}

bool
tcp_open(struct tcp *t, const struct sockaddr *local, const struct sockaddr *server,
         socklen_t len, uint32_t lanes, size_t room)
{
    t->epoll = epoll_create1(EPOLL_CLOEXEC);
    t->listener = -1;
    t->room = room;
    t->lane_count = lanes;
    t->lanes = memory_take(lanes, sizeof *t->lanes);
    if (server != NULL)
        memcpy(&t->server, server, len);
    t->server_len = len;
    for (uint32_t i = 0; i < lanes; i++)
        t->lanes[i] = (struct connection){ .fd = -1, .lane = i, .is_lane = true };
    if (t->epoll < 0 || !start_listening(t, local, len))
        return false;
    for (uint32_t i = 0; i < lanes; i++)
        if (!connect_lane(t, &t->lanes[i], 0))
            return false;
    return true;
}

void
tcp_close(struct tcp *t)
{
    struct connection *c;

    for (uint32_t i = 0; i < t->lane_count; i++)
        connection_free(&t->lanes[i]);
    while ((c = t->accepted) != NULL) {
        t->accepted = c->next;
        connection_free(c);
        free(c);
    }
    free(t->lanes);
    if (t->listener >= 0)
        close(t->listener);
    if (t->epoll >= 0)
        close(t->epoll);
}

struct connection *
tcp_lane(struct tcp *t, uint32_t lane)
{
    struct connection *c = &t->lanes[lane];

    if (c->fd < 0 && clock_ns() >= c->retry_ns)
        connect_lane(t, c, SOCK_NONBLOCK);
    return c;
}

void
tcp_put(struct tcp *t, struct connection *c, size_t len)
{
    if (c->fd < 0)
        return;
    c->out_len += len;
    if (!c->dirty) {
        c->dirty = true;
        c->next_dirty = t->dirty;
        t->dirty = c;
    }
}

static void
flush_one(struct tcp *t, struct connection *c)
{
    bool was_blocked = c->blocked;

    if (c->fd < 0)
        return;
    if (!connection_flush(c))
        drop(t, c);
    else if (c->blocked != was_blocked)
        watch(t, c, EPOLL_CTL_MOD);
}

void
tcp_flush(struct tcp *t)
{
    struct connection *c;

    while ((c = t->dirty) != NULL) {
        t->dirty = c->next_dirty;
        c->dirty = false;
        if (!c->blocked)
            flush_one(t, c);
    }
}

static void
read_one(struct tcp *t, struct connection *c)
{
    bool wrong;

    if (connection_read(c, t->take, t->context, &wrong))
        return;
    t->wrong += wrong;
    drop(t, c);
}

static void
accept_all(struct tcp *t)
{
    struct connection *c;
    socklen_t len;
    int fd;

    for (;;) {
        struct sockaddr_storage peer = { 0 };

        len = sizeof peer;
        fd = accept4(t->listener, (struct sockaddr *)&peer, &len,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        c = memory_take(1, sizeof *c);
        c->peer = peer;
        c->next = t->accepted;
        t->accepted = c;
        adopt(t, c, fd);
    }
}

/* Not while somebody may still point at them. */
static void
free_ended(struct tcp *t)
{
    for (struct connection **at = &t->accepted, *c; (c = *at) != NULL;) {
        if (c->fd >= 0 || c->dirty) {
            at = &c->next;
            continue;
        }
        *at = c->next;
        connection_free(c);
        free(c);
    }
}

bool
tcp_receive(struct tcp *t)
{
    struct epoll_event events[EVENTS];
    uint64_t lost = t->lost;
    int count = epoll_wait(t->epoll, events, EVENTS, 0);

    for (int i = 0; i < count; i++) {
        struct connection *c = events[i].data.ptr;

        if (c == NULL) {
            accept_all(t);
            continue;
        }
        if (c->fd >= 0 && (events[i].events & EPOLLOUT))
            flush_one(t, c);
        if (c->fd >= 0 && (events[i].events & ~(uint32_t)EPOLLOUT))
            read_one(t, c);
    }
    if (t->lost != lost)
        free_ended(t);
    return count > 0;
}
