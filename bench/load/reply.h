/* reply - the response to a request that was read, with received and rport as RFC 3581 4 asks.
 *
 * Limits  REPLY_EXTRA octets more than the request, at most.
 */
#ifndef BENCH_LOAD_REPLY_H
#define BENCH_LOAD_REPLY_H

#include "bench/load/reading.h"

#include <sys/socket.h>

enum {
    REPLY_EXTRA = 512,
};

/* `start` is the whole line, with its end; `extra` lines follow, each with its end. Returns the
 * octets written. */
size_t
reply_write(char *out, const struct reading *request, const struct sockaddr *source,
            struct slice start, struct slice extra);

#endif
