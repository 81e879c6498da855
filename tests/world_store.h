/* world_store - where a simulated world stores: it outlives the server, as a disk does.
 *
 * Shape   In memory, by the model that real engines are compared with, or by the LMDB engine
 *         in a directory of its own. There a death closes the environment, and the next server
 *         opens it: of a fold that was under way the file has what it had come to.
 *         Power that goes within a commit is what tests/test_power is for.
 * Failure The world's, once a call of the engine fails, and when store_verify finds something
 *         in what a server leaves.
 * Time    The directory lies in TMPDIR or in memory: nothing of it has to last, and a sync on
 *         a disk takes as long as hundreds of steps.
 */
#ifndef TESTS_WORLD_STORE_H
#define TESTS_WORLD_STORE_H

#include "parser/siphash.h"
#include "tests/own_directory.h"

#include <stdbool.h>
#include <stdint.h>

struct world;

struct world_storage {
    bool is_lmdb;
    uint32_t fold_at;   /* as in store_options */
    uint32_t tidy_step; /* records that a step of tidying touches; 0: LIMIT_TIDY_STEP */
};

struct world_store {
    struct world_storage storage;
    char directory[OWN_DIRECTORY_PATH]; /* of LMDB */
};

void
world_store_make(struct world *w, const struct world_storage *storage);

/* The store is closed. */
void
world_store_free(struct world *w);

/* For a server that starts: fills w->store. The secret is for a store that is made now. */
void
world_store_open(struct world *w, const struct hash_key *secret);

void
world_store_close(struct world *w);

/* Whether a message of that id waits, expired or not. The store is open. */
bool
world_store_has(struct world *w, uint64_t id);

#endif
