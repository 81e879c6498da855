#include "bench/parser/allocations.h"

#include <stdlib.h>

/* glibc's, under the names by which it lets itself be replaced. */
extern void *
__libc_malloc(size_t size);
extern void *
__libc_calloc(size_t count, size_t size);
extern void *
__libc_realloc(void *block, size_t size);
extern void
__libc_free(void *block);

static uint64_t asked;

uint64_t
allocations_count(void)
{
    return asked;
}

void *
malloc(size_t size)
{
    asked++;
    return __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
    asked++;
    return __libc_calloc(count, size);
}

void *
realloc(void *block, size_t size)
{
    asked++;
    return __libc_realloc(block, size);
}

void
free(void *block)
{
    __libc_free(block);
}
