#include "src/sip/forward.h"

#include "parser/params.h"

enum {
    LINE_GROWS = 4,   /* a blank behind the colon, CRLF for LF */
    OWN_LINES = 1536, /* sent-by alone may take 512 */
};

static void
write_max_forwards(struct writer *w, const struct forward *forward)
{
    int given = forward->in->message->max_forwards;

    writer_bytes(w, SLICE("Max-Forwards: "));
    writer_number(w, given < 0 ? forward->max_forwards : (uint64_t)given - (given > 0));
    writer_bytes(w, SLICE("\r\n"));
}

/* Written by us at places of their own, or not to be believed. */
static bool
is_left_out(const struct incoming *in, enum header_id id)
{
    if (id == HEADER_P_ASSERTED_IDENTITY)
        return !in->from_trusted;
    return id == HEADER_VIA || id == HEADER_ROUTE || id == HEADER_MAX_FORWARDS ||
           id == HEADER_CONTENT_LENGTH;
}

size_t
forward_room(const struct forward *forward)
{
    const struct message *m = forward->in->message;
    size_t room = m->text.len + (size_t)m->lines * LINE_GROWS + forward->r_uri.len +
                  forward->route.len + OWN_LINES;

    return room < FORWARD_MAX ? room : FORWARD_MAX;
}

void
forward_request(struct writer *w, const struct forward *forward)
{
    const struct message *m = forward->in->message;
    char source[ADDRESS_TEXT];
    const struct reply seen = {
        .received = address_print_ip(&forward->in->flow.peer, source),
        .received_port = forward->in->flow.peer.port,
    };

    writer_request_line(w, m->method_name, forward->r_uri);
    domains_write_via(w, forward->domains, &forward->flow, forward->branch);
    writer_vias(w, m, &seen);
    write_max_forwards(w, forward);
    if (forward->route.len > 0)
        writer_header(w, SLICE("Route"), forward->route);
    for (int i = 0; i < m->lines; i++)
        if (!is_left_out(forward->in, m->line[i].id))
            writer_header(w, m->line[i].name, m->line[i].value);
    writer_body(w, m->body);
}

bool
header_is_challenge(enum header_id id)
{
    return id == HEADER_WWW_AUTHENTICATE || id == HEADER_PROXY_AUTHENTICATE;
}

bool
forward_has_way_back(const struct message *response)
{
    struct header_walk walk = message_walk(response, HEADER_VIA);
    struct slice element;

    return header_walk_next(&walk, &element) && header_walk_next(&walk, &element);
}

/* Without what stands before the first element: on top it would be no Via. */
static void
write_via_line(struct writer *w, struct slice elements)
{
    elements = slice_trim(elements);
    while (elements.len > 0 && elements.at[0] == ',')
        elements = slice_trim(slice_skip(elements, 1));
    if (elements.len > 0)
        writer_header(w, SLICE("Via"), elements);
}

/* The first Via line may hold more than ours. */
static void
write_other_vias(struct writer *w, const struct message *m)
{
    struct slice rest = message_header(m, HEADER_VIA), top;
    int line = m->first[HEADER_VIA];

    if (line < 0)
        return;
    list_cut(&rest, &top);
    write_via_line(w, rest);
    while ((line = m->line[line].next) >= 0)
        write_via_line(w, m->line[line].value);
}

size_t
forward_response_room(const struct message *response)
{
    return response->text.len + (size_t)response->lines * LINE_GROWS + OWN_LINES;
}

void
forward_response(struct writer *w, const struct message *response, unsigned status,
                 struct slice reason, bool without_challenges)
{
    const struct message *m = response;

    writer_bytes(w, SLICE("SIP/2.0 "));
    writer_number(w, status);
    writer_bytes(w, SLICE(" "));
    writer_value(w, reason);
    writer_bytes(w, SLICE("\r\n"));
    write_other_vias(w, m);
    for (int i = 0; i < m->lines; i++) {
        const struct header_line *line = &m->line[i];

        if (line->id == HEADER_VIA || line->id == HEADER_CONTENT_LENGTH ||
            (without_challenges && header_is_challenge(line->id)))
            continue;
        writer_header(w, line->name, line->value);
    }
    writer_body(w, m->body);
}
