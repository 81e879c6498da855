#include "store/lmdb_tables.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    COUNT_AGAIN = 8, /* commits after which the free pages are counted anew */
};

/* LMDB keeps free pages in its table 0: a list per transaction, led by its length. Only a
 * reader may look into it: in a write transaction that is EINVAL. So a reader of its own
 * looks, at what was committed last. */
static int
open_free_list(struct lmdb_store *s, MDB_txn **reader, MDB_cursor **cursor)
{
    int rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, reader);

    if (rc != 0)
        return rc;
    rc = mdb_cursor_open(*reader, 0, cursor);
    if (rc != 0)
        mdb_txn_abort(*reader);
    return rc;
}

static void
close_free_list(MDB_txn *reader, MDB_cursor *cursor)
{
    mdb_cursor_close(cursor);
    mdb_txn_abort(reader);
}

static int
count_free(struct lmdb_store *s, uint64_t *out)
{
    MDB_cursor *cursor;
    MDB_txn *reader;
    MDB_val key, list;
    size_t len;
    int rc = open_free_list(s, &reader, &cursor);

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
    close_free_list(reader, cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

int
lmdb_used_pages(struct lmdb_store *s, uint64_t *out)
{
    MDB_envinfo info;
    uint64_t unused;
    int rc = mdb_env_info(s->env, &info);

    if (rc == 0)
        rc = count_free(s, &unused);
    if (rc != 0)
        return rc;
    *out = info.me_last_pgno + 1 > unused ? info.me_last_pgno + 1 - unused : 0;
    return 0;
}

static uint64_t
pages_left(uint64_t used, uint64_t unused, uint64_t allowed)
{
    used -= unused < used ? unused : used;
    return used < allowed ? allowed - used : 0;
}

/* Below half by its last page alone: no need to count the free ones. Near the end they are
 * counted at every commit, so that nothing is refused for room that has been made since. */
int
lmdb_room(struct lmdb_store *s, uint64_t *out)
{
    const uint64_t allowed = s->map_bytes / s->page_bytes;
    uint64_t used, left;
    MDB_envinfo info;
    int rc = mdb_env_info(s->env, &info);

    if (rc != 0)
        return rc;
    used = info.me_last_pgno + 1;
    left = pages_left(used, used < allowed / 2 ? 0 : s->space.free_pages, allowed);
    if (used >= allowed / 2 && (left < allowed / 4 || s->space.age >= COUNT_AGAIN)) {
        rc = count_free(s, &s->space.free_pages);
        s->space.age = 0;
        left = pages_left(used, s->space.free_pages, allowed);
    }
    s->space.age++;
    *out = left * s->page_bytes;
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
    MDB_cursor *cursor;
    MDB_txn *reader;
    MDB_val key, list;
    uint64_t found = 0;
    int rc = open_free_list(s, &reader, &cursor);

    if (rc != 0)
        return false;
    while ((rc = mdb_cursor_get(cursor, &key, &list, MDB_NEXT)) == 0) {
        size_t count, page;

        for (size_t at = sizeof count; at + sizeof page <= list.mv_size;
             at += sizeof page) {
            memcpy(&page, (char *)list.mv_data + at, sizeof page);
            found += page >= from && page < to;
        }
    }
    close_free_list(reader, cursor);
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
