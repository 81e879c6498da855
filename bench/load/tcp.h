/* tcp - connections to the server, and those that it opens itself.
 *
 * Shape   A fixed number of lanes, each with a connection to the server that is opened again
 *         where it was lost; besides, what is accepted. What is written within a turn goes out
 *         in one piece with tcp_flush.
 * Memory  A connection lives until the tcp_receive in which it ends returns; lanes stay.
 */
#ifndef BENCH_LOAD_TCP_H
#define BENCH_LOAD_TCP_H

#include "bench/load/connection.h"

struct tcp {
    int epoll, listener; /* -1: closed */
    uint32_t lane_count;
    struct connection *lanes;    /* owned */
    struct connection *accepted; /* owned */
    struct connection *dirty;
    struct sockaddr_storage server;
    socklen_t server_len;
    size_t room;    /* of a message */
    uint64_t lost;  /* connections that ended by themselves */
    uint64_t wrong; /* streams that were no SIP */
    connection_take *take;
    void *context;
};

/* Listens on `local`, connects all lanes with `server`. The caller has set `take` and `context`.
 * False, with errno, where the system says no. */
bool
tcp_open(struct tcp *tcp, const struct sockaddr *local, const struct sockaddr *server,
         socklen_t len, uint32_t lanes, size_t room);

void
tcp_close(struct tcp *tcp);

/* Takes octets that were written to connection_room. */
void
tcp_put(struct tcp *tcp, struct connection *connection, size_t len);

/* That of a lane, opened again where it has to be. */
struct connection *
tcp_lane(struct tcp *tcp, uint32_t lane);

void
tcp_flush(struct tcp *tcp);

/* Reads all that is there and gives it to `take`; false: nothing was. */
bool
tcp_receive(struct tcp *tcp);

#endif
