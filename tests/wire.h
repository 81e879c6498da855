/* wire - the simulated network: peers with an address, datagrams that are late, lost or
 * doubled, streams that are cut anywhere and break.
 *
 * Shape   A peer is embedded in whoever speaks. It may be dead: then nothing answers, or, when
 *         it `refuses`, the server hears of an ICMP error or a refused connection.
 * Streams Bytes in flight on a stream that breaks are lost. Each side learns of it later, if
 *         at all: until then it believes to be connected, as with real sockets.
 * Memory  Connections live until the world ends: an id is never used twice.
 */
#ifndef TESTS_WIRE_H
#define TESTS_WIRE_H

#include "parser/framing.h"
#include "src/sip/transport.h"
#include "tests/event_queue.h"

struct world;

/* Chances are per mille. */
struct link {
    uint32_t delay_ms, jitter_ms; /* more jitter than distance between two: reordering */
    uint32_t loss, duplicate;     /* of datagrams */
    uint32_t cut;                 /* of sends on a stream: pieces, each with its delay */
};

struct connection;

struct peer {
    struct world *world;
    struct address address;
    struct link link;
    bool is_dead; /* neither hears nor speaks */
    bool refuses;
    struct connection *connection; /* borrowed: the open one; NULL without */
    uint64_t last_ms[2];           /* when the last datagram arrives: from it, to it */
    void *owner;
    void (*receive)(void *owner, enum protocol protocol, struct slice message);
    void (*closed)(void *owner); /* its connection broke or was closed */
};

/* One direction of a stream. */
struct stream {
    char *bytes; /* owned */
    size_t len;
    struct framer framer;
    uint64_t last_ms; /* nothing arrives before it */
    bool is_bad;      /* no end of message can be known any more */
};

struct connection {
    struct flow flow; /* the server's view */
    struct peer *peer;
    bool is_ours;  /* the server connected */
    bool is_alive; /* bytes arrive */
    bool is_lost;  /* some may not have */
    bool server_has_it, peer_has_it;
    bool server_knows_end; /* was told once */
    bool has_binding;      /* as transport.keep said last */
    struct stream to_server, to_peer;
};

struct wire {
    struct peer **peers; /* borrowed */
    size_t peer_count, peer_room;
    struct connection **connections; /* owned; id - 1 is the index */
    size_t connection_count, connection_room;
    struct {
        const char *name;
        bool is_service;
        struct hop hop;
    } names[16]; /* what transport.resolve finds */
    size_t name_count;
    uint64_t datagram_count; /* put on the wire, either way */
    uint64_t lose_nth;       /* of them, from 1; 0: none */
    uint64_t double_nth;     /* the copy comes so much later: */
    uint32_t double_after_ms;
};

/* 10.1.0.0 plus host. */
struct address
wire_address(uint16_t host, uint16_t port);

void
wire_add_peer(struct world *world, struct peer *peer);

/* A host name for resolve; it must outlive the world. The address is that of its A record:
 * port and protocol are those of the question, else 5060 and UDP. */
void
wire_add_name(struct world *world, const char *name, struct address address);

/* What an SRV record gives, where the question has no port and no other protocol. */
void
wire_add_service(struct world *world, const char *name, enum protocol protocol,
                 struct address address);

/* Over a stream: connects first where there is no connection. */
void
peer_send(struct peer *peer, enum protocol protocol, struct slice bytes);

/* The connection carries nothing any more. The server learns of it after so many
 * milliseconds, the peer at once. */
void
peer_break(struct peer *peer, uint64_t told_after_ms);

/* The far end of every connection is gone. */
void
wire_server_died(struct world *world);

struct transport
wire_transport(struct world *world);

void
wire_free(struct world *world);

#endif
