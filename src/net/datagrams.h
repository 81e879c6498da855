/* datagrams - what waits to leave one UDP socket, in the order of src/net/trains.h.
 *
 * Shape   Copies, one behind the other in one block; sendmmsg takes them in batches, and what
 *         goes together as one.
 * Memory  Nothing until the first one; then its pages are used as they fill.
 * Limits  LIMIT_DATAGRAMS_OUT and DATAGRAMS_BYTES.
 */
#ifndef NET_DATAGRAMS_H
#define NET_DATAGRAMS_H

#include "src/sip/address.h"

enum {
    DATAGRAMS_BATCH = 32, /* in one system call; with more, peers would wait for work */
    DATAGRAMS_BYTES = 4 * 1024 * 1024,
};

struct datagram {
    struct address to;
    bool is_response;
    uint32_t at; /* offset into bytes */
    uint32_t len;
};

struct datagrams {
    struct datagram *items; /* owned, LIMIT_DATAGRAMS_OUT of them */
    char *bytes;            /* owned, DATAGRAMS_BYTES */
    size_t first, end;      /* those that wait */
    size_t used;            /* of bytes, up to the last one's end */
    size_t singly;          /* of the first ones: the kernel refused a train of them */
    bool has_trains;        /* the kernel knows of them */
};

void
datagrams_init(struct datagrams *queue);

void
datagrams_free(struct datagrams *queue);

size_t
datagrams_count(const struct datagrams *queue);

/* False: there is no room, or no memory. */
bool
datagrams_add(struct datagrams *queue, const struct address *to, struct slice bytes);

/* Hands all of them to the kernel: 0, or the errno of the one that is now the first, or of the
 * train that it led: that goes singly the next time. */
int
datagrams_send(struct datagrams *queue, int fd);

/* Takes the first one out, unsent. */
void
datagrams_drop(struct datagrams *queue, struct address *to);

#endif
