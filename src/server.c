#include "src/server.h"

#include "src/arena.h"
#include "src/route.h"
#include "src/silo/dump.h"
#include "src/silo/live_copy.h"
#include "src/silo/notice.h"

#include <stdlib.h>

enum {
    TIDY_AFTER_WRITES = 4096, /* puts and removals between two offers to fold */
    GARBAGE_LOGGED = 60,      /* a minute */
    FAILURES_LOGGED = 6,      /* a minute: a full disk fails every commit */
    JUMP_S = 3600,            /* of the wall clock: it has to prove right for so long */
    ROOM_MS = 1000,           /* between two looks for room in a store that has none */
};

struct server {
    const struct settings *settings;
    struct transport transport;
    struct disk disk;
    struct timer_wheel wheel;
    struct client_table *clients; /* owned, as the next three */
    struct server_table *requests;
    struct location *location;
    struct next_hops hops;
    struct domains domains;
    struct arena arena;
    struct silo silo;
    struct router router;
    struct relays relays;
    struct passes passing;
    struct unsaved unsaved;

    struct timer check_timer; /* msilo.check_time */
    struct timer room_timer;  /* while the store is full, or has failed late */
    uint32_t passes;
    uint64_t writes;                 /* since the last offer to fold */
    bool tidy_wanted, expire_wanted; /* for the next step of tidying */
    bool tidy_is_out, expire_is_out;
    int64_t clock_offset_s;   /* of UTC from the monotonic clock, when last looked at */
    uint64_t expires_from_ms; /* until then nothing is deleted for its time */

    struct log_gate garbage, failures;
    struct responder *responder; /* owned; large, as are the next two */
    struct message *message;     /* owned: of the event */
    struct message *again;       /* owned: a request that is read again */
};

static int64_t
clock_offset_s(struct moment now)
{
    return now.s - (int64_t)(now.ms / 1000);
}

/* What a clock that is wrong by a day shows as expired is not sent, but it is not deleted until
 * the clock had time to be set right. One that jumps back has been. */
static void
watch_clock(struct server *server, struct moment now)
{
    int64_t jump_s = clock_offset_s(now) - server->clock_offset_s;

    server->clock_offset_s += jump_s;
    if (jump_s <= JUMP_S && jump_s >= -JUMP_S)
        return;
    server->expires_from_ms = jump_s > 0 ? now.ms + (uint64_t)JUMP_S * 1000 : now.ms;
    LOG(LOG_WARN, "server.clock_jumped",
        LOG_STRING("to", jump_s > 0 ? "later" : "earlier"),
        LOG_NUMBER("seconds", (uint64_t)(jump_s > 0 ? jump_s : -jump_s)));
}

static void
want_expiry(struct server *server, struct moment now)
{
    watch_clock(server, now);
    if (now.ms >= server->expires_from_ms)
        server->expire_wanted = true;
}

static void
check_fired(struct timer *timer, struct moment now)
{
    struct server *server = CONTAINER_OF(timer, struct server, check_timer);
    const struct settings *settings = server->settings;

    timer_start(&server->wheel, timer, now.ms + (uint64_t)settings->check_time_s * 1000);
    server->tidy_wanted = true;
    dumps_begin_overdue(&server->silo);
    if (++server->passes % settings->clean_period == 0)
        want_expiry(server, now);
}

/* The store was full: what has gone since, or is over its time, makes room now. */
static void
room_fired(struct timer *timer, struct moment now)
{
    struct server *server = CONTAINER_OF(timer, struct server, room_timer);

    server->tidy_wanted = true;
    want_expiry(server, now);
}

static void
look_again_later(struct server *server, struct moment now)
{
    const struct journal *journal = &server->silo.journal;

    if ((journal->is_short || journal->is_owing) &&
        !timer_is_running(&server->room_timer))
        timer_start(&server->wheel, &server->room_timer, now.ms + ROOM_MS);
}

/* A key of its own for each use, so that what one table shows of its hashes tells nothing of
 * another's. */
static struct hash_key
key_for(const struct hash_key *secret, const char *use)
{
    struct hash128 hash = siphash128(secret, slice_of_string(use));
    struct hash_key key;

    memcpy(key.bytes, hash.bytes, sizeof key.bytes);
    return key;
}

