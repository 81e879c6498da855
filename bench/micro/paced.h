/* paced - how long a message waits that comes alone, as at 500 a second.
 *
 * Each commit has one message, and begins two milliseconds after the one before began, so a disk
 * that is no faster when it is asked without a pause is asked as a server asks it. Of a round
 * the median and the 99th percentile are its figures, "wait" and "wait, p99", in microseconds.
 */
#ifndef BENCH_MICRO_PACED_H
#define BENCH_MICRO_PACED_H

#include "bench/micro/figures.h"

/* Both subjects in turns, in the directory of directory_make. */
void
paced_measure(const struct figures *figures, uint32_t rounds);

#endif
