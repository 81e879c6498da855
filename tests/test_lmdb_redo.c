/* What is safe before LMDB has committed it: store/lmdb_redo.h. Power that goes meanwhile is for
 * tests/test_power. */
#include "tests/stores.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define BOB   "bob@example.org"
#define CAROL "carol@example.org"

enum {
    SLOT = 64 * 1024,
    SLOT_OCTETS_LOOKED_AT = 700, /* more than the slot of one message has */
};

static char file_path[400];

static const char *
path_of(const struct stores *t, const char *name)
{
    snprintf(file_path, sizeof file_path, "%s/%s", t->directory, name);
    return file_path;
}

static void
close_store(struct stores *t)
{
    store_close(t->store);
    t->store = NULL;
}

/* ---- a server that dies between the two ---- */

static void
die(void *self)
{
    (void)self;
    _exit(0);
}

static void
commit(struct stores *t)
{
    stores_commit(t);
    batch_reset(&t->batch);
}

/* One commit as LMDB does it alone, which leaves nothing behind; then others are told early. */
static void
become_sound(struct stores *t)
{
    batch_save_binding(&t->batch, text("nobody@example.org"), text("x"), NULL);
    commit(t);
    batch_save_binding(&t->batch, text("nobody@example.org"), slice_absent(), NULL);
    commit(t);
}

static void
open_sound(struct stores *t)
{
    stores_open_server(t);
    become_sound(t);
}

/* Another process is the server, `work` fills its batch, and it dies when that is safe. */
static void
serve_and_die(struct stores *t, void (*work)(struct stores *child))
{
    struct stores child = { .options = t->options, .now_s = t->now_s };
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid > 0) {
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        return;
    }
    memcpy(child.directory, t->directory, sizeof child.directory);
    memcpy(child.url, t->url, sizeof child.url);
    child.origins = 1000;
    batch_init(&child.batch);
    if (stores_open(&child, STORE_SERVER) != STORE_OK)
        _exit(1);
    become_sound(&child);
    work(&child);
    child.batch.safe = die;
    store_commit(child.store, &child.batch, child.now_s);
    _exit(2);
}

static void
put_one(struct stores *child)
{
    stores_put(child, BOB, "safe", LATER);
}

static void
do_all_that_a_commit_can(struct stores *child)
{
    stores_put(child, BOB, "three", LATER);
    stores_put(child, CAROL, "four", LATER);
    stores_put(child, CAROL, "imported", LATER)->remember = true;
    batch_remove(&child->batch, 1, NULL);
    batch_save_binding(&child->batch, text(BOB), text("his phone"), NULL);
    batch_save_binding(&child->batch, text(CAROL), slice_absent(), NULL);
}

static bool
join_binding(void *visitor, struct slice aor, struct slice value)
{
    char *all = visitor;

    sprintf(all + strlen(all), "%.*s=%.*s ", (int)aor.len, aor.at, (int)value.len,
            value.at);
    return true;
}

static const char *
bindings(struct stores *t)
{
    static char all[1000];

    all[0] = '\0';
    assert_int_equal(store_bindings(t->store, all, join_binding), STORE_OK);
    return all;
}

static void
open_and_fill(struct stores *t)
{
    stores_open_server(t);
    stores_store(t, BOB, "one");
    stores_store(t, BOB, "two");
    batch_save_binding(&t->batch, text(CAROL), text("her phone"), NULL);
    commit(t);
    close_store(t);
}

static void
assert_all_was_done(struct stores *t)
{
    assert_string_equal(stores_bodies(t, BOB, 9), "two three");
    assert_string_equal(stores_bodies(t, CAROL, 9), "four imported");
    assert_string_equal(bindings(t), BOB "=his phone ");
    assert_int_equal(stores_facts(t).messages, 4);
}

static void
the_next_server_does_what_a_dead_one_had_said_to_be_safe(void **state)
{
    struct stores *t = *state;

    open_and_fill(t);
    serve_and_die(t, do_all_that_a_commit_can);
    stores_open_server(t);
    assert_all_was_done(t);

    stores_put(t, CAROL, "again", LATER)->origin = stores_origin(1001);
    stores_put(t, CAROL, "again", LATER)->origin = stores_origin(1003);
    t->batch.puts[1].remember = true;
    stores_commit(t);
    assert_int_equal(t->batch.puts[0].result, PUT_REPEATED);
    assert_int_equal(t->batch.puts[1].result, PUT_REPEATED);
    batch_reset(&t->batch);
    assert_int_equal(stores_store(t, BOB, "next"), 6);

    stores_reopen(t);
    assert_string_equal(stores_bodies(t, BOB, 9), "two three next");
}

