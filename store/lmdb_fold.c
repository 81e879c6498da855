/* The fold: what the tail holds goes into the indexes, what is gone leaves all tables.
 *
 * It freezes the tail's list in memory and works it off in order of each table's keys, a
 * synced transaction at a time. The last of them moves the points; until then the tail
 * stands as it did, and readers look there. So the power may go between any two steps: the
 * list is lost, the next fold makes a new one and does all again. What an index got of the
 * lost fold is below indexed_to: gone messages up to there are looked for in the indexes,
 * those above it never entered them. */
#include "store/bytes.h"
#include "store/lmdb_tables.h"

#include <errno.h>
#include <stdlib.h>

enum {
    FULL_TIMES = 2,   /* of what a fold is due at: from here on commits fold themselves */
    OF_INDEXED = 16,  /* the share that a fold takes in */
    MORE_AT_MOST = 4, /* times fold_at */
};

/* Messages. Keys of an index are spread over all of it, so the more it holds, the more pages a
 * fold writes anew: with a million, one for every third message. It takes in more of them then.
 * With tail_lock held. */
static size_t
fold_at(const struct lmdb_store *s)
{
    size_t most = (size_t)s->fold_at * MORE_AT_MOST;
    uint64_t share = s->meta.count / OF_INDEXED;

    if (share < s->fold_at)
        return s->fold_at;
    return share < most ? (size_t)share : most;
}

bool
lmdb_tail_is_full(struct lmdb_store *s)
{
    bool full;

    if (s->server_lock < 0)
        return false;
    pthread_mutex_lock(&s->tail_lock);
    full = tail_count(&s->tail) >= fold_at(s) * FULL_TIMES;
    pthread_mutex_unlock(&s->tail_lock);
    return full;
}

/* At a pass of expiry a fold is due, too, if something in the tail expired, or something was
 * gone before the last pass: what was delivered does not stay on the disk. */
static bool
is_stale(struct lmdb_store *s, int64_t now_s)
{
    const struct queue *gone = &s->tail.gone, *messages = &s->tail.messages;

    if (gone->count > 0 && queue_at(gone, 0)->order <= s->pass_gone)
        return true;
    for (uint32_t i = 0; i < messages->count; i++)
        if ((int64_t)queue_at(messages, i)->extra <= now_s)
            return true;
    return false;
}

bool
lmdb_fold_is_due(struct lmdb_store *s, bool expire, int64_t now_s)
{
    bool due;

    if (s->server_lock < 0)
        return false;
    if (s->fold.stage != FOLD_IDLE)
        return true;
    pthread_mutex_lock(&s->tail_lock);
    due = tail_count(&s->tail) >= fold_at(s) || s->meta.indexed_to > s->meta.fold_point ||
          (s->space.is_short && s->tail.gone.count > 0) || (expire && is_stale(s, now_s));
    pthread_mutex_unlock(&s->tail_lock);
    return due;
}

static int
compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int
by_aor(const void *left, const void *right)
{
    const struct fold_item *a = left, *b = right;
    int order = compare_u64(a->aor_hash, b->aor_hash);

    return order != 0 ? order : compare_u64(a->id, b->id);
}

static int
by_expiry(const void *left, const void *right)
{
    const struct fold_item *a = left, *b = right;
    int order = compare_u64((uint64_t)a->exp_time_s, (uint64_t)b->exp_time_s);

    return order != 0 ? order : compare_u64(a->id, b->id);
}

static int
by_id(const void *left, const void *right)
{
    const struct fold_item *a = left, *b = right;

    return compare_u64(a->id, b->id);
}

static void
sort(struct fold *fold, int (*order)(const void *, const void *))
{
    if (fold->count > 0)
        qsort(fold->items, fold->count, sizeof *fold->items, order);
    fold->at = 0;
}

static void
freeze_messages(struct lmdb_store *s, struct fold *fold)
{
    for (uint32_t i = 0; i < s->tail.messages.count; i++) {
        const struct queue_item *item = queue_at(&s->tail.messages, i);

        if (tail_is_gone(&s->tail, item->order))
            continue;
        fold->items[fold->count++] =
            (struct fold_item){ .id = item->order,
                                .aor_hash = item->key,
                                .exp_time_s = (int64_t)item->extra,
                                .size = item->size };
        fold->added++;
        fold->added_bytes += item->size;
    }
}

