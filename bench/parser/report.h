/* report - what was measured, as Markdown and as a picture.
 *
 * Memory  Static but for what it is given; names are borrowed.
 */
#ifndef BENCH_PARSER_REPORT_H
#define BENCH_PARSER_REPORT_H

#include "bench/parser/measure.h"

#include <stdio.h>

enum {
    REPORT_INPUTS_MAX = 8,
    REPORT_NOTES_MAX = 8,
};

struct report_input {
    const char *name;
    double bytes; /* of a message, on average */
    size_t measures;
    struct measure measure[MEASURE_PARSERS_MAX];
};

struct report {
    const char *note[REPORT_NOTES_MAX]; /* of the machine's owner: commit, flags */
    size_t notes;
    size_t inputs;
    struct report_input input[REPORT_INPUTS_MAX];
};

/* Machine, compiler, date, and the notes. */
void
report_print_head(const struct report *report, FILE *out);

/* One table of all inputs, then one for each with everything. */
void
report_print_times(const struct report *report, FILE *out);

#endif
