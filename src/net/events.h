/* events - what the sockets tell their owner. host.c fills it with calls to src/server.h, a
 * test with its own.
 *
 * Every call comes from the loop, never from within a call that the owner made. Bytes are
 * lent until the call returns; NET_SLACK octets behind them may be read, not used.
 */
#ifndef NET_EVENTS_H
#define NET_EVENTS_H

#include "parser/framing.h"
#include "parser/message.h"
#include "src/sip/transport.h"

enum {
    NET_SLACK = MESSAGE_SLACK, /* the parser may load whole vectors past the end */
};

struct net_events {
    void *self;

    void (*received)(void *self, const struct flow *flow, struct slice bytes);

    /* What the framer found on a stream: every kind but FRAME_PARTIAL. */
    void (*frame)(void *self, const struct flow *flow, enum frame_kind kind,
                  struct slice bytes);

    /* Once for each connection that was ever open. */
    void (*closed)(void *self, uint64_t connection);

    /* What was sent over this flow may not have arrived. Of a connection that we made, the
     * flow has connection 0, as its sender wrote it. */
    void (*failed)(void *self, const struct flow *flow);

    /* In the order in which they are to be tried. `count` 0: the name leads nowhere. */
    void (*resolved)(void *self, uint64_t ticket, const struct hop *hops, size_t count);
};

#endif
