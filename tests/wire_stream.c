#include "tests/wire_stream.h"

#include "tests/world.h"
#include "tests/exact.h"

#include <assert.h>
#include <stdlib.h>

enum {
    EPHEMERAL_PORT = 40000,     /* of the connections that peers make */
    CONNECT_TIMEOUT_MS = 20000, /* to a host that does not answer */
};

struct chunk {
    struct event event;
    struct connection *connection;
    bool to_server;
    size_t len;
    char bytes[];
};

static void
connection_closed(void *world, struct event *event)
{
    struct world *w = world;
    struct notice *notice = (struct notice *)(void *)event;
    struct connection *c;

    if (w->server == NULL || notice->life != w->life)
        return;
    c = w->wire.connections[notice->flow.connection - 1];
    if (c->server_knows_end)
        return;
    c->server_has_it = false;
    c->server_knows_end = true;
    world_trace_bytes(w, "closed", &notice->flow, slice_absent());
    if (w->watch.flow_failed != NULL)
        w->watch.flow_failed(w->watch.self, &notice->flow);
    server_connection_closed(w->server, notice->flow.connection, w->now);
    world_touched(w);
    if (!c->is_ours || !c->is_lost)
        return;
    notice->flow.connection = 0;
    wire_flow_failed(world, event);
}

/* What was queued for it had no connection of its own name yet. */
static void
connect_failed(void *world, struct event *event)
{
    struct world *w = world;
    struct notice *notice = (struct notice *)(void *)event;

    if (w->server == NULL || notice->life != w->life)
        return;
    w->wire.connections[notice->flow.connection - 1]->server_has_it = false;
    notice->flow.connection = 0;
    wire_flow_failed(world, event);
}

static struct connection *
connection_new(struct world *w, struct peer *peer, const struct flow *flow)
{
    struct wire *n = &w->wire;
    struct connection *c = calloc(1, sizeof *c);

    assert(c != NULL);
    n->connections = wire_grown(n->connections, n->connection_count, &n->connection_room,
                                sizeof(struct connection *));
    n->connections[n->connection_count++] = c;
    c->flow = *flow;
    c->flow.connection = n->connection_count;
    c->peer = peer;
    c->is_alive = c->server_has_it = c->peer_has_it = true;
    framer_init(&c->to_server.framer, w->settings.max_message_size);
    framer_init(&c->to_peer.framer, w->settings.max_message_size);
    return c;
}

static struct connection *
connection_of(const struct world *w, uint64_t id)
{
    return id == 0 || id > w->wire.connection_count ? NULL : w->wire.connections[id - 1];
}

static void
drop_at_peer(struct connection *c)
{
    if (!c->peer_has_it)
        return;
    c->peer_has_it = false;
    if (c->peer->connection != c)
        return;
    c->peer->connection = NULL;
    if (c->peer->closed != NULL)
        c->peer->closed(c->peer->owner);
}

static void
give_frame(struct world *w, struct connection *c, bool to_server, enum frame_kind kind,
           struct slice frame)
{
    if (!to_server) {
        if (kind == FRAME_MESSAGE && !c->peer->is_dead)
            c->peer->receive(c->peer->owner, PROTOCOL_TCP, frame);
        return;
    }
    world_trace_bytes(w, "->", &c->flow, frame);
    if (w->watch.received != NULL)
        w->watch.received(w->watch.self, &c->flow, frame);
    server_receive_frame(w->server, &c->flow, kind, frame, w->now);
    world_touched(w);
}

static bool
is_open_for(const struct world *w, const struct connection *c, bool to_server)
{
    if (to_server)
        return c->server_has_it && w->server != NULL && !w->death.is_dying;
    return c->peer_has_it;
}

/* A message is shown in memory of its exact size, so that a byte too far is caught. */
static void
give_frames(struct world *w, struct connection *c, bool to_server)
{
    struct stream *s = to_server ? &c->to_server : &c->to_peer;
    enum frame_kind kind;
    size_t used;

    while (!s->is_bad && is_open_for(w, c, to_server) &&
           (kind = framer_next(&s->framer, slice_of(s->bytes, s->len), &used)) !=
               FRAME_PARTIAL) {
        struct slice copy = exact_message(slice_of(s->bytes, used));

        s->len -= used;
        memmove(s->bytes, s->bytes + used, s->len);
        s->is_bad = kind == FRAME_BAD || kind == FRAME_TOO_LONG;
        give_frame(w, c, to_server, kind, copy);
        exact_free(copy);
    }
}

static void
chunk_arrives(void *world, struct event *event)
{
    struct world *w = world;
    struct chunk *chunk = (struct chunk *)(void *)event;
    struct connection *c = chunk->connection;
    struct stream *s = chunk->to_server ? &c->to_server : &c->to_peer;

    if (!c->is_alive || s->is_bad || !is_open_for(w, c, chunk->to_server))
        return;
    s->bytes = realloc(s->bytes, s->len + chunk->len);
    assert(s->bytes != NULL);
    memcpy(s->bytes + s->len, chunk->bytes, chunk->len);
    s->len += chunk->len;
    give_frames(w, c, chunk->to_server);
}

static void
put_chunk(struct world *w, struct connection *c, bool to_server, struct slice bytes)
{
    struct stream *s = to_server ? &c->to_server : &c->to_peer;
    uint64_t at_ms = w->now.ms + wire_delay(w, &c->peer->link);
    struct chunk *chunk;

    if (at_ms < s->last_ms)
        at_ms = s->last_ms;
    s->last_ms = at_ms;
    chunk = world_later(w, at_ms - w->now.ms, sizeof *chunk + bytes.len, chunk_arrives);
    chunk->connection = c;
    chunk->to_server = to_server;
    chunk->len = bytes.len;
    memcpy(chunk->bytes, bytes.at, bytes.len);
}

