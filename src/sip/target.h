/* target - where a request goes on: Request-URI, route set, and the flow (RFC 3261 16.5, 16.6).
 *
 *     target = target_of_binding(binding);
 *     switch (target_locate(hops, &target, &flow, &wait)) ...
 *
 * Memory  Texts are the binding's, or the caller's.
 */
#ifndef SIP_TARGET_H
#define SIP_TARGET_H

#include "src/sip/location.h"
#include "src/sip/next_hop.h"

enum {
    DATAGRAM_SAFE_MAX =
        1300, /* RFC 3261 18.1.1, RFC 3428 8: above it a stream is better */
};

struct target {
    struct slice contact; /* of a binding, as it is known there; absent: of none */
    struct slice r_uri;
    struct slice
        route;     /* name-addrs, comma-separated, the first one first; empty: none */
    bool has_flow; /* `flow` is the one it was registered over */
    struct flow flow;
};

struct target
target_of_binding(const struct binding *binding);

/* A URI as a Request-URI: without its headers (RFC 3261 19.1.1, table 1). */
struct slice
target_uri(struct slice uri);

/* The flow toward it: the first of its route set (RFC 3261 16.6 step 6, RFC 3327 5.4), else
 * the connection or the address that it registered from, else what its URI says. */
enum hop_status
target_locate(struct next_hops *hops, const struct target *target, struct flow *flow,
              struct hop_wait *wait);

/* A request of that size goes over an open stream to the same peer where there is one. */
void
target_prefer_stream(const struct next_hops *hops, size_t bytes, struct flow *flow);

#endif
