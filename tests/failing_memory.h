/* failing_memory - malloc and its like for the product alone, which fail when a test says so.
 *
 *     failing_memory_at(n, 1);        the n-th from now on fails, counted from 1
 *     ...
 *     failing_memory_never();
 *
 * Shape   The Makefile links one object of all that is the product, and LMDB, in which malloc
 *         is called failing_malloc and so on. Tests and their helpers have the real ones.
 * Threads Of one thread alone.
 */
#ifndef TESTS_FAILING_MEMORY_H
#define TESTS_FAILING_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* From the n-th on `times` of them fail. */
void
failing_memory_at(uint64_t n, uint64_t times);

/* None fails from now on; the count goes on. */
void
failing_memory_never(void);

/* How many were asked for, and how many of them failed, since failing_memory_at. */
uint64_t
failing_memory_count(void);

uint64_t
failing_memory_failed(void);

#endif
