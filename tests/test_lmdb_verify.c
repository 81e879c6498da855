/* What verify says of stores that are whole, and of those that are not. */
#include "store/bytes.h"
#include "tests/stores.h"

#include <fcntl.h>
#include <inttypes.h>
#include <lmdb.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define BOB   "bob@example.org"
#define CAROL "carol@example.org"

/* What was found: "table id aor: what\n" for each. */
struct findings {
    char text[8192];
    struct store_verdict verdict;
};

static void
note(void *visitor, const struct store_finding *finding)
{
    struct findings *f = visitor;
    size_t len = strlen(f->text);

    snprintf(f->text + len, sizeof f->text - len, "%s %" PRIu64 " %.*s: %s\n",
             finding->table, finding->id, SLICE_ARG(finding->aor), finding->what);
}

/* Opens beside whatever else has the store open in this process: LMDB forbids that, so the
 * store is closed before and opened again. */
static void
verify(struct stores *t, struct findings *out)
{
    bool was_open = t->store != NULL;

    memset(out, 0, sizeof *out);
    store_close(t->store);
    t->store = NULL;
    if (stores_open(t, STORE_VERIFY) != STORE_OK)
        fail_msg("verify: %s", t->why);
    assert_int_equal(store_verify(t->store, out, note, &out->verdict), STORE_OK);
    store_close(t->store);
    t->store = NULL;
    if (was_open)
        stores_open_server(t);
}

static void
assert_sound(struct stores *t, uint64_t messages)
{
    struct findings f;

    verify(t, &f);
    assert_string_equal(f.text, "");
    assert_int_equal(f.verdict.findings, 0);
    assert_int_equal(f.verdict.damaged, 0);
    assert_int_equal(f.verdict.messages, messages);
}

static uint64_t
stores_count(struct stores *t)
{
    struct findings f;

    verify(t, &f);
    return f.verdict.messages;
}

static void
a_store_is_sound_whatever_it_went_through(void **state)
{
    struct stores *t = *state;
    struct tidy_result result;

    t->options.fold_at = 20;
    stores_open_server(t);
    assert_sound(t, 0);
    for (uint64_t i = 1; i <= 50; i++) {
        stores_put(t, i % 3 == 0 ? BOB : CAROL, "some body", i % 7 == 0 ? NOW + 5 : LATER)
            ->remember = i % 4 == 0;
        stores_commit(t);
        batch_reset(&t->batch);
        if (i % 8 == 0)
            stores_remove(t, i - 5);
    }
    assert_true(batch_save_binding(&t->batch, text(BOB), text("value"), NULL));
    stores_commit(t);
    batch_reset(&t->batch);
    assert_sound(t, 44);
    stores_tidy(t, false, 7);
    assert_sound(t, 44);
    stores_remove(t, 4);
    stores_remove(t, 7);
    assert_sound(t, 42);
    /* In every step of a fold, which a restart loses. */
    for (uint32_t steps = 1; steps < 40; steps++) {
        stores_store(t, BOB, "one more");
        for (uint32_t i = 0; i < steps; i++)
            assert_int_equal(store_tidy(t->store, t->now_s, false, 2, &result), STORE_OK);
        assert_sound(t, 42 + steps);
    }
    t->now_s = NOW + 6;
    stores_tidy(t, true, 3);
    assert_sound(t, 42 + 39 - 5); /* two of the seven were removed before */
    t->now_s = LATER + 1;
    stores_tidy(t, true, 10);
    assert_sound(t, 0);
}

/* LMDB writes a shorter value over a long one of the same transaction and keeps its pages. */
static void
a_value_may_have_more_pages_than_it_needs(void **state)
{
    struct stores *t = *state;
    static char value[20000];

    memset(value, 'v', sizeof value);
    stores_open_server(t);
    for (size_t len = sizeof value; len > 0; len /= 3)
        assert_true(batch_save_binding(&t->batch, text(BOB), slice_of(value, len), NULL));
    stores_commit(t);
    batch_reset(&t->batch);
    assert_sound(t, 0);
    stores_store(t, BOB, "one");
    assert_true(batch_save_binding(&t->batch, text(BOB), slice_absent(), NULL));
    stores_commit(t);
    batch_reset(&t->batch);
    assert_sound(t, 1);
}

