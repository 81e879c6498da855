/* memory_store - a store in plain arrays, walked from end to end: the engine of the simulated
 * world, and the model that real engines are compared with.
 *
 * Shape   The contents are apart from the open store: a server dies and its store is closed,
 *         the contents stay, as a disk does.
 * Order   Of one batch removals come first, then puts, each seeing those before it.
 * Memory  Contents are freed by memory_contents_free, after the last store was closed. With
 *         memory_engine.open the store has contents of its own that end with it.
 */
#ifndef TESTS_MEMORY_STORE_H
#define TESTS_MEMORY_STORE_H

#include "store/store.h"

enum {
    MEMORY_ORIGIN_WINDOW_S = 64, /* a repeated request comes within two timers F */
};

struct memory_message {
    uint64_t id;
    int64_t exp_time_s;
    uint64_t body_bytes;
    struct slice aor;
    struct slice value;
    char *bytes; /* owned: both */
};

struct memory_origin {
    struct hash128 origin;
    int64_t until_s;
    bool is_import; /* was put to be remembered */
};

struct memory_binding {
    struct slice aor;
    struct slice value;
    char *bytes; /* owned: both */
};

struct memory_contents {
    bool is_made;        /* by a first open that was not a command's */
    bool has_server;     /* open with STORE_SERVER */
    int64_t window_s;    /* how long an origin is known; INT64_MAX: for ever */
    uint64_t room_bytes; /* PUT_NO_SPACE beyond; 0: no bound */
    struct hash_key secret;
    uint64_t last_id;
    struct memory_message *messages; /* owned; by id */
    size_t message_count, message_room;
    struct memory_origin *origins; /* owned */
    size_t origin_count, origin_room;
    struct memory_binding *bindings; /* owned */
    size_t binding_count, binding_room;
};

struct memory_contents *
memory_contents_new(void);

void
memory_contents_free(struct memory_contents *contents);

/* A second one that holds the same; no server has it. */
struct memory_contents *
memory_contents_copy(const struct memory_contents *contents);

extern const struct store_engine memory_engine;

/* As memory_engine.open, on contents that outlive the store. */
enum store_status
memory_store_open(struct memory_contents *contents, const struct store_options *options,
                  struct store **out, char *why, size_t why_room);

/* The waiting message of that id; NULL when there is none. */
const struct memory_message *
memory_contents_find(const struct memory_contents *contents, uint64_t id);

#endif
