/* A request that comes again is not sent to a phone a second time, whatever happened since. */
#include "src/silo/recent.h"
#include "tests/behaviour.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum {
    AFTER_TIMER_J_MS = 33000,
};

static struct hash128
origin_of(uint32_t number)
{
    struct hash128 origin = { { 0 } };
    uint64_t spread = number * 0x9e3779b97f4a7c15u;

    memcpy(origin.bytes, &spread, sizeof spread);
    return origin;
}

static void
a_stored_request_that_comes_again_to_an_online_user_is_202(void **state)
{
    struct world *w = scene();
    struct slice request = ask_text(w->tester, &(struct ask){ 0 });
    struct phone *bob;

    (void)state;
    assert_int_equal(ask_bytes(w, request), 202);
    bob = phone_online(w, "bob", PROTOCOL_UDP);
    world_run(w, AFTER_TIMER_J_MS);
    assert_int_equal(ask_bytes(w, request), 202);
    world_run(w, 1000);
    expect_bodies(bob, "hello");
}

static void
the_same_after_a_restart(void **state)
{
    struct world *w = scene();
    struct slice request = ask_text(w->tester, &(struct ask){ 0 });
    struct phone *bob;

    (void)state;
    assert_int_equal(ask_bytes(w, request), 202);
    world_kill(w);
    bob = phone_online(w, "bob", PROTOCOL_UDP);
    expect_bodies(bob, "hello");
    assert_int_equal(ask_bytes(w, request), 202);
    world_run(w, 1000);
    expect_bodies(bob, "hello");
}

static void
an_origin_is_known_for_a_minute_and_then_forgotten(void **state)
{
    struct recent recent = { .generations = { NULL } };
    const struct hash128 first = origin_of(1), second = origin_of(2),
                         third = origin_of(3);

    (void)state;
    assert_false(recent_has(&recent, &first));
    recent_add(&recent, &first, (struct moment){ 1000, 0 });
    assert_true(recent_has(&recent, &first));
    assert_false(recent_has(&recent, &second));
    recent_add(&recent, &second, (struct moment){ 1000 + RECENT_S * 1000, 0 });
    assert_true(recent_has(&recent, &first));
    recent_add(&recent, &third, (struct moment){ 1000 + 2 * RECENT_S * 1000, 0 });
    assert_false(recent_has(&recent, &first));
    assert_true(recent_has(&recent, &second));
    recent_free(&recent);
}

static void
a_flood_pushes_out_the_oldest_and_no_more(void **state)
{
    struct recent recent = { .generations = { NULL } };
    const struct moment now = { 1000, 0 };
    struct hash128 origin;

    (void)state;
    for (uint32_t i = 1; i <= 2 * RECENT_MAX + 1; i++) {
        origin = origin_of(i);
        recent_add(&recent, &origin, now);
    }
    origin = origin_of(1);
    assert_false(recent_has(&recent, &origin));
    for (uint32_t i = RECENT_MAX + 1; i <= 2 * RECENT_MAX + 1; i++) {
        origin = origin_of(i);
        assert_true(recent_has(&recent, &origin));
    }
    recent_free(&recent);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_stored_request_that_comes_again_to_an_online_user_is_202),
        SCENE(the_same_after_a_restart),
        cmocka_unit_test(an_origin_is_known_for_a_minute_and_then_forgotten),
        cmocka_unit_test(a_flood_pushes_out_the_oldest_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
