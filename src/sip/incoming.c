#include "src/sip/incoming.h"

enum server_match
incoming_receive(struct incoming *in, struct server_table *table,
                 struct server_outcome *outcome)
{
    in->key = server_key_of(table, in->message);
    in->has_key = true;
    return server_table_receive(table, &in->key, outcome, in->now);
}
