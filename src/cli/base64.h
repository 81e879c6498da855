/* base64 - octets as letters (RFC 4648 4): padded, without line breaks. */
#ifndef CLI_BASE64_H
#define CLI_BASE64_H

#include "parser/slice.h"

/* Room that base64_encode needs. */
static inline size_t
base64_encoded_size(size_t octets)
{
    return (octets + 2) / 3 * 4;
}

/* Writes base64_encoded_size letters, no NUL. */
void
base64_encode(struct slice octets, char *out);

/* Writes at most letters.len / 4 * 3 octets, and how many into *len. Strict: padded, no
 * other characters, no bits set that mean nothing (3.5). */
bool
base64_decode(struct slice letters, char *out, size_t *len);

#endif
