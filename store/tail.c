#include "store/tail.h"

#include <string.h>

void
tail_free(struct tail *tail)
{
    queue_free(&tail->messages);
    queue_free(&tail->gone);
    *tail = (struct tail){ 0 };
}

void
tail_clear(struct tail *tail)
{
    queue_drop(&tail->messages, tail->messages.count);
    queue_drop(&tail->gone, tail->gone.count);
    tail->last_id = tail->last_gone = 0;
}

bool
tail_reserve(struct tail *tail, size_t messages, size_t marks)
{
    return queue_reserve(&tail->messages, messages) && queue_reserve(&tail->gone, marks);
}

void
tail_add(struct tail *tail, uint64_t id, uint64_t aor_hash, int64_t exp_time_s,
         uint32_t size)
{
    if (id <= tail->last_id)
        return;
    tail->last_id = id;
    queue_add(&tail->messages, (struct queue_item){ .key = aor_hash,
                                                    .order = id,
                                                    .extra = (uint64_t)exp_time_s,
                                                    .size = size });
}

void
tail_mark(struct tail *tail, uint64_t sequence, uint64_t id, uint32_t size)
{
    if (sequence < tail->last_gone)
        return;
    tail->last_gone = sequence;
    queue_add(&tail->gone,
              (struct queue_item){ .key = id, .order = sequence, .size = size });
}

bool
tail_is_gone(const struct tail *tail, uint64_t id)
{
    return queue_first(&tail->gone, id) != NULL;
}

bool
tail_is_counted_off(const struct tail *tail, uint64_t id)
{
    const struct queue_item *mark = queue_first(&tail->gone, id);

    return mark != NULL && mark->size != TAIL_NOT_COUNTED;
}

size_t
tail_count(const struct tail *tail)
{
    return (size_t)tail->messages.count + tail->gone.count;
}

struct tail_walk
tail_first(const struct tail *tail, uint64_t aor_hash)
{
    return (struct tail_walk){ queue_first(&tail->messages, aor_hash), false };
}

/* A hint is good if its slot is in use and still holds that message: slots are used again,
 * ids are not. */
static const struct queue_item *
hinted(const struct tail *tail, const struct tail_hint *hint, uint64_t aor_hash)
{
    const struct queue *queue = &tail->messages;
    const struct queue_item *item;

    if (hint->id == 0 || hint->key != aor_hash || hint->slot >= queue->room)
        return NULL;
    if (((hint->slot - queue->head) & (queue->room - 1)) >= queue->count)
        return NULL;
    item = &queue->items[hint->slot];
    return item->key == aor_hash && item->order == hint->id ? item : NULL;
}

/* A dump reads a long chain page by page: without the hint each page would walk all that was
 * read before it. */
struct tail_walk
tail_find(const struct tail *tail, uint64_t aor_hash, uint64_t after)
{
    const struct tail_hint *hint = &tail->hints[aor_hash % TAIL_HINTS];
    const struct queue_item *item = NULL;

    if (hint->id <= after)
        item = hinted(tail, hint, aor_hash);
    if (item == NULL)
        item = queue_first(&tail->messages, aor_hash);
    while (item != NULL && item->order <= after)
        item = queue_next(&tail->messages, item);
    return (struct tail_walk){ item, true };
}

bool
tail_walk_next(struct tail *tail, struct tail_walk *walk, struct tail_entry *out)
{
    const struct queue_item *item = walk->at;

    if (item == NULL)
        return false;
    if (walk->remember)
        tail->hints[item->key % TAIL_HINTS] =
            (struct tail_hint){ item->key, item->order,
                                (uint32_t)(item - tail->messages.items) };
    *out = (struct tail_entry){ item->order, (int64_t)item->extra, item->size };
    walk->at = queue_next(&tail->messages, item);
    return true;
}

void
tail_fold(struct tail *tail, uint64_t fold_point, uint64_t gone_point)
{
    queue_drop(&tail->messages, queue_count_to(&tail->messages, fold_point));
    queue_drop(&tail->gone, queue_count_to(&tail->gone, gone_point));
    if (tail->last_id < fold_point)
        tail->last_id = fold_point;
    if (tail->last_gone < gone_point)
        tail->last_gone = gone_point;
}
