#include "store/bytes.h"
#include "store/lmdb_tables.h"

#include <errno.h>

/* One request on its way through one snapshot. */
struct reading {
    struct lmdb_store *s;
    MDB_txn *txn;
    struct read_request *request;
    bool full; /* the page is, and one more message was met */
};

static bool
page_is_full(const struct read_request *r)
{
    return r->page.count > 0 &&
           (r->page.count >= r->max_messages || r->page.len >= r->max_bytes);
}

/* A record that is live by its index. It is the AoR's by its hash; the record has the word. */
static int
take_record(struct reading *reading, uint64_t id, MDB_val val)
{
    struct read_request *r = reading->request;
    struct record record;

    if (record_decode(slice_of_val(val), id, &record) != RECORD_OK) {
        /* Behind a full page it is met again, and counted then. */
        if (!page_is_full(r)) {
            r->damaged++;
            r->damaged_id = id;
        }
        return 0;
    }
    if (record.exp_time_s <= r->now_s)
        return 0;
    if (!slice_is_absent(r->aor) && !slice_equal(record.aor, r->aor))
        return 0;
    if (page_is_full(r)) {
        reading->full = true;
        return 0;
    }
    return page_add(&r->page, id, slice_of_val(val)) ? 0 : ENOMEM;
}

/* What an index names and the table has not was deleted with a damaged record. */
static int
take_id(struct reading *reading, uint64_t id, int64_t exp_time_s)
{
    char number[ID_BYTES];
    MDB_val key = val_of(number, sizeof number), val;
    int rc;

    if (exp_time_s <= reading->request->now_s || tail_is_gone(&reading->s->tail, id))
        return 0;
    put_u64(number, id);
    rc = mdb_get(reading->txn, reading->s->tables[TABLE_MESSAGES], &key, &val);
    if (rc != 0)
        return rc == MDB_NOTFOUND ? 0 : rc;
    return take_record(reading, id, val);
}

