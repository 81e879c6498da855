/* bytes - numbers in keys and values: big-endian, so that keys sort as numbers do. */
#ifndef STORE_BYTES_H
#define STORE_BYTES_H

#include <stdint.h>

static inline void
put_u32(char *out, uint32_t n)
{
    for (int i = 0; i < 4; i++)
        out[i] = (char)(uint8_t)(n >> (24 - 8 * i));
}

static inline void
put_u64(char *out, uint64_t n)
{
    put_u32(out, (uint32_t)(n >> 32));
    put_u32(out + 4, (uint32_t)n);
}

static inline uint32_t
get_u32(const char *at)
{
    uint32_t n = 0;

    for (int i = 0; i < 4; i++)
        n = n << 8 | (uint8_t)at[i];
    return n;
}

static inline uint64_t
get_u64(const char *at)
{
    return (uint64_t)get_u32(at) << 32 | get_u32(at + 4);
}

#endif
