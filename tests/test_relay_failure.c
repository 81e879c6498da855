/* The failure route: nobody who is online took the message. After which answers it is stored,
 * and which go back to the sender. */
#include "tests/through.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum {
    FR_TIMER_MS = 10000, /* the default */
    MINUTES_MS = 200000, /* longer than check_time and all timers */
};

static struct slice
text(const char *s)
{
    return slice_of(s, strlen(s));
}

/* ---- the table ---- */

struct row {
    unsigned status; /* of the phone */
    bool is_stored;
};

/* Section 3 of the contract: the others speak of the message, or of the person's wish. */
static const struct row table[] = {
    { 300, false }, { 302, false }, { 400, false }, { 401, false }, { 403, false },
    { 404, true },  { 405, true },  { 406, false }, { 407, false }, { 408, true },
    { 410, true },  { 413, false }, { 414, false }, { 415, false }, { 416, false },
    { 420, false }, { 421, false }, { 423, false }, { 430, true },  { 480, true },
    { 481, false }, { 484, false }, { 485, false }, { 486, true },  { 487, true },
    { 488, false }, { 489, false }, { 493, false }, { 500, true },  { 501, true },
    { 502, true },  { 503, true },  { 504, true },  { 505, false }, { 513, false },
    { 600, false }, { 603, false }, { 604, false }, { 606, false }, { 699, false },
};

enum { TABLE_ROWS = sizeof table / sizeof table[0] };

/* What it comes to when one phone answers so. */
static unsigned
status_after(struct world *w, enum protocol protocol, unsigned status)
{
    struct phone *bob = phone_online(w, "bob", protocol);

    bob->answer.status = status;
    bob->answer.headers = "X-Own: of the phone\r\n";
    return ask(w, &(struct ask){ 0 });
}

static void
expect_row(struct world *w, const struct row *row, unsigned status)
{
    unsigned expected = row->is_stored ? 202 : row->status;
    const char *own = row->is_stored ? "" : "of the phone";

    if (status != expected)
        fail_msg("%u of the phone becomes %u", row->status, status);
    assert_int_equal(stored_count(w), row->is_stored ? 1 : 0);
    assert_string_equal(answer_header(w->tester, "X-Own"), own);
    world_run(w, 1000);
    assert_int_equal(only_final(w, w->tester), expected);
}

static void
each_code_stores_or_goes_back(void **state)
{
    static const enum protocol protocols[] = { PROTOCOL_UDP, PROTOCOL_TCP };

    (void)state;
    for (size_t i = 0; i < 2 * TABLE_ROWS; i++) {
        struct world *w = scene();
        unsigned status = status_after(w, protocols[i % 2], table[i / 2].status);

        expect_row(w, &table[i / 2], status);
        scene_end(NULL);
    }
}

/* The documentation's script. */
static void
with_store_on_all_every_failure_stores(void **state)
{
    (void)state;
    for (size_t i = 0; i < TABLE_ROWS; i++) {
        struct world *w = scene_with("msilo.store_on=all", NULL);
        const struct row row = { table[i].status, true };

        expect_row(w, &row, status_after(w, PROTOCOL_UDP, row.status));
        scene_end(NULL);
    }
}

/* RFC 3261 16.7 step 6: a 503 of the phone is a 500 of ours; RFC 4320 4.2: no 408 to what is
 * no INVITE. */
static void
with_a_list_of_ones_own_those_alone_store(void **state)
{
    (void)state;
    for (size_t i = 0; i < TABLE_ROWS; i++) {
        struct world *w = scene_with("msilo.store_on=403,603", NULL);
        const struct row row = { table[i].status,
                                 table[i].status == 403 || table[i].status == 603 };

        if (row.status != 408 && row.status != 503)
            expect_row(w, &row, status_after(w, PROTOCOL_UDP, row.status));
        scene_end(NULL);
    }
}

static void
a_503_that_is_passed_back_is_a_500(void **state)
{
    struct world *w = scene_with("msilo.store_on=480", NULL);

    (void)state;
    assert_int_equal(status_after(w, PROTOCOL_UDP, 503), 500);
    assert_int_equal(stored_count(w), 0);
}

/* ---- the mode ---- */

static void
expect_aor(const char *override, const char *contact, const char *aor)
{
    struct world *w = scene_with(override, NULL);
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    bob->answer.status = 480;
    register_as(bob, "bob", contact);
    assert_int_equal(ask(w, &(struct ask){ .to = "<sip:tom@example.org>" }), 202);
    assert_true(slice_equal(stored_record(w, 0).aor, text(aor)));
    scene_end(NULL);
}

/* Section 4 of the contract: the new URI is what lookup made of the Request-URI. */
static void
failure_mode_chooses_the_silo(void **state)
{
    static const char *const plain = "Contact: <sip:bob@10.1.0.2:5060>\r\n";
    static const char *const alias = "Contact: <sip:robert@example.org>\r\n";

    (void)state;
    expect_aor("msilo.failure_mode=0", plain, "bob@example.org");
    expect_aor("msilo.failure_mode=0", alias, "robert@example.org");
    expect_aor("msilo.failure_mode=1", alias, "bob@example.org");
    expect_aor("msilo.failure_mode=2", alias, "tom@example.org");
    expect_aor("msilo.store_mode=2", alias, "bob@example.org"); /* not this one */
}

