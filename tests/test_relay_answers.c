/* One answer out of many (RFC 3261 16.7): every mix of two and three phones; repetitions; and
 * a whole exchange in which each datagram in turn is lost or doubled. */
#include "tests/through.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    FR_TIMER_MS = 10000, /* the default */
    LATE_MS = 12000,
    PHONES_MAX = 3,
};

/* ---- mixes ---- */

enum behaviour {
    OK,
    LATE_OK,
    NOT_FOUND,
    AWAY,
    BUSY,
    WRONG_TYPE,
    CHALLENGE,
    OVERLOADED,
    DECLINED,
    MUTE,
    REFUSED,
    BEHAVIOURS
};

static const struct kind {
    const char *name;
    struct answer answer;
    bool goes_back; /* its code is none of msilo.store_on */
    unsigned rank;  /* RFC 3261 16.7 step 6, of those that go back: less is better */
} kinds[BEHAVIOURS] = {
    [OK] = { "200", { .status = 200 }, false, 0 },
    [LATE_OK] = { "late 200", { .status = 200, .delay_ms = LATE_MS }, false, 0 },
    [NOT_FOUND] = { "404", { .status = 404 }, false, 0 },
    [AWAY] = { "480", { .status = 480 }, false, 0 },
    [BUSY] = { "486", { .status = 486 }, false, 0 },
    [WRONG_TYPE] = { "415", { .status = 415 }, true, 2 },
    [CHALLENGE] = { "401",
                    { .status = 401,
                      .headers = "WWW-Authenticate: Digest realm=\"r\",nonce=\"n\"\r\n" },
                    true,
                    2 },
    [OVERLOADED] = { "503", { .status = 503 }, false, 0 },
    [DECLINED] = { "603", { .status = 603 }, true, 1 },
    [MUTE] = { "mute", { .is_mute = true }, false, 0 },
    [REFUSED] = { "refused", { .status = 200 }, false, 0 },
};

struct mix {
    enum behaviour of[PHONES_MAX];
    unsigned count;
    char name[64];
};

/* What has to come of it, worked out from the mix alone. */
struct outcome {
    unsigned status, other_status; /* equals, where one alone is right */
    bool is_stored, is_slow;
    bool is_taken_away; /* by a late 2xx */
};

static bool
has(const struct mix *mix, enum behaviour behaviour)
{
    for (unsigned i = 0; i < mix->count; i++)
        if (mix->of[i] == behaviour)
            return true;
    return false;
}

/* Two that are equally good may both be chosen (RFC 3261 16.7 step 6). */
static void
best_of(const struct mix *mix, struct outcome *outcome)
{
    unsigned best = UINT32_MAX;

    for (unsigned i = 0; i < mix->count; i++) {
        const struct kind *kind = &kinds[mix->of[i]];
        if (!kind->goes_back || kind->rank > best)
            continue;
        outcome->status = kind->answer.status;
        if (kind->rank < best)
            outcome->other_status = kind->answer.status;
        best = kind->rank;
    }
}

static struct outcome
outcome_of(const struct mix *mix)
{
    struct outcome outcome = { 0, 0, false, false, false };

    if (has(mix, OK))
        return (struct outcome){ 200, 200, false, false, false };
    outcome.is_slow = has(mix, MUTE) || has(mix, LATE_OK);
    best_of(mix, &outcome);
    if (outcome.status != 0)
        return outcome;
    outcome.status = outcome.other_status = 202;
    outcome.is_stored = true;
    outcome.is_taken_away = has(mix, LATE_OK);
    return outcome;
}

static void
make_phones(struct world *w, const struct mix *mix, struct phone *phones[PHONES_MAX])
{
    for (unsigned i = 0; i < mix->count; i++) {
        phones[i] = phone_online(w, "bob", PROTOCOL_UDP);
        phones[i]->answer = kinds[mix->of[i]].answer;
    }
    for (unsigned i = 0; i < mix->count; i++)
        if (mix->of[i] == REFUSED)
            phone_die(phones[i], true);
}

