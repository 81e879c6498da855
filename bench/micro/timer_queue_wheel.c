#include "bench/micro/memory.h"
#include "bench/micro/timer_queue.h"
#include "src/sip/timer_wheel.h"

#include <stdlib.h>

struct wheel {
    struct timer_wheel wheel;
    struct timer timers[];
};

static void *
wheel_open(uint32_t timers)
{
    struct wheel *w = memory_take(1, sizeof *w + timers * sizeof w->timers[0]);

    timer_wheel_init(&w->wheel, 0);
    for (uint32_t i = 0; i < timers; i++)
        timer_init(&w->timers[i], NULL);
    return w;
}

static void
wheel_start(void *self, uint32_t timer, uint64_t due_ms)
{
    struct wheel *w = self;

    timer_start(&w->wheel, &w->timers[timer], due_ms);
}

static void
wheel_stop(void *self, uint32_t timer)
{
    struct wheel *w = self;

    timer_stop(&w->wheel, &w->timers[timer]);
}

static uint64_t
wheel_next_deadline(void *self)
{
    struct wheel *w = self;

    return timer_wheel_next_deadline(&w->wheel);
}

static bool
wheel_next_due(void *self, uint64_t now_ms, uint32_t *timer)
{
    struct wheel *w = self;
    struct timer *due = timer_wheel_next_due(&w->wheel, now_ms);

    if (due != NULL)
        *timer = (uint32_t)(due - w->timers);
    return due != NULL;
}

const struct timer_queue timer_queue_wheel = {
    .name = "wheel",
    .open = wheel_open,
    .close = free,
    .start = wheel_start,
    .stop = wheel_stop,
    .next_deadline = wheel_next_deadline,
    .next_due = wheel_next_due,
};
