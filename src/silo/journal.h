/* journal - the open batch, and the one that is being committed.
 *
 * What has to be durable is put into the open batch together with a wait: when the batch's
 * commit has come back, the wait is told. While one batch is out the loop fills the other, so
 * under load one sync pays for all that came meanwhile. A disk that says early that the batch
 * is safe has the waits told then.
 *
 * Memory  A wait and what hangs on it live in the batch (journal_alloc) or in an object that
 *         outlives the commit. Records and values are copied.
 * Errors  NULL and false: the open batch is at its bound. Nothing was put in.
 */
#ifndef SILO_JOURNAL_H
#define SILO_JOURNAL_H

#include "src/disk.h"
#include "src/sip/transport.h"

struct journal_result {
    enum store_status status; /* of the commit; the others only with STORE_OK */
    enum put_result put;      /* of a put, or of a saved binding */
    uint64_t id;              /* of a put that was stored */
};

struct journal_wait {
    void (*done)(struct journal_wait *wait, const struct journal_result *result,
                 struct moment now);
};

struct journal {
    const struct disk *disk;
    struct batch batches[2];
    struct batch *open; /* one of the two */
    bool is_out;        /* the other one is being committed */
    bool is_told;       /* and is safe: its puts and bindings have been told */
    bool is_owing; /* one that was told so failed since, and nothing has made up for it */
    uint64_t out_since_ms;
    bool is_short; /* the store had no room for what was last to be put in */
};

void
journal_init(struct journal *journal, const struct disk *disk);

void
journal_free(struct journal *journal);

/* Memory that lives until the open batch's waits have been told. */
void *
journal_alloc(struct journal *journal, size_t bytes);

/* A copy that lives as long. Absent for what is empty, and out of room. */
struct slice
journal_keep(struct journal *journal, struct slice bytes);

/* The caller sets the limits in what is returned. */
struct put *
journal_put(struct journal *journal, const struct record *record,
            struct journal_wait *wait);

bool
journal_remove(struct journal *journal, uint64_t id, struct journal_wait *wait);

bool
journal_save_binding(struct journal *journal, struct slice aor, struct slice value,
                     struct journal_wait *wait);

/* The first wait with that `done` of that AoR's bindings in the open batch; NULL: there is
 * none. */
struct journal_wait *
journal_find_binding(const struct journal *journal, struct slice aor,
                     void (*done)(struct journal_wait *wait,
                                  const struct journal_result *result,
                                  struct moment now));

/* Whether so many messages wait for the next commit that no more are to be taken: what is
 * durable soon is worth more than what is taken and given up meanwhile. Removals, and bindings
 * up to the batch's own bounds, find room all the same. */
bool
journal_is_full(const struct journal *journal);

/* A commit is out and does not come back. */
bool
journal_hangs(const struct journal *journal, struct moment now);

/* Hands the open batch out, if there is anything in it and none is out. */
void
journal_flush(struct journal *journal, struct moment now);

/* The batch that is out is on stable storage: tells its puts and bindings, as journal_committed
 * would. A removal is told when a read cannot find the message any more. */
void
journal_safe(struct journal *journal, struct moment now);

/* The batch that was out came back: tells every wait that is not told yet; puts before removals before bindings.
 * Puts and removals in the order of putting in; bindings the other way round, so that those
 * of a commit that failed are put back one behind the other. Returns how many puts and
 * removals it held. */
size_t
journal_committed(struct journal *journal, enum store_status status, struct moment now);

/* What waits were told may not be seen by a read yet. */
bool
journal_is_settling(const struct journal *journal);

/* The store has written again, whatever it was: it made up for what failed late first. */
void
journal_settled(struct journal *journal);

bool
journal_is_idle(const struct journal *journal);

#endif
