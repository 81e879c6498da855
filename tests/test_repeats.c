#include "store/repeats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct hash128
origin(uint8_t first, uint8_t last)
{
    return (struct hash128){ { [0] = first, [15] = last } };
}

static void
remember(struct repeats *repeats, uint8_t first, uint8_t last, int64_t now_s)
{
    struct hash128 hash = origin(first, last);

    assert_true(repeats_reserve(repeats, 1));
    repeats_add(repeats, &hash, now_s);
}

static bool
has(const struct repeats *repeats, uint8_t first, uint8_t last, int64_t now_s)
{
    struct hash128 hash = origin(first, last);

    return repeats_has(repeats, &hash, now_s);
}

static void
an_origin_is_known_for_64_seconds(void **state)
{
    struct repeats repeats = { 0 };

    (void)state;
    remember(&repeats, 1, 1, 1000);
    assert_true(has(&repeats, 1, 1, 1000));
    assert_true(has(&repeats, 1, 1, 1064));
    assert_false(has(&repeats, 1, 1, 1065));
    repeats_free(&repeats);
}

static void
origins_that_share_a_half_are_told_apart(void **state)
{
    struct repeats repeats = { 0 };

    (void)state;
    remember(&repeats, 1, 1, 1000);
    assert_false(has(&repeats, 1, 2, 1000));
    assert_false(has(&repeats, 2, 1, 1000));
    repeats_free(&repeats);
}

static void
pruning_drops_what_is_over_and_no_more(void **state)
{
    struct repeats repeats = { 0 };
    struct hash128 first;

    (void)state;
    remember(&repeats, 1, 1, 1000);
    remember(&repeats, 2, 1, 1001);
    repeats_prune(&repeats, 1065);
    assert_int_equal(repeats.origins.count, 1);
    assert_true(has(&repeats, 2, 1, 1065));
    first = repeats_origin(&repeats, 0);
    assert_int_equal(first.bytes[0], 2);
    repeats_clear(&repeats);
    assert_false(has(&repeats, 2, 1, 1065));
    repeats_free(&repeats);
}

/* Set back by an hour: what was remembered in the future does not stay for ever. */
static void
a_clock_that_was_set_back_forgets_what_is_far_ahead(void **state)
{
    struct repeats repeats = { 0 };

    (void)state;
    remember(&repeats, 1, 1, 5000);
    assert_true(has(&repeats, 1, 1, 4990));
    assert_false(has(&repeats, 1, 1, 1400));
    repeats_prune(&repeats, 1400);
    assert_int_equal(repeats.origins.count, 0);
    assert_true(repeats_is_over(INT64_MIN, INT64_MAX));
    repeats_free(&repeats);
}

static void
many_at_once_are_the_same_as_one_by_one(void **state)
{
    static const size_t counts[] = { 0, 1, 7, 8, 9, 15, 16, 17, 200 };

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct repeats repeats = { 0 };
        struct hash128 all[200];

        for (size_t k = 0; k < counts[i]; k++)
            all[k] = origin((uint8_t)k, (uint8_t)(k % 3));
        assert_true(repeats_reserve(&repeats, counts[i]));
        repeats_add_all(&repeats, (const char *)all, counts[i], 1000);
        assert_int_equal(repeats.origins.count, counts[i]);
        for (uint32_t k = 0; k < counts[i]; k++) {
            struct hash128 added = repeats_origin(&repeats, k);

            assert_memory_equal(added.bytes, all[k].bytes, sizeof added.bytes);
            assert_true(has(&repeats, (uint8_t)k, (uint8_t)(k % 3), 1064));
        }
        repeats_free(&repeats);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_origin_is_known_for_64_seconds),
        cmocka_unit_test(origins_that_share_a_half_are_told_apart),
        cmocka_unit_test(pruning_drops_what_is_over_and_no_more),
        cmocka_unit_test(a_clock_that_was_set_back_forgets_what_is_far_ahead),
        cmocka_unit_test(many_at_once_are_the_same_as_one_by_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
