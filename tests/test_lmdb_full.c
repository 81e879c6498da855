/* A map or a disk that is full: removing works, and all is well once there is room. */
#include "tests/stores.h"

#include <setjmp.h>
#include <signal.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    SMALL_MAP = 1024 * 1024,
    USERS = 50,
    NOT_HERE = 77, /* exit code */
};

/* Puts in batches of so many until one is refused: how many are stored. */
static uint64_t
fill_up(struct stores *t, int batch)
{
    char aor[40], body[400];
    uint64_t stored = 0;
    bool refused = false;

    memset(body, 'x', sizeof body - 1);
    body[sizeof body - 1] = '\0';
    while (!refused) {
        for (int i = 0; i < batch; i++) {
            snprintf(aor, sizeof aor, "user%d@example.org", (int)(t->origins % USERS));
            stores_put(t, aor, body, LATER);
        }
        stores_commit(t);
        for (int i = 0; i < batch; i++) {
            stored += t->batch.puts[i].result == PUT_STORED;
            refused |= t->batch.puts[i].result == PUT_NO_SPACE;
        }
        batch_reset(&t->batch);
    }
    return stored;
}

static uint64_t
file_bytes(const struct stores *t)
{
    char path[300];
    struct stat st;

    snprintf(path, sizeof path, "%s/data.mdb", t->directory);
    assert_int_equal(stat(path, &st), 0);
    return (uint64_t)st.st_size;
}

static void
drain(struct stores *t, int batch)
{
    struct read_request r = { .now_s = t->now_s,
                              .max_messages = (uint32_t)batch,
                              .max_bytes = SIZE_MAX };

    for (;;) {
        struct record record;
        size_t offset = 0;

        assert_int_equal(store_read(t->store, &r, 1), STORE_OK);
        if (r.page.count == 0)
            break;
        while (page_next(&r.page, &offset, &record))
            batch_remove(&t->batch, record.id, NULL);
        stores_commit(t);
        batch_reset(&t->batch);
    }
    page_free(&r.page);
    assert_int_equal(stores_facts(t).messages, 0);
}

/* The map never grows for it: what was held back is enough. */
static void
fill_and_drain(struct stores *t, uint32_t fold_at, int batch, int removals)
{
    uint64_t stored, again;

    t->options.map_bytes = SMALL_MAP;
    t->options.fold_at = fold_at;
    stores_open_server(t);
    stored = fill_up(t, batch);
    assert_true(stored > 500);
    assert_int_equal(stores_facts(t).messages, stored);
    stores_tidy(t, false, 512);
    assert_int_equal(stores_facts(t).messages, stored);
    drain(t, removals);
    stores_tidy(t, false, 512);
    again = fill_up(t, batch);
    assert_true(again > stored * 8 / 10);
    assert_true(file_bytes(t) <= SMALL_MAP / 85 * 100 + 8192);
}

static void
a_full_store_of_small_folds_is_emptied_one_by_one(void **state)
{
    fill_and_drain(*state, 100, 1, 1);
}

static void
a_full_store_is_emptied_by_hundreds(void **state)
{
    fill_and_drain(*state, 300, 64, 100);
}

static void
a_full_store_that_never_folded_is_emptied_at_once(void **state)
{
    fill_and_drain(*state, 100000, 256, 4000);
}

static void
a_full_store_expires(void **state)
{
    struct stores *t = *state;
    uint64_t stored;

    t->options.map_bytes = SMALL_MAP;
    stores_open_server(t);
    stored = fill_up(t, 64);
    t->now_s = LATER + 1;
    assert_int_equal(stores_tidy(t, true, 512), stored);
    t->now_s = NOW;
    assert_true(fill_up(t, 64) > stored * 8 / 10);
}

/* A map that is never full, and a file that may have so many octets: a disk. */
struct disk_limit {
    struct rlimit before;
    void (*handler)(int);
};

