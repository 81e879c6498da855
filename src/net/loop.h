/* loop - libuv's loop, the clock, and the one timer.
 *
 * Nobody else reads a clock. A turn of the loop is: timers, what the sockets and the pool
 * have, closed handles; then `end_turn`, just before the loop would wait. So whatever a
 * callback leaves to be done is done before the loop sleeps, and never waits for the next
 * event. The timer then follows `deadline`.
 *
 *     loop_init(&loop, &work);
 *     loop_run(&loop);                until loop_stop
 *     ... close the handles ...
 *     loop_close(&loop, 1000);
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include "src/sip/transport.h"

#include <uv.h>

struct loop_work {
    void *self;
    void (*due)(void *self);          /* the deadline has come */
    void (*end_turn)(void *self);     /* nothing may be left undone */
    uint64_t (*deadline)(void *self); /* monotonic ms; UINT64_MAX: none */
};

struct loop {
    uv_loop_t uv;
    uv_prepare_t prepare;
    uv_timer_t timer;
    struct loop_work work;
    struct moment now;
    uint64_t armed_ms; /* what the timer is set to; UINT64_MAX: it does not run */
};

/* 0, or libuv's error. */
int
loop_init(struct loop *loop, const struct loop_work *work);

/* The moment of this turn. Lines of the log carry it too. */
struct moment
loop_now(struct loop *loop);

void
loop_run(struct loop *loop);

/* loop_run returns at the end of this turn. */
void
loop_stop(struct loop *loop);

/* Runs what is left of closing handles and of the pool's work, without turns of ours, for at
 * most so long. False: something is still out, the loop must stay where it is. */
bool
loop_close(struct loop *loop, uint64_t wait_ms);

#endif
