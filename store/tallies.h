/* tallies - how many messages wait for an AoR, remembered between commits.
 *
 * Shape   One slot per few AoRs: a miss costs a walk over that AoR's messages, so a sum that
 *         is in doubt is forgotten and never guessed.
 */
#ifndef STORE_TALLIES_H
#define STORE_TALLIES_H

#include <stdbool.h>
#include <stdint.h>

enum {
    TALLIES = 4096, /* slots; a power of two */
};

struct tally {
    uint64_t aor_hash;
    uint64_t count, bytes; /* live ones, at the time counted */
    int64_t counted_s;     /* good from here */
    int64_t earliest_s;    /* until one of them expires; INT64_MIN: an unused slot */
};

struct tallies {
    struct tally *slots; /* owned; NULL until limits are first used */
};

void
tallies_free(struct tallies *tallies);

/* The AoR's tally; *known says whether it holds. NULL: out of memory. */
struct tally *
tallies_of(struct tallies *tallies, uint64_t aor_hash, int64_t now_s, bool *known);

/* Begins a sum that holds from now on. */
void
tally_begin(struct tally *tally, uint64_t aor_hash, int64_t now_s);

/* Takes in one message if it is live by then. */
void
tally_add(struct tally *tally, int64_t exp_time_s, uint64_t bytes);

void
tallies_forget(struct tallies *tallies, uint64_t aor_hash);

void
tallies_forget_all(struct tallies *tallies);

#endif
