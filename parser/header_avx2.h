/* header_avx2 - header names found without a search: 16 octets are one key.
 *
 * A table of slots, filled at start from the names of parser/header.h; the multiplier is the
 * first that gives each name a slot of its own. */
#ifndef PARSER_HEADER_AVX2_H
#define PARSER_HEADER_AVX2_H

#include "parser/header.h"
#include "parser/scan.h"

#include <assert.h>

enum {
    NAME_MAX = 16, /* longer ones are few, and tried one after the other */
    NAME_LONG_MAX = 8,
    NAME_SLOT_BITS = 8,
};

static struct {
    uint64_t multiplier;
    __m128i key[1 << NAME_SLOT_BITS]; /* the name in lower case, zeroes behind it */
    unsigned char id[1 << NAME_SLOT_BITS];
    __m128i mask[NAME_MAX + 1];      /* of so many octets */
    __m128i small;                   /* what makes letters small */
    __m128i long_key[NAME_LONG_MAX]; /* the first octets of the longer ones */
    unsigned char long_id[NAME_LONG_MAX];
    size_t longs;
} name_table;

/* Of the octets that a token holds, 0x20 moves letters alone to letters, and none to '-'. */
static inline __m128i
name_key(const char *at, size_t len)
{
    __m128i octets = _mm_loadu_si128((const void *)at);

    return _mm_and_si128(_mm_or_si128(octets, name_table.small), name_table.mask[len]);
}

static inline size_t
name_slot(__m128i key)
{
    uint64_t both =
        (uint64_t)_mm_cvtsi128_si64(_mm_xor_si128(key, _mm_srli_si128(key, 7)));

    return both * name_table.multiplier >> (64 - NAME_SLOT_BITS);
}

static inline bool
name_is_key(__m128i a, __m128i b)
{
    __m128i differ = _mm_xor_si128(a, b);

    return _mm_testz_si128(differ, differ);
}

static __attribute__((noinline)) enum header_id
header_id_long(struct slice name)
{
    __m128i key = name_key(name.at, NAME_MAX);

    for (size_t i = 0; i < name_table.longs; i++)
        if (name_is_key(key, name_table.long_key[i]) &&
            slice_equal_nocase(slice_skip(name, NAME_MAX),
                               slice_skip(header_name(name_table.long_id[i]), NAME_MAX)))
            return name_table.long_id[i];
    return HEADER_OTHER;
}

/* The name holds no control octet; else it may be anything: 0x20 makes letters of letters alone,
 * and '-' of CR. */
static inline enum header_id
header_id_fast(struct slice name)
{
    __m128i key;
    size_t slot;

    if (name.len > NAME_MAX)
        return header_id_long(name);
    key = name_key(name.at, name.len);
    slot = name_slot(key);
    return name_is_key(key, name_table.key[slot]) ? name_table.id[slot] : HEADER_OTHER;
}

/* False: another name is in its slot. */
static bool
name_enter(struct slice name, enum header_id id)
{
    char padded[NAME_MAX] = "";
    size_t slot;

    if (name.len > NAME_MAX) {
        assert(name_table.longs < NAME_LONG_MAX);
        name_table.long_key[name_table.longs] = name_key(name.at, NAME_MAX);
        name_table.long_id[name_table.longs++] = (unsigned char)id;
        return true;
    }
    memcpy(padded, name.at, name.len);
    slot = name_slot(name_key(padded, name.len));
    if (name_table.id[slot] != HEADER_OTHER)
        return false;
    name_table.key[slot] = name_key(padded, name.len);
    name_table.id[slot] = (unsigned char)id;
    return true;
}

static bool
names_enter(void)
{
    memset(name_table.id, HEADER_OTHER, sizeof name_table.id);
    name_table.longs = 0;
    for (int id = HEADER_OTHER + 1; id < HEADER_COUNT; id++)
        if (!name_enter(header_name((enum header_id)id), (enum header_id)id))
            return false;
    for (char letter = 'a'; letter <= 'z'; letter++) {
        enum header_id id = header_id_of(slice_of(&letter, 1));

        if (id != HEADER_OTHER && !name_enter(slice_of(&letter, 1), id))
            return false;
    }
    return true;
}

static void
names_prepare(void)
{
    unsigned char *octet = (void *)name_table.mask;

    for (unsigned i = 0; i < sizeof name_table.mask; i++)
        octet[i] = i % 16 < i / 16 ? 0xff : 0;
    memset(&name_table.small, 0x20, sizeof name_table.small);
    memset(name_table.key, 0xff, sizeof name_table.key); /* no name at all */
    name_table.multiplier = 0x9e3779b97f4a7c15;          /* odd, its bits well mixed */
    for (int tries = 0; !names_enter(); tries++) {
        assert(tries < 1000000); /* some hundreds are usual */
        name_table.multiplier += 0x9e3779b97f4a7c16;
    }
}

#endif
