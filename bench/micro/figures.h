/* figures - what a bench measured: a line each for a person, a line of JSON for the report.
 *
 *     struct figure f = { .subject = "wheel", .measure = "start", .size = 1000, .unit = "ns" };
 *     figure_add(&f, ns);                      once a round
 *     figures_print(&figures, &f);
 *
 * Shape   A figure is one value a round; of the rounds the median, the least and the most are
 *         given. A JSON line has bench, subject, measure, size, batch, unit, median, least,
 *         most and rounds.
 * Errors  A file that cannot be written ends the program.
 * Limits  FIGURE_ROUNDS_MAX; later rounds are left out. Names are ours, and not escaped.
 */
#ifndef BENCH_MICRO_FIGURES_H
#define BENCH_MICRO_FIGURES_H

#include "bench/micro/options.h"

#include <stdio.h>

enum {
    FIGURE_ROUNDS_MAX = 128,
};

struct figures {
    const char *bench; /* whose they are */
    FILE *json;        /* NULL: not wanted */
};

struct figure {
    const char *subject; /* what was measured */
    const char *measure; /* what it did */
    const char *unit;
    uint64_t size;  /* how many there were meanwhile */
    uint32_t batch; /* operations at once; 0: that does not matter */
    double round[FIGURE_ROUNDS_MAX];
    uint32_t rounds;
};

/* The first line of JSON has the command. Without a path only lines for a person. */
void
figures_open(struct figures *figures, const char *bench, const struct options *options);

void
figures_close(struct figures *figures);

void
figure_add(struct figure *figure, double value);

/* Prints nothing of a figure without rounds. */
void
figures_print(const struct figures *figures, const struct figure *figure);

#endif
