/* fuzz - what every fuzz target shares: the entry, expectations, memory of the exact
 * size.
 *
 * A target is one file, fuzz/fuzz_WHAT.c: it calls production functions with the octets
 * that it is given, and says what has to hold. libFuzzer, afl++ and fuzz/replay.c call
 * the same entry.
 *
 *     int
 *     LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
 *     {
 *         struct slice text = fuzz_copy(fuzz_input(data, size), 0);
 *         expect(via_parse(text, &via, &why) != PARSE_PARTIAL, "a Via is no stream");
 *         fuzz_free(text);
 *         return 0;
 *     }
 *
 * Errors  What does not hold is one line on stderr, then abort().
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include "parser/slice.h"

#include <stdint.h>

enum {
    FUZZ_OUTPUT = 1024, /* what a parser writes; but for a message */
    FUZZ_APART = 128,   /* octets between copies that nobody may touch */
};

/* One input. The same octets give the same run, always. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline struct slice
fuzz_input(const uint8_t *data, size_t size)
{
    return slice_of((const char *)data, size);
}

/* "fuzz: a view leaves the input: To", and the end. */
_Noreturn void
fuzz_fail(const char *what, const char *of);

static inline void
expect(bool holds, const char *what)
{
    if (!holds)
        fuzz_fail(what, NULL);
}

/* `part` is absent or lies within `whole`. */
static inline void
expect_within(struct slice part, struct slice whole, const char *name)
{
    if (slice_is_absent(part))
        return;
    if (part.at < whole.at || part.at > whole.at + whole.len ||
        part.len > (size_t)(whole.at + whole.len - part.at))
        fuzz_fail("a view leaves the input", name);
}

/* The same text, and both absent or neither. */
static inline void
expect_same(struct slice a, struct slice b, const char *name)
{
    if (slice_is_absent(a) != slice_is_absent(b) || !slice_equal(a, b))
        fuzz_fail("two readings differ", name);
}

/* What a parser leaves of its output on failure; at most FUZZ_OUTPUT octets. */
static inline void
expect_zero(const void *output, size_t size)
{
    static const char zeros[FUZZ_OUTPUT];

    expect(size <= sizeof zeros && memcmp(output, zeros, size) == 0,
           "nothing is left of the output on failure");
}

/* A copy that ends `slack` octets behind it, so that the address sanitizer sees what is read
 * beyond: it says "use-after-poison". The slack is zero, and less than FUZZ_APART. */
struct slice
fuzz_copy(struct slice text, size_t slack);

/* So many octets, to be written, apart from others in the same way. */
struct slice
fuzz_room(size_t bytes);

/* From now on so many octets behind a copy without slack may be touched. They begin at the
 * pointer, and hold anything. */
char *
fuzz_widen(struct slice copy, size_t slack);

/* Gives either back; it may not be touched from then on. */
void
fuzz_free(struct slice copy);

/* Choices that the input makes: the same ones for the same input, others for another. */
struct choices {
    uint64_t state;
};

struct choices
choices_of(struct slice input);

/* 0 to bound - 1. */
size_t
choose(struct choices *choices, size_t bound);

/* All checks that there are: in replays, and where the environment has THOROUGH. It is false
 * under a fuzzer: ten inputs with a check each find more than one with ten. */
extern bool fuzz_is_thorough;

/* The checks to make of so many, as bits: one of the input's choice, or all. */
unsigned
choose_checks(struct choices *choices, unsigned count);

int
LLVMFuzzerInitialize(int *argc, char ***argv);

#endif
