#include "bench/core/path.h"

#include "bench/core/counted.h"
#include "bench/core/scratch.h"

enum {
    MANY = 2048, /* AoRs in rotation */
    FEW = 256,   /* the same, where each is to have MESSAGES of them */
    MESSAGES = 8,
    READ = 32, /* AoRs a step */
    SMALL = 64,
    LARGE = 512,
    FOLDED = 2048, /* at once */
    NEVER = 1 << 24,
};

/* In the largest commits, uncounted. */
static void
put_before(struct scratch *s, uint32_t count)
{
    bool was = counting(false);

    for (uint32_t left = count; left > 0;) {
        uint32_t now = left < LARGE ? left : LARGE;

        scratch_put(s, now);
        left -= now;
    }
    counting(was);
}

static void *
open_unfolded(void)
{
    return scratch_new(NEVER, MANY);
}

static void *
open_folding(void)
{
    return scratch_new(FOLDED, MANY);
}

static void *
open_to_read_tail(void)
{
    struct scratch *s = scratch_new(NEVER, FEW);

    put_before(s, FEW * MESSAGES);
    return s;
}

static void *
open_to_read_index(void)
{
    struct scratch *s = scratch_new(FEW * MESSAGES, FEW);

    put_before(s, FEW * MESSAGES);
    scratch_fold(s);
    return s;
}

static void
close_store(void *self)
{
    scratch_free(self);
}

static void
step_put_small(void *self, uint32_t n)
{
    (void)n;
    scratch_put(self, SMALL);
}

static void
step_put_large(void *self, uint32_t n)
{
    (void)n;
    scratch_put(self, LARGE);
}

static void
step_remove_small(void *self, uint32_t n)
{
    (void)n;
    put_before(self, SMALL);
    scratch_remove_last(self, SMALL);
}

static void
step_remove_large(void *self, uint32_t n)
{
    (void)n;
    put_before(self, LARGE);
    scratch_remove_last(self, LARGE);
}

static void
step_read(void *self, uint32_t n)
{
    for (uint32_t i = 0; i < READ; i++)
        scratch_read(self, (n * READ + i) % FEW, MESSAGES);
}

static void
step_fold(void *self, uint32_t n)
{
    (void)n;
    put_before(self, FOLDED);
    scratch_fold(self);
}

static void
step_reclaim(void *self, uint32_t n)
{
    bool was = counting(false);

    step_fold(self, n);
    scratch_remove_last(self, FOLDED);
    counting(was);
    scratch_fold(self);
}

const struct path store_paths[] = {
    {
        .name = "commit-64",
        .what = "a put in a commit of 64",
        .each = SMALL,
        .warm = 40,
        .counted = 16,
        .open = open_unfolded,
        .step = step_put_small,
        .close = close_store,
    },
    {
        .name = "commit-512",
        .what = "a put in a commit of 512",
        .each = LARGE,
        .warm = 5,
        .counted = 4,
        .open = open_unfolded,
        .step = step_put_large,
        .close = close_store,
    },
    {
        .name = "remove-64",
        .what = "a removal in a commit of 64",
        .each = SMALL,
        .warm = 8,
        .counted = 16,
        .open = open_unfolded,
        .step = step_remove_small,
        .close = close_store,
    },
    {
        .name = "remove-512",
        .what = "a removal in a commit of 512",
        .each = LARGE,
        .warm = 2,
        .counted = 4,
        .open = open_unfolded,
        .step = step_remove_large,
        .close = close_store,
    },
    {
        .name = "read-tail",
        .what = "a message in a page of 8, before the fold",
        .each = READ * MESSAGES,
        .warm = 1,
        .counted = 4,
        .open = open_to_read_tail,
        .step = step_read,
        .close = close_store,
    },
    {
        .name = "read-index",
        .what = "a message in a page of 8, behind the fold",
        .each = READ * MESSAGES,
        .warm = 1,
        .counted = 4,
        .open = open_to_read_index,
        .step = step_read,
        .close = close_store,
    },
    {
        .name = "fold",
        .what = "a message goes into the indexes, among 2048",
        .each = FOLDED,
        .warm = 1,
        .counted = 2,
        .open = open_folding,
        .step = step_fold,
        .close = close_store,
    },
    {
        .name = "reclaim",
        .what = "a removed one goes out of indexes and table",
        .each = FOLDED,
        .warm = 1,
        .counted = 2,
        .open = open_folding,
        .step = step_reclaim,
        .close = close_store,
    },
    { 0 },
};