static void
a_command_that_comes_first_does_it(void **state)
{
    struct stores *t = *state;

    open_and_fill(t);
    serve_and_die(t, do_all_that_a_commit_can);
    assert_int_equal(stores_open(t, STORE_COMMAND), STORE_OK);
    assert_all_was_done(t);
    close_store(t);
    stores_open_server(t);
    assert_all_was_done(t);
}

/* Its commit would be numbered as the one that is owed. */
static void
a_command_that_was_there_before_does_it_before_its_own(void **state)
{
    struct stores *t = *state;

    open_and_fill(t);
    assert_int_equal(stores_open(t, STORE_COMMAND), STORE_OK);
    serve_and_die(t, do_all_that_a_commit_can);
    stores_put(t, CAROL, "mine", LATER);
    commit(t);
    assert_string_equal(stores_bodies(t, CAROL, 9), "four imported mine");
    stores_remove(t, 6);
    assert_all_was_done(t);
}

static void
so_does_one_that_is_there_for_other_tables(void **state)
{
    struct stores *t = *state;

    t->options.prefix = "other";
    stores_open_server(t);
    close_store(t);
    t->options.prefix = "silo";
    open_and_fill(t);
    serve_and_die(t, do_all_that_a_commit_can);

    t->options.prefix = "other";
    assert_int_equal(stores_open(t, STORE_COMMAND), STORE_OK);
    stores_store(t, BOB, "elsewhere");
    stores_store(t, BOB, "elsewhere");
    close_store(t);

    t->options.prefix = "silo";
    stores_open_server(t);
    assert_all_was_done(t);
}

/* The tables that it makes are a commit as well. */
static void
so_does_a_server_that_makes_other_tables(void **state)
{
    struct stores *t = *state;

    open_and_fill(t);
    serve_and_die(t, do_all_that_a_commit_can);
    t->options.prefix = "other";
    stores_open_server(t);
    close_store(t);
    t->options.prefix = "silo";
    stores_open_server(t);
    assert_all_was_done(t);
}

static void
a_command_that_was_there_before_the_file_was_does_it(void **state)
{
    struct stores *t = *state;

    open_and_fill(t);
    assert_int_equal(unlink(path_of(t, "commit.redo")), 0);
    assert_int_equal(stores_open(t, STORE_COMMAND), STORE_OK);
    serve_and_die(t, do_all_that_a_commit_can);
    stores_put(t, CAROL, "mine", LATER);
    commit(t);
    assert_string_equal(stores_bodies(t, CAROL, 9), "four imported mine");
}

static void
a_server_that_dies_again_and_again_loses_nothing(void **state)
{
    struct stores *t = *state;

    stores_open_server(t);
    close_store(t);
    for (int i = 0; i < 5; i++) {
        serve_and_die(t, put_one);
        t->options.now_s = t->now_s +=
            100; /* the same origin is another message's then */
    }
    stores_open_server(t);
    assert_string_equal(stores_bodies(t, BOB, 9), "safe safe safe safe safe");
}

/* ---- slots that are not to be believed ---- */

static void
turn_over(const struct stores *t, off_t at)
{
    int fd = open(path_of(t, "commit.redo"), O_RDWR);
    char octet;

    assert_int_equal(pread(fd, &octet, 1, at), 1);
    octet = (char)~octet;
    assert_int_equal(pwrite(fd, &octet, 1, at), 1);
    close(fd);
}

/* Of two slots one is that of the commit; octets behind its end do not count. */
static void
a_damaged_slot_is_none(void **state)
{
    struct stores *t = *state;
    int believed = 0;

    for (off_t at = 0; at < SLOT_OCTETS_LOOKED_AT; at += 7) {
        stores_open_server(t);
        stores_store(t, BOB, "one");
        close_store(t);
        serve_and_die(t, put_one);
        turn_over(t, at);
        turn_over(t, SLOT + at);
        stores_open_server(t);
        if (strcmp(stores_bodies(t, BOB, 9), "one") != 0) {
            assert_string_equal(stores_bodies(t, BOB, 9), "one safe");
            believed++;
            assert_true(at > 300);
        }
        assert_int_equal(stores_store(t, CAROL, "next"), believed > 0 ? 3 : 2);
        close_store(t);
        stores_remove_files(t);
    }
    assert_true(believed > 0);
}

static void
a_slot_that_was_cut_short_is_none(void **state)
{
    struct stores *t = *state;

    open_and_fill(t);
    serve_and_die(t, put_one);
    assert_int_equal(truncate(path_of(t, "commit.redo"), 200), 0);
    stores_open_server(t);
    assert_string_equal(stores_bodies(t, BOB, 9), "one two");
    close_store(t);
    serve_and_die(t, put_one);
    stores_open_server(t);
    assert_string_equal(stores_bodies(t, BOB, 9), "one two safe");
}