/* More than one step of the walk; long values lie in pages of their own. */
static void
many_messages_and_long_ones_are_walked_to_the_end(void **state)
{
    struct stores *t = *state;
    static char body[30000];

    memset(body, 'x', sizeof body - 1);
    t->options.map_bytes = 64 << 20;
    stores_open_server(t);
    for (int i = 0; i < 9000; i++) {
        stores_put(t, BOB, i % 500 == 0 ? body : "short", LATER);
        if (i % 1000 == 999) {
            stores_commit(t);
            batch_reset(&t->batch);
        }
    }
    stores_tidy(t, true, 512);
    assert_sound(t, 9000);
}

/* Contradictions, each put into a sound store by LMDB itself. */

struct editor {
    MDB_env *env;
    MDB_txn *txn;
};

static MDB_dbi
table(struct editor *e, const char *name)
{
    char full[64];
    MDB_dbi dbi;

    snprintf(full, sizeof full, "silo.%s", name);
    assert_int_equal(mdb_dbi_open(e->txn, full, 0, &dbi), 0);
    return dbi;
}

static void
put_bytes(struct editor *e, const char *name, const void *key, size_t key_len,
          const void *value, size_t value_len)
{
    MDB_val k = { key_len, (void *)(uintptr_t)key };
    MDB_val v = { value_len, (void *)(uintptr_t)value };

    assert_int_equal(mdb_put(e->txn, table(e, name), &k, &v, 0), 0);
}

/* The key whose last number, or only one, is `id`. */
static void
key_of(struct editor *e, const char *name, uint64_t id, MDB_val *key, MDB_val *value)
{
    MDB_cursor *cursor;

    assert_int_equal(mdb_cursor_open(e->txn, table(e, name), &cursor), 0);
    do
        assert_int_equal(mdb_cursor_get(cursor, key, value, MDB_NEXT), 0);
    while (get_u64((char *)key->mv_data + key->mv_size - 8) != id);
    mdb_cursor_close(cursor);
}

static void
delete_entry(struct editor *e, const char *name, uint64_t id)
{
    MDB_val key, value;

    key_of(e, name, id, &key, &value);
    assert_int_equal(mdb_del(e->txn, table(e, name), &key, NULL), 0);
}

/* One octet of the value of that id, or of the only one. */
static void
flip_in_value(struct editor *e, const char *name, uint64_t id, size_t at)
{
    char copy[512], key_copy[64];
    MDB_val key, value;

    key_of(e, name, id, &key, &value);
    assert_true(value.mv_size <= sizeof copy && key.mv_size <= sizeof key_copy);
    memcpy(copy, value.mv_data, value.mv_size);
    memcpy(key_copy, key.mv_data, key.mv_size);
    copy[at] = (char)(copy[at] ^ 1);
    put_bytes(e, name, key_copy, key.mv_size, copy, value.mv_size);
}

static void
lose_by_aor(struct editor *e)
{
    delete_entry(e, "by_aor", 2);
}

static void
lose_by_expiry(struct editor *e)
{
    delete_entry(e, "by_expiry", 2);
}

static void
lose_message(struct editor *e)
{
    delete_entry(e, "messages", 2);
}

static void
damage_message(struct editor *e)
{
    flip_in_value(e, "messages", 2, 150);
}

static void
make_message_newer(struct editor *e)
{
    char copy[512];
    MDB_val key, value;

    key_of(e, "messages", 2, &key, &value);
    memcpy(copy, value.mv_data, value.mv_size);
    copy[0] = 9;
    put_bytes(e, "messages", "\0\0\0\0\0\0\0\2", 8, copy, value.mv_size);
}

static void
change_expiry(struct editor *e)
{
    flip_in_value(e, "by_aor", 2, 7);
}

static void
change_hash(struct editor *e)
{
    flip_in_value(e, "by_expiry", 2, 7);
}

