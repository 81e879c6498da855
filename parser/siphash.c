#include "parser/siphash.h"

#include <endian.h>

/* The state of the paper, and the octets that do not fill a word of eight yet: total % 8 of
 * them, the first one lowest. */
struct state {
    uint64_t v[4];
    uint64_t word;
    uint64_t total;
};

static uint64_t
rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static uint64_t
load(const uint8_t *at)
{
    uint64_t x;

    memcpy(&x, at, sizeof x);
    return le64toh(x);
}

/* Fewer than eight octets. */
static uint64_t
load_some(const uint8_t *at, size_t len)
{
    uint64_t x = 0;

    for (size_t i = 0; i < len; i++)
        x |= (uint64_t)at[i] << (8 * i);
    return x;
}

static void
store(uint8_t *at, uint64_t x)
{
    x = htole64(x);
    memcpy(at, &x, sizeof x);
}

static void
rounds(uint64_t v[4], int count)
{
    while (count-- > 0) {
        v[0] += v[1];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[0] = rotate(v[0], 32);
        v[2] += v[3];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[2] = rotate(v[2], 32);
    }
}

/* Rounds for each word, and at the end: known where each function is compiled, so that one
 * source is two sets of inner loops. */
struct strength {
    int word, end;
};

static const struct strength full = { 2, 4 }, table = { 1, 3 };

static inline void
compress(struct state *s, uint64_t word, struct strength strength)
{
    s->v[3] ^= word;
    rounds(s->v, strength.word);
    s->v[0] ^= word;
}

static void
start(struct state *s, const struct hash_key *key)
{
    uint64_t k0 = load(key->bytes), k1 = load(key->bytes + 8);

    *s = (struct state){ .v = {
                             k0 ^ 0x736f6d6570736575,
                             k1 ^ 0x646f72616e646f6d,
                             k0 ^ 0x6c7967656e657261,
                             k1 ^ 0x7465646279746573,
                         } };
}

/* The octets that are held and those that come are shifted together into whole words. */
static inline void
absorb(struct state *out, const uint8_t *at, size_t len, struct strength strength)
{
    struct state s = *out; /* so that it stays in registers */
    unsigned held = (unsigned)(s.total % 8) * 8;

    s.total += len;
    for (; len >= 8; at += 8, len -= 8) {
        uint64_t x = load(at);

        compress(&s, s.word | x << held, strength);
        s.word = held == 0 ? 0 : x >> (64 - held);
    }
    if (len > 0) {
        uint64_t x = load_some(at, len);

        s.word |= x << held;
        if (held + 8 * len >= 64) {
            compress(&s, s.word, strength);
            s.word = x >> (64 - held);
        }
    }
    *out = s;
}

/* Each part after its length. */
static inline void
absorb_parts(struct state *s, const struct slice *parts, size_t count,
             struct strength strength)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t length[8];

        store(length, parts[i].len);
        absorb(s, length, sizeof length, strength);
        absorb(s, (const uint8_t *)parts[i].at, parts[i].len, strength);
    }
}

/* The last word: what is left over, and the length's low octet on top. */
static inline uint64_t
finish(struct state *s, uint8_t mark, struct strength strength)
{
    compress(s, s->word | s->total << 56, strength);
    s->v[2] ^= mark;
    rounds(s->v, strength.end);
    return s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3];
}

/* The 128-bit function differs from the 64-bit one in its marks. */
static inline struct hash128
finish128(struct state *s, struct strength strength)
{
    struct hash128 hash;

    store(hash.bytes, finish(s, 0xee, strength));
    s->v[1] ^= 0xdd;
    rounds(s->v, strength.end);
    store(hash.bytes + 8, s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3]);
    return hash;
}

static inline uint64_t
hash64(const struct hash_key *key, struct slice bytes, struct strength strength)
{
    struct state s;

    start(&s, key);
    absorb(&s, (const uint8_t *)bytes.at, bytes.len, strength);
    return finish(&s, 0xff, strength);
}

static inline uint64_t
hash64_parts(const struct hash_key *key, const struct slice *parts, size_t count,
             struct strength strength)
{
    struct state s;

    start(&s, key);
    absorb_parts(&s, parts, count, strength);
    return finish(&s, 0xff, strength);
}

static inline struct hash128
hash128_parts(const struct hash_key *key, const struct slice *parts, size_t count,
              struct strength strength)
{
    struct state s;

    start(&s, key);
    s.v[1] ^= 0xee;
    absorb_parts(&s, parts, count, strength);
    return finish128(&s, strength);
}

uint64_t
siphash64(const struct hash_key *key, struct slice bytes)
{
    return hash64(key, bytes, full);
}

struct hash128
siphash128(const struct hash_key *key, struct slice bytes)
{
    struct state s;

    start(&s, key);
    s.v[1] ^= 0xee;
    absorb(&s, (const uint8_t *)bytes.at, bytes.len, full);
    return finish128(&s, full);
}

uint64_t
siphash64_parts(const struct hash_key *key, const struct slice *parts, size_t count)
{
    return hash64_parts(key, parts, count, full);
}

struct hash128
siphash128_parts(const struct hash_key *key, const struct slice *parts, size_t count)
{
    return hash128_parts(key, parts, count, full);
}

uint64_t
tablehash64(const struct hash_key *key, struct slice bytes)
{
    return hash64(key, bytes, table);
}

uint64_t
tablehash64_parts(const struct hash_key *key, const struct slice *parts, size_t count)
{
    return hash64_parts(key, parts, count, table);
}

struct hash128
tablehash128_parts(const struct hash_key *key, const struct slice *parts, size_t count)
{
    return hash128_parts(key, parts, count, table);
}
