#include "src/net/lane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    CALLS = 64,
};

/* A store that writes down who is in it, and waits where a test wants it to. */
struct slow_store {
    struct store store;
    atomic_int writers, writers_most, readers;
    atomic_int held;       /* a read waits while it is set */
    atomic_int settling;   /* so does a commit, behind telling that it is safe */
    bool is_early;         /* a commit tells that */
    atomic_int overlapped; /* a read saw a writer, or a writer a read */
    char order[CALLS];     /* by writers: 'c' and 't' */
    size_t calls;
    enum store_status status;
    uint32_t bound;
    bool expire;
};

/* A lane on a real loop and pool, and what it told its owner. */
struct fixture {
    struct loop loop;
    struct lane lane;
    struct disk disk;
    struct slow_store store;
    int wanted_tidies, wanted_commits; /* handed out again at each completion */
    int safe, committed, read_done, tidied;
    enum store_status status;
    char why[LANE_WHY];
    uint64_t expired;
    struct batch batch;
    struct read_request request;
};

static void
enter_writer(struct slow_store *s, char what)
{
    int now = atomic_fetch_add(&s->writers, 1) + 1;

    if (now > atomic_load(&s->writers_most))
        atomic_store(&s->writers_most, now);
    if (s->calls < CALLS)
        s->order[s->calls++] = what;
    if (atomic_load(&s->readers) > 0)
        atomic_store(&s->overlapped, 1);
    uv_sleep(1);
    atomic_fetch_sub(&s->writers, 1);
}

static enum store_status
slow_commit(struct store *store, struct batch *batch, int64_t now_s)
{
    struct slow_store *s = (void *)store;

    assert_true(now_s > 1600000000);
    enter_writer(s, 'c');
    if (s->is_early)
        batch->safe(batch->safe_self);
    for (int i = 0; i < 2000 && atomic_load(&s->settling); i++)
        uv_sleep(1);
    return s->status;
}

static enum store_status
slow_tidy(struct store *store, int64_t now_s, bool expire, uint32_t bound,
          struct tidy_result *out)
{
    struct slow_store *s = (void *)store;

    assert_true(now_s > 1600000000);
    s->expire = expire;
    s->bound = bound;
    enter_writer(s, 't');
    out->expired = 7;
    return s->status;
}

static enum store_status
slow_read(struct store *store, struct read_request *requests, size_t count)
{
    struct slow_store *s = (void *)store;

    atomic_fetch_add(&s->readers, 1);
    for (int i = 0; i < 2000 && atomic_load(&s->held); i++)
        uv_sleep(1);
    atomic_fetch_sub(&s->readers, 1);
    for (size_t i = 0; i < count; i++)
        requests[i].status = s->status;
    return s->status;
}

static const char *
slow_why(const struct store *store)
{
    (void)store;
    return "the disk is on fire";
}

static const struct store_engine slow_engine = {
    .scheme = "slow",
    .commit = slow_commit,
    .read = slow_read,
    .tidy = slow_tidy,
    .why = slow_why,
};

static void
note(struct fixture *f, enum store_status status, const char *why)
{
    f->status = status;
    snprintf(f->why, sizeof f->why, "%s", why);
}

static void
on_safe(void *self)
{
    struct fixture *f = self;

    assert_int_equal(f->lane.commit.state, LANE_OUT);
    f->safe++;
}

static void
on_committed(void *self, enum store_status status, const char *why)
{
    struct fixture *f = self;

    f->committed++;
    note(f, status, why);
    if (f->committed < f->wanted_commits)
        f->disk.commit(f->disk.self, &f->batch);
}

static void
on_read_done(void *self, enum store_status status, const char *why)
{
    struct fixture *f = self;

    f->read_done++;
    note(f, status, why);
}

static void
on_tidied(void *self, enum store_status status, const struct tidy_result *result)
{
    struct fixture *f = self;

    f->tidied++;
    note(f, status, "");
    f->expired = result->expired;
    if (f->tidied < f->wanted_tidies)
        f->disk.tidy(f->disk.self, true);
}

static void
nothing(void *self)
{
    (void)self;
}

static uint64_t
never(void *self)
{
    (void)self;
    return UINT64_MAX;
}

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    const struct loop_work work = { f, nothing, nothing, never };
    const struct lane_events events = { f, on_safe, on_committed, on_read_done,
                                        on_tidied };

    f->store.store.engine = &slow_engine;
    loop_init(&f->loop, &work);
    assert_int_equal(lane_init(&f->lane, &f->loop, &f->store.store, &events), 0);
    f->disk = lane_disk(&f->lane);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    lane_close(&f->lane);
    assert_true(loop_close(&f->loop, 2000));
    free(f);
    return 0;
}

/* libuv's pool always answers, and a prepare handle does not keep the loop waiting. */
static void
run_until_idle(struct fixture *f)
{
    while (!lane_is_idle(&f->lane))
        uv_run(&f->loop.uv, UV_RUN_ONCE);
}

