/* allocations - how often anybody in this program has asked for memory.
 *
 * malloc, calloc and realloc are this program's own, for the libraries in it, too; they count
 * and pass on to the C library's.
 */
#ifndef BENCH_PARSER_ALLOCATIONS_H
#define BENCH_PARSER_ALLOCATIONS_H

#include <stdint.h>

/* So many since the start. */
uint64_t
allocations_count(void);

#endif
