/* One story in which all that the server can do happens, told again and again: each time the
 * process is killed at another point, and has to keep its promises from there to the end.
 *
 *     POINT=117 build/simulate/test_kill_points     these alone, with all that happens
 */
#include "tests/simulation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    STORY_MS = 24000,
    LONG_BODY = 2500,
};

enum user {
    ALICE,
    BOB,
    CAROL,
};

/* What happens when: in the order of time. */
struct scene {
    struct event event;
    struct simulation *s;
    void (*play)(struct simulation *s);
};

static void
three_messages_wait(struct simulation *s)
{
    char body[LONG_BODY];

    memset(body, 'x', sizeof body);
    simulation_post(s, 0, BOB, "Contact: <sip:dan@phone.dan.test>\r\n", SLICE("one"));
    simulation_post(s, 1, BOB, "", slice_of(body, sizeof body));
    simulation_post(s, 0, BOB, "", SLICE("three"));
}

static void
bob_registers(struct simulation *s)
{
    phone_register(s->phones[BOB], 600);
}

static void
a_message_comes_while_he_is_served(struct simulation *s)
{
    simulation_post(s, 2, BOB, "", SLICE("four"));
}

static void
alice_is_there_twice(struct simulation *s)
{
    phone_register(s->phones[ALICE], 600);
    phone_register(s->phones[ALICE + USERS], 600);
}

static void
she_is_written_to(struct simulation *s)
{
    simulation_post(s, 0, ALICE, "", SLICE("to both phones"));
}

static void
they_are_busy(struct simulation *s)
{
    s->phones[ALICE]->answer = (struct answer){ .status = 486 };
    s->phones[ALICE + USERS]->answer = (struct answer){ .status = 480 };
    simulation_post(s, 1, ALICE, "", SLICE("stored after the refusals"));
    simulation_post(s, 1, ALICE, "", SLICE("behind it"));
}

/* Longer than the server waits, and not as long as its client transaction lives. */
static void
they_are_slow(struct simulation *s)
{
    s->phones[ALICE]->answer = (struct answer){ .status = 200, .delay_ms = 5000 };
    s->phones[ALICE + USERS]->answer = (struct answer){ .is_mute = true };
    phone_register(s->phones[ALICE], 600);
}

static void
carol_comes_late(struct simulation *s)
{
    s->phones[CAROL]->answer = (struct answer){ .status = 200, .delay_ms = 5000 };
    phone_register(s->phones[CAROL], 600);
}

static void
she_takes_it_after_it_was_stored(struct simulation *s)
{
    simulation_post(s, 2, CAROL, "", SLICE("taken late"));
}

static void
bob_has_gone(struct simulation *s)
{
    phone_register(s->phones[BOB], 0);
}

static void
some_will_expire(struct simulation *s)
{
    simulation_post(s, 0, BOB, "Expires: 4\r\n", SLICE("soon over"));
    simulation_post(s, 1, BOB, "", SLICE("lasting"));
}

static void
bob_is_dead_when_he_is_called(struct simulation *s)
{
    phone_register(s->phones[BOB], 600);
    phone_die(s->phones[BOB + USERS], true);
}

static void
nothing_is_wrong_any_more(struct simulation *s)
{
    for (int i = 0; i < PHONES; i++)
        s->phones[i]->answer = (struct answer){ .status = 200 };
    for (int i = 0; i < PHONES; i++) {
        phone_wake(s->phones[i]);
        phone_register(s->phones[i], 600);
    }
}

static const struct {
    uint64_t at_ms;
    void (*play)(struct simulation *s);
} story[] = {
    { 0, three_messages_wait },
    { 200, bob_registers },
    { 212, a_message_comes_while_he_is_served },
    { 600, alice_is_there_twice },
    { 800, she_is_written_to },
    { 1000, they_are_busy },
    { 2500, they_are_slow },
    { 2600, carol_comes_late },
    { 2800, she_takes_it_after_it_was_stored },
    { 9000, bob_has_gone },
    { 9200, some_will_expire },
    { 14500, bob_is_dead_when_he_is_called },
    { 18000, nothing_is_wrong_any_more },
};

static void
scene_begins(void *world, struct event *event)
{
    struct scene *scene = (struct scene *)(void *)event;

    (void)world;
    scene->play(scene->s);
}

static void
plan_story(struct simulation *s)
{
    for (size_t i = 0; i < sizeof story / sizeof story[0]; i++) {
        struct scene *scene =
            world_later(s->w, story[i].at_ms, sizeof *scene, scene_begins);

        scene->s = s;
        scene->play = story[i].play;
    }
}

static struct answer
answer_as_set(void *self, struct phone *phone, struct slice request)
{
    struct simulation *s = self;

    oracle_check_request(&s->oracle, request);
    return phone->answer;
}

/* Where the process is killed. */
struct point {
    uint64_t step;   /* after that event; 0: not so */
    uint64_t thing;  /* after that thing that it does; 0: not so */
    bool is_written; /* a commit that is out is done */
};

/* The latter with folds all along, in small steps. */
static struct world_storage in_memory = { .is_lmdb = false };
static struct world_storage on_lmdb = { .is_lmdb = true, .fold_at = 2, .tidy_step = 1 };

