/* bytes - numbers in keys and values: big-endian, so that keys sort as numbers do. */
#ifndef STORE_BYTES_H
#define STORE_BYTES_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline void
put_u32(char *out, uint32_t n)
{
    n = htobe32(n);
    memcpy(out, &n, sizeof n);
}

static inline void
put_u64(char *out, uint64_t n)
{
    n = htobe64(n);
    memcpy(out, &n, sizeof n);
}

static inline uint32_t
get_u32(const char *at)
{
    uint32_t n;

    memcpy(&n, at, sizeof n);
    return be32toh(n);
}

static inline uint64_t
get_u64(const char *at)
{
    uint64_t n;

    memcpy(&n, at, sizeof n);
    return be64toh(n);
}

#endif