int
lmdb_find_indexed(struct lmdb_store *s, MDB_txn *txn, struct fold_item *item)
{
    MDB_cursor *cursor;
    MDB_val key, val;
    int rc = mdb_cursor_open(txn, s->tables[TABLE_BY_EXPIRY], &cursor);

    if (rc != 0)
        return rc;
    while ((rc = mdb_cursor_get(cursor, &key, &val, MDB_NEXT)) == 0) {
        if (key.mv_size != PAIR_BYTES || val.mv_size != INDEXED_BYTES ||
            get_u64((char *)key.mv_data + 8) != item->id)
            continue;
        item->exp_time_s = (int64_t)get_u64(key.mv_data);
        item->aor_hash = get_u64(val.mv_data);
        item->size = get_u32((char *)val.mv_data + 8);
        item->indexed = true;
        break;
    }
    mdb_cursor_close(cursor);
    return rc;
}

/* Where an index may name a gone message, its record tells under which keys. */
static int
find_keys(struct lmdb_store *s, MDB_txn *txn, struct fold_item *item)
{
    char number[ID_BYTES];
    MDB_val key = val_of(number, sizeof number), val;
    struct record record;
    int rc;

    put_u64(number, item->id);
    rc = mdb_get(txn, s->tables[TABLE_MESSAGES], &key, &val);
    if (rc != 0)
        return rc == MDB_NOTFOUND ? 0 : rc;
    if (record_decode(slice_of_val(val), item->id, &record) != RECORD_OK) {
        rc = lmdb_find_indexed(s, txn, item);
        return rc == MDB_NOTFOUND ? 0 : rc;
    }
    item->aor_hash = aor_hash(s, record.aor);
    item->exp_time_s = record.exp_time_s;
    item->indexed = true;
    return 0;
}

static int
freeze_gone(struct lmdb_store *s, MDB_txn *txn, struct fold *fold)
{
    int rc = 0;

    for (uint32_t i = 0; rc == 0 && i < s->tail.gone.count; i++) {
        const struct queue_item *mark = queue_at(&s->tail.gone, i);
        struct fold_item *item = &fold->items[fold->count++];

        *item = (struct fold_item){ .id = mark->key, .size = mark->size, .gone = true };
        if (mark->key <= s->meta.fold_point && mark->size != TAIL_NOT_COUNTED) {
            fold->removed++;
            fold->removed_bytes += mark->size;
        }
        if (mark->key <= s->meta.indexed_to)
            rc = find_keys(s, txn, item);
    }
    return rc;
}

static int
freeze(struct lmdb_store *s, MDB_txn *txn)
{
    struct fold *fold = &s->fold;
    size_t most = tail_count(&s->tail);
    struct fold_item *items = realloc(fold->items, (most + 1) * sizeof *items);
    int rc;

    if (items == NULL)
        return ENOMEM;
    *fold = (struct fold){ .items = items,
                           .fold_point = s->tail.last_id,
                           .gone_point = s->tail.last_gone };
    freeze_messages(s, fold);
    rc = freeze_gone(s, txn, fold);
    if (rc != 0)
        return rc;
    sort(fold, by_aor);
    fold->stage = FOLD_BY_AOR;
    return 0;
}

/* The list is made in a snapshot of its own: nothing is written, so it may be as long as the
 * tail. */
static int
begin_fold(struct lmdb_store *s)
{
    MDB_txn *txn;
    int rc = lmdb_begin_reading(s, &txn);

    if (rc != 0)
        return rc;
    rc = freeze(s, txn);
    lmdb_end_reading(s, txn);
    return rc;
}

static int
delete_key(MDB_txn *txn, MDB_dbi table, MDB_val *key)
{
    int rc = mdb_del(txn, table, key, NULL);

    return rc == MDB_NOTFOUND ? 0 : rc;
}

/* In one index: `first` leads its key, `other` its value. */
static int
index_item(struct lmdb_store *s, MDB_txn *txn, MDB_cursor *cursor, enum lmdb_table table,
           const struct fold_item *item)
{
    bool in_aor = table == TABLE_BY_AOR;
    uint64_t expiry = item->exp_time_s > 0 ? (uint64_t)item->exp_time_s : 0;
    char pair[PAIR_BYTES], indexed[INDEXED_BYTES];
    MDB_val key = val_of(pair, sizeof pair), val = val_of(indexed, sizeof indexed);

    put_u64(pair, in_aor ? item->aor_hash : expiry);
    put_u64(pair + 8, item->id);
    if (item->gone)
        return item->indexed ? delete_key(txn, s->tables[table], &key) : 0;
    put_u64(indexed, in_aor ? expiry : item->aor_hash);
    put_u32(indexed + 8, item->size);
    return mdb_cursor_put(cursor, &key, &val, 0);
}

static int
index_step(struct lmdb_store *s, MDB_txn *txn, enum lmdb_table table, size_t end)
{
    MDB_cursor *cursor;
    int rc = mdb_cursor_open(txn, s->tables[table], &cursor);

    if (rc != 0)
        return rc;
    for (size_t i = s->fold.at; rc == 0 && i < end; i++)
        rc = index_item(s, txn, cursor, table, &s->fold.items[i]);
    mdb_cursor_close(cursor);
    return rc;
}