static const char *
engine_of(const struct world_storage *storage)
{
    return storage->is_lmdb ? "lmdb" : "memory";
}

static void
begin(struct simulation *s, const struct world_storage *storage, FILE *trace)
{
    static const char *const settings[] = {
        "tm.fr_timer=3",
        "usrloc.db_mode=1",
        "msilo.check_time=2",
        "msilo.clean_period=2",
        "msilo.registrar=sip:silo@example.org",
        NULL,
    };
    struct world *w = world_new_with(1, settings, storage);

    w->faults.delay_ms = 6; /* done after six, reported after six more */
    w->faults.early = 500;
    simulation_begin(s, w, trace);
    wire_add_name(w, "phone.dan.test", s->senders[0]->peer.address); /* of the notice */
    for (int i = 0; i < PHONES; i++) {
        s->phones[i]->choose = answer_as_set;
        s->phones[i]->answer = (struct answer){ .status = 200 };
    }
}

/* Tells the story; the outcome is that of the whole run, *told that of the story alone. */
static void
tell(const struct world_storage *storage, const struct point *point, FILE *trace,
     uint64_t *steps, uint64_t *things, struct simulation_outcome *out)
{
    struct simulation s;
    uint64_t until_ms;

    begin(&s, storage, trace);
    s.w->death.after_things = point->thing;
    s.w->death.is_written = point->is_written;
    plan_story(&s);
    until_ms = s.w->now.ms + STORY_MS;
    while (world_step(s.w, until_ms)) {
        oracle_step(&s.oracle);
        ++*steps;
        if (*steps == point->step)
            world_kill(s.w);
    }
    *things = s.w->death.things;
    for (int i = 0; i < PHONES; i++)
        s.phones[i]->answer = (struct answer){ .status = 200 };
    simulation_settle(&s);
    simulation_end(&s, out);
}

static void
tell_killed_at(const struct world_storage *storage, struct point point,
               struct happenings *all)
{
    const char *only = getenv("POINT");
    uint64_t steps = 0, things, number = point.step + point.thing;
    struct simulation_outcome outcome;

    if (only != NULL && strtoull(only, NULL, 10) != number)
        return;
    tell(storage, &point, only != NULL ? stderr : NULL, &steps, &things, &outcome);
    happenings_add(all, &outcome.happened);
    if (outcome.failure[0] != '\0')
        fail_msg("%s, POINT=%llu, killed after that %s, commit %s: %s",
                 engine_of(storage), (unsigned long long)number,
                 point.step != 0 ? "step" : "thing",
                 point.is_written ? "done" : "not done", outcome.failure);
}

static void
a_story_that_nobody_disturbs_goes_well(void **state)
{
    const struct world_storage *storage = *state;
    uint64_t steps = 0, things;
    struct simulation_outcome outcome;

    tell(storage, &(struct point){ 0 }, NULL, &steps, &things, &outcome);
    assert_string_equal(outcome.failure, "");
    assert_int_equal(outcome.happened.counts[HAPPENED_KILL], 0);
}

static void
a_kill_between_any_two_events_breaks_no_promise(void **state)
{
    const struct world_storage *storage = *state;
    uint64_t steps = 0, things;
    struct simulation_outcome outcome;
    struct happenings all = { 0 };

    tell(storage, &(struct point){ 0 }, NULL, &steps, &things, &outcome);
    for (uint64_t step = 1; step <= steps; step++)
        for (int is_written = 0; is_written < 2; is_written++)
            tell_killed_at(
                storage, (struct point){ .step = step, .is_written = is_written }, &all);
    print_message("= %s, killed after each of %llu steps: %s\n", engine_of(storage),
                  (unsigned long long)steps, happenings_text(&all));
}

static void
a_kill_between_any_two_things_that_it_does_breaks_no_promise(void **state)
{
    const struct world_storage *storage = *state;
    uint64_t steps = 0, things;
    struct simulation_outcome outcome;
    struct happenings all = { 0 };

    tell(storage, &(struct point){ 0 }, NULL, &steps, &things, &outcome);
    for (uint64_t thing = 1; thing <= things; thing++)
        for (int is_written = 0; is_written < 2; is_written++)
            tell_killed_at(storage,
                           (struct point){ .thing = thing, .is_written = is_written },
                           &all);
    print_message("= %s, killed after each of %llu things: %s\n", engine_of(storage),
                  (unsigned long long)things, happenings_text(&all));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(a_story_that_nobody_disturbs_goes_well, &in_memory),
        cmocka_unit_test_prestate(a_kill_between_any_two_events_breaks_no_promise,
                                  &in_memory),
        cmocka_unit_test_prestate(
            a_kill_between_any_two_things_that_it_does_breaks_no_promise, &in_memory),
        cmocka_unit_test_prestate(a_story_that_nobody_disturbs_goes_well, &on_lmdb),
        cmocka_unit_test_prestate(a_kill_between_any_two_events_breaks_no_promise,
                                  &on_lmdb),
        cmocka_unit_test_prestate(
            a_kill_between_any_two_things_that_it_does_breaks_no_promise, &on_lmdb),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
