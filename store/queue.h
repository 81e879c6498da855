/* queue - items in the order they came, found by key, dropped from the front.
 *
 * Shape   A ring that doubles, and chains by key through it. The front of the ring is the
 *         front of its chain: dropping costs nothing but the step.
 * Memory  queue_reserve first, then queue_add cannot fail. Pointers to items die with the
 *         next reserve or drop.
 * Limits  QUEUE_MAX items. Keys are hashes that nobody outside can choose, or ids.
 */
#ifndef STORE_QUEUE_H
#define STORE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    QUEUE_MAX = 1 << 30,
};

struct queue_item {
    uint64_t key, order;
    uint64_t extra; /* the owner's */
    uint32_t size;  /* the owner's */
    uint32_t next;  /* the queue's: slot of the next item in this chain */
};

/* Slots of the items of one hash. `last` says something while there is a first. */
struct queue_chain {
    uint32_t first, last;
};

struct queue {
    struct queue_item *items;   /* owned; `room` slots */
    struct queue_chain *chains; /* owned; as many, by key */
    uint32_t room, head, count;
};

void
queue_free(struct queue *queue);

/* Room for so many items beside those that are there. False: out of memory or bounds. */
bool
queue_reserve(struct queue *queue, size_t more);

void
queue_add(struct queue *queue, struct queue_item item);

/* That key will be added soon: what that touches is fetched meanwhile, the chain first and,
 * once that is there, the item at its end. */
void
queue_prefetch(const struct queue *queue, uint64_t key);

void
queue_prefetch_item(const struct queue *queue, uint64_t key);

/* The oldest item of that key, and the one behind it; NULL at the end. */
const struct queue_item *
queue_first(const struct queue *queue, uint64_t key);

const struct queue_item *
queue_next(const struct queue *queue, const struct queue_item *item);

/* The i-th from the front. */
const struct queue_item *
queue_at(const struct queue *queue, uint32_t i);

/* How many items in front have an order of at most this one. Only where no item's order is
 * below that of the item before it. */
uint32_t
queue_count_to(const struct queue *queue, uint64_t order);

/* Drops so many from the front. */
void
queue_drop(struct queue *queue, uint32_t count);

#endif
