#include "src/net/trains.h"

#include "src/net/segments.h"

/* Most peers that have a train are found, and others cost little. */
enum {
    LOOK_BACK = 8, /* trains */
};

_Static_assert((int)DATAGRAMS_BATCH <= (int)SEGMENTS_MAX &&
                   (int)DATAGRAMS_BATCH * (int)SEGMENT_BYTES_MAX <=
                       (int)SEGMENTS_BYTES_MAX,
               "a batch may be one train");

/* Whether one more of that length may follow. Behind a shorter one nothing does, and only a
 * request closes a train: a response finds another one of its size. */
static bool
has_place(const struct train *train, const struct datagram *item)
{
    return !train->is_closed && train->len <= SEGMENT_BYTES_MAX && item->len > 0 &&
           (item->len == train->len || (item->len < train->len && !item->is_response));
}

/* The train that it goes with; `count`: one of its own. A request looks no further back than its
 * peer's last train. */
static size_t
train_for(const struct train *trains, const struct address *const *peers, size_t count,
          const struct datagram *item)
{
    size_t end = count > LOOK_BACK ? count - LOOK_BACK : 0;

    for (size_t i = count; i-- > end;) {
        if (!address_equal(peers[i], &item->to))
            continue;
        if (has_place(&trains[i], item))
            return i;
        if (!item->is_response)
            return count;
    }
    return count;
}

static void
join(struct train *train, const struct datagram *item)
{
    if (train->count == 0)
        train->len = item->len;
    train->is_closed = item->len < train->len;
    train->count++;
}

/* As a counting sort does. */
static void
put_side_by_side(struct datagram *items, size_t count, const struct train *trains,
                 size_t train_count, const uint8_t *train_of)
{
    struct datagram sorted[DATAGRAMS_BATCH];
    size_t place[DATAGRAMS_BATCH], next = 0;

    for (size_t i = 0; i < train_count; i++) {
        place[i] = next;
        next += trains[i].count;
    }
    for (size_t i = 0; i < count; i++)
        sorted[place[train_of[i]]++] = items[i];
    memcpy(items, sorted, count * sizeof *items);
}

size_t
trains_form(struct datagram *items, size_t count, struct train trains[DATAGRAMS_BATCH])
{
    const struct address *peers[DATAGRAMS_BATCH];
    uint8_t train_of[DATAGRAMS_BATCH];
    size_t train_count = 0;

    for (size_t i = 0; i < count; i++) {
        size_t at = train_for(trains, peers, train_count, &items[i]);

        if (at == train_count) {
            trains[train_count] = (struct train){ 0 };
            peers[train_count++] = &items[i].to;
        }
        join(&trains[at], &items[i]);
        train_of[i] = (uint8_t)at;
    }
    if (train_count < count)
        put_side_by_side(items, count, trains, train_count, train_of);
    return train_count;
}