static void
without_an_aor_a_failure_is_503(void **state)
{
    struct world *w = scene_with("msilo.failure_mode=2", NULL);
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.status = 480;
    assert_int_equal(ask(w, &(struct ask){ .to = "<sip:bob@elsewhere.example>" }), 503);
    assert_int_equal(stored_count(w), 0);
}

static void
a_store_that_fails_after_a_failure_is_503(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.status = 480;
    w->faults.failed = 1000;
    assert_int_equal(ask(w, &(struct ask){ 0 }), 503);
    assert_int_equal(stored_count(w), 0);
}

static void
a_full_silo_after_a_failure_is_503(void **state)
{
    struct world *w = scene_with("msilo.max_messages=1", NULL);
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.status = 486;
    store_body(w, "bob", "one");
    assert_int_equal(ask(w, &(struct ask){ 0 }), 503);
    assert_int_equal(stored_count(w), 1);
}

static void
what_is_stored_after_a_failure_is_what_came(void **state)
{
    static const struct ask request = {
        .from = "\"Al\" <sip:al@home.example>;tag=sender",
        .to = "Bob <sip:bob@example.org>",
        .ctype = "text/plain;charset=utf-8",
        .headers = "Subject: s\r\nX-Own: 1\r\nContact: <sip:al@192.0.2.1>\r\n",
        .body = SLICE_INIT("a\0body"),
    };
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);
    const struct receipt *again;

    (void)state;
    bob->answer.status = 480;
    assert_int_equal(ask(w, &request), 202);
    bob->answer.status = 200;
    come_online(bob);
    assert_int_equal(phone_received(bob), 2);
    again = phone_receipt(bob, 1);
    assert_true(slice_equal(peer_text_body(receipt_text(again)), request.body));
    assert_string_equal(receipt_header(again, "Subject"), "s");
    assert_string_equal(receipt_header(again, "X-Own"), "1");
    assert_string_equal(receipt_header(again, "Content-Type"), request.ctype);
    assert_string_equal(receipt_header(again, "To"), request.to);
    assert_string_equal(receipt_header(again, "Contact"), "");
    assert_int_equal(peer_text_count(receipt_text(again), "Via"), 1);
    assert_int_equal(stored_count(w), 0);
}

/* ---- when the next try is ---- */

/* The phone has just said that it cannot. */
static void
after_a_failure_the_next_try_waits_for_check_time(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.status = 480;
    store_body(w, "bob", "one");
    bob->answer.status = 200;
    world_run(w, 25000);
    expect_bodies(bob, "one");
    world_run(w, 10000);
    expect_bodies(bob, "one one");
    assert_int_equal(stored_count(w), 0);
}

static void
after_a_failure_the_next_register_is_followed_at_once(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.status = 480;
    store_body(w, "bob", "one");
    bob->answer.status = 200;
    come_online(bob);
    expect_bodies(bob, "one one");
}

/* ---- no answer ---- */

/* RFC 3261 17.1.2.2: T1, doubled up to T2, until fr_timer. */
static void
a_phone_that_does_not_answer_is_tried_until_fr_timer(void **state)
{
    static const uint64_t expected[] = { 0, 500, 1500, 3500, 7500 };
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);
    uint64_t start_ms = w->now.ms;

    (void)state;
    bob->answer.is_mute = true;
    store_body(w, "bob", "one");
    assert_in_range(w->now.ms - start_ms, FR_TIMER_MS, FR_TIMER_MS + 100);
    assert_int_equal(world_count_sent(w, "MESSAGE"), 5);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(sent_at(w, "MESSAGE", i)->at_ms -
                             sent_at(w, "MESSAGE", 0)->at_ms,
                         expected[i]);
    assert_int_equal(stored_count(w), 1);
}

static void
fr_timer_bounds_the_wait(void **state)
{
    struct world *w = scene_with("tm.fr_timer=3", NULL);
    struct phone *bob = phone_online(w, "bob", PROTOCOL_TCP);
    uint64_t start_ms = w->now.ms;

    (void)state;
    bob->answer.is_mute = true;
    store_body(w, "bob", "one");
    assert_in_range(w->now.ms - start_ms, 3000, 3100);
    assert_int_equal(world_count_sent(w, "MESSAGE"), 1); /* nothing again over TCP */
}

/* RFC 4320 4.1, 4.2: no 1xx of the phone; one 100 of ours when the sender's timer E would have
 * reached T2. */
static void
one_100_of_our_own_comes_after_three_and_a_half_seconds(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);
    uint64_t start_ms;

    (void)state;
    bob->answer.is_provisional = true;
    bob->answer.delay_ms = 8000;
    start_ms = w->now.ms;
    ask_only(w->tester, &(struct ask){ 0 });
    world_run_until(w, start_ms + 3400);
    assert_int_equal(count_responses(w, w->tester, 100), 0);
    world_run_until(w, start_ms + 3700);
    assert_int_equal(count_responses(w, w->tester, 100), 1);
    world_run(w, MINUTES_MS);
    assert_int_equal(count_responses(w, w->tester, 100), 1);
    assert_int_equal(only_final(w, w->tester), 200);
}

