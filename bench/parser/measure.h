/* measure - the time that parsers take over an input.
 *
 * Parsers take turns of about a millisecond, round by round, each round from another one on,
 * so that what else the machine does hits them all alike; ratios are taken within a round,
 * and their median is the one to believe.
 *
 * Units   Nanoseconds per message.
 */
#ifndef BENCH_PARSER_MEASURE_H
#define BENCH_PARSER_MEASURE_H

#include "bench/parser/adapter.h"
#include "bench/parser/input.h"

enum {
    MEASURE_ROUNDS = 101,
    MEASURE_PARSERS_MAX = 16,
};

struct measure {
    const struct adapter *adapter;
    double round[MEASURE_ROUNDS];
    double median, least, p90;
    double allocations;    /* per message */
    uint64_t instructions; /* per message, counted elsewhere; 0: not known */
};

/* Reads the messages of `input` one after the other, over and over, until so many are read.
 * Ends the program where one is refused. Returns a sum of all that was read. */
uint64_t
measure_read(const struct adapter *adapter, void *parser, const struct input *input,
             size_t messages);

/* Measures every adapter over `input`; returns how many there are. */
size_t
measure_all(const struct input *input, struct measure out[MEASURE_PARSERS_MAX]);

/* The median over rounds of a's time by b's. */
double
measure_ratio(const struct measure *a, const struct measure *b);

/* The value below which so many per cent of `count` values lie. At most MEASURE_ROUNDS. */
double
measure_percentile(const double *value, size_t count, unsigned percent);

#endif