static void
put_bytes(struct world *w, struct connection *c, bool to_server, struct slice bytes)
{
    bool is_cut = random_chance(&w->random, c->peer->link.cut);

    while (is_cut && bytes.len > 1) {
        size_t n = 1 + random_below(&w->random, (uint32_t)bytes.len);
        put_chunk(w, c, to_server, slice_head(bytes, n));
        bytes = slice_skip(bytes, n);
    }
    if (bytes.len > 0)
        put_chunk(w, c, to_server, bytes);
}

static struct connection *
open_connection_to(struct world *w, const struct flow *flow)
{
    for (size_t i = w->wire.connection_count; i-- > 0;) {
        struct connection *c = w->wire.connections[i];
        if (c->server_has_it && c->flow.listener == flow->listener &&
            wire_same_address(&c->flow.peer, &flow->peer))
            return c;
    }
    return NULL;
}

bool
wire_stream_find(void *self, const struct address *peer, struct flow *flow)
{
    struct world *w = self;

    for (size_t i = w->wire.connection_count; i-- > 0;) {
        struct connection *c = w->wire.connections[i];
        if (c->server_has_it && wire_same_address(&c->flow.peer, peer)) {
            *flow = c->flow;
            return true;
        }
    }
    return false;
}

/* The server connects to the port a peer listens on. */
static struct connection *
server_connects(struct world *w, const struct flow *flow)
{
    struct peer *peer = wire_peer_at(w, &flow->peer);
    struct connection *c = connection_new(w, peer, flow);
    uint64_t after_ms = CONNECT_TIMEOUT_MS;

    c->is_ours = true;
    if (peer != NULL && !peer->is_dead) {
        c->to_peer.last_ms = w->now.ms + 2 * wire_delay(w, &peer->link);
        if (peer->connection == NULL)
            peer->connection = c;
        return c;
    }
    c->is_alive = c->peer_has_it = false;
    if (peer != NULL && peer->refuses)
        after_ms = 2 * peer->link.delay_ms;
    wire_tell_server(w, &c->flow, after_ms, connect_failed);
    return c;
}

enum send_status
wire_stream_send(struct world *w, const struct flow *flow, struct slice bytes)
{
    struct connection *c = flow->connection == 0 ? open_connection_to(w, flow)
                                                 : connection_of(w, flow->connection);

    if (c == NULL && flow->connection == 0)
        c = server_connects(w, flow);
    if (c == NULL || !c->server_has_it)
        return SEND_FAILED;
    if (c->is_alive)
        put_bytes(w, c, false, bytes);
    return SEND_OK;
}

/* Connects first where there is no connection. */
void
wire_stream_peer_send(struct peer *peer, struct slice bytes)
{
    struct world *w = peer->world;
    struct flow flow = { .protocol = PROTOCOL_TCP, .listener = 1, .peer = peer->address };

    if (w->server == NULL)
        return;
    if (peer->connection == NULL) {
        flow.peer.port = (uint16_t)(EPHEMERAL_PORT + w->wire.connection_count % 20000);
        peer->connection = connection_new(w, peer, &flow);
    }
    if (peer->connection->is_alive)
        put_bytes(w, peer->connection, true, bytes);
}

void
peer_break(struct peer *peer, uint64_t told_after_ms)
{
    struct world *w = peer->world;

    for (size_t i = 0; i < w->wire.connection_count; i++) {
        struct connection *c = w->wire.connections[i];
        if (c->peer != peer || !c->is_alive)
            continue;
        world_happened(w, HAPPENED_BREAK);
        c->is_alive = false;
        c->is_lost = true;
        wire_tell_server(w, &c->flow, told_after_ms, connection_closed);
        drop_at_peer(c);
    }
}

void
wire_server_died(struct world *w)
{
    for (size_t i = 0; i < w->wire.connection_count; i++) {
        struct connection *c = w->wire.connections[i];
        if (!c->server_has_it && !c->peer_has_it)
            continue;
        c->is_alive = c->server_has_it = false;
        drop_at_peer(c);
    }
}

struct closing {
    struct event event;
    struct connection *connection;
};

static void
peer_sees_close(void *world, struct event *event)
{
    struct connection *c = ((struct closing *)(void *)event)->connection;

    (void)world;
    c->is_alive = false;
    drop_at_peer(c);
}

void
wire_stream_close(void *self, uint64_t id)
{
    struct world *w = self;
    struct connection *c = connection_of(w, id);
    struct closing *closing;
    uint64_t after_ms = 0;

    if (c == NULL || !c->server_has_it || !world_does(w))
        return;
    c->server_has_it = false;
    wire_tell_server(w, &c->flow, 0, connection_closed);
    if (c->to_peer.last_ms > w->now.ms)
        after_ms = c->to_peer.last_ms - w->now.ms;
    closing = world_later(w, after_ms, sizeof *closing, peer_sees_close);
    closing->connection = c;
}

bool
wire_stream_is_open(void *self, uint64_t id)
{
    const struct connection *c = connection_of(self, id);

    return c != NULL && c->server_has_it;
}

void
wire_stream_keep(void *self, uint64_t id, bool has_binding)
{
    struct connection *c = connection_of(self, id);

    if (c != NULL)
        c->has_binding = has_binding;
}

void
wire_stream_free(struct world *w)
{
    for (size_t i = 0; i < w->wire.connection_count; i++) {
        free(w->wire.connections[i]->to_server.bytes);
        free(w->wire.connections[i]->to_peer.bytes);
        free(w->wire.connections[i]);
    }
    free(w->wire.connections);
}
