#include "src/sip/hash_table.h"
#include "src/sip/timer_wheel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    THINGS = 5000,
};

struct thing {
    bool is_in;
    struct hash_link link;
};

static uint64_t
hash_of(size_t i)
{
    return i * UINT64_C(0x9e3779b97f4a7c15) >> 7;
}

static bool
holds(const struct hash_table *table, const struct thing *thing, uint64_t hash)
{
    const struct hash_link *link = hash_table_find(table, hash);

    while (link != NULL && link != &thing->link)
        link = hash_link_next(link);
    return link != NULL;
}

static void
what_is_in_is_found_and_nothing_else(void **state)
{
    struct thing *things = calloc(THINGS, sizeof *things);
    struct hash_table table;
    size_t count = 0;

    (void)state;
    assert_true(hash_table_init(&table));
    for (size_t i = 0; i < THINGS; i++) {
        size_t other = i * 7 % (i + 1);

        hash_table_insert(&table, &things[i].link, hash_of(i));
        things[i].is_in = true;
        count++;
        if (i % 3 == 0 && things[other].is_in) {
            hash_table_remove(&table, &things[other].link);
            things[other].is_in = false;
            count--;
        }
        assert_int_equal(table.count, count);
        assert_true(table.used >= count);
    }
    for (size_t i = 0; i < THINGS; i++)
        assert_int_equal(holds(&table, &things[i], hash_of(i)), things[i].is_in);
    hash_table_free(&table);
    free(things);
}

static void
things_of_one_hash_are_all_found(void **state)
{
    struct thing things[3] = { 0 }, other = { 0 };
    struct hash_table table;

    (void)state;
    assert_true(hash_table_init(&table));
    hash_table_insert(&table, &things[0].link, 5);
    hash_table_insert(&table, &other.link, 5 + 16);
    hash_table_insert(&table, &things[1].link, 5);
    hash_table_insert(&table, &things[2].link, 5);
    hash_table_remove(&table, &things[1].link);

    assert_true(holds(&table, &things[0], 5));
    assert_false(holds(&table, &things[1], 5));
    assert_true(holds(&table, &things[2], 5));
    assert_false(holds(&table, &other, 5));
    assert_true(holds(&table, &other, 5 + 16));
    hash_table_free(&table);
}

/* Linear hashing: buckets are split in order, one at a time. */
static void
a_hash_belongs_to_the_bucket_that_was_split_off_for_it(void **state)
{
    static const struct {
        uint64_t hash;
        size_t used, bucket;
    } rows[] = {
        { 7, 1, 0 }, { 7, 2, 1 }, { 7, 3, 1 }, { 6, 3, 2 }, { 7, 4, 3 },
        { 7, 5, 3 }, { 4, 5, 4 }, { 7, 7, 3 }, { 7, 8, 7 }, { UINT64_MAX, 8, 7 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(hash_bucket(rows[i].hash, rows[i].used), rows[i].bucket);
}

static void
everything_can_be_taken_down(void **state)
{
    struct thing *things = calloc(THINGS, sizeof *things);
    struct hash_table table;
    struct hash_link *link;
    size_t bucket = 0, taken = 0;

    (void)state;
    assert_true(hash_table_init(&table));
    for (size_t i = 0; i < THINGS; i++)
        hash_table_insert(&table, &things[i].link, hash_of(i));
    while ((link = hash_table_any(&table, &bucket)) != NULL) {
        hash_table_remove(&table, link);
        taken++;
    }
    assert_int_equal(taken, THINGS);
    assert_int_equal(table.count, 0);
    hash_table_free(&table);
    free(things);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_in_is_found_and_nothing_else),
        cmocka_unit_test(things_of_one_hash_are_all_found),
        cmocka_unit_test(a_hash_belongs_to_the_bucket_that_was_split_off_for_it),
        cmocka_unit_test(everything_can_be_taken_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
