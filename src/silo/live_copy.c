#include "src/silo/live_copy.h"

#include "src/silo/dump.h"

#include <stdlib.h>

struct live_copy {
    struct silo *silo;
    struct live_copy *next, **link; /* of silo->copies */
    struct departure departure;
    uint64_t id; /* 0: not stored, or not yet */
    bool is_stored, is_over, is_taken;
    bool is_leaving; /* the removal is under way */
    size_t aor_len;
    char aor[AOR_MAX]; /* in whose silo it lies */
};

static void
free_copy(struct live_copy *copy)
{
    *copy->link = copy->next;
    if (copy->next != NULL)
        copy->next->link = copy->link;
    free(copy);
}

static void
removed(struct departure *departure, struct moment now)
{
    struct live_copy *copy = CONTAINER_OF(departure, struct live_copy, departure);
    struct slice aor = slice_of(copy->aor, copy->aor_len);

    (void)now;
    copy->silo->counters.late++;
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
    departure_start(copy->silo, &copy->departure, copy->id, removed, now);
}

struct live_copy *
live_copy_new(struct silo *silo)
{
    struct live_copy *copy = calloc(1, sizeof *copy);

    if (copy == NULL)
        return NULL;
    copy->silo = silo;
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
    while (silo->copies != NULL) {
        if (silo->copies->is_leaving)
            departure_cancel(&silo->copies->departure);
        free_copy(silo->copies);
    }
}
