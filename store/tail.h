/* tail - what the indexes do not know yet: messages and removals since the last fold.
 *
 * Shape   It is what stands in the tables behind the fold point, and nothing else, so it can
 *         be built again from them at any time. Messages come with growing ids, marks with
 *         growing sequences; what it knows already is ignored.
 * Memory  tail_reserve first, then adding cannot fail. Entries die with the next change.
 */
#ifndef STORE_TAIL_H
#define STORE_TAIL_H

#include "store/queue.h"

enum {
    TAIL_HINTS = 256, /* readers in the middle of a long chain; a power of two */
};

/* A mark's size where the message was not to be read: it is in no total. */
static const uint32_t TAIL_NOT_COUNTED = UINT32_MAX;

struct tail_hint {
    uint64_t key, id;
    uint32_t slot;
};

struct tail {
    struct queue
        messages;      /* key: hash of the AoR; order: id; extra: expiry; size: of body */
    struct queue gone; /* key: id; order: sequence; size: of body */
    uint64_t last_id, last_gone; /* the highest seen */
    struct tail_hint hints[TAIL_HINTS];
};

struct tail_entry {
    uint64_t id;
    int64_t exp_time_s;
    uint32_t size;
};

/* A walk over one AoR's messages; its fields are the tail's. */
struct tail_walk {
    const struct queue_item *at;
    bool remember;
};

void
tail_free(struct tail *tail);

/* Forgets all but the room. */
void
tail_clear(struct tail *tail);

bool
tail_reserve(struct tail *tail, size_t messages, size_t marks);

void
tail_add(struct tail *tail, uint64_t id, uint64_t aor_hash, int64_t exp_time_s,
         uint32_t size);

/* Marks of one commit share their sequence: the caller skips sequences it has seen. */
void
tail_mark(struct tail *tail, uint64_t sequence, uint64_t id, uint32_t size);

bool
tail_is_gone(const struct tail *tail, uint64_t id);

/* Gone by a mark that the totals will follow. */
bool
tail_is_counted_off(const struct tail *tail, uint64_t id);

/* Messages and marks together: what a fold has to do. */
size_t
tail_count(const struct tail *tail);

/* Stands before the first message of that AoR. */
struct tail_walk
tail_first(const struct tail *tail, uint64_t aor_hash);

/* The same above `after`; where this walk ends is remembered for the next one. */
struct tail_walk
tail_find(const struct tail *tail, uint64_t aor_hash, uint64_t after);

/* Gone ones are shown, too. */
bool
tail_walk_next(struct tail *tail, struct tail_walk *walk, struct tail_entry *out);

/* Ends the part that has been folded: messages and marks up to these. */
void
tail_fold(struct tail *tail, uint64_t fold_point, uint64_t gone_point);

#endif
