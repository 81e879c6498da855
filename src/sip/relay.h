/* relay - a MESSAGE goes to all its targets at once, and one answer comes back (RFC 3261 16).
 *
 *     relay_start(relays, &order);
 *     ...
 *     relays->failed(owner, &failure)         the failure route: nobody took it
 *     relays->late(owner, copy, taken, now)   after it, if it said that it listens
 *
 * Answers A 2xx is passed on at once. When every branch has ended without one: if a code among
 *         their answers is none of msilo.store_on, the best of those goes back (16.7 step 6;
 *         challenges of all branches with it); else the failure route has the request. Of a
 *         foreign target every answer is of the first kind. No 1xx is passed on (RFC 4320
 *         4.1); one 100 of our own says that we are at it when the client's timer E has
 *         reached T2.
 * Late    After fr_timer branches listen until 64*T1: a 2xx in that time says that what was
 *         stored meanwhile did arrive.
 * Memory  One block a relay, with the request; owned by its list, freed when its last branch
 *         is over. Responses are kept for repetitions in a bounded room.
 * Limits  LIMIT_RELAY_BYTES of requests, and of refusals while other branches are waited for:
 *         of one beyond it the status goes back alone, in our own words; a 401 or 407 is a
 *         failure then. Each branch is a client transaction or a look-up: theirs hold, too. A
 *         branch that cannot begin has failed.
 */
#ifndef SIP_RELAY_H
#define SIP_RELAY_H

#include "src/arena.h"
#include "src/sip/client_transaction.h"
#include "src/sip/domains.h"
#include "src/sip/incoming.h"
#include "src/sip/kept_responses.h"
#include "src/sip/location.h"
#include "src/sip/responder.h"
#include "src/sip/target.h"

enum {
    RELAY_DETAIL = UINT16_MAX, /* server_outcome.detail: see relay_answer_again */
    RELAY_TRYING_MS = 3500,    /* timer E reaches T2: T1 + 2*T1 + 4*T1 */
};

struct relay_order {
    const struct incoming *in; /* its server transaction is in state Trying */
    const struct target *targets;
    size_t count;     /* at least 1 */
    struct slice aor; /* whose bindings they are; empty: a foreign target */
};

struct relay_failure {
    const struct incoming *in; /* as it came, read again; valid during the call */
    struct slice aor;          /* as in the order */
    struct slice r_uri;        /* what the first target made of the Request-URI */
    bool listens;              /* `late` will be called, once */
    bool timed_out;            /* a branch had no answer; else none could be reached */
};

struct relays {
    const struct settings *settings; /* borrowed, as all down to `owner` */
    const struct transport *transport;
    struct timer_wheel *wheel;
    struct client_table *clients;
    struct server_table *requests;
    struct location *location;
    struct next_hops *hops;
    struct domains *domains;
    struct responder *responder;
    struct arena *arena;      /* of the event */
    struct hash_key run;      /* new at each start: nonces */
    struct hash_key branches; /* the store's: a loop is known after a restart, too */
    struct message *again;    /* room for a request that is read again */
    void *owner;
    /* Answers the request and completes its transaction. What it returns is given to `late`;
     * NULL: nobody wants to know. */
    void *(*failed)(void *owner, const struct relay_failure *failure);
    void (*late)(void *owner, void *copy, bool taken, struct moment now);

    struct kept_responses *kept; /* owned */
    struct relay *first;         /* owned */
    size_t open;                 /* not answered yet */
    size_t bytes;                /* of the requests and refusals that are held, about */
    uint64_t nonce;
};

/* The borrowed parts are set. False: out of memory. */
bool
relays_init(struct relays *relays);

void
relays_free(struct relays *relays);

/* False: out of memory or over the limit, and nothing was done. */
bool
relay_start(struct relays *relays, const struct relay_order *order);

/* A repetition of a request whose outcome has RELAY_DETAIL: the same bytes again, or where
 * they are not kept any more the status in our own words. */
void
relay_answer_again(struct relays *relays, const struct incoming *in, unsigned status);

#endif
