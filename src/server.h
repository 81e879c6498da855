/* server - owns every part and wires them: the place to start reading.
 *
 * The server is a function of events. It reads no clock, opens no socket and no file, starts
 * no thread and draws no random number: events come in through the calls below, each with
 * its moment, and what it wants done goes out through two small structs, struct transport
 * and struct disk. Under libuv (src/net/host), in the simulated world (tests/world), under
 * the fuzzer and in the benchmark it is the same code.
 *
 *     server = server_new(&settings, &transport, &disk, secret, &stored_secret, now);
 *     server_receive(server, &flow, bytes, now);     any number of events
 *     server_flush(server, now);                     at the end of a turn of the loop
 *
 * Memory  Bytes given are not kept. The settings must outlive the server.
 */
#ifndef SERVER_H
#define SERVER_H

#include "parser/framing.h"
#include "src/disk.h"
#include "src/settings.h"

struct server;

struct server_secrets {
    struct hash_key run;   /* random, new at each start: tags, branches, tables */
    struct hash_key store; /* the store's own: Call-IDs that stay the same */
};

/* NULL: out of memory. */
struct server *
server_new(const struct settings *settings, const struct transport *transport,
           const struct disk *disk, const struct server_secrets *secrets,
           struct moment now);

void
server_free(struct server *server);

/* The port that listener `index` got, when its setting said 0. Before the first event. */
void
server_set_listener_port(struct server *server, uint16_t index, uint16_t port);

/* A binding that was saved (usrloc.db_mode 1): what waits for it is dumped, as it would have
 * been without the restart. Before the first event; server_flush afterwards. */
bool
server_load_binding(struct server *server, struct slice aor, struct slice value,
                    struct moment now);

/* A request that was stored shortly before the start. Before the first event. */
void
server_load_repeat(struct server *server, const struct hash128 *origin,
                   struct moment now);

/* A datagram. */
void
server_receive(struct server *server, const struct flow *flow, struct slice bytes,
               struct moment now);

/* What the framer found on a stream: every kind but FRAME_PARTIAL. */
void
server_receive_frame(struct server *server, const struct flow *flow, enum frame_kind kind,
                     struct slice bytes, struct moment now);

void
server_connection_closed(struct server *server, uint64_t connection, struct moment now);

/* What was sent over this flow did not arrive: the connection could not be made or broke, or
 * an ICMP error came back. */
void
server_flow_failed(struct server *server, const struct flow *flow, struct moment now);

/* In the order in which they are to be tried. `count` 0: the name leads nowhere. */
void
server_resolved(struct server *server, uint64_t ticket, const struct hop *hops,
                size_t count, struct moment now);

/* disk.h: the commit that is out is safe. */
void
server_safe(struct server *server, struct moment now);

/* The batch that was handed out is durable, or nothing of it is, unless it was told to be safe.
 * `why` for the log. */
void
server_committed(struct server *server, enum store_status status, const char *why,
                 struct moment now);

void
server_read_done(struct server *server, enum store_status status, const char *why,
                 struct moment now);

void
server_tidied(struct server *server, enum store_status status,
              const struct tidy_result *result, struct moment now);

/* Runs what the timers have due. */
void
server_tick(struct server *server, struct moment now);

/* When server_tick wants to be called next; UINT64_MAX: no timer runs. */
uint64_t
server_next_deadline(const struct server *server);

/* The end of a turn of the loop: hands out the open batch and the waiting reads. */
void
server_flush(struct server *server, struct moment now);

/* From now on new messages are refused with 503 and no dump goes on; what was accepted is
 * still committed and answered. */
void
server_stop(struct server *server, struct moment now);

/* Nothing is open or out any more: the process may end. */
bool
server_is_idle(const struct server *server);

#endif
