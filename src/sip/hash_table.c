#include "src/sip/hash_table.h"

#include <assert.h>
#include <stdlib.h>

enum {
    BUCKETS_AT_START = 16,
};

/* Buckets are split in order, 0 first. With `used` between 2^n and 2^(n+1), those below
 * used - 2^n are split already and go by n + 1 bits, the others by n. */
size_t
hash_bucket(uint64_t hash, size_t used)
{
    size_t half = (size_t)1 << (63 - __builtin_clzll(used));
    size_t at = (size_t)hash & (2 * half - 1);

    return at < used ? at : at - half;
}

bool
hash_table_init(struct hash_table *table)
{
    *table = (struct hash_table){ 0 };
    table->buckets = calloc(BUCKETS_AT_START, sizeof *table->buckets);
    if (table->buckets == NULL)
        return false;
    table->used = 1;
    table->room = BUCKETS_AT_START;
    return true;
}

void
hash_table_free(struct hash_table *table)
{
    free(table->buckets);
    *table = (struct hash_table){ 0 };
}

static struct hash_link **
bucket_of(const struct hash_table *table, uint64_t hash)
{
    return &table->buckets[hash_bucket(hash, table->used)];
}

static void
push(struct hash_table *table, struct hash_link *link)
{
    struct hash_link **bucket = bucket_of(table, link->hash);

    link->previous = NULL;
    link->next = *bucket;
    if (link->next != NULL)
        link->next->previous = link;
    *bucket = link;
}

/* Only the array of pointers moves here, and large blocks are moved by their pages. */
static bool
has_room_for_bucket(struct hash_table *table)
{
    struct hash_link **grown;

    if (table->used < table->room)
        return true;
    grown = realloc(table->buckets, 2 * table->room * sizeof *grown);
    if (grown == NULL)
        return false;
    table->buckets = grown;
    table->room *= 2;
    return true;
}

static void
split_one_bucket(struct hash_table *table)
{
    size_t half = (size_t)1 << (63 - __builtin_clzll(table->used));
    struct hash_link *link = table->buckets[table->used - half];

    table->buckets[table->used - half] = NULL;
    table->buckets[table->used] = NULL;
    table->used++;
    while (link != NULL) {
        struct hash_link *next = link->next;

        push(table, link);
        link = next;
    }
}

void
hash_table_insert(struct hash_table *table, struct hash_link *link, uint64_t hash)
{
    link->hash = hash;
    push(table, link);
    table->count++;
    if (table->count > table->used && has_room_for_bucket(table))
        split_one_bucket(table);
}

void
hash_table_remove(struct hash_table *table, struct hash_link *link)
{
    struct hash_link **at =
        link->previous == NULL ? bucket_of(table, link->hash) : &link->previous->next;

    assert(*at == link);
    *at = link->next;
    if (link->next != NULL)
        link->next->previous = link->previous;
    link->next = link->previous = NULL;
    table->count--;
}

struct hash_link *
hash_table_find(const struct hash_table *table, uint64_t hash)
{
    struct hash_link *link = *bucket_of(table, hash);

    while (link != NULL && link->hash != hash)
        link = link->next;
    return link;
}

struct hash_link *
hash_link_next(const struct hash_link *link)
{
    struct hash_link *next = link->next;

    while (next != NULL && next->hash != link->hash)
        next = next->next;
    return next;
}

struct hash_link *
hash_table_any(const struct hash_table *table, size_t *bucket)
{
    for (; *bucket < table->used; (*bucket)++)
        if (table->buckets[*bucket] != NULL)
            return table->buckets[*bucket];
    return NULL;
}
