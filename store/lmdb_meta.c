#include "store/bytes.h"
#include "store/crc32c.h"
#include "store/lmdb_tables.h"

/* format 1 | checksum 4 | numbers 8 each | secret 16 */
enum {
    NUMBERS = 8,
    AT_CHECKED = 5,
    AT_SECRET = AT_CHECKED + 8 * NUMBERS,
    META_BYTES = AT_SECRET + 16,
};

static const char meta_key[] = LMDB_META_KEY;

static const size_t number_offsets[NUMBERS] = {
    offsetof(struct meta, fold_point), offsetof(struct meta, gone_point),
    offsetof(struct meta, indexed_to), offsetof(struct meta, last_id),
    offsetof(struct meta, last_gone),  offsetof(struct meta, last_repeat),
    offsetof(struct meta, count),      offsetof(struct meta, bytes),
};

int
lmdb_meta_decode(struct slice value, struct meta *out)
{
    const char *at = value.at;

    if (value.len > 0 && (uint8_t)at[0] > FORMAT)
        return MDB_VERSION_MISMATCH;
    if (value.len != META_BYTES || at[0] != FORMAT)
        return MDB_INVALID;
    if (get_u32(at + 1) != crc32c(slice_of(at + AT_CHECKED, META_BYTES - AT_CHECKED)))
        return MDB_INVALID;
    for (int i = 0; i < NUMBERS; i++) {
        uint64_t n = get_u64(at + AT_CHECKED + 8 * i);

        memcpy((char *)out + number_offsets[i], &n, sizeof n);
    }
    memcpy(out->secret.bytes, at + AT_SECRET, sizeof out->secret.bytes);
    return 0;
}

int
lmdb_meta_read(struct lmdb_store *s, MDB_txn *txn, struct meta *out)
{
    MDB_val key = val_of(meta_key, sizeof meta_key - 1), val;
    int rc = mdb_get(txn, s->tables[TABLE_META], &key, &val);

    return rc == 0 ? lmdb_meta_decode(slice_of_val(val), out) : rc;
}

int
lmdb_meta_write(struct lmdb_store *s, MDB_txn *txn, const struct meta *meta)
{
    char bytes[META_BYTES];
    MDB_val key = val_of(meta_key, sizeof meta_key - 1);
    MDB_val val = val_of(bytes, sizeof bytes);

    bytes[0] = FORMAT;
    for (int i = 0; i < NUMBERS; i++) {
        uint64_t n;

        memcpy(&n, (const char *)meta + number_offsets[i], sizeof n);
        put_u64(bytes + AT_CHECKED + 8 * i, n);
    }
    memcpy(bytes + AT_SECRET, meta->secret.bytes, sizeof meta->secret.bytes);
    put_u32(bytes + 1, crc32c(slice_of(bytes + AT_CHECKED, META_BYTES - AT_CHECKED)));
    return mdb_put(txn, s->tables[TABLE_META], &key, &val, 0);
}
