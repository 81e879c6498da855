/* timer_wheel - a million timers, O(1) to start and to stop.
 *
 * Four levels of 256 slots over ticks of one millisecond reach 49 days; later deadlines wait
 * in a list of their own and are put again when those are over. Timers fire in the order of
 * their deadlines, those of one millisecond in any. The wheel is asked, it does not call out:
 *
 *     while ((t = timer_wheel_next_due(&wheel, now_ms)) != NULL)
 *         t->fire(t, now);
 *
 * Units   Monotonic milliseconds, given by the caller; never going back.
 * Memory  Intrusive: a timer lies in the struct that waits and is stopped before that goes.
 */
#ifndef SIP_TIMER_WHEEL_H
#define SIP_TIMER_WHEEL_H

#include "src/sip/transport.h"

struct timer {
    struct timer *next;  /* borrowed */
    struct timer **link; /* what points at this one; NULL: not running */
    uint64_t due_ms;
    void (*fire)(struct timer *timer, struct moment now);
};

enum {
    WHEEL_LEVELS = 4,
    WHEEL_SLOTS = 256,
};

struct timer_wheel {
    struct timer *slots[WHEEL_LEVELS][WHEEL_SLOTS];
    uint64_t used[WHEEL_LEVELS][WHEEL_SLOTS / 64]; /* which slots hold anything */
    struct timer *due;                             /* at or before now_ms */
    struct timer *far;                             /* beyond the 49 days of now_ms */
    uint64_t now_ms;                               /* how far the wheel has turned */
    uint64_t running;                              /* how many timers run */
};

void
timer_wheel_init(struct timer_wheel *wheel, uint64_t now_ms);

void
timer_init(struct timer *timer, void (*fire)(struct timer *timer, struct moment now));

/* Starts it, or moves it when it runs already. A deadline in the past is due at once. */
void
timer_start(struct timer_wheel *wheel, struct timer *timer, uint64_t due_ms);

void
timer_stop(struct timer_wheel *wheel, struct timer *timer);

bool
timer_is_running(const struct timer *timer);

/* The next timer that is due, stopped; NULL when there is none. */
struct timer *
timer_wheel_next_due(struct timer_wheel *wheel, uint64_t now_ms);

/* When to ask next: never later than the earliest deadline, and at most a level's span
 * before it. UINT64_MAX when no timer runs. */
uint64_t
timer_wheel_next_deadline(const struct timer_wheel *wheel);

#define CONTAINER_OF(pointer, type, member) \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
