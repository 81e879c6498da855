/* A store whose process ends at any moment, and processes beside it. */
#include "tests/stores.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    PATIENCE_MS = 30000, /* of a machine that is busy */
    IMPORTS = 6,
};

#define BOB   "bob@example.org"
#define CAROL "carol@example.org"

/* Messages in index and tail, gone ones of both, and gone ones that a lost fold indexed. */
static void
fill(struct stores *t)
{
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 6; i++) {
            char body[8];

            snprintf(body, sizeof body, "%d%c", round, 'a' + i);
            stores_store(t, i % 3 == 0 ? CAROL : BOB, body);
        }
        if (round == 0)
            stores_tidy(t, false, 100);
    }
    stores_remove(t, 2);
    stores_remove(t, 8);
    stores_remove(t, 12);
}

static void
assert_as_filled(struct stores *t)
{
    assert_string_equal(stores_bodies(t, BOB, 2), "0c 0e 0f 1c 1e");
    assert_string_equal(stores_bodies(t, CAROL, 1), "0a 0d 1a 1d");
    assert_string_equal(stores_bodies(t, NULL, 3), "0a 0c 0d 0e 0f 1a 1c 1d 1e");
    assert_int_equal(stores_facts(t).messages, 9);
    assert_int_equal(stores_facts(t).bytes, 18);
}

/* `steps` steps of a fold, then the power goes; and again after the next start. Every step
 * is synced, so closing shows what a crash would. */
static bool
stop_after(struct stores *t, int steps, uint32_t bound)
{
    struct tidy_result result = { .more = true };

    for (int i = 0; result.more && i < steps; i++) {
        assert_int_equal(store_tidy(t->store, t->now_s, false, bound, &result), STORE_OK);
        assert_as_filled(t);
    }
    stores_reopen(t);
    assert_as_filled(t);
    return result.more;
}

static void
walk_the_steps(struct stores *t, uint32_t bound)
{
    bool more = true;

    for (int steps = 1; more; steps++) {
        uint64_t id;

        t->options.fold_at = 6;
        stores_open_server(t);
        fill(t);
        more = stop_after(t, steps, bound);
        stop_after(t, steps / 2, bound);
        stores_tidy(t, false, bound);
        assert_as_filled(t);
        id = stores_store(t, BOB, "new");
        assert_true(id > 12);
        for (uint64_t i = 1; i <= id; i++)
            stores_remove(t, i);
        stores_tidy(t, false, bound);
        assert_int_equal(stores_facts(t).messages, 0);
        assert_string_equal(stores_bodies(t, NULL, 9), "");
        store_close(t->store);
        t->store = NULL;
        stores_remove_files(t);
    }
}

static void
a_fold_may_end_after_any_step(void **state)
{
    walk_the_steps(*state, 3);
}

static void
a_fold_may_end_after_any_item(void **state)
{
    walk_the_steps(*state, 1);
}

/* A removal between two steps of a fold: of one that the fold has indexed, and one that it
 * has not yet. */
static void
messages_may_go_while_a_fold_is_on_its_way(void **state)
{
    struct stores *t = *state;

    for (int steps = 0; steps < 30; steps++) {
        struct tidy_result result;

        t->options.fold_at = 6;
        stores_open_server(t);
        fill(t);
        for (int i = 0; i < steps; i++)
            store_tidy(t->store, t->now_s, false, 2, &result);
        stores_remove(t, 1);
        stores_remove(t, 9);
        stores_store(t, BOB, "2a");
        if (steps % 2 == 0)
            stores_reopen(t);
        stores_tidy(t, false, 2);
        assert_string_equal(stores_bodies(t, NULL, 3), "0c 0d 0e 0f 1a 1d 1e 2a");
        assert_string_equal(stores_bodies(t, BOB, 3), "0c 0e 0f 1e 2a");
        assert_int_equal(stores_facts(t).messages, 8);
        store_close(t->store);
        t->store = NULL;
        stores_remove_files(t);
    }
}

/* Left behind in an index, they would be taken off the sums a second time on expiry. */
static void
what_a_lost_fold_indexed_leaves_the_index_too(void **state)
{
    struct stores *t = *state;
    struct tidy_result result;

    t->options.fold_at = 3;
    stores_open_server(t);
    for (int i = 0; i < 3; i++)
        stores_put(t, BOB, "short", NOW + 10);
    stores_commit(t);
    batch_reset(&t->batch);
    for (int step = 0; step < 3; step++)
        store_tidy(t->store, t->now_s, false, 2, &result);
    stores_reopen(t);
    for (uint64_t id = 1; id <= 3; id++)
        stores_remove(t, id);
    for (int i = 0; i < 3; i++)
        stores_store(t, BOB, "long");
    stores_tidy(t, false, 2);
    assert_int_equal(stores_facts(t).messages, 3);
    t->now_s += 20;
    assert_int_equal(stores_tidy(t, true, 10), 0);
    assert_int_equal(stores_facts(t).messages, 3);
}

