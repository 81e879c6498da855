/* trains - datagrams that go through the kernel together: to one peer, all of one size, but for
 * the last, which may be shorter. They are cut apart at the end of the way (UDP generic
 * segmentation offload, Linux 4.18), and a peer sees no difference. The way is most of what a
 * small datagram costs: in trains of four each costs two fifths, in trains of sixteen a fifth.
 *
 * Order   Requests to one peer leave in the order they came in: they may be a user's messages.
 *         A response may overtake others, since each has a transaction of its own
 *         (RFC 3261 17).
 */
#ifndef NET_TRAINS_H
#define NET_TRAINS_H

#include "src/net/datagrams.h"

enum {
    TRAIN_DATAGRAMS = 64, /* what the first kernels with it take (UDP_MAX_SEGMENTS) */
    TRAIN_BYTES = 65000,  /* one IP packet, headers included, until it is cut */
    TRAIN_LEN_MAX = 1200, /* of a datagram: any path's MTU is larger (RFC 8200 5) */
    TRAINS_MAX = DATAGRAMS_BATCH,
};

struct train {
    uint32_t count; /* of datagrams */
    uint32_t len;   /* of the first */
    uint32_t bytes; /* of all */
    bool is_closed; /* the last one is shorter */
};

/* Puts the datagrams of each train side by side; count is up to DATAGRAMS_BATCH. How many trains
 * there are, in the order of the datagrams. */
size_t
trains_form(struct datagram *items, size_t count, struct train trains[TRAINS_MAX]);

#endif
