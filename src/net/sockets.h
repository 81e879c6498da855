/* sockets - the transport of a real machine: listeners, streams, datagrams, names.
 *
 *     sockets_init(&sockets, &loop, &settings, &events, &key);
 *     sockets_open(&sockets, ports);
 *     transport = sockets_transport(&sockets);
 *     sockets_flush(&sockets);          at the end of a turn
 *     sockets_report(&sockets);         tells what failed meanwhile
 *
 * Memory  The settings must outlive it.
 */
#ifndef NET_SOCKETS_H
#define NET_SOCKETS_H

#include "src/net/resolver.h"
#include "src/net/tcp_listener.h"
#include "src/net/udp.h"
#include "src/settings.h"

struct sockets {
    struct loop *loop;
    const struct settings *settings;
    struct net_events events;
    struct udp udp;
    struct connections connections;
    struct resolver resolver;
    struct tcp_listener *listeners[LIMIT_LISTENERS]; /* owned; NULL where it is not TCP */
    uint64_t dropped_told;                           /* of udp.dropped, in the log */
    struct log_gate dropped_gate;
};

/* False: out of memory. The key is random. */
bool
sockets_init(struct sockets *sockets, struct loop *loop, const struct settings *settings,
             const struct net_events *events, const struct hash_key *key);

/* Opens every listener of the settings, and sets the port that each got. False: one cannot
 * be opened, and a line of the log says which and why. */
bool
sockets_open(struct sockets *sockets, uint16_t ports[LIMIT_LISTENERS]);

struct transport
sockets_transport(struct sockets *sockets);

/* Sends what waits. */
void
sockets_flush(struct sockets *sockets);

/* False: nothing has failed. Else the owner was told, and may have more to send. */
bool
sockets_report(struct sockets *sockets);

void
sockets_due(struct sockets *sockets);

uint64_t
sockets_deadline(const struct sockets *sockets);

/* Nothing waits to be sent. */
bool
sockets_is_flushed(const struct sockets *sockets);

/* No stream is accepted any more; all else goes on. */
void
sockets_stop_listening(struct sockets *sockets);

/* Closes everything, and tells nobody. */
void
sockets_close(struct sockets *sockets);

/* After the loop. */
void
sockets_free(struct sockets *sockets);

#endif
