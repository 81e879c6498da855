#include "src/sip/kept_responses.h"

#include <stdalign.h>
#include <stdlib.h>

/* They lie one behind the other in chunks, the oldest first, and are found through sets of
 * places as a processor's cache finds its lines: adding one touches a line of the index and
 * the next octets of a chunk, nothing else. */
enum {
    DROPS_A_CALL = 64, /* a call adds one, so any backlog melts */
    CHUNK_BYTES = 68 * 1024,
    WAYS = 8,            /* places that one hash may take: a line of the cache */
    BYTES_A_PLACE = 128, /* of the limit; a response is longer, so sets seldom are full */
};

struct kept {
    struct server_key key;
    uint64_t until_ms;
    size_t len;
    char bytes[];
};

struct chunk {
    struct chunk *next; /* owned */
    size_t used;
    alignas(struct kept) char bytes[CHUNK_BYTES];
};

struct kept_responses {
    struct kept *(*sets)[WAYS]; /* owned; the latest first, then NULL */
    size_t set_count;           /* a power of two */
    struct chunk *first, *last; /* owned */
    size_t first_at;            /* where the oldest lies in the first chunk */
    size_t bytes;               /* taken, with what is left over in full chunks */
    size_t limit_bytes;
    uint64_t life_ms;
};

struct kept_responses *
kept_responses_new(size_t limit_bytes, uint64_t life_ms)
{
    struct kept_responses *kept = calloc(1, sizeof *kept);

    if (kept == NULL)
        return NULL;
    kept->set_count = 1;
    while (kept->set_count * WAYS * BYTES_A_PLACE < limit_bytes)
        kept->set_count *= 2;
    kept->sets = calloc(kept->set_count, sizeof *kept->sets);
    if (kept->sets == NULL) {
        free(kept);
        return NULL;
    }
    kept->limit_bytes = limit_bytes;
    kept->life_ms = life_ms;
    return kept;
}

void
kept_responses_free(struct kept_responses *kept)
{
    struct chunk *next;

    if (kept == NULL)
        return;
    for (struct chunk *chunk = kept->first; chunk != NULL; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    free(kept->sets);
    free(kept);
}

/* The key is a keyed hash already. */
static struct kept **
set_of(const struct kept_responses *kept, const struct server_key *key)
{
    uint64_t hash;

    memcpy(&hash, key->hash.bytes, sizeof hash);
    return kept->sets[hash & (kept->set_count - 1)];
}

static void
put_first(struct kept **set, struct kept *one)
{
    size_t i = 0;

    while (i < WAYS - 1 && set[i] != NULL)
        i++;
    memmove(set + 1, set, i * sizeof *set);
    set[0] = one;
}

/* One that later ones have pushed out is not there. */
static void
take_out(struct kept **set, const struct kept *one)
{
    for (size_t i = 0; i < WAYS; i++)
        if (set[i] == one) {
            memmove(set + i, set + i + 1, (WAYS - 1 - i) * sizeof *set);
            set[WAYS - 1] = NULL;
            return;
        }
}

static size_t
room_for(size_t len)
{
    return (sizeof(struct kept) + len + alignof(struct kept) - 1) / alignof(struct kept) *
           alignof(struct kept);
}

static struct kept *
oldest(const struct kept_responses *kept)
{
    return (struct kept *)(void *)(kept->first->bytes + kept->first_at);
}

static void
drop_oldest(struct kept_responses *kept)
{
    struct chunk *chunk = kept->first;
    struct kept *one = oldest(kept);
    size_t left = CHUNK_BYTES - chunk->used;

    take_out(set_of(kept, &one->key), one);
    kept->bytes -= room_for(one->len);
    kept->first_at += room_for(one->len);
    if (kept->first_at < chunk->used)
        return;
    kept->first_at = 0;
    chunk->used = 0;
    if (chunk->next != NULL) {
        kept->bytes -= left;
        kept->first = chunk->next;
        free(chunk);
    }
}

/* NULL: out of memory. */
static struct kept *
room_in_chunk(struct kept_responses *kept, size_t room)
{
    struct chunk *chunk = kept->last;

    if (chunk == NULL || room > CHUNK_BYTES - chunk->used) {
        chunk = malloc(sizeof *chunk);
        if (chunk == NULL)
            return NULL;
        chunk->next = NULL;
        chunk->used = 0;
        if (kept->first == NULL) {
            kept->first = chunk;
        } else {
            kept->bytes += CHUNK_BYTES - kept->last->used;
            kept->last->next = chunk;
        }
        kept->last = chunk;
    }
    chunk->used += room;
    return (struct kept *)(void *)(chunk->bytes + chunk->used - room);
}

void
kept_responses_add(struct kept_responses *kept, const struct server_key *key,
                   struct slice bytes, struct moment now)
{
    size_t room = room_for(bytes.len);
    struct kept *one;

    for (int i = 0; i < DROPS_A_CALL && kept->bytes > 0; i++) {
        if (oldest(kept)->until_ms > now.ms)
            break;
        drop_oldest(kept);
    }
    if (room > kept->limit_bytes || room > CHUNK_BYTES)
        return;
    while (kept->bytes > kept->limit_bytes - room)
        drop_oldest(kept);
    one = room_in_chunk(kept, room);
    if (one == NULL)
        return;
    *one = (struct kept){ .key = *key,
                          .until_ms = now.ms + kept->life_ms,
                          .len = bytes.len };
    memcpy(one->bytes, bytes.at, bytes.len);
    kept->bytes += room;
    put_first(set_of(kept, key), one);
}

struct slice
kept_responses_find(const struct kept_responses *kept, const struct server_key *key)
{
    struct kept *const *set = set_of(kept, key);

    for (size_t i = 0; i < WAYS && set[i] != NULL; i++)
        if (memcmp(&set[i]->key, key, sizeof *key) == 0)
            return slice_of(set[i]->bytes, set[i]->len);
    return slice_absent();
}
