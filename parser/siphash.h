/* siphash - SipHash, 64 and 128 bits: a keyed hash for what peers choose (Aumasson and
 * Bernstein, 2012).
 *
 * SipHash-2-4, the paper's own choice, for what is stored or shown. SipHash-1-3 (tablehash)
 * takes half as long, and is for tables in memory, whose hashes nobody sees and whose key is
 * new at each start: the variant that Python, Ruby and Rust have chosen for theirs.
 *
 * Parts are added one after the other, each with its length, so that ("a", "bc") and
 * ("ab", "c") differ. The result is the same on every machine: it may be stored.
 */
#ifndef PARSER_SIPHASH_H
#define PARSER_SIPHASH_H

#include "parser/slice.h"

#include <stdint.h>

struct hash_key {
    uint8_t bytes[16];
};

struct hash128 {
    uint8_t bytes[16];
};

/* One part, without its length: the published function, for its published vectors. */
uint64_t
siphash64(const struct hash_key *key, struct slice bytes);

struct hash128
siphash128(const struct hash_key *key, struct slice bytes);

/* Several parts, each with its length. */
uint64_t
siphash64_parts(const struct hash_key *key, const struct slice *parts, size_t count);

struct hash128
siphash128_parts(const struct hash_key *key, const struct slice *parts, size_t count);

/* SipHash-1-3, the same way. */
uint64_t
tablehash64(const struct hash_key *key, struct slice bytes);

uint64_t
tablehash64_parts(const struct hash_key *key, const struct slice *parts, size_t count);

struct hash128
tablehash128_parts(const struct hash_key *key, const struct slice *parts, size_t count);

#endif
