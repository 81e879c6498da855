#include "src/silo/departure.h"

#include "src/silo/silo.h"

enum {
    RETRY_MS = 1000,
};

bool
departures_init(struct departures *departures)
{
    departures->failing = 0;
    return hash_table_init(&departures->by_id);
}

void
departures_free(struct departures *departures)
{
    hash_table_free(&departures->by_id);
}

static void
retry_later(struct departure *departure, struct moment now)
{
    struct silo *silo = departure->silo;

    silo->departures.failing++;
    timer_start(silo->wheel, &departure->timer, now.ms + RETRY_MS);
}

static void
try_it(struct departure *departure, struct moment now)
{
    if (!journal_remove(&departure->silo->journal, departure->id, &departure->wait))
        retry_later(departure, now);
}

static void
timer_fired(struct timer *timer, struct moment now)
{
    struct departure *departure = CONTAINER_OF(timer, struct departure, timer);

    departure->silo->departures.failing--;
    try_it(departure, now);
}

static void
committed(struct journal_wait *wait, const struct journal_result *result,
          struct moment now)
{
    struct departure *departure = CONTAINER_OF(wait, struct departure, wait);

    if (result->status != STORE_OK) {
        retry_later(departure, now);
        return;
    }
    hash_table_remove(&departure->silo->departures.by_id, &departure->link);
    departure->done(departure, now);
}

/* Ids are the store's and count up: they are their own hash. */
void
departure_start(struct silo *silo, struct departure *departure, uint64_t id,
                void (*done)(struct departure *departure, struct moment now),
                struct moment now)
{
    departure->silo = silo;
    departure->id = id;
    departure->done = done;
    departure->wait.done = committed;
    timer_init(&departure->timer, timer_fired);
    hash_table_insert(&silo->departures.by_id, &departure->link, id);
    try_it(departure, now);
}

void
departure_cancel(struct departure *departure)
{
    timer_stop(departure->silo->wheel, &departure->timer);
    hash_table_remove(&departure->silo->departures.by_id, &departure->link);
}

bool
departure_is_under_way(const struct silo *silo, uint64_t id)
{
    return hash_table_find(&silo->departures.by_id, id) != NULL;
}

bool
departures_are_failing(const struct silo *silo)
{
    return silo->departures.failing > 0;
}
