#include "src/silo/journal.h"

#include "src/limits.h"

#include <assert.h>

static_assert((int)LIMIT_UNCOMMITTED_MESSAGES <= (int)BATCH_PUTS_MAX &&
                  (int)LIMIT_UNCOMMITTED_BYTES <= (int)BATCH_BYTES_MAX,
              "a batch takes what is taken for the next commit");

void
journal_init(struct journal *journal, const struct disk *disk)
{
    *journal = (struct journal){ .disk = disk };
    batch_init(&journal->batches[0]);
    batch_init(&journal->batches[1]);
    journal->open = &journal->batches[0];
}

void
journal_free(struct journal *journal)
{
    batch_free(&journal->batches[0]);
    batch_free(&journal->batches[1]);
}

static struct batch *
other_batch(struct journal *journal)
{
    return journal->open == &journal->batches[0] ? &journal->batches[1]
                                                 : &journal->batches[0];
}

void *
journal_alloc(struct journal *journal, size_t bytes)
{
    return batch_alloc(journal->open, bytes);
}

struct slice
journal_keep(struct journal *journal, struct slice bytes)
{
    char *at = bytes.len == 0 ? NULL : journal_alloc(journal, bytes.len);

    if (at == NULL)
        return slice_absent();
    memcpy(at, bytes.at, bytes.len);
    return slice_of(at, bytes.len);
}

struct put *
journal_put(struct journal *journal, const struct record *record,
            struct journal_wait *wait)
{
    struct put *put = batch_put(journal->open, record);

    if (put != NULL)
        put->owner = wait;
    return put;
}

bool
journal_remove(struct journal *journal, uint64_t id, struct journal_wait *wait)
{
    return batch_remove(journal->open, id, wait);
}

bool
journal_save_binding(struct journal *journal, struct slice aor, struct slice value,
                     struct journal_wait *wait)
{
    return batch_save_binding(journal->open, aor, value, wait);
}

/* Linear; asked when a commit has failed. */
struct journal_wait *
journal_find_binding(const struct journal *journal, struct slice aor,
                     void (*done)(struct journal_wait *wait,
                                  const struct journal_result *result, struct moment now))
{
    const struct batch *open = journal->open;

    for (size_t i = 0; i < open->binding_count; i++) {
        struct journal_wait *wait = open->bindings[i].owner;

        if (wait != NULL && wait->done == done && slice_equal(open->bindings[i].aor, aor))
            return wait;
    }
    return NULL;
}

bool
journal_is_full(const struct journal *journal)
{
    return journal->open->put_count >= LIMIT_UNCOMMITTED_MESSAGES ||
           journal->open->bytes >= LIMIT_UNCOMMITTED_BYTES;
}

bool
journal_hangs(const struct journal *journal, struct moment now)
{
    return journal->is_out && now.ms - journal->out_since_ms >= LIMIT_COMMIT_MS;
}

void
journal_flush(struct journal *journal, struct moment now)
{
    struct batch *out = journal->open;

    if (journal->is_out)
        return;
    if (batch_is_empty(out)) {
        batch_reset(out); /* what was prepared for a put that then failed */
        return;
    }
    journal->open = other_batch(journal);
    journal->is_out = true;
    journal->out_since_ms = now.ms;
    journal->disk->commit(journal->disk->self, out);
}

static void
tell(void *owner, const struct journal_result *result, struct moment now)
{
    struct journal_wait *wait = owner;

    if (wait != NULL)
        wait->done(wait, result, now);
}

/* What only takes away does not tell. */
static void
note_room(struct journal *journal, const struct batch *done, enum store_status status)
{
    if (status == STORE_FULL)
        journal->is_short = true;
    else if (status == STORE_OK && done->put_count + done->binding_count > 0)
        journal->is_short = batch_lacked_room(done);
}

static void
tell_puts(const struct batch *done, enum store_status status, struct moment now)
{
    for (size_t i = 0; i < done->put_count; i++) {
        const struct put *put = &done->puts[i];
        struct journal_result of_put = { status, put->result, put->id };

        tell(put->owner, &of_put, now);
    }
}

static void
tell_removals(const struct batch *done, enum store_status status, struct moment now)
{
    struct journal_result result = { .status = status };

    for (size_t i = 0; i < done->removal_count; i++)
        tell(done->removals[i].owner, &result, now);
}

static void
tell_bindings(const struct batch *done, enum store_status status, struct moment now)
{
    for (size_t i = done->binding_count; i > 0; i--) {
        const struct saved_binding *saved = &done->bindings[i - 1];
        struct journal_result of_binding = { status, saved->result, 0 };

        tell(saved->owner, &of_binding, now);
    }
}

void
journal_safe(struct journal *journal, struct moment now)
{
    const struct batch *done = other_batch(journal);

    assert(journal->is_out && !journal->is_told);
    journal->is_told = true;
    tell_puts(done, STORE_OK, now);
    tell_bindings(done, STORE_OK, now);
}

size_t
journal_committed(struct journal *journal, enum store_status status, struct moment now)
{
    struct batch *done = other_batch(journal);
    size_t writes = done->put_count + done->removal_count;
    bool is_told = journal->is_told;

    note_room(journal, done, status);
    if (status == STORE_OK)
        journal_settled(journal);
    else if (is_told)
        journal->is_owing = true;
    if (!is_told)
        tell_puts(done, status, now);
    tell_removals(done, status, now);
    if (!is_told)
        tell_bindings(done, status, now);
    batch_reset(done);
    journal->is_out = journal->is_told = false;
    return writes;
}

bool
journal_is_settling(const struct journal *journal)
{
    return journal->is_told || journal->is_owing;
}

void
journal_settled(struct journal *journal)
{
    journal->is_owing = false;
}

bool
journal_is_idle(const struct journal *journal)
{
    return !journal->is_out && batch_is_empty(journal->open);
}
