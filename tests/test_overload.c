/* More than the disk can take: what is too much is refused at once, says when to come again and
 * costs nothing that others need; the rest goes on as if there were no more than that. */
#include "tests/behaviour.h"
#include "tests/open_loop.h"

#include "src/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    COMMIT_MS = 1000,                      /* whatever is in it */
    CAPACITY = LIMIT_UNCOMMITTED_MESSAGES, /* of the disk, a second */
    SECONDS = 2,
    GOODPUT_PERCENT = 80,
    BODY_BYTES = 100,
    LARGE_BODY_BYTES = 30000,
    A_REFUSED_BYTES = 32, /* remembered */
    SLAB_BYTES = 32 * 4096,
};

/* ---- three times as much, for some seconds ---- */

struct run {
    struct open_loop load;
    uint32_t accepted, refused;
};

static struct run peak, overload;

static void
slow_disk(struct world *w, uint32_t commit_ms)
{
    w->faults.delay_ms = commit_ms / 2; /* until it is done, and again until it is told */
}

static void
offer(struct run *run, uint32_t a_second)
{
    struct world *w = world_new(1, NULL);

    slow_disk(w, COMMIT_MS);
    open_loop_init(&run->load, w, BODY_BYTES);
    open_loop_send(&run->load, a_second, SECONDS * 1000);
    open_loop_wait(&run->load);
    run->accepted = open_loop_count(&run->load, 202);
    run->refused = open_loop_count(&run->load, 503);
    slow_disk(w, 2);
    open_loop_collect(&run->load);
    if (world_has_failed(w))
        fail_msg("%s", w->failure);
    world_free(w);
    run->load.w = NULL;
}

static int
run_both(void **state)
{
    (void)state;
    offer(&peak, CAPACITY);
    offer(&overload, 3 * CAPACITY);
    return 0;
}

static int
free_both(void **state)
{
    (void)state;
    open_loop_free(&peak.load);
    open_loop_free(&overload.load);
    return 0;
}

static void
as_much_is_stored_as_without_the_rest(void **state)
{
    (void)state;
    print_message("= at %d a second %u stored, at %d a second %u stored and %u refused, "
                  "%u sent again\n",
                  CAPACITY, peak.accepted, 3 * CAPACITY, overload.accepted,
                  overload.refused, overload.load.repeated);
    assert_true(peak.accepted >= SECONDS * CAPACITY / 100 * 99);
    assert_true(overload.accepted >= peak.accepted / 100 * GOODPUT_PERCENT);
}

/* RFC 3261 21.5.4. */
static void
everybody_else_is_told_at_once_and_when_to_come_again(void **state)
{
    const struct open_loop *load = &overload.load;

    (void)state;
    assert_int_equal(overload.accepted + overload.refused, load->sent);
    for (uint32_t n = 0; n < load->sent; n++) {
        const struct open_loop_message *m = &load->messages[n];

        if (m->status == 503)
            assert_in_range(m->retry_after, LIMIT_RETRY_AFTER_S,
                            LIMIT_RETRY_AFTER_S + LIMIT_RETRY_SPREAD_S - 1);
    }
}

/* They would make the next overload. */
static void
those_who_are_refused_do_not_all_come_again_at_once(void **state)
{
    uint32_t times[LIMIT_RETRY_AFTER_S + LIMIT_RETRY_SPREAD_S] = { 0 };

    (void)state;
    for (uint32_t n = 0; n < overload.load.sent; n++)
        if (overload.load.messages[n].status == 503)
            times[overload.load.messages[n].retry_after]++;
    for (size_t s = LIMIT_RETRY_AFTER_S; s < sizeof times / sizeof times[0]; s++)
        assert_in_range(times[s], overload.refused / LIMIT_RETRY_SPREAD_S / 2,
                        overload.refused / LIMIT_RETRY_SPREAD_S * 2);
}

/* RFC 3261 17.2.2: who has heard nothing yet sends again, up to twice here. */
static void
repetitions_of_what_waits_for_the_disk_are_absorbed(void **state)
{
    (void)state;
    assert_true(overload.load.repeated > overload.accepted / 2);
    for (uint32_t n = 0; n < overload.load.sent; n++)
        assert_false(overload.load.messages[n].is_contradicted);
    assert_int_equal(overload.load.delivered, overload.accepted);
}

static void
all_that_was_accepted_arrives_once_and_in_order(void **state)
{
    const struct run *runs[] = { &peak, &overload };

    (void)state;
    for (int i = 0; i < 2; i++) {
        const struct open_loop *load = &runs[i]->load;

        for (uint32_t n = 0; n < load->sent; n++)
            assert_true(load->messages[n].status != 202 ||
                        load->messages[n].is_delivered);
        assert_int_equal(load->delivered, runs[i]->accepted);
        assert_int_equal(load->out_of_order, 0);
        assert_int_equal(load->not_accepted, 0);
    }
}

static void
memory_is_what_it_is_without_the_rest(void **state)
{
    uint64_t before = peak.load.heap_most, most = overload.load.heap_most;

    (void)state;
    print_message(
        "= memory while sending: %llu KiB, and %llu KiB with three times as much\n",
        (unsigned long long)before >> 10, (unsigned long long)most >> 10);
    assert_true(before > CAPACITY * BODY_BYTES);
    assert_true(most <= before + overload.refused * A_REFUSED_BYTES + 2 * SLAB_BYTES);
}

/* ---- others ---- */

/* Messages of that size, until the disk has more than it takes. */
static void
overwhelm(struct open_loop *load, struct world *w, uint32_t body_bytes)
{
    open_loop_init(load, w, body_bytes);
    open_loop_send(load, 2000, 500);
    assert_true(open_loop_count(load, 503) > 0);
}

