#include "tests/event_queue.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

static bool
is_before(const struct event *a, const struct event *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->sequence < b->sequence;
}

static void
swap(struct event **a, struct event **b)
{
    struct event *old = *a;

    *a = *b;
    *b = old;
}

void
event_queue_add(struct event_queue *q, struct event *event, uint64_t at_ms)
{
    if (q->count == q->room) {
        q->room = q->room == 0 ? 64 : q->room * 2;
        q->heap = realloc(q->heap, q->room * sizeof *q->heap);
        assert(q->heap != NULL);
    }
    event->at_ms = at_ms;
    event->sequence = q->sequence++;
    q->heap[q->count] = event;
    for (size_t i = q->count++; i > 0 && is_before(q->heap[i], q->heap[(i - 1) / 2]);
         i = (i - 1) / 2)
        swap(&q->heap[i], &q->heap[(i - 1) / 2]);
}

uint64_t
event_queue_next_ms(const struct event_queue *q)
{
    return q->count == 0 ? UINT64_MAX : q->heap[0]->at_ms;
}

struct event *
event_queue_take(struct event_queue *q)
{
    struct event *first;

    if (q->count == 0)
        return NULL;
    first = q->heap[0];
    q->heap[0] = q->heap[--q->count];
    for (size_t i = 0, child; (child = 2 * i + 1) < q->count; i = child) {
        if (child + 1 < q->count && is_before(q->heap[child + 1], q->heap[child]))
            child++;
        if (!is_before(q->heap[child], q->heap[i]))
            break;
        swap(&q->heap[i], &q->heap[child]);
    }
    return first;
}

void
event_queue_free(struct event_queue *q)
{
    for (size_t i = 0; i < q->count; i++)
        free(q->heap[i]);
    free(q->heap);
}