static int
messages_step(struct lmdb_store *s, MDB_txn *txn, size_t end)
{
    char number[ID_BYTES];
    MDB_val key = val_of(number, sizeof number);
    int rc = 0;

    for (size_t i = s->fold.at; rc == 0 && i < end; i++) {
        put_u64(number, s->fold.items[i].id);
        if (s->fold.items[i].gone)
            rc = delete_key(txn, s->tables[TABLE_MESSAGES], &key);
    }
    return rc;
}

static uint64_t
less(uint64_t from, uint64_t by)
{
    return by < from ? from - by : 0;
}

static void
finish(const struct fold *fold, struct meta *meta)
{
    meta->fold_point = fold->fold_point;
    meta->gone_point = fold->gone_point;
    meta->indexed_to = fold->fold_point;
    meta->count = less(meta->count + fold->added, fold->removed);
    meta->bytes = less(meta->bytes + fold->added_bytes, fold->removed_bytes);
}

/* Marks whose work is done, from the first on. *more: the bound was reached. */
static int
sweep_step(struct lmdb_store *s, MDB_txn *txn, uint32_t bound, uint64_t gone_point,
           bool *more)
{
    MDB_cursor *cursor;
    MDB_val key, val;
    int rc = mdb_cursor_open(txn, s->tables[TABLE_GONE], &cursor);

    *more = false;
    if (rc != 0)
        return rc;
    while ((rc = mdb_cursor_get(cursor, &key, &val, MDB_FIRST)) == 0) {
        if (key.mv_size != ID_BYTES)
            rc = MDB_CORRUPTED;
        if (rc != 0 || get_u64(key.mv_data) > gone_point)
            break;
        *more = bound-- == 0;
        if (*more)
            break;
        rc = mdb_cursor_del(cursor, 0);
        if (rc != 0)
            break;
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

/* What a step did, to be noted once it is on the disk. */
struct fold_progress {
    size_t end;
    bool more;
};

static size_t
end_of_step(const struct fold *fold, uint32_t bound)
{
    size_t left = fold->count - fold->at;

    return fold->at + (left < bound ? left : bound);
}

static int
write_step(struct lmdb_store *s, MDB_txn *txn, uint32_t bound, void *arg)
{
    struct fold_progress *done = arg;
    struct fold *fold = &s->fold;
    struct meta meta = s->meta;
    int rc = 0;

    done->end = end_of_step(fold, bound);
    done->more = done->end < fold->count;
    switch (fold->stage) {
    case FOLD_BY_AOR:
        if (meta.indexed_to < fold->fold_point)
            meta.indexed_to = fold->fold_point;
        rc = index_step(s, txn, TABLE_BY_AOR, done->end);
        break;
    case FOLD_BY_EXPIRY:
        rc = index_step(s, txn, TABLE_BY_EXPIRY, done->end);
        break;
    case FOLD_MESSAGES:
        rc = messages_step(s, txn, done->end);
        break;
    case FOLD_FINISH:
        finish(fold, &meta);
        done->more = false;
        break;
    case FOLD_SWEEP:
        rc = sweep_step(s, txn, bound, fold->gone_point, &done->more);
        break;
    case FOLD_IDLE:
        break;
    }
    return rc == 0 ? lmdb_meta_write(s, txn, &meta) : rc;
}

static void
keep_gone(struct fold *fold)
{
    size_t kept = 0;

    for (size_t i = 0; i < fold->count; i++)
        if (fold->items[i].gone)
            fold->items[kept++] = fold->items[i];
    fold->count = kept;
}

static void
end_stage(struct fold *fold)
{
    switch (fold->stage) {
    case FOLD_BY_AOR:
        sort(fold, by_expiry);
        break;
    case FOLD_BY_EXPIRY:
        keep_gone(fold);
        sort(fold, by_id);
        break;
    case FOLD_SWEEP:
        free(fold->items);
        *fold = (struct fold){ .stage = FOLD_IDLE };
        return;
    case FOLD_IDLE:
    case FOLD_MESSAGES:
    case FOLD_FINISH:
        break;
    }
    fold->stage++;
}

enum store_status
lmdb_fold_step(struct lmdb_store *s, uint32_t bound)
{
    struct fold_progress done = { 0 };
    enum store_status status;

    if (s->fold.stage == FOLD_IDLE) {
        int rc = begin_fold(s);

        if (rc != 0)
            return lmdb_failed(s, "fold", rc);
    }
    status = lmdb_step(s, bound, "fold", &done, write_step);
    if (status != STORE_OK)
        return status;
    s->fold.at = done.end;
    if (!done.more)
        end_stage(&s->fold);
    return STORE_OK;
}
