#include "src/net/sockets.h"

bool
sockets_init(struct sockets *sockets, struct loop *loop, const struct settings *settings,
             const struct net_events *events, const struct hash_key *key)
{
    const struct connections_options options = {
        .max_open = settings->tcp_max_connections,
        .max_message_bytes = settings->max_message_size,
        .lifetime_ms = (uint64_t)settings->tcp_connection_lifetime_s * 1000,
        .key = *key,
    };

    memset(sockets, 0, sizeof *sockets);
    sockets->loop = loop;
    sockets->settings = settings;
    sockets->events = *events;
    resolver_init(&sockets->resolver, loop, &sockets->events, key);
    if (!udp_init(&sockets->udp, loop, &sockets->events))
        return false;
    if (connections_init(&sockets->connections, loop, &sockets->events, &options))
        return true;
    udp_free(&sockets->udp);
    return false;
}

static void
log_listener(enum log_level level, const char *name, const struct listener *listener,
             uint16_t port, const char *why)
{
    char text[ADDRESS_TEXT];
    struct address at = listener->address;

    at.port = port;
    if (why == NULL)
        LOG(level, name, LOG_TEXT("protocol", protocol_name(listener->protocol)),
            LOG_TEXT("address", address_print(&at, text)));
    else
        LOG(level, name, LOG_TEXT("protocol", protocol_name(listener->protocol)),
            LOG_TEXT("address", address_print(&at, text)), LOG_STRING("why", why));
}

static int
open_one(struct sockets *sockets, uint16_t index, uint16_t *port)
{
    const struct listener *listener = &sockets->settings->listen[index];

    switch (listener->protocol) {
    case PROTOCOL_UDP:
        return udp_open(&sockets->udp, index, &listener->address, port);
    case PROTOCOL_TCP:
        return tcp_listener_open(&sockets->connections, index, &listener->address,
                                 &sockets->listeners[index], port);
    }
    return UV_EPROTONOSUPPORT;
}

bool
sockets_open(struct sockets *sockets, uint16_t ports[LIMIT_LISTENERS])
{
    const struct settings *settings = sockets->settings;

    for (uint16_t i = 0; i < settings->listen_count; i++) {
        int error = open_one(sockets, i, &ports[i]);

        if (error != 0) {
            log_listener(LOG_ERROR, "net.listen_failed", &settings->listen[i],
                         settings->listen[i].address.port, uv_strerror(error));
            return false;
        }
    }
    for (uint16_t i = 0; i < settings->listen_count; i++)
        log_listener(LOG_INFO, "net.listen", &settings->listen[i], ports[i], NULL);
    return true;
}

static enum send_status
sockets_send(void *self, const struct flow *flow, struct slice bytes)
{
    struct sockets *sockets = self;
    const struct listener *listener;

    if (flow->listener >= sockets->settings->listen_count)
        return SEND_FAILED;
    listener = &sockets->settings->listen[flow->listener];
    if (listener->protocol != flow->protocol)
        return SEND_FAILED;
    if (flow->protocol == PROTOCOL_UDP)
        return udp_send(&sockets->udp, flow, bytes);
    return connections_send(&sockets->connections, flow, &listener->address, bytes);
}

static void
sockets_close_connection(void *self, uint64_t connection)
{
    struct sockets *sockets = self;

    connections_close(&sockets->connections, connection);
}

static bool
sockets_is_open(void *self, uint64_t connection)
{
    struct sockets *sockets = self;

    return connections_is_open(&sockets->connections, connection);
}

static bool
sockets_find_stream(void *self, const struct address *peer, struct flow *flow)
{
    struct sockets *sockets = self;

    return connections_find_stream(&sockets->connections, peer, flow);
}

static void
sockets_keep(void *self, uint64_t connection, bool has_binding)
{
    struct sockets *sockets = self;

    connections_keep(&sockets->connections, connection, has_binding);
}

static void
sockets_resolve(void *self, uint64_t ticket, const struct hop_question *question)
{
    struct sockets *sockets = self;

    resolver_ask(&sockets->resolver, ticket, question);
}

struct transport
sockets_transport(struct sockets *sockets)
{
    return (struct transport){
        .self = sockets,
        .send = sockets_send,
        .close = sockets_close_connection,
        .is_open = sockets_is_open,
        .find_stream = sockets_find_stream,
        .keep = sockets_keep,
        .resolve = sockets_resolve,
    };
}

static void
tell_dropped(struct sockets *sockets)
{
    uint64_t dropped = sockets->udp.dropped - sockets->dropped_told;
    uint32_t missed;

    if (dropped == 0 ||
        !log_gate_pass(&sockets->dropped_gate, 1, loop_now(sockets->loop).s, &missed))
        return;
    LOG(LOG_WARN, "net.datagrams_dropped", LOG_NUMBER("count", dropped));
    sockets->dropped_told = sockets->udp.dropped;
}

void
sockets_flush(struct sockets *sockets)
{
    connections_flush(&sockets->connections);
    udp_flush(&sockets->udp);
    tell_dropped(sockets);
}

bool
sockets_report(struct sockets *sockets)
{
    bool failed = udp_report(&sockets->udp);

    return resolver_report(&sockets->resolver) || failed;
}

void
sockets_due(struct sockets *sockets)
{
    uint64_t now_ms = loop_now(sockets->loop).ms;

    connections_expire(&sockets->connections, now_ms);
    for (size_t i = 0; i < LIMIT_LISTENERS; i++)
        if (sockets->listeners[i] != NULL)
            tcp_listener_wake(sockets->listeners[i], now_ms);
}

uint64_t
sockets_deadline(const struct sockets *sockets)
{
    uint64_t at_ms = connections_deadline(&sockets->connections);

    for (size_t i = 0; i < sockets->settings->listen_count; i++) {
        uint64_t wake_ms = sockets->listeners[i] == NULL
                               ? UINT64_MAX
                               : tcp_listener_deadline(sockets->listeners[i]);

        at_ms = wake_ms < at_ms ? wake_ms : at_ms;
    }
    return at_ms;
}

bool
sockets_is_flushed(const struct sockets *sockets)
{
    return udp_is_flushed(&sockets->udp) &&
           connections_are_flushed(&sockets->connections);
}

void
sockets_stop_listening(struct sockets *sockets)
{
    for (size_t i = 0; i < LIMIT_LISTENERS; i++) {
        if (sockets->listeners[i] != NULL)
            tcp_listener_close(sockets->listeners[i]);
        sockets->listeners[i] = NULL;
    }
}

void
sockets_close(struct sockets *sockets)
{
    sockets_stop_listening(sockets);
    udp_close(&sockets->udp);
    connections_end_all(&sockets->connections);
    resolver_close(&sockets->resolver);
}

void
sockets_free(struct sockets *sockets)
{
    udp_free(&sockets->udp);
    connections_free(&sockets->connections);
}
