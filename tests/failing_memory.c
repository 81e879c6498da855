#include "tests/failing_memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void *
failing_malloc(size_t bytes);
void *
failing_calloc(size_t count, size_t bytes);
void *
failing_realloc(void *at, size_t bytes);
char *
failing_strdup(const char *text);
int
failing_posix_memalign(void **out, size_t alignment, size_t bytes);

static uint64_t count, failed, from = UINT64_MAX, until;

void
failing_memory_at(uint64_t n, uint64_t times)
{
    count = failed = 0;
    from = n;
    until = UINT64_MAX - n < times ? UINT64_MAX : n + times;
}

void
failing_memory_never(void)
{
    from = UINT64_MAX;
}

uint64_t
failing_memory_count(void)
{
    return count;
}

uint64_t
failing_memory_failed(void)
{
    return failed;
}

static bool
fails(void)
{
    count++;
    if (count < from || count >= until)
        return false;
    failed++;
    errno = ENOMEM;
    return true;
}

void *
failing_malloc(size_t bytes)
{
    return fails() ? NULL : malloc(bytes);
}

void *
failing_calloc(size_t items, size_t bytes)
{
    return fails() ? NULL : calloc(items, bytes);
}

void *
failing_realloc(void *at, size_t bytes)
{
    return fails() ? NULL : realloc(at, bytes);
}

char *
failing_strdup(const char *text)
{
    return fails() ? NULL : strdup(text);
}

int
failing_posix_memalign(void **out, size_t alignment, size_t bytes)
{
    return fails() ? ENOMEM : posix_memalign(out, alignment, bytes);
}
