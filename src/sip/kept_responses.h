/* kept_responses - responses that were passed on, for requests that come again (RFC 3261
 * 17.2.2): what others have answered cannot be made again from the request.
 *
 * Memory  At most `limit_bytes`, a chunk of 68 KiB more, and an index of a sixteenth of it;
 *         the oldest go first; each for `life_ms`.
 * Errors  What could not be kept is not found: its caller has the status, and answers in his
 *         own words. That is seldom: no memory, or more than eight whose hashes meet.
 */
#ifndef SIP_KEPT_RESPONSES_H
#define SIP_KEPT_RESPONSES_H

#include "src/sip/server_transaction.h"

struct kept_responses;

/* NULL: out of memory. */
struct kept_responses *
kept_responses_new(size_t limit_bytes, uint64_t life_ms);

void
kept_responses_free(struct kept_responses *kept);

void
kept_responses_add(struct kept_responses *kept, const struct server_key *key,
                   struct slice bytes, struct moment now);

/* Absent: it is not there. Valid until the next one is added. */
struct slice
kept_responses_find(const struct kept_responses *kept, const struct server_key *key);

#endif
