#include "store/batch.h"

#include <stdalign.h>
#include <stdlib.h>

enum {
    BLOCK_ROOM = 64 * 1024,
    FIRST_ROOM = 64, /* of the arrays, in items */
};

struct batch_block {
    struct batch_block *next; /* owned */
    size_t used, room;
    alignas(max_align_t) char bytes[];
};

void
batch_init(struct batch *batch)
{
    *batch = (struct batch){ 0 };
}

static struct batch_block *
block_new(size_t room)
{
    struct batch_block *block = malloc(sizeof *block + room);

    if (block != NULL)
        *block = (struct batch_block){ .room = room };
    return block;
}

/* Empties the blocks; those past BATCH_KEPT_BYTES go. */
static void
blocks_reset(struct batch *batch)
{
    struct batch_block **link = &batch->blocks;
    size_t kept = 0;

    while (*link != NULL) {
        struct batch_block *block = *link;

        if (block->room > BATCH_KEPT_BYTES - kept) {
            *link = block->next;
            free(block);
            continue;
        }
        kept += block->room;
        block->used = 0;
        link = &block->next;
    }
}

void
batch_reset(struct batch *batch)
{
    blocks_reset(batch);
    batch->put_count = batch->removal_count = batch->binding_count = 0;
    batch->bytes = 0;
    batch->safe = NULL;
}

void
batch_free(struct batch *batch)
{
    struct batch_block *block = batch->blocks;

    while (block != NULL) {
        struct batch_block *next = block->next;

        free(block);
        block = next;
    }
    free(batch->puts);
    free(batch->removals);
    free(batch->bindings);
    batch_init(batch);
}

bool
batch_is_empty(const struct batch *batch)
{
    return batch->put_count == 0 && batch->removal_count == 0 &&
           batch->binding_count == 0;
}

/* Takes an unused block out of the list, where one is large enough. */
static struct batch_block *
take_unused(struct batch *batch, size_t bytes)
{
    for (struct batch_block **link = &batch->blocks; *link != NULL;
         link = &(*link)->next) {
        struct batch_block *block = *link;

        if (block->used > 0 || block->room < bytes)
            continue;
        *link = block->next;
        return block;
    }
    return NULL;
}

/* The first block of the list is the one being filled. */
static struct batch_block *
block_with_room(struct batch *batch, size_t bytes)
{
    struct batch_block *block = batch->blocks;

    if (block != NULL && block->room - block->used >= bytes)
        return block;
    block = take_unused(batch, bytes);
    if (block == NULL)
        block = block_new(bytes > BLOCK_ROOM ? bytes : BLOCK_ROOM);
    if (block == NULL)
        return NULL;
    block->next = batch->blocks;
    batch->blocks = block;
    return block;
}

void *
batch_alloc(struct batch *batch, size_t bytes)
{
    const size_t unit = alignof(max_align_t);
    struct batch_block *block;
    void *at;

    if (bytes > BATCH_BYTES_MAX - unit)
        return NULL;
    bytes = bytes == 0 ? unit : (bytes + unit - 1) / unit * unit;
    if (bytes > BATCH_BYTES_MAX - batch->bytes)
        return NULL;
    block = block_with_room(batch, bytes);
    if (block == NULL)
        return NULL;
    at = block->bytes + block->used;
    block->used += bytes;
    batch->bytes += bytes;
    return at;
}

/* A copy in the batch; absent stays absent. False: no room. */
static bool
copy(struct batch *batch, struct slice from, struct slice *out)
{
    char *at;

    *out = slice_absent();
    if (slice_is_absent(from))
        return true;
    at = batch_alloc(batch, from.len);
    if (at == NULL)
        return false;
    if (from.len > 0)
        memcpy(at, from.at, from.len);
    *out = slice_of(at, from.len);
    return true;
}

/* Room for one item more: NULL at `max` or without memory, and then `items` stays. */
static void *
items_grow(void *items, size_t count, size_t *room, size_t max, size_t item_bytes)
{
    size_t want = *room == 0 ? FIRST_ROOM : *room * 2;
    void *grown;

    if (count < *room)
        return items;
    if (count >= max)
        return NULL;
    if (want > max)
        want = max;
    grown = realloc(items, want * item_bytes);
    if (grown != NULL)
        *room = want;
    return grown;
}

struct put *
batch_put(struct batch *batch, const struct record *record)
{
    size_t size = record_size(record);
    struct put *puts = items_grow(batch->puts, batch->put_count, &batch->put_room,
                                  BATCH_PUTS_MAX, sizeof *puts);
    struct record inside;
    char *value;

    if (puts == NULL)
        return NULL;
    batch->puts = puts;
    value = size > RECORD_MAX ? NULL : batch_alloc(batch, size);
    if (value == NULL)
        return NULL;
    record_encode(record, value);
    if (record_decode(slice_of(value, size), 0, &inside) != RECORD_OK)
        return NULL;
    puts += batch->put_count++;
    *puts = (struct put){
        .value = slice_of(value, size),
        .aor = inside.aor,
        .exp_time_s = record->exp_time_s,
        .body_bytes = record->body.len,
        .origin = record->origin,
    };
    return puts;
}

bool
batch_remove(struct batch *batch, uint64_t id, void *owner)
{
    struct removal *removals =
        items_grow(batch->removals, batch->removal_count, &batch->removal_room,
                   BATCH_REMOVALS_MAX, sizeof *removals);

    if (removals == NULL)
        return false;
    batch->removals = removals;
    removals[batch->removal_count++] = (struct removal){ id, owner };
    return true;
}

bool
batch_save_binding(struct batch *batch, struct slice aor, struct slice value, void *owner)
{
    struct saved_binding *bindings =
        items_grow(batch->bindings, batch->binding_count, &batch->binding_room,
                   BATCH_BINDINGS_MAX, sizeof *bindings);
    struct saved_binding saved = { .owner = owner };

    if (bindings == NULL)
        return false;
    batch->bindings = bindings;
    if (!copy(batch, aor, &saved.aor) || !copy(batch, value, &saved.value))
        return false;
    bindings[batch->binding_count++] = saved;
    return true;
}

bool
batch_lacked_room(const struct batch *batch)
{
    for (size_t i = 0; i < batch->put_count; i++)
        if (batch->puts[i].result == PUT_NO_SPACE)
            return true;
    for (size_t i = 0; i < batch->binding_count; i++)
        if (batch->bindings[i].result == PUT_NO_SPACE)
            return true;
    return false;
}
