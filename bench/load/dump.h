/* dump - users register, and each is in a dump until all that waits for it has arrived.
 *
 * Latency of a message counts from the moment when the silo could have sent it: the REGISTER,
 * or the answer to the message before. One to whom nothing comes for options.patience_ns is
 * given up, and what then waits is lost. run.dumped says for whom it is.
 */
#ifndef BENCH_LOAD_DUMP_H
#define BENCH_LOAD_DUMP_H

#include "bench/load/run.h"

extern const struct source dump_source;

/* A message arrived at this user's phone: a new one, or whatever shows that the silo goes on. */
void
dump_arrived(struct run *run, uint32_t user, bool is_new);

/* Its REGISTER was answered. */
void
dump_registered(struct run *run, uint32_t user, bool success);

/* Gives up those whose time is over; when the next one's is, UINT64_MAX where none waits. */
void
dump_give_up(struct run *run);
uint64_t
dump_next_ns(const struct run *run);

#endif
