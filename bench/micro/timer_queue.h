/* timer_queue - two ways to keep timers: the server's wheel, and a binary heap beside it.
 *
 * Timers are numbered from 0. Whatever it costs to call through this is the same for both.
 */
#ifndef BENCH_MICRO_TIMER_QUEUE_H
#define BENCH_MICRO_TIMER_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

struct timer_queue {
    const char *name;
    void *(*open)(uint32_t timers);
    void (*close)(void *self);
    void (*start)(void *self, uint32_t timer, uint64_t due_ms); /* or moves it */
    void (*stop)(void *self, uint32_t timer);
    uint64_t (*next_deadline)(void *self); /* when to ask next_due again */
    bool (*next_due)(void *self, uint64_t now_ms, uint32_t *timer);
};

extern const struct timer_queue timer_queue_wheel;

/* Pointers in an array, each timer knowing its place: the usual heap that can move a timer. */
extern const struct timer_queue timer_queue_heap;

#endif
