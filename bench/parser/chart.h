/* chart - bars of nanoseconds per message, as SVG for light and dark pages. */
#ifndef BENCH_PARSER_CHART_H
#define BENCH_PARSER_CHART_H

#include "bench/parser/report.h"

/* The parsers' medians over mix512 and message, on one linear scale from zero. */
void
chart_print(const struct report *report, FILE *out);

#endif
