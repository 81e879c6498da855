#include "src/cli/base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                               "0123456789+/";

void
base64_encode(struct slice octets, char *out)
{
    for (; octets.len > 0; octets = slice_skip(octets, 3), out += 4) {
        uint32_t bits = 0;
        for (size_t i = 0; i < 3; i++)
            bits = bits << 8 | (i < octets.len ? (unsigned char)octets.at[i] : 0u);
        for (int i = 0; i < 4; i++)
            out[i] = alphabet[bits >> (18 - 6 * i) & 63];
        for (size_t i = octets.len; i < 3; i++)
            out[i + 1] = '=';
    }
}

/* -1: no letter of the alphabet. */
static int
value_of(char letter)
{
    const char *at = letter == '\0' ? NULL : strchr(alphabet, letter);

    return at == NULL ? -1 : (int)(at - alphabet);
}

/* Four letters, the last `padding` of them '='. */
static bool
decode_group(const char *letters, int padding, char *out)
{
    uint32_t bits = 0;

    for (int i = 0; i < 4; i++) {
        int value = i < 4 - padding ? value_of(letters[i]) : 0;
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
    }
    for (int i = 0; i < 3 - padding; i++)
        out[i] = (char)(unsigned char)(bits >> (16 - 8 * i));
    return (bits & ((1u << 8 * padding) - 1)) == 0;
}

bool
base64_decode(struct slice letters, char *out, size_t *len)
{
    size_t done = 0;

    if (letters.len % 4 != 0)
        return false;
    for (; letters.len > 0; letters = slice_skip(letters, 4)) {
        int padding = 0;
        if (letters.len == 4 && letters.at[3] == '=')
            padding = letters.at[2] == '=' ? 2 : 1;
        if (!decode_group(letters.at, padding, out + done))
            return false;
        done += (size_t)(3 - padding);
    }
    *len = done;
    return true;
}
