/* stores - a store in a directory of its own for a test, and short words to use it. */
#ifndef TESTS_STORES_H
#define TESTS_STORES_H

#include "store/store.h"
#include "tests/own_directory.h"

#include <sys/types.h>

enum {
    NOW = 1000000, /* seconds; where a test's clock begins */
    LATER = NOW + 3600,
};

struct stores {
    char directory[OWN_DIRECTORY_PATH];
    char url[300];
    struct store_options options;
    struct store *store;
    struct batch batch;
    int64_t now_s;
    uint64_t origins; /* so many were given out */
    char why[300];
};

/* As cmocka's setup and teardown; *state is a struct stores, not opened. */
int
stores_setup(void **state);

int
stores_teardown(void **state);

enum store_status
stores_open(struct stores *t, enum store_role role);

/* Opens as a server; asserts that it works. */
void
stores_open_server(struct stores *t);

/* Closes and opens again as a server. */
void
stores_reopen(struct stores *t);

/* Adds one put to the batch, with an origin of its own. */
struct put *
stores_put(struct stores *t, const char *aor, const char *body, int64_t exp_time_s);

/* Commits the batch, asserts that it works, and leaves it readable until the next put. */
void
stores_commit(struct stores *t);

/* One message stored: its id. */
uint64_t
stores_store(struct stores *t, const char *aor, const char *body);

void
stores_remove(struct stores *t, uint64_t id);

/* The bodies of an AoR's messages, joined by blanks, read in pages of `page` messages; NULL
 * for all AoRs. Static memory. */
const char *
stores_bodies(struct stores *t, const char *aor, uint32_t page);

/* Tidies until there is no more to do: what expired. */
uint64_t
stores_tidy(struct stores *t, bool expire, uint32_t bound);

struct store_facts
stores_facts(struct stores *t);

/* Where `what` lies in the data file, from `from` on; -1: nowhere. */
off_t
stores_find(const struct stores *t, const void *what, size_t len, off_t from);

/* Puts one octet in place of the first of every occurrence: how many there were. */
int
stores_damage(const struct stores *t, const char *what, char octet);

/* Stores three for an AoR and opens again with the second, id 2, damaged; folded before that,
 * or not. */
void
stores_damaged_second(struct stores *t, const char *aor, bool folded);

/* An empty directory again; the store is closed. */
void
stores_remove_files(struct stores *t);

struct hash128
stores_origin(uint64_t n);

struct slice
text(const char *s);

#endif
