#include "tests/crowd_expect.h"

#include "src/limits.h"
#include "src/sanitizer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

int
crowd_set_up(void **state)
{
    *state = crowd_new(NULL);
    return 0;
}

int
crowd_tear_down(void **state)
{
    crowd_free(*state);
    return 0;
}

bool
has_line(const struct crowd *c, const char *line)
{
    return strstr(c->sent, line) != NULL;
}

void
assert_refused(const struct crowd *c, const char *reason)
{
    const char name[] = "\r\nRetry-After: ", *retry = strstr(c->sent, name);
    char line[100];

    snprintf(line, sizeof line, "SIP/2.0 503 %s\r\n", reason);
    assert_int_equal(c->last_status, 503);
    assert_true(has_line(c, line));
    assert_non_null(retry);
    assert_in_range(atoi(retry + strlen(name)), LIMIT_RETRY_AFTER_S,
                    LIMIT_RETRY_AFTER_S + LIMIT_RETRY_SPREAD_S - 1);
}

void
assert_not_grown(uint64_t before_kib, uint64_t by_kib)
{
#if !SANITIZES_ADDRESS
    uint64_t after_kib = crowd_allocated_kib();

    if (after_kib > before_kib + by_kib)
        fail_msg("%llu KiB, then %llu", (unsigned long long)before_kib,
                 (unsigned long long)after_kib);
#else
    (void)before_kib;
    (void)by_kib;
#endif
}
