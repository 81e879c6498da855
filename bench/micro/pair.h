/* pair - the figures of two that do the same in turns: rate and CPU of each, and the ratio of
 * the rates, round by round. */
#ifndef BENCH_MICRO_PAIR_H
#define BENCH_MICRO_PAIR_H

#include "bench/micro/figures.h"
#include "bench/micro/stopwatch.h"

enum {
    PAIR_SUBJECTS = 2,
};

struct pair {
    struct figure rate[PAIR_SUBJECTS], cpu[PAIR_SUBJECTS], ratio;
    double latest[PAIR_SUBJECTS]; /* rates of this round */
};

void
pair_init(struct pair *pair, const char *const names[PAIR_SUBJECTS], const char *measure,
          uint64_t size, uint32_t batch);

/* What a subject did in this round, each subject once. */
void
pair_add(struct pair *pair, uint32_t subject, double operations,
         const struct stopwatch *watch);

void
pair_close_round(struct pair *pair);

void
pair_print(const struct figures *figures, const struct pair *pair);

#endif
