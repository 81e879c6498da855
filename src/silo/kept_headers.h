/* kept_headers - which header fields belong to a stored message, and which to its way here.
 *
 * From, To, Call-ID, CSeq, Date, Content-Type and Content-Length are not among the lines
 * that are kept: the record has places of their own for them.
 */
#ifndef SILO_KEPT_HEADERS_H
#define SILO_KEPT_HEADERS_H

#include "parser/message.h"

/* Whether a line is stored with the message. P-Asserted-Identity and Privacy mean something
 * only from a peer that is trusted (RFC 3325 5). */
bool
header_is_kept(const struct header_line *line, bool from_trusted);

/* Room that always suffices for kept_headers_write: compact names are written long. */
size_t
kept_headers_room(const struct message *m);

/* Writes every kept line as "Name: value" CRLF, unfolded. Returns the length. */
size_t
kept_headers_write(const struct message *m, bool from_trusted, char *out, size_t room);

#endif
