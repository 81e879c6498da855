#include "src/sip/kept_responses.h"

#include "src/sip/hash_table.h"
#include "src/sip/timer_wheel.h" /* CONTAINER_OF */

#include <stdlib.h>

enum {
    DROPS_A_CALL = 64, /* a call adds one, so any backlog melts */
};

struct kept {
    struct hash_link link;
    struct kept *after; /* that came next */
    struct server_key key;
    uint64_t until_ms;
    size_t len;
    char bytes[];
};

struct kept_responses {
    struct hash_table table;       /* owns them */
    struct kept *oldest, **newest; /* borrowed */
    size_t bytes, limit_bytes;
    uint64_t life_ms;
};

struct kept_responses *
kept_responses_new(size_t limit_bytes, uint64_t life_ms)
{
    struct kept_responses *kept = calloc(1, sizeof *kept);

    if (kept == NULL || !hash_table_init(&kept->table)) {
        free(kept);
        return NULL;
    }
    kept->newest = &kept->oldest;
    kept->limit_bytes = limit_bytes;
    kept->life_ms = life_ms;
    return kept;
}

static void
drop_oldest(struct kept_responses *kept)
{
    struct kept *one = kept->oldest;

    kept->oldest = one->after;
    if (kept->oldest == NULL)
        kept->newest = &kept->oldest;
    kept->bytes -= sizeof *one + one->len;
    hash_table_remove(&kept->table, &one->link);
    free(one);
}

void
kept_responses_free(struct kept_responses *kept)
{
    if (kept == NULL)
        return;
    while (kept->oldest != NULL)
        drop_oldest(kept);
    hash_table_free(&kept->table);
    free(kept);
}

/* The key is a keyed hash already. */
static uint64_t
hash_of(const struct server_key *key)
{
    uint64_t hash;

    memcpy(&hash, key->hash.bytes, sizeof hash);
    return hash;
}

void
kept_responses_add(struct kept_responses *kept, const struct server_key *key,
                   struct slice bytes, struct moment now)
{
    struct kept *one = malloc(sizeof *one + bytes.len);

    for (int i = 0; i < DROPS_A_CALL && kept->oldest != NULL; i++)
        if (kept->oldest->until_ms <= now.ms)
            drop_oldest(kept);
    if (one == NULL)
        return;
    *one = (struct kept){ .key = *key,
                          .until_ms = now.ms + kept->life_ms,
                          .len = bytes.len };
    memcpy(one->bytes, bytes.at, bytes.len);
    *kept->newest = one;
    kept->newest = &one->after;
    kept->bytes += sizeof *one + one->len;
    hash_table_insert(&kept->table, &one->link, hash_of(key));
    while (kept->bytes > kept->limit_bytes)
        drop_oldest(kept);
}

struct slice
kept_responses_find(const struct kept_responses *kept, const struct server_key *key)
{
    struct hash_link *link = hash_table_find(&kept->table, hash_of(key));

    for (; link != NULL; link = hash_link_next(link)) {
        const struct kept *one = CONTAINER_OF(link, struct kept, link);

        if (memcmp(&one->key, key, sizeof *key) == 0)
            return slice_of(one->bytes, one->len);
    }
    return slice_absent();
}
