#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void
messages_are_read_oldest_first(void **state)
{
    struct stores *t = *state;

    stores_open_server(t);
    stores_store(t, "bob@example.org", "one");
    stores_store(t, "carol@example.org", "other");
    stores_store(t, "bob@example.org", "two");
    stores_store(t, "bob@example.org", "three");

    assert_string_equal(stores_bodies(t, "bob@example.org", 32), "one two three");
    assert_string_equal(stores_bodies(t, "bob@example.org", 1), "one two three");
    assert_string_equal(stores_bodies(t, "carol@example.org", 32), "other");
    assert_string_equal(stores_bodies(t, "dave@example.org", 32), "");
    assert_string_equal(stores_bodies(t, NULL, 2), "one other two three");
}

static void
messages_outlive_the_process(void **state)
{
    struct stores *t = *state;

    stores_open_server(t);
    stores_store(t, "bob@example.org", "one");
    stores_store(t, "bob@example.org", "two");
    stores_reopen(t);

    assert_string_equal(stores_bodies(t, "bob@example.org", 32), "one two");
}

static void
a_removed_message_is_gone_at_once_and_after_a_restart(void **state)
{
    struct stores *t = *state;
    uint64_t id;

    stores_open_server(t);
    stores_store(t, "bob@example.org", "one");
    id = stores_store(t, "bob@example.org", "two");
    stores_store(t, "bob@example.org", "three");
    stores_remove(t, id);

    assert_string_equal(stores_bodies(t, "bob@example.org", 32), "one three");
    stores_reopen(t);
    assert_string_equal(stores_bodies(t, "bob@example.org", 32), "one three");
    assert_string_equal(stores_bodies(t, NULL, 1), "one three");
}

static void
tail_and_index_are_read_as_one(void **state)
{
    struct stores *t = *state;
    uint64_t two, four;

    t->options.fold_at = 3;
    stores_open_server(t);
    stores_store(t, "bob@example.org", "one");
    two = stores_store(t, "bob@example.org", "two");
    stores_store(t, "bob@example.org", "three");
    stores_tidy(t, false, 100);
    four = stores_store(t, "bob@example.org", "four");
    stores_store(t, "bob@example.org", "five");

    assert_string_equal(stores_bodies(t, "bob@example.org", 2),
                        "one two three four five");
    stores_remove(t, two);
    stores_remove(t, four);
    assert_string_equal(stores_bodies(t, "bob@example.org", 2), "one three five");
    stores_tidy(t, false, 100);
    assert_string_equal(stores_bodies(t, "bob@example.org", 2), "one three five");
    stores_reopen(t);
    assert_string_equal(stores_bodies(t, "bob@example.org", 2), "one three five");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(messages_are_read_oldest_first, stores_setup,
                                        stores_teardown),
        cmocka_unit_test_setup_teardown(messages_outlive_the_process, stores_setup,
                                        stores_teardown),
        cmocka_unit_test_setup_teardown(
            a_removed_message_is_gone_at_once_and_after_a_restart, stores_setup,
            stores_teardown),
        cmocka_unit_test_setup_teardown(tail_and_index_are_read_as_one, stores_setup,
                                        stores_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
