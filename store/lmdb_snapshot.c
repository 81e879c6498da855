#include "store/lmdb_snapshot.h"

#include "store/bytes.h"

#include <errno.h>

/* The walk over marks, which may want memory. */
struct marking {
    struct tail *marks;
    bool no_memory;
};

static bool
take_marks(void *visitor, struct slice key, struct slice marks)
{
    struct marking *marking = visitor;

    if (key.len != ID_BYTES)
        return true;
    if (!tail_reserve(marking->marks, 0, marks.len / MARK_BYTES)) {
        marking->no_memory = true;
        return false;
    }
    for (; marks.len >= MARK_BYTES; marks = slice_skip(marks, MARK_BYTES))
        tail_mark(marking->marks, get_u64(key.at), get_u64(marks.at),
                  get_u32(marks.at + ID_BYTES));
    return true;
}

static int
read_marks(struct lmdb_snapshot *snapshot)
{
    struct marking marking = { .marks = &snapshot->marks };
    char from[ID_BYTES];

    tail_clear(&snapshot->marks);
    if (!snapshot->has_meta || snapshot->meta.gone_point == UINT64_MAX)
        return 0;
    put_u64(from, snapshot->meta.gone_point + 1);
    lmdb_snapshot_walk(snapshot, TABLE_GONE, slice_of(from, sizeof from), &marking,
                       take_marks);
    return marking.no_memory ? ENOMEM : 0;
}

static void
find_tables(struct lmdb_snapshot *snapshot, const struct lmdb_store *s)
{
    struct slice value;

    for (int i = 0; i < TABLES; i++) {
        char name[LMDB_TABLE_NAME];

        lmdb_table_name(s->prefix, (enum lmdb_table)i, name);
        snapshot->is_there[i] = lmdb_view_table(
            &snapshot->view, slice_of(name, strlen(name)), &snapshot->tables[i]);
    }
    snapshot->has_meta = lmdb_snapshot_get(snapshot, TABLE_META, SLICE(LMDB_META_KEY),
                                           &value) == LMDB_FOUND &&
                         lmdb_meta_decode(value, &snapshot->meta) == 0;
}

int
lmdb_snapshot_begin(struct lmdb_snapshot *snapshot, struct lmdb_store *s)
{
    int rc = lmdb_begin_view(s, &snapshot->txn, &snapshot->view);

    if (rc != 0)
        return rc;
    find_tables(snapshot, s);
    rc = read_marks(snapshot);
    if (rc != 0)
        lmdb_snapshot_end(snapshot);
    return rc;
}

void
lmdb_snapshot_end(struct lmdb_snapshot *snapshot)
{
    mdb_txn_abort(snapshot->txn);
}

void
lmdb_snapshot_free(struct lmdb_snapshot *snapshot)
{
    lmdb_view_close(&snapshot->view);
    tail_free(&snapshot->marks);
}

enum lmdb_found
lmdb_snapshot_get(const struct lmdb_snapshot *snapshot, enum lmdb_table table,
                  struct slice key, struct slice *value)
{
    return snapshot->is_there[table]
               ? lmdb_tree_get(&snapshot->view, &snapshot->tables[table], key, value)
               : LMDB_UNKNOWN;
}

bool
lmdb_snapshot_walk(const struct lmdb_snapshot *snapshot, enum lmdb_table table,
                   struct slice from, void *visitor,
                   bool (*take)(void *visitor, struct slice key, struct slice value))
{
    return snapshot->is_there[table] &&
           lmdb_tree_walk(&snapshot->view, &snapshot->tables[table], from, visitor, take);
}
