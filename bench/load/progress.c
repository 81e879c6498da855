#include "bench/load/progress.h"

#include "bench/load/clock.h"

#include <stdio.h>

static uint64_t
resent_of(const struct phase *phase)
{
    uint64_t resent = 0;

    for (unsigned kind = 0; kind < REQUEST_KINDS; kind++)
        resent += phase->tally[kind].resent;
    return resent;
}

void
progress_tell(struct run *run)
{
    const struct phase *phase = run->phase;
    double seconds = (double)(run->now_ns - phase->began_ns) / (double)NS_PER_S;
    double count = (double)phase_count(phase);

    run->told_ns = run->now_ns;
    if (run->options->quiet)
        return;
    fprintf(stderr,
            "%-10s %5.0f s %10.0f done %9.0f/s %6u open %6llu sent again %8llu waiting\n",
            phase->name, seconds, count, count / seconds, run->transactions.open,
            (unsigned long long)resent_of(phase),
            (unsigned long long)run->ledger.waiting);
}
