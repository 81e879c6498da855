/* source - which request comes next: the plain ones.
 *
 * source_store, source_online   a MESSAGE to one user after the other
 * source_register               a REGISTER of one user after the other, one at a time of each
 * source_leave                  everybody who is online goes, once
 * source_mixed                  by chance and options.mix: to one who is offline, to one who is
 *                               online, somebody comes, goes or registers again, OPTIONS
 */
#ifndef BENCH_LOAD_SOURCE_H
#define BENCH_LOAD_SOURCE_H

#include "bench/load/run.h"

extern const struct source source_store, source_online, source_register, source_leave,
    source_mixed;

#endif
