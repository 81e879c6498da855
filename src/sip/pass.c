#include "src/sip/pass.h"

#include "src/sip/branch.h"
#include "src/sip/forward.h"

#include <stdlib.h>

enum {
    FLOW_BYTES = 1 + 2 + 8 + 16 + 2, /* protocol, listener, connection, address, port */
    TOKEN_BYTES = 2 * FLOW_BYTES,    /* in hex */
    MAC_BYTES = 16,
    PASS_BRANCH_BYTES = BRANCH_BYTES + TOKEN_BYTES + MAC_BYTES,
};

/* One whose next hop is a name. */
struct pass_wait {
    struct hop_wait hop_wait;
    struct passes *passes;
    struct pass_wait *next, **link;
    struct flow came;
    bool from_trusted;
    struct slice request, contact, r_uri, route; /* in `bytes` */
    char bytes[];
};

/* ---- the branch ---- */

static uint64_t
nonce_of(const struct passes *passes, const struct message *m)
{
    const uint32_t number = m->cseq, port = m->via.port;
    const struct slice by_branch[] = { SLICE("pass"), m->via.branch, m->via.host,
                                       slice_of((const char *)&port, sizeof port) };
    const struct slice by_fields[] = {
        SLICE("pass 2543"), m->via.text,    m->from.tag,
        m->call_id,         m->request_uri, slice_of((const char *)&number, sizeof number)
    };

    return via_has_cookie(&m->via) ? siphash64_parts(&passes->key, by_branch, 4)
                                   : siphash64_parts(&passes->key, by_fields, 6);
}

