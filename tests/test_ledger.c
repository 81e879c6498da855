/* What siload counts as lost, doubled, corrupted, out of order and given to somebody else. */
#include "bench/load/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    RUN = 0x1a2b3c4d,
    USERS = 3,
    BODY = 128,
};

struct scene {
    struct ledger ledger;
    char body[BODY];
    uint32_t branch; /* another one for each delivery */
};

static int
open_scene(void **state)
{
    struct scene *s = calloc(1, sizeof *s);

    ledger_open(&s->ledger, USERS, RUN);
    *state = s;
    return 0;
}

static int
close_scene(void **state)
{
    struct scene *s = *state;

    ledger_close(&s->ledger);
    free(s);
    return 0;
}

/* Messages 0 to `count` - 1 of the user, each accepted before the next is sent. */
static void
store(struct scene *s, uint32_t user, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        ledger_accept(&s->ledger, user, ledger_send(&s->ledger, user));
}

static void
write_body(struct scene *s, uint32_t run, uint32_t user, uint32_t sequence)
{
    body_write(s->body, BODY, &(struct body){ run, user, sequence, false });
}

static bool
arrive_at(struct scene *s, uint32_t at, struct slice text)
{
    return ledger_arrive(&s->ledger, at, text, true, ++s->branch);
}

static bool
arrive(struct scene *s, uint32_t user, uint32_t sequence)
{
    write_body(s, RUN, user, sequence);
    return arrive_at(s, user, slice_of(s->body, BODY));
}

static void
what_arrives_once_and_in_order_is_whole(void **state)
{
    struct scene *s = *state;
    const struct ledger *l = &s->ledger;

    store(s, 0, 3);
    store(s, 2, 1);
    assert_int_equal(l->waiting, 4);
    for (uint32_t i = 0; i < 3; i++)
        assert_true(arrive(s, 0, i));
    assert_true(arrive(s, 2, 0));

    assert_int_equal(l->arrived, 4);
    assert_int_equal(l->waiting, 0);
    assert_int_equal(l->doubled + l->corrupted + l->reordered + l->misdelivered +
                         l->changed + l->stale + l->foreign + l->repeated,
                     0);
}

static void
what_was_accepted_and_did_not_arrive_is_waited_for(void **state)
{
    struct scene *s = *state;

    store(s, 1, 3);
    arrive(s, 1, 0);
    arrive(s, 1, 2);
    assert_int_equal(s->ledger.waiting, 1);
    assert_int_equal(s->ledger.users[1].waiting, 1);
    assert_int_equal(s->ledger.reordered, 0);
}

static void
what_was_not_accepted_is_not_waited_for(void **state)
{
    struct scene *s = *state;

    ledger_send(&s->ledger, 0);
    assert_int_equal(s->ledger.waiting, 0);
}

/* A delivery may be faster than the answer to the sender. */
static void
what_arrives_before_it_is_accepted_is_not_waited_for(void **state)
{
    struct scene *s = *state;
    uint32_t sequence = ledger_send(&s->ledger, 0);

    assert_true(arrive(s, 0, sequence));
    ledger_accept(&s->ledger, 0, sequence);
    assert_int_equal(s->ledger.waiting, 0);
}

static void
the_same_transaction_is_repeated_another_one_is_doubled(void **state)
{
    struct scene *s = *state;

    store(s, 0, 1);
    arrive(s, 0, 0);
    s->branch--;
    assert_false(arrive(s, 0, 0));
    assert_int_equal(s->ledger.repeated, 1);
    assert_int_equal(s->ledger.doubled, 0);
    assert_false(arrive(s, 0, 0));
    assert_int_equal(s->ledger.doubled, 1);
    assert_int_equal(s->ledger.users[0].doubled, 1);
    assert_int_equal(s->ledger.arrived, 1);
}

static void
what_arrives_behind_its_successor_is_out_of_order(void **state)
{
    struct scene *s = *state;

    store(s, 0, 4);
    arrive(s, 0, 2);
    arrive(s, 0, 0);
    arrive(s, 0, 1);
    arrive(s, 0, 3);
    assert_int_equal(s->ledger.reordered, 2);
    assert_int_equal(s->ledger.users[0].reordered, 2);
}

/* Both were on their way at once: a server may have got them in any order. */
static void
two_that_were_open_at_once_have_no_order(void **state)
{
    struct scene *s = *state;
    uint32_t a = ledger_send(&s->ledger, 0), b = ledger_send(&s->ledger, 0);

    ledger_accept(&s->ledger, 0, a);
    ledger_accept(&s->ledger, 0, b);
    arrive(s, 0, b);
    arrive(s, 0, a);
    assert_int_equal(s->ledger.reordered, 0);
}

