/* resolver - names to hops (RFC 3263 4), on libuv's pool.
 *
 * The answer comes as events->resolved with the ticket, always later and always once; a name
 * that cannot be looked up leads nowhere.
 *
 * A look-up blocks its thread for as long as name servers take, so RESOLVER_THREADS of the
 * pool's four are given to look-ups, and the others wait here, oldest first. The store has a
 * writer and a reader out at most (lane.h): a dead name server never holds up a commit. libuv
 * would bound its own uv_getaddrinfo alike, but not what is queued with uv_queue_work. Who
 * has waited here for RESOLVER_PATIENCE_MS is answered without a look-up, so that a dead name
 * server does not keep the queue long after those who asked have given up.
 *
 * Limits  LIMIT_LOOKUPS at a time, those that wait included; HOPS_MAX of a name.
 */
#ifndef NET_RESOLVER_H
#define NET_RESOLVER_H

#include "src/limits.h"
#include "src/net/events.h"
#include "src/net/hop_search.h"
#include "src/net/list.h"
#include "src/net/loop.h"

enum {
    RESOLVER_THREADS = 2,
    RESOLVER_PATIENCE_MS = 32000, /* a transaction's 64*T1 (RFC 3261 17.1.2.2) */
};

struct resolver {
    struct loop *loop;
    const struct net_events *events;
    struct hash_key key;                   /* of the dice among SRV records */
    const struct address *name_server;     /* a test's; NULL: those of resolv.conf */
    struct link running, waiting, refused; /* owned lookups */
    uint32_t running_count;
    uint32_t count;       /* of running and waiting */
    uint64_t patience_ms; /* RESOLVER_PATIENCE_MS */
    bool is_muted;
};

/* The key is random. */
void
resolver_init(struct resolver *resolver, struct loop *loop,
              const struct net_events *events, const struct hash_key *key);

void
resolver_ask(struct resolver *resolver, uint64_t ticket,
             const struct hop_question *question);

/* The end of a turn: answers those that were refused. False: there were none. */
bool
resolver_report(struct resolver *resolver);

/* Answers nobody any more, and cancels what has not begun. What has begun must come back
 * before the resolver may go. */
void
resolver_close(struct resolver *resolver);

#endif