/* Runs as another process would: the store is opened after the fork. */
static pid_t
in_child(struct stores *t, void (*work)(struct stores *child, int out), int *from)
{
    int ends[2];
    pid_t pid;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct stores child = { .options = t->options, .now_s = t->now_s };

        close(ends[0]);
        memcpy(child.directory, t->directory, sizeof child.directory);
        memcpy(child.url, t->url, sizeof child.url);
        child.origins = 100000;
        batch_init(&child.batch);
        work(&child, ends[1]);
        _exit(0);
    }
    close(ends[1]);
    *from = ends[0];
    return pid;
}

static void
wait_for(pid_t pid, int from)
{
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(from);
}

static void
put_and_remove_as_a_command(struct stores *child, int out)
{
    (void)out;
    if (stores_open(child, STORE_COMMAND) != STORE_OK)
        _exit(1);
    if (strcmp(stores_bodies(child, BOB, 9), "one two three") != 0)
        _exit(2);
    stores_put(child, BOB, "theirs", LATER);
    batch_remove(&child->batch, 1, NULL);
    batch_remove(&child->batch, 3, NULL);
    if (store_commit(child->store, &child->batch, child->now_s) != STORE_OK)
        _exit(3);
    store_close(child->store);
}

static void
what_another_process_writes_is_seen_by_the_next_call(void **state)
{
    struct stores *t = *state;
    pid_t pid;
    int from;

    t->options.fold_at = 2;
    stores_open_server(t);
    stores_store(t, BOB, "one");
    stores_store(t, BOB, "two");
    stores_tidy(t, false, 10);
    stores_store(t, BOB, "three");
    pid = in_child(t, put_and_remove_as_a_command, &from);
    wait_for(pid, from);

    assert_string_equal(stores_bodies(t, BOB, 9), "two theirs");
    stores_store(t, BOB, "ours");
    assert_string_equal(stores_bodies(t, BOB, 9), "two theirs ours");
    assert_int_equal(stores_facts(t).messages, 3);
    stores_tidy(t, false, 10);
    assert_string_equal(stores_bodies(t, BOB, 9), "two theirs ours");
}

/* The parent tells it when to go on; a byte back says that it has. */
static void
read_around_a_fold(struct stores *child, int out)
{
    char byte = 0;

    if (stores_open(child, STORE_COMMAND) != STORE_OK)
        _exit(1);
    if (strcmp(stores_bodies(child, BOB, 9), "one two") != 0)
        _exit(2);
    if (write(out, &byte, 1) != 1)
        _exit(3);
    raise(SIGSTOP);
    if (strcmp(stores_bodies(child, BOB, 9), "two three") != 0)
        _exit(4);
    store_close(child->store);
}

static void
a_fold_of_another_process_is_noticed(void **state)
{
    struct stores *t = *state;
    pid_t pid;
    int from, status;
    char byte;

    t->options.fold_at = 2;
    stores_open_server(t);
    stores_store(t, BOB, "one");
    stores_store(t, BOB, "two");
    pid = in_child(t, read_around_a_fold, &from);
    assert_int_equal(read(from, &byte, 1), 1);
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_true(WIFSTOPPED(status));
    stores_remove(t, 1);
    stores_store(t, BOB, "three");
    stores_tidy(t, false, 1);
    kill(pid, SIGCONT);
    wait_for(pid, from);
}

static void
open_as_a_server(struct stores *child, int out)
{
    (void)out;
    if (stores_open(child, STORE_SERVER) != STORE_BUSY)
        _exit(1);
    if (strstr(child->why, "another server") == NULL)
        _exit(2);
    if (stores_open(child, STORE_IMPORT) != STORE_OK)
        _exit(3);
    store_close(child->store);
}

static void
two_servers_exclude_each_other(void **state)
{
    struct stores *t = *state;
    pid_t pid;
    int from;

    stores_open_server(t);
    pid = in_child(t, open_as_a_server, &from);
    wait_for(pid, from);
    store_close(t->store);
    stores_open_server(t);
}

static void
import_one(struct stores *child, int out)
{
    (void)out;
    if (stores_open(child, STORE_IMPORT) != STORE_OK)
        _exit(1);
    stores_put(child, BOB, "x", LATER);
    child->batch.puts[0].origin = stores_origin((uint64_t)getpid());
    if (store_commit(child->store, &child->batch, child->now_s) != STORE_OK)
        _exit(2);
    store_close(child->store);
}

