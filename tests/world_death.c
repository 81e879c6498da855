#include "tests/world_death.h"

#include "tests/world.h"

bool
world_does(struct world *w)
{
    struct death *death = &w->death;

    if (death->is_dying)
        return false;
    death->is_dying = ++death->things == death->after_things;
    return true;
}

void
world_die_after(struct world *w, uint64_t things)
{
    w->death.after_things = w->death.things + things;
}
