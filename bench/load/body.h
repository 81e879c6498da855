/* body - the text of a message, which says by itself whose it is and whether it is whole.
 *
 * Shape   "siload RUN USER SEQUENCE LENGTH CHECK CHECK FILLER". All are eight hexadecimal
 *         digits; the first checksum (CRC-32C) is of what stands before it, the second of the
 *         filler: words with letters beyond ASCII, in an order that differs from message to
 *         message. So it is known whose a message is whose filler was damaged.
 * Limits  At least BODY_HEAD octets.
 */
#ifndef BENCH_LOAD_BODY_H
#define BENCH_LOAD_BODY_H

#include "parser/slice.h"

#include <stdint.h>

enum {
    BODY_HEAD = 61,
};

enum body_status {
    BODY_OURS,
    BODY_DAMAGED,    /* whose it is is known */
    BODY_UNREADABLE, /* not even that */
    BODY_STALE,      /* of another run */
    BODY_FOREIGN,    /* not made here */
};

struct body {
    uint32_t run, user, sequence;
    bool
        changed; /* something stands before or behind it; means nothing of a damaged one */
};

void
body_write(char *at, size_t len, const struct body *body);

/* Finds it in `text`, whatever stands around it. `run` is the present one. */
enum body_status
body_read(struct slice text, uint32_t run, struct body *out);

#endif
