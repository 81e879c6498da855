/* path - one way through the code, taken over and over: a message stored, or relayed.
 *
 * It goes in steps of `each` operations. The first ones warm up and are not counted.
 */
#ifndef BENCH_CORE_PATH_H
#define BENCH_CORE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct path {
    const char *name;
    const char *what; /* an operation is */
    bool parses;      /* the parser's variant matters */
    uint32_t each, warm;
    uint32_t counted; /* steps that are enough to tell what it costs */
    void *(*open)(void);
    void (*step)(void *self, uint32_t n); /* n from 0; `counting` is on, or not yet */
    void (*close)(void *self);
};

/* NULL behind the last one, and where there is none of that name. */
const struct path *
path_at(size_t n);

const struct path *
path_named(const char *name);

/* Warms up, and takes `steps` steps that are counted. */
void
path_run(const struct path *path, uint32_t steps);

/* Those of each file, ended by one without a name. */
extern const struct path parser_paths[], server_paths[], store_paths[];

#endif
