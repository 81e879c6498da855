/* report - the result of a load, for people and for programs. */
#ifndef BENCH_LOAD_REPORT_H
#define BENCH_LOAD_REPORT_H

#include "bench/load/run.h"

#include <stdio.h>

/* Tables and lines. */
void
report_print(const struct run *run, FILE *out);

/* One JSON object with all there is. */
void
report_print_json(const struct run *run, FILE *out);

#endif
