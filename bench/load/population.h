/* population - who is online and who is not, to draw from either by chance. */
#ifndef BENCH_LOAD_POPULATION_H
#define BENCH_LOAD_POPULATION_H

#include <stdbool.h>
#include <stdint.h>

struct population {
    uint32_t *order, *position; /* owned; those online come first in order */
    uint32_t count, online;
};

/* All are offline. */
void
population_open(struct population *population, uint32_t count);

void
population_close(struct population *population);

void
population_set(struct population *population, uint32_t user, bool online);

bool
population_is_online(const struct population *population, uint32_t user);

/* One of those that are online, or of the others; of all where there are none. */
uint32_t
population_draw(const struct population *population, bool online, uint64_t chance);

#endif
