/* lmdb_snapshot - one commit's tables, read without LMDB: for stores that may be damaged.
 *
 * Memory  Zeroed before its first begin; begin and end in turns, then one free. Slices lie in
 *         the file's map and die with the end.
 */
#ifndef STORE_LMDB_SNAPSHOT_H
#define STORE_LMDB_SNAPSHOT_H

#include "store/lmdb_tables.h"

struct lmdb_snapshot {
    MDB_txn *txn;
    struct lmdb_view view;
    struct lmdb_tree tables[TABLES];
    bool is_there[TABLES];
    bool has_meta; /* without it nothing can be said of indexes and marks */
    struct meta meta;
    struct tail marks; /* behind meta.gone_point */
};

int
lmdb_snapshot_begin(struct lmdb_snapshot *snapshot, struct lmdb_store *s);

void
lmdb_snapshot_end(struct lmdb_snapshot *snapshot);

void
lmdb_snapshot_free(struct lmdb_snapshot *snapshot);

enum lmdb_found
lmdb_snapshot_get(const struct lmdb_snapshot *snapshot, enum lmdb_table table,
                  struct slice key, struct slice *value);

bool
lmdb_snapshot_walk(const struct lmdb_snapshot *snapshot, enum lmdb_table table,
                   struct slice from, void *visitor,
                   bool (*take)(void *visitor, struct slice key, struct slice value));

#endif
