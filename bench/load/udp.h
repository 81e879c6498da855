/* udp - one socket, whose datagrams are sent and received by the batch. Those of one length that
 * follow each other to one address go through the kernel as one, which cuts them apart at the end
 * (UDP_SEGMENT): the tool is not to be the bottleneck. What arrives is the same.
 *
 * Memory  What was received lies there until the next udp_receive.
 * Limits  UDP_BATCH datagrams a call, of at most the octets given.
 */
#ifndef BENCH_LOAD_UDP_H
#define BENCH_LOAD_UDP_H

#include "parser/slice.h"

#include <stdint.h>
#include <sys/socket.h>

enum {
    UDP_BATCH = 32,
};

struct udp {
    int fd; /* -1: closed */
    bool connected;
    size_t room;      /* of a datagram */
    unsigned waiting; /* to be sent */
    bool has_trains;  /* the kernel knows of them */
    uint64_t unsent;  /* which the system refused */
    uint64_t cut;     /* longer than the room */
    char *in, *out;   /* owned */
    struct mmsghdr received[UDP_BATCH], sending[UDP_BATCH];
    struct iovec in_vector[UDP_BATCH], out_vector[UDP_BATCH];
    struct sockaddr_storage from[UDP_BATCH], to[UDP_BATCH];
    socklen_t to_len[UDP_BATCH];
};

/* Bound to `local`, or connected with `peer` and bound by that; one of them is NULL. False, with
 * errno, where the system says no. */
bool
udp_open(struct udp *udp, const struct sockaddr *local, const struct sockaddr *peer,
         socklen_t len, size_t room);

void
udp_close(struct udp *udp);

/* Where the next datagram may be written; udp_put then takes it. Without `to` it goes to the
 * peer. */
char *
udp_room(struct udp *udp);
void
udp_put(struct udp *udp, size_t len, const struct sockaddr *to, socklen_t to_len);

/* Sends all that waits. */
void
udp_flush(struct udp *udp);

/* How many are there; does not wait. */
unsigned
udp_receive(struct udp *udp);
struct slice
udp_received(const struct udp *udp, unsigned index);

/* Datagrams that came and found no room in the socket's buffer. */
uint64_t
udp_drops(const struct udp *udp);

#endif
