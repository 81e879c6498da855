/* udp_inbox - the buffers that recvmmsg fills, one set for all sockets.
 *
 * Behind each datagram NET_SLACK octets may be read.
 */
#ifndef NET_UDP_INBOX_H
#define NET_UDP_INBOX_H

#include "src/net/events.h"
#include "src/net/sockaddr.h"

enum {
    UDP_BATCH = 64, /* datagrams one system call reads */
    UDP_DATAGRAM_MAX = 65536,
};

/* The buffers are touched by the page, so small datagrams cost little of the four megabytes. */
struct udp_inbox {
    struct mmsghdr headers[UDP_BATCH];
    struct iovec vectors[UDP_BATCH];
    union sockaddr_any from[UDP_BATCH];
    char *bytes; /* owned */
};

/* NULL: out of memory. */
struct udp_inbox *
udp_inbox_new(void);

void
udp_inbox_free(struct udp_inbox *inbox);

/* As recvmmsg: how many came, or -1 with errno. */
int
udp_inbox_read(struct udp_inbox *inbox, int fd);

#endif