static void
expect_outcome(struct world *w, const struct mix *mix, unsigned status, uint64_t took_ms)
{
    struct outcome outcome = outcome_of(mix);

    if (status != outcome.status && status != outcome.other_status)
        fail_msg("%s: %u, not %u", mix->name, status, outcome.status);
    if (took_ms >= FR_TIMER_MS + 100 || (took_ms >= FR_TIMER_MS) != outcome.is_slow)
        fail_msg("%s: after %u ms", mix->name, (unsigned)took_ms);
    if (stored_count(w) != (outcome.is_stored ? 1 : 0))
        fail_msg("%s: %zu are stored", mix->name, stored_count(w));
    world_run(w, 15000); /* check_time is longer */
    if (stored_count(w) != (outcome.is_stored && !outcome.is_taken_away ? 1 : 0))
        fail_msg("%s: %zu are stored later", mix->name, stored_count(w));
    if (only_final(w, w->tester) != status || final_at(w, w->tester, 1) != NULL)
        fail_msg("%s: another answer", mix->name);
}

static void
expect_receipts(const struct mix *mix, struct phone *const phones[PHONES_MAX])
{
    for (unsigned i = 0; i < mix->count; i++) {
        unsigned expected = mix->of[i] == REFUSED ? 0 : 1;

        if (phone_received(phones[i]) != expected)
            fail_msg("%s: phone %u has %u", mix->name, i, phone_received(phones[i]));
        if (expected == 1)
            expect_bodies(phones[i], "hello");
    }
}

static void
try_mix(struct mix *mix)
{
    struct world *w = scene();
    struct phone *phones[PHONES_MAX];
    uint64_t start_ms;
    unsigned status;

    mix->name[0] = '\0';
    for (unsigned i = 0; i < mix->count; i++) {
        strcat(mix->name, i == 0 ? "" : ", ");
        strcat(mix->name, kinds[mix->of[i]].name);
    }
    make_phones(w, mix, phones);
    start_ms = w->now.ms;
    status = ask(w, &(struct ask){ 0 });
    expect_outcome(w, mix, status, w->now.ms - start_ms);
    expect_receipts(mix, phones);
    scene_end(NULL);
}

static void
two_phones_give_one_answer(void **state)
{
    (void)state;
    for (unsigned i = 0; i < BEHAVIOURS * BEHAVIOURS; i++)
        try_mix(&(struct mix){ { i / BEHAVIOURS, i % BEHAVIOURS, 0 }, 2, "" });
}

static void
three_phones_give_one_answer(void **state)
{
    (void)state;
    for (unsigned i = 0; i < BEHAVIOURS; i++)
        for (unsigned j = i; j < BEHAVIOURS; j++)
            for (unsigned k = j; k < BEHAVIOURS; k++)
                try_mix(&(struct mix){ { i, j, k }, 3, "" });
}

/* ---- the best of several ---- */

/* Each row: codes of up to three phones, and the best of them. */
static void
the_best_answer_is_chosen_as_the_rfc_says(void **state)
{
    static const unsigned rows[][4] = {
        { 400, 403, 415, 415 }, { 403, 400, 420, 420 }, { 403, 484, 400, 484 },
        { 302, 400, 603, 603 }, { 302, 415, 403, 302 }, { 505, 403, 513, 403 },
        { 604, 302, 407, 604 }, { 505, 302, 406, 302 }, { 403, 480, 486, 403 },
    };

    (void)state;
    for (size_t i = 0; i < 3 * sizeof rows / sizeof rows[0]; i++) {
        const unsigned *row = rows[i / 3];
        struct world *w = scene();
        unsigned status;

        for (unsigned j = 0; j < 3; j++)
            phone_online(w, "bob", PROTOCOL_UDP)->answer.status = row[(i + j) % 3];
        status = ask(w, &(struct ask){ 0 });
        if (status != row[3])
            fail_msg("%u, %u, %u: %u", row[0], row[1], row[2], status);
        scene_end(NULL);
    }
}

/* RFC 3261 16.7 step 7. */
static void
the_challenges_of_all_phones_come_back(void **state)
{
    struct world *w = scene();
    struct phone *desk = phone_online(w, "bob", PROTOCOL_UDP);
    struct phone *soft = phone_online(w, "bob", PROTOCOL_UDP);
    struct phone *third = phone_online(w, "bob", PROTOCOL_UDP);
    const char *answer;

    (void)state;
    desk->answer =
        (struct answer){ .status = 401,
                         .headers = "WWW-Authenticate: Digest realm=\"a\"\r\n" };
    soft->answer =
        (struct answer){ .status = 407,
                         .headers = "Proxy-Authenticate: Digest realm=\"b\"\r\n"
                                    "Proxy-Authenticate: Digest realm=\"c\"\r\n",
                         .delay_ms = 50 };
    third->answer =
        (struct answer){ .status = 401,
                         .headers = "WWW-Authenticate: Digest realm=\"d\"\r\n",
                         .delay_ms = 100 };
    assert_in_set(ask(w, &(struct ask){ 0 }), ((uintmax_t[]){ 401, 407 }), 2);
    answer = answer_of(w->tester).at;
    assert_int_equal(peer_text_count(answer_of(w->tester), "WWW-Authenticate"), 2);
    assert_int_equal(peer_text_count(answer_of(w->tester), "Proxy-Authenticate"), 2);
    for (const char *realm = "abcd"; *realm != '\0'; realm++) {
        char text[16];
        snprintf(text, sizeof text, "realm=\"%c\"", *realm);
        assert_non_null(strstr(answer, text));
    }
}

