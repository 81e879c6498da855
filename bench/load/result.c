#include "bench/load/result.h"

#include "bench/load/clock.h"

uint64_t
phase_timeouts(const struct phase *phase)
{
    uint64_t timeouts = 0;

    for (unsigned kind = 0; kind < REQUEST_KINDS; kind++)
        timeouts += phase->tally[kind].timed_out;
    return timeouts;
}

uint64_t
phase_count(const struct phase *phase)
{
    uint64_t count = 0;

    if (phase->delivers)
        return phase->arrived;
    for (unsigned kind = 0; kind < REQUEST_KINDS; kind++)
        count += phase->tally[kind].succeeded;
    return count;
}

double
phase_seconds(const struct phase *phase)
{
    if (phase->last_ns <= phase->began_ns)
        return 0;
    return (double)(phase->last_ns - phase->began_ns) / (double)NS_PER_S;
}
