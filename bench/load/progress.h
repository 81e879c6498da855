/* progress - a line on standard error, once a second, for who waits. */
#ifndef BENCH_LOAD_PROGRESS_H
#define BENCH_LOAD_PROGRESS_H

#include "bench/load/run.h"

void
progress_tell(struct run *run);

#endif
