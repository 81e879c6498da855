/* power - a test's disk: a store on it is worked with, then the power is cut behind every
 * event, and what the disk may hold is opened and compared with what was promised.
 *
 *     work_open(&p->work);
 *     work_put(&p->work, 0, 10, WORK_LONG_S);
 *     work_commit(&p->work);
 *     power_cut(p, p->work.ops[0].began);
 *
 * Images  IMAGES of each test, one at least of every cut, each cut in proportion to how many
 *         of a pattern it has. A failure prints SEED, CUT and IMAGE, with which the same one
 *         is made again and no other.
 */
#ifndef TESTS_POWER_POWER_H
#define TESTS_POWER_POWER_H

#include "tests/power/work.h"

struct power {
    struct stores *t; /* owned */
    struct work work;
    char root[280], image[280]; /* what is traced; where images are laid */
    uint32_t parts;             /* so many shares of the images */
    uint32_t made, cuts;        /* images, and the cuts they are of */
    uint64_t patterns;          /* of those cuts */
};

/* Before all tests: in memory where there is a place for it, and a line for a crash. */
void
power_begin(void);

/* As cmocka's setup and teardown: *state is a struct power, its root is empty and traced. */
int
power_setup(void **state);

int
power_teardown(void **state);

/* An empty root again: the n-th part of a test that has so many. */
void
power_start_anew(struct power *p, uint32_t part, uint32_t parts);

/* The root becomes one image, drawn, of a cut behind event `from`. The store is closed; what
 * is done to it next belongs to a trace of its own. */
void
power_outlive_one(struct power *p, uint32_t from);

/* Closes the store and tries images of every cut behind event `from`. */
void
power_cut(struct power *p, uint32_t from);

/* A trace that leaves something out would prove nothing. */
void
power_assert_trace_is_whole(struct power *p);

/* The directory itself stays. */
void
power_remove_below(const char *path);

#endif
