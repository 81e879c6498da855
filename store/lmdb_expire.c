#include "store/bytes.h"
#include "store/lmdb_tables.h"

#include <stdlib.h>

enum {
    EXPIRE_MAX =
        1024, /* items of a step, whatever the bound: they are sorted on the stack */
};

struct expired {
    uint64_t expiry, id, aor_hash;
    uint32_t size;
};

/* One transaction's part of a pass; what it did counts once it is on the disk. */
struct pass {
    int64_t now_s;
    struct tidy_result done;
    char imported_at[ORIGIN_BYTES];
};

/* Floors before anything leaves the end of a table. */
static void
raise_floors(const struct lmdb_store *s, struct meta *meta)
{
    meta->last_id = s->tail.last_id;
    meta->last_gone = s->tail.last_gone;
    meta->last_repeat = s->last_repeat;
}

static int
try_step(struct lmdb_store *s, uint32_t bound, void *arg,
         int (*step)(struct lmdb_store *s, MDB_txn *txn, uint32_t bound, void *arg))
{
    MDB_txn *txn;
    int rc = lmdb_begin(s, &txn);

    if (rc != 0)
        return rc;
    pthread_mutex_lock(&s->tail_lock);
    rc = lmdb_catch_up(s, txn);
    if (rc == 0) {
        raise_floors(s, &s->meta);
        rc = step(s, txn, bound, arg);
    }
    pthread_mutex_unlock(&s->tail_lock);
    if (rc == 0)
        return lmdb_commit_txn(s, txn);
    lmdb_abort(s, txn);
    return rc;
}

enum store_status
lmdb_step(struct lmdb_store *s, uint32_t bound, const char *doing, void *arg,
          int (*step)(struct lmdb_store *s, MDB_txn *txn, uint32_t bound, void *arg))
{
    int rc;

    for (;;) {
        rc = try_step(s, bound, arg, step);
        if (rc == 0 || !lmdb_is_full(s, rc))
            break;
        if (bound > 1)
            bound = (bound + 3) / 4;
        else if (rc != MDB_MAP_FULL || lmdb_grow(s) != 0)
            break;
    }
    return rc == 0 ? STORE_OK : lmdb_failed(s, doing, rc);
}

