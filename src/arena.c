#include "src/arena.h"

#include "src/sanitizer.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

/* Under the address sanitizer, what was taken back is poisoned: a pointer that outlives its
 * event is found by the first test that follows it. */
#if SANITIZES_ADDRESS
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, bytes)   ((void)(at), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(at, bytes) ((void)(at), (void)(bytes))
#endif

enum {
    BLOCK_BYTES = 65536,           /* most events need less than one */
    LARGE_BYTES = BLOCK_BYTES / 4, /* gets its own block, so none is left half empty */
    ALIGNMENT = alignof(max_align_t),
};

struct arena_block {
    struct arena_block *next; /* owned */
    size_t used, room;
    alignas(max_align_t) char bytes[];
};

void
arena_init(struct arena *arena)
{
    arena->first = NULL;
}

static struct arena_block *
block_new(size_t room)
{
    struct arena_block *block;

    if (room > SIZE_MAX - sizeof *block)
        return NULL;
    block = malloc(sizeof *block + room);
    if (block == NULL)
        return NULL;
    block->next = NULL;
    block->used = 0;
    block->room = room;
    ASAN_POISON_MEMORY_REGION(block->bytes, room);
    return block;
}

static void
block_free(struct arena_block *block)
{
    ASAN_UNPOISON_MEMORY_REGION(block->bytes, block->room);
    free(block);
}

/* A large block goes behind the first one, which has room left for small pieces. */
static struct arena_block *
arena_grow(struct arena *arena, size_t bytes)
{
    bool is_large = bytes > LARGE_BYTES;
    struct arena_block *block = block_new(is_large ? bytes : BLOCK_BYTES);

    if (block == NULL)
        return NULL;
    if (is_large && arena->first != NULL) {
        block->next = arena->first->next;
        arena->first->next = block;
    } else {
        block->next = arena->first;
        arena->first = block;
    }
    return block;
}

void *
arena_alloc(struct arena *arena, size_t bytes)
{
    struct arena_block *block = arena->first;
    size_t taken = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    char *at;

    if (taken < bytes)
        return NULL; /* it wrapped */
    if (block == NULL || taken > block->room - block->used)
        block = arena_grow(arena, taken);
    if (block == NULL)
        return NULL;
    at = block->bytes + block->used;
    block->used += taken;
    ASAN_UNPOISON_MEMORY_REGION(at, bytes);
    return at;
}

struct slice
arena_copy(struct arena *arena, struct slice bytes)
{
    char *at;

    if (slice_is_absent(bytes))
        return slice_absent();
    at = arena_alloc(arena, bytes.len);
    if (at == NULL)
        return slice_absent();
    if (bytes.len > 0)
        memcpy(at, bytes.at, bytes.len);
    return slice_of(at, bytes.len);
}

static void
free_blocks(struct arena_block *block)
{
    while (block != NULL) {
        struct arena_block *next = block->next;

        block_free(block);
        block = next;
    }
}

void
arena_reset(struct arena *arena)
{
    struct arena_block *kept = arena->first;

    if (kept == NULL)
        return;
    if (kept->room != BLOCK_BYTES) {
        arena_free(arena); /* one huge event must not hold its memory for good */
        return;
    }
    free_blocks(kept->next);
    kept->next = NULL;
    ASAN_POISON_MEMORY_REGION(kept->bytes, kept->used);
    kept->used = 0;
}

void
arena_free(struct arena *arena)
{
    free_blocks(arena->first);
    arena->first = NULL;
}
