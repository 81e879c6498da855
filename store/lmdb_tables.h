/* lmdb_tables - the tables of the LMDB engine, and what its files share.
 *
 * Shape   A small log-structured store inside LMDB's transactions. Keys are big-endian.
 *
 *           messages   id                      -> record; appended
 *           gone       sequence                -> (id, body octets)...; one commit's removals
 *           by_aor     hash of AoR, id         -> expiry, body octets
 *           by_expiry  expiry, id              -> hash of AoR, body octets
 *           repeats    sequence                -> time, origin...; one commit's puts
 *           imported   origin                  -> expiry
 *           bindings   128-bit hash of AoR     -> length of AoR, AoR, value
 *           meta       "meta"                  -> struct meta
 *
 *         Messages up to meta.fold_point are in both indexes; those behind it, and marks
 *         behind meta.gone_point, are the tail, held in memory as well. A message is live
 *         if it is in `messages` and no mark of the tail names it.
 *
 * Order   In memory: tail = what stands behind the points in one snapshot. Whoever holds
 *         tail_lock and then opens a transaction sees a snapshot at least as new as the
 *         tail, since the tail is changed after a commit only; lmdb_catch_up then reads what
 *         the snapshot has and the tail has not: a commit whose own thread has not come to
 *         note it yet, another process's writes, a fold point that moved. From then on, and
 *         while the lock is held, tail and snapshot agree, so an id is found in exactly one
 *         of two places: up to the fold point in the index, above it in the tail. Index
 *         entries above the fold point belong to a fold that is not finished: the tail has
 *         them.
 * Threads Whoever has a transaction holds map_lock shared; who moves the map or opens the
 *         environment again holds it alone. Lock map_lock before tail_lock.
 */
#ifndef STORE_LMDB_TABLES_H
#define STORE_LMDB_TABLES_H

#include "store/lmdb_pages.h"
#include "store/lmdb_redo.h"
#include "store/repeats.h"
#include "store/store.h"
#include "store/tail.h"
#include "store/tallies.h"

#include <lmdb.h>
#include <pthread.h>

enum lmdb_table {
    TABLE_META,
    TABLE_MESSAGES,
    TABLE_GONE,
    TABLE_BY_AOR,
    TABLE_BY_EXPIRY,
    TABLE_REPEATS,
    TABLE_IMPORTED,
    TABLE_BINDINGS,
    TABLES,
};

enum {
    FORMAT = 1, /* of the tables; meta's first byte */
    ID_BYTES = 8,
    MARK_BYTES = 12,    /* id 8, body octets 4 */
    PAIR_BYTES = 16,    /* the keys of both indexes: hash or expiry, then id */
    INDEXED_BYTES = 12, /* their values: the other number 8, body octets 4 */
    ORIGIN_BYTES = 16,
    FOLD_AT_DEFAULT = 32768,
    STEP_DEFAULT = 512, /* items of a fold step that a commit takes itself */
    PREFIX_MAX = 64,
    LMDB_TABLE_NAME = PREFIX_MAX + 16,
    WHY_MAX = 256,
    WHY_SLOTS = 8,
};

struct meta {
    uint64_t fold_point; /* messages up to here are indexed */
    uint64_t gone_point; /* marks up to here are done, and may still lie about */
    uint64_t indexed_to; /* no index entry is above this; beyond fold_point in a fold */
    /* Floors: what was deleted from the end of a table is not given out again. */
    uint64_t last_id, last_gone, last_repeat;
    uint64_t count, bytes; /* messages up to fold_point, less those of folded marks */
    struct hash_key secret;
};

/* A fold on its way: what it froze, and how far it is. All of it may be lost at any time. */
enum fold_stage {
    FOLD_IDLE,
    FOLD_BY_AOR,
    FOLD_BY_EXPIRY,
    FOLD_MESSAGES,
    FOLD_FINISH,
    FOLD_SWEEP, /* deletes the marks up to gone_point */
};

struct fold_item {
    uint64_t id, aor_hash;
    int64_t exp_time_s;
    uint32_t size;
    bool gone;    /* delete it; else index it */
    bool indexed; /* a gone one that an index may hold */
};

struct fold {
    enum fold_stage stage;
    struct fold_item *items; /* owned */
    size_t count, at;
    uint64_t fold_point, gone_point; /* to be */
    uint64_t added, added_bytes, removed, removed_bytes;
};

/* How full map and disk are: counting free pages is a walk, so the sum is kept a while. */
struct space {
    uint64_t free_pages;
    uint32_t age;  /* commits since it was counted */
    bool is_short; /* the last puts were refused: what is gone is folded at once */
};

