/* start_line - Request-Line and Status-Line (RFC 3261 7.1, 7.2).
 *
 * Memory  Slices point into the line that was given.
 */
#ifndef PARSER_START_LINE_H
#define PARSER_START_LINE_H

#include "parser/slice.h"

enum start_line_kind {
    START_LINE_NONE, /* neither: nobody could be answered */
    START_LINE_REQUEST,
    START_LINE_RESPONSE,
};

struct start_line {
    enum start_line_kind kind;
    struct slice method; /* of a request */
    struct slice uri;    /* of a request, as written, not yet judged */
    unsigned status;     /* of a response */
    struct slice reason;
    unsigned
        fault; /* 0; 400 or 505 where the line is a request's or response's, but bad */
    const char *why; /* with fault */
};

/* Method, SP, something, SP, version: nothing to complain of, and nearly every request. False
 * where it is another line, and nothing is written. The text comes without its line end. */
bool
start_line_plain(struct slice text, struct slice *method, struct slice *uri);

/* The text comes without its line end. A line that ends with a SIP version is a request's,
 * one that starts with it a response's, however bad they are otherwise. */
void
start_line_parse(struct slice text, struct start_line *line);

#endif
