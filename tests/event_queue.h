/* event_queue - what will happen, ordered by time and, within a millisecond, by the order in
 * which it was put in.
 *
 * Memory  An event is the start of a malloc'ed block; the queue owns it until it is taken.
 */
#ifndef TESTS_EVENT_QUEUE_H
#define TESTS_EVENT_QUEUE_H

#include <stddef.h>
#include <stdint.h>

struct event {
    uint64_t at_ms, sequence;
    void (*fire)(void *world, struct event *event);
};

struct event_queue {
    struct event **heap; /* owned, as what it points at */
    size_t count, room;
    uint64_t sequence;
};

void
event_queue_add(struct event_queue *queue, struct event *event, uint64_t at_ms);

/* UINT64_MAX: empty. */
uint64_t
event_queue_next_ms(const struct event_queue *queue);

/* The next one, now the caller's; NULL: empty. */
struct event *
event_queue_take(struct event_queue *queue);

void
event_queue_free(struct event_queue *queue);

#endif
