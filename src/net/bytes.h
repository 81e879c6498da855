/* bytes - octets of a stream that wait: read and not whole yet, or written and not sent.
 *
 * Memory  One block that grows by doubling; NET_SLACK octets behind its end are ours too.
 */
#ifndef NET_BYTES_H
#define NET_BYTES_H

#include "parser/slice.h"

struct bytes {
    char *at; /* owned; NULL while there is no room */
    size_t len, room;
};

/* Room for so many more. False: out of memory, and nothing has changed. */
bool
bytes_reserve(struct bytes *bytes, size_t more);

bool
bytes_append(struct bytes *bytes, struct slice what);

/* Leaves the last `len` octets. */
void
bytes_keep_tail(struct bytes *bytes, size_t len);

void
bytes_free(struct bytes *bytes);

#endif
