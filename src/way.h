/* way - where a request wants to go, before anything is done with it (RFC 3261 16.4, 16.5).
 *
 * Route elements that are ours are taken off; what is left has to be followed. The Request-URI
 * is an address of a domain of ours, the contact of one of our users (requests within a
 * dialog, and from a proxy that has looked it up), or foreign.
 */
#ifndef WAY_H
#define WAY_H

#include "src/arena.h"
#include "src/sip/domains.h"
#include "src/sip/incoming.h"
#include "src/sip/location.h"
#include "src/sip/target.h"

struct way {
    bool is_ours;                /* the Request-URI's domain */
    struct slice aor;            /* of the user; empty: none of ours */
    const struct binding *first; /* his bindings, best first; NULL: offline, or no user */
    bool is_contact;             /* the Request-URI is the contact of `first`, alone */
    struct slice route;          /* what is left of Route; empty: nothing */
    char aor_text[AOR_MAX];
};

/* Texts lie in the request, the location, the way and the arena. False: out of memory. */
bool
way_find(struct way *way, const struct domains *domains, const struct location *location,
         struct arena *arena, const struct message *m);

/* Whether somebody else's: neither our domain nor a contact of our users. */
bool
way_is_foreign(const struct way *way);

/* The next binding it may go to: `binding` is way->first or the one before; NULL: no more. */
const struct binding *
way_next(const struct way *way, const struct binding *binding);

/* The target that a binding of it is, with what is left of Route behind its Path. False: out
 * of memory. */
bool
way_target(const struct way *way, const struct binding *binding, struct arena *arena,
           struct target *out);

#endif
