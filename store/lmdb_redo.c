#include "store/lmdb_redo.h"

#include "store/bytes.h"
#include "store/crc32c.h"
#include "store/lmdb_tables.h"

#include <fcntl.h>
#include <stdio.h>
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
    LAST_MESSAGE_AT = 24,
    PREFIX_AT = 32,
    WRITES_AT = PREFIX_AT + PREFIX_MAX,
    WRITE_HEAD = 12,
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

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    if (st.st_size >= REDO_SLOTS * REDO_BYTES)
        return true;
    for (uint64_t i = 0; i < REDO_SLOTS; i++)
        if (pwrite(fd, zeros, REDO_BYTES, place_of(i)) != REDO_BYTES)
            return false;
    return true;
}

static char *
path_of(const struct lmdb_store *s)
{
    char *path = malloc(strlen(s->place) + sizeof "/commit.redo");

    if (path != NULL)
        sprintf(path, "%s/commit.redo", s->place);
    return path;
}

void
lmdb_redo_forget(const struct lmdb_store *s)
{
    char *path = path_of(s);

    if (path != NULL)
        unlink(path);
    free(path);
}

static int
open_file(const struct lmdb_store *s, const char *zeros)
{
    const int made = s->role == STORE_SERVER ? O_CREAT : 0;
    char *path = path_of(s);
    int fd;

    if (path == NULL)
        return -1;
    fd = open(path, O_RDWR | O_DSYNC | O_CLOEXEC | O_NOFOLLOW | made, 0600);
    free(path);
    if (fd >= 0 && !fill(fd, zeros)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* The transaction that the slot of this one is of; 0: what it has cannot be believed. */
static uint64_t
read_slot(struct redo *redo, uint64_t transaction)
{
    char *slot = redo->slot;
    size_t len;

    redo->len = 0;
    if (pread(redo->fd, slot, REDO_BYTES, place_of(transaction)) != REDO_BYTES ||
        memcmp(slot, MAGIC, CHECKSUM_AT) != 0)
        return 0;
    len = get_u32(slot + LENGTH_AT);
    if (len < WRITES_AT || len > REDO_BYTES || slot[PREFIX_AT + PREFIX_MAX - 1] != '\0' ||
        crc32c(slice_of(slot + CHECKED_AT, len - CHECKED_AT)) !=
            get_u32(slot + CHECKSUM_AT))
        return 0;
    redo->len = len;
    return get_u64(slot + TRANSACTION_AT);
}

void
lmdb_redo_open(struct lmdb_store *s)
{
    s->redo.slot = calloc(1, REDO_BYTES);
    if (s->redo.slot == NULL)
        return;
    s->redo.fd = open_file(s, s->redo.slot);
}

void
lmdb_redo_close(struct lmdb_store *s)
{
    if (s->redo.fd >= 0)
        close(s->redo.fd);
    free(s->redo.slot);
}

/* ---- writing ---- */

static int
last_message(MDB_txn *txn, const char *prefix, uint64_t *out)
{
    char name[LMDB_TABLE_NAME];
    MDB_cursor *cursor;
    MDB_val key, value;
    MDB_dbi messages;
    int rc;

    *out = 0;
    lmdb_table_name(prefix, TABLE_MESSAGES, name);
    rc = mdb_dbi_open(txn, name, 0, &messages);
    if (rc == 0)
        rc = mdb_cursor_open(txn, messages, &cursor);
    if (rc != 0)
        return rc;
    rc = mdb_cursor_get(cursor, &key, &value, MDB_LAST);
    if (rc == 0 && key.mv_size == ID_BYTES)
        *out = get_u64(key.mv_data);
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

int
lmdb_redo_begin(struct lmdb_store *s, MDB_txn *txn)
{
    uint64_t last;
    int rc;

    if (s->redo.fd < 0)
        return 0;
    rc = last_message(txn, s->prefix, &last);
    if (rc != 0)
        return rc;
    put_u64(s->redo.slot + LAST_MESSAGE_AT, last);
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

/* Of what the file has; the slot's own transaction is in redo.owed. */
static bool
is_of_this_store(struct lmdb_store *s, MDB_txn *txn)
{
    const char *slot = s->redo.slot;
    uint64_t last;

    return last_message(txn, slot + PREFIX_AT, &last) == 0 &&
           last == get_u64(slot + LAST_MESSAGE_AT);
}

/* A command may come between a server's death and the next one: it looks into the file each
 * time. A server is the only one that writes slots, so it does until nothing is owed. */
bool
lmdb_redo_is_owed(struct lmdb_store *s, MDB_txn *txn)
{
    struct redo *redo = &s->redo;
    const uint64_t id = mdb_txn_id(txn);

    if (redo->fd < 0)
        return false;
    if (redo->is_settled)
        return redo->owed == id;
    redo->owed = read_slot(redo, id);
    if (redo->owed == id && is_of_this_store(s, txn))
        return true;
    redo->owed = 0;
    redo->is_settled = s->role == STORE_SERVER;
    return false;
}

static int
write_again(MDB_txn *txn, MDB_dbi table, struct slice key, struct slice value)
{
    MDB_val k = val_of(key.at, key.len), v = val_of(value.at, value.len);
    int rc;

    if (!slice_is_absent(value))
        return mdb_put(txn, table, &k, &v, 0);
    rc = mdb_del(txn, table, &k, NULL);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Another command's tables may have other names: they are opened by those of the slot. */
static int
pay_one(MDB_txn *txn, const char *prefix, struct slice *rest)
{
    char name[LMDB_TABLE_NAME];
    uint32_t table, key_bytes, value_bytes;
    struct slice key, value = slice_absent();
    MDB_dbi dbi;
    int rc;

    if (rest->len < WRITE_HEAD)
        return MDB_CORRUPTED;
    table = get_u32(rest->at);
    key_bytes = get_u32(rest->at + 4);
    value_bytes = get_u32(rest->at + 8);
    *rest = slice_skip(*rest, WRITE_HEAD);
    if (table >= TABLES || key_bytes > rest->len)
        return MDB_CORRUPTED;
    key = slice_of(rest->at, key_bytes);
    *rest = slice_skip(*rest, key_bytes);
    if (value_bytes != REDO_DELETE) {
        if (value_bytes > rest->len)
            return MDB_CORRUPTED;
        value = slice_of(rest->at, value_bytes);
        *rest = slice_skip(*rest, value_bytes);
    }
    lmdb_table_name(prefix, (enum lmdb_table)table, name);
    rc = mdb_dbi_open(txn, name, 0, &dbi);
    return rc == 0 ? write_again(txn, dbi, key, value) : rc;
}

int
lmdb_redo_pay(struct lmdb_store *s, MDB_txn *txn)
{
    struct slice rest = slice_of(s->redo.slot + WRITES_AT, s->redo.len - WRITES_AT);
    int rc = 0;

    while (rc == 0 && rest.len > 0)
        rc = pay_one(txn, s->redo.slot + PREFIX_AT, &rest);
    return rc;
}
