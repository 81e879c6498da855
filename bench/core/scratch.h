/* scratch - a real store on the disk, in a directory of its own that goes with it.
 *
 * Messages of one size come one after the other, for AoRs in rotation; the clock goes along.
 *
 * Errors  The program ends, with a reason.
 */
#ifndef BENCH_CORE_SCRATCH_H
#define BENCH_CORE_SCRATCH_H

#include <stdint.h>

struct scratch;

/* `aors` is a power of two; `fold_at` as in store/store.h. */
struct scratch *
scratch_new(uint32_t fold_at, uint32_t aors);

void
scratch_free(struct scratch *scratch);

/* So many messages in one commit. */
void
scratch_put(struct scratch *scratch, uint32_t count);

/* The last ones, in one commit. */
void
scratch_remove_last(struct scratch *scratch, uint32_t count);

/* Until nothing is left to fold. */
void
scratch_fold(struct scratch *scratch);

/* One AoR's page, which has to have so many messages. */
void
scratch_read(struct scratch *scratch, uint32_t aor, uint32_t expected);

#endif
