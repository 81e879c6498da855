/* repeats - the origins of what was stored lately, so that a request that comes again is
 * answered again and not stored twice.
 *
 * Source  RFC 3261 17.1.2.2: a client sends again for at most 64*T1, 32 seconds; the same
 *         time once more covers a server that was away.
 * Memory  repeats_reserve first, then adding cannot fail.
 */
#ifndef STORE_REPEATS_H
#define STORE_REPEATS_H

#include "parser/siphash.h"
#include "store/queue.h"

enum {
    REPEATS_S = 64,
};

struct repeats {
    struct queue origins; /* key and extra: the origin's halves; order: its time */
};

void
repeats_free(struct repeats *repeats);

void
repeats_clear(struct repeats *repeats);

bool
repeats_reserve(struct repeats *repeats, size_t more);

void
repeats_add(struct repeats *repeats, const struct hash128 *origin, int64_t now_s);

/* The same for `count` origins as they lie in memory. */
void
repeats_add_all(struct repeats *repeats, const char *origins, size_t count,
                int64_t now_s);

/* Seen within REPEATS_S of now, by a clock that may have been set either way. */
bool
repeats_has(const struct repeats *repeats, const struct hash128 *origin, int64_t now_s);

/* The i-th that was added. */
struct hash128
repeats_origin(const struct repeats *repeats, uint32_t i);

/* Shows those that repeats_has would find. */
void
repeats_show(const struct repeats *repeats, int64_t now_s, void *visitor,
             void (*visit)(void *visitor, const struct hash128 *origin));

/* Whether an origin of that time may be forgotten. */
bool
repeats_is_over(int64_t then_s, int64_t now_s);

/* Forgets from the front what is over. */
void
repeats_prune(struct repeats *repeats, int64_t now_s);

#endif
