/* best_response - which of the branches' refusals goes back to the sender (RFC 3261 16.7).
 *
 *     best_response_offer(&best, response);          each that is not to be stored after
 *     best_response_write(&best, &w);
 *
 * A 6xx, else the lowest class; within 4xx what tells the client how to do better (step 6). The
 * challenges of all 401 and 407 go with one of them (step 7). A 503 becomes a 500: it speaks of
 * the next server, not of this one.
 *
 * Memory  Zeroed at first; best_response_free ends it. Without memory for an offer it is as if
 *         it had not come.
 */
#ifndef SIP_BEST_RESPONSE_H
#define SIP_BEST_RESPONSE_H

#include "parser/writer.h"

struct best_response {
    unsigned status; /* 0: none yet */
    char *bytes;     /* owned: that response, ready to be passed on, without challenges */
    size_t len, room;
    char *challenges; /* owned: lines, of all branches */
    size_t challenges_len;
};

void
best_response_free(struct best_response *best);

bool
best_response_is_none(const struct best_response *best);

/* Octets that it has taken, and that it may take for an offer. */
size_t
best_response_bytes(const struct best_response *best);

size_t
best_response_room(const struct message *response);

void
best_response_offer(struct best_response *best, const struct message *response);

/* As it is passed on. */
unsigned
best_response_status(const struct best_response *best);

void
best_response_write(const struct best_response *best, struct writer *w);

#endif
