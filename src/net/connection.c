#include "src/net/connection.h"

#include "src/log.h"
#include "src/net/connections.h"
#include "src/net/sockaddr.h"

#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    KEEPALIVE_S = 60,        /* of silence, then the kernel asks */
    USER_TIMEOUT_MS = 60000, /* octets that nobody acknowledges so long end it */
};

struct connection *
connection_new(struct connections *all)
{
    struct connection *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    uv_tcp_init(&all->loop->uv, &c->tcp);
    c->tcp.data = c;
    c->all = all;
    c->flow.protocol = PROTOCOL_TCP;
    link_init(&c->use);
    link_init(&c->wait);
    link_init(&c->over);
    link_init(&c->pause);
    link_init(&c->dirty);
    c->round = all->round;
    c->reads = connections_are_behind(all) ? CONNECTION_READS : 0;
    framer_init(&c->framer, all->options.max_message_bytes);
    all->alive++;
    return c;
}

static void
set_options(struct connection *c)
{
    const unsigned timeout_ms = USER_TIMEOUT_MS;
    uv_os_fd_t fd;

    uv_tcp_nodelay(&c->tcp, 1);
    uv_tcp_keepalive(&c->tcp, 1, KEEPALIVE_S);
    if (uv_fileno((uv_handle_t *)&c->tcp, &fd) == 0)
        setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof timeout_ms);
}

static void
become_open(struct connection *c)
{
    c->state = CONNECTION_OPEN;
    c->was_open = true;
    set_options(c);
    connections_used(c);
    connections_wait(c, NULL);
    connection_start_reading(c);
}

bool
connection_take(struct connection *c, int fd)
{
    if (uv_tcp_open(&c->tcp, fd) != 0) {
        close(fd);
        return false;
    }
    become_open(c);
    return true;
}

static void
on_connected(uv_connect_t *request, int status)
{
    struct connection *c = request->data;

    if (c->state == CONNECTION_DEAD)
        return;
    if (status != 0) {
        connection_end(c, uv_strerror(status));
        return;
    }
    become_open(c);
    connections_dirty(c);
}

static bool
names_a_host(const struct address *address)
{
    static const uint8_t any[16] = { 0 };

    return memcmp(address->ip + 12, any, 4) != 0 ||
           (!address_is_ipv4(address) && memcmp(address->ip, any, 12) != 0);
}

/* With IP_BIND_ADDRESS_NO_PORT the port is chosen when the peer is known, and so may be one
 * that other connections have to other peers. */
static bool
bind_local(struct connection *c, const struct address *local)
{
    const int on = 1;
    struct address any_port = *local;
    union sockaddr_any from;
    uv_os_fd_t fd;

    if (!names_a_host(local))
        return true;
    if (uv_fileno((uv_handle_t *)&c->tcp, &fd) != 0)
        return false;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    any_port.port = 0;
    return bind(fd, &from.any, sockaddr_write(&any_port, &from)) == 0;
}

bool
connection_dial(struct connection *c, const struct address *local)
{
    int family = sockaddr_family(&c->flow.peer);
    union sockaddr_any peer;
    int fd;

    if (family != sockaddr_family(local))
        return false;
    fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    if (uv_tcp_open(&c->tcp, fd) != 0) {
        close(fd);
        return false;
    }
    if (!bind_local(c, local))
        return false;
    sockaddr_write(&c->flow.peer, &peer);
    c->connecting.data = c;
    return uv_tcp_connect(&c->connecting, &c->tcp, &peer.any, on_connected) == 0;
}

void
connection_finish(struct connection *c)
{
    if (c->state >= CONNECTION_CLOSING)
        return;
    if (c->state == CONNECTION_OPENING) {
        connection_end(c, "closed");
        return;
    }
    if (c->state == CONNECTION_PEER_DONE && c->out.len == 0 && !c->is_writing) {
        connection_end(c, "closed");
        return;
    }
    c->state = CONNECTION_CLOSING;
    connections_wait(c, &c->all->closing);
    connections_dirty(c);
}

static void
on_closed(uv_handle_t *handle)
{
    struct connection *c = handle->data;
    const struct net_events *events = c->all->events;
    struct flow flow = c->flow;

    if (!c->all->is_muted) {
        if (c->was_open)
            events->closed(events->self, c->flow.connection);
        flow.connection = 0;
        if (c->is_ours && c->is_lost)
            events->failed(events->self, &flow);
    }
    c->all->alive--;
    bytes_free(&c->in);
    bytes_free(&c->out);
    bytes_free(&c->flight);
    free(c);
}

void
connection_end(struct connection *c, const char *why)
{
    char peer[ADDRESS_TEXT];

    if (c->state == CONNECTION_DEAD)
        return;
    LOG(LOG_DEBUG, "net.closed", LOG_TEXT("peer", address_print(&c->flow.peer, peer)),
        LOG_NUMBER("connection", c->flow.connection), LOG_STRING("why", why));
    if (c->state == CONNECTION_OPENING || c->out.len > 0 || c->is_writing)
        c->is_lost = true;
    c->state = CONNECTION_DEAD;
    connections_remove(c);
    uv_close((uv_handle_t *)&c->tcp, on_closed);
}
