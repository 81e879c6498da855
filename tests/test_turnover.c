/* The LMDB engine over time, in simulated seconds: what comes and goes for an hour does not make
 * the file grow, what expires all at once leaves in bounded steps, and no call leaves a reader
 * behind, which would keep every page that is freed from being used again.
 *
 *     MESSAGES=1000000 build/simulate/test_turnover     so many expire at once
 */
#include "src/sanitizer.h"
#include "store/lmdb_tables.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

enum {
    STEP = 512, /* LIMIT_TIDY_STEP of the server */
    AORS = 200,

    WARM_UP_S = 900, /* several folds and passes of expiry */
    HOUR_S = 3600,
    A_SECOND = 50,    /* messages that come */
    STAY_S = 60,      /* until they are delivered; */
    FORGOTTEN = 10,   /* of those of a second nobody comes for; */
    EXPIRE_S = 120,   /* until these are over */
    PASS_S = 30,      /* msilo.check_time */
    CLEAN_PERIOD = 5, /* msilo.clean_period */

    A_BATCH = 1000,
#if SANITIZES_ADDRESS
    MESSAGES = 50000,
#else
    MESSAGES = 100000, /* a million takes twenty seconds */
#endif
};

static MDB_env *
env_of(const struct stores *t)
{
    return ((const struct lmdb_store *)(const void *)t->store)->env;
}

static int
note_reader(const char *line, void *count)
{
    /* "pid thread txnid": a slot without a snapshot has "-" there. */
    *(int *)count +=
        strstr(line, "pid") == NULL && line[0] != '(' && strchr(line, '-') == NULL;
    return 0;
}

static void
assert_no_reader(const struct stores *t)
{
    int count = 0;

    assert_true(mdb_reader_list(env_of(t), note_reader, &count) >= 0);
    assert_int_equal(count, 0);
}

static uint64_t
file_pages(const struct stores *t)
{
    MDB_envinfo info;
    MDB_stat stat;

    assert_int_equal(mdb_env_info(env_of(t), &info), 0);
    assert_int_equal(mdb_env_stat(env_of(t), &stat), 0);
    return info.me_last_pgno + 1;
}

static const char *
aor_of(uint64_t number)
{
    static char aor[64];

    snprintf(aor, sizeof aor, "user%u@example.org", (unsigned)(number % AORS));
    return aor;
}

static double
now_ms(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* ---- an hour ---- */

struct turnover {
    struct stores *t;
    uint64_t ids[STAY_S][A_SECOND]; /* of the last seconds */
    uint64_t most_pages;
    uint64_t expired;
};

static void
nothing(void *visitor, const struct hash128 *origin)
{
    (void)visitor;
    (void)origin;
}

static bool
no_binding(void *visitor, struct slice aor, struct slice value)
{
    (void)visitor;
    (void)aor;
    (void)value;
    return true;
}

/* Every call that reads. */
static void
read_all_ways(struct turnover *o, int64_t second)
{
    struct stores *t = o->t;
    struct read_request request = { .aor = text(aor_of((uint64_t)second)),
                                    .now_s = t->now_s,
                                    .max_messages = 3,
                                    .max_bytes = SIZE_MAX };
    struct page page = { 0 };

    assert_int_equal(store_read(t->store, &request, 1), STORE_OK);
    assert_no_reader(t);
    assert_int_equal(store_get(t->store, o->ids[second % STAY_S][0], &page), STORE_OK);
    assert_no_reader(t);
    stores_facts(t);
    assert_no_reader(t);
    assert_int_equal(store_repeats(t->store, t->now_s, NULL, nothing), STORE_OK);
    assert_no_reader(t);
    assert_int_equal(store_bindings(t->store, NULL, no_binding), STORE_OK);
    assert_no_reader(t);
    page_free(&request.page);
    page_free(&page);
}

/* What a second brings: new ones, and the removals of those that were delivered. */
static void
one_second(struct turnover *o, int64_t second)
{
    struct stores *t = o->t;
    uint64_t *ids = o->ids[second % STAY_S];

    for (int i = FORGOTTEN; second >= STAY_S && i < A_SECOND; i++)
        assert_true(batch_remove(&t->batch, ids[i], NULL));
    for (int i = 0; i < A_SECOND; i++)
        stores_put(
            t, aor_of((uint64_t)second * 7 + (uint64_t)i),
            "a body as people write them, of a hundred octets or so, which is what "
            "most of them have to say",
            t->now_s + EXPIRE_S);
    stores_commit(t);
    for (int i = 0; i < A_SECOND; i++) {
        assert_int_equal(t->batch.puts[i].result, PUT_STORED);
        ids[i] = t->batch.puts[i].id;
    }
    batch_reset(&t->batch);
    assert_no_reader(t);
    if (second % PASS_S == 0)
        read_all_ways(o, second);
}

static void
live(struct turnover *o, int64_t from, int64_t to)
{
    for (int64_t second = from; second < to; second++) {
        one_second(o, second);
        if (second % PASS_S == PASS_S - 1)
            o->expired += stores_tidy(
                o->t, second / PASS_S % CLEAN_PERIOD == CLEAN_PERIOD - 1, STEP);
        assert_no_reader(o->t);
        if (file_pages(o->t) > o->most_pages)
            o->most_pages = file_pages(o->t);
        o->t->now_s++;
    }
}

/* Pages that were freed are used again two transactions later, so the file is as large as what
 * lives at the worst moment, between two passes of expiry, and what a fold rewrites beside it.
 * The warm-up has seen six such moments. A tenth more is for how they fall together. */
static void
an_hour_of_steady_turnover_does_not_make_the_file_grow(void **state)
{
    struct turnover *o = calloc(1, sizeof *o);
    struct store_facts facts;
    uint64_t warm;

    assert_non_null(o);
    o->t = *state;
    o->t->options.map_bytes = 256 << 20;
    stores_open_server(o->t);
    live(o, 0, WARM_UP_S);
    warm = o->most_pages;
    live(o, WARM_UP_S, WARM_UP_S + HOUR_S);
    facts = stores_facts(o->t);
    print_message("= %d messages stored in an hour, %llu expired: %llu pages after the "
                  "warm-up, %llu after the hour, %llu in use\n",
                  HOUR_S * A_SECOND, (unsigned long long)o->expired,
                  (unsigned long long)warm, (unsigned long long)o->most_pages,
                  (unsigned long long)(facts.map_used_bytes / 4096));
    assert_true(o->most_pages <= warm + warm / 10);
    free(o);
}

/* ---- all at once ---- */

static uint64_t
entries_of(const struct stores *t, uint64_t entries[TABLES])
{
    const struct lmdb_store *s = (const struct lmdb_store *)(const void *)t->store;
    MDB_txn *txn;
    MDB_stat stat;

    assert_int_equal(mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn), 0);
    for (int i = 0; i < TABLES; i++) {
        assert_int_equal(mdb_stat(txn, s->tables[i], &stat), 0);
        entries[i] = stat.ms_entries;
    }
    mdb_txn_abort(txn);
    return entries[TABLE_MESSAGES];
}

