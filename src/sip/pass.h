/* pass - requests that are relayed without state, and their responses (RFC 3261 16.11).
 *
 * The branch is made from the request alone, so that a repetition, the ACK for a refusal and
 * a CANCEL have the one of their request. Behind it stands, signed, the flow that the request
 * came over: a response finds its way by that, over streams too, and nobody can have us send
 * anything to an address that has not sent a request.
 *
 * Memory  Nothing is kept but requests whose next hop is a name that is being looked up: one
 *         block each.
 * Limits  LIMIT_LOOKUPS names at once, and the resolver's patience.
 */
#ifndef SIP_PASS_H
#define SIP_PASS_H

#include "src/arena.h"
#include "src/sip/domains.h"
#include "src/sip/incoming.h"
#include "src/sip/responder.h"
#include "src/sip/target.h"

struct passes {
    const struct settings *settings; /* borrowed, as all down to `key` */
    const struct transport *transport;
    struct next_hops *hops;
    struct domains *domains;
    struct responder *responder;
    struct arena *arena;   /* of the event */
    struct message *again; /* room for a request that is read again */
    struct hash_key key; /* the store's: responses find their way after a restart, too */
    struct hash_key run; /* new at each start, as the numbers of connections are */

    struct pass_wait *first; /* owned: those whose next hop is being looked up */
};

void
passes_free(struct passes *passes);

/* Sends the request on. What has no way is answered: 480 for a user of ours, else 500. */
void
pass_request(struct passes *passes, const struct incoming *in,
             const struct target *target);

/* Sends the response back where its request came from. False: it is none of these. */
bool
pass_response(struct passes *passes, const struct message *response);

#endif