static void
move_in_by_aor(struct editor *e)
{
    char moved[16], copy[12];
    MDB_val key, value;

    key_of(e, "by_aor", 2, &key, &value);
    memcpy(moved, key.mv_data, sizeof moved);
    memcpy(copy, value.mv_data, sizeof copy);
    moved[0] ^= 1;
    delete_entry(e, "by_aor", 2);
    put_bytes(e, "by_aor", moved, sizeof moved, copy, sizeof copy);
}

static void
change_length(struct editor *e)
{
    flip_in_value(e, "by_aor", 2, 11);
}

static void
add_short_key(struct editor *e)
{
    put_bytes(e, "messages", "\0\0\1", 3, "x", 1);
}

static void
add_far_entry(struct editor *e)
{
    put_bytes(e, "by_expiry", "\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0\x63", 16, "123456789012",
              12);
}

static void
add_mark_of_nothing(struct editor *e)
{
    put_bytes(e, "gone", "\0\0\0\0\0\0\1\0", 8, "\0\0\0\0\0\0\0\x63\0\0\0\1", 12);
}

static void
add_mark_of_other_length(struct editor *e)
{
    put_bytes(e, "gone", "\0\0\0\0\0\0\1\0", 8, "\0\0\0\0\0\0\0\1\0\0\0\1", 12);
}

static void
add_cut_mark(struct editor *e)
{
    put_bytes(e, "gone", "\0\0\0\0\0\0\1\0", 8, "\0\0\0\0\0", 5);
}

static void
cut_repeats(struct editor *e)
{
    put_bytes(e, "repeats", "\0\0\0\0\0\0\1\0", 8, "123456789", 9);
}

static void
cut_imported(struct editor *e)
{
    put_bytes(e, "imported", "0123456789abcdef", 16, "1234567", 7);
}

static void
change_binding(struct editor *e)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    char copy[64];

    assert_int_equal(mdb_cursor_open(e->txn, table(e, "bindings"), &cursor), 0);
    assert_int_equal(mdb_cursor_get(cursor, &key, &value, MDB_FIRST), 0);
    memcpy(copy, value.mv_data, value.mv_size);
    copy[4] = 'r';
    value.mv_data = copy;
    assert_int_equal(mdb_cursor_put(cursor, &key, &value, 0), 0);
    mdb_cursor_close(cursor);
}

static void
cut_binding(struct editor *e)
{
    put_bytes(e, "bindings", "0123456789abcdef", 16, "\0\0\1\0b", 5);
}

static void
damage_meta(struct editor *e)
{
    char copy[128];
    MDB_val key = { 4, (void *)(uintptr_t) "meta" }, value;

    assert_int_equal(mdb_get(e->txn, table(e, "meta"), &key, &value), 0);
    memcpy(copy, value.mv_data, value.mv_size);
    copy[60] ^= 1;
    put_bytes(e, "meta", "meta", 4, copy, value.mv_size);
}

static void
lose_meta(struct editor *e)
{
    MDB_val key = { 4, (void *)(uintptr_t) "meta" };

    assert_int_equal(mdb_del(e->txn, table(e, "meta"), &key, NULL), 0);
}

static void
lose_table(struct editor *e)
{
    assert_int_equal(mdb_drop(e->txn, table(e, "imported"), 1), 0);
}

