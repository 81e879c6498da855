/* via - Via, with received and rport (RFC 3261 20.42, RFC 3581).
 *
 * Memory  Slices point into the text that was parsed.
 * Errors  PARSE_BAD with *why; the output is then all zero.
 */
#ifndef PARSER_VIA_H
#define PARSER_VIA_H

#include "parser/parse.h"
#include "parser/slice.h"

#include <stdint.h>

struct via {
    struct slice text;      /* the whole element */
    struct slice transport; /* "UDP" */
    struct slice host;      /* sent-by, IPv6 with its brackets */
    uint16_t port;          /* 0: none given */
    struct slice params;    /* from the first ';' on; empty without */
    struct slice branch;    /* absent without */
    struct slice received;  /* absent without; IPv6 with or without brackets */
    struct slice maddr;     /* absent without */
    bool has_rport;         /* asked for, with a value or not */
    uint16_t rport;         /* its value; 0 without */
};

/* One element without blanks around it, as lists and lines of a message have them. */
enum parse_status
via_parse(struct slice text, struct via *out, const char **why);

/* The branch starts with the magic cookie "z9hG4bK" and goes on behind it (RFC 3261 8.1.1.7). */
bool
via_has_cookie(const struct via *via);

#endif
