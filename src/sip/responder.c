#include "src/sip/responder.h"

enum {
    DEFAULT_PORT = 5060, /* RFC 3261 18.2.2: where sent-by has no port */
};

struct flow
responder_flow(const struct message *request, const struct flow *came)
{
    struct flow flow = *came;

    if (protocol_is_reliable(came->protocol) || request->via.has_rport)
        return flow;
    if (slice_is_absent(request->via.host))
        return flow; /* its Via could not be read: the source is all we know */
    flow.peer.port = request->via.port != 0 ? request->via.port : DEFAULT_PORT;
    return flow;
}

void
responder_begin(const struct responder *responder, struct writer *w,
                const struct message *request, const struct flow *came, unsigned status,
                struct slice reason)
{
    char source[ADDRESS_TEXT], tag[TO_TAG_BYTES];
    struct reply reply = { .received = address_print_ip(&came->peer, source),
                           .received_port = came->peer.port };

    server_to_tag(responder->table, request, tag);
    reply.to_tag = slice_of(tag, sizeof tag);
    writer_response(w, request, status, reason, &reply);
}

bool
responder_send(const struct responder *responder, const struct writer *w,
               const struct message *request, const struct flow *came)
{
    const struct transport *transport = responder->transport;
    struct flow flow = responder_flow(request, came);
    struct slice bytes = writer_done(w);

    if (slice_is_absent(bytes))
        return false;
    return transport->send(transport->self, &flow, bytes) == SEND_OK;
}

void
responder_answer_with(struct responder *responder, const struct message *request,
                      const struct flow *came, unsigned status, struct slice reason,
                      struct slice name, struct slice value)
{
    struct writer w;

    writer_init(&w, responder->buffer, sizeof responder->buffer);
    responder_begin(responder, &w, request, came, status, reason);
    if (!slice_is_absent(name))
        writer_header(&w, name, value);
    writer_body(&w, slice_absent());
    responder_send(responder, &w, request, came);
}

void
responder_answer(struct responder *responder, const struct message *request,
                 const struct flow *came, unsigned status, struct slice reason)
{
    responder_answer_with(responder, request, came, status, reason, slice_absent(),
                          slice_absent());
}
