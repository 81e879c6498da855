/* message_out - MESSAGE requests of our own: dumped messages and notices (RFC 3428 4).
 *
 * No Contact (RFC 3428 4), Max-Forwards 70, a branch that we know again.
 */
#ifndef SILO_MESSAGE_OUT_H
#define SILO_MESSAGE_OUT_H

#include "src/silo/silo.h"

enum {
    MESSAGE_OUT_MAX =
        65507, /* a UDP datagram's payload over IPv4; streams hold to it too */
};

struct message_out {
    struct flow flow;
    struct slice r_uri; /* its headers are left out */
    struct slice route; /* Path elements, comma-separated; empty: none */
    struct slice from_name, from_uri;
    struct slice to_name, to_uri;
    struct slice call_id;
    int64_t date_s;
    struct slice ctype;       /* absent: none */
    struct slice headers;     /* lines, each with its CRLF */
    struct slice body_prefix; /* in front of the body */
    struct slice body;
    void *owner; /* NULL with `answered` NULL: nobody wants to know */
    void (*answered)(void *owner, const struct client_result *result, struct moment now);
};

enum message_out_status {
    MESSAGE_OUT_SENT,    /* *transaction is set; `answered` will be called */
    MESSAGE_OUT_TOO_BIG, /* it fits in no datagram */
    MESSAGE_OUT_FAILED,  /* no flow, or too many transactions */
};

/* Sends it in a client transaction of tm.fr_timer. */
enum message_out_status
message_out_send(struct silo *silo, const struct message_out *message,
                 struct client_transaction **transaction, struct moment now);

#endif
