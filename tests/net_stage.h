/* net_stage - a real loop on loopback, with an owner of the sockets that writes down what it is
 * told, and echoes. Its peers are plain sockets of the test. */
#ifndef TESTS_NET_STAGE_H
#define TESTS_NET_STAGE_H

#include "src/net/connections.h"
#include "src/net/resolver.h"
#include "src/net/tcp_listener.h"
#include "src/net/udp.h"

enum {
    STAGE_PATIENCE_MS = 2000, /* then a test has failed */
    STAGE_CLOSED = 64,
};

struct net_stage {
    struct loop loop;
    struct net_events events;
    struct udp udp;
    struct connections connections;
    struct tcp_listener *listener;
    struct resolver resolver;
    uint64_t give_up_ms;
    const size_t *awaited; /* by net_stage_until */
    size_t wanted;

    bool echoes; /* datagrams and messages go back as they came */
    size_t received, received_bytes;
    size_t frames[FRAME_TOO_LONG + 1];
    struct flow flow;  /* of the last datagram or frame */
    char bytes[65536]; /* its octets */
    size_t len;
    size_t read_of[STAGE_CLOSED]; /* octets, for a test's own use */
    uint64_t closed[STAGE_CLOSED];
    size_t closed_count;
    struct flow failed; /* the last one */
    size_t failed_count;
    uint64_t ticket;
    size_t resolved_count, hop_count;
    struct hop hops[HOPS_MAX];
};

/* A group's or a test's setup and teardown; *state is the stage. One TCP listener of index 0
 * with room for `max_open` connections, opened by stage_listen. */
struct net_stage *
net_stage_new(uint32_t max_open);

void
net_stage_free(struct net_stage *stage);

/* "127.0.0.1" or "::1". Returns the port. */
uint16_t
net_stage_listen_tcp(struct net_stage *stage, const char *host);

uint16_t
net_stage_listen_udp(struct net_stage *stage, uint16_t index, const char *host);

/* Turns the loop until the value is at least `wanted`; asserts that it gets there. */
void
net_stage_until(struct net_stage *stage, const size_t *value, size_t wanted);

/* What is ready now, and no waiting. */
void
net_stage_turn(struct net_stage *stage);

/* The connections believe that so much time has passed. */
void
net_stage_skip(struct net_stage *stage, uint64_t ms);

/* A peer of the test, non-blocking; tcp is connected to the port. */
int
peer_udp(const char *host);

int
peer_tcp(const char *host, uint16_t port);

void
peer_write(int fd, struct slice bytes);

/* All that has come to the peer until now. */
size_t
peer_read(int fd, char *out, size_t room);

/* The peer's stream has ended, or was reset. */
bool
peer_is_ended(int fd);

struct address
address_of(const char *host, uint16_t port);

#endif
