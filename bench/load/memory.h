/* memory - of a tool that ends when there is none. */
#ifndef BENCH_LOAD_MEMORY_H
#define BENCH_LOAD_MEMORY_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* All zero; never NULL. */
static inline void *
memory_take(size_t count, size_t size)
{
    void *block = calloc(count > 0 ? count : 1, size);

    if (block == NULL) {
        fprintf(stderr, "siload: out of memory\n");
        exit(2);
    }
    return block;
}

/* What is new of a block that grew is not zero. */
static inline void *
memory_resize(void *block, size_t count, size_t size)
{
    block = reallocarray(block, count, size);
    if (block == NULL) {
        fprintf(stderr, "siload: out of memory\n");
        exit(2);
    }
    return block;
}

#endif
