#include "src/silo/journal.h"

#include "src/limits.h"
#include "src/sip/timer_wheel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* A disk that keeps what it is handed until the test says that it is done. */
struct idle_disk {
    struct disk disk;
    struct batch *out;
    unsigned commits;
};

static void
take(void *self, struct batch *batch)
{
    struct idle_disk *d = self;

    assert_null(d->out);
    d->out = batch;
    d->commits++;
}

enum {
    TOLD = LIMIT_UNCOMMITTED_MESSAGES + 8,
};

struct told {
    struct journal_wait wait;
    struct fixture *f;
    unsigned number;
};

struct fixture {
    struct idle_disk disk;
    struct journal journal;
    struct told waits[TOLD];
    unsigned order[TOLD]; /* numbers, as they were told */
    struct journal_result results[TOLD];
    unsigned given, told;
};

static const struct moment now = { .ms = 5000, .s = 1750000000 };

static void
note(struct journal_wait *wait, const struct journal_result *result, struct moment at)
{
    struct told *t = CONTAINER_OF(wait, struct told, wait);

    assert_int_equal(at.ms, now.ms);
    t->f->results[t->f->told] = *result;
    t->f->order[t->f->told++] = t->number;
}

static int
set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    f->disk.disk = (struct disk){ .self = &f->disk, .commit = take };
    journal_init(&f->journal, &f->disk.disk);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;

    journal_free(&f->journal);
    free(f);
    return 0;
}

static struct journal_wait *
new_wait(struct fixture *f)
{
    struct told *t = &f->waits[f->given];

    assert_true(f->given < TOLD);
    *t = (struct told){ .wait = { note }, .f = f, .number = f->given++ };
    return &t->wait;
}

static bool
put(struct fixture *f, size_t body_bytes)
{
    static char body[LIMIT_UNCOMMITTED_BYTES / 100];
    const struct record record = { .exp_time_s = now.s + 60,
                                   .aor = SLICE("bob@example.org"),
                                   .body = slice_of(body, body_bytes) };

    assert_true(body_bytes <= sizeof body);
    return journal_put(&f->journal, &record, new_wait(f)) != NULL;
}

static void
put_until_full(struct fixture *f, size_t body_bytes)
{
    while (!journal_is_full(&f->journal))
        assert_true(put(f, body_bytes));
}

static void
come_back(struct fixture *f, enum store_status status)
{
    f->disk.out = NULL;
    journal_committed(&f->journal, status, now);
}

static void
what_one_turn_took_in_goes_out_at_its_end_as_one_batch(void **state)
{
    struct fixture *f = *state;

    journal_flush(&f->journal, now);
    assert_int_equal(f->disk.commits, 0);
    assert_true(put(f, 10));
    assert_true(journal_remove(&f->journal, 7, new_wait(f)));
    assert_true(put(f, 20));
    assert_int_equal(f->disk.commits, 0);
    assert_false(journal_is_idle(&f->journal));

    journal_flush(&f->journal, now);

    assert_int_equal(f->disk.commits, 1);
    assert_int_equal(f->disk.out->put_count, 2);
    assert_int_equal(f->disk.out->puts[0].body_bytes, 10);
    assert_int_equal(f->disk.out->puts[1].body_bytes, 20);
    assert_int_equal(f->disk.out->removals[0].id, 7);
    assert_int_equal(f->told, 0);
    come_back(f, STORE_OK);
    assert_int_equal(f->told, 3);
    assert_true(journal_is_idle(&f->journal));
}

/* The disk idles, and yet nothing goes out before the turn is over: the answer to what comes
 * beyond is its caller's, 503. What takes away, and bindings, still find room. */
static void
a_turn_that_fills_a_batch_while_the_disk_idles_is_full_until_its_end(void **state)
{
    struct fixture *f = *state;

    put_until_full(f, 10);
    assert_int_equal(f->given, LIMIT_UNCOMMITTED_MESSAGES);
    assert_int_equal(f->disk.commits, 0);
    assert_true(journal_remove(&f->journal, 7, new_wait(f)));
    assert_true(
        journal_save_binding(&f->journal, SLICE("bob"), SLICE("value"), new_wait(f)));
    assert_true(journal_is_full(&f->journal));

    journal_flush(&f->journal, now);

    assert_int_equal(f->disk.commits, 1);
    assert_int_equal(f->disk.out->put_count, LIMIT_UNCOMMITTED_MESSAGES);
    assert_int_equal(f->disk.out->removal_count, 1);
    assert_int_equal(f->disk.out->binding_count, 1);
    assert_false(journal_is_full(&f->journal));
}

/* Even a caller that does not ask is given nothing half put in. */
static void
beyond_a_full_batch_a_put_is_refused_and_changes_nothing(void **state)
{
    struct fixture *f = *state;

    put_until_full(f, 10);
    assert_false(put(f, 10));
    journal_flush(&f->journal, now);
    assert_int_equal(f->disk.out->put_count, LIMIT_UNCOMMITTED_MESSAGES);
    come_back(f, STORE_OK);
    assert_int_equal(f->told, LIMIT_UNCOMMITTED_MESSAGES);
}