/* ---- repetitions ---- */

static const struct ask repeated = { .via = "SIP/2.0/UDP h;branch=z9hG4bKsame;rport",
                                     .call_id = "same",
                                     .from = "<sip:a@example.org>;tag=same" };

static void
a_repetition_of_an_open_request_is_swallowed(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.delay_ms = 3000;
    for (int i = 0; i < 5; i++) {
        ask_only(w->tester, &repeated);
        world_run(w, 500);
    }
    assert_int_equal(phone_received(bob), 1);
    assert_null(final_at(w, w->tester, 0));
    world_run(w, 10000);
    assert_int_equal(only_final(w, w->tester), 200);
    assert_null(final_at(w, w->tester, 1));
}

/* RFC 3261 17.2.2: byte for byte, whatever kind of answer it was. */
static void
a_repetition_of_an_answered_request_gets_the_same_bytes(void **state)
{
    static const unsigned statuses[] = { 200, 299, 415, 603, 302, 480, 503 };

    (void)state;
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        struct world *w = scene();
        struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);
        unsigned status;

        bob->answer.status = statuses[i];
        bob->answer.headers = "X-Own: 1\r\n";
        status = ask(w, &repeated);
        for (int n = 1; n <= 3; n++) {
            assert_int_equal(ask(w, &repeated), status);
            world_run(w, 1000);
        }
        assert_int_equal(only_final(w, w->tester), status);
        assert_non_null(final_at(w, w->tester, 3));
        assert_int_equal(phone_received(bob), 1);
        scene_end(NULL);
    }
}

static void
after_wt_timer_a_relayed_request_is_a_new_one(void **state)
{
    struct world *w = scene_with("tm.wt_timer=5", NULL);
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    assert_int_equal(ask(w, &repeated), 200);
    world_run(w, 4900);
    assert_int_equal(ask(w, &repeated), 200);
    assert_int_equal(phone_received(bob), 1);
    world_run(w, 200);
    assert_int_equal(ask(w, &repeated), 200);
    assert_int_equal(phone_received(bob), 2);
}

static void
a_phone_that_answers_again_is_not_passed_on_again(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.copies = 3;
    relay_body(w, "bob", "one");
    world_run(w, 10000);
    assert_null(final_at(w, w->tester, 1));
}

/* RFC 3261 17.1.2.2: who has not answered is reminded, although the sender has his answer. */
static void
a_phone_that_lost_it_gets_it_although_another_has_answered(void **state)
{
    struct world *w = scene();
    struct phone *desk = phone_online(w, "bob", PROTOCOL_UDP);
    struct phone *soft = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    soft->peer.link.loss = 1000;
    relay_body(w, "bob", "one");
    world_run(w, 400);
    assert_int_equal(phone_received(soft), 0);
    soft->peer.link.loss = 0;
    world_run(w, 10000);
    expect_bodies(desk, "one");
    expect_bodies(soft, "one");
    assert_null(final_at(w, w->tester, 1));
}

/* ---- each datagram in turn ---- */

struct exchange {
    const char *name;
    struct answer answer;   /* of the phone, to what is relayed */
    unsigned status;        /* that the sender gets */
    unsigned repeats;       /* how many more times the phone may take it */
    enum protocol protocol; /* of the sender */
};

