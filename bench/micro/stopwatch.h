/* stopwatch - time that passed and CPU time of this process, over what is measured alone.
 *
 *     stopwatch_start(&w);  work;  stopwatch_stop(&w);     adds up
 */
#ifndef BENCH_MICRO_STOPWATCH_H
#define BENCH_MICRO_STOPWATCH_H

#include <time.h>

struct stopwatch {
    double wall_s, cpu_s; /* so far */
    double wall_began_s, cpu_began_s;
};

static inline double
stopwatch_clock_s(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline void
stopwatch_start(struct stopwatch *w)
{
    w->wall_began_s = stopwatch_clock_s(CLOCK_MONOTONIC);
    w->cpu_began_s = stopwatch_clock_s(CLOCK_PROCESS_CPUTIME_ID);
}

static inline void
stopwatch_stop(struct stopwatch *w)
{
    w->cpu_s += stopwatch_clock_s(CLOCK_PROCESS_CPUTIME_ID) - w->cpu_began_s;
    w->wall_s += stopwatch_clock_s(CLOCK_MONOTONIC) - w->wall_began_s;
}

#endif