static void
an_answer_in_time_needs_no_100(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.delay_ms = 3000;
    relay_body(w, "bob", "one");
    world_run(w, MINUTES_MS);
    assert_int_equal(count_responses(w, w->tester, 100), 0);
}

/* A 1xx says that it is at it, not for how long. */
static void
a_phone_that_only_says_100_is_not_waited_for(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);
    uint64_t start_ms = w->now.ms;

    (void)state;
    bob->answer = (struct answer){ .is_provisional = true, .is_mute = true };
    store_body(w, "bob", "one");
    assert_in_range(w->now.ms - start_ms, FR_TIMER_MS, FR_TIMER_MS + 100);
}

/* ---- broken ways ---- */

/* An ICMP error, or a connection that is refused. */
static void
a_way_that_refuses_stores_at_once(void **state)
{
    static const enum protocol protocols[] = { PROTOCOL_UDP, PROTOCOL_TCP };

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct world *w = scene();
        struct phone *bob = phone_online(w, "bob", protocols[i]);
        uint64_t start_ms;

        phone_die(bob, true);
        world_run(w, 100);
        start_ms = w->now.ms;
        store_body(w, "bob", "one");
        assert_in_range(w->now.ms - start_ms, 0, 100);
        assert_int_equal(stored_count(w), 1);
        scene_end(NULL);
    }
}

static void
a_connection_that_breaks_mid_way_stores_at_once(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_TCP);

    (void)state;
    bob->answer.delay_ms = 5000;
    ask_only(w->tester, &(struct ask){ 0 });
    world_run(w, 1000);
    assert_int_equal(stored_count(w), 0);
    peer_break(&bob->peer, 1);
    world_run(w, 100);
    assert_int_equal(only_final(w, w->tester), 202);
    assert_int_equal(stored_count(w), 1);
    world_run(w, 10000);
    bob->answer.delay_ms = 0;
    come_online(bob);
    assert_int_equal(stored_count(w), 0);
    assert_int_equal(only_final(w, w->tester), 202);
}

/* Nobody is told that the bytes do not arrive any more. */
static void
a_connection_that_is_dead_without_a_word_stores_after_fr_timer(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_TCP);
    uint64_t start_ms = w->now.ms;

    (void)state;
    phone_die(bob, false);
    store_body(w, "bob", "one");
    assert_in_range(w->now.ms - start_ms, FR_TIMER_MS, FR_TIMER_MS + 100);
}

static void
a_phone_that_dies_with_the_message_in_its_hands_gets_it_again(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.delay_ms = 1000;
    ask_only(w->tester, &(struct ask){ 0 });
    world_run(w, 500);
    assert_int_equal(phone_received(bob), 1);
    phone_die(bob, false);
    world_run(w, FR_TIMER_MS);
    assert_int_equal(only_final(w, w->tester), 202);
    phone_wake(bob);
    come_online(bob);
    world_run(w, 5000);
    assert_int_equal(count_taken(bob), 1);
    assert_int_equal(stored_count(w), 0);
}

/* A name that has no address. */
static void
a_contact_that_cannot_be_reached_stores_at_once(void **state)
{
    struct world *w = scene();

    (void)state;
    register_as(w->tester, "bob",
                "Contact: <sip:bob@10.1.0.1>\r\nSupported: path\r\n"
                "Path: <sip:nowhere.example.net;lr>\r\n");
    store_body(w, "bob", "one");
    assert_int_equal(world_count_sent(w, "MESSAGE"), 0);
    assert_int_equal(stored_count(w), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(each_code_stores_or_goes_back),
        SCENE(with_store_on_all_every_failure_stores),
        SCENE(with_a_list_of_ones_own_those_alone_store),
        SCENE(a_503_that_is_passed_back_is_a_500),
        SCENE(failure_mode_chooses_the_silo),
        SCENE(without_an_aor_a_failure_is_503),
        SCENE(a_store_that_fails_after_a_failure_is_503),
        SCENE(a_full_silo_after_a_failure_is_503),
        SCENE(what_is_stored_after_a_failure_is_what_came),
        SCENE(after_a_failure_the_next_try_waits_for_check_time),
        SCENE(after_a_failure_the_next_register_is_followed_at_once),
        SCENE(a_phone_that_does_not_answer_is_tried_until_fr_timer),
        SCENE(fr_timer_bounds_the_wait),
        SCENE(one_100_of_our_own_comes_after_three_and_a_half_seconds),
        SCENE(an_answer_in_time_needs_no_100),
        SCENE(a_phone_that_only_says_100_is_not_waited_for),
        SCENE(a_way_that_refuses_stores_at_once),
        SCENE(a_connection_that_breaks_mid_way_stores_at_once),
        SCENE(a_connection_that_is_dead_without_a_word_stores_after_fr_timer),
        SCENE(a_phone_that_dies_with_the_message_in_its_hands_gets_it_again),
        SCENE(a_contact_that_cannot_be_reached_stores_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