static struct disk_limit
limit_file(rlim_t bytes)
{
    struct disk_limit limit = { .handler = signal(SIGXFSZ, SIG_IGN) };
    struct rlimit tight;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit.before), 0);
    tight = limit.before;
    tight.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    return limit;
}

static void
end_limit(const struct disk_limit *limit)
{
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit->before), 0);
    signal(SIGXFSZ, limit->handler);
}

static void
a_file_that_may_not_grow_refuses_and_takes_again(void **state)
{
    struct stores *t = *state;
    struct disk_limit limit;
    char body[5000];
    uint64_t stored;

    stores_open_server(t);
    stores_store(t, "bob@example.org", "one");
    memset(body, 'x', sizeof body - 1);
    body[sizeof body - 1] = '\0';
    limit = limit_file(file_bytes(t) + 4096);
    for (int i = 0; i < 100; i++)
        stores_put(t, "bob@example.org", body, LATER);
    stores_commit(t);
    end_limit(&limit);

    assert_int_equal(t->batch.puts[99].result, PUT_NO_SPACE);
    stored = stores_facts(t).messages;
    assert_true(stored < 80);
    stores_commit(t);
    assert_int_equal(t->batch.puts[0].result, PUT_REPEATED);
    assert_int_equal(t->batch.puts[99].result, PUT_STORED);
    assert_int_equal(stores_facts(t).messages, 101);
    stores_reopen(t);
    assert_int_equal(stores_facts(t).messages, 101);
}

static void
fill_and_drain_a_disk(struct stores *t, uint32_t fold_at, int batch, int removals)
{
    struct disk_limit limit = limit_file(2 << 20);
    uint64_t stored[3];

    t->options.map_bytes = 64 << 20;
    t->options.fold_at = fold_at;
    stores_open_server(t);
    for (int i = 0; i < 3; i++) {
        stored[i] = fill_up(t, batch);
        assert_int_equal(stores_facts(t).messages, stored[i]);
        drain(t, removals);
        stores_tidy(t, false, 512);
    }
    stores_reopen(t);
    assert_int_equal(stores_facts(t).messages, 0);
    assert_true(stored[0] > 1000);
    assert_true(stored[2] > stored[0] * 8 / 10);
    end_limit(&limit);
}

static void
a_disk_full_of_messages_is_emptied_one_by_one(void **state)
{
    fill_and_drain_a_disk(*state, 0, 1, 1);
}

static void
a_disk_full_of_messages_that_were_folded_is_emptied_by_hundreds(void **state)
{
    fill_and_drain_a_disk(*state, 100, 64, 100);
}

static void
a_disk_full_of_messages_is_emptied_at_once(void **state)
{
    fill_and_drain_a_disk(*state, 0, 256, 4000);
}

/* The first fold of all comes when no octet is left: it needs entries for all that live. */
static void
a_disk_full_of_messages_folds_and_expires(void **state)
{
    struct stores *t = *state;
    struct disk_limit limit = limit_file(2 << 20);
    uint64_t stored, again;

    t->options.map_bytes = 64 << 20;
    stores_open_server(t);
    stored = fill_up(t, 64);
    stores_remove(t, 1);
    stores_tidy(t, false, 512);
    assert_int_equal(stores_facts(t).messages, stored - 1);
    t->now_s = LATER + 1;
    assert_int_equal(stores_tidy(t, true, 512), stored - 1);
    t->now_s = NOW;
    again = fill_up(t, 64);
    assert_true(again > stored * 8 / 10);
    end_limit(&limit);
}

/* What others write takes nothing of what was held back. */
static void
a_file_that_may_grow_no_octet_more_still_lets_messages_go(void **state)
{
    struct stores *t = *state;
    struct disk_limit limit;

    stores_open_server(t);
    for (int i = 0; i < 300; i++)
        stores_store(t, "bob@example.org", "hello");
    limit = limit_file(file_bytes(t));
    fill_up(t, 64);
    drain(t, 1);
    stores_tidy(t, false, 512);
    stores_store(t, "bob@example.org", "again");
    end_limit(&limit);
}

