/* branch - branches of our own making, known again when they come back (RFC 3261 16.6 step 8).
 *
 * A branch is the cookie, our mark, a nonce and a keyed hash of nonce and of what decided
 * where the request went: its Request-URI and Route as they came in. A request that carries
 * one whose hash fits its present ones has come round: a loop. With others it is a spiral,
 * and passes (16.3 step 4). Of a request of our own it is the Request-URI that we wrote.
 */
#ifndef SIP_BRANCH_H
#define SIP_BRANCH_H

#include "parser/message.h"
#include "parser/siphash.h"

enum {
    BRANCH_BYTES = 7 + 4 + 16 + 16,
};

/* Writes BRANCH_BYTES bytes, no NUL. The nonce is different each time. `route` is the value of
 * the first Route line; absent or empty: there was none. */
void
branch_make(const struct hash_key *key, uint64_t nonce, struct slice request_uri,
            struct slice route, char out[BRANCH_BYTES]);

/* More may stand behind it (src/sip/pass). Whether one of the request's Vias holds a branch that we made for its Request-URI, and for
 * no Route or its own. */
bool
branch_has_looped(const struct hash_key *key, const struct message *request);

/* Whether it has been here before, for whatever Request-URI, or says so. */
bool
branch_was_here(const struct message *request);

/* 16 lower-case hex digits. */
void
hex64_write(uint64_t value, char out[16]);

#endif
