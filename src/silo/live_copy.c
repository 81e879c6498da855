#include "src/silo/live_copy.h"

#include "src/silo/dump.h"

#include <stdlib.h>

enum {
    RETRY_MS = 1000, /* the store did not take the removal: again, until it does */
};

struct live_copy {
    struct silo *silo;
    struct live_copy *next, **link; /* of silo->copies */
    struct journal_wait wait;
    struct timer timer;
    uint64_t id; /* 0: not stored, or not yet */
    bool is_stored, is_over, is_taken;
    bool is_leaving; /* its removal is under way */
    size_t aor_len;
    char aor[AOR_MAX]; /* in whose silo it lies */
};

static void
free_copy(struct live_copy *copy)
{
    timer_stop(copy->silo->wheel, &copy->timer);
    *copy->link = copy->next;
    if (copy->next != NULL)
        copy->next->link = copy->link;
    free(copy);
}

static void
remove_copy(struct live_copy *copy, struct moment now)
{
    if (!journal_remove(&copy->silo->journal, copy->id, &copy->wait))
        timer_start(copy->silo->wheel, &copy->timer, now.ms + RETRY_MS);
}

static void
try_again(struct timer *timer, struct moment now)
{
    remove_copy(CONTAINER_OF(timer, struct live_copy, timer), now);
}

static void
removed(struct journal_wait *wait, const struct journal_result *result, struct moment now)
{
    struct live_copy *copy = CONTAINER_OF(wait, struct live_copy, wait);
    struct slice aor = slice_of(copy->aor, copy->aor_len);

    if (result->status != STORE_OK) {
        timer_start(copy->silo->wheel, &copy->timer, now.ms + RETRY_MS);
        return;
    }
    copy->silo->counters.late++;
    copy->silo->leaving--;
    LOG(LOG_INFO, "silo.taken_late", LOG_TEXT("aor", aor), LOG_NUMBER("mid", copy->id));
    dump_reread(copy->silo, aor);
    free_copy(copy);
}

/* Both events have come. */
static void
settle(struct live_copy *copy, struct moment now)
{
    if (!copy->is_stored || !copy->is_over)
        return;
    if (copy->id == 0 || !copy->is_taken) {
        free_copy(copy);
        return;
    }
    copy->is_leaving = true;
    copy->silo->leaving++;
    remove_copy(copy, now);
}

struct live_copy *
live_copy_new(struct silo *silo)
{
    struct live_copy *copy = calloc(1, sizeof *copy);

    if (copy == NULL)
        return NULL;
    copy->silo = silo;
    copy->wait.done = removed;
    timer_init(&copy->timer, try_again);
    copy->next = silo->copies;
    copy->link = &silo->copies;
    if (copy->next != NULL)
        copy->next->link = &copy->next;
    silo->copies = copy;
    return copy;
}

void
live_copy_stored(struct live_copy *copy, uint64_t id, struct slice aor, struct moment now)
{
    copy->aor_len = aor.len;
    if (aor.len > 0)
        memcpy(copy->aor, aor.at, aor.len);
    copy->is_stored = true;
    copy->id = id;
    settle(copy, now);
}

void
live_copy_over(struct live_copy *copy, bool taken, struct moment now)
{
    copy->is_over = true;
    copy->is_taken = taken;
    settle(copy, now);
}

void
live_copies_free(struct silo *silo)
{
    while (silo->copies != NULL)
        free_copy(silo->copies);
}

/* Linear, and nearly always over none: a phone seldom answers so late. */
bool
live_copy_is_leaving(const struct silo *silo, uint64_t id)
{
    if (silo->leaving == 0)
        return false;
    for (const struct live_copy *copy = silo->copies; copy != NULL; copy = copy->next)
        if (copy->is_leaving && copy->id == id)
            return true;
    return false;
}