/* In a mount namespace of its own, on a tmpfs of 2 MiB. Exit code: which check failed. */
#define CHECK(condition)             \
    do {                             \
        if (!(condition))            \
            _exit(__COUNTER__ + 10); \
    } while (0)

static void
fill_a_small_disk(struct stores *t)
{
    uint64_t stored;

    if (unshare(CLONE_NEWNS) != 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        _exit(NOT_HERE);
    if (mount("none", t->directory, "tmpfs", 0, "size=2m") != 0)
        _exit(NOT_HERE);
    CHECK(stores_open(t, STORE_SERVER) == STORE_OK);
    stored = fill_up(t, 2);
    CHECK(stores_facts(t).messages == stored);
    CHECK(mount("none", t->directory, "tmpfs", MS_REMOUNT, "size=4m") == 0);
    stores_put(t, "bob@example.org", "again", LATER);
    CHECK(store_commit(t->store, &t->batch, t->now_s) == STORE_OK);
    CHECK(t->batch.puts[0].result == PUT_STORED);
    CHECK(stores_facts(t).messages == stored + 1);
    store_close(t->store);
    CHECK(stores_open(t, STORE_SERVER) == STORE_OK);
    CHECK(stores_facts(t).messages == stored + 1);
    store_close(t->store);
    umount(t->directory);
}

static void
a_full_disk_refuses_and_goes_on_once_there_is_room(void **state)
{
    struct stores *t = *state;
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        fill_a_small_disk(t);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == NOT_HERE)
        print_message("no right to mount: not tested\n");
    else
        assert_int_equal(WEXITSTATUS(status), 0);
}

/* Bindings leave the reserve alone, too: with usrloc.db_mode 1 a stranger's REGISTERs must not
 * bring removing to an end. */
static void
bindings_are_refused_before_removing_would_fail(void **state)
{
    struct stores *t = *state;
    static char value[2000];
    char aor[40];
    int count = 0;
    enum put_result result = PUT_STORED;

    t->options.map_bytes = SMALL_MAP;
    stores_open_server(t);
    stores_store(t, "user0@example.org", "hello");
    for (; result == PUT_STORED && count < 2000; count++) {
        snprintf(aor, sizeof aor, "user%d@example.org", count);
        assert_true(batch_save_binding(&t->batch, slice_of(aor, strlen(aor)),
                                       slice_of(value, sizeof value), NULL));
        stores_commit(t);
        result = t->batch.bindings[0].result;
        batch_reset(&t->batch);
    }
    assert_int_equal(result, PUT_NO_SPACE);
    assert_true(file_bytes(t) <= SMALL_MAP / 85 * 100 + 8192);
    drain(t, 10);
    batch_save_binding(&t->batch, slice_of("user0@example.org", 17), slice_absent(),
                       NULL);
    stores_commit(t);
    assert_int_equal(t->batch.bindings[0].result, PUT_STORED);
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(a_full_store_of_small_folds_is_emptied_one_by_one),
        ROW(a_full_store_is_emptied_by_hundreds),
        ROW(a_full_store_that_never_folded_is_emptied_at_once),
        ROW(a_full_store_expires),
        ROW(a_disk_full_of_messages_is_emptied_one_by_one),
        ROW(a_disk_full_of_messages_that_were_folded_is_emptied_by_hundreds),
        ROW(a_disk_full_of_messages_is_emptied_at_once),
        ROW(a_disk_full_of_messages_folds_and_expires),
        ROW(a_file_that_may_grow_no_octet_more_still_lets_messages_go),
        ROW(bindings_are_refused_before_removing_would_fail),
        ROW(a_file_that_may_not_grow_refuses_and_takes_again),
        ROW(a_full_disk_refuses_and_goes_on_once_there_is_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
