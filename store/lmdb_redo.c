#include "store/lmdb_redo.h"

#include "store/bytes.h"
#include "store/crc32c.h"
#include "store/lmdb_tables.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "siloredo"

enum {
    BLOCK = 4096, /* what disks write whole; a part of one would be read first */
    CHECKSUM_AT = 8,
    CHECKED_AT = 12,
    LENGTH_AT = 12,
    TRANSACTION_AT = 16,
    STATE_AT = 24,
    PREFIX_AT = 32,
    WRITES_AT = PREFIX_AT + PREFIX_MAX,
    WRITE_HEAD = 12, /* table, octets of key and value */
};

static const uint32_t REDO_DELETE = UINT32_MAX;

/* ---- the file ---- */

static off_t
place_of(uint64_t transaction)
{
    return (off_t)(transaction % REDO_SLOTS * REDO_BYTES);
}

/* Blocks that were written once take the next write without a word to the file system. */
static bool
fill(int fd, const char *zeros)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return false;
    while (st.st_size < REDO_SLOTS * REDO_BYTES) {
        off_t left = REDO_SLOTS * REDO_BYTES - st.st_size;
        ssize_t done =
            pwrite(fd, zeros, left < REDO_BYTES ? (size_t)left : REDO_BYTES, st.st_size);

        if (done <= 0)
            return false;
        st.st_size += done;
    }
    return true;
}

void
lmdb_redo_forget(const struct lmdb_store *s)
{
    char *path = lmdb_path(s, "commit.redo");

    if (path != NULL)
        unlink(path);
    free(path);
}

/* *out is -1 where there is none and none can be made. */
static int
open_file(const struct lmdb_store *s, const char *path, int *out)
{
    const int flags = O_RDWR | O_DSYNC | O_CLOEXEC | O_NOFOLLOW;
    struct stat st;

    *out = open(path, flags);
    if (*out < 0 && errno == ENOENT) {
        if (s->role == STORE_SERVER)
            *out = open(path, flags | O_CREAT, 0600);
        return 0;
    }
    if (*out < 0)
        return errno;
    return fstat(*out, &st) != 0 ? errno : S_ISREG(st.st_mode) ? 0 : EINVAL;
}

int
lmdb_redo_open(struct lmdb_store *s)
{
    char *path = lmdb_path(s, "commit.redo");
    int rc = ENOMEM;

    if (s->redo.slot == NULL)
        s->redo.slot = calloc(1, REDO_BYTES);
    if (path != NULL && s->redo.slot != NULL)
        rc = open_file(s, path, &s->redo.fd);
    free(path);
    if (rc == 0 && s->redo.fd >= 0 && s->role == STORE_SERVER)
        s->redo.is_short = !fill(s->redo.fd, s->redo.slot);
    return rc;
}

/* The transaction that the slot of this one is of; 0: it was never written whole. */
static int
read_slot(struct redo *redo, uint64_t transaction, uint64_t *out)
{
    char *slot = redo->slot;
    ssize_t got = pread(redo->fd, slot, REDO_BYTES, place_of(transaction));
    size_t len;

    *out = 0;
    redo->len = 0;
    if (got < 0)
        return errno;
    if (got < WRITES_AT || memcmp(slot, MAGIC, CHECKSUM_AT) != 0)
        return 0;
    len = get_u32(slot + LENGTH_AT);
    if (len < WRITES_AT || len > (size_t)got ||
        slot[PREFIX_AT + PREFIX_MAX - 1] != '\0' ||
        crc32c(slice_of(slot + CHECKED_AT, len - CHECKED_AT)) !=
            get_u32(slot + CHECKSUM_AT))
        return 0;
    redo->len = len;
    *out = get_u64(slot + TRANSACTION_AT);
    return 0;
}

void
lmdb_redo_close(struct lmdb_store *s)
{
    if (s->redo.fd >= 0)
        close(s->redo.fd);
    free(s->redo.slot);
}

