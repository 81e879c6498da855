#include "src/net/udp.h"

#include "src/net/segments.h"
#include "src/net/udp_errors.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    SEND_TRIES = 3, /* of one datagram, against errors that are not its own */
};

bool
udp_init(struct udp *udp, struct loop *loop, const struct net_events *events)
{
    memset(udp, 0, sizeof *udp);
    udp->loop = loop;
    udp->events = events;
    udp->inbox = udp_inbox_new();
    return udp->inbox != NULL;
}

static void
deliver(struct udp_socket *s, size_t count)
{
    const struct net_events *events = s->udp->events;
    struct udp_inbox *inbox = s->udp->inbox;
    struct flow flow = { .protocol = PROTOCOL_UDP, .listener = s->listener };

    for (size_t i = 0; i < count; i++) {
        struct slice bytes =
            slice_of(inbox->vectors[i].iov_base, inbox->headers[i].msg_len);

        if (sockaddr_read(&inbox->from[i].any, &flow.peer))
            events->received(events->self, &flow, bytes);
    }
}

/* An error here is one that ICMP left on the socket, and reading it took it away. */
static void
receive(struct udp_socket *s)
{
    for (int round = 0; round < UDP_ROUNDS; round++) {
        int count = udp_inbox_read(s->udp->inbox, s->fd);

        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (count < 0) {
            udp_errors_read(s);
            continue;
        }
        deliver(s, (size_t)count);
        if (count < UDP_BATCH)
            return;
    }
}

static void
on_poll(uv_poll_t *poll, int status, int events);

static void
watch(struct udp_socket *s)
{
    int events = UV_READABLE | (s->is_blocked ? UV_WRITABLE : 0);

    uv_poll_start(&s->poll, events, on_poll);
}

/* The first datagram cannot be sent: give it up, and go on with the next. */
static void
give_up_first(struct udp_socket *s, int error)
{
    struct flow flow = { .protocol = PROTOCOL_UDP, .listener = s->listener };

    datagrams_drop(&s->out, &flow.peer);
    if (error == ENOBUFS || error == ENOMEM)
        s->udp->dropped++;
    else
        udp_errors_note(s->udp, &flow);
}

/* A failed call may speak of an earlier datagram: ICMP leaves its error on the socket, and
 * the next call of any kind returns it, once. So the first one is tried again. */
static void
drain(struct udp_socket *s)
{
    int tries = 0;
    size_t waiting = datagrams_count(&s->out);
    int error;

    while ((error = datagrams_send(&s->out, s->fd)) != 0) {
        if (error == EAGAIN) {
            s->is_blocked = true;
            watch(s);
            return;
        }
        udp_errors_read(s);
        if (datagrams_count(&s->out) < waiting)
            tries = 0;
        if (++tries >= SEND_TRIES) {
            give_up_first(s, error);
            tries = 0;
        }
        waiting = datagrams_count(&s->out);
    }
}

/* libuv stops a poll handle when the kernel reports an error on its descriptor (status is
 * then UV_EBADF), which here is just an ICMP error that waits to be read. */
static void
on_poll(uv_poll_t *poll, int status, int events)
{
    struct udp_socket *s = poll->data;

    if (status < 0) {
        udp_errors_read(s);
        watch(s);
        events = UV_READABLE;
    }
    if (s->is_blocked && (events & UV_WRITABLE) != 0) {
        s->is_blocked = false;
        watch(s);
        drain(s);
    }
    if ((events & UV_READABLE) != 0)
        receive(s);
}

enum send_status
udp_send(struct udp *udp, const struct flow *flow, struct slice bytes)
{
    struct udp_socket *s =
        flow->listener < LIMIT_LISTENERS ? udp->sockets[flow->listener] : NULL;

    if (s == NULL || bytes.len > UDP_DATAGRAM_MAX ||
        sockaddr_family(&flow->peer) != s->family)
        return SEND_FAILED;
    if (!datagrams_add(&s->out, &flow->peer, bytes)) {
        udp->dropped++;
        return SEND_OK;
    }
    if (!s->is_blocked && datagrams_count(&s->out) >= DATAGRAMS_BATCH)
        drain(s);
    return SEND_OK;
}

void
udp_flush(struct udp *udp)
{
    for (size_t i = 0; i < LIMIT_LISTENERS; i++) {
        struct udp_socket *s = udp->sockets[i];

        if (s != NULL && !s->is_blocked && datagrams_count(&s->out) > 0)
            drain(s);
    }
}

bool
udp_report(struct udp *udp)
{
    size_t count = udp->failed_count;

    for (size_t i = 0; i < count; i++)
        udp->events->failed(udp->events->self, &udp->failed[i]);
    /* What the owner sent meanwhile may have noted more behind them. */
    memmove(udp->failed, udp->failed + count,
            (udp->failed_count - count) * sizeof *udp->failed);
    udp->failed_count -= count;
    return count > 0;
}

bool
udp_is_flushed(const struct udp *udp)
{
    for (size_t i = 0; i < LIMIT_LISTENERS; i++)
        if (udp->sockets[i] != NULL && datagrams_count(&udp->sockets[i]->out) > 0)
            return false;
    return true;
}

static void
set_options(int fd, int family)
{
    const int on = 1, bytes = UDP_SOCKET_BYTES;

    if (family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
        setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
    } else {
        setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

/* No SO_REUSEADDR: with it two servers would share the port, and each lose half. */
static int
bound_socket(const struct address *at, int *out)
{
    union sockaddr_any any;
    socklen_t len = sockaddr_write(at, &any);
    int fd = socket(any.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return uv_translate_sys_error(errno);
    set_options(fd, any.any.sa_family);
    if (bind(fd, &any.any, len) != 0) {
        int error = uv_translate_sys_error(errno);

        close(fd);
        return error;
    }
    *out = fd;
    return 0;
}

int
udp_open(struct udp *udp, uint16_t listener, const struct address *at, uint16_t *port)
{
    struct udp_socket *s = calloc(1, sizeof *s);
    int error = s == NULL ? UV_ENOMEM : bound_socket(at, &s->fd);

    if (error != 0) {
        free(s);
        return error;
    }
    s->udp = udp;
    s->listener = listener;
    s->family = sockaddr_family(at);
    datagrams_init(&s->out);
    s->out.has_trains = segments_are_known(s->fd);
    error = uv_poll_init(&udp->loop->uv, &s->poll, s->fd);
    if (error != 0) {
        close(s->fd);
        free(s);
        return error;
    }
    s->poll.data = s;
    watch(s);
    udp->sockets[listener] = s;
    *port = sockaddr_port_of(s->fd);
    return 0;
}

static void
on_closed(uv_handle_t *handle)
{
    struct udp_socket *s = handle->data;

    close(s->fd);
    datagrams_free(&s->out);
    free(s);
}

void
udp_close(struct udp *udp)
{
    for (size_t i = 0; i < LIMIT_LISTENERS; i++) {
        if (udp->sockets[i] != NULL)
            uv_close((uv_handle_t *)&udp->sockets[i]->poll, on_closed);
        udp->sockets[i] = NULL;
    }
}

void
udp_free(struct udp *udp)
{
    udp_inbox_free(udp->inbox);
    udp->inbox = NULL;
}
