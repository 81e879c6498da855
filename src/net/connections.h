/* connections - every stream there is: found by id and by peer, bounded in number and time.
 *
 * Shape   Two hash tables and five lists, each in the order of time, so that everything is
 *         O(1): `idle` and `kept` (the latter have a binding) by last use, `begun` by when
 *         a message or a connect began, `closing` by when the end began, `over` by when
 *         the peer last took some of the much that waits for it.
 * Units   Milliseconds of the loop's clock.
 * Reading A turn reads so much of each stream and so much of all. Those whom the latter cuts
 *         off (`cut_off`) are `resumed` in the next turns, a few in each: the round goes on.
 *         Who had his part (`sated`) waits for its end, and so do newcomers, who could else
 *         make it last. Whoever waits is not watched: libuv would ask for more than a
 *         thousand of them 48 times a turn.
 * Limits  max_open; at it the oldest of `closing`, else of `idle` gives way, and when every
 *         one has a binding the newcomer does. LIMIT_CONNECTION_OUT_BYTES wait on each, and
 *         more, up to LIMIT_CONNECTION_OUT_MOST, on those in `over`, which hold no more than
 *         LIMIT_OUT_BYTES together. These are octets; their memory is up to twice as much.
 */
#ifndef NET_CONNECTIONS_H
#define NET_CONNECTIONS_H

#include "src/limits.h"
#include "src/log.h"
#include "src/net/connection.h"
#include "src/net/loop.h"

enum {
    CONNECTION_BEGUN_MS = 10000,  /* to finish a message, or to connect */
    CONNECTION_CLOSING_MS = 5000, /* to take the last answer */
    CONNECTION_KEPT_BYTES =
        4096, /* of a begun message, copied in front of the next read */
    CONNECTION_READ_BYTES = 65536,
    /* Of one stream in a round; what else it brought waits. */
    CONNECTION_READS = 2,
    /* Of all in a turn, and then a round goes on in the next: half of the messages that fill a
     * batch, which is handed out at a turn's end. */
    CONNECTION_TURN_BYTES = 524288,
    CONNECTION_RESUMED = 16, /* of those cut off, in a turn: twice what has to be */
};

struct connections_options {
    uint32_t max_open;
    uint32_t max_message_bytes;
    uint64_t lifetime_ms; /* idle, without a binding */
    struct hash_key key;  /* random */
};

struct connections {
    struct loop *loop;
    const struct net_events *events;
    struct connections_options options;
    struct connection **by_id, **by_peer; /* owned; `buckets` chains each */
    size_t buckets;                       /* a power of two */
    struct link idle, kept, begun, closing, over, dirty;
    struct link cut_off, resumed, sated; /* see Reading */
    uint32_t open;                       /* all but the dead */
    uint32_t alive;                      /* all whose memory is there */
    uint64_t last_id;
    uint64_t round;    /* of reading: how many have ended */
    size_t read_bytes; /* in this turn, of all */
    size_t over_bytes; /* that wait on those in `over` */
    char *shared;      /* owned: the read buffer */
    bool is_muted;     /* no event is told any more */
    struct log_gate full_gate;
};

/* False: out of memory. */
bool
connections_init(struct connections *all, struct loop *loop,
                 const struct net_events *events,
                 const struct connections_options *options);

/* A stream that listener `index` accepted; the descriptor is taken whatever happens. */
void
connections_accept(struct connections *all, uint16_t listener, int fd,
                   const struct address *peer);

/* Over the connection the flow names; with 0 over an open one of this listener to the peer,
 * else over a new one from `local`. */
enum send_status
connections_send(struct connections *all, const struct flow *flow,
                 const struct address *local, struct slice bytes);

/* NULL: it is closed, or never was. */
struct connection *
connections_find(const struct connections *all, uint64_t id);

/* What struct transport has under these names. */
void
connections_close(struct connections *all, uint64_t id);

bool
connections_is_open(const struct connections *all, uint64_t id);

bool
connections_find_stream(const struct connections *all, const struct address *peer,
                        struct flow *flow);

void
connections_keep(struct connections *all, uint64_t id, bool has_binding);

/* The end of a turn: writes what was sent. */
void
connections_flush(struct connections *all);

/* Nothing waits to be written. */
bool
connections_are_flushed(const struct connections *all);

/* Ends those whose time is over. */
void
connections_expire(struct connections *all, uint64_t now_ms);

/* When to expire next; UINT64_MAX: never. */
uint64_t
connections_deadline(const struct connections *all);

/* Ends all of them and tells nobody. */
void
connections_end_all(struct connections *all);

/* After the loop. */
void
connections_free(struct connections *all);

/* For connection.c: it was used; it waits in `begun` or `closing` from now on, or (NULL) in
 * none; it has something to write; it is in no table and list any more. */
void
connections_used(struct connection *c);

void
connections_wait(struct connection *c, struct link *list);

void
connections_dirty(struct connection *c);

void
connections_remove(struct connection *c);

/* The round of reading began before this turn. */
bool
connections_are_behind(const struct connections *all);

/* Ends others, where they have to go for it. False: it is this one that has to. */
bool
connections_may_queue(struct connection *c, size_t bytes);

/* So much of it is queued now. With `any_taken` the peer has made progress. */
void
connections_queued(struct connection *c, size_t bytes, bool any_taken);

#endif