static int
read_index(struct reading *reading, uint64_t hash)
{
    struct lmdb_store *s = reading->s;
    char from[PAIR_BYTES];
    MDB_cursor *cursor;
    MDB_val key, val;
    int rc;

    if (reading->request->after >= s->meta.fold_point)
        return 0;
    rc = mdb_cursor_open(reading->txn, s->tables[TABLE_BY_AOR], &cursor);
    if (rc != 0)
        return rc;
    put_u64(from, hash);
    put_u64(from + 8, reading->request->after + 1);
    key = val_of(from, sizeof from);
    rc = mdb_cursor_get(cursor, &key, &val, MDB_SET_RANGE);
    while (rc == 0 && !reading->full) {
        const char *at = key.mv_data;

        if (key.mv_size != PAIR_BYTES || val.mv_size != INDEXED_BYTES)
            rc = MDB_CORRUPTED;
        else if (get_u64(at) != hash || get_u64(at + 8) > s->meta.fold_point)
            break;
        else
            rc = take_id(reading, get_u64(at + 8), (int64_t)get_u64(val.mv_data));
        if (rc == 0)
            rc = mdb_cursor_get(cursor, &key, &val, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int
read_tail(struct reading *reading, uint64_t hash)
{
    struct tail *tail = &reading->s->tail;
    struct tail_walk walk = tail_find(tail, hash, reading->request->after);
    struct tail_entry entry;
    int rc = 0;

    while (rc == 0 && !reading->full && tail_walk_next(tail, &walk, &entry))
        rc = take_id(reading, entry.id, entry.exp_time_s);
    return rc;
}

static int
read_all(struct reading *reading)
{
    char from[ID_BYTES];
    MDB_cursor *cursor;
    MDB_val key, val;
    int rc;

    if (reading->request->after == UINT64_MAX)
        return 0;
    rc = mdb_cursor_open(reading->txn, reading->s->tables[TABLE_MESSAGES], &cursor);
    if (rc != 0)
        return rc;
    put_u64(from, reading->request->after + 1);
    key = val_of(from, sizeof from);
    rc = mdb_cursor_get(cursor, &key, &val, MDB_SET_RANGE);
    while (rc == 0 && !reading->full) {
        uint64_t id = key.mv_size == ID_BYTES ? get_u64(key.mv_data) : 0;

        if (id == 0)
            rc = MDB_CORRUPTED;
        else if (!tail_is_gone(&reading->s->tail, id))
            rc = take_record(reading, id, val);
        if (rc == 0)
            rc = mdb_cursor_get(cursor, &key, &val, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int
read_one(struct lmdb_store *s, MDB_txn *txn, struct read_request *r)
{
    struct reading reading = { .s = s, .txn = txn, .request = r };
    int rc;

    if (slice_is_absent(r->aor)) {
        rc = read_all(&reading);
    } else {
        uint64_t hash = aor_hash(s, r->aor);

        rc = read_index(&reading, hash);
        if (rc == 0 && !reading.full)
            rc = read_tail(&reading, hash);
    }
    r->at_end = rc == 0 && !reading.full;
    return rc;
}

static void
clear_answer(struct read_request *r)
{
    r->status = STORE_OK;
    r->page.len = 0;
    r->page.count = 0;
    r->at_end = false;
    r->damaged = 0;
    r->damaged_id = 0;
    r->is_incomplete = false;
}

static enum store_status
salvage(struct lmdb_store *s, struct read_request *requests, size_t count)
{
    enum store_status worst = STORE_OK;

    for (size_t i = 0; i < count; i++) {
        int rc = lmdb_salvage(s, &requests[i]);

        if (rc != 0)
            worst = requests[i].status = lmdb_failed(s, "read", rc);
    }
    return worst;
}

enum store_status
lmdb_read(struct store *store, struct read_request *requests, size_t count)
{
    struct lmdb_store *s = (struct lmdb_store *)store;
    enum store_status worst = STORE_OK;
    MDB_txn *txn;
    int rc;

    for (size_t i = 0; i < count; i++)
        clear_answer(&requests[i]);
    if (s->role == STORE_VERIFY)
        return salvage(s, requests, count);
    rc = lmdb_begin_reading(s, &txn);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        int one = read_one(s, txn, &requests[i]);

        if (one != 0)
            worst = requests[i].status = lmdb_failed(s, "read", one);
    }
    if (rc == 0) {
        lmdb_end_reading(s, txn);
        return worst;
    }
    worst = lmdb_failed(s, "read", rc);
    for (size_t i = 0; i < count; i++)
        requests[i].status = worst;
    return worst;
}

static int
get_one(struct lmdb_store *s, MDB_txn *txn, uint64_t id, struct page *out)
{
    char number[ID_BYTES];
    MDB_val key = val_of(number, sizeof number), val;
    struct record record;
    int rc;

    put_u64(number, id);
    rc = mdb_get(txn, s->tables[TABLE_MESSAGES], &key, &val);
    if (rc != 0)
        return rc;
    if (tail_is_gone(&s->tail, id))
        return MDB_NOTFOUND;
    if (record_decode(slice_of_val(val), id, &record) != RECORD_OK)
        return MDB_CORRUPTED;
    out->len = 0;
    out->count = 0;
    return page_add(out, id, slice_of_val(val)) ? 0 : ENOMEM;
}

enum store_status
lmdb_get(struct store *store, uint64_t id, struct page *out)
{
    struct lmdb_store *s = (struct lmdb_store *)store;
    MDB_txn *txn;
    int rc = lmdb_begin_reading(s, &txn);

    if (rc == 0) {
        rc = get_one(s, txn, id, out);
        lmdb_end_reading(s, txn);
    }
    return rc == 0 ? STORE_OK : lmdb_failed(s, "get", rc);
}

enum store_status
lmdb_bindings(struct store *store, void *visitor,
              bool (*visit)(void *visitor, struct slice aor, struct slice value))
{
    struct lmdb_store *s = (struct lmdb_store *)store;
    MDB_cursor *cursor;
    MDB_val key, val;
    MDB_txn *txn;
    int rc = lmdb_begin_reading(s, &txn);

    if (rc != 0)
        return lmdb_failed(s, "bindings", rc);
    rc = mdb_cursor_open(txn, s->tables[TABLE_BINDINGS], &cursor);
    if (rc == 0) {
        while ((rc = mdb_cursor_get(cursor, &key, &val, MDB_NEXT)) == 0) {
            struct slice all = slice_of_val(val), rest = slice_skip(all, 4);
            uint32_t len = all.len < 4 ? UINT32_MAX : get_u32(all.at);

            /* One that is damaged is passed over: its phone registers again. */
            if (len > rest.len)
                continue;
            if (!visit(visitor, slice_head(rest, len), slice_skip(rest, len)))
                break;
        }
        mdb_cursor_close(cursor);
    }
    lmdb_end_reading(s, txn);
    return rc == 0 || rc == MDB_NOTFOUND ? STORE_OK : lmdb_failed(s, "bindings", rc);
}

enum store_status
lmdb_repeats(struct store *store, int64_t now_s, void *visitor,
             void (*visit)(void *visitor, const struct hash128 *origin))
{
    struct lmdb_store *s = (struct lmdb_store *)store;
    MDB_txn *txn;
    int rc = lmdb_begin_reading(s, &txn); /* which catches up with the tables */

    if (rc != 0)
        return lmdb_failed(s, "repeats", rc);
    lmdb_end_reading(s, txn);
    pthread_mutex_lock(&s->tail_lock);
    repeats_show(&s->repeats, now_s, visitor, visit);
    pthread_mutex_unlock(&s->tail_lock);
    return STORE_OK;
}