/* disk.h: none of these calls back before it returns. */
static void
a_completion_comes_later_and_once(void **state)
{
    struct fixture *f = *state;

    f->disk.commit(f->disk.self, &f->batch);
    assert_int_equal(f->committed, 0);
    assert_false(lane_is_idle(&f->lane));
    run_until_idle(f);
    assert_int_equal(f->committed, 1);
    assert_int_equal(f->status, STORE_OK);
    assert_string_equal(f->why, "");
}

static void
a_failure_brings_the_stores_words(void **state)
{
    struct fixture *f = *state;

    f->store.status = STORE_FAILED;
    f->disk.commit(f->disk.self, &f->batch);
    run_until_idle(f);
    assert_int_equal(f->status, STORE_FAILED);
    assert_string_equal(f->why, "the disk is on fire");

    f->why[0] = '\0';
    f->disk.read(f->disk.self, &f->request, 1);
    run_until_idle(f);
    assert_int_equal(f->read_done, 1);
    assert_string_equal(f->why, "the disk is on fire");
}

/* store.h, Threads: one writer at a time; and neither starves the other. */
static void
commits_and_tidying_take_turns(void **state)
{
    struct fixture *f = *state;

    f->wanted_commits = f->wanted_tidies = 8;
    f->disk.commit(f->disk.self, &f->batch);
    f->disk.tidy(f->disk.self, true);
    run_until_idle(f);

    assert_int_equal(f->committed, 8);
    assert_int_equal(f->tidied, 8);
    assert_int_equal(atomic_load(&f->store.writers_most), 1);
    assert_memory_equal(f->store.order, "ctctctctctctctct", 16);
}

static void
a_read_runs_beside_a_commit(void **state)
{
    struct fixture *f = *state;

    atomic_store(&f->store.held, 1);
    f->disk.read(f->disk.self, &f->request, 1);
    while (atomic_load(&f->store.readers) == 0)
        uv_sleep(1);
    f->disk.commit(f->disk.self, &f->batch);
    while (f->committed == 0)
        uv_run(&f->loop.uv, UV_RUN_ONCE);
    assert_int_equal(f->read_done, 0);
    assert_int_equal(atomic_load(&f->store.overlapped), 1);

    atomic_store(&f->store.held, 0);
    run_until_idle(f);
    assert_int_equal(f->read_done, 1);
}

static void
a_commit_that_is_safe_early_is_told_so_before_it_comes_back(void **state)
{
    struct fixture *f = *state;

    f->store.is_early = true;
    atomic_store(&f->store.settling, 1);
    f->disk.commit(f->disk.self, &f->batch);
    while (f->safe == 0)
        uv_run(&f->loop.uv, UV_RUN_ONCE);
    assert_int_equal(f->committed, 0);
    assert_false(lane_is_idle(&f->lane));

    atomic_store(&f->store.settling, 0);
    run_until_idle(f);
    assert_int_equal(f->safe, 1);
    assert_int_equal(f->committed, 1);
}

/* Where both have come before the loop looks; on_safe looks whether the commit is out. */
static void
a_commit_is_told_to_be_safe_before_it_is_told_to_have_failed(void **state)
{
    struct fixture *f = *state;

    f->store.is_early = true;
    f->store.status = STORE_FAILED;
    for (int i = 1; i <= 20; i++) {
        f->disk.commit(f->disk.self, &f->batch);
        uv_sleep(10);
        run_until_idle(f);
        uv_run(&f->loop.uv, UV_RUN_NOWAIT);
        assert_int_equal(f->safe, i);
        assert_int_equal(f->committed, i);
    }
}

/* The thread would tell a handle that is gone. */
static void
a_lane_that_is_closed_waits_for_its_commit_and_tells_nothing(void **state)
{
    struct fixture *f = *state;

    f->store.is_early = true;
    f->disk.commit(f->disk.self, &f->batch);
    lane_close(&f->lane);
    run_until_idle(f);
    assert_int_equal(f->safe + f->committed, 0);
}

static void
a_tidy_step_is_bounded_and_tells_its_result(void **state)
{
    struct fixture *f = *state;

    f->disk.tidy(f->disk.self, true);
    run_until_idle(f);
    assert_int_equal(f->tidied, 1);
    assert_int_equal(f->expired, 7);
    assert_int_equal(f->store.bound, LIMIT_TIDY_STEP);
    assert_true(f->store.expire);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_completion_comes_later_and_once),
        TEST(a_failure_brings_the_stores_words),
        TEST(commits_and_tidying_take_turns),
        TEST(a_read_runs_beside_a_commit),
        TEST(a_commit_that_is_safe_early_is_told_so_before_it_comes_back),
        TEST(a_commit_is_told_to_be_safe_before_it_is_told_to_have_failed),
        TEST(a_lane_that_is_closed_waits_for_its_commit_and_tells_nothing),
        TEST(a_tidy_step_is_bounded_and_tells_its_result),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
