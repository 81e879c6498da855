/* check - whether a store that outlived a power failure holds what was promised.
 *
 * Shape   What had returned before the cut is there, octet for octet and in order, and what
 *         was under way is there whole or not at all: messages, sums, bindings and origins all
 *         say the same. Then the store is worked with, and says what the model does.
 */
#ifndef TESTS_POWER_CHECK_H
#define TESTS_POWER_CHECK_H

#include "tests/power/work.h"

struct check {
    const struct work *work;
    struct memory_contents *acked, *begun; /* owned: at the cut */
    uint32_t acked_ops, begun_ops;
    int64_t now_s;
    char why[400];
};

void
check_begin(struct check *check, const struct work *work);

/* On to the cut behind so many events; never back. */
void
check_advance(struct check *check, uint32_t at);

void
check_free(struct check *check);

/* Which contents the store has that lies in that directory: `acked`, or `begun`. NULL: neither,
 * and check->why says what is wrong. */
struct memory_contents *
check_find(struct check *check, const char *directory);

/* The same, and then works with it. `thoroughly`: a command reads it before, and it is opened
 * again after the work. False: check->why. */
bool
check_image(struct check *check, const char *directory, bool thoroughly);

#endif
