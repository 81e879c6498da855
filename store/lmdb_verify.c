/* What has to hold in a store, looked for without LMDB: see lmdb_pages.h for why.
 *
 * Two passes. The first stands on one snapshot: every page, meta and the marks, and that the
 * sums in meta are those of the tables. The second takes each table in steps with a snapshot
 * each, so that a server beside it does not keep pages for it; an entry is compared with
 * others of the same snapshot only. */
#include "store/bytes.h"
#include "store/lmdb_snapshot.h"

#include <errno.h>

enum {
    STEP = 4096, /* entries in one snapshot */
    KEY_ROOM = 512,
};

struct verifying {
    struct lmdb_store *s;
    void *visitor;
    void (*found)(void *visitor, const struct store_finding *finding);
    struct store_verdict verdict;
    struct lmdb_snapshot now;

    /* The step. */
    enum lmdb_table table;
    char last[KEY_ROOM]; /* the key that was looked at last */
    size_t last_len;
    uint32_t left;

    /* The sums of by_expiry up to the fold point, and of those that have a counted mark. */
    uint64_t count, bytes, counted_off, counted_off_bytes;
};

static void
tell(struct verifying *v, enum lmdb_table table, uint64_t id, struct slice aor,
     const char *what)
{
    char name[LMDB_TABLE_NAME];
    struct store_finding finding = { .table = name, .id = id, .aor = aor, .what = what };

    lmdb_table_name(v->s->prefix, table, name);
    v->verdict.findings++;
    v->found(v->visitor, &finding);
}

static void
tell_page(void *visitor, const char *table, uint64_t page, const char *what,
          bool is_harmful)
{
    struct verifying *v = visitor;
    struct store_finding finding = {
        .table = table, .aor = slice_absent(), .page = page, .what = what
    };

    (void)is_harmful;
    v->verdict.findings++;
    v->found(v->visitor, &finding);
}

/* Records and what the indexes should have of them. */

static uint64_t
expiry_key(const struct record *record)
{
    return record->exp_time_s > 0 ? (uint64_t)record->exp_time_s : 0;
}

static struct slice
pair(char room[PAIR_BYTES], uint64_t first, uint64_t id)
{
    put_u64(room, first);
    put_u64(room + 8, id);
    return slice_of(room, PAIR_BYTES);
}

static void
check_is_indexed(struct verifying *v, const struct record *record)
{
    const enum lmdb_table tables[] = { TABLE_BY_AOR, TABLE_BY_EXPIRY };
    const uint64_t firsts[] = { aor_hash(v->s, record->aor), expiry_key(record) };
    char room[PAIR_BYTES];
    struct slice value;

    if (!v->now.has_meta || record->id > v->now.meta.fold_point)
        return;
    for (int i = 0; i < 2; i++)
        if (lmdb_snapshot_get(&v->now, tables[i], pair(room, firsts[i], record->id),
                              &value) == LMDB_ABSENT)
            tell(v, tables[i], record->id, record->aor, "the message is missing here");
}

/* Of a gone one nothing is wanted any more: the next fold takes it away. */
static void
check_message(struct verifying *v, struct slice key, struct slice value)
{
    struct record record;
    uint64_t id = key.len == ID_BYTES ? get_u64(key.at) : 0;

    if (id == 0) {
        tell(v, TABLE_MESSAGES, 0, slice_absent(), "a key is no number of a message");
        return;
    }
    if (tail_is_gone(&v->now.marks, id))
        return;
    v->verdict.messages++;
    switch (record_decode(value, id, &record)) {
    case RECORD_OK:
        check_is_indexed(v, &record);
        return;
    case RECORD_NEWER:
        tell(v, TABLE_MESSAGES, id, slice_absent(),
             "the record has the version of a newer sipsilo, or is damaged");
        break;
    case RECORD_DAMAGED:
        tell(v, TABLE_MESSAGES, id, slice_absent(), "the record is damaged");
        break;
    }
    v->verdict.damaged++;
}

/* What the record of that id says of an entry of an index; NULL: that it is right, or
 * nothing. */
static const char *
entry_fault(struct verifying *v, bool in_aor, uint64_t id, struct slice key,
            struct slice value, struct slice *aor)
{
    uint64_t first = get_u64(key.at), other = get_u64(value.at), hash, expiry;
    char number[ID_BYTES];
    struct record record;
    struct slice stored;
    enum lmdb_found found;

    put_u64(number, id);
    found = lmdb_snapshot_get(&v->now, TABLE_MESSAGES, slice_of(number, sizeof number),
                              &stored);
    if (found == LMDB_ABSENT)
        return "there is no such message";
    if (found == LMDB_UNKNOWN || record_decode(stored, id, &record) != RECORD_OK)
        return NULL;
    *aor = record.aor;
    if (!v->now.has_meta) /* and the key of the hash with it */
        return NULL;
    hash = aor_hash(v->s, record.aor);
    expiry = expiry_key(&record);
    if (first != (in_aor ? hash : expiry) || other != (in_aor ? expiry : hash))
        return "the message has another address of record or expiry";
    return get_u32(value.at + 8) == record.body.len ? NULL
                                                    : "the message has another length";
}

