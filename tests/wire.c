#include "tests/wire.h"

#include "tests/wire_stream.h"
#include "tests/world.h"

#include <assert.h>
#include <stdlib.h>

struct datagram {
    struct event event;
    struct flow flow;
    struct peer *peer; /* NULL: to the server */
    size_t len;
    char bytes[];
};

void *
wire_grown(void *array, size_t count, size_t *room, size_t element)
{
    if (count < *room)
        return array;
    *room = *room == 0 ? 16 : *room * 2;
    array = realloc(array, *room * element);
    assert(array != NULL);
    return array;
}

struct address
wire_address(uint16_t host, uint16_t port)
{
    struct address address = { .port = port };

    address.ip[10] = address.ip[11] = 0xff;
    address.ip[12] = 10;
    address.ip[13] = 1;
    address.ip[14] = (uint8_t)(host >> 8);
    address.ip[15] = (uint8_t)host;
    return address;
}

bool
wire_same_address(const struct address *a, const struct address *b)
{
    return a->port == b->port && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

void
wire_add_peer(struct world *w, struct peer *peer)
{
    struct wire *n = &w->wire;

    n->peers = wire_grown(n->peers, n->peer_count, &n->peer_room, sizeof(struct peer *));
    n->peers[n->peer_count++] = peer;
    peer->world = w;
    peer->link = w->link;
}

void
wire_add_name(struct world *w, const char *name, struct address address)
{
    wire_add_service(w, name, PROTOCOL_UDP, address);
    w->wire.names[w->wire.name_count - 1].is_service = false;
}

void
wire_add_service(struct world *w, const char *name, enum protocol protocol,
                 struct address address)
{
    struct wire *n = &w->wire;

    assert(n->name_count < sizeof n->names / sizeof n->names[0]);
    n->names[n->name_count].name = name;
    n->names[n->name_count].is_service = true;
    n->names[n->name_count++].hop = (struct hop){ protocol, address };
}

struct peer *
wire_peer_at(struct world *w, const struct address *address)
{
    for (size_t i = 0; i < w->wire.peer_count; i++)
        if (wire_same_address(&w->wire.peers[i]->address, address))
            return w->wire.peers[i];
    return NULL;
}

uint32_t
wire_delay(struct world *w, const struct link *link)
{
    return link->delay_ms + random_below(&w->random, link->jitter_ms + 1);
}

/* ---- failures that the server is told of ---- */

void
wire_flow_failed(void *world, struct event *event)
{
    struct world *w = world;
    struct notice *notice = (struct notice *)(void *)event;

    if (w->server == NULL || notice->life != w->life)
        return;
    world_trace_bytes(w, "failed", &notice->flow, slice_absent());
    if (w->watch.flow_failed != NULL)
        w->watch.flow_failed(w->watch.self, &notice->flow);
    server_flow_failed(w->server, &notice->flow, w->now);
    world_touched(w);
}

void
wire_tell_server(struct world *w, const struct flow *flow, uint64_t after_ms,
                 void (*fire)(void *, struct event *))
{
    struct notice *notice = world_later(w, after_ms, sizeof *notice, fire);

    notice->flow = *flow;
    notice->life = w->life;
}

/* ---- datagrams ---- */

static void
datagram_arrives(void *world, struct event *event)
{
    struct world *w = world;
    struct datagram *d = (struct datagram *)(void *)event;

    if (d->peer != NULL && !d->peer->is_dead)
        d->peer->receive(d->peer->owner, PROTOCOL_UDP, slice_of(d->bytes, d->len));
    if (d->peer == NULL && w->server != NULL)
        world_inject(w, &d->flow, slice_of(d->bytes, d->len));
}

static void
note_arrival(struct world *w, struct peer *peer, bool to_peer, uint32_t delay_ms)
{
    uint64_t at_ms = w->now.ms + delay_ms, *last_ms;

    if (peer == NULL)
        return;
    last_ms = &peer->last_ms[to_peer];
    if (at_ms < *last_ms)
        world_happened(w, HAPPENED_OVERTAKEN);
    else
        *last_ms = at_ms;
}

/* To the server without `peer`. */
static void
put_copy(struct world *w, uint32_t delay_ms, const struct flow *flow, struct peer *peer,
         struct slice bytes)
{
    struct datagram *d =
        world_later(w, delay_ms, sizeof *d + bytes.len, datagram_arrives);

    note_arrival(w, peer != NULL ? peer : wire_peer_at(w, &flow->peer), peer != NULL,
                 delay_ms);
    d->flow = *flow;
    d->peer = peer;
    d->len = bytes.len;
    memcpy(d->bytes, bytes.at, bytes.len);
}

static void
put_datagram(struct world *w, const struct link *link, const struct flow *flow,
             struct peer *peer, struct slice bytes)
{
    uint64_t nth = ++w->wire.datagram_count;
    int copies = 1;

    world_happened(w, HAPPENED_DATAGRAM);
    if (random_chance(&w->random, link->loss))
        copies = 0;
    if (random_chance(&w->random, link->duplicate))
        copies++;
    if (nth == w->wire.lose_nth)
        copies = 0;
    if (copies != 1)
        world_happened(w, copies == 0 ? HAPPENED_LOST : HAPPENED_DOUBLED);
    while (copies-- > 0)
        put_copy(w, wire_delay(w, link), flow, peer, bytes);
    if (nth == w->wire.double_nth)
        put_copy(w, link->delay_ms + w->wire.double_after_ms, flow, peer, bytes);
}

static enum send_status
send_datagram(struct world *w, const struct flow *flow, struct slice bytes)
{
    struct peer *peer = wire_peer_at(w, &flow->peer);

    if (peer == NULL)
        return SEND_OK;
    if (peer->is_dead && peer->refuses)
        wire_tell_server(w, flow, 2 * peer->link.delay_ms, wire_flow_failed);
    else
        put_datagram(w, &peer->link, flow, peer, bytes);
    return SEND_OK;
}

void
peer_send(struct peer *peer, enum protocol protocol, struct slice bytes)
{
    struct flow flow = { .protocol = PROTOCOL_UDP, .peer = peer->address };

    if (protocol == PROTOCOL_TCP)
        wire_stream_peer_send(peer, bytes);
    else
        put_datagram(peer->world, &peer->link, &flow, NULL, bytes);
}

/* ---- what the server calls ---- */

static void
keep_sent(struct world *w, const struct flow *flow, struct slice bytes)
{
    struct sent *sent;

    w->sent = wire_grown(w->sent, w->sent_count, &w->sent_room, sizeof *w->sent);
    sent = &w->sent[w->sent_count++];
    *sent = (struct sent){ .at_ms = w->now.ms, .flow = *flow, .len = bytes.len };
    sent->bytes = malloc(bytes.len + 1);
    assert(sent->bytes != NULL);
    memcpy(sent->bytes, bytes.at, bytes.len);
    sent->bytes[bytes.len] = '\0';
}

static enum send_status
transport_send(void *self, const struct flow *flow, struct slice bytes)
{
    struct world *w = self;
    enum send_status status;

    if (!world_does(w))
        return SEND_OK;
    world_trace_bytes(w, "<-", flow, bytes);
    if (w->keeps_sent)
        keep_sent(w, flow, bytes);
    status = flow->protocol == PROTOCOL_UDP ? send_datagram(w, flow, bytes)
                                            : wire_stream_send(w, flow, bytes);
    if (status == SEND_OK && w->watch.sent != NULL)
        w->watch.sent(w->watch.self, flow, bytes);
    return status;
}

struct lookup {
    struct event event;
    uint64_t ticket;
    uint32_t life;
    struct hop hops[HOPS_MAX];
    size_t count;
};

static void
resolved(void *world, struct event *event)
{
    struct world *w = world;
    struct lookup *lookup = (struct lookup *)(void *)event;

    if (w->server == NULL || lookup->life != w->life)
        return;
    server_resolved(w->server, lookup->ticket, lookup->hops, lookup->count, w->now);
    world_touched(w);
}

static size_t
find_services(const struct wire *n, const struct hop_question *q, struct hop *out)
{
    size_t count = 0;

    for (size_t i = 0; i < n->name_count && q->port == 0; i++) {
        const struct hop *hop = &n->names[i].hop;

        if (n->names[i].is_service &&
            (!q->has_protocol || q->protocol == hop->protocol) &&
            slice_equal_nocase(slice_of_string(n->names[i].name), q->host))
            out[count++] = *hop;
    }
    return count;
}

static size_t
find_addresses(const struct wire *n, const struct hop_question *q, struct hop *out)
{
    size_t count = 0;

    for (size_t i = 0; i < n->name_count; i++) {
        if (n->names[i].is_service ||
            !slice_equal_nocase(slice_of_string(n->names[i].name), q->host))
            continue;
        out[count] = n->names[i].hop;
        out[count].protocol = q->has_protocol ? q->protocol : PROTOCOL_UDP;
        out[count++].address.port = q->port != 0 ? q->port : 5060;
    }
    return count;
}

static void
transport_resolve(void *self, uint64_t ticket, const struct hop_question *question)
{
    struct world *w = self;
    struct lookup *lookup;

    if (!world_does(w))
        return;
    lookup = world_later(w, wire_delay(w, &w->link), sizeof *lookup, resolved);
    lookup->ticket = ticket;
    lookup->life = w->life;
    lookup->count = find_services(&w->wire, question, lookup->hops);
    if (lookup->count == 0)
        lookup->count = find_addresses(&w->wire, question, lookup->hops);
}

struct transport
wire_transport(struct world *w)
{
    return (struct transport){ .self = w,
                               .send = transport_send,
                               .close = wire_stream_close,
                               .is_open = wire_stream_is_open,
                               .find_stream = wire_stream_find,
                               .keep = wire_stream_keep,
                               .resolve = transport_resolve };
}

void
wire_free(struct world *w)
{
    wire_stream_free(w);
    free(w->wire.peers);
}
