/* Random schedules: what a hundred seconds may bring, many times over. Each seed makes a world
 * of its own, lets phones, network, disk and clock misbehave while messages are sent, then
 * heals everything and waits until it is quiet. The oracle looks on all the time.
 *
 *     SEEDS=100000 build/check/test_simulation     more of them
 *     SEED=4711 build/check/test_simulation        this one alone, with all that happens
 */
#include "tests/oracle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    SEEDS = 3000,
    USERS = 3,
    PHONES = 5,
    SENDERS = 3,
    STORM_MS = 90000,       /* how long things misbehave, at most */
    AFTER_STORM_MS = 40000, /* what was under way ends: timer F and some */
    ROUND_MS = 70000,       /* a round of registering, and all dumps that it starts */
    BODY_ROOM = 3000,
};

struct simulation {
    struct world *w;
    struct oracle oracle;
    struct phone *phones[PHONES];
    struct phone *senders[SENDERS];
    uint32_t badness; /* per mille of answers that are not a plain 200 */
};

struct act {
    struct event event;
    struct simulation *s;
};

static const char *const user_names[USERS] = { "alice", "bob", "carol%20x" };

static uint32_t
below(struct simulation *s, uint32_t bound)
{
    return random_below(&s->w->random, bound);
}

/* ---- what may happen ---- */

static struct phone *
any_phone(struct simulation *s)
{
    return s->phones[below(s, PHONES)];
}

static void
act_send(struct simulation *s)
{
    char body[BODY_ROOM], headers[64] = "";
    size_t len = below(s, below(s, 20) == 0 ? BODY_ROOM : 120);
    struct phone *sender = s->senders[below(s, SENDERS)];

    for (size_t i = 0; i < len; i++)
        body[i] = (char)below(s, 256);
    if (below(s, 6) == 0)
        snprintf(headers, sizeof headers, "Expires: %u\r\n",
                 below(s, 3) == 0 ? 0 : 1 + below(s, 200));
    oracle_post(&s->oracle, sender, user_names[below(s, USERS)], headers,
                slice_of(body, len));
}

static void
act_register(struct simulation *s)
{
    struct phone *phone = any_phone(s);

    phone_wake(phone);
    phone_register(phone, 60 + below(s, 200));
}

static void
act_unregister(struct simulation *s)
{
    phone_register(any_phone(s), 0);
}

static void
act_phone_dies(struct simulation *s)
{
    phone_die(any_phone(s), below(s, 2) == 0);
}

static void
act_break(struct simulation *s)
{
    struct phone *phone = below(s, 2) == 0 ? any_phone(s) : s->senders[below(s, SENDERS)];

    peer_break(&phone->peer, below(s, 3) == 0 ? 20000 : below(s, 100));
}

static void
act_kill(struct simulation *s)
{
    world_kill(s->w);
}

static void
act_stop(struct simulation *s)
{
    world_stop(s->w);
}

static void
start_again(void *world, struct event *event)
{
    (void)event;
    if (((struct world *)world)->server == NULL)
        world_start(world);
}

static void
act_kill_for_a_while(struct simulation *s)
{
    world_die(s->w);
    world_later(s->w, below(s, 5000), sizeof(struct event), start_again);
}

static void
act_jump(struct simulation *s)
{
    static const int64_t jumps_s[] = { 1, -1, 60, -60, 3600, -3600, 86400, -86400 };

    world_jump(s->w, jumps_s[below(s, 8)]);
}

static void
act_mood(struct simulation *s)
{
    static const uint32_t moods[] = { 0, 100, 300, 900 };

    s->badness = moods[below(s, 4)];
}

static const struct {
    uint32_t weight;
    void (*act)(struct simulation *s);
} acts[] = {
    { 400, act_send },      { 10, act_stop },
    { 200, act_register },  { 40, act_unregister },
    { 40, act_phone_dies }, { 40, act_break },
    { 20, act_kill },       { 10, act_kill_for_a_while },
    { 4, act_jump },        { 60, act_mood },
};

static void
act_now(void *world, struct event *event)
{
    struct simulation *s = ((struct act *)(void *)event)->s;
    uint32_t all = 0, drawn;
    size_t i = 0;

    (void)world;
    for (size_t j = 0; j < sizeof acts / sizeof acts[0]; j++)
        all += acts[j].weight;
    drawn = below(s, all);
    for (; drawn >= acts[i].weight; i++)
        drawn -= acts[i].weight;
    acts[i].act(s);
}

