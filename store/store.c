#include "store/store.h"

#include <signal.h>
#include <stdio.h>

static _Thread_local volatile sig_atomic_t at_work;

static const struct store_engine *const engines[] = { &lmdb_engine };

static const struct store_engine *
engine_of(const char *url, const char **place)
{
    for (size_t i = 0; i < sizeof engines / sizeof engines[0]; i++) {
        size_t len = strlen(engines[i]->scheme);

        if (strncmp(url, engines[i]->scheme, len) != 0 || url[len] != ':')
            continue;
        *place = url + len + 1;
        return engines[i];
    }
    return NULL;
}

bool
store_is_at_work(void)
{
    return at_work != 0;
}

/* What an engine answered, once it has come back. */
static enum store_status
back(enum store_status status)
{
    at_work = 0;
    return status;
}

/* The engine that is called next. */
static const struct store_engine *
engine_at_work(const struct store_engine *engine)
{
    at_work = 1;
    return engine;
}

enum store_status
store_open(const char *url, struct store_options *options, struct store **out, char *why,
           size_t why_room)
{
    const struct store_engine *engine = engine_of(url, &options->place);

    if (engine == NULL || options->place[0] == '\0') {
        /* The url may hold a password: no more of it than its scheme is shown. */
        snprintf(why, why_room, "no store \"%.*s\": only lmdb:DIRECTORY is known",
                 (int)strcspn(url, ":"), url);
        return STORE_FAILED;
    }
    return back(engine_at_work(engine)->open(options, out, why, why_room));
}

enum store_status
store_commit(struct store *store, struct batch *batch, int64_t now_s)
{
    return back(engine_at_work(store->engine)->commit(store, batch, now_s));
}

enum store_status
store_read(struct store *store, struct read_request *requests, size_t count)
{
    return back(engine_at_work(store->engine)->read(store, requests, count));
}

enum store_status
store_get(struct store *store, uint64_t id, struct page *out)
{
    return back(engine_at_work(store->engine)->get(store, id, out));
}

enum store_status
store_tidy(struct store *store, int64_t now_s, bool expire, uint32_t bound,
           struct tidy_result *out)
{
    return back(engine_at_work(store->engine)->tidy(store, now_s, expire, bound, out));
}

enum store_status
store_facts(struct store *store, int64_t now_s, struct store_facts *out)
{
    return back(engine_at_work(store->engine)->facts(store, now_s, out));
}

enum store_status
store_bindings(struct store *store, void *visitor,
               bool (*visit)(void *visitor, struct slice aor, struct slice value))
{
    return back(engine_at_work(store->engine)->bindings(store, visitor, visit));
}

enum store_status
store_repeats(struct store *store, int64_t now_s, void *visitor,
              void (*visit)(void *visitor, const struct hash128 *origin))
{
    return back(engine_at_work(store->engine)->repeats(store, now_s, visitor, visit));
}

enum store_status
store_verify(struct store *store, void *visitor,
             void (*found)(void *visitor, const struct store_finding *finding),
             struct store_verdict *out)
{
    return back(engine_at_work(store->engine)->verify(store, visitor, found, out));
}

const char *
store_why(const struct store *store)
{
    return store->engine->why(store);
}

void
store_close(struct store *store)
{
    if (store != NULL)
        store->engine->close(store);
}