struct lmdb_store {
    struct store base;
    char *place;
    char prefix[PREFIX_MAX];
    enum store_role role;
    uint64_t map_bytes;
    uint32_t fold_at;
    int server_lock; /* -1: another process may fold */

    pthread_rwlock_t map_lock;
    MDB_env *env;
    MDB_dbi tables[TABLES];
    size_t page_bytes;

    pthread_mutex_t tail_lock;
    struct tail tail; /* guarded, as all down to tallies */
    struct repeats repeats;
    uint64_t last_repeat; /* sequence */
    struct meta meta;     /* of the last snapshot */
    int64_t now_s;        /* what callers said last */
    uint32_t damaged;     /* met in the tail, and not told by tidy yet */
    uint64_t damaged_id;  /* the last of them */
    struct tallies tallies;

    /* Of the thread that writes. */
    struct tail staged; /* what the commit under way will add to the tail */
    struct repeats staged_repeats;
    struct redo redo;
    struct fold fold;
    struct space space;
    uint32_t commits;
    uint64_t pass_gone;             /* the last mark at the last expiry pass */
    char imported_at[ORIGIN_BYTES]; /* where the pass over `imported` goes on */

    pthread_mutex_t why_lock;
    char why[WHY_SLOTS][WHY_MAX]; /* in turn, so that a shown one stays a while */
    unsigned why_at;
};

static inline MDB_val
val_of(const void *at, size_t len)
{
    return (MDB_val){ len, (void *)(uintptr_t)at };
}

static inline struct slice
slice_of_val(MDB_val val)
{
    return slice_of(val.mv_data, val.mv_size);
}

static inline uint64_t
aor_hash(const struct lmdb_store *s, struct slice aor)
{
    return siphash64(&s->base.secret, aor);
}

/* lmdb_env.c: the environment, transactions, and what its codes mean. */

/* The one translation of LMDB's and the system's codes. EIO is FULL on a full disk: LMDB
 * shows a short write so. */
enum store_status
lmdb_status(const struct lmdb_store *s, int rc);

/* Want of pages, in the map, the transaction or on the disk: less may fit. */
bool
lmdb_is_full(const struct lmdb_store *s, int rc);

/* Notes a line for lmdb_why and returns the status: "doing: words of rc (place)". */
enum store_status
lmdb_failed(struct lmdb_store *s, const char *doing, int rc);

const char *
lmdb_why(const struct store *store);

/* Of a file of the store; malloc'd. NULL: no memory. */
char *
lmdb_path(const struct lmdb_store *s, const char *name);

int
lmdb_env_start(struct lmdb_store *s);

/* "silo.messages" */
void
lmdb_table_name(const char *prefix, enum lmdb_table table, char out[LMDB_TABLE_NAME]);

/* Makes an empty data file of that name, and syncs it. Nobody else has it. */
int
lmdb_env_make(const struct lmdb_store *s, const char *path);

/* Tables by name, made with MDB_CREATE in `flags`. They stay open when the transaction is
 * committed. */
int
lmdb_open_tables(struct lmdb_store *s, MDB_txn *txn, unsigned flags);

/* MDB_NOTFOUND: they are not there. */
int
lmdb_find_tables(struct lmdb_store *s);

/* Takes map_lock shared and begins to write; takes in a map that another process made larger,
 * opens the environment again after a fatal error, and first commits what lmdb_redo owes. On
 * failure nothing is held. */
int
lmdb_begin(struct lmdb_store *s, MDB_txn **out);

int
lmdb_commit_txn(struct lmdb_store *s, MDB_txn *txn);

/* Begins and ends: what lmdb_redo owes is committed. The tail learns of it as of what another
 * process wrote. */
int
lmdb_settle(struct lmdb_store *s);

void
lmdb_abort(struct lmdb_store *s, MDB_txn *txn);

/* Takes both locks, then a snapshot, and catches up with it. */
int
lmdb_begin_reading(struct lmdb_store *s, MDB_txn **out);

void
lmdb_end_reading(struct lmdb_store *s, MDB_txn *txn);

/* The last resort where even removing finds no page: a tenth more. No transaction is open. */
int
lmdb_grow(struct lmdb_store *s);

/* lmdb_space.c */

/* Pages in use, free ones not counted. */
int
lmdb_used_pages(struct lmdb_store *s, MDB_txn *txn, uint64_t *out);

/* Octets that puts of this commit may take; counted anew where that is less than wanted. The
 * file is made longer for them, and is longer than its pages by what removing, folding and
 * expiring take: a disk that others fill up, or that is full of messages, still lets them go.
 * Within the transaction that writes. */
