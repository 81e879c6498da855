/* hash_table - things found by a 64-bit hash, linked through themselves.
 *
 *     for (link = hash_table_find(&table, hash); link != NULL; link = hash_link_next(link))
 *         if (is_the_one(CONTAINER_OF(link, struct thing, link))) ...
 *
 * Shape   Linear hashing (Litwin, 1980): each insertion splits at most one bucket, so no
 *         call pays for the whole table however far it grows. It never shrinks.
 *         Removing costs the same however many things share a hash, as the bindings do
 *         that came over one connection, and the transactions to one proxy.
 * Memory  Intrusive: the link lies in the thing. The table owns its buckets alone.
 * Errors  Only hash_table_init can fail. When there is no memory for more buckets the
 *         chains get longer.
 */
#ifndef SIP_HASH_TABLE_H
#define SIP_HASH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash_link {
    struct hash_link *next, *previous; /* of the same bucket; NULL: none */
    uint64_t hash;
};

struct hash_table {
    struct hash_link **buckets; /* owned */
    size_t used, room;          /* buckets */
    size_t count;               /* things */
};

/* Which of `used` buckets a hash belongs to, when they are split one after the other. */
size_t
hash_bucket(uint64_t hash, size_t used);

/* False: out of memory. */
bool
hash_table_init(struct hash_table *table);

/* The things are their owner's to free. */
void
hash_table_free(struct hash_table *table);

void
hash_table_insert(struct hash_table *table, struct hash_link *link, uint64_t hash);

void
hash_table_remove(struct hash_table *table, struct hash_link *link);

/* The first thing of that hash, and the next one of the same hash; NULL: no more. */
struct hash_link *
hash_table_find(const struct hash_table *table, uint64_t hash);

struct hash_link *
hash_link_next(const struct hash_link *link);

/* For taking everything down: any thing that is left; NULL: none. *bucket is 0 at first and
 * then kept by the caller, who inserts nothing meanwhile. */
struct hash_link *
hash_table_any(const struct hash_table *table, size_t *bucket);

#endif
