#include "store/lmdb_tables.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static void
close_store(struct store *store)
{
    struct lmdb_store *s = (struct lmdb_store *)store;

    if (s->env != NULL && s->role == STORE_SERVER)
        mdb_env_sync(s->env,
                     1); /* the last meta page: data.mdb is whole by itself then */
    if (s->env != NULL)
        mdb_env_close(s->env);
    if (s->server_lock >= 0)
        close(s->server_lock);
    lmdb_redo_close(s);
    tail_free(&s->tail);
    tail_free(&s->staged);
    repeats_free(&s->repeats);
    repeats_free(&s->staged_repeats);
    tallies_free(&s->tallies);
    free(s->fold.items);
    pthread_rwlock_destroy(&s->map_lock);
    pthread_mutex_destroy(&s->tail_lock);
    pthread_mutex_destroy(&s->why_lock);
    free(s->place);
    free(s);
}

static struct lmdb_store *
new_store(const struct store_options *options)
{
    struct lmdb_store *s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    s->place = strdup(options->place);
    if (s->place == NULL) {
        free(s);
        return NULL;
    }
    s->base.engine = &lmdb_engine;
    snprintf(s->prefix, sizeof s->prefix, "%s", options->prefix);
    s->role = options->role;
    s->now_s = options->now_s;
    s->map_bytes = options->map_bytes;
    s->fold_at = options->fold_at == 0 ? FOLD_AT_DEFAULT : options->fold_at;
    s->server_lock = -1;
    s->redo.fd = -1;
    pthread_rwlock_init(&s->map_lock, NULL);
    pthread_mutex_init(&s->tail_lock, NULL);
    pthread_mutex_init(&s->why_lock, NULL);
    return s;
}

/* An open that fails, with a line of its own. */
struct opening {
    struct lmdb_store *s;
    char *why;
    size_t why_room;
};

static enum store_status
say(const struct opening *o, enum store_status status, const char *what)
{
    snprintf(o->why, o->why_room, "store %s: %s", o->s->place, what);
    return status;
}

static enum store_status
say_errno(const struct opening *o, const char *what)
{
    int code = errno;

    snprintf(o->why, o->why_room, "store %s: %s: %s", o->s->place, what, strerror(code));
    return lmdb_status(o->s, code);
}

/* `sync` is fsync or, where there is no right to read the directory above, syncfs. */
static int
sync_directory(const char *path, int (*sync)(int fd))
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc;

    if (fd < 0)
        return -1;
    rc = sync(fd);
    close(fd);
    return rc;
}

/* The place where a file system is mounted is no name in the one above. */
static int
sync_parent(const char *path)
{
    char *parent = malloc(strlen(path) + 4);
    struct stat here, above;
    int rc;

    if (parent == NULL)
        return -1;
    sprintf(parent, "%s/..", path);
    rc = stat(path, &here) != 0 ? -1 : stat(parent, &above);
    if (rc == 0 && here.st_dev == above.st_dev)
        rc = sync_directory(parent, fsync);
    free(parent);
    return rc != 0 && errno == EACCES ? sync_directory(path, syncfs) : rc;
}

/* A name is on the disk when the directory that it is in is. This one may have been made just
 * before, by somebody who did not wait for that. */
static enum store_status
sync_names(const struct opening *o)
{
    const char *place = o->s->place;

    return sync_directory(place, fsync) == 0 && sync_parent(place) == 0
               ? STORE_OK
               : say_errno(o, "cannot sync the directory");
}

/* It makes nothing, and takes no lock. */
static bool
is_command(const struct lmdb_store *s)
{
    return s->role == STORE_COMMAND || s->role == STORE_VERIFY;
}

static enum store_status
find_directory(const struct opening *o)
{
    const char *place = o->s->place;
    struct stat st;

    if (stat(place, &st) == 0) {
        if (!S_ISDIR(st.st_mode))
            return say(o, STORE_FAILED, "not a directory");
        if (access(place, R_OK | W_OK | X_OK) != 0)
            return say_errno(o, "no right to read and write it");
        return STORE_OK;
    }
    if (errno == ENOENT && is_command(o->s))
        return say(o, STORE_NOT_FOUND, "there is none");
    if (errno != ENOENT)
        return say_errno(o, "cannot look at it");
    if (mkdir(place, 0700) != 0 && errno != EEXIST)
        return say_errno(o, "cannot make the directory");
    return STORE_OK;
}

