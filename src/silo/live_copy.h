/* live_copy - the stored copy of a message that was relayed and not answered in time.
 *
 * Its phone may still say that it took the message: then the copy leaves the store again, or
 * the message would arrive twice (RFC 3261 17.1.1.2 lets a client wait for 64*T1). Two events
 * come in any order: the commit of the copy is back (live_copy_stored), and the relay is over
 * (live_copy_over).
 *
 * Memory  One block; freed when both have come and nothing is left to be done.
 */
#ifndef SILO_LIVE_COPY_H
#define SILO_LIVE_COPY_H

#include "src/silo/silo.h"

/* NULL: out of memory. */
struct live_copy *
live_copy_new(struct silo *silo);

/* `id` 0: nothing was stored. `aor`: in whose silo it lies. */
void
live_copy_stored(struct live_copy *copy, uint64_t id, struct slice aor,
                 struct moment now);

/* `taken`: the phone has it. */
void
live_copy_over(struct live_copy *copy, bool taken, struct moment now);

/* Ends all of them, at the end of the server. */
void
live_copies_free(struct silo *silo);

#endif
