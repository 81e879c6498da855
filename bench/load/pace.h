/* pace - when the next request is to be sent.
 *
 * Closed loop: as soon as fewer than `window` are open. Open loop: at times that are fixed
 * beforehand, whatever the server does; where `window` are open already one waits, but its
 * latency counts from the time that was meant for it.
 */
#ifndef BENCH_LOAD_PACE_H
#define BENCH_LOAD_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
    uint64_t began_ns;
    uint64_t deadline_ns; /* nothing is meant for then or later */
    double interval_ns;   /* 0: closed loop */
    uint64_t count, started;
    uint32_t window;
};

/* When the next one is meant to be sent. */
static inline uint64_t
pace_intended_ns(const struct pace *p, uint64_t now_ns)
{
    if (p->interval_ns <= 0)
        return now_ns;
    return p->began_ns + (uint64_t)((double)p->started * p->interval_ns);
}

/* All are sent that will be. */
static inline bool
pace_is_over(const struct pace *p, uint64_t now_ns)
{
    return p->started >= p->count || pace_intended_ns(p, now_ns) >= p->deadline_ns;
}

static inline bool
pace_allows(const struct pace *p, uint64_t now_ns, uint32_t open)
{
    return open < p->window && !pace_is_over(p, now_ns) &&
           pace_intended_ns(p, now_ns) <= now_ns;
}

#endif
