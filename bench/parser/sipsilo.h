/* sipsilo - each variant of sipsilo's own parser as an adapter. */
#ifndef BENCH_PARSER_SIPSILO_H
#define BENCH_PARSER_SIPSILO_H

#include "bench/parser/adapter.h"

/* Of variant_at(n), "sipsilo scalar" first; NULL behind the last. */
const struct adapter *
sipsilo_adapter(size_t n);

#endif
