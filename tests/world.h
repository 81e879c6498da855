/* world - a small world around one server: a clock, a network and a disk, all from one seed.
 *
 *     struct world *w = world_new(1, NULL);
 *     world_send(w, "MESSAGE sip:bob@example.org SIP/2.0\r\n...");
 *     assert_int_equal(world_status(w), 202);
 *     bob = phone_new(w, "bob", PROTOCOL_UDP);
 *     phone_register(bob, 3600);
 *     world_run(w, 1000);
 *     assert_int_equal(phone_received(bob), 1);
 *     world_free(w);
 *
 * A new world is kind: a millisecond's delay, nothing lost, a disk that takes a millisecond.
 * w->link (for phones made later) and w->faults make it less so. Everything random comes
 * from w->random, and nothing else moves: a seed replays a run whole.
 *
 * Time    Runs only in world_run and its like, from event to event.
 * Failure world_fail keeps the first words, and the world stands still from then on.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include "src/server.h"
#include "tests/happenings.h"
#include "tests/memory_store.h"
#include "tests/wire.h"
#include "tests/phone.h"
#include "tests/random.h"
#include "tests/world_death.h"
#include "tests/world_disk.h"
#include "tests/world_store.h"

#include <stdio.h>

enum {
    WORLD_UTC_S = 1750000000, /* the first second: 15 June 2025 */
    WORLD_FAILURE = 512,
};

struct sent {
    uint64_t at_ms;
    struct flow flow;
    char *bytes; /* owned */
    size_t len;
};

/* Who looks on. Each may be NULL. */
struct watch {
    void *self;
    void (*sent)(void *self, const struct flow *flow, struct slice bytes);
    void (*received)(void *self, const struct flow *flow, struct slice bytes);
    /* The flow cannot carry answers any more, and the server is being told. */
    void (*flow_failed)(void *self, const struct flow *flow);
    void (*durable)(void *self, const struct batch *batch);
    /* The server is being told how its commit ended. */
    void (*told)(void *self, const struct batch *batch, enum store_status status);
    void (*tidied)(void *self);
    void (*died)(void *self, bool cleanly);
    /* What it left behind has been looked at. */
    void (*verified)(void *self, const struct store_verdict *verdict);
};

struct world {
    struct random random;
    struct moment now;
    int64_t clock_offset_s; /* of UTC: jumps of the wall clock */
    struct event_queue queue;
    struct settings settings;
    struct link link;
    struct disk_faults faults;
    struct wire wire;
    struct world_disk disk;
    struct world_store storing;
    struct memory_contents *contents; /* owned; outlives the server; NULL: on LMDB */
    struct store *store;              /* owned */
    struct server *server;            /* owned; NULL: dead */
    uint32_t life;                    /* how many servers there were */
    bool is_stopping;                 /* world_stop was called */
    bool is_unflushed;
    struct death death;
    struct happenings happened;
    uint32_t idle_ticks; /* ticks since time last moved */

    bool keeps_sent;   /* true at first */
    struct sent *sent; /* owned: what the server sent */
    size_t sent_count, sent_room;

    struct watch watch;
    FILE *trace; /* NULL: none; set by world_trace_to */
    char failure[WORLD_FAILURE];

    struct phone *phones; /* owned */
    struct phone *tester; /* borrowed; speaks for world_send */
    uint32_t numbers;     /* given out: branches, Call-IDs, hosts */
};

/* `overrides`: "msilo.expire_time=60" and its like, NULL at the end; or NULL. */
struct world *
world_new(uint64_t seed, const char *const *overrides);

/* The same, and where it stores is said: world_new stores in memory. */
struct world *
world_new_with(uint64_t seed, const char *const *overrides,
               const struct world_storage *storage);

void
world_free(struct world *w);

/* So many milliseconds more. */
void
world_run(struct world *w, uint64_t ms);

void
world_run_until(struct world *w, uint64_t at_ms);

/* One event that is due by then; false: there is none, and the time is at_ms. */
bool
world_step(struct world *w, uint64_t at_ms);

/* Puts an event of at least that size at now plus delay_ms; its memory is zero but for the
 * event. `fire` gets the world as its first argument. */
void *
world_later(struct world *w, uint64_t delay_ms, size_t bytes,
            void (*fire)(void *world, struct event *event));

/* The process dies between two events: what was not durable is gone. With death.is_written a
 * commit that is out becomes durable. */
void
world_die(struct world *w);

/* A new one starts on the same store. */
void
world_start(struct world *w);

/* Both. */
void
world_kill(struct world *w);

/* SIGTERM: as world_die, when the server says that it is idle; a new one starts then. */
void
world_stop(struct world *w);

/* The wall clock jumps; the monotonic one does not. */
void
world_jump(struct world *w, int64_t by_s);

/* Hands bytes to the server now, past the network. */
void
world_inject(struct world *w, const struct flow *flow, struct slice bytes);

/* The tester's datagram, now, as it stands. */
void
world_send(struct world *w, const char *text);

/* A whole MESSAGE from the tester, with a Call-ID of its own. */
void
world_message(struct world *w, const char *uri, const char *body);

/* Runs until the tester gets a final response, for 64 seconds at most. Its status; 0: none.
 * A second call waits for the next one. */
unsigned
world_status(struct world *w);

/* The last thing the tester got, as text; "" for nothing. */
const char *
world_answer(struct world *w);

/* How many requests of that method the server has sent, retransmissions included. */
unsigned
world_count_sent(const struct world *w, const char *method);

/* Keeps the first failure, with the time. */
void
world_fail(struct world *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

bool
world_has_failed(const struct world *w);

/* From now on all that happens is written there, the server's log included; NULL: nothing.
 * There is one log in the process: it belongs to the world that called last. */
void
world_trace_to(struct world *w, FILE *trace);

void
world_trace(struct world *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "UDP 10.1.0.3:5060" and the first line and Call-ID of a message. */
void
world_trace_bytes(struct world *w, const char *what, const struct flow *flow,
                  struct slice bytes);

static inline void
world_happened(struct world *w, enum happening what)
{
    w->happened.counts[what]++;
}

/* For the network and the disk: the server did something; its turn is not over yet. */
void
world_touched(struct world *w);

#endif
