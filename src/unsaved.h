/* unsaved - bindings that serve from memory while the store has no room for them
 * (usrloc.db_mode 1).
 *
 * Shape   AoRs whose saved copy is older than their bindings. They are tried again, the one that
 *         waits longest first, until the store takes them. Should the process end before, the
 *         next REGISTER mends what the store has.
 * Memory  One block an AoR, owned by the table.
 * Limits  UNSAVED_TOGETHER are tried at a time. LIMIT_UNSAVED AoRs in all, those whose last
 *         binding has ended included; others are saved with their next REGISTER.
 */
#ifndef UNSAVED_H
#define UNSAVED_H

#include "src/silo/silo.h"

enum {
    UNSAVED_TOGETHER = 64,
    UNSAVED_RETRY_MS = 1000,
    UNSAVED_VALUE_MAX = 128 * 1024, /* of one AoR's saved bindings */
};

struct unsaved {
    struct silo *silo; /* borrowed */
    struct hash_table by_aor;
    struct unsaved_aor *first, **last; /* owned: those that wait for their next try */
    struct timer timer;
    struct log_gate gate;
};

/* False: out of memory. */
bool
unsaved_init(struct unsaved *unsaved, struct silo *silo);

void
unsaved_free(struct unsaved *unsaved);

/* The store had no room for this AoR's bindings. */
void
unsaved_note(struct unsaved *unsaved, struct slice aor, struct moment now);

/* It has them now, as they are or as they were a moment ago with more on the way. */
void
unsaved_forget(struct unsaved *unsaved, struct slice aor);

/* The AoR's bindings are others than those that may be on their way from here. */
void
unsaved_changed(struct unsaved *unsaved, struct slice aor);

/* The AoR's bindings as the store keeps them, in memory of the event. Empty: there are none.
 * Absent: out of memory. */
struct slice
unsaved_encode(const struct silo *silo, struct slice aor, struct moment now);

#endif
