/* connection - one stream: octets in, frames to the owner; messages out, one write a turn.
 *
 *     OPENING ──> OPEN ──> PEER_DONE ──> CLOSING ──> DEAD
 *
 * OPENING    we connect; what is sent waits.
 * OPEN       both ways.
 * PEER_DONE  the peer has sent its last octet and may still read: answers go out.
 * CLOSING    nothing more is taken: what waits goes out, then our side is shut and what
 *            still comes is thrown away until the peer closes too. To close with unread
 *            octets would reset the stream, and the last answer with it.
 * DEAD       in no table any more; its memory goes when libuv has closed the handle.
 *
 * States only move to the right, and may skip. Every wait is bounded: see connections.h.
 *
 * Memory  An idle connection holds no buffer. Reading uses one that all share, and copies
 *         only the start of a message that is not whole yet.
 * Errors  No call here calls the owner, except those that libuv makes.
 */
#ifndef NET_CONNECTION_H
#define NET_CONNECTION_H

#include "src/net/bytes.h"
#include "src/net/events.h"
#include "src/net/list.h"

#include <uv.h>

struct connections;

enum connection_state {
    CONNECTION_OPENING,
    CONNECTION_OPEN,
    CONNECTION_PEER_DONE,
    CONNECTION_CLOSING,
    CONNECTION_DEAD,
};

struct connection {
    uv_tcp_t tcp;
    uv_connect_t connecting;
    uv_write_t writing;
    struct connections *all;
    struct flow flow;
    enum connection_state state;
    bool is_ours; /* we connected */
    bool has_binding;
    bool was_open;
    bool is_lost; /* what was sent may not have arrived */
    bool is_writing;
    bool is_shut;   /* our side */
    uint64_t round; /* the last one that it was to be read in, */
    uint32_t reads; /* and how often it was */
    struct framer framer;
    struct bytes in;     /* the start of a message */
    struct bytes out;    /* waits for the next write */
    struct bytes flight; /* what libuv has of it, while is_writing */

    /* For connections.c: */
    struct link use;   /* in `idle` or `kept` */
    struct link wait;  /* in `begun` or `closing`, or in none */
    struct link over;  /* in `over`, or in none */
    struct link pause; /* in `cut_off`, `resumed`, `sated`, or in none */
    struct link dirty; /* in `dirty`: something is to be written */
    size_t over_bytes; /* counted in those of all */
    uint64_t used_ms, wait_ms;
    struct connection *next_by_id, *next_by_peer;
};

/* NULL: out of memory. The handle is set up; state is OPENING, and it is in no table. */
struct connection *
connection_new(struct connections *all);

/* A connection that was accepted: takes the descriptor. False: end it. */
bool
connection_take(struct connection *c, int fd);

/* Starts to connect, from the local address where that names one host. False: end it. */
bool
connection_dial(struct connection *c, const struct address *local);

/* Closes after what waits has been sent. */
void
connection_finish(struct connection *c);

/* Closes now. `why` is for the log. */
void
connection_end(struct connection *c, const char *why);

/* Writing: connection_output.c. */
enum send_status
connection_send(struct connection *c, struct slice bytes);

/* Writes what waits, as far as the kernel takes it. */
void
connection_flush(struct connection *c);

/* Reading: connection_input.c. */
void
connection_start_reading(struct connection *c);

/* Until connection_start_reading it waits in that list. */
void
connection_pause_reading(struct connection *c, struct link *list);

#endif