/* ---- writing ---- */

/* The last key and the number of entries. */
static int
look_at_table(MDB_txn *txn, const char *prefix, enum lmdb_table table, char out[16])
{
    char name[LMDB_TABLE_NAME];
    MDB_cursor *cursor = NULL;
    MDB_val key, value;
    MDB_stat stat;
    MDB_dbi dbi;
    int rc;

    memset(out, 0, 16);
    lmdb_table_name(prefix, table, name);
    rc = mdb_dbi_open(txn, name, 0, &dbi);
    if (rc == 0)
        rc = mdb_stat(txn, dbi, &stat);
    if (rc == 0)
        rc = mdb_cursor_open(txn, dbi, &cursor);
    if (rc != 0)
        return rc;
    put_u64(out, stat.ms_entries);
    rc = mdb_cursor_get(cursor, &key, &value, MDB_LAST);
    if (rc == 0)
        memcpy(out + 8, key.mv_data, key.mv_size < 8 ? key.mv_size : 8);
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Of what a slot says nothing of is left out: `repeats`, which commits prune beside it. */
static int
hash_state(MDB_txn *txn, const char *prefix, uint64_t *out)
{
    static const enum lmdb_table tables[] = { TABLE_MESSAGES, TABLE_GONE, TABLE_IMPORTED,
                                              TABLE_BINDINGS };
    const struct hash_key no_secret = { { 0 } };
    char seen[sizeof tables / sizeof tables[0]][16];
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < sizeof tables / sizeof tables[0]; i++)
        rc = look_at_table(txn, prefix, tables[i], seen[i]);
    *out = rc == 0 ? siphash64(&no_secret, slice_of(seen[0], sizeof seen)) : 0;
    return rc;
}

int
lmdb_redo_begin(struct lmdb_store *s, MDB_txn *txn)
{
    uint64_t state;
    int rc;

    if (s->redo.fd < 0 || s->redo.is_short || !s->redo.is_sound)
        return 0;
    rc = hash_state(txn, s->prefix, &state);
    if (rc != 0)
        return rc;
    put_u64(s->redo.slot + STATE_AT, state);
    s->redo.len = WRITES_AT;
    return 0;
}

void
lmdb_redo_note(struct lmdb_store *s, enum lmdb_table table, const MDB_val *key,
               const MDB_val *value)
{
    struct redo *redo = &s->redo;
    size_t value_bytes = value == NULL ? 0 : value->mv_size;
    char *at = redo->slot + redo->len;

    if (redo->len == 0)
        return;
    if (WRITE_HEAD + key->mv_size + value_bytes > REDO_BYTES - redo->len) {
        redo->len = 0;
        return;
    }
    put_u32(at, (uint32_t)table);
    put_u32(at + 4, (uint32_t)key->mv_size);
    put_u32(at + 8, value == NULL ? REDO_DELETE : (uint32_t)value_bytes);
    memcpy(at + WRITE_HEAD, key->mv_data, key->mv_size);
    if (value_bytes > 0)
        memcpy(at + WRITE_HEAD + key->mv_size, value->mv_data, value_bytes);
    redo->len += WRITE_HEAD + key->mv_size + value_bytes;
}

bool
lmdb_redo_write(struct lmdb_store *s, MDB_txn *txn)
{
    struct redo *redo = &s->redo;
    char *slot = redo->slot;
    size_t blocks = (redo->len + BLOCK - 1) / BLOCK * BLOCK;

    redo->owed = 0;
    if (redo->len <= WRITES_AT)
        return false;
    memcpy(slot, MAGIC, CHECKSUM_AT);
    put_u32(slot + LENGTH_AT, (uint32_t)redo->len);
    put_u64(slot + TRANSACTION_AT, mdb_txn_id(txn));
    memset(slot + PREFIX_AT, 0, PREFIX_MAX);
    memcpy(slot + PREFIX_AT, s->prefix, strlen(s->prefix));
    put_u32(slot + CHECKSUM_AT,
            crc32c(slice_of(slot + CHECKED_AT, redo->len - CHECKED_AT)));
    if (pwrite(redo->fd, slot, blocks, place_of(mdb_txn_id(txn))) != (ssize_t)blocks)
        return false;
    redo->owed = mdb_txn_id(txn);
    return true;
}