/* flock, not fcntl: it stays when another descriptor of this file is closed, and two stores
 * in one process exclude each other, which LMDB demands anyway. */
static enum store_status
take_server_lock(const struct opening *o)
{
    struct lmdb_store *s = o->s;
    char *path;

    if (is_command(s))
        return STORE_OK;
    path = lmdb_path(s, "server.lock");
    if (path == NULL)
        return say(o, STORE_NO_MEMORY, "out of memory");
    s->server_lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    free(path);
    if (s->server_lock < 0)
        return say_errno(o, "cannot open server.lock");
    if (flock(s->server_lock, LOCK_EX | LOCK_NB) == 0)
        return STORE_OK;
    if (errno != EWOULDBLOCK)
        return say_errno(o, "cannot lock server.lock");
    close(s->server_lock);
    s->server_lock = -1;
    if (s->role == STORE_IMPORT)
        return STORE_OK;
    return say(o, STORE_BUSY, "another server has it open");
}

/* A command makes nothing, not even LMDB's files. */
static enum store_status
find_data(const struct opening *o)
{
    char *path = lmdb_path(o->s, "data.mdb");
    enum store_status status = STORE_OK;
    struct stat st;

    if (path == NULL)
        return say(o, STORE_NO_MEMORY, "out of memory");
    if (stat(path, &st) == 0) {
        if (!S_ISREG(st.st_mode))
            status = say(o, STORE_DAMAGED, "data.mdb is not a file");
        else if (st.st_size == 0 && is_command(o->s))
            status = say(o, STORE_NOT_FOUND, "data.mdb is empty");
    } else if (errno != ENOENT) {
        status = say_errno(o, "cannot look at data.mdb");
    } else if (is_command(o->s)) {
        status = say(o, STORE_NOT_FOUND, "there is none in that directory");
    }
    free(path);
    return status;
}

static enum store_status
say_lmdb(const struct opening *o, int rc)
{
    enum store_status status = lmdb_status(o->s, rc);

    if (status == STORE_DAMAGED)
        return say(o, status, "data.mdb is damaged, or is no LMDB file");
    if (status == STORE_NEWER)
        return say(o, status, "made by a newer version");
    return say(o, status, mdb_strerror(rc));
}

static bool
has_data(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && st.st_size > 0;
}

static enum store_status
make_file(const struct opening *o, const char *path, const char *being_made)
{
    int rc;

    unlink(being_made);
    lmdb_redo_forget(o->s);
    rc = lmdb_env_make(o->s, being_made);
    if (rc == 0 && rename(being_made, path) != 0)
        rc = errno;
    if (rc == 0)
        return STORE_OK;
    unlink(being_made);
    return say_lmdb(o, rc);
}

/* LMDB does not sync the first pages of a new file: after a power failure it might be there,
 * as long as it should be, without them, and never open again. So it gets its name when it is
 * whole and synced. The directory is locked, since an import may be making it as well. */
