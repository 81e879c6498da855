/* batch - what one commit writes: puts, removals, saved bindings.
 *
 * Shape   Filled on the loop, committed by an engine off it, read again on the loop: never
 *         by two at once, but that both read what is safe while it is committed. Order of puts
 *         is order of ids.
 * Memory  One growing arena holds copies of all that is put in, and whatever the owners
 *         allocate beside it; batch_reset frees nothing but what exceeds BATCH_KEPT_BYTES.
 * Errors  A function that returns NULL or false is out of memory or bounds; the batch is as
 *         before.
 * Limits  BATCH_PUTS_MAX, BATCH_REMOVALS_MAX, BATCH_BINDINGS_MAX, BATCH_BYTES_MAX.
 */
#ifndef STORE_BATCH_H
#define STORE_BATCH_H

#include "store/record.h"

enum {
    BATCH_PUTS_MAX = 4096,
    BATCH_REMOVALS_MAX = 16384,
    BATCH_BINDINGS_MAX = 16384,
    BATCH_BYTES_MAX = 16 * 1024 * 1024,
    BATCH_KEPT_BYTES = 1024 * 1024,
};

enum put_result {
    PUT_STORED,
    PUT_REPEATED, /* the same origin is stored already, or was lately */
    PUT_AOR_FULL, /* max_messages or max_bytes of its AoR reached */
    PUT_NO_SPACE, /* the store is near its upper bound */
};

struct put {
    struct slice value; /* the encoded record */
    struct slice aor;
    int64_t exp_time_s;
    size_t body_bytes;
    struct hash128 origin;
    uint64_t max_messages; /* of this AoR, unexpired; 0: no limit */
    uint64_t max_bytes;    /* octets of bodies; 0: no limit */
    bool remember;         /* an import: the origin is known until exp_time_s */
    void *owner;           /* the caller's; not looked at */

    enum put_result result; /* set by the commit */
    uint64_t id;            /* of a stored one */
};

struct removal {
    uint64_t id;
    void *owner;
};

/* The bindings of one AoR, as one value of the caller's making; absent: none are left. */
struct saved_binding {
    struct slice aor;
    struct slice value;
    void *owner;

    enum put_result result; /* PUT_STORED, or PUT_NO_SPACE; taking away always works */
};

struct batch_block;

struct batch {
    struct put *puts; /* owned */
    size_t put_count, put_room;
    struct removal *removals; /* owned */
    size_t removal_count, removal_room;
    struct saved_binding *bindings; /* owned */
    size_t binding_count, binding_room;
    struct batch_block *blocks; /* owned */
    size_t bytes;

    /* Called by the thread that commits, within the commit and at most once: all of this is on
     * stable storage, and results are set, but a read may not see it yet. NULL: nobody is in
     * such a hurry. batch_reset forgets it. */
    void (*safe)(void *self);
    void *safe_self;
};

void
batch_init(struct batch *batch);

/* Empties it for the next use. */
void
batch_reset(struct batch *batch);

void
batch_free(struct batch *batch);

bool
batch_is_empty(const struct batch *batch);

/* Of a batch that was committed: whether the store had no room for something in it. */
bool
batch_lacked_room(const struct batch *batch);

/* Memory that lives until batch_reset, aligned for any type. */
void *
batch_alloc(struct batch *batch, size_t bytes);

/* Encodes the record into the batch. The caller then sets limits, remember and owner. */
struct put *
batch_put(struct batch *batch, const struct record *record);

bool
batch_remove(struct batch *batch, uint64_t id, void *owner);

bool
batch_save_binding(struct batch *batch, struct slice aor, struct slice value,
                   void *owner);

#endif
