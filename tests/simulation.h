/* simulation - a world with users, phones, senders and an oracle: how it begins, and how it
 * has to end after whatever a test has done to it.
 *
 *     simulation_begin(&s, world, trace);
 *     ... simulation_post(&s, 0, "bob", "", SLICE("hello")); simulation_run(&s, 1000); ...
 *     simulation_settle(&s);
 *     simulation_end(&s, &outcome);
 *
 * Shape   PHONES phones of USERS users, over UDP or TCP as chance has it; a phone answers as
 *         s.badness says. SENDERS others only send.
 */
#ifndef TESTS_SIMULATION_H
#define TESTS_SIMULATION_H

#include "tests/oracle.h"

enum {
    USERS = 3,
    PHONES = 5,
    SENDERS = 3,
};

struct simulation {
    struct world *w; /* owned */
    struct oracle oracle;
    struct phone *phones[PHONES]; /* of user i % USERS */
    struct phone *senders[SENDERS];
    uint32_t badness; /* per mille of answers that are not a plain 200 */
};

struct simulation_outcome {
    struct happenings happened;
    char failure[WORLD_FAILURE]; /* empty: all is well */
};

const char *
simulation_user(uint32_t index);

/* The world becomes the simulation's. */
void
simulation_begin(struct simulation *s, struct world *w, FILE *trace);

uint32_t
simulation_below(struct simulation *s, uint32_t bound);

struct posted *
simulation_post(struct simulation *s, uint32_t sender, uint32_t user, const char *headers,
                struct slice body);

/* So many milliseconds, and the oracle looks after each event. */
void
simulation_run(struct simulation *s, uint64_t ms);

/* Heals everything and waits until it is quiet. Then phones register, and all that was
 * promised has to have come. */
void
simulation_settle(struct simulation *s);

void
simulation_end(struct simulation *s, struct simulation_outcome *out);

#endif
