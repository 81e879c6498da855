/* work - what is done to a store while its files are traced, and to a model beside it.
 *
 * Shape   Each operation leaves two marks in the trace: it began, it returned. From what was
 *         put in, the contents of the store at any cut can be made again in memory.
 */
#ifndef TESTS_POWER_WORK_H
#define TESTS_POWER_WORK_H

#include "tests/memory_store.h"
#include "tests/random.h"
#include "tests/stores.h"

enum {
    WORK_AORS = 5,
    WORK_BODY_MAX = 20000,
    WORK_LONG_S = 100000,
};

struct work_op {
    struct batch batch; /* owned; empty if it was no commit */
    int64_t now_s;
    uint32_t began, returned; /* marks; what is safe early has returned then */
};

struct work {
    struct stores *t; /* borrowed */
    struct random random;
    struct memory_contents *start;    /* owned: before the first of them */
    struct memory_contents *contents; /* owned: the model */
    struct store *model;              /* owned */
    struct work_op *ops;              /* owned */
    uint32_t count, room;
    uint64_t bodies;  /* the next one is made of it */
    uint64_t refused; /* so many puts and bindings were, for want of room */
};

extern const char *const work_aors[WORK_AORS];

/* The store is not opened yet. It holds these contents, which are the work's from now on. */
void
work_begin(struct work *w, struct stores *t, uint64_t seed,
           struct memory_contents *contents);

void
work_free(struct work *w);

/* Opens the store as a server; closes it before if it was open. */
void
work_open(struct work *w);

/* Into the batch: a message of so many octets, like no other, for so many seconds. */
struct put *
work_put(struct work *w, int aor, size_t size, int64_t seconds);

/* Into the batch: the removal of the n-th message that waits, if there are so many. */
void
work_remove(struct work *w, uint32_t n);

/* Into the batch: a value for the bindings of an AoR; size 0: none are left. */
void
work_bind(struct work *w, int aor, size_t size);

/* Store and model must answer the same. */
void
work_commit(struct work *w);

/* Takes out what the commit refused for want of room, of which the model knows nothing. How
 * many. */
size_t
work_drop_refused(struct batch *batch);

void
work_tidy(struct work *w, bool expire, uint32_t bound);

void
work_wait(struct work *w, int64_t seconds);

/* One drawn operation. */
void
work_step(struct work *w);

#endif