/* Of no table a step touches more than it may. */
static void
assert_bounded(const uint64_t before[TABLES], const uint64_t after[TABLES])
{
    for (int i = 0; i < TABLES; i++)
        assert_true(before[i] <= after[i] + STEP && after[i] <= before[i] + STEP);
}

static void
store_many(struct stores *t, uint64_t count, int64_t exp_time_s)
{
    for (uint64_t done = 0; done < count; done += A_BATCH) {
        for (uint64_t i = 0; i < A_BATCH; i++)
            stores_put(t, aor_of(done + i), "all at once", exp_time_s);
        stores_commit(t);
        batch_reset(&t->batch);
    }
}

/* On a machine that does other work, too, the CPU's time says more of the step. */
struct times {
    double worst_step_ms, worst_step_cpu_ms, worst_commit_ms;
    uint64_t steps;
};

static void
note_worst(double *worst_ms, clockid_t clock, double begin_ms)
{
    double took_ms = now_ms(clock) - begin_ms;

    *worst_ms = took_ms > *worst_ms ? took_ms : *worst_ms;
}

/* A commit of one message, as it waits behind each step. */
static void
commit_between(struct stores *t, struct times *times)
{
    double begin = now_ms(CLOCK_MONOTONIC);

    stores_store(t, "else@example.org", "in between");
    note_worst(&times->worst_commit_ms, CLOCK_MONOTONIC, begin);
    assert_no_reader(t);
}

static uint64_t
expire_all(struct stores *t, struct times *times)
{
    uint64_t before[TABLES], after[TABLES], expired = 0;
    struct tidy_result result = { .more = true };

    while (result.more) {
        double begin, cpu_begin;

        entries_of(t, before);
        begin = now_ms(CLOCK_MONOTONIC);
        cpu_begin = now_ms(CLOCK_THREAD_CPUTIME_ID);
        assert_int_equal(store_tidy(t->store, t->now_s, true, STEP, &result), STORE_OK);
        note_worst(&times->worst_step_cpu_ms, CLOCK_THREAD_CPUTIME_ID, cpu_begin);
        note_worst(&times->worst_step_ms, CLOCK_MONOTONIC, begin);
        times->steps++;
        entries_of(t, after);
        assert_bounded(before, after);
        assert_true(result.expired <= STEP);
        expired += result.expired;
        assert_no_reader(t);
        if (times->steps % 8 == 0)
            commit_between(t, times);
    }
    return expired;
}

static uint64_t
wanted_messages(void)
{
    const char *text = getenv("MESSAGES");

    return text == NULL ? MESSAGES : strtoull(text, NULL, 10) / A_BATCH * A_BATCH;
}

static void
messages_that_expire_at_once_leave_in_bounded_steps(void **state)
{
    struct stores *t = *state;
    uint64_t count = wanted_messages(), pages;
    struct times times = { 0 };

    t->options.map_bytes = (uint64_t)2 << 30;
    stores_open_server(t);
    store_many(t, count, t->now_s + EXPIRE_S);
    pages = file_pages(t);
    t->now_s += EXPIRE_S;
    assert_int_equal(expire_all(t, &times), count);
    assert_string_equal(stores_bodies(t, aor_of(0), 100), "");
    print_message(
        "= %llu messages expired in %llu steps of %d: the longest step %.1f ms "
        "(%.1f of CPU), the longest commit between two %.1f ms; %llu pages, then "
        "%llu\n",
        (unsigned long long)count, (unsigned long long)times.steps, STEP,
        times.worst_step_ms, times.worst_step_cpu_ms, times.worst_commit_ms,
        (unsigned long long)pages, (unsigned long long)file_pages(t));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            an_hour_of_steady_turnover_does_not_make_the_file_grow, stores_setup,
            stores_teardown),
        cmocka_unit_test_setup_teardown(
            messages_that_expire_at_once_leave_in_bounded_steps, stores_setup,
            stores_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