/* None of them may put an empty store in the place of what another one has filled. */
static void
imports_that_start_at_once_make_one_store(void **state)
{
    struct stores *t = *state;

    for (int round = 0; round < 10; round++) {
        pid_t pids[IMPORTS];
        int from[IMPORTS];

        for (int i = 0; i < IMPORTS; i++)
            pids[i] = in_child(t, import_one, &from[i]);
        for (int i = 0; i < IMPORTS; i++)
            wait_for(pids[i], from[i]);
        stores_open_server(t);
        assert_int_equal(stores_facts(t).messages, IMPORTS);
        store_close(t->store);
        t->store = NULL;
        stores_remove_files(t);
    }
}

/* Puts and removes as fast as it can; each id goes up the pipe once its commit is through,
 * with the lowest id that is still there. */
static void
work_until_killed(struct stores *child, int out)
{
    uint64_t told[2] = { 0, 1 };

    if (stores_open(child, STORE_SERVER) != STORE_OK)
        _exit(1);
    child->origins = (uint64_t)getpid() << 32;
    for (;;) {
        struct tidy_result result;

        stores_put(child, BOB, "x", LATER);
        stores_put(child, BOB, "y", LATER);
        if (told[0] > 40)
            batch_remove(&child->batch, told[0] - 40, NULL);
        if (store_commit(child->store, &child->batch, child->now_s) != STORE_OK)
            _exit(2);
        told[0] = child->batch.puts[1].id;
        if (write(out, told, sizeof told[0]) != sizeof told[0])
            _exit(3);
        batch_reset(&child->batch);
        if (store_tidy(child->store, child->now_s, false, 16, &result) != STORE_OK)
            _exit(4);
    }
}

static uint64_t
last_told(int from, uint64_t *batches)
{
    uint64_t id, last = 0;

    for (*batches = 0; read(from, &id, sizeof id) == sizeof id; ++*batches)
        last = id;
    return last;
}

static bool
is_there(struct stores *t, uint64_t id)
{
    struct page page = { 0 };
    enum store_status status = store_get(t->store, id, &page);

    page_free(&page);
    return status == STORE_OK;
}

/* The batch in flight comes again, as from senders without an answer: it is stored whole, or
 * not at all, and now it is there once. */
static void
repeat_what_was_in_flight(struct stores *t, uint64_t last, uint64_t origins)
{
    bool was_stored = is_there(t, last + 1);
    uint64_t mine = t->origins;

    assert_int_equal(is_there(t, last + 2), was_stored);
    t->origins = origins;
    stores_put(t, BOB, "x", LATER);
    stores_put(t, BOB, "y", LATER);
    stores_commit(t);
    for (int i = 0; i < 2; i++)
        assert_int_equal(t->batch.puts[i].result, was_stored ? PUT_REPEATED : PUT_STORED);
    batch_reset(&t->batch);
    t->origins = mine;
}

/* Every other id goes once it is 40 behind. What was told is there; what was being removed
 * when the signal came may be there or not. */
static void
check_after_kill(struct stores *t, uint64_t first, uint64_t last)
{
    struct page page = { 0 };

    for (uint64_t id = last > 38 ? last - 38 : 1; id <= last; id++)
        assert_int_equal(store_get(t->store, id, &page), STORE_OK);
    for (uint64_t id = first + 42; id + 44 < last; id += 2)
        assert_int_equal(store_get(t->store, id, &page), STORE_NOT_FOUND);
    page_free(&page);
}

static void
what_was_acknowledged_survives_a_kill(void **state)
{
    struct stores *t = *state;
    uint64_t last = 0;

    t->options.fold_at = 50;
    stores_open_server(t);
    store_close(t->store);
    t->store = NULL;
    for (unsigned cycle = 0; cycle < 20; cycle++) {
        struct timespec delay = { 0, 5000000 + 2100000 * (cycle * 7 % 20) };
        uint64_t told, batches;
        int from, status;
        pid_t pid = in_child(t, work_until_killed, &from);
        struct pollfd told_something = { .fd = from, .events = POLLIN };

        if (cycle % 2 ==
            0) /* on a busy machine the other half may die while they start */
            assert_int_equal(poll(&told_something, 1, PATIENCE_MS), 1);
        nanosleep(&delay, NULL);
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        told = last_told(from, &batches);
        close(from);
        stores_open_server(t);
        if (told > 0) {
            assert_true(told > last);
            check_after_kill(t, last, told);
            repeat_what_was_in_flight(t, told, ((uint64_t)pid << 32) + 2 * batches);
            last = told;
        }
        store_close(t->store);
        t->store = NULL;
    }
    assert_true(last > 0);
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(a_fold_may_end_after_any_step),
        ROW(a_fold_may_end_after_any_item),
        ROW(messages_may_go_while_a_fold_is_on_its_way),
        ROW(what_a_lost_fold_indexed_leaves_the_index_too),
        ROW(what_another_process_writes_is_seen_by_the_next_call),
        ROW(a_fold_of_another_process_is_noticed),
        ROW(two_servers_exclude_each_other),
        ROW(imports_that_start_at_once_make_one_store),
        ROW(what_was_acknowledged_survives_a_kill),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
