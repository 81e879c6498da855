/* options - what all of these benches are asked: [-n MOST] [-r ROUNDS] [-j FILE] [-d DIRECTORY]. */
#ifndef BENCH_MICRO_OPTIONS_H
#define BENCH_MICRO_OPTIONS_H

#include <stdint.h>

enum {
    OPTIONS_COMMAND = 1024,
    SIZE_LEAST = 1000, /* sizes go from here to `most`, ten times as many each time */
};

struct options {
    uint64_t most;
    uint32_t rounds;
    const char *json_path;         /* NULL: none */
    const char *directory;         /* -d; NULL: none was named */
    char command[OPTIONS_COMMAND]; /* as it was typed, with a space between words */
};

/* `options` holds the defaults. Ends the program where it cannot be understood. */
void
options_read(int argc, char **argv, const char *usage, struct options *options);

#endif
