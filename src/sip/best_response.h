/* best_response - which of the branches' refusals goes back to the sender (RFC 3261 16.7).
 *
 *     best_response_offer(&best, response, true);    each that is not to be stored after
 *     best_response_write(&best, &w);
 *
 * A 6xx, else the lowest class; within 4xx what tells the client how to do better (step 6). The
 * challenges of all 401 and 407 go with one of them (step 7). A 503 becomes a 500: it speaks of
 * the next server, not of this one.
 *
 * Memory  Zeroed at first; best_response_free ends it. Without room for an offer, or without
 *         memory, its status is kept alone; a challenge is then as if it had not come.
 */
#ifndef SIP_BEST_RESPONSE_H
#define SIP_BEST_RESPONSE_H

#include "parser/writer.h"

struct best_response {
    unsigned status; /* 0: none yet */
    char *
        bytes; /* owned: that response, ready to be passed on, without challenges; NULL: its
                    status is all that is known */
    size_t len, room;
    char *challenges; /* owned: lines, of all branches */
    size_t challenges_len;
};

void
best_response_free(struct best_response *best);

bool
best_response_is_none(const struct best_response *best);

/* Octets that it holds. */
size_t
best_response_held(const struct best_response *best);

/* The same after this offer, if there is room for it. */
size_t
best_response_offer_bytes(const struct best_response *best,
                          const struct message *response);

void
best_response_offer(struct best_response *best, const struct message *response,
                    bool has_room);

/* As it is passed on. */
unsigned
best_response_status(const struct best_response *best);

/* False: there is nothing but the status. */
bool
best_response_write(const struct best_response *best, struct writer *w);

#endif
