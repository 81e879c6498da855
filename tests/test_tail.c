#include "store/tail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void
add(struct tail *tail, uint64_t id, uint64_t aor_hash)
{
    assert_true(tail_reserve(tail, 1, 0));
    tail_add(tail, id, aor_hash, (int64_t)id * 2, (uint32_t)id);
}

static void
mark(struct tail *tail, uint64_t sequence, uint64_t id)
{
    assert_true(tail_reserve(tail, 0, 1));
    tail_mark(tail, sequence, id, 1);
}

static void
an_aor_s_messages_are_walked_from_any_id(void **state)
{
    static struct tail tail;
    struct tail_walk walk;
    struct tail_entry entry;

    (void)state;
    for (uint64_t id = 1; id <= 100; id++)
        add(&tail, id, id % 4);
    walk = tail_find(&tail, 1, 9);
    for (uint64_t id = 13; id <= 97; id += 4) {
        assert_true(tail_walk_next(&tail, &walk, &entry));
        assert_int_equal(entry.id, id);
        assert_int_equal(entry.exp_time_s, (int64_t)id * 2);
        assert_int_equal(entry.size, id);
    }
    assert_false(tail_walk_next(&tail, &walk, &entry));
    walk = tail_find(&tail, 99, 0);
    assert_false(tail_walk_next(&tail, &walk, &entry));
    tail_free(&tail);
}

static void
what_is_known_already_is_ignored(void **state)
{
    static struct tail tail;

    (void)state;
    add(&tail, 5, 1);
    add(&tail, 5, 1);
    add(&tail, 4, 1);
    mark(&tail, 2, 5);
    mark(&tail, 1, 4);
    assert_int_equal(tail_count(&tail), 2);
    assert_true(tail_is_gone(&tail, 5));
    assert_false(tail_is_gone(&tail, 4));
    tail_free(&tail);
}

static void
a_fold_ends_what_lies_up_to_its_points(void **state)
{
    static struct tail tail;
    struct tail_walk walk;
    struct tail_entry entry;

    (void)state;
    for (uint64_t id = 1; id <= 10; id++)
        add(&tail, id, 1);
    mark(&tail, 1, 2);
    mark(&tail, 2, 9);
    tail_fold(&tail, 8, 1);

    assert_false(tail_is_gone(&tail, 2));
    assert_true(tail_is_gone(&tail, 9));
    walk = tail_first(&tail, 1);
    assert_true(tail_walk_next(&tail, &walk, &entry));
    assert_int_equal(entry.id, 9);
    assert_int_equal(tail_count(&tail), 3);
    tail_fold(&tail, 20, 7);
    assert_int_equal(tail_count(&tail), 0);
    assert_int_equal(tail.last_id, 20);
    assert_int_equal(tail.last_gone, 7);
    tail_free(&tail);
}

/* A reader's place is remembered by slot, and slots are used again. */
static void
a_place_remembered_before_a_fold_misleads_nobody(void **state)
{
    static struct tail tail;

    (void)state;
    for (uint64_t id = 1; id <= 2000; id++) {
        struct tail_walk walk;
        struct tail_entry entry;
        uint64_t after = id > 3 ? id - 3 : 0;

        add(&tail, id, id % 2);
        walk = tail_find(&tail, id % 2, after);
        assert_true(tail_walk_next(&tail, &walk, &entry));
        assert_int_equal(entry.id, after < 1 ? (id % 2 ? 1 : 2) : id - 2);
        if (id % 50 == 0)
            tail_fold(&tail, id - 10, 0);
    }
    tail_free(&tail);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_aor_s_messages_are_walked_from_any_id),
        cmocka_unit_test(what_is_known_already_is_ignored),
        cmocka_unit_test(a_fold_ends_what_lies_up_to_its_points),
        cmocka_unit_test(a_place_remembered_before_a_fold_misleads_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
