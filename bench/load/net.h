/* net - the load's two ends of the wire, over UDP or TCP: senders and phones.
 *
 * Shape   Over UDP each end has a socket; that of the senders is connected. Over TCP each has
 *         so many connections (lanes) to the server, and a user's phone and those who write to
 *         it keep to one lane, so that what order there was stays. All that is sent within a
 *         turn goes out with net_flush. A silo's net has one end, which others write to.
 * Memory  What `take` is shown lies there until it returns.
 */
#ifndef BENCH_LOAD_NET_H
#define BENCH_LOAD_NET_H

#include "bench/load/tcp.h"
#include "bench/load/udp.h"

enum net_end {
    NET_SENDERS,
    NET_PHONES,
    NET_ENDS,
};

/* Where a message came from, and its answer goes. */
struct net_origin {
    enum net_end end;
    struct connection *connection; /* NULL: over UDP */
    const struct sockaddr *address;
    socklen_t address_len;
};

struct net_address {
    struct sockaddr_storage storage;
    socklen_t len;
};

struct net {
    bool tcp_only;
    struct net_address server; /* not of a silo's */
    struct udp udp[NET_ENDS];
    struct tcp tcp;
    char local[NET_ENDS][80]; /* HOST:PORT, as a Via and a Contact have it */
    uint64_t now_ns;          /* when what is taken just now was received */
    uint64_t broken;          /* datagrams that were no SIP */
    void (*take)(void *context, const struct net_origin *origin,
                 const struct reading *message);
    void *context;
};

/* Messages have at most `room` octets. False after a line on standard error. */
bool
net_open(struct net *net, const struct net_address *server, bool tcp, uint32_t lanes,
         size_t room);

/* A silo's: listens on that address, UDP and TCP. Port 0: any that is free for both. */
bool
net_listen(struct net *net, const struct net_address *local, size_t room);

void
net_close(struct net *net);

/* Where a message of at most `len` octets may be written, which net_put then takes. `lane` is
 * any number. */
char *
net_room(struct net *net, enum net_end end, uint32_t lane, size_t len);
void
net_put(struct net *net, enum net_end end, uint32_t lane, size_t len);

/* The same for an answer. */
char *
net_answer_room(struct net *net, const struct net_origin *origin, size_t len);
void
net_answer_put(struct net *net, const struct net_origin *origin, size_t len);

void
net_flush(struct net *net);

/* Waits until something came in, at most so long, and has all of it taken. */
void
net_wait(struct net *net, uint64_t timeout_ns);

uint64_t
net_drops(const struct net *net);
uint64_t
net_unsent(const struct net *net);

#endif
