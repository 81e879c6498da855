/* lmdb_redo - a small commit written beside LMDB, so that it is durable with one sync.
 *
 * LMDB syncs twice: the pages, then the one that names them. Whoever waits for a 202 would
 * wait for both. So what a small commit writes goes into a slot of fixed place first, and
 * those who wait are told. LMDB then commits as ever, but for its second sync: that one the
 * next commit's first does. Where a commit does not come about, or is lost with the power,
 * whoever writes to the store next writes what the slot has instead, before anything else.
 *
 * Shape   commit.redo has two slots, of even and of odd transactions as LMDB numbers them.
 *         Numbers are big-endian.
 *
 *           magic 8, checksum 4 of all behind it, length 4 of the slot
 *           transaction 8; hash 8 of what the tables have before it
 *           prefix 64, of the names of the tables
 *           writes: table 4, key octets 4, value octets 4 (REDO_DELETE: none), key, value
 *
 * Order   A slot is written by who has LMDB's write lock, and owed while its transaction is
 *         the one that comes next. When it is overwritten, the commit after its own has
 *         synced its own. The hash, of last keys and of how many there are, tells a slot of this
 *         store from one beside a file that was put back from elsewhere, and came to the same
 *         number on another way.
 *
 *         A system forgets what it could not sync: when the next sync works, pages may be
 *         missing. A commit that names its pages with a sync of its own is right all the same.
 *         So behind one that failed, and behind an opening, who knows what failed before it,
 *         nothing is told early until one such commit has worked.
 * Threads Those of the thread that writes.
 * Errors  Codes of LMDB and of the system. Where the file cannot be made, or a slot cannot be
 *         written, LMDB alone is enough. What is there and cannot be read is an error, since
 *         something may be owed; what was not written whole is nothing, since nobody was told.
 */
#ifndef STORE_LMDB_REDO_H
#define STORE_LMDB_REDO_H

#include <lmdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lmdb_store;
enum lmdb_table;

enum {
    REDO_SLOTS = 2,
    REDO_BYTES = 64 * 1024, /* of a slot */
};

struct redo {
    int fd;          /* -1: there are no slots */
    char *slot;      /* owned, REDO_BYTES; NULL: not opened yet, nothing is looked at */
    size_t len;      /* 0: the commit under way is not noted, or does not fit */
    uint64_t owed;   /* the transaction of what was written last; 0: none */
    bool is_short;   /* the disk has no room for all of it: nothing is written */
    bool is_sound;   /* a commit with both syncs has worked, and none has failed since */
    bool is_settled; /* of a server: it knows what is owed without the file */
};

/* Before a store is made where another one was. */
void
lmdb_redo_forget(const struct lmdb_store *s);

/* The server makes the file; commands open what is there. What is owed is not paid yet. */
int
lmdb_redo_open(struct lmdb_store *s);

void
lmdb_redo_close(struct lmdb_store *s);

/* From here on writes are noted, until the slot is written. */
int
lmdb_redo_begin(struct lmdb_store *s, MDB_txn *txn);

/* Of what changes something. A value of NULL: the key is deleted. */
void
lmdb_redo_note(struct lmdb_store *s, enum lmdb_table table, const MDB_val *key,
               const MDB_val *value);

/* True: what was noted is on stable storage, whatever becomes of the transaction. False if
 * that is nothing: LMDB gives no number to what writes nothing. */
bool
lmdb_redo_write(struct lmdb_store *s, MDB_txn *txn);

/* Whether this transaction, which has written nothing yet, is one that a slot is for. */
int
lmdb_redo_is_owed(struct lmdb_store *s, MDB_txn *txn, bool *out);

/* Writes what the slot has. */
int
lmdb_redo_pay(struct lmdb_store *s, MDB_txn *txn);

#endif
