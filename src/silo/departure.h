/* departure - a message that was delivered leaves the store, however long that takes.
 *
 *     departure_start(silo, &thing->departure, id, done, now);
 *     ...
 *     done(&thing->departure, now)       once, when it is durable
 *
 * What the store does not take is tried again each second. Until it is done the message is
 * still in the store, and whoever reads it there passes it over: departure_is_under_way.
 *
 * Memory  Lies in its owner's, who keeps it until it is done, or cancels it.
 */
#ifndef SILO_DEPARTURE_H
#define SILO_DEPARTURE_H

#include "src/sip/hash_table.h"
#include "src/sip/timer_wheel.h"
#include "src/silo/journal.h"

struct silo;

struct departure {
    struct hash_link link; /* of silo->departures.by_id */
    struct silo *silo;
    struct journal_wait wait;
    struct timer timer; /* the next try */
    uint64_t id;
    void (*done)(struct departure *departure, struct moment now);
};

struct departures {
    struct hash_table by_id;
    size_t failing; /* that wait for their next try */
};

/* False: out of memory. */
bool
departures_init(struct departures *departures);

void
departures_free(struct departures *departures);

void
departure_start(struct silo *silo, struct departure *departure, uint64_t id,
                void (*done)(struct departure *departure, struct moment now),
                struct moment now);

/* At the end of the server: its memory may go. */
void
departure_cancel(struct departure *departure);

bool
departure_is_under_way(const struct silo *silo, uint64_t id);

/* The store takes none at the moment: to deliver more would be to repeat more after a death. */
bool
departures_are_failing(const struct silo *silo);

#endif