static const struct contradiction {
    void (*make)(struct editor *e);
    const char *found[3]; /* all of them, in any order */
} contradictions[] = {
    { lose_by_aor, { "silo.by_aor 2 bob@example.org: the message is missing here" } },
    { lose_by_expiry,
      { "silo.by_expiry 2 bob@example.org: the message is missing here",
        "silo.meta 0 : the number of messages is wrong",
        "silo.meta 0 : the sum of octets is wrong" } },
    { lose_message,
      { "silo.by_aor 2 : there is no such message",
        "silo.by_expiry 2 : there is no such message" } },
    { damage_message, { "silo.messages 2 : the record is damaged" } },
    { make_message_newer,
      { "silo.messages 2 : the record has the version of a newer sipsilo" } },
    { change_expiry,
      { "silo.by_aor 2 bob@example.org: the message has another address" } },
    { change_hash,
      { "silo.by_expiry 2 bob@example.org: the message has another address" } },
    { move_in_by_aor,
      { "silo.by_aor 2 bob@example.org: the message is missing here",
        "silo.by_aor 2 bob@example.org: the message has another address" } },
    { change_length,
      { "silo.by_aor 2 bob@example.org: the message has another length" } },
    { add_short_key, { "silo.messages 0 : a key is no number of a message" } },
    { add_far_entry, { "silo.by_expiry 99 : no fold has come so far" } },
    { add_mark_of_nothing, { "silo.gone 99 : a mark names a message that never was" } },
    { add_mark_of_other_length,
      { "silo.gone 1 : a mark has another length",
        "silo.meta 0 : the sum of octets is wrong" } },
    { add_cut_mark, { "silo.gone 0 : an entry has a length that is wrong" } },
    { cut_repeats, { "silo.repeats 0 : an entry has a length that is wrong" } },
    { cut_imported, { "silo.imported 0 : an entry has a length that is wrong" } },
    { change_binding,
      { "silo.bindings 0 rob@example.org: the address of record is not that of the" } },
    { cut_binding, { "silo.bindings 0 : an entry has a length that is wrong" } },
    { damage_meta, { "silo.meta 0 : the one entry is damaged, or newer" } },
    { lose_meta, { "silo.meta 0 : the one entry is missing" } },
    { lose_table, { "silo.imported 0 : the table is not there" } },
};

static void
fill_for_editing(struct stores *t)
{
    t->options.fold_at = 3;
    stores_open_server(t);
    stores_store(t, CAROL, "first body");
    stores_store(t, BOB, "second body");
    stores_store(t, CAROL, "third body");
    stores_tidy(t, false, 100);
    assert_true(batch_save_binding(&t->batch, text(BOB), text("value"), NULL));
    stores_commit(t);
    batch_reset(&t->batch);
    stores_store(t, BOB, "in the tail");
    store_close(t->store);
    t->store = NULL;
}

static void
edit(struct stores *t, void (*make)(struct editor *e))
{
    struct editor e;

    assert_int_equal(mdb_env_create(&e.env), 0);
    assert_int_equal(mdb_env_set_maxdbs(e.env, 16), 0);
    assert_int_equal(mdb_env_set_mapsize(e.env, 16 << 20), 0);
    assert_int_equal(mdb_env_open(e.env, t->directory, 0, 0600), 0);
    assert_int_equal(mdb_txn_begin(e.env, NULL, 0, &e.txn), 0);
    make(&e);
    assert_int_equal(mdb_txn_commit(e.txn), 0);
    mdb_env_close(e.env);
}

