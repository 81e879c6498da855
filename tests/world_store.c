#include "tests/world_store.h"

#include "tests/world.h"

#include <assert.h>
#include <unistd.h>

static const char *
memory_directory(void)
{
    return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

void
world_store_make(struct world *w, const struct world_storage *storage)
{
    bool ok = true;

    w->storing.storage = *storage;
    if (storage->is_lmdb)
        ok = own_directory_make(w->storing.directory, memory_directory());
    else
        w->contents = memory_contents_new();
    assert(ok);
}

void
world_store_free(struct world *w)
{
    if (w->contents != NULL)
        memory_contents_free(w->contents);
    else
        own_directory_remove(w->storing.directory);
}

static enum store_status
open_as(struct world *w, enum store_role role, const struct hash_key *secret)
{
    struct store_options options = { .place = w->storing.directory,
                                     .prefix = "silo",
                                     .map_bytes = w->settings.map_bytes,
                                     .role = role,
                                     .secret = *secret,
                                     .now_s = w->now.s,
                                     .fold_at = w->storing.storage.fold_at };
    char why[WORLD_FAILURE];
    enum store_status status =
        w->contents != NULL
            ? memory_store_open(w->contents, &options, &w->store, why, sizeof why)
            : lmdb_engine.open(&options, &w->store, why, sizeof why);

    if (status != STORE_OK)
        world_fail(w, "store: does not open: %s", why);
    return status;
}

void
world_store_open(struct world *w, const struct hash_key *secret)
{
    enum store_status status = open_as(w, STORE_SERVER, secret);

    assert(status == STORE_OK);
}

static void
found(void *visitor, const struct store_finding *finding)
{
    world_fail(visitor, "store: %s %llu: %s", finding->table,
               (unsigned long long)finding->id, finding->what);
}

/* LMDB forbids a second environment in one process, so a store is looked at when nobody has
 * it. */
static void
look_at_it(struct world *w)
{
    const struct hash_key none = { { 0 } };
    struct store_verdict verdict;

    if (open_as(w, STORE_VERIFY, &none) != STORE_OK)
        return;
    if (store_verify(w->store, w, found, &verdict) != STORE_OK)
        world_fail(w, "store: cannot be verified: %s", store_why(w->store));
    else if (w->watch.verified != NULL)
        w->watch.verified(w->watch.self, &verdict);
    store_close(w->store);
}

void
world_store_close(struct world *w)
{
    store_close(w->store);
    look_at_it(w);
    w->store = NULL;
}

bool
world_store_has(struct world *w, uint64_t id)
{
    struct page page = { 0 };
    enum store_status status;

    if (w->contents != NULL)
        return memory_contents_find(w->contents, id) != NULL;
    status = store_get(w->store, id, &page);
    page_free(&page);
    if (status != STORE_OK && status != STORE_NOT_FOUND)
        world_fail(w, "store: %llu cannot be read: %s", (unsigned long long)id,
                   store_why(w->store));
    return status == STORE_OK;
}
