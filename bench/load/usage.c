#include "bench/load/usage.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static FILE *
open_proc(long pid, const char *name)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%ld/%s", pid, name);
    return fopen(path, "r");
}

static bool
add_cpu(long pid, struct usage *sum)
{
    struct timespec used;
    clockid_t clock;

    if (clock_getcpuclockid((pid_t)pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
        return false;
    sum->cpu_s += (double)used.tv_sec + (double)used.tv_nsec / 1e9;
    return true;
}

/* The name of a process, in parentheses, may hold anything. */
static void
add_times(long pid, struct usage *sum)
{
    FILE *file = open_proc(pid, "stat");
    double ticks = (double)sysconf(_SC_CLK_TCK);
    unsigned long user = 0, sys = 0;
    char line[1024];
    const char *at;

    if (file == NULL)
        return;
    if (fgets(line, sizeof line, file) != NULL && (at = strrchr(line, ')')) != NULL &&
        sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
               &sys) == 2) {
        sum->user_s += (double)user / ticks;
        sum->system_s += (double)sys / ticks;
    }
    fclose(file);
}

static void
add_memory(long pid, struct usage *sum)
{
    FILE *file = open_proc(pid, "smaps_rollup");
    unsigned long kib;
    char line[256];

    if (file == NULL)
        return;
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "Rss: %lu kB", &kib) == 1)
            sum->rss_bytes += 1024 * (uint64_t)kib;
        else if (sscanf(line, "Pss: %lu kB", &kib) == 1)
            sum->pss_bytes += 1024 * (uint64_t)kib;
    fclose(file);
}

struct usage
usage_of(const long *pid, unsigned pids)
{
    struct usage sum = { .is_known = pids > 0 };

    for (unsigned i = 0; i < pids; i++) {
        sum.is_known = add_cpu(pid[i], &sum) && sum.is_known;
        add_times(pid[i], &sum);
        add_memory(pid[i], &sum);
    }
    return sum;
}

struct usage
usage_since(const struct usage *before, const struct usage *now)
{
    struct usage used = *now;

    used.is_known = before->is_known && now->is_known;
    used.cpu_s -= before->cpu_s;
    used.user_s -= before->user_s;
    used.system_s -= before->system_s;
    return used;
}

double
usage_own_s(void)
{
    struct rusage own;

    getrusage(RUSAGE_SELF, &own);
    return (double)(own.ru_utime.tv_sec + own.ru_stime.tv_sec) +
           (double)(own.ru_utime.tv_usec + own.ru_stime.tv_usec) / 1e6;
}
