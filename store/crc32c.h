/* crc32c - the checksum of what lies on disk: Castagnoli's polynomial, as in RFC 3720 12.1. */
#ifndef STORE_CRC32C_H
#define STORE_CRC32C_H

#include "parser/slice.h"

#include <stdint.h>

uint32_t
crc32c(struct slice bytes);

/* Without the processor's instruction; the same result. */
uint32_t
crc32c_by_table(struct slice bytes);

#endif
