#include "store/lmdb_tables.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    COUNT_AGAIN = 8, /* commits after which the free pages are counted anew */
    /* What the file holds back: for the pages of a few commits, and for the entries in both
     * indexes that each message of the tail will have. */
    RESERVE_BYTES = 512 * 1024,
    RESERVE_A_MESSAGE = 128,
    GROW_BYTES = 1024 * 1024, /* the file is made longer by so much at a time */
};

/* LMDB keeps free pages in its table 0: a list per transaction, led by its length. It shows
 * them to a reader only. */
static int
count_free(MDB_txn *txn, uint64_t *out)
{
    MDB_cursor *cursor;
    MDB_val key, list;
    size_t len;
    int rc = mdb_cursor_open(txn, 0, &cursor);

    *out = 0;
    if (rc != 0)
        return rc;
    while ((rc = mdb_cursor_get(cursor, &key, &list, MDB_NEXT)) == 0) {
        if (list.mv_size < sizeof len) {
            rc = MDB_CORRUPTED;
            break;
        }
        memcpy(&len, list.mv_data, sizeof len);
        *out += len;
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

int
lmdb_used_pages(struct lmdb_store *s, MDB_txn *txn, uint64_t *out)
{
    MDB_envinfo info;
    uint64_t unused;
    int rc = mdb_env_info(s->env, &info);

    if (rc == 0)
        rc = count_free(txn, &unused);
    if (rc != 0)
        return rc;
    *out = info.me_last_pgno + 1 > unused ? info.me_last_pgno + 1 - unused : 0;
    return 0;
}

/* Beside the transaction that writes: what that one has taken since is little. */
static int
count_free_beside(struct lmdb_store *s, uint64_t *out)
{
    MDB_txn *reader;
    int rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &reader);

    if (rc != 0)
        return rc;
    rc = count_free(reader, out);
    mdb_txn_abort(reader);
    return rc;
}

/* What bounds the store: its pages, its file and its map, in octets. */
struct bounds {
    uint64_t pages, file, map;
};

static uint64_t
less(uint64_t from, uint64_t by)
{
    return by < from ? from - by : 0;
}

static uint64_t
smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t
reserve(const struct lmdb_store *s)
{
    return RESERVE_BYTES + (uint64_t)s->tail.messages.count * RESERVE_A_MESSAGE;
}

static int
find_bounds(struct lmdb_store *s, struct bounds *out)
{
    MDB_envinfo info;
    struct stat st;
    int fd, rc = mdb_env_info(s->env, &info);

    if (rc == 0)
        rc = mdb_env_get_fd(s->env, &fd);
    if (rc != 0)
        return rc;
    if (fstat(fd, &st) != 0)
        return errno;
    *out = (struct bounds){ .pages = ((uint64_t)info.me_last_pgno + 1) * s->page_bytes,
                            .file = (uint64_t)st.st_size,
                            .map = info.me_mapsize };
    return 0;
}

static uint64_t
room_left(const struct lmdb_store *s, const struct bounds *bounds)
{
    uint64_t free_bytes = s->space.free_pages * s->page_bytes;
    uint64_t in_map = less(s->map_bytes, less(bounds->pages, free_bytes));

    if (bounds->file >= bounds->map)
        return in_map;
    return smaller(in_map,
                   less(less(bounds->file, bounds->pages) + free_bytes, reserve(s)));
}

/* The disk has blocks for all that lies behind the pages in use. */
static bool
has_blocks(struct lmdb_store *s, const struct bounds *bounds, uint64_t file)
{
    uint64_t from = smaller(bounds->file, bounds->pages);
    int fd;

    mdb_env_get_fd(s->env, &fd);
    return posix_fallocate(fd, (off_t)from, (off_t)(file - from)) == 0;
}

/* A full disk gives what it has: that is enough for a little longer. */
static void
make_longer(struct lmdb_store *s, uint64_t wanted, struct bounds *bounds)
{
    uint64_t need = bounds->pages + wanted + reserve(s), file;

    if (bounds->file >= smaller(need, bounds->map))
        return;
    file = smaller((need / GROW_BYTES + 1) * GROW_BYTES, bounds->map);
    if (!has_blocks(s, bounds, file)) {
        file = smaller(need, bounds->map);
        if (!has_blocks(s, bounds, file))
            return;
    }
    bounds->file = file;
}

/* A count that is a few commits old may grant, but only a fresh one refuses. */
int
lmdb_room(struct lmdb_store *s, uint64_t wanted, uint64_t *out)
{
    struct bounds bounds = { 0 };
    int rc;

    *out = 0;
    if (wanted == 0)
        return 0;
    rc = find_bounds(s, &bounds);
    if (rc != 0)
        return rc;
    if (s->space.age++ >= COUNT_AGAIN)
        s->space.free_pages = 0;
    make_longer(s, wanted, &bounds);
    *out = room_left(s, &bounds);
    if (*out >= wanted)
        return 0;
    rc = count_free_beside(s, &s->space.free_pages);
    s->space.age = 0;
    if (rc == 0)
        *out = room_left(s, &bounds);
    return rc;
}

/* Between two counts, what was put is taken off; what was freed shows at the next. */
void
lmdb_room_taken(struct lmdb_store *s, uint64_t bytes)
{
    uint64_t pages = bytes / s->page_bytes + 1;

    s->space.free_pages -= s->space.free_pages < pages ? s->space.free_pages : pages;
}

/* Up to half a page a record shares its leaf with others; above, it has pages to itself. */
uint64_t
lmdb_room_of(const struct lmdb_store *s, size_t value_bytes)
{
    const uint64_t page = s->page_bytes;

    if (value_bytes < page / 2)
        return value_bytes * 2;
    return (value_bytes + page) / page * page + page;
}

static bool
is_free(struct lmdb_store *s, uint64_t from, uint64_t to)
{
    MDB_txn *reader = NULL;
    MDB_cursor *cursor;
    MDB_val key, list;
    uint64_t found = 0;
    int rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &reader);

    if (rc == 0)
        rc = mdb_cursor_open(reader, 0, &cursor);
    if (rc != 0) {
        mdb_txn_abort(reader);
        return false;
    }
    while ((rc = mdb_cursor_get(cursor, &key, &list, MDB_NEXT)) == 0) {
        size_t count, page;

        for (size_t at = sizeof count; at + sizeof page <= list.mv_size;
             at += sizeof page) {
            memcpy(&page, (char *)list.mv_data + at, sizeof page);
            found += page >= from && page < to;
        }
    }
    mdb_cursor_close(cursor);
    mdb_txn_abort(reader);
    return rc == MDB_NOTFOUND && found >= to - from;
}

/* A page that was taken at the end of the file and given back in the same transaction is
 * never written, so the file may end before the last page that LMDB knows: but then what is
 * missing is free. Reading behind the end would be SIGBUS, so the file is made longer first;
 * what then reads as zeros LMDB takes for corruption. */
int
lmdb_check_length(struct lmdb_store *s)
{
    MDB_envinfo info;
    MDB_txn *txn;
    struct stat st;
    uint64_t have, need;
    int fd, rc = lmdb_begin(s, &txn);

    if (rc != 0)
        return rc;
    mdb_env_info(s->env, &info);
    mdb_env_get_fd(s->env, &fd);
    need = (uint64_t)info.me_last_pgno + 1;
    if (fstat(fd, &st) != 0)
        rc = errno;
    have = rc == 0 ? (uint64_t)st.st_size / s->page_bytes : 0;
    if (rc == 0 && have < need) {
        if (ftruncate(fd, (off_t)(need * s->page_bytes)) != 0)
            rc = errno;
        else if (!is_free(s, have, need))
            rc = ftruncate(fd, st.st_size) == 0 ? MDB_CORRUPTED : errno;
    }
    lmdb_abort(s, txn);
    return rc;
}
