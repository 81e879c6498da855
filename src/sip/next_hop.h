/* next_hop - from a URI to a flow (RFC 3263, as far as a silo needs it).
 *
 * An IP literal is answered at once: over the protocol of the URI's transport parameter,
 * else UDP, to the URI's port, else 5060. A name is looked up off the loop and answered
 * later, once; where the URI gives no port, its domain may say which protocol and port it
 * prefers. Of several hops it is the first that a listener of ours can reach: one of that
 * protocol and address family, from which the flow leaves. The next ones are kept, for who
 * wants to try them (4.3).
 *
 * Memory  A waiting hop_wait is the caller's; hop_wait_cancel it before it goes.
 * Limits  LIMIT_LOOKUPS names at once.
 */
#ifndef SIP_NEXT_HOP_H
#define SIP_NEXT_HOP_H

#include "parser/uri.h"
#include "src/settings.h"

enum {
    HOPS_KEPT = 4, /* of a name, the first one included */
};

struct hop_wait {
    struct hop_wait *next;  /* borrowed */
    struct hop_wait **link; /* NULL: not waiting */
    uint64_t ticket;
    struct flow others[HOPS_KEPT]; /* to be tried next, the first one first */
    uint32_t other_count;
    /* `flow` NULL: the name has no hop that we can reach. */
    void (*found)(struct hop_wait *wait, const struct flow *flow, struct moment now);
};

struct next_hops {
    const struct settings *settings;
    const struct transport *transport;
    struct hop_wait *waiting; /* borrowed */
    uint32_t waiting_count;
    uint64_t last_ticket;
};

enum hop_status {
    HOP_FOUND,   /* *flow is set */
    HOP_WAITING, /* wait->found will be called */
    HOP_NONE,    /* no listener of that kind, not a SIP URI, or too many look-ups */
};

void
next_hops_init(struct next_hops *hops, const struct settings *settings,
               const struct transport *transport);

enum hop_status
next_hop(struct next_hops *hops, const struct uri *uri, struct flow *flow,
         struct hop_wait *wait);

/* Takes the next one to be tried. False: there is none. */
bool
hop_wait_other(struct hop_wait *wait, struct flow *flow);

/* Between HOP_WAITING and `found`. */
bool
hop_is_waiting(const struct hop_wait *wait);

void
hop_wait_cancel(struct next_hops *hops, struct hop_wait *wait);

void
next_hops_resolved(struct next_hops *hops, uint64_t ticket, const struct hop *found,
                   size_t count, struct moment now);

#endif
