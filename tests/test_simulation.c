/* Random schedules: what a hundred seconds may bring, many times over. Each seed makes a world
 * of its own, lets phones, network, disk and clock misbehave while messages are sent, then
 * heals everything and waits until it is quiet. The oracle looks on all the time. What is
 * stored is stored in memory, and then the same again with the real engine.
 *
 *     SEEDS=100000 build/simulate/test_simulation     more of them; FIRST=3001: other ones
 *     SEED=4711 build/simulate/test_simulation        this one alone, with all that happens
 *     ENGINE=lmdb                                     or memory: with that one alone
 */
#include "src/sanitizer.h"
#include "tests/liar.h"
#include "tests/simulation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
#if SANITIZES_ADDRESS
    SEEDS = 1000,
    LMDB_SEEDS = 200,
#else
    SEEDS = 4000, /* three million steps */
    LMDB_SEEDS = 1000,
#endif
    STORM_MS = 90000, /* how long things misbehave, at most */
    BODY_ROOM = 3000,
};

/* What the world stores with. */
struct engine {
    const char *name;
    bool is_lmdb;
    uint64_t seeds;
};

static struct engine in_memory = { "memory", false, SEEDS };
static struct engine on_lmdb = { "lmdb", true, LMDB_SEEDS };

struct act {
    struct event event;
    struct simulation *s;
};

static uint32_t
below(struct simulation *s, uint32_t bound)
{
    return simulation_below(s, bound);
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
    uint32_t sender = below(s, SENDERS);

    for (size_t i = 0; i < len; i++)
        body[i] = (char)below(s, 256);
    if (below(s, 6) == 0)
        snprintf(headers, sizeof headers, "Expires: %u\r\n",
                 below(s, 3) == 0 ? 0 : 1 + below(s, 200));
    simulation_post(s, sender, below(s, USERS), headers, slice_of(body, len));
}

