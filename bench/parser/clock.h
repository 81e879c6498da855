/* clock - nanoseconds that this thread was running: when others run does not count. */
#ifndef BENCH_PARSER_CLOCK_H
#define BENCH_PARSER_CLOCK_H

#include <time.h>

static inline double
clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

#endif