static void
check_indexed(struct verifying *v, struct slice key, struct slice value)
{
    const char *fault = NULL;
    struct slice aor = slice_absent();
    uint64_t id = 0;

    if (key.len != PAIR_BYTES || value.len != INDEXED_BYTES)
        fault = "an entry has a length that is wrong";
    else
        id = get_u64(key.at + 8);
    if (fault == NULL && v->now.has_meta && id > v->now.meta.indexed_to)
        fault = "no fold has come so far";
    if (fault == NULL)
        fault = entry_fault(v, v->table == TABLE_BY_AOR, id, key, value, &aor);
    if (fault != NULL)
        tell(v, v->table, id, aor, fault);
}

/* The other tables. */

static bool
stop(void *visitor, struct slice key, struct slice value)
{
    (void)key;
    (void)value;
    *(bool *)visitor = true;
    return false;
}

/* meta.last_id is behind what commits have put since. */
static bool
was_given_out(const struct verifying *v, uint64_t id)
{
    char number[ID_BYTES];
    bool is_there = false;

    if (id <= v->now.meta.last_id || !v->now.is_there[TABLE_MESSAGES])
        return id > 0;
    put_u64(number, id);
    lmdb_snapshot_walk(&v->now, TABLE_MESSAGES, slice_of(number, sizeof number),
                       &is_there, stop);
    return is_there;
}

static const char *
mark_fault(const struct verifying *v, uint64_t id, uint32_t size)
{
    char number[ID_BYTES];
    struct record record;
    struct slice stored;

    if (!was_given_out(v, id))
        return "a mark names a message that never was";
    put_u64(number, id);
    if (lmdb_snapshot_get(&v->now, TABLE_MESSAGES, slice_of(number, sizeof number),
                          &stored) != LMDB_FOUND ||
        record_decode(stored, id, &record) != RECORD_OK)
        return NULL;
    return size == record.body.len ? NULL : "a mark has another length than its message";
}

/* Up to the gone point marks lie about until they are swept. */
static void
check_marks(struct verifying *v, struct slice key, struct slice marks)
{
    if (key.len != ID_BYTES || marks.len == 0 || marks.len % MARK_BYTES != 0) {
        tell(v, TABLE_GONE, 0, slice_absent(), "an entry has a length that is wrong");
        return;
    }
    if (!v->now.has_meta || get_u64(key.at) <= v->now.meta.gone_point)
        return;
    for (; marks.len > 0; marks = slice_skip(marks, MARK_BYTES)) {
        uint64_t id = get_u64(marks.at);
        const char *fault = mark_fault(v, id, get_u32(marks.at + ID_BYTES));

        if (fault != NULL)
            tell(v, TABLE_GONE, id, slice_absent(), fault);
    }
}

static void
check_repeats(struct verifying *v, struct slice key, struct slice value)
{
    if (key.len != ID_BYTES || value.len < 8 || (value.len - 8) % ORIGIN_BYTES != 0)
        tell(v, TABLE_REPEATS, 0, slice_absent(), "an entry has a length that is wrong");
}

static void
check_imported(struct verifying *v, struct slice key, struct slice value)
{
    if (key.len != ORIGIN_BYTES || value.len != 8)
        tell(v, TABLE_IMPORTED, 0, slice_absent(), "an entry has a length that is wrong");
}

static void
check_binding(struct verifying *v, struct slice key, struct slice value)
{
    struct slice aor, rest = slice_skip(value, 4);
    struct hash128 hash;

    if (value.len < 4 || get_u32(value.at) > rest.len) {
        tell(v, TABLE_BINDINGS, 0, slice_absent(), "an entry has a length that is wrong");
        return;
    }
    aor = slice_head(rest, get_u32(value.at));
    hash = siphash128(&v->s->base.secret, aor);
    if (v->now.has_meta &&
        !slice_equal(key, slice_of((const char *)hash.bytes, sizeof hash.bytes)))
        tell(v, TABLE_BINDINGS, 0, aor, "the address of record is not that of the key");
}

/* The second pass. */

static void (*const checks[TABLES])(struct verifying *v, struct slice key,
                                    struct slice value) = {
    [TABLE_MESSAGES] = check_message, [TABLE_GONE] = check_marks,
    [TABLE_BY_AOR] = check_indexed,   [TABLE_BY_EXPIRY] = check_indexed,
    [TABLE_REPEATS] = check_repeats,  [TABLE_IMPORTED] = check_imported,
    [TABLE_BINDINGS] = check_binding,
};