static int
by_aor(const void *left, const void *right)
{
    const struct expired *a = left, *b = right;

    if (a->aor_hash != b->aor_hash)
        return a->aor_hash < b->aor_hash ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

static int
by_id(const void *left, const void *right)
{
    const struct expired *a = left, *b = right;

    return (a->id > b->id) - (a->id < b->id);
}

/* The first entries of by_expiry whose time is over; each is deleted there at once. */
static int
take_expired(struct lmdb_store *s, MDB_txn *txn, int64_t now_s, struct expired *out,
             uint32_t bound, uint32_t *count)
{
    MDB_cursor *cursor;
    MDB_val key, val;
    int rc = mdb_cursor_open(txn, s->tables[TABLE_BY_EXPIRY], &cursor);

    *count = 0;
    if (rc != 0)
        return rc;
    while (*count < bound) {
        rc = mdb_cursor_get(cursor, &key, &val, MDB_FIRST);
        if (rc == 0 && (key.mv_size != PAIR_BYTES || val.mv_size != INDEXED_BYTES))
            rc = MDB_CORRUPTED;
        if (rc != 0 || (int64_t)get_u64(key.mv_data) > now_s)
            break;
        out[(*count)++] = (struct expired){
            .expiry = get_u64(key.mv_data),
            .id = get_u64((char *)key.mv_data + 8),
            .aor_hash = get_u64(val.mv_data),
            .size = get_u32((char *)val.mv_data + 8),
        };
        rc = mdb_cursor_del(cursor, 0);
        if (rc != 0)
            break;
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int
delete_from_aor(struct lmdb_store *s, MDB_txn *txn, struct expired *items, uint32_t count)
{
    char pair[PAIR_BYTES];
    MDB_val key = val_of(pair, sizeof pair);
    int rc = 0;

    qsort(items, count, sizeof *items, by_aor);
    for (uint32_t i = 0; rc == 0 && i < count; i++) {
        put_u64(pair, items[i].aor_hash);
        put_u64(pair + 8, items[i].id);
        rc = mdb_del(txn, s->tables[TABLE_BY_AOR], &key, NULL);
        if (rc == MDB_NOTFOUND)
            rc = 0;
    }
    return rc;
}

/* A gone one is taken off the totals when its mark is folded. */
static int
delete_messages(struct lmdb_store *s, MDB_txn *txn, struct expired *items, uint32_t count,
                struct tidy_result *out)
{
    char number[ID_BYTES];
    MDB_val key = val_of(number, sizeof number);

    qsort(items, count, sizeof *items, by_id);
    for (uint32_t i = 0; i < count; i++) {
        int rc;

        put_u64(number, items[i].id);
        rc = mdb_del(txn, s->tables[TABLE_MESSAGES], &key, NULL);
        if (rc != 0 && rc != MDB_NOTFOUND)
            return rc;
        tallies_forget(&s->tallies, items[i].aor_hash);
        out->expired += rc == 0 && !tail_is_gone(&s->tail, items[i].id);
        if (tail_is_counted_off(&s->tail, items[i].id))
            continue;
        s->meta.count -= s->meta.count > 0;
        s->meta.bytes -= items[i].size < s->meta.bytes ? items[i].size : s->meta.bytes;
    }
    return 0;
}

/* `imported` is in order of origins, so a pass looks at so many entries and the next one goes
 * on from there. */
static int
prune_imported(struct lmdb_store *s, MDB_txn *txn, uint32_t bound, struct pass *pass)
{
    MDB_cursor *cursor;
    MDB_val key, val;
    int rc = mdb_cursor_open(txn, s->tables[TABLE_IMPORTED], &cursor);

    if (rc != 0)
        return rc;
    memcpy(pass->imported_at, s->imported_at, ORIGIN_BYTES);
    key = val_of(pass->imported_at, ORIGIN_BYTES);
    rc = mdb_cursor_get(cursor, &key, &val, MDB_SET_RANGE);
    for (; rc == 0 && bound > 0; bound--) {
        if (key.mv_size != ORIGIN_BYTES || val.mv_size != 8) {
            rc = MDB_CORRUPTED;
            break;
        }
        memcpy(pass->imported_at, key.mv_data, ORIGIN_BYTES);
        if ((int64_t)get_u64(val.mv_data) <= pass->now_s)
            rc = mdb_cursor_del(cursor, 0);
        if (rc == 0)
            rc = mdb_cursor_get(cursor, &key, &val, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    if (rc == MDB_NOTFOUND)
        memset(pass->imported_at, 0, ORIGIN_BYTES);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int
expire_step(struct lmdb_store *s, MDB_txn *txn, uint32_t bound, void *arg)
{
    struct pass *pass = arg;
    struct expired items[EXPIRE_MAX];
    uint32_t count;
    int rc;

    pass->done = (struct tidy_result){ 0 };
    if (bound > EXPIRE_MAX)
        bound = EXPIRE_MAX;
    rc = take_expired(s, txn, pass->now_s, items, bound, &count);
    if (rc == 0 && count > 0)
        rc = delete_from_aor(s, txn, items, count);
    if (rc == 0 && count > 0)
        rc = delete_messages(s, txn, items, count, &pass->done);
    if (rc == 0)
        rc = lmdb_prune_repeats(s, txn, pass->now_s, bound);
    if (rc == 0)
        rc = prune_imported(s, txn, bound, pass);
    pass->done.more = count == bound;
    return rc == 0 ? lmdb_meta_write(s, txn, &s->meta) : rc;
}

int
lmdb_prune_repeats(struct lmdb_store *s, MDB_txn *txn, int64_t now_s, uint32_t bound)
{
    MDB_cursor *cursor;
    MDB_val key, val;
    bool any = false;
    int rc = mdb_cursor_open(txn, s->tables[TABLE_REPEATS], &cursor);

    if (rc != 0)
        return rc;
    for (; bound > 0; bound--) {
        rc = mdb_cursor_get(cursor, &key, &val, MDB_FIRST);
        if (rc == 0 && val.mv_size < 8)
            rc = MDB_CORRUPTED;
        if (rc != 0 || !repeats_is_over((int64_t)get_u64(val.mv_data), now_s))
            break;
        rc = mdb_cursor_del(cursor, 0);
        if (rc != 0)
            break;
        any = true;
    }
    mdb_cursor_close(cursor);
    if (rc != 0 && rc != MDB_NOTFOUND)
        return rc;
    if (!any)
        return 0;
    s->meta.last_repeat = s->last_repeat;
    return lmdb_meta_write(s, txn, &s->meta);
}

/* What was met since the last time, to be told by whoever has a log. */
static void
take_damaged(struct lmdb_store *s, int64_t now_s, struct tidy_result *out)
{
    pthread_mutex_lock(&s->tail_lock);
    s->now_s = now_s;
    out->damaged = s->damaged;
    out->damaged_id = s->damaged_id;
    s->damaged = 0;
    pthread_mutex_unlock(&s->tail_lock);
}

/* Folds first: an entry above the fold point is the tail's as well, and must not expire from
 * under an unfinished fold. */
enum store_status
lmdb_tidy(struct store *store, int64_t now_s, bool expire, uint32_t bound,
          struct tidy_result *out)
{
    struct lmdb_store *s = (struct lmdb_store *)store;
    struct pass pass = { .now_s = now_s };
    enum store_status status;
    uint64_t last_gone;
    int rc;

    *out = (struct tidy_result){ 0 };
    if (s->server_lock < 0)
        return STORE_OK;
    if (bound == 0)
        bound = 1;
    take_damaged(s, now_s, out);
    rc = lmdb_settle(s);
    if (rc != 0)
        return lmdb_failed(s, "settle", rc);
    if (lmdb_fold_is_due(s, expire, now_s)) {
        status = lmdb_fold_step(s, bound);
        out->more = expire || s->fold.stage != FOLD_IDLE;
        return status;
    }
    if (!expire)
        return STORE_OK;
    status = lmdb_step(s, bound, "expire", &pass, expire_step);
    if (status != STORE_OK)
        return status;
    pthread_mutex_lock(&s->tail_lock);
    last_gone = s->tail.last_gone;
    pthread_mutex_unlock(&s->tail_lock);
    out->expired = pass.done.expired;
    out->more = pass.done.more;
    if (!out->more)
        s->pass_gone = last_gone;
    memcpy(s->imported_at, pass.imported_at, ORIGIN_BYTES);
    return STORE_OK;
}
