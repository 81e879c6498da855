#include "src/cli/command.h"

#include "parser/uri.h"

#include <inttypes.h>

/* Removals are marked in batches of this many: each is one synced commit. */
enum {
    BATCH_REMOVALS = 4096,
};

struct deletion {
    const struct command *c;
    struct batch batch;
    uint64_t removed;
    bool failed;
};

static bool
commit(struct deletion *d)
{
    size_t count = d->batch.removal_count;

    if (count > 0 && store_commit(d->c->store, &d->batch, d->c->now_s) != STORE_OK) {
        command_store_failed(d->c, "removing");
        d->failed = true;
        return false;
    }
    d->removed += count;
    batch_reset(&d->batch);
    return true;
}

static bool
delete_one(struct deletion *d, uint64_t mid)
{
    if (!batch_remove(&d->batch, mid, NULL)) {
        command_fail(d->c, "out of memory");
        d->failed = true;
        return false;
    }
    return d->batch.removal_count < BATCH_REMOVALS || commit(d);
}

static bool
visit(void *visitor, const struct record *record)
{
    return delete_one(visitor, record->id);
}

/* How many are gone is told even where not all of them went. */
static int
finish(struct deletion *d, int code)
{
    if (!d->failed)
        commit(d);
    batch_free(&d->batch);
    fprintf(d->c->out, "%" PRIu64 " removed\n", d->removed);
    if (command_flush(d->c) != COMMAND_OK || d->failed)
        return COMMAND_FAILED;
    return code;
}

static bool
is_among(const uint64_t *mids, size_t count, uint64_t mid)
{
    for (size_t i = 0; i < count; i++)
        if (mids[i] == mid)
            return true;
    return false;
}

int
delete_run(const struct command *c, const uint64_t *mids, size_t count)
{
    struct deletion d = { .c = c };
    int code = COMMAND_OK;

    batch_init(&d.batch);
    for (size_t i = 0; i < count && !d.failed; i++) {
        struct page page = { .bytes = NULL };
        enum store_status status = store_get(c->store, mids[i], &page);

        page_free(&page);
        if (status == STORE_NOT_FOUND)
            code = command_fail(c, "there is no message %" PRIu64, mids[i]);
        else if (status != STORE_OK && status != STORE_DAMAGED)
            code = command_store_failed(c, "reading");
        else if (!is_among(mids, i, mids[i])) /* named twice, it is removed once */
            delete_one(&d, mids[i]);
    }
    return finish(&d, code);
}

/* Expired ones too: at the time 0 nothing has expired yet. */
int
delete_aor_run(const struct command *c, const char *aor)
{
    struct deletion d = { .c = c };
    struct slice canonical;
    char room[AOR_MAX];

    if (!command_aor(c, aor, room, &canonical))
        return COMMAND_FAILED;
    batch_init(&d.batch);
    return finish(&d, command_each(c, canonical, 0, &d, visit));
}
