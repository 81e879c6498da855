#include "store/lmdb_tables.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    USABLE_PERCENT = 85, /* of the map: the rest is for removing, folding and expiring */
    DISK_LEFT_BYTES = 1024 * 1024, /* less than this free: an EIO is a full disk */
    BEGIN_TRIES = 3,
    PAY_TRIES = 16,         /* two slots, in a map that grows for them */
    DATABASES = 2 * TABLES, /* and those of another prefix that lmdb_redo owes to */
};

static const char *const table_names[TABLES] = {
    [TABLE_META] = "meta",           [TABLE_MESSAGES] = "messages",
    [TABLE_GONE] = "gone",           [TABLE_BY_AOR] = "by_aor",
    [TABLE_BY_EXPIRY] = "by_expiry", [TABLE_REPEATS] = "repeats",
    [TABLE_IMPORTED] = "imported",   [TABLE_BINDINGS] = "bindings",
};

static bool
disk_is_full(const char *place)
{
    struct statvfs fs;

    return statvfs(place, &fs) == 0 &&
           (uint64_t)fs.f_bavail * fs.f_frsize < DISK_LEFT_BYTES;
}

enum store_status
lmdb_status(const struct lmdb_store *s, int rc)
{
    switch (rc) {
    case MDB_SUCCESS:
        return STORE_OK;
    case MDB_NOTFOUND:
        return STORE_NOT_FOUND;
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
    case MDB_READERS_FULL:
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return STORE_FULL;
    case EIO:
        return disk_is_full(s->place) ? STORE_FULL : STORE_FAILED;
    case MDB_VERSION_MISMATCH:
        return STORE_NEWER;
    case MDB_INVALID:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_CURSOR_FULL:
    case MDB_PAGE_FULL:
    case MDB_INCOMPATIBLE:
    case MDB_KEYEXIST:
        return STORE_DAMAGED;
    case ENOMEM:
        return STORE_NO_MEMORY;
    default:
        return STORE_FAILED;
    }
}

bool
lmdb_is_full(const struct lmdb_store *s, int rc)
{
    return rc != MDB_READERS_FULL && lmdb_status(s, rc) == STORE_FULL;
}

__attribute__((format(printf, 2, 3))) static void
note(struct lmdb_store *s, const char *format, ...)
{
    va_list args;

    pthread_mutex_lock(&s->why_lock);
    s->why_at = (s->why_at + 1) % WHY_SLOTS;
    va_start(args, format);
    vsnprintf(s->why[s->why_at], WHY_MAX, format, args);
    va_end(args);
    pthread_mutex_unlock(&s->why_lock);
}

enum store_status
lmdb_failed(struct lmdb_store *s, const char *doing, int rc)
{
    note(s, "%s: %s (%s)", doing, mdb_strerror(rc), s->place);
    return lmdb_status(s, rc);
}

const char *
lmdb_why(const struct store *store)
{
    struct lmdb_store *s = (struct lmdb_store *)(uintptr_t)store;
    const char *why;

    pthread_mutex_lock(&s->why_lock);
    why = s->why[s->why_at];
    pthread_mutex_unlock(&s->why_lock);
    return why;
}

static size_t
mapped_bytes(const struct lmdb_store *s)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t bytes = s->map_bytes / USABLE_PERCENT * 100;

    return (size_t)((bytes + page - 1) / page * page);
}

/* LMDB aborts when this returns, and whoever watches for the signal has the words. */
static void
leave_to_the_signal(MDB_env *env, const char *what)
{
    (void)env;
    (void)what;
}

/* An environment that is not open yet; NULL after an error. */
static int
new_env(const struct lmdb_store *s, MDB_env **out)
{
    int rc = mdb_env_create(out);

    if (rc != 0) {
        *out = NULL;
        return rc;
    }
    mdb_env_set_assert(*out, leave_to_the_signal);
    rc = mdb_env_set_maxdbs(*out, DATABASES);
    return rc == 0 ? mdb_env_set_mapsize(*out, mapped_bytes(s)) : rc;
}

