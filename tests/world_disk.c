#include "tests/world.h"

#include <assert.h>
#include <stdlib.h>

/* An event for one server: its successor does not know of it. */
struct disk_event {
    struct event event;
    uint32_t life;
};

static void
after_a_while(struct world *w, void (*fire)(void *, struct event *))
{
    uint32_t jitter = random_below(&w->random, w->faults.jitter_ms + 1);
    struct disk_event *event =
        world_later(w, w->faults.delay_ms + jitter, sizeof *event, fire);

    event->life = w->life;
}

static bool
is_stale(const struct world *w, const struct event *event)
{
    return w->server == NULL ||
           ((const struct disk_event *)(const void *)event)->life != w->life;
}

static void
commit_reported(void *world, struct event *event)
{
    struct world *w = world;
    struct batch *batch = w->disk.batch;

    if (is_stale(w, event))
        return;
    w->disk.batch = NULL;
    if (w->disk.batch_status == STORE_OK)
        w->disk.is_owing = false;
    else if (w->disk.batch_is_safe) {
        w->disk.is_owing = true;
        world_happened(w, HAPPENED_LATE_FAILURE);
    }
    world_trace(w, "commit reported, status %d", (int)w->disk.batch_status);
    if (w->watch.told != NULL && !w->disk.batch_is_safe)
        w->watch.told(w->watch.self, batch, w->disk.batch_status);
    w->disk.batch_is_safe = false;
    server_committed(w->server, w->disk.batch_status, "the disk of the world", w->now);
    world_touched(w);
}

static void
safe_reported(void *world, struct event *event)
{
    struct world *w = world;

    if (is_stale(w, event))
        return;
    world_trace(w, "commit reported to be safe");
    world_happened(w, HAPPENED_EARLY_COMMIT);
    w->disk.batch_is_safe = true;
    if (w->watch.told != NULL)
        w->watch.told(w->watch.self, w->disk.batch, STORE_OK);
    server_safe(w->server, w->now);
    world_touched(w);
    after_a_while(w, commit_reported);
}

/* A store does not fail by itself; tests/test_memory takes memory away from it. */
static void
note_status(struct world *w, const char *what, enum store_status status)
{
    if (status != STORE_OK && status != STORE_NO_MEMORY)
        world_fail(w, "store: %s fails: %s", what, store_why(w->store));
}

static void
nothing(void *self)
{
    (void)self;
}

void
world_disk_write(struct world *w)
{
    struct batch *batch = w->disk.batch;
    enum store_status status;

    if (batch == NULL || w->disk.batch_is_done)
        return;
    w->disk.batch_is_done = true;
    world_trace(w, "commit %s: %zu puts, %zu removals, %zu bindings",
                w->disk.batch_is_written ? "written" : "not written", batch->put_count,
                batch->removal_count, batch->binding_count);
    if (!w->disk.batch_is_written)
        return;
    if (w->disk.batch_is_early)
        batch->safe = nothing; /* an engine that can goes its own way then */
    status = store_commit(w->store, batch, w->now.s);
    note_status(w, "a commit", status);
    if (status != STORE_OK)
        w->disk.batch_status = status;
    else if (w->watch.durable != NULL)
        w->watch.durable(w->watch.self, batch);
}

static void
commit_done(void *world, struct event *event)
{
    struct world *w = world;

    if (is_stale(w, event))
        return;
    world_disk_write(w);
    after_a_while(w, w->disk.batch_is_early ? safe_reported : commit_reported);
}

static void
commit(void *self, struct batch *batch)
{
    struct world *w = self;
    bool full = random_chance(&w->random, w->faults.full);
    bool failed = random_chance(&w->random, w->faults.failed);
    bool lied = random_chance(&w->random, w->faults.lied);

    if (w->disk.batch != NULL || batch_is_empty(batch)) {
        world_fail(w, "a commit is handed out %s",
                   w->disk.batch != NULL ? "while another is out" : "with nothing in it");
        return;
    }
    if (!world_does(w))
        return;
    world_happened(w, HAPPENED_COMMIT);
    if (full || failed)
        world_happened(w, HAPPENED_FAILED_COMMIT);
    else if (lied)
        world_happened(w, HAPPENED_LIED_COMMIT);
    w->disk.batch = batch;
    w->disk.batch_is_done = w->disk.batch_is_safe = false;
    w->disk.batch_is_written = !full && !failed;
    w->disk.batch_is_early =
        w->disk.batch_is_written && random_chance(&w->random, w->faults.early);
    w->disk.batch_status = full ? STORE_FULL : failed || lied ? STORE_FAILED : STORE_OK;
    after_a_while(w, commit_done);
}

