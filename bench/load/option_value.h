/* option_value - what stands behind an option.
 *
 * Errors  False after a line on standard error that names the option and what it takes.
 */
#ifndef BENCH_LOAD_OPTION_VALUE_H
#define BENCH_LOAD_OPTION_VALUE_H

#include "bench/load/options.h"

/* Prints the reason and returns false. */
__attribute__((format(printf, 1, 2))) bool
option_refuse(const char *format, ...);

bool
option_read_count(const char *what, const char *text, uint64_t least, uint64_t most,
                  uint64_t *out);
bool
option_read_small(const char *what, const char *text, uint32_t least, uint32_t most,
                  uint32_t *out);

/* Above 0. */
bool
option_read_real(const char *what, const char *text, double most, double *out);
bool
option_read_seconds(const char *what, const char *text, uint64_t *out_ns);

/* PID,PID: added to what is there. */
bool
option_read_pids(const char *text, struct options *out);

/* WHAT=WEIGHT,WHAT=WEIGHT: what is not named weighs nothing. */
bool
option_read_mix(const char *text, uint32_t mix[REQUEST_KINDS]);

bool
option_read_run(const char *text, uint32_t *out);
bool
option_read_transport(const char *text, bool *tcp);

#endif
