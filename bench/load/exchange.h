/* exchange - what a load says and what it is told, message by message. */
#ifndef BENCH_LOAD_EXCHANGE_H
#define BENCH_LOAD_EXCHANGE_H

#include "bench/load/run.h"

/* Sends a request of the present phase, whose latency counts from `began_ns`. */
void
exchange_send(struct run *run, const struct request *request, uint64_t began_ns);

/* Sends again what has had no answer for long enough, or gives it up. */
void
exchange_resend(struct run *run);

/* Whose answer has not come when a phase is interrupted has waited so long at least. */
void
exchange_note_open(struct run *run);

/* What came in: net.take. */
void
exchange_take(void *run, const struct net_origin *origin, const struct reading *message);

#endif
