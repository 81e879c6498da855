#include "src/sip/responder.h"

enum {
    DEFAULT_PORT = 5060, /* RFC 3261 18.2.2: where sent-by has no port */
};

struct flow
responder_flow(const struct incoming *in)
{
    const struct via *via = &in->message->via;
    struct flow flow = in->flow;

    if (protocol_is_reliable(flow.protocol) || via->has_rport)
        return flow;
    if (slice_is_absent(via->host))
        return flow; /* its Via could not be read: the source is all we know */
    flow.peer.port = via->port != 0 ? via->port : DEFAULT_PORT;
    return flow;
}

void
responder_begin(const struct responder *responder, struct writer *w,
                const struct incoming *in, unsigned status, struct slice reason)
{
    const struct server_table *table = responder->table;
    const struct server_key key =
        in->has_key ? in->key : server_key_of(table, in->message);
    char source[ADDRESS_TEXT], tag[TO_TAG_BYTES];
    struct reply reply = { .received = address_print_ip(&in->flow.peer, source),
                           .received_port = in->flow.peer.port };

    server_to_tag(table, &key, tag);
    reply.to_tag = slice_of(tag, sizeof tag);
    writer_response(w, in->message, status, reason, &reply);
}

bool
responder_send(const struct responder *responder, const struct writer *w,
               const struct incoming *in)
{
    const struct transport *transport = responder->transport;
    struct flow flow = responder_flow(in);
    struct slice bytes = writer_done(w);

    if (slice_is_absent(bytes))
        return false;
    return transport->send(transport->self, &flow, bytes) == SEND_OK;
}

void
responder_answer_with(struct responder *responder, const struct incoming *in,
                      unsigned status, struct slice reason, struct slice name,
                      struct slice value)
{
    struct writer w;

    writer_init(&w, responder->buffer, sizeof responder->buffer);
    responder_begin(responder, &w, in, status, reason);
    if (!slice_is_absent(name))
        writer_header(&w, name, value);
    writer_body(&w, slice_absent());
    responder_send(responder, &w, in);
}

void
responder_answer(struct responder *responder, const struct incoming *in, unsigned status,
                 struct slice reason)
{
    responder_answer_with(responder, in, status, reason, slice_absent(), slice_absent());
}