static bool
make_tables(struct server *server, const struct hash_key *run, struct moment now)
{
    struct hash_key clients = key_for(run, "client transactions");
    struct hash_key requests = key_for(run, "server transactions");
    struct hash_key location = key_for(run, "location");

    timer_wheel_init(&server->wheel, now.ms);
    server->clients = client_table_new(&server->transport, &server->wheel, &clients,
                                       LIMIT_CLIENT_TRANSACTIONS);
    server->requests =
        server_table_new(&requests, LIMIT_SERVER_TRANSACTIONS, LIMIT_REFUSED_TRANSACTIONS,
                         server->settings->wt_timer_s * 1000);
    server->location =
        location_new(&server->wheel, &location, LIMIT_BINDINGS, LIMIT_BINDING_BYTES);
    if (server->clients == NULL || server->requests == NULL || server->location == NULL)
        return false;
    location_watch_connections(server->location, server->transport.self,
                               server->transport.keep);
    return true;
}

/* What is written before it is read. */
static bool
make_rooms(struct server *server)
{
    server->message = malloc(sizeof *server->message);
    server->again = malloc(sizeof *server->again);
    server->responder = malloc(sizeof *server->responder);
    if (server->message == NULL || server->again == NULL || server->responder == NULL)
        return false;
    server->responder->transport = &server->transport;
    server->responder->table = server->requests;
    return true;
}

static bool
make_silo(struct server *server, const struct server_secrets *secrets)
{
    struct hash_key dumps = key_for(&secrets->run, "dumps");
    struct hash_key notices = key_for(&secrets->run, "notices");

    server->silo = (struct silo){
        .settings = server->settings,
        .wheel = &server->wheel,
        .clients = server->clients,
        .requests = server->requests,
        .location = server->location,
        .hops = &server->hops,
        .domains = &server->domains,
        .responder = server->responder,
        .arena = &server->arena,
        .run = key_for(&secrets->run, "tags"),
        .durable = key_for(&secrets->store, "messages"),
    };
    journal_init(&server->silo.journal, &server->disk);
    reader_init(&server->silo.reader, &server->disk);
    server->silo.dumps = dumps_new(&dumps);
    server->silo.notices = notices_new(&notices);
    return departures_init(&server->silo.departures) && server->silo.dumps != NULL &&
           server->silo.notices != NULL;
}

static bool
make_relays(struct server *server)
{
    const struct silo *silo = &server->silo;

    server->relays = (struct relays){
        .settings = server->settings,
        .transport = &server->transport,
        .wheel = &server->wheel,
        .clients = server->clients,
        .requests = server->requests,
        .location = server->location,
        .hops = &server->hops,
        .domains = &server->domains,
        .responder = server->responder,
        .arena = &server->arena,
        .again = server->again,
        .run = key_for(&silo->run, "relays"),
        .branches = silo->durable,
        .owner = &server->router,
        .failed = route_relay_failed,
        .late = route_relay_late,
    };
    server->passing = (struct passes){
        .settings = server->settings,
        .transport = &server->transport,
        .hops = &server->hops,
        .domains = &server->domains,
        .responder = server->responder,
        .arena = &server->arena,
        .again = server->again,
        .key = silo->durable,
        .run = key_for(&silo->run, "passes"),
    };
    return relays_init(&server->relays);
}

struct server *
server_new(const struct settings *settings, const struct transport *transport,
           const struct disk *disk, const struct server_secrets *secrets,
           struct moment now)
{
    struct server *server = calloc(1, sizeof *server);

    if (server == NULL)
        return NULL;
    server->settings = settings;
    server->transport = *transport;
    server->disk = *disk;
    arena_init(&server->arena);
    domains_init(&server->domains, settings);
    next_hops_init(&server->hops, settings, &server->transport);
    if (!make_tables(server, &secrets->run, now) || !make_rooms(server) ||
        !make_silo(server, secrets) || !make_relays(server) ||
        !unsaved_init(&server->unsaved, &server->silo)) {
        server_free(server);
        return NULL;
    }
    server->router = (struct router){
        .settings = settings,
        .transport = &server->transport,
        .responder = server->responder,
        .requests = server->requests,
        .location = server->location,
        .domains = &server->domains,
        .silo = &server->silo,
        .relays = &server->relays,
        .passes = &server->passing,
        .unsaved = &server->unsaved,
    };
    server->clock_offset_s = clock_offset_s(now);
    server->tidy_wanted = true; /* it tells what was damaged when the store was opened */
    timer_init(&server->check_timer, check_fired);
    timer_init(&server->room_timer, room_fired);
    timer_start(&server->wheel, &server->check_timer,
                now.ms + (uint64_t)settings->check_time_s * 1000);
    return server;
}

void
server_free(struct server *server)
{
    if (server == NULL)
        return;
    relays_free(&server->relays);
    passes_free(&server->passing);
    unsaved_free(&server->unsaved);
    live_copies_free(&server->silo);
    recent_free(&server->silo.recent);
    dumps_free(server->silo.dumps);
    notices_free(&server->silo, server->silo.notices);
    departures_free(&server->silo.departures);
    journal_free(&server->silo.journal);
    client_table_free(server->clients);
    server_table_free(server->requests);
    location_free(server->location);
    arena_free(&server->arena);
    free(server->responder);
    free(server->again);
    free(server->message);
    free(server);
}

