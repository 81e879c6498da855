#include "src/unsaved.h"

#include "src/limits.h"

#include <stdlib.h>

enum {
    LOGGED = 6, /* a minute: a full store takes nobody's bindings */
};

struct unsaved_aor {
    struct hash_link link;
    struct unsaved *unsaved;
    struct unsaved_aor *next;
    struct journal_wait wait;
    bool is_out;    /* in a commit, and not in the list */
    bool is_needed; /* still; while it is out a REGISTER may have done it */
    bool is_old;    /* what is out */
    size_t len;
    char aor[];
};

static void
timer_fired(struct timer *timer, struct moment now);

bool
unsaved_init(struct unsaved *unsaved, struct silo *silo)
{
    *unsaved = (struct unsaved){ .silo = silo };
    unsaved->last = &unsaved->first;
    timer_init(&unsaved->timer, timer_fired);
    return hash_table_init(&unsaved->by_aor);
}

void
unsaved_free(struct unsaved *unsaved)
{
    struct hash_link *link;
    size_t bucket = 0;

    while ((link = hash_table_any(&unsaved->by_aor, &bucket)) != NULL) {
        hash_table_remove(&unsaved->by_aor, link);
        free(CONTAINER_OF(link, struct unsaved_aor, link));
    }
    hash_table_free(&unsaved->by_aor);
}

struct slice
unsaved_encode(const struct silo *silo, struct slice aor, struct moment now)
{
    size_t len = location_encoded_bytes(silo->location, aor);
    size_t room = len < UNSAVED_VALUE_MAX ? len : UNSAVED_VALUE_MAX;
    char *value = arena_alloc(silo->arena, room);

    if (value == NULL)
        return slice_absent();
    return slice_of(value, location_encode(silo->location, aor, now, value, room));
}

static void
put_last(struct unsaved_aor *one)
{
    one->next = NULL;
    *one->unsaved->last = one;
    one->unsaved->last = &one->next;
}

static struct unsaved_aor *
take_first(struct unsaved *unsaved)
{
    struct unsaved_aor *one = unsaved->first;

    unsaved->first = one->next;
    if (unsaved->first == NULL)
        unsaved->last = &unsaved->first;
    return one;
}

static void
drop(struct unsaved_aor *one)
{
    hash_table_remove(&one->unsaved->by_aor, &one->link);
    free(one);
}

static void
try_later(struct unsaved *unsaved, struct moment now)
{
    if (unsaved->first != NULL && !timer_is_running(&unsaved->timer))
        timer_start(unsaved->silo->wheel, &unsaved->timer, now.ms + UNSAVED_RETRY_MS);
}

static void
committed(struct journal_wait *wait, const struct journal_result *result,
          struct moment now)
{
    struct unsaved_aor *one = CONTAINER_OF(wait, struct unsaved_aor, wait);
    struct unsaved *unsaved = one->unsaved;
    bool is_saved = result->status == STORE_OK && result->put == PUT_STORED;

    one->is_out = false;
    if (!one->is_old && (is_saved || !one->is_needed)) {
        drop(one);
        return;
    }
    put_last(one);
    try_later(unsaved, now);
}

/* False: not now. */
static bool
try_one(struct unsaved *unsaved, struct slice aor, struct unsaved_aor *one,
        struct moment now)
{
    struct silo *silo = unsaved->silo;
    struct slice value = unsaved_encode(silo, aor, now);

    if (slice_is_absent(value))
        return false;
    if (value.len == 0)
        value = slice_absent();
    return journal_save_binding(&silo->journal, aor, value, &one->wait);
}

static void
timer_fired(struct timer *timer, struct moment now)
{
    struct unsaved *unsaved = CONTAINER_OF(timer, struct unsaved, timer);

    for (int i = 0; i < UNSAVED_TOGETHER && unsaved->first != NULL; i++) {
        struct unsaved_aor *one = unsaved->first;

        if (!try_one(unsaved, slice_of(one->aor, one->len), one, now))
            break;
        take_first(unsaved);
        one->is_out = true;
        one->is_old = false;
        arena_reset(unsaved->silo->arena);
    }
    try_later(unsaved, now);
}

static struct unsaved_aor *
find(const struct unsaved *unsaved, struct slice aor)
{
    struct hash_link *link =
        hash_table_find(&unsaved->by_aor, siphash64(&unsaved->silo->run, aor));

    for (; link != NULL; link = hash_link_next(link)) {
        struct unsaved_aor *one = CONTAINER_OF(link, struct unsaved_aor, link);

        if (slice_equal(slice_of(one->aor, one->len), aor))
            return one;
    }
    return NULL;
}

/* NULL: too many, or out of memory. */
static struct unsaved_aor *
unsaved_new(const struct unsaved *unsaved, struct slice aor)
{
    if (unsaved->by_aor.count >= LIMIT_UNSAVED)
        return NULL;
    return calloc(1, sizeof(struct unsaved_aor) + aor.len);
}

static void
add(struct unsaved *unsaved, struct slice aor)
{
    struct unsaved_aor *one = unsaved_new(unsaved, aor);

    if (one == NULL)
        return; /* the next REGISTER saves them */
    one->unsaved = unsaved;
    one->wait.done = committed;
    one->is_needed = true;
    one->len = aor.len;
    memcpy(one->aor, aor.at, aor.len);
    hash_table_insert(&unsaved->by_aor, &one->link, siphash64(&unsaved->silo->run, aor));
    put_last(one);
}

void
unsaved_note(struct unsaved *unsaved, struct slice aor, struct moment now)
{
    struct unsaved_aor *one = find(unsaved, aor);
    uint32_t missed;

    if (one != NULL)
        one->is_needed = true;
    else
        add(unsaved, aor);
    if (log_gate_pass(&unsaved->gate, LOGGED, now.s, &missed))
        LOG(LOG_WARN, "register.unsaved", LOG_TEXT("aor", aor),
            LOG_STRING("why", "the store is full"), LOG_NUMBER("missed", missed));
    try_later(unsaved, now);
}

/* One in the list is left there: to save once more does no harm. */
void
unsaved_forget(struct unsaved *unsaved, struct slice aor)
{
    struct unsaved_aor *one = unsaved->by_aor.count == 0 ? NULL : find(unsaved, aor);

    if (one != NULL && one->is_out)
        one->is_needed = false;
}

void
unsaved_changed(struct unsaved *unsaved, struct slice aor)
{
    struct unsaved_aor *one = unsaved->by_aor.count == 0 ? NULL : find(unsaved, aor);

    if (one != NULL)
        one->is_old = true;
}
