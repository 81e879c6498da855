/* memory - what this process holds, and runs that begin with nothing. */
#ifndef BENCH_MICRO_MEMORY_H
#define BENCH_MICRO_MEMORY_H

#include <stddef.h>

/* Bytes that malloc has given out, its own overhead included. */
double
memory_allocated(void);

/* Bytes of this process that lie in memory. */
double
memory_resident(void);

/* calloc that ends the program where there is none. */
void *
memory_take(size_t count, size_t size);

/* Runs it in a process of its own, so that no earlier run has left it holes to fill. Ends the
 * program when that fails. */
void
memory_run_alone(void (*run)(void *context), void *context);

#endif