int
lmdb_room(struct lmdb_store *s, uint64_t wanted, uint64_t *out);

void
lmdb_room_taken(struct lmdb_store *s, uint64_t bytes);

/* What a value takes of it. */
uint64_t
lmdb_room_of(const struct lmdb_store *s, size_t value_bytes);

/* MDB_CORRUPTED if pages in use lie behind the end of the file. */
int
lmdb_check_length(struct lmdb_store *s);

/* lmdb_meta.c: the one value of TABLE_META, under LMDB_META_KEY. */
#define LMDB_META_KEY "meta"

/* MDB_INVALID: damaged. MDB_VERSION_MISMATCH: newer. */
int
lmdb_meta_decode(struct slice value, struct meta *out);

/* MDB_NOTFOUND: none yet. MDB_INVALID: damaged. MDB_VERSION_MISMATCH: newer. */
int
lmdb_meta_read(struct lmdb_store *s, MDB_txn *txn, struct meta *out);

int
lmdb_meta_write(struct lmdb_store *s, MDB_txn *txn, const struct meta *meta);

/* The keys and the length that an index has of a message whose record is damaged: a walk over
 * all of by_expiry. MDB_NOTFOUND: it is not in it. */
int
lmdb_find_indexed(struct lmdb_store *s, MDB_txn *txn, struct fold_item *item);

/* lmdb_catch_up.c: with tail_lock held and a transaction that has written nothing yet. */
int
lmdb_catch_up(struct lmdb_store *s, MDB_txn *txn);

/* lmdb_commit.c */
enum store_status
lmdb_commit(struct store *store, struct batch *batch, int64_t now_s);

/* lmdb_read.c */
enum store_status
lmdb_read(struct store *store, struct read_request *requests, size_t count);

enum store_status
lmdb_get(struct store *store, uint64_t id, struct page *out);

enum store_status
lmdb_repeats(struct store *store, int64_t now_s, void *visitor,
             void (*visit)(void *visitor, const struct hash128 *origin));

enum store_status
lmdb_bindings(struct store *store, void *visitor,
              bool (*visit)(void *visitor, struct slice aor, struct slice value));

/* lmdb_facts.c */
enum store_status
lmdb_facts(struct store *store, int64_t now_s, struct store_facts *out);

/* lmdb_fold.c */

/* Whether this process may fold and a fold is due, or on its way. */
bool
lmdb_fold_is_due(struct lmdb_store *s, bool expire, int64_t now_s);

/* One transaction of about `bound` items. */
enum store_status
lmdb_fold_step(struct lmdb_store *s, uint32_t bound);

/* Marks and messages that the tail may hold before commits fold themselves. */
bool
lmdb_tail_is_full(struct lmdb_store *s);

/* lmdb_expire.c */
enum store_status
lmdb_tidy(struct store *store, int64_t now_s, bool expire, uint32_t bound,
          struct tidy_result *out);

/* Deletes what `repeats` holds in front and nobody will ask for again. */
int
lmdb_prune_repeats(struct lmdb_store *s, MDB_txn *txn, int64_t now_s, uint32_t bound);

/* A step that deletes or folds has to work in a full map and on a full disk, too: on want of
 * pages it is tried with a quarter of the bound, at last with one item in a larger map. */
enum store_status
lmdb_step(struct lmdb_store *s, uint32_t bound, const char *doing, void *arg,
          int (*step)(struct lmdb_store *s, MDB_txn *txn, uint32_t bound, void *arg));

/* lmdb_sound.c: whether the file is one that LMDB can be let loose on; lmdb_pages.h has why. */

/* Before LMDB opens it. NULL: its meta pages are right, or there is no file yet. */
const char *
lmdb_file_fault(const struct lmdb_store *s);

/* Before any other transaction. MDB_CORRUPTED, and `why` has the page and what is wrong. A
 * server looks at every page of a file that is not large, else the pages that lead to others
 * are looked at. */
int
lmdb_check_pages(struct lmdb_store *s, char *why, size_t why_room);

/* A read transaction, and a view that it keeps; the view is to be closed in any case. */
int
lmdb_begin_view(struct lmdb_store *s, MDB_txn **txn, struct lmdb_view *view);

/* lmdb_salvage.c: one request answered from a store opened with STORE_VERIFY. */
int
lmdb_salvage(struct lmdb_store *s, struct read_request *r);

/* lmdb_verify.c */
enum store_status
lmdb_verify(struct store *store, void *visitor,
            void (*found)(void *visitor, const struct store_finding *finding),
            struct store_verdict *out);

#endif
