/* hex - 32 bits as eight digits: fields that can be patched in place. */
#ifndef BENCH_LOAD_HEX_H
#define BENCH_LOAD_HEX_H

#include <stdbool.h>
#include <stdint.h>

enum {
    HEX_DIGITS = 8,
};

static inline void
hex_write(char at[HEX_DIGITS], uint32_t value)
{
    for (unsigned i = 0; i < HEX_DIGITS; i++)
        at[i] = "0123456789abcdef"[value >> (28 - 4 * i) & 15];
}

/* -1 where it is none. */
static inline int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* False where something else stands there. */
static inline bool
hex_read(const char at[HEX_DIGITS], uint32_t *value)
{
    uint32_t result = 0;

    for (unsigned i = 0; i < HEX_DIGITS; i++) {
        int digit = hex_digit(at[i]);

        if (digit < 0)
            return false;
        result = result << 4 | (uint32_t)digit;
    }
    *value = result;
    return true;
}

#endif
