/* answer - a silo that keeps nothing: 202 to a MESSAGE, 200 to all else.
 *
 * For measuring what the load generator itself can do.
 */
#ifndef BENCH_LOAD_ANSWER_H
#define BENCH_LOAD_ANSWER_H

#include "bench/load/options.h"

/* Until it is stopped, or options.seconds are over. An exit code. */
int
answer_run(const struct options *options);

#endif
