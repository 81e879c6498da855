#include "src/net/tcp_listener.h"

#include "src/net/sockaddr.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int
spare_open(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static struct moment
now_of(const struct tcp_listener *l)
{
    return loop_now(l->connections->loop);
}

static void
rest(struct tcp_listener *l)
{
    l->rests_until_ms = now_of(l).ms + TCP_REST_MS;
    uv_poll_stop(&l->poll);
}

/* EMFILE or ENFILE: without this the newcomer stays in the backlog, the descriptor stays
 * readable, and the loop spins. The kernel looks for a free descriptor before it looks
 * whether anybody waits, so there may be nobody. False: this wake-up has to end. */
static bool
turn_away(struct tcp_listener *l)
{
    uint32_t missed;
    bool nobody, any;
    int fd;

    if (l->spare_fd >= 0)
        close(l->spare_fd);
    fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
    nobody = fd < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    any = fd >= 0;
    if (any)
        close(fd);
    l->spare_fd = spare_open();
    if (!nobody && log_gate_pass(&l->full_gate, 1, now_of(l).s, &missed))
        LOG(LOG_WARN, "net.no_descriptors", LOG_NUMBER("listener", l->index),
            LOG_NUMBER("missed", missed));
    if (l->spare_fd < 0 || (!any && !nobody))
        rest(l);
    return any && l->spare_fd >= 0;
}

/* False: nobody is waiting, or this wake-up has to end. */
static bool
accept_one(struct tcp_listener *l)
{
    union sockaddr_any from;
    socklen_t len = sizeof from;
    struct address peer;
    int fd = accept4(l->fd, &from.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd >= 0 && sockaddr_read(&from.any, &peer)) {
        connections_accept(l->connections, l->index, fd, &peer);
        return true;
    }
    if (fd >= 0) {
        close(fd);
        return true;
    }
    if (errno == EMFILE || errno == ENFILE)
        return turn_away(l);
    if (errno == ENOBUFS || errno == ENOMEM)
        rest(l);
    /* accept(2): errors of the new connection come here too, and are to be passed over. */
    return errno != EAGAIN && errno != EWOULDBLOCK && l->rests_until_ms == 0;
}

static void
on_poll(uv_poll_t *poll, int status, int events)
{
    struct tcp_listener *l = poll->data;

    (void)events;
    if (status < 0) { /* libuv has stopped the handle */
        rest(l);
        return;
    }
    for (int i = 0; i < TCP_ACCEPTS && accept_one(l); i++)
        continue;
}

void
tcp_listener_wake(struct tcp_listener *l, uint64_t now_ms)
{
    if (l->rests_until_ms == 0 || now_ms < l->rests_until_ms)
        return;
    l->rests_until_ms = 0;
    if (l->spare_fd < 0)
        l->spare_fd = spare_open();
    uv_poll_start(&l->poll, UV_READABLE, on_poll);
}

uint64_t
tcp_listener_deadline(const struct tcp_listener *l)
{
    return l->rests_until_ms == 0 ? UINT64_MAX : l->rests_until_ms;
}

/* SO_REUSEADDR: a restart need not wait for the old connections' TIME_WAIT; two listeners
 * at once are still refused. */
static int
listening_socket(const struct address *at, int *out)
{
    const int on = 1;
    union sockaddr_any any;
    socklen_t len = sockaddr_write(at, &any);
    int fd = socket(any.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int error;

    if (fd < 0)
        return uv_translate_sys_error(errno);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (any.any.sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, &any.any, len) != 0 || listen(fd, TCP_BACKLOG) != 0) {
        error = uv_translate_sys_error(errno);
        close(fd);
        return error;
    }
    *out = fd;
    return 0;
}

int
tcp_listener_open(struct connections *connections, uint16_t index,
                  const struct address *at, struct tcp_listener **out, uint16_t *port)
{
    struct tcp_listener *l = calloc(1, sizeof *l);
    int error = l == NULL ? UV_ENOMEM : listening_socket(at, &l->fd);

    if (error != 0) {
        free(l);
        return error;
    }
    error = uv_poll_init(&connections->loop->uv, &l->poll, l->fd);
    if (error != 0) {
        close(l->fd);
        free(l);
        return error;
    }
    l->connections = connections;
    l->index = index;
    l->at = *at;
    l->spare_fd = spare_open();
    l->poll.data = l;
    uv_poll_start(&l->poll, UV_READABLE, on_poll);
    *out = l;
    *port = sockaddr_port_of(l->fd);
    return 0;
}

static void
on_closed(uv_handle_t *handle)
{
    struct tcp_listener *l = handle->data;

    close(l->fd);
    if (l->spare_fd >= 0)
        close(l->spare_fd);
    free(l);
}

void
tcp_listener_close(struct tcp_listener *l)
{
    uv_close((uv_handle_t *)&l->poll, on_closed);
}