static void
write_flow(const struct flow *flow, char out[TOKEN_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[FLOW_BYTES] = { (unsigned char)flow->protocol };

    memcpy(bytes + 1, &flow->listener, 2);
    memcpy(bytes + 3, &flow->connection, 8);
    memcpy(bytes + 11, flow->peer.ip, 16);
    memcpy(bytes + 27, &flow->peer.port, 2);
    for (int i = 0; i < FLOW_BYTES; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
}

static unsigned
nibble(char digit)
{
    return (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10) & 15;
}

/* A token that is not signed by us may hold any numbers: UDP is what is none of the others. */
static struct flow
read_flow(struct slice token)
{
    struct flow flow = { 0 };
    unsigned char bytes[FLOW_BYTES];

    for (size_t i = 0; i < FLOW_BYTES; i++)
        bytes[i] =
            (unsigned char)(nibble(token.at[2 * i]) << 4 | nibble(token.at[2 * i + 1]));
    flow.protocol = bytes[0] == PROTOCOL_TCP ? PROTOCOL_TCP : PROTOCOL_UDP;
    memcpy(&flow.listener, bytes + 1, 2);
    memcpy(&flow.connection, bytes + 3, 8);
    memcpy(flow.peer.ip, bytes + 11, 16);
    memcpy(&flow.peer.port, bytes + 27, 2);
    return flow;
}

static void
write_mac(const struct passes *passes, struct slice branch_and_token, char out[MAC_BYTES])
{
    const struct slice parts[] = { SLICE("pass flow"), branch_and_token };
    struct slice token = slice_skip(branch_and_token, BRANCH_BYTES);
    bool is_stream = protocol_is_reliable(read_flow(token).protocol);

    hex64_write(siphash64_parts(is_stream ? &passes->run : &passes->key, parts, 2), out);
}

static void
make_branch(const struct passes *passes, const struct incoming *in,
            char out[PASS_BRANCH_BYTES])
{
    const struct message *m = in->message;
    const struct flow back = responder_flow(in);

    branch_make(&passes->key, nonce_of(passes, m), m->request_uri,
                message_header(m, HEADER_ROUTE), out);
    write_flow(&back, out + BRANCH_BYTES);
    write_mac(passes, slice_of(out, BRANCH_BYTES + TOKEN_BYTES),
              out + BRANCH_BYTES + TOKEN_BYTES);
}

/* ---- requests ---- */

static bool
send_over(struct passes *passes, const struct incoming *in, const struct target *target,
          const struct flow *to)
{
    const struct transport *transport = passes->transport;
    char branch[PASS_BRANCH_BYTES];
    struct forward forward = {
        .in = in,
        .domains = passes->domains,
        .r_uri = target->r_uri,
        .route = target->route,
        .flow = *to,
        .branch = slice_of(branch, sizeof branch),
        .max_forwards = passes->settings->max_forwards,
    };
    size_t room = forward_room(&forward);
    char *buffer = arena_alloc(passes->arena, room);
    struct writer w;

    if (buffer == NULL)
        return false;
    make_branch(passes, in, branch);
    target_prefer_stream(passes->hops, in->message->size + FORWARD_GROWS, &forward.flow);
    writer_init(&w, buffer, room);
    forward_request(&w, &forward);
    return !slice_is_absent(writer_done(&w)) &&
           transport->send(transport->self, &forward.flow, writer_done(&w)) == SEND_OK;
}

static void
refuse(struct passes *passes, const struct incoming *in, bool is_user)
{
    if (in->message->method == METHOD_ACK)
        return; /* RFC 3261 17: never answered */
    responder_answer(passes->responder, in, is_user ? 480 : 500,
                     is_user ? SLICE("Temporarily Unavailable")
                             : SLICE("Next Hop Cannot Be Reached"));
}

static void
free_wait(struct pass_wait *wait)
{
    hop_wait_cancel(wait->passes->hops, &wait->hop_wait);
    *wait->link = wait->next;
    if (wait->next != NULL)
        wait->next->link = wait->link;
    free(wait);
}

void
passes_free(struct passes *passes)
{
    while (passes->first != NULL)
        free_wait(passes->first);
}

static void
located(struct hop_wait *hop_wait, const struct flow *flow, struct moment now)
{
    struct pass_wait *wait = CONTAINER_OF(hop_wait, struct pass_wait, hop_wait);
    struct passes *passes = wait->passes;
    const struct target target = { .r_uri = wait->r_uri, .route = wait->route };
    struct incoming in = { .message = passes->again,
                           .flow = wait->came,
                           .from_trusted = wait->from_trusted,
                           .now = now };

    message_parse(passes->again, wait->request, MESSAGE_DATAGRAM);
    if (flow == NULL || !send_over(passes, &in, &target, flow))
        refuse(passes, &in, wait->contact.len > 0);
    free_wait(wait);
}

/* NULL: out of memory. */
static struct pass_wait *
wait_new(struct passes *passes, const struct incoming *in, const struct target *target)
{
    struct slice request = in->message->text;
    struct pass_wait *wait =
        calloc(1, sizeof *wait + request.len + target->contact.len + target->r_uri.len +
                      target->route.len + MESSAGE_SLACK);
    char *at;

    if (wait == NULL)
        return NULL;
    at = wait->bytes;
    wait->hop_wait.found = located;
    wait->passes = passes;
    wait->came = in->flow;
    wait->from_trusted = in->from_trusted;
    wait->request = slice_pack(&at, request);
    wait->contact = slice_pack(&at, target->contact);
    wait->r_uri = slice_pack(&at, target->r_uri);
    wait->route = slice_pack(&at, target->route);
    wait->next = passes->first;
    wait->link = &passes->first;
    if (wait->next != NULL)
        wait->next->link = &wait->next;
    passes->first = wait;
    return wait;
}

void
pass_request(struct passes *passes, const struct incoming *in,
             const struct target *target)
{
    struct pass_wait *wait = wait_new(passes, in, target);
    bool is_user = target->contact.len > 0;
    struct flow flow;

    if (wait == NULL) {
        refuse(passes, in, is_user);
        return;
    }
    switch (target_locate(passes->hops, target, &flow, &wait->hop_wait)) {
    case HOP_FOUND:
        if (!send_over(passes, in, target, &flow))
            refuse(passes, in, is_user);
        free_wait(wait);
        break;
    case HOP_WAITING:
        break;
    case HOP_NONE:
        refuse(passes, in, is_user);
        free_wait(wait);
        break;
    }
}

/* ---- responses ---- */

bool
pass_response(struct passes *passes, const struct message *response)
{
    const struct transport *transport = passes->transport;
    struct slice branch = response->via.branch;
    struct slice signed_part = slice_head(branch, BRANCH_BYTES + TOKEN_BYTES);
    struct responder *responder = passes->responder;
    char mac[MAC_BYTES];
    struct flow back;
    struct writer w;

    if (branch.len != PASS_BRANCH_BYTES)
        return false;
    write_mac(passes, signed_part, mac);
    if (!slice_equal(slice_skip(branch, signed_part.len), slice_of(mac, MAC_BYTES)))
        return false;
    if (!forward_has_way_back(response))
        return true; /* RFC 3261 16.7 step 3: it was for us alone */
    back = read_flow(slice_skip(signed_part, BRANCH_BYTES));
    writer_init(&w, responder->buffer, sizeof responder->buffer);
    forward_response(&w, response, response->status, response->reason, false);
    if (back.listener < passes->settings->listen_count &&
        !slice_is_absent(writer_done(&w)))
        transport->send(transport->self, &back, writer_done(&w));
    return true;
}
