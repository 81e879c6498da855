#include "bench/micro/memory.h"
#include "bench/micro/timer_queue.h"

#include <stdlib.h>

enum {
    STOPPED = UINT32_MAX,
};

struct heap_timer {
    uint64_t due_ms;
    uint32_t at; /* its place; STOPPED: none */
};

struct heap {
    struct heap_timer **places;
    uint32_t count;
    struct heap_timer timers[];
};

static void *
heap_open(uint32_t timers)
{
    struct heap *h = memory_take(1, sizeof *h + timers * sizeof h->timers[0]);

    h->places = memory_take(timers, sizeof h->places[0]);
    for (uint32_t i = 0; i < timers; i++)
        h->timers[i].at = STOPPED;
    return h;
}

static void
heap_close(void *self)
{
    struct heap *h = self;

    free(h->places);
    free(h);
}

static void
place(struct heap *h, struct heap_timer *timer, uint32_t at)
{
    h->places[at] = timer;
    timer->at = at;
}

static void
sift_up(struct heap *h, struct heap_timer *timer, uint32_t at)
{
    while (at > 0 && h->places[(at - 1) / 2]->due_ms > timer->due_ms) {
        place(h, h->places[(at - 1) / 2], at);
        at = (at - 1) / 2;
    }
    place(h, timer, at);
}

static void
sift_down(struct heap *h, struct heap_timer *timer, uint32_t at)
{
    uint32_t child;

    while ((child = 2 * at + 1) < h->count) {
        child += child + 1 < h->count &&
                 h->places[child + 1]->due_ms < h->places[child]->due_ms;
        if (h->places[child]->due_ms >= timer->due_ms)
            break;
        place(h, h->places[child], at);
        at = child;
    }
    place(h, timer, at);
}

/* From a place where it may be too late or too early. */
static void
settle(struct heap *h, struct heap_timer *timer, uint32_t at)
{
    sift_up(h, timer, at);
    sift_down(h, timer, timer->at);
}

static void
heap_start(void *self, uint32_t number, uint64_t due_ms)
{
    struct heap *h = self;
    struct heap_timer *timer = &h->timers[number];

    timer->due_ms = due_ms;
    settle(h, timer, timer->at == STOPPED ? h->count++ : timer->at);
}

static void
heap_stop(void *self, uint32_t number)
{
    struct heap *h = self;
    uint32_t at = h->timers[number].at;
    struct heap_timer *last;

    if (at == STOPPED)
        return;
    h->timers[number].at = STOPPED;
    last = h->places[--h->count];
    if (at < h->count)
        settle(h, last, at);
}

static uint64_t
heap_next_deadline(void *self)
{
    const struct heap *h = self;

    return h->count == 0 ? UINT64_MAX : h->places[0]->due_ms;
}

static bool
heap_next_due(void *self, uint64_t now_ms, uint32_t *timer)
{
    struct heap *h = self;

    if (h->count == 0 || h->places[0]->due_ms > now_ms)
        return false;
    *timer = (uint32_t)(h->places[0] - h->timers);
    heap_stop(h, *timer);
    return true;
}

const struct timer_queue timer_queue_heap = {
    .name = "heap",
    .open = heap_open,
    .close = heap_close,
    .start = heap_start,
    .stop = heap_stop,
    .next_deadline = heap_next_deadline,
    .next_due = heap_next_due,
};
