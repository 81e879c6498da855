/* resolver - host names to addresses, on libuv's pool.
 *
 * The answer comes as events->resolved with the ticket, always later and always once; a name
 * that cannot be looked up has no address. libuv keeps half of the pool's threads free of
 * lookups, so a dead name server does not hold up a commit.
 *
 * Limits  LIMIT_LOOKUPS at a time; HOPS_MAX of a name.
 */
#ifndef NET_RESOLVER_H
#define NET_RESOLVER_H

#include "src/limits.h"
#include "src/net/events.h"
#include "src/net/list.h"
#include "src/net/loop.h"

enum {
    RESOLVER_NAME_MAX = 255, /* RFC 1035 2.3.4 */
};

struct resolver {
    struct loop *loop;
    const struct net_events *events;
    struct link running, refused; /* owned lookups */
    uint32_t count;               /* of running */
    bool is_muted;
};

void
resolver_init(struct resolver *resolver, struct loop *loop,
              const struct net_events *events);

void
resolver_ask(struct resolver *resolver, uint64_t ticket,
             const struct hop_question *question);

/* The end of a turn: answers those that were refused at once. False: there were none. */
bool
resolver_report(struct resolver *resolver);

/* Answers nobody any more, and cancels what has not begun. What has begun must come back
 * before the resolver may go. */
void
resolver_close(struct resolver *resolver);

#endif