void
server_set_listener_port(struct server *server, uint16_t index, uint16_t port)
{
    server->domains.ports[index] = port;
}

static void
log_garbage(struct server *server, const struct flow *flow, const char *why,
            struct moment now)
{
    char from[ADDRESS_TEXT];
    uint32_t missed;

    if (log_is_on(LOG_DEBUG) &&
        log_gate_pass(&server->garbage, GARBAGE_LOGGED, now.s, &missed))
        LOG(LOG_DEBUG, "sip.dropped", LOG_TEXT("from", address_print(&flow->peer, from)),
            LOG_TEXT("protocol", protocol_name(flow->protocol)), LOG_STRING("why", why),
            LOG_NUMBER("missed", missed));
}

static struct incoming
incoming_of(struct server *server, const struct flow *flow, struct moment now)
{
    return (struct incoming){
        .message = server->message,
        .flow = *flow,
        .from_trusted = settings_is_trusted(server->settings, &flow->peer),
        .now = now,
    };
}

/* 413 when the body makes it too long, 513 when the header does (RFC 3261 21.4.11, 21.5.7). */
static void
refuse_length(struct server *server, const struct incoming *in)
{
    const struct message *m = in->message;

    if (m->size - m->body.len > server->settings->max_message_size)
        route_refuse(&server->router, in, 513, SLICE("Message Too Large"));
    else
        route_refuse(&server->router, in, 413, SLICE("Request Entity Too Large"));
}

static void
handle(struct server *server, const struct flow *flow, enum parse_status status,
       struct moment now)
{
    struct message *m = server->message;
    struct incoming in = incoming_of(server, flow, now);

    if (status != PARSE_OK && m->fault == 0)
        log_garbage(server, flow, m->why, now);
    else if (status != PARSE_OK)
        route_refuse(&server->router, &in, m->fault, slice_of_string(m->why));
    else if (!m->is_request) {
        if (!client_table_receive(server->clients, m, now) &&
            !pass_response(&server->passing, m))
            log_garbage(server, flow, "Response to no request of ours", now);
    } else if (m->size > server->settings->max_message_size)
        refuse_length(server, &in);
    else
        route_request(&server->router, &in);
    arena_reset(&server->arena);
}

void
server_receive(struct server *server, const struct flow *flow, struct slice bytes,
               struct moment now)
{
    handle(server, flow, message_parse(server->message, bytes, MESSAGE_DATAGRAM), now);
}

/* `bytes` end with the header where that is not what is too long. A header without end was not
 * looked into: what there is of it is read as a datagram's, so that the answer finds its Via. */
static void
refuse_too_long(struct server *server, const struct incoming *in, struct slice bytes)
{
    bool has_end = !slice_is_absent(in->message->call_id);

    if (has_end && bytes.len <= server->settings->max_message_size) {
        route_refuse(&server->router, in, 413, SLICE("Request Entity Too Large"));
        return;
    }
    if (!has_end)
        message_parse(server->message, bytes, MESSAGE_DATAGRAM);
    route_refuse(&server->router, in, 513, SLICE("Message Too Large"));
}

/* The end of this message cannot be known, or lies too far off: an answer where its header
 * allows one, and the end of the connection (RFC 3261 18.3). */
static void
refuse_frame(struct server *server, const struct flow *flow, enum frame_kind kind,
             struct slice bytes, struct moment now)
{
    struct message *m = server->message;
    struct incoming in = incoming_of(server, flow, now);
    enum parse_status status = message_parse(m, bytes, MESSAGE_STREAM);

    if (status == PARSE_BAD)
        handle(server, flow, status, now);
    else if (kind == FRAME_TOO_LONG && m->is_request)
        refuse_too_long(server, &in, bytes);
    else
        log_garbage(server, flow, "The end of the message cannot be known", now);
    server->transport.close(server->transport.self, flow->connection);
}

void
server_receive_frame(struct server *server, const struct flow *flow, enum frame_kind kind,
                     struct slice bytes, struct moment now)
{
    switch (kind) {
    case FRAME_MESSAGE:
        handle(server, flow, message_parse(server->message, bytes, MESSAGE_STREAM), now);
        break;
    case FRAME_PING: /* RFC 5626 3.5.1 */
        server->transport.send(server->transport.self, flow, SLICE("\r\n"));
        break;
    case FRAME_BAD:
    case FRAME_TOO_LONG:
        refuse_frame(server, flow, kind, bytes, now);
        break;
    case FRAME_BLANK:
    case FRAME_PARTIAL:
        break;
    }
}

