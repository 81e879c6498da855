#include "fuzz/fuzz.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>

/* Elsewhere the macros do nothing. */
#include <sanitizer/asan_interface.h>

/* The address sanitizer asks for it. A quarantine of 256 MB would touch fresh memory with
 * every input: with one that holds an input or two, and stacks of allocations that name the
 * caller alone, a target is twice as fast. A finding is run again with longer ones:
 * ASAN_OPTIONS=malloc_context_size=30. */
const char *
__asan_default_options(void);

const char *
__asan_default_options(void)
{
    return "quarantine_size_mb=2:thread_local_quarantine_size_kb=256:malloc_context_size="
           "2";
}

void
fuzz_fail(const char *what, const char *of)
{
    fprintf(stderr, "fuzz: %s%s%s\n", what, of == NULL ? "" : ": ", of == NULL ? "" : of);
    abort();
}

/* ---- memory ---- */

enum {
    ROOM = 8 * 1024 * 1024, /* for all copies that live at one time */
    LAP = 256 * 1024,       /* what stays in the caches */
    GRAIN = 8,              /* octets that share one octet of the sanitizer's shadow */
};

/* Copies lie behind one another and leave in the opposite order. Everything around them is
 * poisoned, to the octet; a copy that has left stays so for a lap, so that a view into it
 * is noticed then, too. Twice as fast as malloc for each. */
static alignas(64) char room[ROOM];
static size_t used, live;

static size_t
whole_grains(size_t bytes)
{
    return (bytes + GRAIN - 1) / GRAIN * GRAIN;
}

static char *
take(size_t bytes)
{
    char *at;

    if (used == 0 && live == 0)
        ASAN_POISON_MEMORY_REGION(room, ROOM);
    if (live == 0 && used > LAP)
        used = 0;
    expect(bytes < ROOM && used + 2 * FUZZ_APART < ROOM - bytes, "an input fits");
    at = room + used + FUZZ_APART;
    used += FUZZ_APART + whole_grains(bytes);
    live++;
    ASAN_UNPOISON_MEMORY_REGION(at, bytes);
    return at;
}

struct slice
fuzz_room(size_t bytes)
{
    return slice_of(take(bytes), bytes);
}

struct slice
fuzz_copy(struct slice text, size_t slack)
{
    char *at = take(text.len + slack);

    expect(slack < FUZZ_APART, "what is behind a copy is its own");
    if (text.len > 0)
        memcpy(at, text.at, text.len);
    memset(at + text.len, 0, slack);
    return slice_of(at, text.len);
}

char *
fuzz_widen(struct slice copy, size_t slack)
{
    char *end = (char *)(uintptr_t)copy.at + copy.len;

    expect(slack < FUZZ_APART, "what is behind a copy is its own");
    ASAN_UNPOISON_MEMORY_REGION(copy.at, copy.len + slack);
    return end;
}

void
fuzz_free(struct slice copy)
{
    ASAN_POISON_MEMORY_REGION(copy.at, whole_grains(copy.len) + FUZZ_APART);
    live--;
}

/* ---- choices ---- */

bool fuzz_is_thorough;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    fuzz_is_thorough = getenv("THOROUGH") != NULL;
    return 0;
}

unsigned
choose_checks(struct choices *choices, unsigned count)
{
    return fuzz_is_thorough ? (1u << count) - 1 : 1u << choose(choices, count);
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