/* The rest of a batch's octets is for bindings. */
static void
long_messages_fill_it_by_their_octets(void **state)
{
    struct fixture *f = *state;

    put_until_full(f, LIMIT_UNCOMMITTED_BYTES / 100);
    assert_in_range(f->given, 90, 100);
    assert_true(
        journal_save_binding(&f->journal, SLICE("bob"), SLICE("value"), new_wait(f)));
}

static void
a_second_batch_waits_until_the_first_is_back_and_follows_it(void **state)
{
    struct fixture *f = *state;
    struct batch *first;

    put_until_full(f, 10);
    journal_flush(&f->journal, now);
    first = f->disk.out;
    assert_true(put(f, 30));
    journal_flush(&f->journal, now);
    assert_int_equal(f->disk.commits, 1);

    come_back(f, STORE_OK);
    assert_int_equal(f->told, LIMIT_UNCOMMITTED_MESSAGES);
    for (unsigned i = 0; i < f->told; i++)
        assert_int_equal(f->order[i], i);
    assert_int_equal(f->disk.commits, 1);

    journal_flush(&f->journal, now);
    assert_int_equal(f->disk.commits, 2);
    assert_ptr_not_equal(f->disk.out, first);
    assert_int_equal(f->disk.out->put_count, 1);
    assert_int_equal(f->disk.out->puts[0].body_bytes, 30);
}

/* And not those who wait for the batch behind it. */
static void
a_commit_that_fails_is_told_to_all_who_waited_for_it(void **state)
{
    struct fixture *f = *state;

    assert_true(put(f, 10));
    assert_true(journal_remove(&f->journal, 7, new_wait(f)));
    journal_flush(&f->journal, now);
    assert_true(put(f, 10));
    come_back(f, STORE_FULL);
    assert_int_equal(f->told, 2);
    assert_int_equal(f->results[0].status, STORE_FULL);
    assert_int_equal(f->results[1].status, STORE_FULL);
    assert_true(f->journal.is_short);
    journal_flush(&f->journal, now);
    come_back(f, STORE_OK);
    assert_int_equal(f->results[2].status, STORE_OK);
    assert_false(f->journal.is_short);
}

/* And the batch stays out, so that nothing is handed out beside it. Removals are not told, since a
 * read may still find what they take away. */
static void
who_waits_for_what_is_safe_is_told_before_the_commit_is_back_and_once(void **state)
{
    struct fixture *f = *state;

    assert_true(put(f, 10));
    assert_true(journal_remove(&f->journal, 7, new_wait(f)));
    journal_flush(&f->journal, now);
    assert_false(journal_is_settling(&f->journal));
    f->disk.out->puts[0].id = 42;

    journal_safe(&f->journal, now);
    assert_int_equal(f->told, 1);
    assert_int_equal(f->results[0].status, STORE_OK);
    assert_int_equal(f->results[0].id, 42);
    assert_true(journal_is_settling(&f->journal));
    assert_false(journal_is_idle(&f->journal));
    assert_true(put(f, 20));
    journal_flush(&f->journal, now);
    assert_int_equal(f->disk.commits, 1);

    come_back(f, STORE_OK);
    assert_int_equal(f->told, 2);
    assert_false(journal_is_settling(&f->journal));
    journal_flush(&f->journal, now);
    come_back(f, STORE_OK);
    assert_int_equal(f->told, 3);
}

/* And is not to be read until the store has written again. */
static void
what_was_told_to_be_safe_stays_so_when_the_commit_fails(void **state)
{
    struct fixture *f = *state;

    assert_true(put(f, 10));
    assert_true(journal_remove(&f->journal, 7, new_wait(f)));
    journal_flush(&f->journal, now);
    journal_safe(&f->journal, now);
    come_back(f, STORE_FULL);
    assert_int_equal(f->told, 2);
    assert_int_equal(f->results[0].status, STORE_OK);
    assert_int_equal(f->results[1].status, STORE_FULL);
    assert_true(f->journal.is_short);
    assert_true(journal_is_settling(&f->journal));

    assert_true(put(f, 10));
    journal_flush(&f->journal, now);
    come_back(f, STORE_FAILED);
    assert_true(journal_is_settling(&f->journal));
    assert_true(put(f, 10));
    journal_flush(&f->journal, now);
    come_back(f, STORE_OK);
    assert_false(journal_is_settling(&f->journal));
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(what_one_turn_took_in_goes_out_at_its_end_as_one_batch),
        ROW(a_turn_that_fills_a_batch_while_the_disk_idles_is_full_until_its_end),
        ROW(beyond_a_full_batch_a_put_is_refused_and_changes_nothing),
        ROW(long_messages_fill_it_by_their_octets),
        ROW(a_second_batch_waits_until_the_first_is_back_and_follows_it),
        ROW(a_commit_that_fails_is_told_to_all_who_waited_for_it),
        ROW(who_waits_for_what_is_safe_is_told_before_the_commit_is_back_and_once),
        ROW(what_was_told_to_be_safe_stays_so_when_the_commit_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
