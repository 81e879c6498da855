/* arena - memory of one event, taken back all at once.
 *
 * Nobody frees a piece of it, nobody keeps a pointer into it past the event.
 */
#ifndef ARENA_H
#define ARENA_H

#include "parser/slice.h"

struct arena_block;

struct arena {
    struct arena_block *first; /* owned */
};

void
arena_init(struct arena *arena);

/* Aligned for any type; NULL: out of memory. */
void *
arena_alloc(struct arena *arena, size_t bytes);

/* A copy that lives as long as the event; absent stays absent. at NULL: out of memory. */
struct slice
arena_copy(struct arena *arena, struct slice bytes);

/* Takes everything back; keeps one block for the next event. */
void
arena_reset(struct arena *arena);

void
arena_free(struct arena *arena);

#endif
