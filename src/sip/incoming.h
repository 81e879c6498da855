/* incoming - a request that is being handled, and what is known of its way here. */
#ifndef SIP_INCOMING_H
#define SIP_INCOMING_H

#include "parser/message.h"
#include "src/sip/server_transaction.h"

struct incoming {
    const struct message *message; /* valid during the event */
    struct flow flow;              /* it came over */
    bool from_trusted;             /* its source is in core.trusted */
    bool has_key;                  /* its transaction was looked up */
    struct server_key key;
    struct moment now;
};

/* Looks its transaction up, and makes one if there is none: see server_table_receive. */
enum server_match
incoming_receive(struct incoming *in, struct server_table *table,
                 struct server_outcome *outcome);

#endif
