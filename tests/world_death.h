/* world_death - the process of the simulated world dies inside of a turn.
 *
 * Between two events world_die ends it. But within one event the server may do many things:
 * it dies after the n-th of them, and what it does beyond is done by nobody. Things are what
 * others see: what it sends or closes, what it hands to the disk, what it asks a name server.
 */
#ifndef TESTS_WORLD_DEATH_H
#define TESTS_WORLD_DEATH_H

#include <stdbool.h>
#include <stdint.h>

struct world;

struct death {
    uint64_t things;       /* that servers did so far */
    uint64_t after_things; /* it dies after that one; 0: it is not to */
    bool is_dying;         /* until the event is over */
    bool is_written;       /* a commit that is out at a death is done */
};

/* For network and disk: the server is about to do a thing. False: it does not come to that. */
bool
world_does(struct world *w);

/* It dies after so many things more, and a new one starts. */
void
world_die_after(struct world *w, uint64_t things);

#endif
