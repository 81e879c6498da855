/* Reading messages out of a store that may be damaged: those whose records are whole, by a walk
 * over all, whoever's they are. */
#include "store/bytes.h"
#include "store/lmdb_snapshot.h"

#include <errno.h>

struct salvaging {
    const struct lmdb_snapshot *now;
    struct read_request *request;
    bool full;
    bool no_memory;
};

static bool
is_wanted(const struct read_request *r, const struct record *record)
{
    return record->exp_time_s > r->now_s &&
           (slice_is_absent(r->aor) || slice_equal(record->aor, r->aor));
}

static bool
take_message(void *visitor, struct slice key, struct slice value)
{
    struct salvaging *salvaging = visitor;
    struct read_request *r = salvaging->request;
    uint64_t id = key.len == ID_BYTES ? get_u64(key.at) : 0;
    struct record record;

    if (id <= r->after || tail_is_gone(&salvaging->now->marks, id))
        return true;
    if (r->page.count > 0 &&
        (r->page.count >= r->max_messages || r->page.len >= r->max_bytes)) {
        salvaging->full = true;
        return false;
    }
    if (record_decode(value, id, &record) != RECORD_OK) {
        r->damaged++;
        r->damaged_id = id;
    } else if (is_wanted(r, &record)) {
        salvaging->no_memory = !page_add(&r->page, id, value);
    }
    return !salvaging->no_memory;
}

int
lmdb_salvage(struct lmdb_store *s, struct read_request *r)
{
    struct lmdb_snapshot now = { .txn = NULL };
    struct salvaging salvaging = { .now = &now, .request = r };
    char from[ID_BYTES];
    int rc = lmdb_snapshot_begin(&now, s);

    if (rc == 0) {
        put_u64(from, r->after);
        r->is_incomplete = !lmdb_snapshot_walk(
            &now, TABLE_MESSAGES, slice_of(from, sizeof from), &salvaging, take_message);
        rc = salvaging.no_memory ? ENOMEM : 0;
        if (!now.is_there[TABLE_MESSAGES])
            rc = MDB_CORRUPTED;
        r->at_end = rc == 0 && !salvaging.full;
        lmdb_snapshot_end(&now);
    }
    lmdb_snapshot_free(&now);
    return rc;
}
