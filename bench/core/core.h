/* core - the whole server with a network and a disk made of memory, of which nothing is
 * counted but the copy of what is sent.
 *
 * Requests come CORE_ROUND at a time, as the loop takes them from a socket; then the turn
 * ends: the batch is committed, pages are read, and the clock goes on by CORE_ROUND_MS, so
 * that after CORE_WARM rounds as many transactions end as begin. Secrets are fixed: tables,
 * tags and branches are the same in each run. The log is at its default level, and goes nowhere.
 *
 * Errors  The program ends, with a reason, where the server does not do what is expected.
 */
#ifndef BENCH_CORE_CORE_H
#define BENCH_CORE_CORE_H

#include "bench/core/shelf.h"
#include "bench/core/text.h"

enum {
    CORE_ROUND = 64,
    CORE_ROUND_MS = 400, /* less than T1: nothing is sent again */
    CORE_WARM = 16,      /* longer than timers J (a second here) and K */
    CORE_SENT_MAX = 4 * CORE_ROUND,
};

struct core {
    struct settings settings;
    struct server *server; /* owned */
    struct moment now;
    struct shelf shelf;
    struct text text;  /* the next one that comes in */
    struct text *sent; /* owned: what the server sent since core_forget */
    size_t sent_count;
};

struct core *
core_new(void);

void
core_free(struct core *core);

/* core->text comes in from there. */
void
core_receive(struct core *core, const struct flow *flow);

/* The turn ends, and a little time passes. */
void
core_turn(struct core *core);

/* Exactly so many responses of that status were sent; status 0: requests. */
void
core_expect(const struct core *core, size_t count, unsigned status);

void
core_forget(struct core *core);

/* The phones say 200 to all requests that were sent; those are forgotten. How many. */
size_t
core_answer(struct core *core);

/* Those users, from `first` on, register for the `number`th time, and the turn ends. */
void
core_register(struct core *core, uint32_t number, uint32_t first, uint32_t count);

#endif
