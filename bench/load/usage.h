/* usage - processor time and memory of processes.
 *
 * Source  clock_getcpuclockid for the time, which counts nanoseconds where /proc/PID/stat counts
 *         hundredths of a second; that tells which part of it was the kernel's, smaps_rollup the
 *         memory.
 */
#ifndef BENCH_LOAD_USAGE_H
#define BENCH_LOAD_USAGE_H

#include <stdbool.h>
#include <stdint.h>

struct usage {
    bool is_known;                 /* not of none, and not where one of them is gone */
    double cpu_s;                  /* all of it */
    double user_s, system_s;       /* in ticks of the kernel */
    uint64_t rss_bytes, pss_bytes; /* 0 where it may not be read */
};

/* The sum over these processes. */
struct usage
usage_of(const long *pid, unsigned pids);

/* What was used since; the memory is that of now. */
struct usage
usage_since(const struct usage *before, const struct usage *now);

/* Processor time of this process. */
double
usage_own_s(void);

#endif
