/* reading - the few fields of a SIP message that a load generator looks at.
 *
 * Reads by hand what servers send to one that sends well-formed requests itself: it is no
 * judge of their grammar. Header fields have any order, case and compact form, and may be
 * folded.
 *
 * Memory  Slices lie in the message that was read.
 * Limits  READING_COPIED lines that a response copies.
 */
#ifndef BENCH_LOAD_READING_H
#define BENCH_LOAD_READING_H

#include "parser/slice.h"

#include <stdint.h>

enum {
    READING_COPIED = 24,
};

enum reading_status {
    READING_OK,
    READING_PARTIAL, /* the end has not come yet */
    READING_BAD,
};

struct reading {
    int status; /* 0: a request */
    struct slice method, uri;
    struct slice branch; /* of the topmost Via */
    struct slice
        copied[READING_COPIED]; /* lines with their end: Via, From, To, Call-ID, CSeq */
    unsigned copied_count;
    int via, to, from; /* the first of these among them; -1: none */
    bool retry_after;
    struct slice body;
    size_t len; /* of the whole message */
};

/* A datagram ends with its body, where Content-Length does not end it before; a stream where
 * Content-Length says, and without one behind the header. Of a 2xx in a datagram no more is read
 * than status and branch. */
enum reading_status
reading_take(struct slice text, bool datagram, struct reading *out);

/* The number N of a URI sip:userN@...; UINT32_MAX of any other. */
uint32_t
reading_user(struct slice uri);

#endif
