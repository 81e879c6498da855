#include "store/bytes.h"
#include "store/lmdb_tables.h"

#include <errno.h>

enum {
    PRUNE_EVERY = 64,  /* commits; one value of `repeats` is written by each */
    PRUNE_BOUND = 256, /* more than come in meanwhile */
    FOLD_SHARE = 3,    /* items folded per message or mark taken, when folding lags */
};

/* One commit under way. */
struct writing {
    struct lmdb_store *s;
    MDB_txn *txn;
    int64_t now_s;
    uint64_t room; /* octets that puts may take */
};

static int
count_indexed(struct writing *w, uint64_t hash, struct tally *tally)
{
    char from[PAIR_BYTES];
    MDB_cursor *cursor;
    MDB_val key, val;
    int rc = mdb_cursor_open(w->txn, w->s->tables[TABLE_BY_AOR], &cursor);

    if (rc != 0)
        return rc;
    put_u64(from, hash);
    put_u64(from + 8, 0);
    key = val_of(from, sizeof from);
    rc = mdb_cursor_get(cursor, &key, &val, MDB_SET_RANGE);
    for (; rc == 0; rc = mdb_cursor_get(cursor, &key, &val, MDB_NEXT)) {
        const char *at = key.mv_data, *indexed = val.mv_data;

        if (key.mv_size != PAIR_BYTES || val.mv_size != INDEXED_BYTES) {
            rc = MDB_CORRUPTED;
            break;
        }
        if (get_u64(at) != hash || get_u64(at + 8) > w->s->meta.fold_point)
            break;
        if (!tail_is_gone(&w->s->tail, get_u64(at + 8)))
            tally_add(tally, (int64_t)get_u64(indexed), get_u32(indexed + 8));
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static void
count_tail(const struct lmdb_store *s, struct tail *tail, uint64_t hash,
           struct tally *tally)
{
    struct tail_walk walk = tail_first(tail, hash);
    struct tail_entry entry;

    while (tail_walk_next(tail, &walk, &entry))
        if (!tail_is_gone(&s->tail, entry.id))
            tally_add(tally, entry.exp_time_s, entry.size);
}

/* What waits for that AoR, with what this commit has taken already. Two AoRs of one 64-bit
 * keyed hash would be counted as one: nobody can bring that about. */
static int
tally_of(struct writing *w, uint64_t hash, struct tally **out)
{
    bool known;
    struct tally *tally = tallies_of(&w->s->tallies, hash, w->now_s, &known);
    int rc;

    if (tally == NULL)
        return ENOMEM;
    *out = tally;
    if (known)
        return 0;
    tally_begin(tally, hash, w->now_s);
    rc = count_indexed(w, hash, tally);
    count_tail(w->s, &w->s->tail, hash, tally);
    count_tail(w->s, &w->s->staged, hash, tally);
    return rc;
}

static bool
exceeds(uint64_t limit, uint64_t have, uint64_t more)
{
    return limit > 0 && (have > limit || more > limit - have);
}

static int
is_full(struct writing *w, const struct put *put, uint64_t hash, bool *out)
{
    struct tally *tally;
    int rc;

    *out = false;
    if (put->max_messages == 0 && put->max_bytes == 0)
        return 0;
    rc = tally_of(w, hash, &tally);
    if (rc == 0)
        *out = exceeds(put->max_messages, tally->count, 1) ||
               exceeds(put->max_bytes, tally->bytes, put->body_bytes);
    return rc;
}

static int
is_repeated(struct writing *w, const struct put *put, bool *out)
{
    MDB_val key = val_of(put->origin.bytes, ORIGIN_BYTES), val;
    int rc;

    *out = repeats_has(&w->s->staged_repeats, &put->origin, w->now_s) ||
           repeats_has(&w->s->repeats, &put->origin, w->now_s);
    if (!put->remember || *out)
        return 0;
    rc = mdb_get(w->txn, w->s->tables[TABLE_IMPORTED], &key, &val);
    if (rc == 0 && val.mv_size != 8)
        return MDB_CORRUPTED;
    if (rc == 0)
        *out = (int64_t)get_u64(val.mv_data) > w->now_s;
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int
judge(struct writing *w, struct put *put, uint64_t hash)
{
    bool yes;
    int rc = is_repeated(w, put, &yes);

    if (rc != 0)
        return rc;
    if (yes) {
        put->result = PUT_REPEATED;
        return 0;
    }
    rc = is_full(w, put, hash, &yes);
    if (rc != 0)
        return rc;
    if (yes)
        put->result = PUT_AOR_FULL;
    else if (lmdb_room_of(w->s, put->value.len) > w->room)
        put->result = PUT_NO_SPACE;
    else
        put->result = PUT_STORED;
    return 0;
}

static int
remember(struct writing *w, const struct put *put)
{
    char expiry[8];
    MDB_val key = val_of(put->origin.bytes, ORIGIN_BYTES);
    MDB_val val = val_of(expiry, sizeof expiry);

    if (!put->remember) {
        repeats_add(&w->s->staged_repeats, &put->origin, w->now_s);
        return 0;
    }
    put_u64(expiry, (uint64_t)put->exp_time_s);
    lmdb_redo_note(w->s, TABLE_IMPORTED, &key, &val);
    return mdb_put(w->txn, w->s->tables[TABLE_IMPORTED], &key, &val, 0);
}

static void
stage(struct writing *w, const struct put *put, uint64_t hash)
{
    struct lmdb_store *s = w->s;
    bool known = false;
    struct tally *tally = NULL;

    tail_add(&s->staged, put->id, hash, put->exp_time_s, (uint32_t)put->body_bytes);
    if (s->tallies.slots != NULL)
        tally = tallies_of(&s->tallies, hash, w->now_s, &known);
    if (known)
        tally_add(tally, put->exp_time_s, put->body_bytes);
}

static int
write_put(struct writing *w, MDB_cursor *messages, struct put *put, uint64_t id)
{
    char number[ID_BYTES];
    MDB_val key = val_of(number, sizeof number);
    MDB_val val = val_of(put->value.at, put->value.len);
    uint64_t hash = aor_hash(w->s, put->aor);
    int rc = judge(w, put, hash);

    put->id = 0;
    if (rc != 0 || put->result != PUT_STORED)
        return rc;
    put_u64(number, id);
    lmdb_redo_note(w->s, TABLE_MESSAGES, &key, &val);
    rc = mdb_cursor_put(messages, &key, &val, MDB_APPEND);
    if (rc == 0)
        rc = remember(w, put);
    if (rc != 0)
        return rc;
    put->id = id;
    w->room -= lmdb_room_of(w->s, put->value.len);
    stage(w, put, hash);
    return 0;
}

static int
write_puts(struct writing *w, struct batch *batch)
{
    uint64_t id = w->s->tail.last_id;
    MDB_cursor *messages;
    int rc;

    if (batch->put_count == 0)
        return 0;
    rc = mdb_cursor_open(w->txn, w->s->tables[TABLE_MESSAGES], &messages);
    if (rc != 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < batch->put_count; i++) {
        rc = write_put(w, messages, &batch->puts[i], id + 1);
        if (rc == 0 && batch->puts[i].result == PUT_STORED)
            id++;
    }
    mdb_cursor_close(messages);
    return rc;
}

/* Appends one value of that size, to be filled in at *out. */
static int
append(struct writing *w, enum lmdb_table table, uint64_t sequence, size_t len,
       char **out)
{
    char number[ID_BYTES];
    MDB_val key = val_of(number, sizeof number), val = val_of(NULL, len);
    int rc;

    put_u64(number, sequence);
    rc = mdb_put(w->txn, w->s->tables[table], &key, &val, MDB_APPEND | MDB_RESERVE);
    if (rc == 0)
        *out = val.mv_data;
    return rc;
}

/* What was appended, once it is filled in. */
static void
note_appended(struct writing *w, enum lmdb_table table, uint64_t sequence,
              const char *value, size_t len)
{
    char number[ID_BYTES];
    MDB_val key = val_of(number, sizeof number), val = val_of(value, len);

    put_u64(number, sequence);
    lmdb_redo_note(w->s, table, &key, &val);
}

static int
write_repeats(struct writing *w)
{
    const struct queue *origins = &w->s->staged_repeats.origins;
    const uint64_t sequence = w->s->last_repeat + 1;
    const size_t len = 8 + (size_t)origins->count * ORIGIN_BYTES;
    char *value, *at;
    int rc;

    if (origins->count == 0)
        return 0;
    rc = append(w, TABLE_REPEATS, sequence, len, &value);
    if (rc != 0)
        return rc;
    put_u64(value, (uint64_t)w->now_s);
    at = value + 8;
    for (uint32_t i = 0; i < origins->count; i++, at += ORIGIN_BYTES) {
        struct hash128 origin = repeats_origin(&w->s->staged_repeats, i);

        memcpy(at, origin.bytes, ORIGIN_BYTES);
    }
    note_appended(w, TABLE_REPEATS, sequence, value, len);
    return 0;
}

/* Marks what is there and not gone yet, so that every mark stands for one message. */
static int
stage_removal(struct writing *w, uint64_t id)
{
    struct lmdb_store *s = w->s;
    char number[ID_BYTES];
    MDB_val key = val_of(number, sizeof number), val;
    struct record record;
    struct fold_item indexed = { .id = id };
    uint32_t size = TAIL_NOT_COUNTED;
    int rc;

    if (tail_is_gone(&s->tail, id) || tail_is_gone(&s->staged, id))
        return 0;
    put_u64(number, id);
    rc = mdb_get(w->txn, s->tables[TABLE_MESSAGES], &key, &val);
    if (rc != 0)
        return rc == MDB_NOTFOUND ? 0 : rc;
    if (record_decode(slice_of_val(val), id, &record) == RECORD_OK) {
        size = (uint32_t)record.body.len;
        tallies_forget(&s->tallies, aor_hash(s, record.aor));
    } else if (id <= s->meta.fold_point) {
        rc = lmdb_find_indexed(s, w->txn, &indexed);
        if (rc != 0 && rc != MDB_NOTFOUND)
            return rc;
        if (rc == 0)
            size = indexed.size;
        tallies_forget(&s->tallies, indexed.aor_hash);
    }
    tail_mark(&s->staged, s->tail.last_gone + 1, id, size);
    return 0;
}

static int
write_removals(struct writing *w, const struct batch *batch)
{
    const struct queue *gone = &w->s->staged.gone;
    const uint64_t sequence = w->s->tail.last_gone + 1;
    char *value, *at;
    size_t len;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < batch->removal_count; i++)
        rc = stage_removal(w, batch->removals[i].id);
    if (rc != 0 || gone->count == 0)
        return rc;
    len = (size_t)gone->count * MARK_BYTES;
    rc = append(w, TABLE_GONE, sequence, len, &value);
    if (rc != 0)
        return rc;
    at = value;
    for (uint32_t i = 0; i < gone->count; i++, at += MARK_BYTES) {
        put_u64(at, queue_at(gone, i)->key);
        put_u32(at + ID_BYTES, queue_at(gone, i)->size);
    }
    note_appended(w, TABLE_GONE, sequence, value, len);
    return 0;
}

static int
write_binding(struct writing *w, struct saved_binding *saved)
{
    const MDB_dbi table = w->s->tables[TABLE_BINDINGS];
    struct hash128 hash = siphash128(&w->s->base.secret, saved->aor);
    MDB_val key = val_of(hash.bytes, sizeof hash.bytes);
    MDB_val val = val_of(NULL, 4 + saved->aor.len + saved->value.len);
    uint64_t room = lmdb_room_of(w->s, val.mv_size);
    char *at;
    int rc;

    saved->result = PUT_STORED;
    if (slice_is_absent(saved->value)) {
        rc = mdb_del(w->txn, table, &key, NULL);
        if (rc == 0)
            lmdb_redo_note(w->s, TABLE_BINDINGS, &key, NULL);
        return rc == MDB_NOTFOUND ? 0 : rc;
    }
    if (room > w->room) {
        saved->result = PUT_NO_SPACE;
        return 0;
    }
    rc = mdb_put(w->txn, table, &key, &val, MDB_RESERVE);
    if (rc != 0)
        return rc;
    w->room -= room;
    at = val.mv_data;
    put_u32(at, (uint32_t)saved->aor.len);
    memcpy(at + 4, saved->aor.at, saved->aor.len);
    if (saved->value.len > 0)
        memcpy(at + 4 + saved->aor.len, saved->value.at, saved->value.len);
    lmdb_redo_note(w->s, TABLE_BINDINGS, &key, &val);
    return 0;
}

static int
write_batch(struct writing *w, struct batch *batch)
{
    int rc = write_puts(w, batch);

    if (rc == 0)
        rc = write_repeats(w);
    if (rc == 0)
        rc = write_removals(w, batch);
    for (size_t i = 0; rc == 0 && i < batch->binding_count; i++)
        rc = write_binding(w, &batch->bindings[i]);
    if (rc == 0 && w->s->commits % PRUNE_EVERY == PRUNE_EVERY - 1)
        rc = lmdb_prune_repeats(w->s, w->txn, w->now_s, PRUNE_BOUND);
    return rc;
}

/* Memory first: once the transaction has been committed nothing may fail. */
static bool
make_room(struct lmdb_store *s, const struct batch *batch)
{
    tail_clear(&s->staged);
    repeats_clear(&s->staged_repeats);
    return tail_reserve(&s->tail, batch->put_count, batch->removal_count) &&
           tail_reserve(&s->staged, batch->put_count, batch->removal_count) &&
           repeats_reserve(&s->repeats, batch->put_count) &&
           repeats_reserve(&s->staged_repeats, batch->put_count);
}

/* What a reader found in the table meanwhile is in the tail already. */
static void
note_committed(struct lmdb_store *s, uint64_t gone_sequence, uint64_t repeat_sequence,
               int64_t now_s)
{
    const struct queue *puts = &s->staged.messages, *gone = &s->staged.gone;

    for (uint32_t i = 0; i < puts->count; i++) {
        const struct queue_item *item = queue_at(puts, i);

        tail_add(&s->tail, item->order, item->key, (int64_t)item->extra, item->size);
    }
    if (gone_sequence > s->tail.last_gone)
        for (uint32_t i = 0; i < gone->count; i++)
            tail_mark(&s->tail, gone_sequence, queue_at(gone, i)->key,
                      queue_at(gone, i)->size);
    if (repeat_sequence > s->last_repeat && s->staged_repeats.origins.count > 0) {
        for (uint32_t i = 0; i < s->staged_repeats.origins.count; i++) {
            struct hash128 origin = repeats_origin(&s->staged_repeats, i);

            repeats_add(&s->repeats, &origin, now_s);
        }
        s->last_repeat = repeat_sequence;
    }
    repeats_prune(&s->repeats, now_s);
}

static uint64_t
room_wanted(const struct lmdb_store *s, const struct batch *batch)
{
    uint64_t wanted = 0;

    for (size_t i = 0; i < batch->put_count; i++)
        wanted += lmdb_room_of(s, batch->puts[i].value.len);
    for (size_t i = 0; i < batch->binding_count; i++)
        wanted +=
            lmdb_room_of(s, batch->bindings[i].aor.len + batch->bindings[i].value.len);
    return wanted;
}

/* Nobody waits for removals. */
static int
begin_redo(struct lmdb_store *s, MDB_txn *txn, const struct batch *batch)
{
    s->redo.len = 0;
    return batch->safe != NULL && batch->put_count + batch->binding_count > 0
               ? lmdb_redo_begin(s, txn)
               : 0;
}

/* As lmdb_commit_txn, but once it is safe the next commit's sync is soon enough for LMDB's meta
 * page. The flag is reset before anybody may open the environment anew. */
static int
commit_safe(struct lmdb_store *s, MDB_txn *txn, struct batch *batch)
{
    int rc;

    batch->safe(batch->safe_self);
    mdb_env_set_flags(s->env, MDB_NOMETASYNC, 1);
    rc = mdb_txn_commit(txn);
    mdb_env_set_flags(s->env, MDB_NOMETASYNC, 0);
    if (rc != 0)
        s->redo.is_sound = false;
    pthread_rwlock_unlock(&s->map_lock);
    return rc;
}

static int
end(struct writing *w, struct batch *batch, int rc, bool *is_safe)
{
    *is_safe = rc == 0 && lmdb_redo_write(w->s, w->txn);
    if (*is_safe)
        return commit_safe(w->s, w->txn, batch);
    if (rc == 0)
        return lmdb_commit_txn(w->s, w->txn);
    lmdb_abort(w->s, w->txn);
    return rc;
}

/* The tail is locked while it decides and not while it syncs: readers go on. */
static int
commit_once(struct lmdb_store *s, struct batch *batch, int64_t now_s, bool refuse_puts,
            bool *is_safe)
{
    struct writing w = { .s = s, .now_s = now_s };
    uint64_t gone_sequence = 0, repeat_sequence = 0, room = 0;
    int rc = lmdb_begin(s, &w.txn);

    if (rc != 0)
        return rc;
    pthread_mutex_lock(&s->tail_lock);
    s->now_s = now_s;
    rc = lmdb_catch_up(s, w.txn);
    if (rc == 0 && !make_room(s, batch))
        rc = ENOMEM;
    if (rc == 0 && !refuse_puts)
        rc = lmdb_room(s, room_wanted(s, batch), &w.room);
    if (rc == 0) {
        room = w.room;
        gone_sequence = s->tail.last_gone + 1;
        repeat_sequence = s->last_repeat + 1;
        rc = begin_redo(s, w.txn, batch);
    }
    if (rc == 0)
        rc = write_batch(&w, batch);
    pthread_mutex_unlock(&s->tail_lock);
    rc = end(&w, batch, rc, is_safe);
    pthread_mutex_lock(&s->tail_lock);
    if (rc == 0)
        note_committed(s, gone_sequence, repeat_sequence, now_s);
    else
        tallies_forget_all(&s->tallies);
    pthread_mutex_unlock(&s->tail_lock);
    if (rc == 0)
        lmdb_room_taken(s, room - w.room);
    return rc;
}

/* When folding by tidy lags, a commit folds more than it adds: the tail stays bounded. */
static enum store_status
fold_as_much(struct lmdb_store *s, const struct batch *batch)
{
    size_t left = FOLD_SHARE * (batch->put_count + batch->removal_count) + STEP_DEFAULT;
    enum store_status status = STORE_OK;

    if (!lmdb_tail_is_full(s))
        return STORE_OK;
    while (status == STORE_OK && left > 0 && lmdb_fold_is_due(s, false, 0)) {
        status = lmdb_fold_step(s, STEP_DEFAULT);
        left -= left < STEP_DEFAULT ? left : STEP_DEFAULT;
    }
    return status;
}

/* A map or disk too full for the puts must still take the removals beside them. */
enum store_status
lmdb_commit(struct store *store, struct batch *batch, int64_t now_s)
{
    struct lmdb_store *s = (struct lmdb_store *)store;
    enum store_status status;
    bool refuse_puts = false, is_safe = false;
    int rc;

    if (batch_is_empty(batch))
        return STORE_OK;
    status = fold_as_much(s, batch);
    if (status != STORE_OK)
        return status;
    for (;;) {
        rc = commit_once(s, batch, now_s, refuse_puts, &is_safe);
        if (rc != 0 && is_safe)
            rc = lmdb_settle(s);
        if (rc == 0 || is_safe || !lmdb_is_full(s, rc))
            break;
        if (refuse_puts && (rc != MDB_MAP_FULL || lmdb_grow(s) != 0))
            break;
        refuse_puts = true;
    }
    if (batch->put_count + batch->binding_count > 0)
        s->space.is_short = rc == 0 ? batch_lacked_room(batch) : lmdb_is_full(s, rc);
    s->commits++;
    return rc == 0 ? STORE_OK : lmdb_failed(s, "commit", rc);
}