static void
read_reported(void *world, struct event *event)
{
    struct world *w = world;
    struct world_disk *disk = &w->disk;

    if (is_stale(w, event))
        return;
    for (size_t i = 0; i < disk->read_count; i++) {
        page_free(&disk->reads[i].page);
        disk->reads[i] = disk->shadow[i];
    }
    free(disk->shadow);
    disk->shadow = NULL;
    disk->reads = NULL;
    server_read_done(w->server, disk->read_status, "the disk of the world", w->now);
    world_touched(w);
}

static void
read_store(struct world *w)
{
    struct world_disk *disk = &w->disk;

    disk->read_status = store_read(w->store, disk->shadow, disk->read_count);
    note_status(w, "a read", disk->read_status);
    for (size_t i = 0; disk->read_status == STORE_OK && i < disk->read_count; i++)
        note_status(w, "a read", disk->shadow[i].status);
}

static void
read_done(void *world, struct event *event)
{
    struct world *w = world;

    if (is_stale(w, event))
        return;
    if (w->disk.read_status == STORE_OK)
        read_store(w);
    after_a_while(w, read_reported);
}

static void
read_pages(void *self, struct read_request *requests, size_t count)
{
    struct world *w = self;
    struct world_disk *disk = &w->disk;
    bool failed = random_chance(&w->random, w->faults.read_failed);

    if (disk->reads != NULL || count == 0) {
        world_fail(w, "%s",
                   count == 0 ? "a read of nothing" : "two reads are out at once");
        return;
    }
    if (disk->batch_is_safe || disk->is_owing) {
        world_fail(w, "a read is handed out that may not see what is safe");
        return;
    }
    if (!world_does(w))
        return;
    if (failed)
        world_happened(w, HAPPENED_FAILED_READ);
    disk->shadow = malloc(count * sizeof *requests);
    assert(disk->shadow != NULL);
    for (size_t i = 0; i < count; i++) {
        disk->shadow[i] = requests[i];
        disk->shadow[i].page = (struct page){ 0 };
    }
    disk->reads = requests;
    disk->read_count = count;
    disk->read_status = failed ? STORE_FAILED : STORE_OK;
    after_a_while(w, read_done);
}

static void
tidy_reported(void *world, struct event *event)
{
    struct world *w = world;

    if (is_stale(w, event))
        return;
    w->disk.is_tidying = false;
    if (w->disk.tidy_status == STORE_OK)
        w->disk.is_owing = false;
    server_tidied(w->server, w->disk.tidy_status, &w->disk.tidied, w->now);
    world_touched(w);
}

static void
tidy_store(struct world *w)
{
    uint32_t step = w->storing.storage.tidy_step;

    w->disk.tidy_status = store_tidy(w->store, w->now.s, w->disk.expire,
                                     step == 0 ? LIMIT_TIDY_STEP : step, &w->disk.tidied);
    note_status(w, "tidying", w->disk.tidy_status);
    world_happened(w, HAPPENED_TIDY);
}

static void
tidy_done(void *world, struct event *event)
{
    struct world *w = world;

    if (is_stale(w, event))
        return;
    w->disk.tidied = (struct tidy_result){ 0 };
    if (w->disk.tidy_status == STORE_OK)
        tidy_store(w);
    if (w->watch.tidied != NULL)
        w->watch.tidied(w->watch.self);
    after_a_while(w, tidy_reported);
}

static void
tidy(void *self, bool expire)
{
    struct world *w = self;
    bool failed = random_chance(&w->random, w->faults.tidy_failed);

    if (w->disk.is_tidying) {
        world_fail(w, "two steps of tidying are out at once");
        return;
    }
    if (!world_does(w))
        return;
    if (failed)
        world_happened(w, HAPPENED_FAILED_READ);
    w->disk.is_tidying = true;
    w->disk.expire = expire;
    w->disk.tidy_status = failed ? STORE_FAILED : STORE_OK;
    after_a_while(w, tidy_done);
}

struct disk
world_disk(struct world *w)
{
    return (struct disk){ .self = w, .commit = commit, .read = read_pages, .tidy = tidy };
}

void
world_disk_server_died(struct world *w)
{
    for (size_t i = 0; w->disk.shadow != NULL && i < w->disk.read_count; i++)
        page_free(&w->disk.shadow[i].page);
    free(w->disk.shadow);
    w->disk = (struct world_disk){ 0 };
}
