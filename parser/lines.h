/* lines - header lines, folds included (RFC 3261 7.3.1).
 *
 * One policy for datagrams and streams, since message and framing both read through here: a
 * line ends with CRLF or with a bare LF; the header ends with such a line end that follows
 * another one at once; a line that starts with SP or HTAB goes on with the line before, even
 * where nothing else is in it. A CR before anything but LF ends nothing, and is BAD.
 *
 * Memory  Slices point into the text that was given.
 */
#ifndef PARSER_LINES_H
#define PARSER_LINES_H

#include "parser/header.h"

#include <stdint.h>

struct header_line {
    struct slice name;  /* as written */
    struct slice value; /* trimmed; folds are still in it */
    enum header_id id;
    int16_t next; /* the next line of the same id; -1: none. Not for HEADER_OTHER. */
};

enum line_kind {
    LINE_FIELD,
    LINE_END,       /* the empty line behind the header */
    LINE_PARTIAL,   /* the text stops too early to tell; nothing is taken */
    LINE_BAD_NAME,  /* no header name and colon; *line is not written */
    LINE_BAD_OCTET, /* a bare CR or a NUL in it; *line is written, for an answer's sake; of
                       HEADER_OTHER where it has no name either */
};

/* Takes the next line off *rest. Writes all of *line but `next`. */
enum line_kind
lines_next(struct slice *rest, struct header_line *line);

/* Octets of an empty line at the front: CRLF or LF; 0: there is none, or half of one. */
static inline size_t
lines_empty(struct slice s)
{
    if (s.len >= 1 && s.at[0] == '\n')
        return 1;
    return s.len >= 2 && s.at[0] == '\r' && s.at[1] == '\n' ? 2 : 0;
}

/* Octets of the line at the front, its folds and line ends included; 0 where that is not known
 * yet: a fold may follow. Of a stream: the line's end is not before *looked, which begins with
 * 0 and moves on. */
size_t
lines_length(struct slice s, size_t *looked);

/* One line that is not the empty one, with its folds and its line end, as lines_next reads it. */
enum line_kind
lines_read(struct slice text, struct header_line *line);

/* Name, colon, blanks, text, CRLF: nearly every line there is, and a variant may know it at a
 * glance. False, and nothing taken, where it is another line or that takes a closer look. */
bool
lines_plain(struct slice *rest, struct header_line *line);

/* Octets of the CRLFs and LFs at the front, which may come before a start line (7.5). */
size_t
lines_blank(struct slice bytes);

#endif
