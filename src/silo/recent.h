/* recent - requests that were stored lately, so that one that comes again is known though its
 * user is online by now: it must not go to his phone a second time.
 *
 * The store knows them, too, and for sure; but it is asked off the loop, and a message on its
 * way to a phone does not pass it.
 *
 * Shape   Two generations of keyed hashes; the older one goes when the younger is full or
 *         RECENT_S old. So a request is known for RECENT_S, or under a flood of more than
 *         RECENT_MAX stores in that time for less.
 * Memory  16 bytes an entry, taken when it is first needed.
 */
#ifndef SILO_RECENT_H
#define SILO_RECENT_H

#include "parser/siphash.h"
#include "src/limits.h"
#include "src/sip/transport.h"

enum {
    RECENT_S = 64, /* as long as the store knows them */
    RECENT_MAX = LIMIT_RECENT,
};

struct recent {
    uint64_t *generations[2]; /* owned: open addressing; 0: a free place */
    uint32_t counts[2];
    uint32_t young; /* which one */
    uint64_t turned_ms;
};

void
recent_free(struct recent *recent);

/* Out of memory: it is not known. */
void
recent_add(struct recent *recent, const struct hash128 *origin, struct moment now);

bool
recent_is_empty(const struct recent *recent);

bool
recent_has(const struct recent *recent, const struct hash128 *origin);

#endif
