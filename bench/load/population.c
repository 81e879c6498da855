#include "bench/load/population.h"

#include "bench/load/memory.h"

void
population_open(struct population *p, uint32_t count)
{
    *p = (struct population){ .count = count };
    p->order = memory_take(count, sizeof *p->order);
    p->position = memory_take(count, sizeof *p->position);
    for (uint32_t i = 0; i < count; i++)
        p->order[i] = p->position[i] = i;
}

void
population_close(struct population *p)
{
    free(p->order);
    free(p->position);
}

bool
population_is_online(const struct population *p, uint32_t user)
{
    return p->position[user] < p->online;
}

static void
place(struct population *p, uint32_t user, uint32_t position)
{
    p->order[position] = user;
    p->position[user] = position;
}

/* Changes places with the one at the border, which then moves by one. */
void
population_set(struct population *p, uint32_t user, bool online)
{
    uint32_t from = p->position[user];
    uint32_t to = online ? p->online : p->online - 1;

    if (population_is_online(p, user) == online)
        return;
    place(p, p->order[to], from);
    place(p, user, to);
    p->online = online ? p->online + 1 : p->online - 1;
}

uint32_t
population_draw(const struct population *p, bool online, uint64_t chance)
{
    uint32_t first = online ? 0 : p->online;
    uint32_t count = online ? p->online : p->count - p->online;

    if (count == 0)
        return p->order[chance % p->count];
    return p->order[first + chance % count];
}