/* ---- how phones answer ---- */

static struct answer
bad_answer(struct simulation *s)
{
    static const unsigned codes[] = { 300, 302, 400, 401, 403, 404, 405, 406, 407,
                                      408, 410, 413, 415, 420, 430, 480, 481, 486,
                                      487, 488, 489, 493, 500, 501, 502, 503, 504,
                                      505, 513, 600, 603, 604, 606 };
    struct answer answer = { .status = 200 };

    switch (below(s, 6)) {
    case 0:
        answer.is_mute = true;
        break;
    case 1:
        answer.delay_ms = below(s, 15000);
        break;
    case 2:
        answer.copies = 1 + below(s, 2);
        break;
    default:
        answer.status = codes[below(s, sizeof codes / sizeof codes[0])];
    }
    answer.is_provisional = below(s, 4) == 0;
    return answer;
}

static struct answer
choose(void *self, struct phone *phone, struct slice request)
{
    struct simulation *s = self;

    (void)phone;
    oracle_check_request(&s->oracle, request);
    if (below(s, 1000) < s->badness)
        return bad_answer(s);
    return (struct answer){ .status = 200, .delay_ms = below(s, 50) };
}

/* ---- a world from a seed ---- */

static void
make_trouble(struct simulation *s)
{
    static const uint32_t losses[] = { 0, 0, 50, 200 };
    static const uint32_t jitters_ms[] = { 0, 5, 100, 1500 };
    static const uint32_t disk_ms[] = { 0, 1, 20, 800 };
    struct world *w = s->w;

    w->link.loss = losses[below(s, 4)];
    w->link.duplicate = losses[below(s, 4)];
    w->link.jitter_ms = jitters_ms[below(s, 4)];
    w->link.cut = below(s, 2) * 300;
    w->faults.delay_ms = disk_ms[below(s, 4)];
    w->faults.jitter_ms = disk_ms[below(s, 4)];
    if (below(s, 3) == 0) {
        w->faults.full = below(s, 300);
        w->faults.failed = below(s, 300);
        w->faults.lied = below(s, 2) * below(s, 100);
        w->faults.read_failed = below(s, 200);
        w->faults.tidy_failed = below(s, 200);
    }
}

static struct world *
world_of(uint64_t seed)
{
    struct random random;
    char fr[40], check[40], mode[40], most[40], expire[40];
    const char *overrides[] = { fr, check, mode, most, expire, NULL, NULL };

    random_seed(&random, seed ^ 0x5eed);
    snprintf(fr, sizeof fr, "tm.fr_timer=%u", 3 + random_below(&random, 8));
    snprintf(check, sizeof check, "msilo.check_time=%u", 5 + random_below(&random, 30));
    snprintf(mode, sizeof mode, "usrloc.db_mode=%u", random_below(&random, 2));
    snprintf(most, sizeof most, "msilo.max_messages=%u",
             random_chance(&random, 200) ? 5u : 0u);
    snprintf(expire, sizeof expire, "msilo.expire_time=%u",
             random_chance(&random, 200) ? 60u : 259200u);
    if (random_chance(&random, 300))
        overrides[5] = "msilo.registrar=sip:silo@example.org";
    return world_new(seed, overrides);
}

static void
set_up(struct simulation *s, uint64_t seed, FILE *trace)
{
    static const char *const sender_names[SENDERS] = { "dan", "eve", "frank" };

    *s = (struct simulation){ .w = world_of(seed) };
    world_trace_to(s->w, trace);
    s->w->keeps_sent = false;
    s->w->contents->window_s = INT64_MAX;
    oracle_init(&s->oracle, s->w);
    make_trouble(s);
    for (uint32_t i = 0; i < PHONES; i++) {
        s->phones[i] = phone_new(s->w, user_names[i % USERS],
                                 below(s, 2) == 0 ? PROTOCOL_UDP : PROTOCOL_TCP);
        s->phones[i]->chooser = s;
        s->phones[i]->choose = choose;
        oracle_watch_phone(&s->oracle, s->phones[i]);
    }
    for (uint32_t i = 0; i < SENDERS; i++)
        s->senders[i] = phone_new(s->w, sender_names[i],
                                  below(s, 3) == 0 ? PROTOCOL_TCP : PROTOCOL_UDP);
}

