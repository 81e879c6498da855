#include "src/net/inward.h"

static void
on_received(void *self, const struct flow *flow, struct slice bytes)
{
    struct inward *in = self;

    server_receive(in->server, flow, bytes, loop_now(in->loop));
}

static void
on_frame(void *self, const struct flow *flow, enum frame_kind kind, struct slice bytes)
{
    struct inward *in = self;

    server_receive_frame(in->server, flow, kind, bytes, loop_now(in->loop));
}

static void
on_closed(void *self, uint64_t connection)
{
    struct inward *in = self;

    server_connection_closed(in->server, connection, loop_now(in->loop));
}

static void
on_failed(void *self, const struct flow *flow)
{
    struct inward *in = self;

    server_flow_failed(in->server, flow, loop_now(in->loop));
}

static void
on_resolved(void *self, uint64_t ticket, const struct hop *hops, size_t count)
{
    struct inward *in = self;

    server_resolved(in->server, ticket, hops, count, loop_now(in->loop));
}

static void
on_safe(void *self)
{
    struct inward *in = self;

    server_safe(in->server, loop_now(in->loop));
}

static void
on_committed(void *self, enum store_status status, const char *why)
{
    struct inward *in = self;

    server_committed(in->server, status, why, loop_now(in->loop));
}

static void
on_read_done(void *self, enum store_status status, const char *why)
{
    struct inward *in = self;

    server_read_done(in->server, status, why, loop_now(in->loop));
}

static void
on_tidied(void *self, enum store_status status, const struct tidy_result *result)
{
    struct inward *in = self;

    server_tidied(in->server, status, result, loop_now(in->loop));
}

struct net_events
inward_net_events(struct inward *inward)
{
    return (struct net_events){
        .self = inward,
        .received = on_received,
        .frame = on_frame,
        .closed = on_closed,
        .failed = on_failed,
        .resolved = on_resolved,
    };
}

struct lane_events
inward_lane_events(struct inward *inward)
{
    return (struct lane_events){
        .self = inward,
        .safe = on_safe,
        .committed = on_committed,
        .read_done = on_read_done,
        .tidied = on_tidied,
    };
}