/* No MDB_NOSYNC, MDB_MAPASYNC or MDB_WRITEMAP: a commit that returns is on stable storage.
 * lmdb_redo says where MDB_NOMETASYNC is set, for one commit. MDB_NOTLS: pool threads take
 * turns at reading. */
int
lmdb_env_start(struct lmdb_store *s)
{
    const unsigned flags = s->role == STORE_VERIFY ? MDB_NOTLS | MDB_RDONLY : MDB_NOTLS;
    MDB_stat stat;
    int rc = new_env(s, &s->env);

    if (rc == 0)
        rc = mdb_env_open(s->env, s->place, flags, 0600);
    if (rc == 0)
        rc = mdb_reader_check(s->env, NULL);
    if (rc == 0)
        rc = mdb_env_stat(s->env, &stat);
    if (rc != 0) {
        mdb_env_close(s->env);
        s->env = NULL;
        return rc;
    }
    s->page_bytes = stat.ms_psize;
    return 0;
}

int
lmdb_env_make(const struct lmdb_store *s, const char *path)
{
    MDB_env *env;
    int rc = new_env(s, &env);

    if (rc == 0)
        rc = mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOLOCK, 0600);
    if (rc == 0)
        rc = mdb_env_sync(env, 1);
    mdb_env_close(env);
    return rc;
}

char *
lmdb_path(const struct lmdb_store *s, const char *name)
{
    char *path = malloc(strlen(s->place) + strlen(name) + 2);

    if (path != NULL)
        sprintf(path, "%s/%s", s->place, name);
    return path;
}

void
lmdb_table_name(const char *prefix, enum lmdb_table table, char out[LMDB_TABLE_NAME])
{
    snprintf(out, LMDB_TABLE_NAME, "%s.%s", prefix, table_names[table]);
}

static int
open_table(struct lmdb_store *s, MDB_txn *txn, enum lmdb_table table, unsigned flags)
{
    char name[LMDB_TABLE_NAME];

    lmdb_table_name(s->prefix, table, name);
    return mdb_dbi_open(txn, name, flags, &s->tables[table]);
}

int
lmdb_open_tables(struct lmdb_store *s, MDB_txn *txn, unsigned flags)
{
    int rc = 0;

    for (int i = 0; rc == 0 && i < TABLES; i++)
        rc = open_table(s, txn, (enum lmdb_table)i, flags);
    return rc;
}

int
lmdb_find_tables(struct lmdb_store *s)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn);

    if (rc != 0)
        return rc;
    rc = lmdb_open_tables(s, txn, 0);
    if (rc == 0)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return rc;
}

/* After a failed write of its meta page LMDB refuses everything until it is opened anew. */
static int
start_again(struct lmdb_store *s)
{
    int rc;

    if (s->env != NULL)
        mdb_env_close(s->env);
    s->env = NULL;
    rc = lmdb_env_start(s);
    return rc == 0 ? lmdb_find_tables(s) : rc;
}

static int
mend(struct lmdb_store *s, int rc)
{
    int mended = rc;

    pthread_rwlock_wrlock(&s->map_lock);
    if (rc == MDB_MAP_RESIZED)
        mended = mdb_env_set_mapsize(s->env, 0);
    else if (rc == MDB_PANIC || s->env == NULL)
        mended = start_again(s);
    else if (rc == MDB_READERS_FULL)
        mended = mdb_reader_check(s->env, NULL);
    pthread_rwlock_unlock(&s->map_lock);
    return mended;
}

