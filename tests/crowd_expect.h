/* crowd_expect - what tests of the bounds expect of the server that a crowd meets. */
#ifndef TESTS_CROWD_EXPECT_H
#define TESTS_CROWD_EXPECT_H

#include "tests/crowd.h"

enum {
    OVER = 1000,   /* more than there is room for */
    PUSH = 100000, /* refused ones, which must leave nothing behind */
    J_MS = 32000,
    FR_MS = 10000,
    CHECK_MS = 30000,
    BIG = 59000,     /* octets of a body: what is longer is not stored, 413 */
    GROWN_KIB = 512, /* what requests that are refused may leave behind */
    BOB = 0,
    ALICE = 2000000,
};

/* A test whose state is a crowd with the usual settings. */
#define FILLED(name) cmocka_unit_test_setup_teardown(name, crowd_set_up, crowd_tear_down)

int
crowd_set_up(void **state);

int
crowd_tear_down(void **state);

/* In what the server sent last. */
bool
has_line(const struct crowd *c, const char *line);

/* The last answer is a 503 for this reason, and says when to come again. */
void
assert_refused(const struct crowd *c, const char *reason);

/* Since crowd_allocated_kib was `before_kib`. AddressSanitizer has a malloc of its own: there it
 * is not known. */
void
assert_not_grown(uint64_t before_kib, uint64_t by_kib);

#endif
