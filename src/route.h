/* route - which request goes where: the refusals first, then REGISTER, OPTIONS, MESSAGE, and
 * what is passed between users.
 *
 * Reads top to bottom as the msilo documentation's script does. What a refusal says depends
 * on the request alone, so those are answered without a transaction (RFC 3261 8.2.7); what
 * is acted upon, MESSAGE and REGISTER, has one and is acted upon once.
 */
#ifndef ROUTE_H
#define ROUTE_H

#include "src/sip/pass.h"
#include "src/sip/registrar.h"
#include "src/sip/relay.h"
#include "src/silo/silo.h"
#include "src/unsaved.h"

struct router {
    const struct settings *settings; /* borrowed, as all of these */
    const struct transport *transport;
    struct responder *responder;
    struct server_table *requests;
    struct location *location;
    struct domains *domains;
    struct silo *silo;
    struct relays *relays;
    struct passes *passes;
    struct unsaved *unsaved;
    struct log_gate refusals; /* a peer can repeat what is refused */
};

/* What the relays call: the failure route, and what came of it. `router` is their owner. */
void *
route_relay_failed(void *router, const struct relay_failure *failure);

void
route_relay_late(void *router, void *copy, bool taken, struct moment now);

/* A request that was parsed. */
void
route_request(struct router *router, struct incoming *in);

/* One that could not be parsed, or is too long: answered with `status`, unless it is an ACK. */
void
route_refuse(struct router *router, const struct incoming *in, unsigned status,
             struct slice reason);

/* The same with one more header. */
void
route_refuse_with(struct router *router, const struct incoming *in, unsigned status,
                  struct slice reason, struct slice name, struct slice value);

#endif
