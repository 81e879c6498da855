/* connection - one TCP connection, and what waits to be sent over it.
 *
 * Memory  The buffers stay when it ends, for the connection that takes its place.
 * Errors  What returns bool says false where the connection has ended; the caller closes it.
 */
#ifndef BENCH_LOAD_CONNECTION_H
#define BENCH_LOAD_CONNECTION_H

#include "bench/load/reading.h"

#include <sys/socket.h>

struct connection {
    int fd; /* -1: closed */
    uint32_t lane;
    bool is_lane;
    bool blocked; /* the system takes no more just now */
    bool dirty;
    char *in, *out; /* owned */
    size_t in_len, in_room, out_from, out_len, out_room;
    uint64_t retry_ns; /* a lane that failed is not opened again before */
    struct sockaddr_storage peer;
    struct connection *next;       /* of those that were accepted */
    struct connection *next_dirty; /* of those with something to send */
};

typedef void
connection_take(void *context, struct connection *from, const struct reading *message);

/* `fd` is its own from now on. Messages have at most `room` octets. */
void
connection_start(struct connection *connection, int fd, size_t room);

/* Closes it; nothing is left in the buffers. */
void
connection_end(struct connection *connection);

/* Closes it and gives back the buffers. */
void
connection_free(struct connection *connection);

/* Where `len` octets may be written, behind what waits already. */
char *
connection_room(struct connection *connection, size_t len);

/* Sends what waits, as far as the system takes it. */
bool
connection_flush(struct connection *connection);

/* Reads once, and gives away whole messages. *wrong: what came was no SIP. */
bool
connection_read(struct connection *connection, connection_take *take, void *context,
                bool *wrong);

#endif