static int
begin_once(struct lmdb_store *s, bool reading, MDB_txn **out)
{
    int rc = MDB_PANIC;

    pthread_rwlock_rdlock(&s->map_lock);
    if (reading)
        pthread_mutex_lock(&s->tail_lock);
    if (s->env != NULL)
        rc = mdb_txn_begin(s->env, NULL, reading ? MDB_RDONLY : 0, out);
    if (rc == 0)
        return 0;
    if (reading)
        pthread_mutex_unlock(&s->tail_lock);
    pthread_rwlock_unlock(&s->map_lock);
    return rc;
}

static int
begin(struct lmdb_store *s, bool reading, MDB_txn **out)
{
    int rc = MDB_PANIC;

    for (int i = 0; i < BEGIN_TRIES; i++) {
        rc = begin_once(s, reading, out);
        if (rc == 0)
            return 0;
        rc = mend(s, rc);
        if (rc != 0)
            return rc;
    }
    return MDB_PANIC;
}

/* What was safe must not wait for room: where the map has none left it grows. */
static int
pay(struct lmdb_store *s, MDB_txn *txn)
{
    int rc = lmdb_redo_pay(s, txn);

    if (rc != 0)
        lmdb_abort(s, txn);
    else
        rc = lmdb_commit_txn(s, txn);
    return rc == MDB_MAP_FULL ? lmdb_grow(s) : rc;
}

int
lmdb_begin(struct lmdb_store *s, MDB_txn **out)
{
    bool is_owed;
    int rc;

    for (int i = 0;; i++) {
        rc = begin(s, false, out);
        if (rc != 0)
            return rc;
        rc = lmdb_redo_is_owed(s, *out, &is_owed);
        if (rc == 0 && !is_owed)
            return 0;
        if (rc == 0 && i < PAY_TRIES)
            rc = pay(s, *out);
        else
            lmdb_abort(s, *out);
        if (rc != 0 || i == PAY_TRIES)
            return rc != 0 ? rc : MDB_MAP_FULL;
    }
}

int
lmdb_begin_reading(struct lmdb_store *s, MDB_txn **out)
{
    int rc = begin(s, true, out);

    if (rc != 0)
        return rc;
    rc = lmdb_catch_up(s, *out);
    if (rc != 0)
        lmdb_end_reading(s, *out);
    return rc;
}

void
lmdb_end_reading(struct lmdb_store *s, MDB_txn *txn)
{
    mdb_txn_abort(txn);
    pthread_mutex_unlock(&s->tail_lock);
    pthread_rwlock_unlock(&s->map_lock);
}

/* One that writes nothing syncs nothing, and takes no number. */
int
lmdb_commit_txn(struct lmdb_store *s, MDB_txn *txn)
{
    size_t id = mdb_txn_id(txn);
    int rc = mdb_txn_commit(txn);
    MDB_envinfo info;

    mdb_env_info(s->env, &info);
    if (rc != 0)
        s->redo.is_sound = false;
    else if (info.me_last_txnid == id)
        s->redo.is_sound = true;
    pthread_rwlock_unlock(&s->map_lock);
    return rc;
}

int
lmdb_settle(struct lmdb_store *s)
{
    MDB_txn *txn;
    int rc = lmdb_begin(s, &txn);

    if (rc == 0)
        lmdb_abort(s, txn);
    return rc;
}

void
lmdb_abort(struct lmdb_store *s, MDB_txn *txn)
{
    mdb_txn_abort(txn);
    pthread_rwlock_unlock(&s->map_lock);
}

int
lmdb_grow(struct lmdb_store *s)
{
    MDB_envinfo info;
    size_t more, page = (size_t)sysconf(_SC_PAGESIZE);
    int rc;

    pthread_rwlock_wrlock(&s->map_lock);
    mdb_env_info(s->env, &info);
    more = info.me_mapsize / 10 / page * page + page;
    rc = mdb_env_set_mapsize(s->env, info.me_mapsize + more);
    pthread_rwlock_unlock(&s->map_lock);
    if (rc == 0)
        note(s, "the map was too full to remove from: grown by %zu octets (%s)", more,
             s->place);
    return rc;
}
