/* stored - the messages that stores under measurement hold: all follows from their number. */
#ifndef BENCH_MICRO_STORED_H
#define BENCH_MICRO_STORED_H

#include "store/record.h"

enum {
    STORED_TEXT = 64,
    STORED_NOW_S = 1700000000,
};

/* A record and the text that it names. */
struct stored {
    struct record record;
    char uri[STORED_TEXT]; /* "sip:", then the AoR */
};

/* Message `number`, of one of `users` users in turn; about 450 octets encoded. */
void
stored_make(struct stored *stored, uint64_t number, uint64_t users);

#endif