/* Its commits come to the numbers of the old one's. */
static void
a_new_store_is_owed_nothing_from_the_one_that_was_there(void **state)
{
    struct stores *t = *state;

    stores_open_server(t);
    close_store(t);
    serve_and_die(t, put_one);
    assert_int_equal(unlink(path_of(t, "data.mdb")), 0);
    stores_open_server(t);
    assert_string_equal(stores_bodies(t, BOB, 9), "");
}

static void
copy(const struct stores *t, const char *from, const char *to)
{
    char bytes[65536], place[400];
    ssize_t len;
    int in, out;

    snprintf(place, sizeof place, "%s", path_of(t, from));
    in = open(place, O_RDONLY);
    out = open(path_of(t, to), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    while ((len = read(in, bytes, sizeof bytes)) > 0)
        assert_int_equal(write(out, bytes, (size_t)len), len);
    close(in);
    close(out);
}

/* And came to the number of the slot in another way. */
static void
a_store_that_was_put_back_is_owed_nothing_of_what_it_became_before(void **state)
{
    struct stores *t = *state;

    open_and_fill(t);
    copy(t, "data.mdb", "backup");
    stores_open_server(t);
    batch_save_binding(&t->batch, text(BOB), text("his phone"), NULL);
    commit(t);
    close_store(t);
    serve_and_die(t, put_one);

    copy(t, "backup", "data.mdb");
    stores_open_server(t);
    stores_remove(t, 1);
    become_sound(t); /* as the one that died */
    close_store(t);
    stores_open_server(t);
    assert_string_equal(stores_bodies(t, BOB, 9), "two");
}

/* ---- what is told early, and what is not ---- */

static void
limit_files(rlim_t bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void
count(void *self)
{
    ++*(int *)self;
}

static int
told_early(struct stores *t)
{
    int told = 0;

    t->batch.safe = count;
    t->batch.safe_self = &told;
    commit(t);
    return told;
}

static void
what_somebody_waits_for_is_told_once_and_what_nobody_does_is_not(void **state)
{
    struct stores *t = *state;

    open_sound(t);
    stores_put(t, BOB, "one", LATER);
    assert_int_equal(told_early(t), 1);
    stores_put(t, BOB, "two", LATER);
    batch_remove(&t->batch, 1, NULL);
    assert_int_equal(told_early(t), 1);
    batch_save_binding(&t->batch, text(BOB), text("his phone"), NULL);
    assert_int_equal(told_early(t), 1);
    batch_remove(&t->batch, 2, NULL);
    assert_int_equal(told_early(t), 0);
    assert_string_equal(stores_bodies(t, BOB, 9), "");
}

/* It may have forgotten pages that it could not sync, and says nothing of them any more. */
static void
a_disk_that_failed_is_believed_again_after_a_commit_with_all_syncs(void **state)
{
    struct stores *t = *state;

    signal(SIGXFSZ, SIG_IGN);
    stores_open_server(t);
    stores_reopen(t);
    stores_put(t, BOB, "one", LATER);
    assert_int_equal(told_early(t), 0);
    stores_put(t, BOB, "two", LATER);
    assert_int_equal(told_early(t), 1);

    batch_remove(&t->batch, 1, NULL);
    limit_files(4096);
    assert_int_not_equal(store_commit(t->store, &t->batch, t->now_s), STORE_OK);
    limit_files(RLIM_INFINITY);
    batch_reset(&t->batch);

    stores_put(t, BOB, "three", LATER);
    assert_int_equal(told_early(t), 0);
    stores_put(t, BOB, "four", LATER);
    assert_int_equal(told_early(t), 1);
}

/* LMDB gives it no number, so the next commit would pass for it. */
static void
what_changes_nothing_is_not_told_early(void **state)
{
    struct stores *t = *state;

    open_sound(t);
    stores_store(t, BOB, "one");
    stores_put(t, BOB, "one", LATER)->origin = stores_origin(1);
    assert_int_equal(told_early(t), 0);
    batch_save_binding(&t->batch, text(BOB), slice_absent(), NULL);
    assert_int_equal(told_early(t), 0);
    assert_int_equal(stores_store(t, BOB, "two"), 2);
    assert_string_equal(stores_bodies(t, BOB, 9), "one two");
}

static void
what_fits_no_slot_is_committed_as_ever(void **state)
{
    struct stores *t = *state;
    char *body = calloc(1, SLOT + 1);

    memset(body, 'x', SLOT);
    open_sound(t);
    stores_put(t, BOB, body, LATER);
    assert_int_equal(told_early(t), 0);
    body[SLOT - 1000] = '\0';
    stores_put(t, BOB, body, LATER);
    assert_int_equal(told_early(t), 1);
    assert_int_equal(stores_facts(t).messages, 2);
    free(body);
}

static void
where_there_can_be_no_slots_lmdb_is_enough(void **state)
{
    struct stores *t = *state;

    signal(SIGXFSZ, SIG_IGN);
    stores_open_server(t);
    close_store(t);
    assert_int_equal(unlink(path_of(t, "commit.redo")), 0);
    limit_files(SLOT);
    stores_open_server(t);
    limit_files(RLIM_INFINITY);
    stores_put(t, BOB, "one", LATER);
    assert_int_equal(told_early(t), 0);
    stores_reopen(t);
    become_sound(t);
    assert_string_equal(stores_bodies(t, BOB, 9), "one");
    stores_put(t, BOB, "two", LATER);
    assert_int_equal(told_early(t), 1);
}

/* It may owe something. */
static void
a_file_that_is_there_and_cannot_be_opened_is_an_error(void **state)
{
    struct stores *t = *state;

    stores_open_server(t);
    close_store(t);
    assert_int_equal(unlink(path_of(t, "commit.redo")), 0);
    assert_int_equal(mkdir(path_of(t, "commit.redo"), 0700), 0);
    assert_int_equal(stores_open(t, STORE_SERVER), STORE_FAILED);
    assert_non_null(strstr(t->why, "commit.redo"));
    assert_int_equal(stores_open(t, STORE_COMMAND), STORE_FAILED);
    assert_int_equal(rmdir(path_of(t, "commit.redo")), 0);
    stores_open_server(t);
}

/* ---- a commit that fails after all ---- */

static void
forbid_writing(void *self)
{
    ++*(int *)self;
    limit_files(4096);
}

static void
fail_late(struct stores *t)
{
    int told = 0;

    signal(SIGXFSZ, SIG_IGN);
    stores_put(t, BOB, "late", LATER);
    t->batch.safe = forbid_writing;
    t->batch.safe_self = &told;
    assert_int_not_equal(store_commit(t->store, &t->batch, t->now_s), STORE_OK);
    limit_files(RLIM_INFINITY);
    assert_int_equal(told, 1);
    assert_int_equal(t->batch.puts[0].result, PUT_STORED);
    batch_reset(&t->batch);
}

static void
the_next_commit_makes_up_for_one_that_failed_after_it_was_safe(void **state)
{
    struct stores *t = *state;

    open_sound(t);
    stores_store(t, BOB, "one");
    fail_late(t);
    assert_string_equal(stores_bodies(t, BOB, 9), "one");
    assert_int_equal(stores_store(t, BOB, "three"), 3);
    assert_string_equal(stores_bodies(t, BOB, 9), "one late three");
    stores_remove(t, 3);
    stores_store(t, BOB, "four");
    fail_late(t);
    stores_remove(t, 1);
    assert_string_equal(stores_bodies(t, BOB, 9), "late four late");
}

static void
so_does_the_next_start(void **state)
{
    struct stores *t = *state;

    open_sound(t);
    stores_store(t, BOB, "one");
    fail_late(t);
    stores_reopen(t);
    assert_string_equal(stores_bodies(t, BOB, 9), "one late");
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(the_next_server_does_what_a_dead_one_had_said_to_be_safe),
        ROW(a_command_that_comes_first_does_it),
        ROW(a_command_that_was_there_before_does_it_before_its_own),
        ROW(so_does_one_that_is_there_for_other_tables),
        ROW(so_does_a_server_that_makes_other_tables),
        ROW(a_command_that_was_there_before_the_file_was_does_it),
        ROW(a_server_that_dies_again_and_again_loses_nothing),
        ROW(a_damaged_slot_is_none),
        ROW(a_slot_that_was_cut_short_is_none),
        ROW(a_new_store_is_owed_nothing_from_the_one_that_was_there),
        ROW(a_store_that_was_put_back_is_owed_nothing_of_what_it_became_before),
        ROW(what_somebody_waits_for_is_told_once_and_what_nobody_does_is_not),
        ROW(a_disk_that_failed_is_believed_again_after_a_commit_with_all_syncs),
        ROW(what_changes_nothing_is_not_told_early),
        ROW(what_fits_no_slot_is_committed_as_ever),
        ROW(where_there_can_be_no_slots_lmdb_is_enough),
        ROW(a_file_that_is_there_and_cannot_be_opened_is_an_error),
        ROW(the_next_commit_makes_up_for_one_that_failed_after_it_was_safe),
        ROW(so_does_the_next_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
