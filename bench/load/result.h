/* result - what a load has counted. */
#ifndef BENCH_LOAD_RESULT_H
#define BENCH_LOAD_RESULT_H

#include "bench/load/histogram.h"
#include "bench/load/request.h"
#include "bench/load/usage.h"

enum {
    RESULT_STATUSES = 700,
    RESULT_PHASES_MAX = 5,
};

/* Of one kind of requests. */
struct tally {
    uint64_t sent, succeeded, failed, timed_out;
    uint64_t resent, provisional, retry_after;
    uint64_t late; /* sent more than 1 ms behind the time that was meant for it */
    uint64_t status[RESULT_STATUSES];
    struct histogram latency; /* of answers 2xx; who had none, for as long as he waited */
    struct histogram refusal; /* of all other final answers */
};

struct phase {
    const char *name;
    bool measured; /* what the load is for; else it only prepares or collects */
    bool delivers; /* what counts are messages that arrive, not answers */
    uint64_t began_ns, last_ns; /* last: when something was counted, or still expected */
    uint64_t arrived;           /* messages, for the first time */
    struct usage server;        /* time within the phase, memory at its end */
    double own_s;               /* our own time */
    struct tally tally[REQUEST_KINDS];
    struct histogram gap; /* from REGISTER, or the answer to a message, to the next one */
};

struct result {
    struct phase *phase; /* owned; RESULT_PHASES_MAX */
    unsigned phases;
    uint64_t strays;   /* answers to nothing that was open */
    uint64_t others;   /* requests that were no MESSAGE */
    uint64_t given_up; /* users to whom nothing more came */
    bool interrupted;
    bool
        collected; /* all that was accepted had its chance to arrive: what did not is lost */
};

/* Requests of a phase that had no final response in time. */
uint64_t
phase_timeouts(const struct phase *phase);

/* What a phase counted, and the seconds that it took. */
uint64_t
phase_count(const struct phase *phase);
double
phase_seconds(const struct phase *phase);

#endif
