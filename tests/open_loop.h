/* open_loop - somebody in the simulated world who sends so many messages a second, whatever the
 * server says to those before, and keeps account of it.
 *
 *     open_loop_init(&load, w, 300);
 *     open_loop_send(&load, 12000, 3000);
 *     open_loop_wait(&load);
 *     open_loop_collect(&load);
 *
 * Shape   Message n goes to user n % OPEN_LOOP_USERS. Over UDP, as a client does: what is not
 *         answered is sent again after T1, then twice that (RFC 3261 17.1.2.2).
 * Memory  open_loop_free frees all of it, not the world.
 */
#ifndef TESTS_OPEN_LOOP_H
#define TESTS_OPEN_LOOP_H

#include "tests/world.h"

enum {
    OPEN_LOOP_USERS = 64,
    OPEN_LOOP_STAGES = 4, /* repetitions of one message */
};

struct open_loop_message {
    uint64_t sent_ms;
    uint16_t status;      /* the first final one; 0: none yet */
    uint8_t retry_after;  /* of it; 0: none */
    bool is_contradicted; /* another answer said something else */
    bool is_delivered;
};

struct open_loop {
    struct world *w;
    uint32_t body_bytes;
    struct open_loop_message *messages; /* owned */
    uint32_t sent, room;
    uint32_t
        due[OPEN_LOOP_STAGES]; /* the next message to be looked at for that repetition */
    uint32_t repeated;         /* sent again */
    uint64_t heap_most; /* octets of memory while sending, what is stored not counted */

    uint32_t delivered, out_of_order, not_accepted; /* of those delivered, the last two */
    uint32_t last[OPEN_LOOP_USERS];                 /* delivered to him; number + 1 */
};

void
open_loop_init(struct open_loop *load, struct world *w, uint32_t body_bytes);

void
open_loop_free(struct open_loop *load);

/* For so long, evenly. */
void
open_loop_send(struct open_loop *load, uint32_t a_second, uint32_t ms);

/* Message n once more, whatever it was answered: what it is answered now. */
unsigned
open_loop_ask_again(struct open_loop *load, uint32_t n);

/* Until everything is answered, for a minute at most. */
void
open_loop_wait(struct open_loop *load);

/* Everybody registers and takes what waits for him. */
void
open_loop_collect(struct open_loop *load);

/* How many got this final answer; 0: none. */
uint32_t
open_loop_count(const struct open_loop *load, unsigned status);

#endif
