#include "store/queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void
add(struct queue *queue, uint64_t key, uint64_t order)
{
    assert_true(queue_reserve(queue, 1));
    queue_add(queue, (struct queue_item){ .key = key, .order = order });
}

static void
items_of_a_key_come_in_their_order(void **state)
{
    struct queue queue = { 0 };
    const struct queue_item *item;

    (void)state;
    for (uint64_t i = 0; i < 1000; i++)
        add(&queue, i % 7, i);
    item = queue_first(&queue, 3);
    for (uint64_t i = 3; i < 1000; i += 7, item = queue_next(&queue, item)) {
        assert_non_null(item);
        assert_int_equal(item->order, i);
    }
    assert_null(item);
    assert_null(queue_first(&queue, 7));
    queue_free(&queue);
}

/* The ring wraps many times while it stays small. */
static void
what_was_dropped_is_found_no_more(void **state)
{
    struct queue queue = { 0 };

    (void)state;
    for (uint64_t i = 0; i < 5000; i++) {
        add(&queue, i % 3, i);
        if (queue.count > 50)
            queue_drop(&queue, queue_count_to(&queue, i - 30));
        assert_int_equal(queue_at(&queue, queue.count - 1)->order, i);
        assert_true(queue_first(&queue, i % 3)->order >= queue_at(&queue, 0)->order);
    }
    assert_int_equal(queue.room, 64);
    queue_drop(&queue, queue.count);
    for (uint64_t key = 0; key < 3; key++)
        assert_null(queue_first(&queue, key));
    queue_free(&queue);
}

static void
the_count_up_to_an_order_is_exact(void **state)
{
    struct queue queue = { 0 };

    (void)state;
    assert_int_equal(queue_count_to(&queue, 5), 0);
    for (uint64_t i = 1; i <= 10; i++)
        add(&queue, i, i * 10);
    assert_int_equal(queue_count_to(&queue, 9), 0);
    assert_int_equal(queue_count_to(&queue, 10), 1);
    assert_int_equal(queue_count_to(&queue, 99), 9);
    assert_int_equal(queue_count_to(&queue, 1000), 10);
    queue_free(&queue);
}

static void
more_than_the_limit_is_refused(void **state)
{
    struct queue queue = { 0 };

    (void)state;
    assert_false(queue_reserve(&queue, (size_t)QUEUE_MAX + 1));
    assert_false(queue_reserve(&queue, SIZE_MAX));
    queue_free(&queue);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_of_a_key_come_in_their_order),
        cmocka_unit_test(what_was_dropped_is_found_no_more),
        cmocka_unit_test(the_count_up_to_an_order_is_exact),
        cmocka_unit_test(more_than_the_limit_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
