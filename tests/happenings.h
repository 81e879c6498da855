/* happenings - what happened in simulated worlds, counted: so many steps mean little without
 * so many kills and lost packets in them. */
#ifndef TESTS_HAPPENINGS_H
#define TESTS_HAPPENINGS_H

#include <stdint.h>

enum happening {
    HAPPENED_STEP, /* events, after each of which an oracle may look */
    HAPPENED_KILL,
    HAPPENED_STOP,
    HAPPENED_DATAGRAM,
    HAPPENED_LOST,
    HAPPENED_DOUBLED,
    HAPPENED_OVERTAKEN, /* came before one that was sent earlier */
    HAPPENED_BREAK,     /* of a connection */
    HAPPENED_LIE,       /* of a phone */
    HAPPENED_JUMP,      /* of the wall clock */
    HAPPENED_COMMIT,
    HAPPENED_FAILED_COMMIT,
    HAPPENED_LIED_COMMIT,  /* done, and reported as failed */
    HAPPENED_EARLY_COMMIT, /* told to be safe first */
    HAPPENED_LATE_FAILURE, /* told to be safe, then reported as failed */
    HAPPENED_FAILED_READ,  /* or a step of tidying */
    HAPPENED_TIDY,
    HAPPENED_TWOFOLD, /* stored once more, since a jump made the engine forget */
    HAPPENINGS,
};

struct happenings {
    uint64_t counts[HAPPENINGS];
};

void
happenings_add(struct happenings *to, const struct happenings *more);

/* "1831911 steps, 812 kills, ...": what is not 0; in static memory. */
const char *
happenings_text(const struct happenings *happenings);

#endif
