/* verdicts - the lines of tests/torture/verdicts, and the messages that they speak of.
 *
 *     verdicts_open(&v);
 *     while (verdicts_next(&v, &verdict)) ...
 *     verdicts_close(&v);
 *
 * Memory  Slices of a verdict live until verdicts_close, its message until the next one; the
 *         message lies in memory of exactly its size.
 * Errors  A file that cannot be read fails the test. The current directory is the root.
 */
#ifndef TESTS_VERDICTS_H
#define TESTS_VERDICTS_H

#include "parser/slice.h"

enum verdict_parse {
    VERDICT_OK,
    VERDICT_BAD,
    VERDICT_ANY,
};

struct verdict {
    struct slice name;
    bool on_udp, on_tcp;
    enum verdict_parse parse;
    struct slice statuses; /* "2,404", or "-" */
    struct slice fields;   /* the rest of the line: verdict_field_next walks it */
    struct slice message;
};

struct verdicts {
    struct slice text; /* owned */
    struct slice rest;
    struct slice message; /* owned */
};

void
verdicts_open(struct verdicts *v);

bool
verdicts_next(struct verdicts *v, struct verdict *out);

void
verdicts_close(struct verdicts *v);

/* The next "name=value" of *rest, still escaped. */
bool
verdict_field_next(struct slice *rest, struct slice *name, struct slice *value);

/* The number after "@name="; `otherwise` where there is none. */
long
verdict_note(const struct verdict *verdict, struct slice name, long otherwise);

#endif