/* ---- doing it again ---- */

/* Of what was read from the file. */
static int
is_of_this_store(struct lmdb_store *s, MDB_txn *txn, bool *out)
{
    const char *slot = s->redo.slot;
    uint64_t state;
    int rc = hash_state(txn, slot + PREFIX_AT, &state);

    *out = rc == 0 && state == get_u64(slot + STATE_AT);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

/* A command may be there before the first server, and between a server's death and the next
 * one: it looks for the file, and into it, each time. A server is the only one that writes
 * slots, so it does until nothing is owed. */
int
lmdb_redo_is_owed(struct lmdb_store *s, MDB_txn *txn, bool *out)
{
    struct redo *redo = &s->redo;
    const uint64_t id = mdb_txn_id(txn);
    int rc = 0;

    *out = redo->is_settled && redo->owed == id;
    if (redo->is_settled || redo->slot == NULL)
        return 0;
    if (redo->fd < 0 && s->role != STORE_SERVER)
        rc = lmdb_redo_open(s);
    if (rc != 0 || redo->fd < 0)
        return rc;
    rc = read_slot(redo, id, &redo->owed);
    if (rc == 0 && redo->owed == id)
        rc = is_of_this_store(s, txn, out);
    if (rc != 0 || *out)
        return rc;
    redo->owed = 0;
    redo->is_settled = s->role == STORE_SERVER;
    return 0;
}

struct noted {
    uint32_t table;
    struct slice key, value; /* an absent value: deleted */
};

static bool
take(struct slice *rest, uint32_t len, struct slice *out)
{
    if (len > rest->len)
        return false;
    *out = slice_of(rest->at, len);
    *rest = slice_skip(*rest, len);
    return true;
}

static bool
take_noted(struct slice *rest, struct noted *out)
{
    struct slice head;
    uint32_t value_bytes;

    if (!take(rest, WRITE_HEAD, &head))
        return false;
    out->table = get_u32(head.at);
    out->value = slice_absent();
    value_bytes = get_u32(head.at + 8);
    return out->table < TABLES && take(rest, get_u32(head.at + 4), &out->key) &&
           (value_bytes == REDO_DELETE || take(rest, value_bytes, &out->value));
}

/* Tables of another prefix have other handles: all are found by their names. */
static int
write_again(MDB_txn *txn, const char *prefix, const struct noted *noted)
{
    MDB_val key = val_of(noted->key.at, noted->key.len);
    MDB_val value = val_of(noted->value.at, noted->value.len);
    char name[LMDB_TABLE_NAME];
    MDB_dbi dbi;
    int rc;

    lmdb_table_name(prefix, (enum lmdb_table)noted->table, name);
    rc = mdb_dbi_open(txn, name, 0, &dbi);
    if (rc != 0)
        return rc;
    if (!slice_is_absent(noted->value))
        return mdb_put(txn, dbi, &key, &value, 0);
    rc = mdb_del(txn, dbi, &key, NULL);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

int
lmdb_redo_pay(struct lmdb_store *s, MDB_txn *txn)
{
    struct slice rest = slice_of(s->redo.slot + WRITES_AT, s->redo.len - WRITES_AT);
    struct noted noted;
    int rc = 0;

    while (rc == 0 && rest.len > 0)
        rc = take_noted(&rest, &noted)
                 ? write_again(txn, s->redo.slot + PREFIX_AT, &noted)
                 : MDB_CORRUPTED;
    return rc;
}
