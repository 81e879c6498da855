/* trains - datagrams that go through the kernel together: to one peer, all of one size, but for
 * the last, which may be shorter. They are cut apart at the end of the way (src/net/segments.h),
 * and a peer sees no difference; a capture on this host sees one long datagram. The way is most of what a small datagram costs: in trains of four each
 * costs two fifths, in trains of sixteen a fifth.
 *
 * Order   Requests to one peer leave in the order they came in: they may be a user's messages.
 *         A response may overtake others, as it may on any path of UDP.
 */
#ifndef NET_TRAINS_H
#define NET_TRAINS_H

#include "src/net/datagrams.h"

struct train {
    uint32_t count; /* of datagrams */
    uint32_t len;   /* of the first */
    bool is_closed; /* the last one is shorter */
};

/* Puts the datagrams of each train side by side; count is up to DATAGRAMS_BATCH. How many trains
 * there are, in the order of the datagrams. */
size_t
trains_form(struct datagram *items, size_t count, struct train trains[DATAGRAMS_BATCH]);

#endif
