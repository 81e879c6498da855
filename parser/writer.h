/* writer - builds a request or a response in the caller's buffer.
 *
 * What does not fit is not written, and writer_done says so once, at the end: no call needs
 * a check. Values never carry a line break out: writer_value writes a fold as one SP and
 * drops CR, LF and NUL, whatever the source.
 *
 *     writer_init(&w, buffer, sizeof buffer);
 *     writer_response(&w, m, 202, SLICE("Accepted"), &reply);
 *     writer_body(&w, slice_absent());
 *     bytes = writer_done(&w);          absent: it did not fit
 */
#ifndef PARSER_WRITER_H
#define PARSER_WRITER_H

#include "parser/message.h"

struct writer {
    char *at;
    size_t room;
    size_t len;
    bool overflow;
};

void
writer_init(struct writer *w, char *at, size_t room);

/* All that was written; absent after an overflow. */
struct slice
writer_done(const struct writer *w);

void
writer_bytes(struct writer *w, struct slice bytes);

/* Unfolded, without CR, LF and NUL. */
void
writer_value(struct writer *w, struct slice value);

enum {
    DIGITS_MAX = 20, /* of a uint64_t */
};

/* Writes the number's decimal digits and nothing behind them; how many there are. */
size_t
digits_write(uint64_t number, char *out);

void
writer_number(struct writer *w, uint64_t number);

/* "Name: value" CRLF: a name is a token, a value goes through writer_value. */
void
writer_header(struct writer *w, struct slice name, struct slice value);

/* Content-Length, the empty line and the body: always the last call. */
void
writer_body(struct writer *w, struct slice body);

/* What a response adds to the request it answers. */
struct reply {
    struct slice
        to_tag; /* added where To has none (RFC 3261 8.2.6.2); absent: not added */
    struct slice
        received; /* source address, without brackets; absent: top Via as it is */
    uint16_t received_port; /* for rport, where the top Via asks (RFC 3581 4) */
};

/* Status line, every Via (the top one with received and rport), From, To, Call-ID and CSeq
 * (RFC 3261 8.2.6.2). Works on a message that PARSE_BAD left half read: what is missing is
 * left out. `received` is written when it differs from sent-by or rport was asked for
 * (18.2.1, RFC 3581 4). */
void
writer_response(struct writer *w, const struct message *m, unsigned status,
                struct slice reason, const struct reply *reply);

/* Every Via of a request as it goes on, or back: the top one with received and rport. */
void
writer_vias(struct writer *w, const struct message *m, const struct reply *reply);

/* "MESSAGE sip:bob@192.0.2.4 SIP/2.0" CRLF. */
void
writer_request_line(struct writer *w, struct slice method, struct slice uri);

#endif
