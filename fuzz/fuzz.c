#include "fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>

/* The address sanitizer asks for it. A quarantine of 256 MB would touch fresh memory with
 * every input: with a small one, and short stacks of allocations, a target is twice as
 * fast. */
const char *
__asan_default_options(void);

const char *
__asan_default_options(void)
{
    return "quarantine_size_mb=4:malloc_context_size=6";
}

void
fuzz_fail(const char *what, const char *of)
{
    fprintf(stderr, "fuzz: %s%s%s\n", what, of == NULL ? "" : ": ", of == NULL ? "" : of);
    abort();
}

struct slice
fuzz_copy(struct slice text, size_t slack)
{
    char *at = malloc(text.len + slack);

    expect(at != NULL || text.len + slack == 0, "out of memory");
    if (text.len > 0)
        memcpy(at, text.at, text.len);
    if (slack > 0)
        memset(at + text.len, 0, slack);
    return slice_of(at, text.len);
}

void
fuzz_free(struct slice copy)
{
    free((void *)(uintptr_t)copy.at);
}

/* FNV-1a, eight octets at a time: it has to be different, not hard to guess. */
struct choices
choices_of(struct slice input)
{
    uint64_t hash = 0xcbf29ce484222325u;

    while (input.len > 0) {
        struct slice head = slice_head(input, sizeof hash);
        uint64_t word = head.len;

        memcpy(&word, head.at, head.len);
        hash = (hash ^ word) * 0x100000001b3u;
        hash ^= hash >> 29;
        input = slice_skip(input, head.len);
    }
    return (struct choices){ hash };
}

size_t
choose(struct choices *choices, size_t bound)
{
    uint64_t x = choices->state += 0x9e3779b97f4a7c15u;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return (size_t)((x ^ x >> 31) % bound);
}
