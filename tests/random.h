/* random - chance from a seed: the same seed, the same numbers on every machine.
 *
 * xoshiro256** (Blackman and Vigna, 2018), seeded by splitmix64.
 */
#ifndef TESTS_RANDOM_H
#define TESTS_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
    uint64_t state[4];
};

void
random_seed(struct random *random, uint64_t seed);

/* What SEED in the environment says, or another one each time. */
uint64_t
random_seed_given(void);

uint64_t
random_next(struct random *random);

/* 0 to bound - 1; 0 for a bound of 0. */
uint32_t
random_below(struct random *random, uint32_t bound);

/* True in so many of a thousand cases. Draws in any case, so that switching a fault off does
 * not move what comes after it. */
bool
random_chance(struct random *random, uint32_t per_mille);

#endif
