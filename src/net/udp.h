/* udp - the UDP sockets (RFC 3261 18), read and written in batches.
 *
 * Shape   A socket for each UDP listener. One set of receive buffers serves all of them;
 *         each has its own queue of datagrams that leave at the end of the turn, or as soon
 *         as a batch is full.
 * Errors  An ICMP error comes back from the socket's error queue as events->failed, with the
 *         peer the datagram was for; never from within udp_send.
 * Limits  A wake-up reads UDP_ROUNDS batches of each socket, so that timers and streams get
 *         their turn. What does not fit into the queue is dropped and counted: UDP may lose.
 */
#ifndef NET_UDP_H
#define NET_UDP_H

#include "src/limits.h"
#include "src/net/datagrams.h"
#include "src/net/events.h"
#include "src/net/loop.h"
#include "src/net/udp_inbox.h"

enum {
    UDP_ROUNDS = 4,
    UDP_SOCKET_BYTES = 4 * 1024 * 1024, /* asked of the kernel; it may give less */
    UDP_FAILURES = 256, /* noted in one turn; the rest stays in the kernel */
};

struct udp_socket {
    uv_poll_t poll;
    struct udp *udp;
    int fd;
    int family;
    uint16_t listener;
    bool is_blocked; /* the kernel takes no more: waiting for it to become writable */
    struct datagrams out;
};

struct udp {
    struct loop *loop;
    const struct net_events *events;
    struct udp_inbox *inbox;                     /* owned */
    struct udp_socket *sockets[LIMIT_LISTENERS]; /* owned; NULL where it is no UDP */
    struct flow failed[UDP_FAILURES];
    size_t failed_count;
    uint64_t dropped; /* datagrams that found no room on their way out */
};

/* False: out of memory. */
bool
udp_init(struct udp *udp, struct loop *loop, const struct net_events *events);

/* Binds, and starts to read with the next turn. 0 with the port it got, or libuv's error. */
int
udp_open(struct udp *udp, uint16_t listener, const struct address *at, uint16_t *port);

enum send_status
udp_send(struct udp *udp, const struct flow *flow, struct slice bytes);

/* The end of a turn: sends what waits. */
void
udp_flush(struct udp *udp);

/* Tells the owner which flows failed. False: none did. */
bool
udp_report(struct udp *udp);

/* Nothing waits to be sent. */
bool
udp_is_flushed(const struct udp *udp);

/* Closes the sockets; their memory goes when the loop has closed them. */
void
udp_close(struct udp *udp);

/* After the loop. */
void
udp_free(struct udp *udp);

#endif