/* More than a page holds may then wait, and more than may be delivered without being removed. */
static void
act_send_many(struct simulation *s)
{
    uint32_t count = LIMIT_UNREMOVED + below(s, LIMIT_PAGE_MESSAGES);
    uint32_t sender = below(s, SENDERS), user = below(s, USERS);

    while (count-- > 0)
        simulation_post(s, sender, user, "", SLICE("one of many"));
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
act_phone_restarts(struct simulation *s)
{
    phone_restart(any_phone(s));
}

static void
act_lie(struct simulation *s)
{
    if (below(s, 2) == 0)
        liar_make_up(any_phone(s));
    else
        liar_babble(s->senders[below(s, SENDERS)],
                    below(s, 4) == 0 ? PROTOCOL_TCP : PROTOCOL_UDP);
}

static void
act_break(struct simulation *s)
{
    struct phone *phone = below(s, 2) == 0 ? any_phone(s) : s->senders[below(s, SENDERS)];

    peer_break(&phone->peer, below(s, 3) == 0 ? 20000 : below(s, 100));
}

/* Now, or in the middle of what it does next. A commit that is out may be done or not. */
static void
act_kill(struct simulation *s)
{
    s->w->death.is_written = below(s, 2) == 0;
    if (below(s, 2) == 0)
        world_kill(s->w);
    else
        world_die_after(s->w, 1 + below(s, 6));
}

static void
act_stop(struct simulation *s)
{
    world_stop(s->w);
}

/* In the middle of a dump, when much is under way. */
static void
act_kill_while_serving(struct simulation *s)
{
    s->w->death.is_written = below(s, 2) == 0;
    act_register(s);
    world_die_after(s->w, 10 + below(s, 70));
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
    { 20, act_lie },        { 20, act_phone_restarts },
    { 12, act_send_many },  { 12, act_kill_while_serving },
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

/* ---- a world from a seed ---- */

static void
make_trouble(struct world *w)
{
    static const uint32_t losses[] = { 0, 0, 50, 200 };
    static const uint32_t jitters_ms[] = { 0, 5, 100, 1500 };
    static const uint32_t disk_ms[] = { 0, 1, 20, 800 };
    struct random *r = &w->random;

    w->link.loss = losses[random_below(r, 4)];
    w->link.duplicate = losses[random_below(r, 4)];
    w->link.jitter_ms = jitters_ms[random_below(r, 4)];
    w->link.cut = random_below(r, 2) * 300;
    w->faults.delay_ms = disk_ms[random_below(r, 4)];
    w->faults.jitter_ms = disk_ms[random_below(r, 4)];
    w->faults.early = random_below(r, 3) * 500;
    if (random_below(r, 3) == 0) {
        w->faults.full = random_below(r, 300);
        w->faults.failed = random_below(r, 300);
        w->faults.lied = random_below(r, 2) * random_below(r, 100);
        w->faults.read_failed = random_below(r, 200);
        w->faults.tidy_failed = random_below(r, 200);
    }
}

/* Folds and sweeps after a few messages, and steps in whose middle a server may die. */
static struct world_storage
storage_of(struct random *random, const struct engine *engine)
{
    static const uint32_t fold_at[] = { 2, 8, 30, 0 };
    static const uint32_t steps[] = { 1, 5, 0 };
    struct world_storage storage = { .is_lmdb = engine->is_lmdb };

    storage.fold_at = fold_at[random_below(random, 4)];
    storage.tidy_step = steps[random_below(random, 3)];
    return storage;
}

static struct world *
world_of(uint64_t seed, const struct engine *engine)
{
    struct world_storage storage;
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
    storage = storage_of(&random, engine);
    return world_new_with(seed, overrides, &storage);
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
    simulation_run(s, length_ms);
}

static void
simulate(uint64_t seed, const struct engine *engine, FILE *trace,
         struct simulation_outcome *out)
{
    struct world *w = world_of(seed, engine);
    struct simulation s;

    make_trouble(w);
    simulation_begin(&s, w, trace);
    storm(&s);
    simulation_settle(&s);
    simulation_end(&s, out);
}

static uint64_t
from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static bool
is_wanted(const struct engine *engine)
{
    const char *only = getenv("ENGINE");

    if (only != NULL && strcmp(only, in_memory.name) != 0 &&
        strcmp(only, on_lmdb.name) != 0)
        fail_msg("no engine %s", only);
    return only == NULL || strcmp(only, engine->name) == 0;
}

/* Section 7 of the contract: no input, from any number of peers, makes it crash, leak, stall
 * or lose a stored message. */
static void
no_schedule_breaks_a_promise(void **state)
{
    const struct engine *engine = *state;
    uint64_t only = from_environment("SEED", 0);
    uint64_t first = only != 0 ? only : from_environment("FIRST", 1);
    uint64_t count = only != 0 ? 1 : from_environment("SEEDS", engine->seeds);
    struct happenings all = { 0 };
    struct simulation_outcome outcome;

    if (!is_wanted(engine))
        skip();
    for (uint64_t seed = first; seed < first + count; seed++) {
        simulate(seed, engine, only != 0 ? stderr : NULL, &outcome);
        happenings_add(&all, &outcome.happened);
        if (outcome.failure[0] != '\0')
            fail_msg("ENGINE=%s SEED=%llu, after %llu steps: %s", engine->name,
                     (unsigned long long)seed,
                     (unsigned long long)all.counts[HAPPENED_STEP], outcome.failure);
    }
    print_message("= %s, %llu seeds: %s\n", engine->name, (unsigned long long)count,
                  happenings_text(&all));
}

/* A failure that cannot be replayed is worth little. */
static void
a_seed_replays_a_run_whole(void **state)
{
    const struct engine *engine = *state;
    struct simulation_outcome outcome;
    char *text[2];
    size_t len[2];

    for (int i = 0; i < 2; i++) {
        FILE *trace = open_memstream(&text[i], &len[i]);
        simulate(4711, engine, trace, &outcome);
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
        cmocka_unit_test_prestate(no_schedule_breaks_a_promise, &in_memory),
        cmocka_unit_test_prestate(no_schedule_breaks_a_promise, &on_lmdb),
        cmocka_unit_test_prestate(a_seed_replays_a_run_whole, &in_memory),
        cmocka_unit_test_prestate(a_seed_replays_a_run_whole, &on_lmdb),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
