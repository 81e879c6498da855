#include "store/bytes.h"
#include "store/lmdb_tables.h"

#include <errno.h>

enum {
    EXPIRY_MAX_S = 31536000, /* what msilo.expire_time may be */
    DAMAGED_KEPT_S = 259200,
    NOBODYS_HASH = 0, /* one AoR in 2^64 has it, and its reader compares AoRs */
};

/* Shows one table's entries behind `last` to `take`. Keys are sequences or ids. */
static int
each_behind(struct lmdb_store *s, MDB_txn *txn, enum lmdb_table table, uint64_t last,
            int (*take)(struct lmdb_store *s, uint64_t number, struct slice value))
{
    char from[ID_BYTES];
    MDB_cursor *cursor;
    MDB_val key, val;
    int rc = mdb_cursor_open(txn, s->tables[table], &cursor);

    if (rc != 0)
        return rc;
    /* Mostly there is nothing new, and the end of the table shows it. */
    rc = mdb_cursor_get(cursor, &key, &val, MDB_LAST);
    if (rc == 0 && key.mv_size == ID_BYTES && get_u64(key.mv_data) > last) {
        put_u64(from, last + 1);
        key = val_of(from, sizeof from);
        rc = mdb_cursor_get(cursor, &key, &val, MDB_SET_RANGE);
        while (rc == 0) {
            rc = key.mv_size == ID_BYTES
                     ? take(s, get_u64(key.mv_data), slice_of_val(val))
                     : MDB_CORRUPTED;
            if (rc == 0)
                rc = mdb_cursor_get(cursor, &key, &val, MDB_NEXT);
        }
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

/* A damaged one is nobody's, but it counts and expires as others do: when it says itself, if
 * that can be. */
static void
take_damaged(struct lmdb_store *s, uint64_t id, struct slice value)
{
    int64_t exp_time_s;

    if (!record_guess_expiry(value, &exp_time_s) || exp_time_s > s->now_s + EXPIRY_MAX_S)
        exp_time_s = s->now_s + DAMAGED_KEPT_S;
    tail_add(&s->tail, id, NOBODYS_HASH, exp_time_s, 0);
    s->damaged++;
    s->damaged_id = id;
}

static int
take_message(struct lmdb_store *s, uint64_t id, struct slice value)
{
    struct record record;

    if (!tail_reserve(&s->tail, 1, 0))
        return ENOMEM;
    if (record_decode(value, id, &record) != RECORD_OK) {
        take_damaged(s, id, value);
        return 0;
    }
    tail_add(&s->tail, id, aor_hash(s, record.aor), record.exp_time_s,
             (uint32_t)record.body.len);
    tallies_forget(&s->tallies, aor_hash(s, record.aor));
    return 0;
}

static int
take_marks(struct lmdb_store *s, uint64_t sequence, struct slice marks)
{
    if (!tail_reserve(&s->tail, 0, marks.len / MARK_BYTES))
        return ENOMEM;
    for (; marks.len >= MARK_BYTES; marks = slice_skip(marks, MARK_BYTES))
        tail_mark(&s->tail, sequence, get_u64(marks.at), get_u32(marks.at + ID_BYTES));
    tallies_forget_all(&s->tallies);
    return 0;
}

static int
take_origins(struct lmdb_store *s, uint64_t sequence, struct slice value)
{
    size_t count = value.len < 8 ? 0 : (value.len - 8) / ORIGIN_BYTES;

    if (value.len < 8)
        return MDB_CORRUPTED;
    if (!repeats_reserve(&s->repeats, count))
        return ENOMEM;
    repeats_add_all(&s->repeats, value.at + 8, count, (int64_t)get_u64(value.at));
    s->last_repeat = sequence;
    return 0;
}

/* Entries of origins that are still to be read. */
struct origins {
    uint64_t first; /* sequence; 0: there are none */
    size_t bytes;
};

/* From the end backwards, to those that are known or were over when the last one came: so a
 * clock that is wrong now forgets none, and after a quiet time few are read. */
static int
find_origins(const struct lmdb_store *s, MDB_txn *txn, struct origins *out)
{
    MDB_cursor *cursor;
    MDB_val key, val;
    int64_t newest_s = 0;
    int rc = mdb_cursor_open(txn, s->tables[TABLE_REPEATS], &cursor);

    *out = (struct origins){ 0 };
    if (rc != 0)
        return rc;
    rc = mdb_cursor_get(cursor, &key, &val, MDB_LAST);
    for (; rc == 0; rc = mdb_cursor_get(cursor, &key, &val, MDB_PREV)) {
        if (key.mv_size != ID_BYTES || val.mv_size < 8) {
            rc = MDB_CORRUPTED;
            break;
        }
        if (get_u64(key.mv_data) <= s->last_repeat)
            break;
        if (out->first == 0)
            newest_s = (int64_t)get_u64(val.mv_data);
        if (repeats_is_over((int64_t)get_u64(val.mv_data), newest_s))
            break;
        out->first = get_u64(key.mv_data);
        out->bytes += val.mv_size;
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Room for all of them at once: a table that doubles would be filled twice. */
static int
catch_up_origins(struct lmdb_store *s, MDB_txn *txn)
{
    struct origins new;
    int rc = find_origins(s, txn, &new);

    if (rc != 0 || new.first == 0)
        return rc;
    if (!repeats_reserve(&s->repeats, new.bytes / ORIGIN_BYTES))
        return ENOMEM;
    return each_behind(s, txn, TABLE_REPEATS, new.first - 1, take_origins);
}

static uint64_t
larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* The points first: entries of the tail that another process folded go before new ones
 * come. The floors last: they are behind everything that was read. */
int
lmdb_catch_up(struct lmdb_store *s, MDB_txn *txn)
{
    struct meta meta;
    int rc = lmdb_meta_read(s, txn, &meta);

    if (rc != 0)
        return rc == MDB_NOTFOUND ? MDB_INVALID : rc;
    s->meta = meta;
    tail_fold(&s->tail, meta.fold_point, meta.gone_point);
    rc = each_behind(s, txn, TABLE_MESSAGES, s->tail.last_id, take_message);
    if (rc == 0)
        rc = each_behind(s, txn, TABLE_GONE, s->tail.last_gone, take_marks);
    if (rc == 0)
        rc = catch_up_origins(s, txn);
    if (rc != 0)
        return rc;
    s->tail.last_id = larger(s->tail.last_id, meta.last_id);
    s->tail.last_gone = larger(s->tail.last_gone, meta.last_gone);
    s->last_repeat = larger(s->last_repeat, meta.last_repeat);
    return 0;
}
