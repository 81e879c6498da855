/* framing - where one message ends in a stream (RFC 3261 18.3, RFC 5626 3.5.1).
 *
 * Resumable: the framer remembers the lines that it has read and how far it has looked into the
 * next, so that nothing is read again however the stream is cut, and an octet costs the same.
 * It belongs to one connection, whose unread bytes always start at the same message until that
 * is taken out.
 *
 *     while ((kind = framer_next(&framer, unread, &used)) != FRAME_PARTIAL) {
 *         handle(kind, slice_head(unread, used));
 *         unread = slice_skip(unread, used);
 *     }
 *
 * Where lines end and what they say is read by parser/lines.h, as message_parse does, so both
 * see the same header. What makes the end doubtful is FRAME_BAD: no Content-Length, two of them
 * even if equal, one that is no number, a bare CR or a NUL in the header, a line without a name,
 * in which another reader may see one; and so is what does not begin as SIP, as soon as its
 * first octet or its first line shows it.
 *
 * Limits  A message over `max_bytes` is FRAME_TOO_LONG as soon as that is known.
 */
#ifndef PARSER_FRAMING_H
#define PARSER_FRAMING_H

#include "parser/slice.h"

#include <stdint.h>

enum frame_kind {
    FRAME_PARTIAL, /* *used is 0: nothing whole yet */
    FRAME_MESSAGE, /* *used octets are one message, CRLFs before it included */
    FRAME_BLANK,   /* *used octets of CRLF between messages: nothing to do */
    FRAME_PING,    /* CRLF CRLF between messages: answer CRLF */
    FRAME_BAD, /* the end cannot be known: *used octets (the header where it is whole, else
                  all there is) for an answer, then close. Read them with MESSAGE_STREAM: a
                  missing length is a fault there, and fault 0 means that nobody can be
                  answered. */
    FRAME_TOO_LONG, /* as FRAME_BAD; the cause is its size */
};

struct framer {
    size_t max_bytes; /* of one message */
    size_t line;      /* where the line begins whose end was not seen; 0: the first one */
    size_t looked;    /* octets of it that were looked at */
    size_t header_bytes; /* of the message at the start; 0: not yet known */
    size_t body_bytes;   /* known with has_length */
    bool has_length;
    bool is_doubtful; /* FRAME_BAD, as soon as the header is whole */
};

void
framer_init(struct framer *framer, size_t max_bytes);

enum frame_kind
framer_next(struct framer *framer, struct slice unread, size_t *used);

#endif
