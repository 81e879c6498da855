/* store_subject - a store under measurement: the server's engine, or LMDB with nothing on it.
 *
 * Messages are numbered from 1, and put and removed in that order. What is prepared is not
 * measured; what is committed is on stable storage when commit returns. Errors end the
 * program.
 */
#ifndef BENCH_MICRO_STORE_SUBJECT_H
#define BENCH_MICRO_STORE_SUBJECT_H

#include <stdint.h>

enum {
    SUBJECT_PAGE = 32,    /* messages of a page */
    SUBJECT_BATCH = 1024, /* messages of a commit at most */
};

struct store_subject {
    const char *name;
    /* `users` share the messages. The directory is there, and empty at first. */
    void *(*open)(const char *directory, uint64_t map_bytes, uint64_t users);
    void (*close)(void *self);
    void (*prepare_puts)(void *self, uint64_t first, uint32_t count);
    void (*prepare_removals)(void *self, uint64_t first, uint32_t count);
    void (*commit)(void *self);
    /* The same for somebody who waits; returns when all was on stable storage, which may be
     * before the commit was done: seconds of the monotonic clock. */
    double (*commit_asked)(void *self);
    /* Up to SUBJECT_PAGE messages of him whose message `number` is; of raw LMDB, which knows
     * no users, those from that number on. Returns how many. */
    uint32_t (*read_page)(void *self, uint64_t number);
    void (*get)(void *self, uint64_t number);
    /* Housekeeping, until there is nothing left to do. NULL: needs none. */
    void (*tidy)(void *self);
};

extern const struct store_subject store_ours;

/* One table, keys of eight octets that grow, the records as ours has them; MDB_APPEND. */
extern const struct store_subject store_raw;

#endif
