#include "store/bytes.h"
#include "store/lmdb_tables.h"

enum {
    EXPIRED_WALK =
        65536, /* behind so many that wait for their deletion the sums are rough */
};

static void
take_off(struct store_facts *facts, uint64_t bytes)
{
    facts->messages -= facts->messages > 0;
    facts->bytes -= bytes < facts->bytes ? bytes : facts->bytes;
}

/* The tables up to the fold point have their sums in meta; the tail corrects them. */
static void
add_tail(const struct lmdb_store *s, int64_t now_s, struct store_facts *facts)
{
    const struct queue *messages = &s->tail.messages, *gone = &s->tail.gone;

    for (uint32_t i = 0; i < messages->count; i++) {
        const struct queue_item *item = queue_at(messages, i);

        if ((int64_t)item->extra <= now_s || tail_is_gone(&s->tail, item->order))
            continue;
        facts->messages++;
        facts->bytes += item->size;
    }
    for (uint32_t i = 0; i < gone->count; i++) {
        const struct queue_item *mark = queue_at(gone, i);

        if (mark->key <= s->meta.fold_point && mark->size != TAIL_NOT_COUNTED)
            take_off(facts, mark->size);
    }
}

/* Expired ones that no pass has met yet are not waiting. */
static int
subtract_expired(const struct lmdb_store *s, MDB_txn *txn, int64_t now_s,
                 struct store_facts *facts)
{
    MDB_cursor *cursor;
    MDB_val key, val;
    int rc = mdb_cursor_open(txn, s->tables[TABLE_BY_EXPIRY], &cursor);

    if (rc != 0)
        return rc;
    for (int i = 0; i < EXPIRED_WALK; i++) {
        uint64_t id;

        rc = mdb_cursor_get(cursor, &key, &val, MDB_NEXT);
        if (rc == 0 && (key.mv_size != PAIR_BYTES || val.mv_size != INDEXED_BYTES))
            rc = MDB_CORRUPTED;
        if (rc != 0 || (int64_t)get_u64(key.mv_data) > now_s)
            break;
        id = get_u64((char *)key.mv_data + 8);
        if (id <= s->meta.fold_point && !tail_is_gone(&s->tail, id))
            take_off(facts, get_u32((char *)val.mv_data + 8));
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int
find_oldest(const struct lmdb_store *s, MDB_txn *txn, int64_t now_s, int64_t *out)
{
    MDB_cursor *cursor;
    MDB_val key, val;
    struct record record;
    int rc = mdb_cursor_open(txn, s->tables[TABLE_MESSAGES], &cursor);

    if (rc != 0)
        return rc;
    while ((rc = mdb_cursor_get(cursor, &key, &val, MDB_NEXT)) == 0) {
        uint64_t id = key.mv_size == ID_BYTES ? get_u64(key.mv_data) : 0;

        if (tail_is_gone(&s->tail, id) ||
            record_decode(slice_of_val(val), id, &record) != RECORD_OK ||
            record.exp_time_s <= now_s)
            continue;
        *out = record.inc_time_s;
        break;
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int
gather(struct lmdb_store *s, MDB_txn *txn, int64_t now_s, struct store_facts *out)
{
    uint64_t pages = 0;
    int rc = lmdb_used_pages(s, txn, &pages);

    *out = (struct store_facts){ .messages = s->meta.count,
                                 .bytes = s->meta.bytes,
                                 .map_used_bytes = pages * s->page_bytes,
                                 .map_bytes = s->map_bytes };
    add_tail(s, now_s, out);
    if (rc == 0)
        rc = subtract_expired(s, txn, now_s, out);
    if (rc == 0 && out->messages > 0)
        rc = find_oldest(s, txn, now_s, &out->oldest_s);
    return rc;
}

enum store_status
lmdb_facts(struct store *store, int64_t now_s, struct store_facts *out)
{
    struct lmdb_store *s = (struct lmdb_store *)store;
    struct store_facts facts;
    MDB_txn *txn;
    int rc = lmdb_begin_reading(s, &txn);

    if (rc == 0) {
        rc = gather(s, txn, now_s, &facts);
        lmdb_end_reading(s, txn);
    }
    if (rc != 0)
        return lmdb_failed(s, "facts", rc);
    *out = facts;
    return STORE_OK;
}
