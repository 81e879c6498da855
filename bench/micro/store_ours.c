#include "bench/micro/memory.h"
#include "bench/micro/stopwatch.h"
#include "bench/micro/store_subject.h"
#include "bench/micro/stored.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    TIDY_STEP = 512, /* as the server's */
    PAGE_BYTES = 32768,
};

struct ours {
    struct store *store;
    struct batch batch;
    uint64_t users, first_put;
    double safe_s; /* when the last commit was; 0: not before it was done */
};

static void
must(const struct ours *o, enum store_status status)
{
    if (status == STORE_OK)
        return;
    fprintf(stderr, "sipsilo's store: %s\n", store_why(o->store));
    exit(1);
}

static void
must_be(bool so, const char *what)
{
    if (so)
        return;
    fprintf(stderr, "sipsilo's store: %s\n", what);
    exit(1);
}

static void *
ours_open(const char *directory, uint64_t map_bytes, uint64_t users)
{
    struct store_options options = { .prefix = "silo",
                                     .map_bytes = map_bytes,
                                     .now_s = STORED_NOW_S };
    struct ours *o = memory_take(1, sizeof *o);
    char url[1024], why[512];

    batch_init(&o->batch);
    o->users = users;
    snprintf(url, sizeof url, "lmdb:%s", directory);
    must_be(store_open(url, &options, &o->store, why, sizeof why) == STORE_OK, why);
    return o;
}

static void
ours_close(void *self)
{
    struct ours *o = self;

    store_close(o->store);
    batch_free(&o->batch);
    free(o);
}

static void
ours_prepare_puts(void *self, uint64_t first, uint32_t count)
{
    struct ours *o = self;
    struct stored stored;

    batch_reset(&o->batch);
    o->first_put = first;
    for (uint32_t i = 0; i < count; i++) {
        stored_make(&stored, first + i, o->users);
        must_be(batch_put(&o->batch, &stored.record) != NULL, "batch_put");
    }
}

static void
ours_prepare_removals(void *self, uint64_t first, uint32_t count)
{
    struct ours *o = self;

    batch_reset(&o->batch);
    for (uint32_t i = 0; i < count; i++)
        must_be(batch_remove(&o->batch, first + i, NULL), "batch_remove");
}

static void
ours_commit(void *self)
{
    struct ours *o = self;

    must(o, store_commit(o->store, &o->batch, STORED_NOW_S));
    for (size_t i = 0; i < o->batch.put_count; i++)
        must_be(o->batch.puts[i].result == PUT_STORED &&
                    o->batch.puts[i].id == o->first_put + i,
                "refuses a message, or numbers it otherwise");
}

static void
note_safe(void *self)
{
    struct ours *o = self;

    o->safe_s = stopwatch_clock_s(CLOCK_MONOTONIC);
}

static double
ours_commit_asked(void *self)
{
    struct ours *o = self;

    o->safe_s = 0;
    o->batch.safe = note_safe;
    o->batch.safe_self = o;
    ours_commit(o);
    return o->safe_s > 0 ? o->safe_s : stopwatch_clock_s(CLOCK_MONOTONIC);
}

static uint32_t
ours_read_page(void *self, uint64_t number)
{
    struct ours *o = self;
    struct stored stored;
    struct read_request r = { .now_s = STORED_NOW_S,
                              .max_messages = SUBJECT_PAGE,
                              .max_bytes = PAGE_BYTES };
    uint32_t count;

    stored_make(&stored, number, o->users);
    r.aor = stored.record.aor;
    must(o, store_read(o->store, &r, 1));
    must(o, r.status);
    count = r.page.count;
    page_free(&r.page);
    return count;
}

static void
ours_get(void *self, uint64_t number)
{
    struct ours *o = self;
    struct page page = { .bytes = NULL };

    must(o, store_get(o->store, number, &page));
    page_free(&page);
}

static void
ours_tidy(void *self)
{
    struct ours *o = self;
    struct tidy_result result;

    do
        must(o, store_tidy(o->store, STORED_NOW_S, false, TIDY_STEP, &result));
    while (result.more);
}

const struct store_subject store_ours = {
    .name = "sipsilo",
    .open = ours_open,
    .close = ours_close,
    .prepare_puts = ours_prepare_puts,
    .prepare_removals = ours_prepare_removals,
    .commit = ours_commit,
    .commit_asked = ours_commit_asked,
    .read_page = ours_read_page,
    .get = ours_get,
    .tidy = ours_tidy,
};