static enum store_status
make_data(const struct opening *o)
{
    char *path = lmdb_path(o->s, "data.mdb"),
         *being_made = lmdb_path(o->s, "data.mdb.new");
    int directory = open(o->s->place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum store_status status = STORE_OK;

    if (path == NULL || being_made == NULL)
        status = say(o, STORE_NO_MEMORY, "out of memory");
    else if (directory < 0 || flock(directory, LOCK_EX) != 0)
        status = say_errno(o, "cannot lock the directory");
    else if (!has_data(path))
        status = make_file(o, path, being_made);
    if (directory >= 0)
        close(directory);
    free(path);
    free(being_made);
    return status;
}

/* What LMDB would trip over is found before it looks. */
static enum store_status
start_env(const struct opening *o)
{
    char why[WHY_MAX];
    const char *fault = lmdb_file_fault(o->s);
    int rc;

    if (fault != NULL) {
        snprintf(why, sizeof why, "data.mdb is damaged, or is no LMDB file: %s", fault);
        return say(o, STORE_DAMAGED, why);
    }
    rc = lmdb_env_start(o->s);
    if (rc == 0 && o->s->role == STORE_VERIFY)
        return STORE_OK;
    if (rc == 0)
        rc = lmdb_check_pages(o->s, why, sizeof why);
    if (rc == MDB_CORRUPTED)
        return say(o, STORE_DAMAGED, why);
    if (rc != 0)
        return say_lmdb(o, rc);
    rc = lmdb_check_length(o->s);
    if (rc == MDB_CORRUPTED)
        return say(o, STORE_DAMAGED, "data.mdb is cut short");
    return rc == 0 ? STORE_OK : say_lmdb(o, rc);
}

/* The first meta, in a store that has nothing else. */
static int
make_meta(struct lmdb_store *s, MDB_txn *txn, const struct hash_key *secret)
{
    struct meta meta = { .secret = *secret };
    MDB_stat stat;
    int rc = mdb_stat(txn, s->tables[TABLE_MESSAGES], &stat);

    if (rc == 0 && stat.ms_entries > 0)
        rc = MDB_INVALID;
    return rc == 0 ? lmdb_meta_write(s, txn, &meta) : rc;
}

/* Tables and meta in one transaction: a command that comes between would find a store that
 * contradicts itself. */
static int
make_store(struct lmdb_store *s, const struct hash_key *secret)
{
    struct meta meta;
    MDB_txn *txn;
    int rc = lmdb_begin(s, &txn);

    if (rc != 0)
        return rc;
    rc = lmdb_open_tables(s, txn, MDB_CREATE);
    if (rc == 0)
        rc = lmdb_meta_read(s, txn, &meta);
    if (rc == MDB_NOTFOUND)
        rc = make_meta(s, txn, secret);
    if (rc == 0)
        return lmdb_commit_txn(s, txn);
    lmdb_abort(s, txn);
    return rc;
}

/* The secret first: the tail is keyed with it. */
static int
load(struct lmdb_store *s)
{
    struct meta meta;
    MDB_txn *txn;
    int rc = lmdb_begin(s, &txn);

    if (rc != 0)
        return rc;
    rc = lmdb_meta_read(s, txn, &meta);
    lmdb_abort(s, txn);
    if (rc != 0)
        return rc == MDB_NOTFOUND ? MDB_INVALID : rc;
    s->base.secret = meta.secret;
    rc = lmdb_begin_reading(s, &txn);
    if (rc == 0)
        lmdb_end_reading(s, txn);
    return rc;
}

static enum store_status
open_tables(const struct opening *o, const struct hash_key *secret)
{
    struct lmdb_store *s = o->s;
    int rc = lmdb_redo_open(s);

    if (rc != 0) {
        errno = rc;
        return say_errno(o, "cannot open commit.redo");
    }
    rc = lmdb_find_tables(s);
    if (rc == MDB_NOTFOUND && s->role == STORE_COMMAND)
        return say(o, STORE_NOT_FOUND, "it has no tables of that name");
    if (rc == MDB_NOTFOUND || rc == 0) {
        if (s->role != STORE_COMMAND)
            rc = make_store(s, secret);
    }
    if (rc == 0)
        rc = load(s);
    return rc == 0 ? STORE_OK : say_lmdb(o, rc);
}

static enum store_status
open_store(const struct store_options *options, struct store **out, char *why,
           size_t why_room)
{
    struct opening o = { new_store(options), why, why_room };
    enum store_status status;

    if (o.s == NULL) {
        snprintf(why, why_room, "store %s: out of memory", options->place);
        return STORE_NO_MEMORY;
    }
    status = strlen(options->prefix) < PREFIX_MAX
                 ? find_directory(&o)
                 : say(&o, STORE_FAILED, "the tables' name is too long");
    if (status == STORE_OK)
        status = find_data(&o);
    if (status == STORE_OK)
        status = take_server_lock(&o);
    if (status == STORE_OK && !is_command(o.s))
        status = make_data(&o);
    if (status == STORE_OK)
        status = start_env(&o);
    if (status == STORE_OK && o.s->role != STORE_VERIFY)
        status = open_tables(&o, &options->secret);
    if (status == STORE_OK && !is_command(o.s))
        status = sync_names(&o);
    if (status != STORE_OK) {
        close_store(&o.s->base);
        return status;
    }
    *out = &o.s->base;
    return STORE_OK;
}

const struct store_engine lmdb_engine = {
    .scheme = "lmdb",
    .open = open_store,
    .commit = lmdb_commit,
    .read = lmdb_read,
    .get = lmdb_get,
    .tidy = lmdb_tidy,
    .facts = lmdb_facts,
    .bindings = lmdb_bindings,
    .repeats = lmdb_repeats,
    .verify = lmdb_verify,
    .why = lmdb_why,
    .close = close_store,
};