/* With their bindings in the same commits as the messages, and room for the two of them. */
static void
others_are_served_meanwhile(void **state)
{
    struct world *w = scene_with("usrloc.db_mode=1", "core.log_level=error", NULL);
    struct open_loop load;
    struct phone *bob, *carol;

    (void)state;
    carol = phone_online(w, "carol", PROTOCOL_UDP);
    slow_disk(w, COMMIT_MS);
    overwhelm(&load, w, LARGE_BODY_BYTES);
    w->keeps_sent = true;
    assert_int_equal(ask(w, &(struct ask){ .method = "OPTIONS",
                                           .uri = "sip:example.org",
                                           .cseq = "1 OPTIONS" }),
                     200);
    assert_int_equal(ask(w, &(struct ask){ .uri = "sip:carol@example.org" }), 200);
    bob = phone_offline(w, "bob", PROTOCOL_UDP);
    phone_register(bob, 3600);
    world_run(w, 3 * COMMIT_MS);
    assert_int_equal(bob->last_final, 200);
    assert_int_equal(phone_received(carol), 1);
    open_loop_free(&load);
}

static void
after_it_everything_is_taken_again(void **state)
{
    struct world *w = scene_with("core.log_level=error", NULL);
    struct open_loop load;

    (void)state;
    slow_disk(w, COMMIT_MS);
    overwhelm(&load, w, LARGE_BODY_BYTES);
    world_run(w, 2 * COMMIT_MS);
    for (int i = 0; i < 10; i++)
        store_body(w, "bob", "later");
    open_loop_free(&load);
}

/* Who waits for a disk that does not answer waits in vain; he may ask elsewhere. */
static void
while_a_commit_does_not_come_back_new_messages_are_refused(void **state)
{
    struct world *w = scene();

    (void)state;
    slow_disk(w, 3 * LIMIT_COMMIT_MS);
    ask_only(w->tester, &(struct ask){ .call_id = "first" });
    world_run(w, LIMIT_COMMIT_MS - 100);
    ask_only(w->tester, &(struct ask){ .call_id = "second" });
    world_run(w, 200);
    assert_int_equal(w->sent_count, 0);
    assert_int_equal(ask(w, &(struct ask){ .call_id = "third" }), 503);
    assert_string_equal(answer_reason(w->tester), "Store Does Not Answer");
    assert_true(atoi(answer_header(w->tester, "Retry-After")) >= LIMIT_RETRY_AFTER_S);
    slow_disk(w, 2);
    world_run(w, 3 * LIMIT_COMMIT_MS);
    assert_int_equal(stored_count(w), 2);
    store_body(w, "bob", "later");
}

/* What is known without it is said without it. */
static void
while_a_commit_does_not_come_back_what_needs_none_is_answered_as_ever(void **state)
{
    static const struct ask stored = { .call_id = "stored", .from = "<sip:al@x>;tag=1" };
    struct world *w = scene();

    (void)state;
    assert_int_equal(ask(w, &stored), 202);
    slow_disk(w, 3 * LIMIT_COMMIT_MS);
    ask_only(w->tester, &(struct ask){ .call_id = "first" });
    world_run(w, LIMIT_COMMIT_MS + 100);
    assert_int_equal(ask(w, &(struct ask){ .call_id = "new" }), 503);
    assert_int_equal(ask(w, &(struct ask){ .headers = "Expires: 0\r\n" }), 480);
    assert_string_equal(answer_reason(w->tester), "Offline And Expired");
    scene_forget_log();
    assert_int_equal(ask(w, &stored), 202);
    assert_non_null(strstr(scene_log(), "silo.repeated"));
    assert_int_equal(stored_count(w), 1);
}

/* RFC 3261 17.2.2 wants an answer to stand. But what a flood of refusals is remembered in is
 * bounded, and he whose refusal was lost so long ago may as well be served. */
static void
of_very_many_refusals_the_last_stand(void **state)
{
    struct world *w = scene_with("core.log_level=error", NULL);
    const uint32_t flood = LIMIT_REFUSED_TRANSACTIONS + 1;
    struct open_loop load;

    (void)state;
    slow_disk(w, 3 * LIMIT_COMMIT_MS);
    ask_only(w->tester, &(struct ask){ .call_id = "first" });
    world_run(w, LIMIT_COMMIT_MS + 100);
    open_loop_init(&load, w, BODY_BYTES);
    open_loop_send(&load, flood, 1000);
    assert_int_equal(open_loop_count(&load, 503), flood);
    slow_disk(w, 2);
    world_run(w, 2 * LIMIT_COMMIT_MS);
    assert_int_equal(open_loop_ask_again(&load, flood - 1), 503);
    assert_int_equal(open_loop_ask_again(&load, 1), 503);
    assert_int_equal(open_loop_ask_again(&load, 0), 202);
    open_loop_free(&load);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_much_is_stored_as_without_the_rest),
        cmocka_unit_test(everybody_else_is_told_at_once_and_when_to_come_again),
        cmocka_unit_test(those_who_are_refused_do_not_all_come_again_at_once),
        cmocka_unit_test(repetitions_of_what_waits_for_the_disk_are_absorbed),
        cmocka_unit_test(all_that_was_accepted_arrives_once_and_in_order),
        cmocka_unit_test(memory_is_what_it_is_without_the_rest),
        SCENE(others_are_served_meanwhile),
        SCENE(after_it_everything_is_taken_again),
        SCENE(while_a_commit_does_not_come_back_new_messages_are_refused),
        SCENE(while_a_commit_does_not_come_back_what_needs_none_is_answered_as_ever),
        SCENE(of_very_many_refusals_the_last_stand),
    };

    return cmocka_run_group_tests(tests, run_both, free_both);
}