/* Each octet in turn. Only the mark itself, "siload ", leaves nothing to go by but From. */
static void
one_octet_that_changes_is_corruption(void **state)
{
    struct scene *s = *state;

    store(s, 0, 1);
    for (size_t i = 0; i < BODY; i++) {
        write_body(s, RUN, 0, 0);
        s->body[i] ^= 1;
        arrive_at(s, 0, slice_of(s->body, BODY));
        assert_int_equal(s->ledger.corrupted, i + 1);
    }
    assert_int_equal(s->ledger.users[0].corrupted, BODY);
    assert_int_equal(s->ledger.stale + s->ledger.foreign, 0);
}

static void
whose_filler_is_damaged_has_arrived_all_the_same(void **state)
{
    struct scene *s = *state;

    store(s, 0, 1);
    write_body(s, RUN, 0, 0);
    s->body[BODY - 1] ^= 1;
    assert_true(arrive_at(s, 0, slice_of(s->body, BODY)));
    assert_int_equal(s->ledger.waiting, 0);
}

static void
one_that_ends_early_is_corrupted(void **state)
{
    struct scene *s = *state;

    store(s, 0, 1);
    for (size_t len = 0; len < BODY; len++) {
        char *exact = malloc(len); /* so that one octet of overreading is caught */

        write_body(s, RUN, 0, 0);
        memcpy(exact, s->body, len);
        arrive_at(s, 0, slice_of(exact, len));
        assert_int_equal(s->ledger.corrupted, len + 1);
        free(exact);
    }
}

static void
what_stands_around_it_is_a_change_and_no_corruption(void **state)
{
    static const char before[] = "[Offline message - Sun] ", behind[] = "\r\n-- \r\n";
    struct scene *s = *state;
    char text[256];
    size_t len = sizeof before - 1;

    store(s, 0, 2);
    memcpy(text, before, len);
    body_write(text + len, BODY, &(struct body){ RUN, 0, 0, false });
    assert_true(arrive_at(s, 0, slice_of(text, len + BODY)));
    body_write(text, BODY, &(struct body){ RUN, 0, 1, false });
    memcpy(text + BODY, behind, sizeof behind - 1);
    assert_true(arrive_at(s, 0, slice_of(text, BODY + sizeof behind - 1)));
    assert_int_equal(s->ledger.changed, 2);
    assert_int_equal(s->ledger.corrupted, 0);
}

static void
what_comes_to_somebody_else_is_misdelivered(void **state)
{
    struct scene *s = *state;

    store(s, 0, 1);
    write_body(s, RUN, 0, 0);
    arrive_at(s, 1, slice_of(s->body, BODY));
    assert_int_equal(s->ledger.misdelivered, 1);
    assert_int_equal(s->ledger.users[0].misdelivered, 1);
}

static void
another_run_and_other_people_are_no_damage(void **state)
{
    struct scene *s = *state;

    write_body(s, RUN + 1, 0, 7);
    assert_false(arrive_at(s, 0, slice_of(s->body, BODY)));
    assert_false(ledger_arrive(&s->ledger, 0, SLICE("Watson, come here."), false, 1));
    assert_int_equal(s->ledger.stale, 1);
    assert_int_equal(s->ledger.foreign, 1);
    assert_int_equal(s->ledger.corrupted, 0);
}

/* Well-formed, but never sent. */
static void
a_number_that_was_never_sent_is_corruption(void **state)
{
    struct scene *s = *state;

    assert_false(arrive(s, 0, 5));
    assert_false(arrive(s, USERS, 0));
    assert_int_equal(s->ledger.corrupted, 2);
}

/* Its clock is 32 bits: past them everything would look out of order. */
static void
a_ledger_is_full_before_its_clock_begins_again(void **state)
{
    struct scene *s = *state;

    assert_false(ledger_is_full(&s->ledger));
    s->ledger.now = UINT32_MAX / 256 * 255;
    assert_false(ledger_is_full(&s->ledger));
    s->ledger.now = UINT32_MAX - 10000000; /* as many are open as can be */
    assert_true(ledger_is_full(&s->ledger));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define SCENE(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
        SCENE(what_arrives_once_and_in_order_is_whole),
        SCENE(what_was_accepted_and_did_not_arrive_is_waited_for),
        SCENE(what_was_not_accepted_is_not_waited_for),
        SCENE(what_arrives_before_it_is_accepted_is_not_waited_for),
        SCENE(the_same_transaction_is_repeated_another_one_is_doubled),
        SCENE(what_arrives_behind_its_successor_is_out_of_order),
        SCENE(two_that_were_open_at_once_have_no_order),
        SCENE(one_octet_that_changes_is_corruption),
        SCENE(whose_filler_is_damaged_has_arrived_all_the_same),
        SCENE(one_that_ends_early_is_corrupted),
        SCENE(what_stands_around_it_is_a_change_and_no_corruption),
        SCENE(what_comes_to_somebody_else_is_misdelivered),
        SCENE(another_run_and_other_people_are_no_damage),
        SCENE(a_number_that_was_never_sent_is_corruption),
        SCENE(a_ledger_is_full_before_its_clock_begins_again),
#undef SCENE
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
