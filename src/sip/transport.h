/* transport - how the core sees the network: flows in, bytes out.
 *
 * The core never opens a socket. What arrives comes with the flow it came over; what is
 * sent names the flow it goes over. A flow is a plain value: to keep one is to copy it.
 */
#ifndef SIP_TRANSPORT_H
#define SIP_TRANSPORT_H

#include "src/sip/address.h"

enum protocol {
    PROTOCOL_UDP,
    PROTOCOL_TCP,
};

/* What a URI says of where its requests go; all that is not said is looked up. */
struct hop_question {
    struct slice host; /* a name, or an IP literal */
    uint16_t port;     /* 0: none given */
    bool has_protocol;
    enum protocol protocol; /* UDP where none is given */
};

enum {
    HOPS_MAX = 16, /* of a name */
};

struct hop {
    enum protocol protocol;
    struct address address; /* with its port */
};

struct flow {
    enum protocol protocol;
    uint16_t listener; /* index into core.listen: the socket, and our side of it */
    uint64_t
        connection; /* a stream's, never used twice; 0: none yet, connect to the peer */
    struct address peer;
};

enum send_status {
    SEND_OK,     /* sent, or queued; a later failure comes back as server_flow_failed */
    SEND_FAILED, /* no such connection any more, or its queue is full */
};

/* One moment. Both clocks, since timers need the one and dates the other. */
struct moment {
    uint64_t ms; /* monotonic */
    int64_t s;   /* since 1970 UTC; may jump */
};

/* What the network does for the core. `self` is its own. Bytes are copied or sent before
 * the call returns. None of these calls back into the core before it returns. */
struct transport {
    void *self;

    /* With flow->connection 0 over a stream: takes a connection to that peer if one is open,
     * else opens one and queues. */
    enum send_status (*send)(void *self, const struct flow *flow, struct slice bytes);

    /* Closes a connection after what is queued has been sent. */
    void (*close)(void *self, uint64_t connection);

    /* Whether the connection is still open. */
    bool (*is_open)(void *self, uint64_t connection);

    /* Sets *flow to an open stream to that address, whoever opened it. False: there is none. */
    bool (*find_stream)(void *self, const struct address *peer, struct flow *flow);

    /* A connection that carries a binding is not closed for being idle, and last of all when
     * there are too many. */
    void (*keep)(void *self, uint64_t connection, bool has_binding);

    /* Looks a host name up (RFC 3263 4); the answer comes as server_resolved with the same
     * ticket. The question is read before the call returns. */
    void (*resolve)(void *self, uint64_t ticket, const struct hop_question *question);
};

/* "udp", "tcp". */
struct slice
protocol_name(enum protocol protocol);

/* In a Via: "UDP", "TCP". */
struct slice
protocol_via_name(enum protocol protocol);

bool
protocol_is_reliable(enum protocol protocol);

#endif
