#include "tests/simulation.h"

enum {
    AFTER_STORM_MS = 40000, /* what was under way ends: timer F and some */
    ROUND_MS = 70000,       /* a round of registering, and all dumps that it starts */
};

static const char *const user_names[USERS] = { "alice", "bob", "carol%20x" };

const char *
simulation_user(uint32_t index)
{
    return user_names[index % USERS];
}

uint32_t
simulation_below(struct simulation *s, uint32_t bound)
{
    return random_below(&s->w->random, bound);
}

struct posted *
simulation_post(struct simulation *s, uint32_t sender, uint32_t user, const char *headers,
                struct slice body)
{
    return oracle_post(&s->oracle, s->senders[sender % SENDERS], simulation_user(user),
                       headers, body);
}

void
simulation_run(struct simulation *s, uint64_t ms)
{
    uint64_t until_ms = s->w->now.ms + ms;

    while (world_step(s->w, until_ms))
        oracle_step(&s->oracle);
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

    switch (simulation_below(s, 7)) {
    case 0:
        answer.is_mute = true;
        break;
    case 1:
        answer.delay_ms = simulation_below(s, 15000);
        break;
    case 2:
        answer.copies = 1 + simulation_below(s, 2);
        break;
    case 3:
        answer.lie = (enum lie)(1 + simulation_below(s, LIES - 1));
        break;
    default:
        answer.status = codes[simulation_below(s, sizeof codes / sizeof codes[0])];
    }
    answer.is_provisional = simulation_below(s, 4) == 0;
    return answer;
}

static struct answer
choose(void *self, struct phone *phone, struct slice request)
{
    struct simulation *s = self;

    (void)phone;
    oracle_check_request(&s->oracle, request);
    if (simulation_below(s, 1000) < s->badness)
        return bad_answer(s);
    return (struct answer){ .status = 200, .delay_ms = simulation_below(s, 50) };
}

/* ---- its beginning ---- */

static void
add_phones(struct simulation *s)
{
    for (uint32_t i = 0; i < PHONES; i++) {
        s->phones[i] =
            phone_new(s->w, simulation_user(i),
                      simulation_below(s, 2) == 0 ? PROTOCOL_UDP : PROTOCOL_TCP);
        s->phones[i]->chooser = s;
        s->phones[i]->choose = choose;
        oracle_watch_phone(&s->oracle, s->phones[i]);
    }
}

void
simulation_begin(struct simulation *s, struct world *w, FILE *trace)
{
    static const char *const sender_names[SENDERS] = { "dan", "eve", "frank" };

    *s = (struct simulation){ .w = w };
    world_trace_to(s->w, trace);
    s->w->keeps_sent = false;
    if (s->w->contents != NULL)
        s->w->contents->window_s = INT64_MAX;
    oracle_init(&s->oracle, s->w);
    add_phones(s);
    for (uint32_t i = 0; i < SENDERS; i++)
        s->senders[i] =
            phone_new(s->w, sender_names[i],
                      simulation_below(s, 3) == 0 ? PROTOCOL_TCP : PROTOCOL_UDP);
}

/* ---- its end ---- */

static void
heal(struct simulation *s)
{
    const struct link kind = { .delay_ms = 1 };

    if (s->w->server == NULL)
        world_start(s->w);
    s->w->faults = (struct disk_faults){ .delay_ms = 1 };
    s->w->death = (struct death){ .things = s->w->death.things };
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
    simulation_run(s, ROUND_MS);
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
        probes[i] = simulation_post(s, i, i % USERS, "", SLICE("probe"));
    simulation_run(s, ROUND_MS);
    for (uint32_t i = 0; i < SENDERS; i++)
        if (probes[i]->call->status != 200)
            world_fail(s->w, "answer: %u gets %u in quiet times, its phone is there",
                       probes[i]->number, probes[i]->call->status);
}

void
simulation_settle(struct simulation *s)
{
    size_t waiting;

    heal(s);
    simulation_run(s, AFTER_STORM_MS);
    register_all(s);
    register_all(s);
    waiting = oracle_count_waiting(&s->oracle);
    if (waiting > 0)
        world_fail(s->w, "kept: %zu messages still wait while every phone is well",
                   waiting);
    expect_answers(s);
    oracle_check_kept(&s->oracle);
}

void
simulation_end(struct simulation *s, struct simulation_outcome *out)
{
    out->happened = s->w->happened;
    world_die(s->w); /* what it leaves is looked at */
    snprintf(out->failure, WORLD_FAILURE, "%s", s->w->failure);
    oracle_free(&s->oracle);
    world_free(s->w);
}
