/* store - messages that wait for their recipient, behind one interface.
 *
 * Shape   Messages have growing ids; an AoR's are read oldest first. A batch is committed
 *         whole, on stable storage, or not at all; single puts of it may be refused, each
 *         with its own result.
 * Units   Times are seconds since 1970 UTC, given by the caller; no clock is read.
 * Errors  enum store_status. After anything but STORE_OK nothing has changed, but for a batch
 *         that was told to be safe. store_why has the words for a log line.
 * Threads store_commit and store_tidy by one thread at a time; store_read and store_facts
 *         by another one meanwhile. All of them block: call them off the loop.
 * Memory  Nothing given is kept.
 * Source  RFC 3428 7 (202, Expires); contract of 202: commit, then answer.
 *
 * Another process may have the same store open (the commands do while the server runs):
 * what it writes is seen by the next call.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "store/batch.h"

enum store_status {
    STORE_OK,
    STORE_NOT_FOUND, /* of one id; or a command found no store */
    STORE_FULL,      /* disk or map: removing may help; a later commit may work again */
    STORE_FAILED,    /* the disk reports errors, or there are no rights */
    STORE_DAMAGED,   /* not a store, or its own tables contradict themselves */
    STORE_NEWER,     /* made by a newer version of sipsilo */
    STORE_BUSY,      /* another server has it */
    STORE_NO_MEMORY,
};

enum store_role {
    STORE_SERVER, /* one process only: folds, expires, makes the store if there is none */
    STORE_COMMAND, /* any number beside it; NOT_FOUND if there is no store */
    STORE_IMPORT,  /* a command that makes the store if there is none */
    STORE_VERIFY, /* as a command, and it may be damaged: store_verify and store_read alone;
                     what a commit that was told to be safe still owes is not seen */
};

struct store_options {
    const char *place;  /* behind "lmdb:": a directory */
    const char *prefix; /* of the names of its tables: msilo.db_table */
    uint64_t map_bytes; /* upper bound of the store */
    enum store_role role;
    struct hash_key
        secret; /* random; kept in a store that is made now, else not looked at */
    int64_t now_s;
    uint32_t
        fold_at; /* fold when so many messages are not in the indexes, or up to four times as
                    many where many are; 0: the default */
};

/* A page of records, oldest first: encoded, so that a page is one block. */
struct page {
    char *bytes; /* owned */
    size_t len, room;
    uint32_t count;
};

/* Walks a page: starts with *offset 0; false at the end. */
bool
page_next(const struct page *page, size_t *offset, struct record *out);

/* For engines. False: out of memory; the page is as before. */
bool
page_add(struct page *page, uint64_t id, struct slice value);

void
page_free(struct page *page);

struct read_request {
    struct slice aor;      /* absent: all messages of all AoRs, by id */
    uint64_t after;        /* only ids above it */
    int64_t now_s;         /* expired ones are left out */
    uint32_t max_messages; /* at least 1 */
    size_t max_bytes;      /* stop when the page holds so many; one message always fits */
    void *owner;

    enum store_status status;
    struct page page;    /* owned by the request's owner: page_free */
    bool at_end;         /* nothing lies behind this page */
    uint32_t damaged;    /* records passed over since their checksum is wrong */
    uint64_t damaged_id; /* the last of them */
    bool is_incomplete;  /* STORE_VERIFY: some of the file could not be read */
};

struct tidy_result {
    uint64_t expired;    /* messages deleted since their time was over */
    bool more;           /* the bound was reached: call again */
    uint32_t damaged;    /* records met at start that nobody can be given */
    uint64_t damaged_id; /* the last of them */
};

struct store_facts {
    uint64_t messages, bytes; /* waiting; bytes of bodies */
    int64_t oldest_s;         /* inc_time of the oldest; 0: none */
    uint64_t map_used_bytes, map_bytes;
};

/* One thing that is wrong with a store. Its texts die when the visitor returns. */
struct store_finding {
    const char *table;
    uint64_t id;      /* the message's; 0: it is about something else */
    struct slice aor; /* absent: unknown */
    uint64_t page;    /* of the file; 0: it is about something else */
    const char *what;
};

