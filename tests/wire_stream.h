/* wire_stream - the streams of the wire; what wire.c and it share. */
#ifndef TESTS_WIRE_STREAM_H
#define TESTS_WIRE_STREAM_H

#include "tests/wire.h"

/* Something that the server of this life is told. */
struct notice {
    struct event event;
    struct flow flow;
    uint32_t life;
};

/* Room for one more element. */
void *
wire_grown(void *array, size_t count, size_t *room, size_t element);

bool
wire_same_address(const struct address *a, const struct address *b);

struct peer *
wire_peer_at(struct world *w, const struct address *address);

uint32_t
wire_delay(struct world *w, const struct link *link);

void
wire_tell_server(struct world *w, const struct flow *flow, uint64_t after_ms,
                 void (*fire)(void *world, struct event *event));

/* A notice's fire: server_flow_failed. */
void
wire_flow_failed(void *world, struct event *event);

enum send_status
wire_stream_send(struct world *w, const struct flow *flow, struct slice bytes);

void
wire_stream_peer_send(struct peer *peer, struct slice bytes);

/* Of struct transport. */
void
wire_stream_close(void *self, uint64_t id);

bool
wire_stream_find(void *self, const struct address *peer, struct flow *flow);

bool
wire_stream_is_open(void *self, uint64_t id);

void
wire_stream_keep(void *self, uint64_t id, bool has_binding);

void
wire_stream_free(struct world *w);

#endif