static size_t
lines_of(const char *text)
{
    size_t lines = 0;

    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

static void
every_contradiction_is_told_with_its_table_and_key(void **state)
{
    struct stores *t = *state;

    for (size_t i = 0; i < sizeof contradictions / sizeof contradictions[0]; i++) {
        const struct contradiction *row = &contradictions[i];
        struct findings f;
        size_t count = 0;

        fill_for_editing(t);
        assert_sound(t, 4);
        edit(t, row->make);
        verify(t, &f);
        for (; count < 3 && row->found[count] != NULL; count++)
            if (strstr(f.text, row->found[count]) == NULL)
                fail_msg("row %zu: no \"%s\" in:\n%s", i, row->found[count], f.text);
        if (lines_of(f.text) != count || f.verdict.findings != count)
            fail_msg("row %zu: %zu findings wanted in:\n%s", i, count, f.text);
        stores_remove_files(t);
    }
}

/* What damaged records live through. */

static void
assert_damaged(struct stores *t, uint64_t messages, uint64_t damaged)
{
    struct findings f;

    verify(t, &f);
    assert_int_equal(f.verdict.messages, messages);
    assert_int_equal(f.verdict.damaged, damaged);
    assert_int_equal(f.verdict.findings, damaged);
}

static void
remove_the_damaged(struct stores *t, bool folded)
{
    stores_damaged_second(t, BOB, folded);
    assert_int_equal(stores_facts(t).messages, 3);
    assert_damaged(t, 3, 1);
    stores_remove(t, 2);
    assert_int_equal(stores_facts(t).messages, 2);
    assert_int_equal(stores_facts(t).bytes, 20);
    stores_store(t, BOB, "fourth body");
    t->options.fold_at = 1;
    stores_reopen(t);
    stores_tidy(t, false, 1);
    assert_sound(t, 3);
    assert_int_equal(stores_facts(t).messages, 3);
    assert_int_equal(stores_facts(t).bytes, 31);
    assert_string_equal(stores_bodies(t, BOB, 9), "first body third body fourth body");
}

static void
a_damaged_record_of_the_index_is_removed_and_nothing_is_left(void **state)
{
    remove_the_damaged(*state, true);
}

static void
a_damaged_record_of_the_tail_is_removed_and_nothing_is_left(void **state)
{
    remove_the_damaged(*state, false);
}

/* Removed and damaged before the fold came: the index knows the keys. */
static void
a_record_that_is_damaged_between_its_mark_and_the_fold_leaves_nothing(void **state)
{
    struct stores *t = *state;

    t->options.fold_at = 3;
    stores_open_server(t);
    stores_store(t, BOB, "first body");
    stores_store(t, BOB, "damaged body");
    stores_store(t, BOB, "third body");
    stores_tidy(t, false, 100);
    stores_remove(t, 2);
    store_close(t->store);
    t->store = NULL;
    assert_true(stores_damage(t, "damaged body", 'D') > 0);
    t->options.fold_at = 1;
    stores_open_server(t);
    stores_tidy(t, false, 100);
    assert_sound(t, 2);
    assert_int_equal(stores_facts(t).bytes, 20);
}

/* A removed one is not waited for, and no count stays. */
static void
expire_the_damaged(struct stores *t, bool folded)
{
    stores_damaged_second(t, BOB, folded);
    t->now_s = LATER + 1;
    assert_int_equal(stores_tidy(t, true, 10), 3);
    assert_int_equal(stores_facts(t).messages, 0);
    assert_sound(t, 0);
}

static void
a_damaged_record_of_the_index_expires(void **state)
{
    expire_the_damaged(*state, true);
}

static void
a_damaged_record_of_the_tail_expires(void **state)
{
    expire_the_damaged(*state, false);
}

/* The expiry itself may be what is damaged: a time that no setting allows is not believed. */
static void
a_damaged_record_does_not_wait_for_ever(void **state)
{
    struct stores *t = *state;
    char expiry[9] = { 0 };

    t->options.now_s = NOW;
    stores_open_server(t);
    stores_put(t, BOB, "a body", 0x41424344);
    stores_commit(t);
    batch_reset(&t->batch);
    store_close(t->store);
    t->store = NULL;
    memcpy(expiry, "ABCD", 4);
    assert_true(stores_damage(t, expiry, 0x7f) > 0);
    stores_open_server(t);
    t->now_s = NOW + 86400;
    assert_int_equal(stores_tidy(t, true, 10), 0);
    t->now_s = NOW + 5 * 86400;
    assert_int_equal(stores_tidy(t, true, 10), 1);
    assert_sound(t, 0);
}

/* A log line can name it, once. */
static void
tidy_tells_of_damage_in_the_tail_once(void **state)
{
    struct stores *t = *state;
    struct tidy_result result;

    stores_damaged_second(t, BOB, false);
    assert_int_equal(store_tidy(t->store, t->now_s, false, 10, &result), STORE_OK);
    assert_int_equal(result.damaged, 1);
    assert_int_equal(result.damaged_id, 2);
    assert_int_equal(store_tidy(t->store, t->now_s, false, 10, &result), STORE_OK);
    assert_int_equal(result.damaged, 0);
}

/* Pages. */

static void
a_server_refuses_pages_that_are_damaged_and_names_one(void **state)
{
    struct stores *t = *state;
    struct findings f;
    char path[300];
    int fd, refused = 0;
    struct stat st;

    fill_for_editing(t);
    snprintf(path, sizeof path, "%s/data.mdb", t->directory);
    assert_int_equal(stat(path, &st), 0);
    fd = open(path, O_RDWR);
    for (off_t page = 2; page < st.st_size / 4096; page++) {
        char head[16], wrong[16];

        assert_int_equal(pread(fd, head, 16, page * 4096), 16);
        memcpy(wrong, head, 16);
        wrong[14] = (char)(wrong[14] ^ 0x10); /* where its entries begin */
        assert_int_equal(pwrite(fd, wrong, 16, page * 4096), 16);
        verify(t, &f);
        if (f.verdict.findings > 0) { /* others are free */
            assert_int_equal(stores_open(t, STORE_SERVER), STORE_DAMAGED);
            assert_non_null(strstr(t->why, "data.mdb is damaged: page "));
            refused++;
        }
        assert_int_equal(pwrite(fd, head, 16, page * 4096), 16);
    }
    close(fd);
    assert_true(refused >= 8); /* as many as there are tables */
    assert_sound(t, 4);
}

/* Stores, removes, folds and expires until it is killed. */
static void
serve_for_ever(struct stores *t)
{
    struct tidy_result result;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    t->options.fold_at = 300;
    stores_open_server(t);
    for (uint64_t i = 1;; i++) {
        char aor[40];

        snprintf(aor, sizeof aor, "user%d@example.org", (int)(i % 23));
        stores_put(t, aor, "some body", i % 5 == 0 ? NOW + (int64_t)i / 100 : LATER);
        if (i > 400 && !batch_remove(&t->batch, i - 400, NULL))
            _exit(1);
        if (i % 10 == 0) {
            stores_commit(t);
            batch_reset(&t->batch);
            t->now_s = NOW + (int64_t)i / 200;
            if (store_tidy(t->store, t->now_s, i % 100 == 0, 64, &result) != STORE_OK)
                _exit(1);
        }
    }
}

static void
a_server_beside_it_is_no_damage(void **state)
{
    struct stores *t = *state;
    uint64_t seen = 0;
    int rounds = 0;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0)
        serve_for_ever(t);
    while (rounds < 60 || (seen <= 100 && rounds < 10000)) {
        struct findings f = { .text = "" };
        enum store_status status = stores_open(t, STORE_VERIFY);

        if (status == STORE_NOT_FOUND) /* it has just been made */
            continue;
        assert_int_equal(status, STORE_OK);
        assert_int_equal(store_verify(t->store, &f, note, &f.verdict), STORE_OK);
        if (f.verdict.messages > 0) {
            assert_string_equal(f.text, "");
            seen = f.verdict.messages > seen ? f.verdict.messages : seen;
            rounds++;
        }
        store_close(t->store);
        t->store = NULL;
    }
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_true(seen > 100);
    assert_sound(t, stores_count(t));
}

static void
verify_writes_nothing_and_makes_nothing(void **state)
{
    struct stores *t = *state;

    assert_int_equal(stores_open(t, STORE_VERIFY), STORE_NOT_FOUND);
    assert_non_null(strstr(t->why, "none"));
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(a_store_is_sound_whatever_it_went_through),
        ROW(a_value_may_have_more_pages_than_it_needs),
        ROW(many_messages_and_long_ones_are_walked_to_the_end),
        ROW(every_contradiction_is_told_with_its_table_and_key),
        ROW(a_damaged_record_of_the_index_is_removed_and_nothing_is_left),
        ROW(a_damaged_record_of_the_tail_is_removed_and_nothing_is_left),
        ROW(a_record_that_is_damaged_between_its_mark_and_the_fold_leaves_nothing),
        ROW(a_damaged_record_of_the_index_expires),
        ROW(a_damaged_record_of_the_tail_expires),
        ROW(a_damaged_record_does_not_wait_for_ever),
        ROW(tidy_tells_of_damage_in_the_tail_once),
        ROW(a_server_refuses_pages_that_are_damaged_and_names_one),
        ROW(a_server_beside_it_is_no_damage),
        ROW(verify_writes_nothing_and_makes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
