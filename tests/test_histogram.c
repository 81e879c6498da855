/* The histogram of siload against exact values: sorted, and counted out. */
#include "bench/load/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/random.h"

enum {
    VALUES = 20000,
};

static const double parts[] = { 0, 0.0001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1 };

static int
compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* The smallest value that such a part of all does not exceed. */
static uint64_t
exact_at(const uint64_t *sorted, size_t count, double part)
{
    size_t rank = 1;

    while (rank < count && (double)rank < part * (double)count)
        rank++;
    return sorted[rank - 1];
}

static void
expect_close(const struct histogram *h, const uint64_t *sorted, size_t count)
{
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        uint64_t exact = exact_at(sorted, count, parts[i]);
        uint64_t got = histogram_at(h, parts[i]);

        assert_in_range(got, exact, exact + exact / 1024);
    }
}

/* Values of `powers` powers of two, each as likely as the other. */
static void
check_against_exact(uint64_t seed, unsigned powers)
{
    struct histogram *h = calloc(1, sizeof *h);
    uint64_t *value = calloc(VALUES, sizeof *value), sum = 0;
    struct random chance;

    random_seed(&chance, seed);
    for (size_t i = 0; i < VALUES; i++) {
        unsigned power = (unsigned)random_below(&chance, powers);

        value[i] = random_next(&chance) & ((UINT64_C(1) << (power + 1)) - 1);
        histogram_record(h, value[i]);
        sum += value[i];
    }
    qsort(value, VALUES, sizeof *value, compare);

    expect_close(h, value, VALUES);
    assert_int_equal(h->count, VALUES);
    assert_int_equal(h->min_ns, value[0]);
    assert_int_equal(h->max_ns, value[VALUES - 1]);
    assert_int_equal(histogram_at(h, 1), value[VALUES - 1]);
    assert_true(histogram_mean_ns(h) == (double)sum / VALUES);
    free(value);
    free(h);
}

static void
what_is_read_back_is_within_a_thousandth_of_the_exact_value(void **state)
{
    (void)state;
    for (unsigned powers = 1; powers <= HISTOGRAM_POWERS; powers += 4)
        check_against_exact(powers, powers);
}

/* Where one bucket ends and the next begins, none is left out and none is too wide. */
static void
each_power_of_two_and_its_neighbours_are_told_apart(void **state)
{
    (void)state;
    for (unsigned power = 0; power < HISTOGRAM_POWERS; power++)
        for (int step = -1; step <= 1; step++) {
            struct histogram *h = calloc(1, sizeof *h);
            uint64_t value = (UINT64_C(1) << power) + (uint64_t)step;

            histogram_record(h, value);
            histogram_record(h, HISTOGRAM_MAX_NS);
            assert_in_range(histogram_at(h, 0.5), value, value + value / 1024);
            free(h);
        }
}

static void
what_lasts_too_long_counts_as_the_longest(void **state)
{
    struct histogram *h = calloc(1, sizeof *h);

    (void)state;
    histogram_record(h, UINT64_MAX);
    histogram_record(h, 0);
    assert_int_equal(h->max_ns, HISTOGRAM_MAX_NS);
    assert_int_equal(histogram_at(h, 1), HISTOGRAM_MAX_NS);
    assert_int_equal(histogram_at(h, 0.5), 0);
    assert_int_equal(h->min_ns, 0);
    free(h);
}

static void
without_values_all_is_0(void **state)
{
    struct histogram *h = calloc(1, sizeof *h);

    (void)state;
    assert_int_equal(histogram_at(h, 0.99), 0);
    assert_true(histogram_mean_ns(h) == 0);
    free(h);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_back_is_within_a_thousandth_of_the_exact_value),
        cmocka_unit_test(each_power_of_two_and_its_neighbours_are_told_apart),
        cmocka_unit_test(what_lasts_too_long_counts_as_the_longest),
        cmocka_unit_test(without_values_all_is_0),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
