#include "bench/load/net.h"

#include "bench/load/clock.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

static bool
fail(const char *what)
{
    fprintf(stderr, "siload: %s: %s\n", what, strerror(errno));
    return false;
}

/* The address of a socket, as bytes and as HOST:PORT. */
static bool
name_socket(int fd, struct net_address *out, char text[80])
{
    char host[NI_MAXHOST], port[NI_MAXSERV];
    bool is_ipv6;

    out->len = sizeof out->storage;
    if (getsockname(fd, (struct sockaddr *)&out->storage, &out->len) != 0 ||
        getnameinfo((struct sockaddr *)&out->storage, out->len, host, sizeof host, port,
                    sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return false;
    is_ipv6 = strchr(host, ':') != NULL;
    snprintf(text, 80, is_ipv6 ? "[%.40s]:%.8s" : "%.40s:%.8s", host, port);
    return true;
}

/* So that the system chooses one. */
static void
forget_port(struct net_address *address)
{
    if (address->storage.ss_family == AF_INET6)
        ((struct sockaddr_in6 *)(void *)&address->storage)->sin6_port = 0;
    else
        ((struct sockaddr_in *)(void *)&address->storage)->sin_port = 0;
}

static void
take_from_connection(void *context, struct connection *from,
                     const struct reading *message)
{
    struct net *net = context;
    struct net_origin origin = {
        .end = from->is_lane && from->lane % 2 == 0 ? NET_SENDERS : NET_PHONES,
        .connection = from,
        .address = (const struct sockaddr *)&from->peer,
        .address_len = sizeof from->peer,
    };

    net->take(net->context, &origin, message);
}

static void
start(struct net *net)
{
    net->udp[NET_SENDERS].fd = net->udp[NET_PHONES].fd = -1;
    net->tcp.epoll = net->tcp.listener = -1;
    net->tcp.take = take_from_connection;
    net->tcp.context = net;
}

/* Lanes alternate: even ones for senders, odd ones for phones. Both name the port that listens. */
static bool
open_tcp(struct net *net, const struct net_address *local,
         const struct net_address *server, uint32_t lanes, size_t room)
{
    struct net_address bound;

    if (!tcp_open(&net->tcp, (const struct sockaddr *)&local->storage,
                  (const struct sockaddr *)&server->storage, server->len, 2 * lanes,
                  room) ||
        !name_socket(net->tcp.listener, &bound, net->local[NET_SENDERS]))
        return fail("cannot connect over TCP");
    memcpy(net->local[NET_PHONES], net->local[NET_SENDERS], sizeof net->local[0]);
    return true;
}

bool
net_open(struct net *net, const struct net_address *server, bool tcp, uint32_t lanes,
         size_t room)
{
    const struct sockaddr *to = (const struct sockaddr *)&server->storage;
    struct net_address local;
    struct udp *udp = net->udp;

    start(net);
    net->server = *server;
    if (!udp_open(&udp[NET_SENDERS], NULL, to, server->len, room) ||
        !name_socket(udp[NET_SENDERS].fd, &local, net->local[NET_SENDERS]))
        return fail("cannot open a socket");
    forget_port(&local);
    if (tcp) {
        udp_close(&udp[NET_SENDERS]); /* it has told which address of ours leads there */
        net->tcp_only = true;
        return open_tcp(net, &local, server, lanes, room);
    }
    if (!udp_open(&udp[NET_PHONES], (struct sockaddr *)&local.storage, NULL, local.len,
                  room) ||
        !name_socket(udp[NET_PHONES].fd, &local, net->local[NET_PHONES]))
        return fail("cannot open a socket");
    return true;
}

bool
net_listen(struct net *net, const struct net_address *wanted, size_t room)
{
    struct net_address local = *wanted;
    struct udp *udp = &net->udp[NET_PHONES];

    start(net);
    if (!tcp_open(&net->tcp, (const struct sockaddr *)&local.storage, NULL, local.len, 0,
                  room) ||
        !name_socket(net->tcp.listener, &local, net->local[NET_PHONES]))
        return fail("cannot listen on TCP");
    if (!udp_open(udp, (const struct sockaddr *)&local.storage, NULL, local.len, room))
        return fail("cannot listen on UDP");
    return true;
}

void
net_close(struct net *net)
{
    udp_close(&net->udp[NET_SENDERS]);
    udp_close(&net->udp[NET_PHONES]);
    tcp_close(&net->tcp);
}

static uint32_t
lane_of(const struct net *net, enum net_end end, uint32_t lane)
{
    return lane % (net->tcp.lane_count / 2) * 2 + (end == NET_PHONES);
}

char *
net_room(struct net *net, enum net_end end, uint32_t lane, size_t len)
{
    if (!net->tcp_only)
        return udp_room(&net->udp[end]);
    return connection_room(tcp_lane(&net->tcp, lane_of(net, end, lane)), len);
}

/* To the server: the senders' socket is connected with it. */
void
net_put(struct net *net, enum net_end end, uint32_t lane, size_t len)
{
    if (net->tcp_only)
        tcp_put(&net->tcp, &net->tcp.lanes[lane_of(net, end, lane)], len);
    else
        udp_put(&net->udp[end], len, (const struct sockaddr *)&net->server.storage,
                net->server.len);
}

char *
net_answer_room(struct net *net, const struct net_origin *origin, size_t len)
{
    if (origin->connection != NULL)
        return connection_room(origin->connection, len);
    return udp_room(&net->udp[origin->end]);
}

void
net_answer_put(struct net *net, const struct net_origin *origin, size_t len)
{
    if (origin->connection != NULL)
        tcp_put(&net->tcp, origin->connection, len);
    else
        udp_put(&net->udp[origin->end], len, origin->address, origin->address_len);
}

void
net_flush(struct net *net)
{
    udp_flush(&net->udp[NET_SENDERS]);
    udp_flush(&net->udp[NET_PHONES]);
    tcp_flush(&net->tcp);
}

static bool
take_datagrams(struct net *net, enum net_end end)
{
    struct udp *udp = &net->udp[end];
    unsigned count = udp->fd < 0 ? 0 : udp_receive(udp);
    struct net_origin origin = {
        .end = end,
        .address = (const struct sockaddr *)&net->server.storage,
        .address_len = net->server.len,
    };
    struct reading message;

    if (count > 0)
        net->now_ns = clock_ns();
    for (unsigned i = 0; i < count; i++) {
        if (!udp->connected) {
            origin.address = (const struct sockaddr *)&udp->from[i];
            origin.address_len = udp->received[i].msg_hdr.msg_namelen;
        }
        if (reading_take(udp_received(udp, i), true, &message) == READING_OK)
            net->take(net->context, &origin, &message);
        else
            net->broken++;
    }
    return count > 0;
}

static bool
take_streams(struct net *net)
{
    if (net->tcp.epoll < 0)
        return false;
    net->now_ns = clock_ns();
    return tcp_receive(&net->tcp);
}

void
net_wait(struct net *net, uint64_t timeout_ns)
{
    struct pollfd wait[] = {
        { .fd = net->udp[NET_SENDERS].fd, .events = POLLIN },
        { .fd = net->udp[NET_PHONES].fd, .events = POLLIN },
        { .fd = net->tcp.epoll, .events = POLLIN },
    };
    struct timespec timeout = { (time_t)(timeout_ns / NS_PER_S),
                                (long)(timeout_ns % NS_PER_S) };

    if (ppoll(wait, 3, &timeout, NULL) <= 0)
        return;
    if (wait[0].revents != 0)
        take_datagrams(net, NET_SENDERS);
    if (wait[1].revents != 0)
        take_datagrams(net, NET_PHONES);
    if (wait[2].revents != 0)
        take_streams(net);
}

uint64_t
net_drops(const struct net *net)
{
    return udp_drops(&net->udp[NET_SENDERS]) + udp_drops(&net->udp[NET_PHONES]);
}

uint64_t
net_unsent(const struct net *net)
{
    return net->udp[NET_SENDERS].unsent + net->udp[NET_PHONES].unsent;
}
