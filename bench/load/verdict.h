/* verdict - what is to be held of a run. */
#ifndef BENCH_LOAD_VERDICT_H
#define BENCH_LOAD_VERDICT_H

#include "bench/load/run.h"

/* Exit codes. */
enum verdict_code {
    VERDICT_DAMAGED = 1,
    VERDICT_FAILED = 2,
    VERDICT_UNANSWERED = 3,
    VERDICT_INTERRUPTED = 130,
};

/* Messages that were accepted and did not arrive, though they had their chance: of all users, or
 * of those alone who were given up, where not everybody's turn came. */
uint64_t
verdict_lost(const struct run *run);
uint64_t
verdict_user_lost(const struct run *run, uint32_t user);

/* A message was lost, doubled, corrupted, out of order or given to somebody else; with --strict,
 * changed. */
bool
verdict_is_damaged(const struct run *run);
bool
verdict_is_user_damaged(const struct run *run, uint32_t user);

/* Something of what is measured succeeded. */
bool
verdict_has_succeeded(const struct run *run);

/* "whole", "damaged", "failed" (nothing succeeded), "unanswered" (a request was) or
 * "interrupted", and the exit code for it. */
const char *
verdict_word(const struct run *run);
int
verdict_exit_code(const struct run *run);

#endif
