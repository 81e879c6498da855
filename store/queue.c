#include "store/queue.h"

#include <assert.h>
#include <stdlib.h>

enum {
    FIRST_ROOM = 64, /* a power of two, as all that follow */
};

static const uint32_t NONE = UINT32_MAX;

void
queue_free(struct queue *queue)
{
    free(queue->items);
    free(queue->chains);
    *queue = (struct queue){ 0 };
}

/* Ids are consecutive and hashes are even: a multiplication spreads both (Knuth 6.4). */
static struct queue_chain *
chain_of(const struct queue *queue, uint64_t key)
{
    return &queue
                ->chains[(uint32_t)(key * 0x9e3779b97f4a7c15u >> 32) & (queue->room - 1)];
}

static uint32_t
slot_of(const struct queue *queue, uint32_t i)
{
    return (queue->head + i) & (queue->room - 1);
}

static void
link_item(struct queue *queue, uint32_t slot)
{
    struct queue_chain *chain = chain_of(queue, queue->items[slot].key);

    queue->items[slot].next = NONE;
    if (chain->first == NONE)
        chain->first = slot;
    else
        queue->items[chain->last].next = slot;
    chain->last = slot;
}

static bool
move_to(struct queue *queue, uint32_t room)
{
    struct queue_item *items = malloc(room * sizeof *items);
    struct queue_chain *chains = malloc(room * sizeof *chains);
    struct queue moved = { items, chains, room, 0, queue->count };

    if (items == NULL || chains == NULL) {
        free(items);
        free(chains);
        return false;
    }
    for (uint32_t i = 0; i < room; i++)
        chains[i].first = NONE;
    for (uint32_t i = 0; i < queue->count; i++) {
        items[i] = *queue_at(queue, i);
        link_item(&moved, i);
    }
    queue_free(queue);
    *queue = moved;
    return true;
}

bool
queue_reserve(struct queue *queue, size_t more)
{
    uint32_t room = queue->room == 0 ? FIRST_ROOM : queue->room;

    if (more > QUEUE_MAX - queue->count)
        return false;
    while (room - queue->count < more)
        room *= 2;
    return room == queue->room || move_to(queue, room);
}

void
queue_add(struct queue *queue, struct queue_item item)
{
    uint32_t slot;

    assert(queue->count < queue->room);
    slot = slot_of(queue, queue->count++);
    queue->items[slot] = item;
    link_item(queue, slot);
}

void
queue_prefetch(const struct queue *queue, uint64_t key)
{
    __builtin_prefetch(chain_of(queue, key), 1);
}

void
queue_prefetch_item(const struct queue *queue, uint64_t key)
{
    const struct queue_chain *chain = chain_of(queue, key);

    if (chain->first != NONE)
        __builtin_prefetch(&queue->items[chain->last], 1);
}

static const struct queue_item *
skip_others(const struct queue *queue, uint32_t slot, uint64_t key)
{
    while (slot != NONE && queue->items[slot].key != key)
        slot = queue->items[slot].next;
    return slot == NONE ? NULL : &queue->items[slot];
}

const struct queue_item *
queue_first(const struct queue *queue, uint64_t key)
{
    if (queue->count == 0)
        return NULL;
    return skip_others(queue, chain_of(queue, key)->first, key);
}

const struct queue_item *
queue_next(const struct queue *queue, const struct queue_item *item)
{
    return skip_others(queue, item->next, item->key);
}

const struct queue_item *
queue_at(const struct queue *queue, uint32_t i)
{
    assert(i < queue->count);
    return &queue->items[slot_of(queue, i)];
}

uint32_t
queue_count_to(const struct queue *queue, uint64_t order)
{
    uint32_t low = 0, high = queue->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (queue_at(queue, middle)->order <= order)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void
queue_drop(struct queue *queue, uint32_t count)
{
    assert(count <= queue->count);
    for (; count > 0; count--) {
        const struct queue_item *item = &queue->items[queue->head];

        chain_of(queue, item->key)->first = item->next;
        queue->head = slot_of(queue, 1);
        queue->count--;
    }
}
