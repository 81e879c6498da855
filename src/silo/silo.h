/* silo - what storing, dumping and notifying share.
 *
 * Owned by the server, which fills the borrowed parts; the three verbs are in
 * store_message.h (m_store), dump.h (m_dump) and notice.h.
 */
#ifndef SILO_SILO_H
#define SILO_SILO_H

#include "src/arena.h"
#include "src/sip/client_transaction.h"
#include "src/sip/domains.h"
#include "src/sip/incoming.h"
#include "src/sip/location.h"
#include "src/sip/next_hop.h"
#include "src/sip/responder.h"
#include "src/silo/departure.h"
#include "src/silo/journal.h"
#include "src/silo/reader.h"
#include "src/silo/recent.h"

struct dumps;
struct notices;
struct live_copy;

/* Since the start; what an operator watches. */
struct silo_counters {
    uint64_t stored;
    uint64_t repeated; /* answered 202, stored before */
    uint64_t refused;  /* 503 and 480 */
    uint64_t dumped;   /* delivered: 2xx, and durably removed */
    uint64_t failed;   /* attempts that were not answered 2xx */
    uint64_t expired;  /* deleted since their time was over */
    uint64_t notices;
    uint64_t late; /* taken by their phone after they were stored */
};

struct silo {
    const struct settings *settings; /* borrowed, as all down to `arena` */
    struct timer_wheel *wheel;
    struct client_table *clients;
    struct server_table *requests;
    struct location *location;
    struct next_hops *hops;
    struct domains *domains;
    struct responder *responder;
    struct arena *arena;     /* of the event */
    struct hash_key run;     /* new at each start */
    struct hash_key durable; /* the store's own */
    uint64_t nonce;          /* counts what must differ */
    bool is_stopping;
    struct log_gate refusals; /* a peer can repeat what is refused */

    struct journal journal;
    struct reader reader;
    struct recent recent;
    struct dumps *dumps;      /* owned */
    struct notices *notices;  /* owned */
    struct live_copy *copies; /* owned */
    struct departures departures;
    struct silo_counters counters;
};

/* A number that was not given out before in this run. */
uint64_t
silo_nonce(struct silo *silo);

#endif
