#include "store/crc32c.h"

enum {
    POLYNOMIAL = (int)0x82f63b78, /* reflected */
};

/* Four bits at a time: sixteen words that need no start-up code and stay in the cache. */
static uint32_t
step_nibble(uint32_t crc)
{
    for (int bit = 0; bit < 4; bit++)
        crc = crc & 1 ? crc >> 1 ^ (uint32_t)POLYNOMIAL : crc >> 1;
    return crc;
}

static void
fill_table(uint32_t table[16])
{
    for (uint32_t i = 0; i < 16; i++)
        table[i] = step_nibble(i);
}

uint32_t
crc32c_by_table(struct slice bytes)
{
    uint32_t table[16], crc = UINT32_MAX;

    fill_table(table);
    for (size_t i = 0; i < bytes.len; i++) {
        crc ^= (uint8_t)bytes.at[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>

__attribute__((target("sse4.2"))) static uint32_t
crc32c_by_instruction(struct slice bytes)
{
    uint64_t crc = UINT32_MAX, word;

    for (; bytes.len >= sizeof word; bytes = slice_skip(bytes, sizeof word)) {
        memcpy(&word, bytes.at, sizeof word);
        crc = _mm_crc32_u64(crc, word);
    }
    for (size_t i = 0; i < bytes.len; i++)
        crc = _mm_crc32_u8((uint32_t)crc, (uint8_t)bytes.at[i]);
    return ~(uint32_t)crc;
}

uint32_t
crc32c(struct slice bytes)
{
    return __builtin_cpu_supports("sse4.2") ? crc32c_by_instruction(bytes)
                                            : crc32c_by_table(bytes);
}
#else
uint32_t
crc32c(struct slice bytes)
{
    return crc32c_by_table(bytes);
}
#endif
