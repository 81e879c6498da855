/* Places that are no store, and stores that something happened to. */
#include "tests/stores.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define BOB "bob@example.org"

static void
path_in(const struct stores *t, const char *name, char out[300])
{
    snprintf(out, 300, "%s/%s", t->directory, name);
}

static void
write_file(const struct stores *t, const char *name, const char *bytes, size_t len)
{
    char path[300];
    FILE *file;

    path_in(t, name, path);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    fclose(file);
}

/* The status, and that one line names the place. */
static void
assert_refused(struct stores *t, enum store_role role, enum store_status status,
               const char *word)
{
    assert_int_equal(stores_open(t, role), status);
    assert_null(t->store);
    assert_non_null(strstr(t->why, t->directory));
    assert_non_null(strstr(t->why, word));
    assert_null(strchr(t->why, '\n'));
}

static void
set_url(struct stores *t, const char *below)
{
    snprintf(t->url, sizeof t->url, "lmdb:%s/%s", t->directory, below);
}

static void
a_server_makes_directory_and_store(void **state)
{
    struct stores *t = *state;
    char path[300];
    struct stat st;

    set_url(t, "silo.db");
    stores_open_server(t);
    path_in(t, "silo.db", path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    path_in(t, "silo.db/data.mdb", path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    unlink(path);
    path_in(t, "silo.db/lock.mdb", path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    unlink(path);
    path_in(t, "silo.db/server.lock", path);
    unlink(path);
    path_in(t, "silo.db", path);
    rmdir(path);
}

static void
a_command_makes_nothing(void **state)
{
    struct stores *t = *state;
    char path[300];

    assert_refused(t, STORE_COMMAND, STORE_NOT_FOUND, "none");
    path_in(t, "lock.mdb", path);
    assert_int_not_equal(access(path, F_OK), 0);
    set_url(t, "silo.db");
    assert_refused(t, STORE_COMMAND, STORE_NOT_FOUND, "none");
}

static void
a_command_finds_no_table_of_another_name(void **state)
{
    struct stores *t = *state;

    stores_open_server(t);
    store_close(t->store);
    t->options.prefix = "other";
    assert_refused(t, STORE_COMMAND, STORE_NOT_FOUND, "tables");
    stores_open_server(t);
    stores_store(t, BOB, "other");
    store_close(t->store);
    t->options.prefix = "silo";
    stores_open_server(t);
    assert_string_equal(stores_bodies(t, NULL, 9), "");
}

static void
a_file_is_no_directory(void **state)
{
    struct stores *t = *state;

    write_file(t, "file", "x", 1);
    set_url(t, "file");
    assert_refused(t, STORE_SERVER, STORE_FAILED, "not a directory");
    set_url(t, "file/silo.db");
    assert_refused(t, STORE_SERVER, STORE_FAILED, "Not a directory");
    set_url(t, "no/silo.db");
    assert_refused(t, STORE_SERVER, STORE_FAILED, "cannot make");
}

/* Root may do everything, so a child gives that up: the directory is its parent's. */
static void
a_directory_without_rights_is_refused(void **state)
{
    struct stores *t = *state;
    int status;
    pid_t pid;

    assert_int_equal(chmod(t->directory, 0500), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
            _exit(1);
        if (stores_open(t, STORE_SERVER) != STORE_FAILED)
            _exit(2);
        _exit(strstr(t->why, "no right") == NULL ? 3 : 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(chmod(t->directory, 0700), 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void
what_is_no_store_is_damaged(void **state)
{
    struct stores *t = *state;
    static char garbage[100000];

    memset(garbage, 0x5a, sizeof garbage);
    write_file(t, "data.mdb", garbage, sizeof garbage);
    assert_refused(t, STORE_SERVER, STORE_DAMAGED, "damaged");
    assert_refused(t, STORE_COMMAND, STORE_DAMAGED, "damaged");
    write_file(t, "data.mdb", "short", 5);
    assert_refused(t, STORE_SERVER, STORE_DAMAGED, "damaged");
}

static void
an_unknown_url_is_refused_without_its_password(void **state)
{
    struct stores *t = *state;

    snprintf(t->url, sizeof t->url, "mysql://u:secret@host/db");
    assert_int_equal(stores_open(t, STORE_SERVER), STORE_FAILED);
    assert_null(strstr(t->why, "secret"));
    snprintf(t->url, sizeof t->url, "lmdb:");
    assert_int_equal(stores_open(t, STORE_SERVER), STORE_FAILED);
}

static off_t
data_size(const struct stores *t)
{
    char path[300];
    struct stat st;

    path_in(t, "data.mdb", path);
    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

/* A read behind the end of a mapped file would be SIGBUS. */
static void
a_store_that_was_cut_short_is_damaged_wherever_it_was(void **state)
{
    struct stores *t = *state;
    off_t whole, used;
    char path[300];

    stores_open_server(t);
    for (int i = 0; i < 60; i++)
        stores_store(t, BOB, "some octets");
    whole = data_size(t);
    used = (off_t)stores_facts(t).map_used_bytes;
    store_close(t->store);
    path_in(t, "data.mdb", path);
    for (off_t size = 4096; size < whole; size += 8192) {
        enum store_status status;

        assert_int_equal(truncate(path, whole - size), 0);
        status = stores_open(t, STORE_SERVER);
        if (status == STORE_OK)
            assert_int_equal(stores_facts(t).messages, 60);
        else
            assert_int_equal(status, STORE_DAMAGED);
        store_close(t->store);
        t->store = NULL;
        if (whole - size < used)
            assert_int_equal(status, STORE_DAMAGED);
    }
}

static void
check_damaged(struct stores *t, struct read_request *r)
{
    struct record record;
    size_t offset = 0;

    assert_int_equal(store_read(t->store, r, 1), STORE_OK);
    assert_int_equal(r->damaged, 1);
    assert_int_equal(r->damaged_id, 2);
    assert_int_equal(r->page.count, 2);
    assert_true(r->at_end);
    assert_true(page_next(&r->page, &offset, &record));
    assert_int_equal(record.id, 1);
    assert_true(page_next(&r->page, &offset, &record));
    assert_int_equal(record.id, 3);
    page_free(&r->page);
}

/* LMDB has no checksums of its own: one flipped byte must not hide the other messages. */
static void
a_damaged_record_is_passed_over_and_counted(void **state)
{
    struct stores *t = *state;
    struct read_request of_bob = {
        .aor = SLICE(BOB), .now_s = NOW, .max_messages = 9, .max_bytes = SIZE_MAX
    };
    struct read_request of_all = { .now_s = NOW,
                                   .max_messages = 9,
                                   .max_bytes = SIZE_MAX };
    struct page page = { 0 };

    stores_damaged_second(t, BOB, true);

    check_damaged(t, &of_bob);
    check_damaged(t, &of_all);
    assert_int_equal(store_get(t->store, 2, &page), STORE_DAMAGED);
    /* It can be removed by its id, and what is left expires. */
    stores_remove(t, 2);
    assert_string_equal(stores_bodies(t, BOB, 1), "first body third body");
    t->now_s = LATER + 1;
    stores_tidy(t, true, 10);
    stores_tidy(t, true, 10);
    assert_int_equal(stores_facts(t).messages, 0);
    page_free(&page);
}

/* In the tail nobody knows whose it was; the id is not given out again. */
static void
a_damaged_record_of_the_tail_harms_nobody(void **state)
{
    struct stores *t = *state;

    stores_open_server(t);
    stores_store(t, BOB, "first body");
    stores_store(t, BOB, "damaged body");
    store_close(t->store);
    t->store = NULL;
    assert_true(stores_damage(t, "damaged body", 'D') > 0);
    stores_open_server(t);
    assert_string_equal(stores_bodies(t, BOB, 9), "first body");
    assert_int_equal(stores_store(t, BOB, "third"), 3);
    assert_string_equal(stores_bodies(t, BOB, 9), "first body third");
    stores_reopen(t);
    assert_int_equal(stores_store(t, BOB, "fourth"), 4);
}

/* The tables' format is the first byte of the one value that carries the secret. */
static void
a_newer_format_is_told_from_a_damaged_one(void **state)
{
    struct stores *t = *state;
    char secret[16];
    off_t at = -1;
    char path[300];
    int fd;

    memset(secret, 7, sizeof secret);
    stores_open_server(t);
    store_close(t->store);
    path_in(t, "data.mdb", path);
    fd = open(path, O_RDWR);
    while ((at = stores_find(t, secret, sizeof secret, at + 1)) >= 0)
        assert_int_equal(pwrite(fd, "\x02", 1, at - 69), 1);
    assert_refused(t, STORE_SERVER, STORE_NEWER, "newer");
    while ((at = stores_find(t, secret, sizeof secret, at + 1)) >= 0) {
        assert_int_equal(pwrite(fd, "\x01", 1, at - 69), 1);
        assert_int_equal(pwrite(fd, "\x01", 1, at - 20), 1);
    }
    assert_refused(t, STORE_SERVER, STORE_DAMAGED, "damaged");
    close(fd);
}

static void
the_secret_stays_that_of_the_first_start(void **state)
{
    struct stores *t = *state;

    stores_open_server(t);
    stores_store(t, BOB, "one");
    memset(t->options.secret.bytes, 9, sizeof t->options.secret.bytes);
    stores_reopen(t);
    assert_int_equal(t->store->secret.bytes[3], 7);
    assert_string_equal(stores_bodies(t, BOB, 9), "one");
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(a_server_makes_directory_and_store),
        ROW(a_command_makes_nothing),
        ROW(a_command_finds_no_table_of_another_name),
        ROW(a_file_is_no_directory),
        ROW(a_directory_without_rights_is_refused),
        ROW(what_is_no_store_is_damaged),
        ROW(an_unknown_url_is_refused_without_its_password),
        ROW(a_store_that_was_cut_short_is_damaged_wherever_it_was),
        ROW(a_damaged_record_is_passed_over_and_counted),
        ROW(a_damaged_record_of_the_tail_harms_nobody),
        ROW(a_newer_format_is_told_from_a_damaged_one),
        ROW(the_secret_stays_that_of_the_first_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