struct store_verdict {
    uint64_t messages; /* not gone, expired or not */
    uint64_t damaged;  /* of them: cannot be read */
    uint64_t findings;
};

struct store;

/* What an engine fills. `open` sets *out on STORE_OK only. */
struct store_engine {
    const char *scheme; /* "lmdb" */
    enum store_status (*open)(const struct store_options *, struct store **out, char *why,
                              size_t why_room);
    enum store_status (*commit)(struct store *, struct batch *, int64_t now_s);
    enum store_status (*read)(struct store *, struct read_request *, size_t count);
    enum store_status (*get)(struct store *, uint64_t id, struct page *out);
    enum store_status (*tidy)(struct store *, int64_t now_s, bool expire, uint32_t bound,
                              struct tidy_result *out);
    enum store_status (*facts)(struct store *, int64_t now_s, struct store_facts *out);
    enum store_status (*bindings)(struct store *, void *visitor,
                                  bool (*visit)(void *visitor, struct slice aor,
                                                struct slice value));
    enum store_status (*repeats)(struct store *, int64_t now_s, void *visitor,
                                 void (*visit)(void *visitor,
                                               const struct hash128 *origin));
    enum store_status (*verify)(struct store *, void *visitor,
                                void (*found)(void *visitor,
                                              const struct store_finding *finding),
                                struct store_verdict *out);
    const char *(*why)(const struct store *);
    void (*close)(struct store *);
};

/* The first member of every engine's own struct. */
struct store {
    const struct store_engine *engine;
    struct hash_key secret; /* the same since the store was made */
};

extern const struct store_engine lmdb_engine;

/* Whether this thread is inside one of the functions below: for a handler of signals, since an
 * engine's library may trip over a damaged file. */
bool
store_is_at_work(void);

/* Opens the store that a url such as "lmdb:./silo.db" names; options->place is set from it.
 * On failure `why` holds one line for a person. */
enum store_status
store_open(const char *url, struct store_options *options, struct store **out, char *why,
           size_t why_room);

/* Writes puts, removals and bindings in one transaction and syncs it; sets each put's
 * result and id. A removal of an id that is gone already is no error. Where batch->safe was
 * called, the status says only whether reads see all of it by now: a later commit, or the next
 * to open the store, makes up for a failure. */
enum store_status
store_commit(struct store *store, struct batch *batch, int64_t now_s);

/* Fills every request's page and status. Requests share one read transaction, which ends
 * before the call returns. */
enum store_status
store_read(struct store *store, struct read_request *requests, size_t count);

/* One message, expired or not, into a page of one. */
enum store_status
store_get(struct store *store, uint64_t id, struct page *out);

/* One bounded step of housekeeping: making up for a commit that failed after it was safe, folding,
 * and with `expire` deleting what expired. */
enum store_status
store_tidy(struct store *store, int64_t now_s, bool expire, uint32_t bound,
           struct tidy_result *out);

enum store_status
store_facts(struct store *store, int64_t now_s, struct store_facts *out);

/* Shows every saved binding; a visitor that returns false ends it. */
enum store_status
store_bindings(struct store *store, void *visitor,
               bool (*visit)(void *visitor, struct slice aor, struct slice value));

/* Shows the origins of what was stored lately: those that a commit would call PUT_REPEATED. */
enum store_status
store_repeats(struct store *store, int64_t now_s, void *visitor,
              void (*visit)(void *visitor, const struct hash128 *origin));

/* Shows everything that is wrong with a store opened with STORE_VERIFY, and writes nothing. A
 * server may have it: what is said holds for a moment of its own each. STORE_OK: it has been
 * looked at, whatever was found. */
enum store_status
store_verify(struct store *store, void *visitor,
             void (*found)(void *visitor, const struct store_finding *finding),
             struct store_verdict *out);

/* Why the last call failed, for a log line. */
const char *
store_why(const struct store *store);

void
store_close(struct store *store);

#endif