void
server_connection_closed(struct server *server, uint64_t connection, struct moment now)
{
    struct flow flow = { .protocol = PROTOCOL_TCP, .connection = connection };

    location_connection_closed(server->location, connection);
    client_table_flow_failed(server->clients, &flow, now);
}

void
server_flow_failed(struct server *server, const struct flow *flow, struct moment now)
{
    client_table_flow_failed(server->clients, flow, now);
}

void
server_resolved(struct server *server, uint64_t ticket, const struct hop *hops,
                size_t count, struct moment now)
{
    next_hops_resolved(&server->hops, ticket, hops, count, now);
    arena_reset(&server->arena);
}

static void
log_failure(struct server *server, enum store_status status, const char *what,
            const char *why, struct moment now)
{
    uint32_t missed;

    if (status != STORE_OK &&
        log_gate_pass(&server->failures, FAILURES_LOGGED, now.s, &missed))
        LOG(LOG_ERROR, what, LOG_STRING("why", why), LOG_NUMBER("missed", missed));
}

void
server_safe(struct server *server, struct moment now)
{
    journal_safe(&server->silo.journal, now);
    arena_reset(&server->arena);
}

void
server_committed(struct server *server, enum store_status status, const char *why,
                 struct moment now)
{
    log_failure(server, status, "store.failed", why, now);
    server->writes += journal_committed(&server->silo.journal, status, now);
    if (server->writes >= TIDY_AFTER_WRITES) {
        server->writes = 0;
        server->tidy_wanted = true;
    }
    look_again_later(server, now);
    arena_reset(&server->arena);
}

void
server_read_done(struct server *server, enum store_status status, const char *why,
                 struct moment now)
{
    log_failure(server, status, "store.unreadable", why, now);
    reader_done(&server->silo.reader, status, now);
    arena_reset(&server->arena);
}

void
server_tidied(struct server *server, enum store_status status,
              const struct tidy_result *result, struct moment now)
{
    server->tidy_is_out = false;
    if (status == STORE_OK)
        journal_settled(&server->silo.journal);
    look_again_later(server, now);
    if (result->damaged > 0)
        LOG(LOG_ERROR, "store.damaged", LOG_STRING("table", "messages"),
            LOG_NUMBER("mid", result->damaged_id), LOG_NUMBER("count", result->damaged));
    if (server->expire_is_out && (status != STORE_OK || result->more))
        server->expire_wanted = true; /* beside what a pass has asked for meanwhile */
    if (status != STORE_OK)
        return; /* the next pass tries again */
    server->silo.counters.expired += result->expired;
    if (result->expired > 0)
        LOG(LOG_INFO, "silo.expired", LOG_NUMBER("count", result->expired));
    if (result->more)
        server->tidy_wanted = true;
}

void
server_tick(struct server *server, struct moment now)
{
    struct timer *timer;

    while ((timer = timer_wheel_next_due(&server->wheel, now.ms)) != NULL) {
        timer->fire(timer, now);
        arena_reset(&server->arena);
    }
}

uint64_t
server_next_deadline(const struct server *server)
{
    return timer_wheel_next_deadline(&server->wheel);
}

void
server_flush(struct server *server, struct moment now)
{
    journal_flush(&server->silo.journal, now);
    if (!journal_is_settling(&server->silo.journal))
        reader_flush(&server->silo.reader, now);
    if (server->silo.is_stopping && !server->silo.journal.is_owing)
        return; /* tidying is over but where it makes up for what failed late */
    if (!server->tidy_wanted || server->tidy_is_out)
        return;
    server->tidy_is_out = true;
    server->expire_is_out = server->expire_wanted;
    server->tidy_wanted = server->expire_wanted = false;
    server->disk.tidy(server->disk.self, server->expire_is_out);
}

void
server_stop(struct server *server, struct moment now)
{
    (void)now;
    server->silo.is_stopping = true;
}

bool
server_is_idle(const struct server *server)
{
    return journal_is_idle(&server->silo.journal) &&
           reader_is_idle(&server->silo.reader) && dumps_are_quiet(server->silo.dumps) &&
           server->relays.open == 0 && server->silo.departures.by_id.count == 0 &&
           !server->tidy_is_out;
}

bool
server_load_binding(struct server *server, struct slice aor, struct slice value,
                    struct moment now)
{
    if (!location_decode(server->location, aor, value, now))
        return false;
    if (location_find(server->location, aor) == NULL)
        journal_save_binding(&server->silo.journal, aor, slice_absent(), NULL);
    else
        dump_stored(&server->silo, aor);
    return true;
}

void
server_load_repeat(struct server *server, const struct hash128 *origin, struct moment now)
{
    recent_add(&server->silo.recent, origin, now);
}
