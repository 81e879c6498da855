/* usage - processor time and memory of processes, as /proc tells. */
#ifndef BENCH_LOAD_USAGE_H
#define BENCH_LOAD_USAGE_H

#include <stdint.h>

struct usage {
    double user_s, system_s;
    uint64_t rss_bytes, pss_bytes; /* 0 where it may not be read */
};

/* The sum over these processes; one that is gone counts nothing. */
struct usage
usage_of(const long *pid, unsigned pids);

/* Processor time of this process. */
double
usage_own_s(void);

#endif
