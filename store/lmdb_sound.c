#include "store/lmdb_tables.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    VIEW_TRIES = 100, /* commits beside us take meta pages away */
    PATH_ROOM = 4096,
    /* A start must not wait for a disk to read all of a large file: 30 ms from memory. */
    LEAVES_BYTES = 64 * 1024 * 1024,
};

const char *
lmdb_file_fault(const struct lmdb_store *s)
{
    char path[PATH_ROOM];
    const char *fault = NULL;
    struct stat st;
    int fd, len = snprintf(path, sizeof path, "%s/data.mdb", s->place);

    if (len < 0 || (size_t)len >= sizeof path)
        return NULL; /* nor can LMDB open it */
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &st) == 0 && st.st_size > 0)
        fault = lmdb_metas_fault(fd);
    close(fd);
    return fault;
}

static int
begin(struct lmdb_store *s, MDB_txn **txn)
{
    int rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, txn);

    if (rc != MDB_MAP_RESIZED)
        return rc;
    rc = mdb_env_set_mapsize(s->env, 0);
    return rc == 0 ? mdb_txn_begin(s->env, NULL, MDB_RDONLY, txn) : rc;
}

int
lmdb_begin_view(struct lmdb_store *s, MDB_txn **txn, struct lmdb_view *view)
{
    int fd;

    mdb_env_get_fd(s->env, &fd);
    for (int i = 0; i < VIEW_TRIES; i++) {
        int rc = begin(s, txn);

        if (rc != 0 || lmdb_view_open(view, fd, mdb_txn_id(*txn)))
            return rc;
        mdb_txn_abort(*txn);
    }
    return MDB_CORRUPTED;
}

struct first_fault {
    char *why;
    size_t why_room;
    bool any;
};

static void
note_first(void *visitor, const char *table, uint64_t page, const char *what,
           bool is_harmful)
{
    struct first_fault *first = visitor;

    if (first->any || !is_harmful)
        return;
    first->any = true;
    snprintf(first->why, first->why_room,
             "data.mdb is damaged: page %" PRIu64 " of %s %s; sipsilo verify has all",
             page, table, what);
}

int
lmdb_check_pages(struct lmdb_store *s, char *why, size_t why_room)
{
    struct first_fault first = { .why = why, .why_room = why_room };
    struct lmdb_view view = { .map = NULL };
    MDB_txn *txn;
    int rc = lmdb_begin_view(s, &txn, &view);

    if (rc == MDB_CORRUPTED)
        snprintf(why, why_room, "data.mdb is damaged: a meta page has no commit");
    if (rc == 0) {
        bool leaves = s->role == STORE_SERVER && view.mapped <= LEAVES_BYTES;

        if (!lmdb_view_check(&view, leaves, &first, note_first))
            rc = ENOMEM;
        mdb_txn_abort(txn);
    }
    lmdb_view_close(&view);
    return rc == 0 && first.any ? MDB_CORRUPTED : rc;
}