static const struct exchange exchanges[] = {
    { "taken", { .status = 200 }, 200, 0, PROTOCOL_UDP },
    { "taken after a while", { .status = 200, .delay_ms = 5000 }, 200, 0, PROTOCOL_UDP },
    { "away", { .status = 480 }, 202, 0, PROTOCOL_UDP },
    { "declined", { .status = 603 }, 603, 0, PROTOCOL_UDP },
    { "mute", { .is_mute = true }, 202, 0, PROTOCOL_UDP },
    /* The one 2xx that is lost here is said once. */
    { "late", { .status = 200, .delay_ms = LATE_MS }, 202, 1, PROTOCOL_UDP },
    { "over a stream", { .status = 200 }, 200, 0, PROTOCOL_TCP },
    { "over a stream, away", { .status = 480 }, 202, 0, PROTOCOL_TCP },
};

enum { EXCHANGES = sizeof exchanges / sizeof exchanges[0] };

/* Anything that stays is delivered by the next REGISTER. */
static void
expect_arrived_once(struct world *w, const struct exchange *x, struct phone *bob)
{
    bool is_refused = x->status == 603;

    bob->answer = (struct answer){ .status = 200 };
    w->wire.lose_nth = w->wire.double_nth = 0;
    come_online(bob);
    world_run(w, 60000);
    assert_int_equal(stored_count(w), 0);
    assert_in_range(count_taken(bob), is_refused ? 0 : 1,
                    is_refused ? 0 : 1 + x->repeats);
    for (unsigned i = 0; i < phone_received(bob); i++)
        assert_true(slice_equal(peer_text_body(receipt_text(phone_receipt(bob, i))),
                                SLICE("a body")));
}

/* REGISTER, MESSAGE, and what follows. Returns how many datagrams there were. */
static uint64_t
run_exchange(const struct exchange *x, uint64_t lose_nth, uint64_t double_nth,
             uint32_t after_ms)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);
    struct phone *ann = phone_offline(w, "ann", x->protocol);
    struct call *call;
    uint64_t count;

    w->wire.lose_nth = lose_nth;
    w->wire.double_nth = double_nth;
    w->wire.double_after_ms = after_ms;
    bob->answer = x->answer;
    come_online(bob);
    call = phone_message(ann, "sip:bob@example.org", "", "text/plain", SLICE("a body"));
    world_run(w, 29000); /* a try after check_time is not part of it */
    count = w->wire.datagram_count;
    if (call->status != x->status || only_final(w, ann) != x->status)
        fail_msg("%s, without %u, with %u twice: %u", x->name, (unsigned)lose_nth,
                 (unsigned)double_nth, call->status);
    expect_arrived_once(w, x, bob);
    assert_int_equal(only_final(w, ann), x->status);
    scene_end(NULL);
    return count;
}

static void
any_one_datagram_may_be_lost(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXCHANGES; i++) {
        uint64_t count = run_exchange(&exchanges[i], 0, 0, 0);

        assert_in_range(count, 4, 40);
        for (uint64_t nth = 1; nth <= count; nth++)
            run_exchange(&exchanges[i], nth, 0, 0);
    }
}

static void
any_one_datagram_may_come_twice(void **state)
{
    static const uint32_t afters_ms[] = { 0, 700, 11000, 25000 };

    (void)state;
    for (size_t i = 0; i < EXCHANGES; i++) {
        uint64_t count = run_exchange(&exchanges[i], 0, 0, 0);

        for (uint64_t nth = 1; nth <= count; nth++)
            for (int j = 0; j < 4; j++)
                run_exchange(&exchanges[i], 0, nth, afters_ms[j]);
    }
}

/* One lost and another doubled. */
static void
any_two_datagrams_may_go_astray(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        uint64_t count = run_exchange(&exchanges[i], 0, 0, 0);

        for (uint64_t lost = 1; lost <= count; lost++)
            for (uint64_t twice = 1; twice <= count; twice++)
                run_exchange(&exchanges[i], lost, twice, 900);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(two_phones_give_one_answer),
        SCENE(three_phones_give_one_answer),
        SCENE(the_best_answer_is_chosen_as_the_rfc_says),
        SCENE(the_challenges_of_all_phones_come_back),
        SCENE(a_repetition_of_an_open_request_is_swallowed),
        SCENE(a_repetition_of_an_answered_request_gets_the_same_bytes),
        SCENE(after_wt_timer_a_relayed_request_is_a_new_one),
        SCENE(a_phone_that_answers_again_is_not_passed_on_again),
        SCENE(a_phone_that_lost_it_gets_it_although_another_has_answered),
        SCENE(any_one_datagram_may_be_lost),
        SCENE(any_one_datagram_may_come_twice),
        SCENE(any_two_datagrams_may_go_astray),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