static void
run(struct simulation *s, uint64_t ms)
{
    uint64_t until_ms = s->w->now.ms + ms;

    while (world_step(s->w, until_ms))
        oracle_step(&s->oracle);
}

static void
storm(struct simulation *s)
{
    uint32_t count = 5 + below(s, 80);
    uint32_t length_ms = below(s, 3) == 0 ? 2000 : below(s, 2) == 0 ? 20000 : STORM_MS;

    for (uint32_t i = 0; i < count; i++) {
        struct act *act = world_later(s->w, below(s, length_ms), sizeof *act, act_now);
        act->s = s;
    }
    run(s, length_ms);
}

static void
heal(struct simulation *s)
{
    const struct link kind = { .delay_ms = 1 };

    if (s->w->server == NULL)
        world_start(s->w);
    s->w->faults = (struct disk_faults){ .delay_ms = 1 };
    s->badness = 0;
    for (struct phone *phone = s->w->phones; phone != NULL; phone = phone->next) {
        phone->peer.link = kind;
        phone_wake(phone);
        phone->says_message = true; /* 405 and 501 were moods */
    }
}

static void
register_all(struct simulation *s)
{
    struct call *calls[PHONES];

    for (uint32_t i = 0; i < PHONES; i++)
        calls[i] = phone_register(s->phones[i], 3600);
    run(s, ROUND_MS);
    for (uint32_t i = 0; i < PHONES; i++)
        if (calls[i]->status != 200)
            world_fail(s->w, "answer: %s gets %u to a REGISTER in quiet times",
                       s->phones[i]->user, calls[i]->status);
}

static void
expect_answers(struct simulation *s)
{
    struct posted *probes[SENDERS];

    for (uint32_t i = 0; i < SENDERS; i++)
        probes[i] = oracle_post(&s->oracle, s->senders[i], user_names[i % USERS], "",
                                SLICE("probe"));
    run(s, ROUND_MS);
    for (uint32_t i = 0; i < SENDERS; i++)
        if (probes[i]->call->status != 200)
            world_fail(s->w, "answer: %u gets %u in quiet times, its phone is there",
                       probes[i]->number, probes[i]->call->status);
}

/* Empty when all is well, else what was wrong. */
static uint64_t
simulate(uint64_t seed, FILE *trace, char failure[WORLD_FAILURE])
{
    struct simulation s;
    uint64_t events;
    size_t waiting;

    set_up(&s, seed, trace);
    storm(&s);
    heal(&s);
    run(&s, AFTER_STORM_MS);
    register_all(&s);
    register_all(&s);
    waiting = oracle_count_waiting(&s.oracle);
    if (waiting > 0)
        world_fail(s.w, "kept: %zu messages still wait while every phone is well",
                   waiting);
    expect_answers(&s);
    oracle_check_kept(&s.oracle);
    snprintf(failure, WORLD_FAILURE, "%s", s.w->failure);
    events = s.w->event_count;
    oracle_free(&s.oracle);
    world_free(s.w);
    return events;
}

static uint64_t
from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

/* Section 7 of the contract: no input, from any number of peers, makes it crash, leak, stall
 * or lose a stored message. */
static void
no_schedule_breaks_a_promise(void **state)
{
    uint64_t only = from_environment("SEED", 0);
    uint64_t first = only != 0 ? only : 1;
    uint64_t count = only != 0 ? 1 : from_environment("SEEDS", SEEDS);
    uint64_t events = 0;
    char failure[WORLD_FAILURE];

    (void)state;
    for (uint64_t seed = first; seed < first + count; seed++) {
        events += simulate(seed, only != 0 ? stderr : NULL, failure);
        if (failure[0] != '\0')
            fail_msg("SEED=%llu: %s", (unsigned long long)seed, failure);
    }
    print_message("%llu seeds, %llu events\n", (unsigned long long)count,
                  (unsigned long long)events);
}

/* A failure that cannot be replayed is worth little. */
static void
a_seed_replays_a_run_whole(void **state)
{
    char failure[WORLD_FAILURE];
    char *text[2];
    size_t len[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        FILE *trace = open_memstream(&text[i], &len[i]);
        simulate(4711, trace, failure);
        fclose(trace);
    }

    assert_int_equal(len[0], len[1]);
    assert_string_equal(text[0], text[1]);
    free(text[0]);
    free(text[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_schedule_breaks_a_promise),
        cmocka_unit_test(a_seed_replays_a_run_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