/* A key that is an octet longer is the first one behind. */
static bool
check_entry(void *visitor, struct slice key, struct slice value)
{
    struct verifying *v = visitor;

    if (v->left-- == 0)
        return false;
    memcpy(v->last, key.at, key.len);
    v->last[key.len] = '\0';
    v->last_len = key.len + 1;
    checks[v->table](v, key, value);
    return true;
}

static int
check_table(struct verifying *v, enum lmdb_table table)
{
    bool more = true;

    v->table = table;
    v->last_len = 0;
    while (more) {
        int rc = lmdb_snapshot_begin(&v->now, v->s);

        if (rc != 0)
            return rc;
        v->left = STEP;
        lmdb_snapshot_walk(&v->now, table, slice_of(v->last, v->last_len), v,
                           check_entry);
        more = v->left == UINT32_MAX;
        lmdb_snapshot_end(&v->now);
    }
    return 0;
}

/* The first pass. */

static bool
add_up(void *visitor, struct slice key, struct slice value)
{
    struct verifying *v = visitor;
    uint64_t id, bytes;

    if (key.len != PAIR_BYTES || value.len != INDEXED_BYTES)
        return true;
    id = get_u64(key.at + 8);
    bytes = get_u32(value.at + 8);
    if (id > v->now.meta.fold_point)
        return true;
    v->count++;
    v->bytes += bytes;
    if (tail_is_counted_off(&v->now.marks, id)) {
        v->counted_off++;
        v->counted_off_bytes += bytes;
    }
    return true;
}

/* meta counts a gone message until its mark is folded, though it may have left the index. */
static void
check_sums(struct verifying *v)
{
    const struct queue *gone = &v->now.marks.gone;
    uint64_t count, bytes;

    v->count = v->bytes = v->counted_off = v->counted_off_bytes = 0;
    lmdb_snapshot_walk(&v->now, TABLE_BY_EXPIRY, slice_absent(), v, add_up);
    count = v->count - v->counted_off;
    bytes = v->bytes - v->counted_off_bytes;
    for (uint32_t i = 0; i < gone->count; i++) {
        const struct queue_item *mark = queue_at(gone, i);

        if (mark->key <= v->now.meta.fold_point && mark->size != TAIL_NOT_COUNTED) {
            count++;
            bytes += mark->size;
        }
    }
    if (count != v->now.meta.count)
        tell(v, TABLE_META, 0, slice_absent(), "the number of messages is wrong");
    if (bytes != v->now.meta.bytes)
        tell(v, TABLE_META, 0, slice_absent(), "the sum of octets is wrong");
}

static void
check_meta(struct verifying *v)
{
    const struct meta *meta = &v->now.meta;
    struct slice value;

    for (int i = 0; i < TABLES; i++)
        if (!v->now.is_there[i])
            tell(v, (enum lmdb_table)i, 0, slice_absent(), "the table is not there");
    if (lmdb_snapshot_get(&v->now, TABLE_META, SLICE(LMDB_META_KEY), &value) ==
        LMDB_ABSENT)
        tell(v, TABLE_META, 0, slice_absent(), "the one entry is missing");
    else if (v->now.is_there[TABLE_META] && !v->now.has_meta)
        tell(v, TABLE_META, 0, slice_absent(), "the one entry is damaged, or newer");
    if (v->now.has_meta &&
        (meta->fold_point > meta->indexed_to || meta->indexed_to > meta->last_id ||
         meta->gone_point > meta->last_gone))
        tell(v, TABLE_META, 0, slice_absent(), "the points contradict each other");
}

static int
check_whole(struct verifying *v)
{
    int rc = lmdb_snapshot_begin(&v->now, v->s);

    if (rc != 0)
        return rc;
    if (!lmdb_view_check(&v->now.view, true, v, tell_page))
        rc = ENOMEM;
    check_meta(v);
    if (v->now.has_meta) {
        v->s->base.secret = v->now.meta.secret;
        /* Sums of a damaged table are told by its pages. */
        if (v->verdict.findings == 0)
            check_sums(v);
    }
    lmdb_snapshot_end(&v->now);
    return rc;
}

enum store_status
lmdb_verify(struct store *store, void *visitor,
            void (*found)(void *visitor, const struct store_finding *finding),
            struct store_verdict *out)
{
    struct lmdb_store *s = (struct lmdb_store *)store;
    struct verifying v = { .s = s, .visitor = visitor, .found = found };
    int rc = check_whole(&v);

    for (int i = 0; rc == 0 && i < TABLES; i++)
        if (checks[i] != NULL)
            rc = check_table(&v, (enum lmdb_table)i);
    lmdb_snapshot_free(&v.now);
    *out = v.verdict;
    return rc == 0 ? STORE_OK : lmdb_failed(s, "verify", rc);
}
