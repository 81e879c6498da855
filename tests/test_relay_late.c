/* A phone takes a message after its sender was told that it is stored: the copy leaves the
 * store again, or the message would come twice. */
#include "tests/through.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum {
    HOUR_S = 3600,
    MINUTES_MS = 200000, /* longer than check_time and all timers */
};

/* Runs with an answer so late, and then until all is over: what is in the store. */
static size_t
stored_after_late(struct world *w, uint32_t delay_ms)
{
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    bob->answer.delay_ms = delay_ms;
    store_body(w, "bob", "one");
    phone_register(bob, 0); /* no tries after check_time */
    world_run(w, 60000);
    expect_bodies(bob, "one");
    assert_int_equal(only_final(w, w->tester), 202);
    assert_null(final_at(w, w->tester, 1));
    return stored_count(w);
}

/* What has arrived has arrived, and must not come a second time. */
static void
a_late_2xx_takes_the_copy_out_of_the_store(void **state)
{
    static const uint32_t delays_ms[] = { 10500, 12000, 20000, 31000 };

    (void)state;
    for (size_t i = 0; i < sizeof delays_ms / sizeof delays_ms[0]; i++) {
        assert_int_equal(stored_after_late(scene(), delays_ms[i]), 0);
        scene_end(NULL);
    }
}

/* RFC 3261 17.1.2.2: 64*T1 after the start nobody listens any more. */
static void
a_2xx_after_64_t1_is_too_late(void **state)
{
    (void)state;
    assert_int_equal(stored_after_late(scene(), 33000), 1);
}

static void
a_late_refusal_leaves_the_copy(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer = (struct answer){ .status = 603, .delay_ms = 12000 };
    store_body(w, "bob", "one");
    world_run(w, 10000);
    assert_int_equal(stored_count(w), 1);
    assert_int_equal(only_final(w, w->tester), 202);
}

/* The commit of the copy takes until five seconds after it. */
static void
a_late_2xx_before_the_commit_of_the_copy_counts(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.delay_ms = 12000;
    w->faults.delay_ms = 3000;
    ask_only(w->tester, &(struct ask){ 0 });
    world_run(w, 12500);
    assert_int_equal(bob->receipts->is_answered, true);
    assert_null(final_at(w, w->tester, 0));
    w->faults.delay_ms = 1;
    world_run(w, MINUTES_MS);
    assert_int_equal(only_final(w, w->tester), 202);
    assert_null(final_at(w, w->tester, 1));
    expect_bodies(bob, "hello");
    assert_int_equal(stored_count(w), 0);
}

/* Not stored after all, and the phone has it. */
static void
a_late_2xx_before_a_commit_that_fails_hurts_nobody(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.delay_ms = 12000;
    w->faults.delay_ms = 3000;
    w->faults.failed = 1000;
    ask_only(w->tester, &(struct ask){ 0 });
    world_run(w, 20000);
    assert_int_equal(only_final(w, w->tester), 503);
    assert_int_equal(stored_count(w), 0);
}

static void
a_late_2xx_while_the_copy_is_being_dumped_ends_its_tries(void **state)
{
    struct script script = { .answers = { { .status = 200, .delay_ms = 13000 },
                                          { .is_mute = true } },
                             .count = 2 };
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    follow(bob, &script);
    store_body(w, "bob", "one"); /* ten seconds have gone by */
    phone_register(bob, HOUR_S);
    world_run(w, 1000);
    expect_bodies(bob, "one one");
    assert_int_equal(stored_count(w), 1);
    world_run(w, 3000);
    assert_int_equal(stored_count(w), 0);
    world_run(w, MINUTES_MS);
    expect_bodies(bob, "one one");
    assert_int_equal(only_final(w, w->tester), 202);
}

/* The same, and the dump is answered, too: gone is gone. */
static void
a_late_2xx_beside_a_2xx_to_the_dump_removes_once(void **state)
{
    struct script script = { .answers = { { .status = 200, .delay_ms = 13000 },
                                          { .status = 200, .delay_ms = 4000 } },
                             2,
                             0 };
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    follow(bob, &script);
    store_body(w, "bob", "one");
    phone_register(bob, HOUR_S);
    world_run(w, 8000);
    assert_int_equal(stored_count(w), 0);
    script.next = 1;
    script.answers[1].delay_ms = 0;
    world_run(w, 1000);
    relay_body(w, "bob", "two");
    expect_bodies(bob, "one one two");
}

/* The removal is on its way to the disk: a dump that reads meanwhile passes it over. */
static void
a_copy_that_is_leaving_is_not_dumped(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.delay_ms = 12000;
    store_body(w, "bob", "one");
    w->faults.delay_ms = 1000;
    world_run(w, 2100); /* the late answer is there */
    bob->answer.delay_ms = 0;
    phone_register(bob, HOUR_S);
    world_run(w, MINUTES_MS);
    expect_bodies(bob, "one");
    assert_int_equal(stored_count(w), 0);
}

/* One of two phones. */
static void
a_late_2xx_of_any_phone_will_do(void **state)
{
    struct world *w = scene();
    struct phone *desk = phone_online(w, "bob", PROTOCOL_UDP);
    struct phone *soft = phone_online(w, "bob", PROTOCOL_TCP);

    (void)state;
    desk->answer = (struct answer){ .status = 480, .delay_ms = 11000 };
    soft->answer.delay_ms = 14000;
    store_body(w, "bob", "one");
    world_run(w, 2000);
    assert_int_equal(stored_count(w), 1);
    world_run(w, 3000);
    assert_int_equal(stored_count(w), 0);
}

/* After a death nobody knows the branch any more: the message may come twice, not never. */
static void
a_late_2xx_after_a_death_leaves_the_copy(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.delay_ms = 14000;
    store_body(w, "bob", "one");
    world_kill(w);
    world_run(w, 10000);
    assert_int_equal(stored_count(w), 1);
    bob->answer.delay_ms = 0;
    come_online(bob);
    expect_bodies(bob, "one one");
    assert_int_equal(stored_count(w), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_late_2xx_takes_the_copy_out_of_the_store),
        SCENE(a_2xx_after_64_t1_is_too_late),
        SCENE(a_late_refusal_leaves_the_copy),
        SCENE(a_late_2xx_before_the_commit_of_the_copy_counts),
        SCENE(a_late_2xx_before_a_commit_that_fails_hurts_nobody),
        SCENE(a_late_2xx_while_the_copy_is_being_dumped_ends_its_tries),
        SCENE(a_late_2xx_beside_a_2xx_to_the_dump_removes_once),
        SCENE(a_copy_that_is_leaving_is_not_dumped),
        SCENE(a_late_2xx_of_any_phone_will_do),
        SCENE(a_late_2xx_after_a_death_leaves_the_copy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
