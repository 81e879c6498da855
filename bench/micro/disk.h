/* disk - what one append and sync takes: no commit is faster. */
#ifndef BENCH_MICRO_DISK_H
#define BENCH_MICRO_DISK_H

#include "bench/micro/figures.h"

/* In the directory of directory_make. */
void
disk_measure(const struct figures *figures, uint32_t rounds);

#endif
