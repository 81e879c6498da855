/* responder - answers requests: where to, with which To tag (RFC 3261 8.2.6, 18.2.2; RFC 3581).
 *
 * Over a stream a response takes the connection the request came on. Over UDP it goes to the
 * source address, and to the source port where the top Via has rport, else to the port of
 * sent-by. maddr is not followed: it would let anybody point our answers at anybody.
 */
#ifndef SIP_RESPONDER_H
#define SIP_RESPONDER_H

#include "parser/writer.h"
#include "src/sip/incoming.h"

enum {
    RESPONSE_BYTES_MAX = 65535, /* one datagram; a longer answer is not sent */
};

struct responder {
    const struct transport *transport;
    const struct server_table *table; /* for the To tag */
    char buffer[RESPONSE_BYTES_MAX];
};

/* Where the response to this request goes. */
struct flow
responder_flow(const struct incoming *in);

/* Starts a response in `w`: status line and the headers that every response copies. The
 * caller adds his own and ends with writer_body. */
void
responder_begin(const struct responder *responder, struct writer *w,
                const struct incoming *in, unsigned status, struct slice reason);

/* Sends what was written; what did not fit is not sent, and false. */
bool
responder_send(const struct responder *responder, const struct writer *w,
               const struct incoming *in);

/* A whole response with no headers of its own. */
void
responder_answer(struct responder *responder, const struct incoming *in, unsigned status,
                 struct slice reason);

/* The same with one more header. */
void
responder_answer_with(struct responder *responder, const struct incoming *in,
                      unsigned status, struct slice reason, struct slice name,
                      struct slice value);

#endif
