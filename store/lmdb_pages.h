/* lmdb_pages - LMDB's file read without LMDB, to find out what is wrong with it.
 *
 * Why     LMDB 0.9 has no checksums of its pages and trusts what they say: one flipped bit in
 *         a page is a read behind the map, a write behind a block of the heap, or a page of
 *         one table given out for another. Here every number of a page is looked at before it
 *         is used, so nothing that the file says can do harm.
 * Shape   A view maps the file as one commit left it. A page that is wrong is told once, by
 *         lmdb_view_check; walks and look-ups pass over it and what hangs below.
 * Shared  The caller keeps a read transaction open while it has a view, or the pages are
 *         used again under it.
 * Memory  Slices lie in the view's map. A file that is cut meanwhile is SIGBUS.
 * Limits  Written for the layout of a build without MDB_DEVEL, on a machine with its byte
 *         order and 64-bit sizes. Duplicates in a key (MDB_DUPSORT) are damage: no table here
 *         has them.
 * Source  mdb.c of LMDB 0.9.24: MDB_page, MDB_node, MDB_db, MDB_meta; MDB_DATA_VERSION 1.
 */
#ifndef STORE_LMDB_PAGES_H
#define STORE_LMDB_PAGES_H

#include "parser/slice.h"

#include <stdint.h>

struct lmdb_tree {
    uint64_t root; /* LMDB_NO_PAGE: empty */
    uint64_t entries, branches, leaves, overflows;
    uint16_t depth, flags;
};

static const uint64_t LMDB_NO_PAGE = UINT64_MAX;

struct lmdb_view {
    const char *map; /* owned */
    size_t mapped;
    uint64_t page_bytes, last_page;
    struct lmdb_tree free, main;
};

/* One page, or with page 0 the whole of a table, and what is wrong. What is not harmful does
 * not keep LMDB from working with the file. */
typedef void
lmdb_fault(void *visitor, const char *table, uint64_t page, const char *what,
           bool is_harmful);

/* Before LMDB opens the file: what is wrong with its two meta pages; NULL: nothing. */
const char *
lmdb_metas_fault(int fd);

/* As transaction `txnid` sees it; a view that was open before keeps its map where it can. To be
 * closed in any case. False: that meta page is not there, mostly since two commits
 * came meanwhile, and a new transaction may have more luck. */
bool
lmdb_view_open(struct lmdb_view *view, int fd, uint64_t txnid);

void
lmdb_view_close(struct lmdb_view *view);

/* Looks at every page of every tree and at the list of free pages; without `leaves` at those
 * that lead to others and at the first page of each table only. False: out of memory. */
bool
lmdb_view_check(const struct lmdb_view *view, bool leaves, void *visitor,
                lmdb_fault *fault);

/* The table of that name. False: there is none, or no way to it. */
bool
lmdb_view_table(const struct lmdb_view *view, struct slice name, struct lmdb_tree *out);

/* Shows entries in order, from that key on; a visitor that returns false ends it. False: some
 * were passed over, since what leads to them is damaged. */
bool
lmdb_tree_walk(const struct lmdb_view *view, const struct lmdb_tree *tree,
               struct slice from, void *visitor,
               bool (*take)(void *visitor, struct slice key, struct slice value));

enum lmdb_found {
    LMDB_FOUND,
    LMDB_ABSENT,
    LMDB_UNKNOWN, /* the way there is damaged */
};

enum lmdb_found
lmdb_tree_get(const struct lmdb_view *view, const struct lmdb_tree *tree,
              struct slice key, struct slice *value);

#endif
