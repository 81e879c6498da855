/* workload - what each of them does, phase by phase. */
#ifndef BENCH_LOAD_WORKLOAD_H
#define BENCH_LOAD_WORKLOAD_H

#include "bench/load/run.h"

/* Runs that of the options, to its end or until it is stopped. */
void
workload_run(struct run *run);

#endif
