#include "bench/micro/memory.h"
#include "bench/micro/stopwatch.h"
#include "bench/micro/store_subject.h"
#include "bench/micro/stored.h"

#include <lmdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    VALUE_ROOM = 1024,
};

struct raw {
    MDB_env *env;
    MDB_dbi table;
    uint64_t users, first;
    uint32_t count;
    bool removes; /* what commit does */
    size_t len[SUBJECT_BATCH];
    char value[SUBJECT_BATCH][VALUE_ROOM];
};

static void
must(int rc)
{
    if (rc == 0)
        return;
    fprintf(stderr, "raw LMDB: %s\n", mdb_strerror(rc));
    exit(1);
}

static MDB_txn *
begin(const struct raw *r, unsigned flags)
{
    MDB_txn *txn;

    must(mdb_txn_begin(r->env, NULL, flags, &txn));
    return txn;
}

static void *
raw_open(const char *directory, uint64_t map_bytes, uint64_t users)
{
    struct raw *r = memory_take(1, sizeof *r);
    MDB_txn *txn;

    r->users = users;
    must(mdb_env_create(&r->env));
    must(mdb_env_set_mapsize(r->env, map_bytes));
    must(mdb_env_open(r->env, directory, MDB_NOTLS, 0600));
    txn = begin(r, 0);
    must(mdb_dbi_open(txn, NULL, MDB_INTEGERKEY, &r->table));
    must(mdb_txn_commit(txn));
    return r;
}

static void
raw_close(void *self)
{
    struct raw *r = self;

    mdb_env_close(r->env);
    free(r);
}

static void
raw_prepare_puts(void *self, uint64_t first, uint32_t count)
{
    struct raw *r = self;
    struct stored stored;

    r->removes = false;
    r->first = first;
    r->count = count;
    for (uint32_t i = 0; i < count; i++) {
        stored_make(&stored, first + i, r->users);
        r->len[i] = record_size(&stored.record);
        must(r->len[i] <= VALUE_ROOM ? 0 : MDB_BAD_VALSIZE);
        record_encode(&stored.record, r->value[i]);
    }
}

static void
raw_prepare_removals(void *self, uint64_t first, uint32_t count)
{
    struct raw *r = self;

    r->removes = true;
    r->first = first;
    r->count = count;
}

static void
raw_commit(void *self)
{
    struct raw *r = self;
    MDB_txn *txn = begin(r, 0);

    for (uint32_t i = 0; i < r->count; i++) {
        uint64_t number = r->first + i;
        MDB_val key = { sizeof number, &number };
        MDB_val value = { r->len[i], r->value[i] };

        must(r->removes ? mdb_del(txn, r->table, &key, NULL)
                        : mdb_put(txn, r->table, &key, &value, MDB_APPEND));
    }
    must(mdb_txn_commit(txn));
}

static double
raw_commit_asked(void *self)
{
    raw_commit(self);
    return stopwatch_clock_s(CLOCK_MONOTONIC);
}

static uint32_t
raw_read_page(void *self, uint64_t number)
{
    struct raw *r = self;
    static char out[SUBJECT_PAGE][VALUE_ROOM];
    MDB_txn *txn = begin(r, MDB_RDONLY);
    MDB_val key = { sizeof number, &number }, value;
    MDB_cursor *cursor;
    uint32_t count = 0;
    int rc;

    must(mdb_cursor_open(txn, r->table, &cursor));
    rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    while (rc == 0 && count < SUBJECT_PAGE) {
        memcpy(out[count++], value.mv_data, value.mv_size);
        rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    return count;
}

static void
raw_get(void *self, uint64_t number)
{
    struct raw *r = self;
    static char out[VALUE_ROOM];
    MDB_txn *txn = begin(r, MDB_RDONLY);
    MDB_val key = { sizeof number, &number }, value;

    must(mdb_get(txn, r->table, &key, &value));
    memcpy(out, value.mv_data, value.mv_size);
    mdb_txn_abort(txn);
}

const struct store_subject store_raw = {
    .name = "LMDB",
    .open = raw_open,
    .close = raw_close,
    .prepare_puts = raw_prepare_puts,
    .prepare_removals = raw_prepare_removals,
    .commit = raw_commit,
    .commit_asked = raw_commit_asked,
    .read_page = raw_read_page,
    .get = raw_get,
};
