#include "src/net/host.h"

#include "src/net/inward.h"
#include "src/net/process.h"
#include "src/net/sockets.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    STOP_MS = 4000,  /* for what was accepted to be committed, answered and sent */
    CLOSE_MS = 1000, /* then, for threads that are still out */
    FLUSH_ROUNDS = 4,
};

struct host {
    const struct settings *settings;
    struct loop loop;
    struct sockets sockets;
    struct lane lane;
    struct inward inward;
    struct store *store;   /* owned */
    struct server *server; /* owned */
    uv_signal_t signals[2];
    struct transport transport;
    struct disk disk;
    struct hash_key key;
    bool is_unfinished; /* the turn's rounds were used up */
    bool is_stopping;
    uint64_t stop_by_ms; /* while is_stopping */
};

/* The turn of the loop. */

static void
due(void *self)
{
    struct host *host = self;

    server_tick(host->server, loop_now(&host->loop));
    sockets_due(&host->sockets);
}

static bool
may_end(struct host *host)
{
    if (loop_now(&host->loop).ms >= host->stop_by_ms)
        return true;
    return server_is_idle(host->server) && lane_is_idle(&host->lane) &&
           sockets_is_flushed(&host->sockets);
}

/* What the network reports as failed makes the server send again, so there are rounds; a
 * peer that keeps them going is answered in the next turn. */
static void
end_turn(void *self)
{
    struct host *host = self;
    int round = 0;

    do {
        server_flush(host->server, loop_now(&host->loop));
        log_flush(); /* before the last answers: who has one mostly finds its line */
        sockets_flush(&host->sockets);
    } while (sockets_report(&host->sockets) && ++round < FLUSH_ROUNDS);
    host->is_unfinished = round == FLUSH_ROUNDS;
    if (host->is_stopping && may_end(host))
        loop_stop(&host->loop);
}

static uint64_t
deadline(void *self)
{
    struct host *host = self;
    uint64_t server_ms = server_next_deadline(host->server);
    uint64_t network_ms = sockets_deadline(&host->sockets);
    uint64_t at_ms = server_ms < network_ms ? server_ms : network_ms;

    if (host->is_unfinished)
        return loop_now(&host->loop).ms;
    return host->is_stopping && host->stop_by_ms < at_ms ? host->stop_by_ms : at_ms;
}

/* The second signal does not wait any more. */
static void
on_signal(uv_signal_t *signal, int number)
{
    struct host *host = signal->data;
    uint64_t now_ms = loop_now(&host->loop).ms;

    LOG(LOG_INFO, "server.stop", LOG_NUMBER("signal", number));
    host->stop_by_ms = host->is_stopping ? now_ms : now_ms + STOP_MS;
    if (host->is_stopping)
        return;
    host->is_stopping = true;
    sockets_stop_listening(&host->sockets);
    server_stop(host->server, loop_now(&host->loop));
}

/* Opening, in the order of main: store, server, bindings, listeners. */

/* For the log: a url may hold a name and a password in front of its '@'. */
static struct slice
without_password(struct slice url)
{
    struct slice secret, rest = url;

    while (slice_cut(rest, '@', &secret, &rest))
        url = rest;
    return url;
}

static bool
open_store(struct host *host)
{
    const struct settings *settings = host->settings;
    struct store_options options = {
        .prefix = settings->db_table.at,
        .map_bytes = settings->map_bytes,
        .role = STORE_SERVER,
        .now_s = loop_now(&host->loop).s,
    };
    char why[LANE_WHY] = "no random octets";

    if (process_draw_key(&options.secret) &&
        store_open(settings->db_url.at, &options, &host->store, why, sizeof why) ==
            STORE_OK)
        return true;
    LOG(LOG_ERROR, "store.open_failed",
        LOG_TEXT("url", without_password(settings->db_url)), LOG_STRING("why", why));
    return false;
}

static bool
open_server(struct host *host)
{
    const struct server_secrets secrets = { .run = host->key,
                                            .store = host->store->secret };

    host->transport = sockets_transport(&host->sockets);
    host->disk = lane_disk(&host->lane);
    host->server = server_new(host->settings, &host->transport, &host->disk, &secrets,
                              loop_now(&host->loop));
    host->inward.server = host->server;
    if (host->server == NULL)
        LOG(LOG_ERROR, "server.start_failed", LOG_STRING("why", "out of memory"));
    return host->server != NULL;
}

static bool
load_binding(void *self, struct slice aor, struct slice value)
{
    struct host *host = self;

    if (!server_load_binding(host->server, aor, value, loop_now(&host->loop)))
        LOG(LOG_WARN, "store.binding_unreadable", LOG_TEXT("aor", aor));
    return true;
}

static bool
load_bindings(struct host *host)
{
    if (host->settings->db_mode != 1 ||
        store_bindings(host->store, host, load_binding) == STORE_OK)
        return true;
    LOG(LOG_ERROR, "store.bindings_failed",
        LOG_TEXT("url", without_password(host->settings->db_url)),
        LOG_STRING("why", store_why(host->store)));
    return false;
}

static void
load_repeat(void *self, const struct hash128 *origin)
{
    struct host *host = self;

    server_load_repeat(host->server, origin, loop_now(&host->loop));
}

static bool
load_repeats(struct host *host)
{
    if (store_repeats(host->store, loop_now(&host->loop).s, host, load_repeat) ==
        STORE_OK)
        return true;
    LOG(LOG_ERROR, "store.repeats_failed",
        LOG_TEXT("url", without_password(host->settings->db_url)),
        LOG_STRING("why", store_why(host->store)));
    return false;
}

static bool
open_listeners(struct host *host)
{
    uint16_t ports[LIMIT_LISTENERS] = { 0 };

    if (!sockets_open(&host->sockets, ports))
        return false;
    for (uint16_t i = 0; i < host->settings->listen_count; i++)
        server_set_listener_port(host->server, i, ports[i]);
    return true;
}

static void
watch_signals(struct host *host)
{
    const int numbers[] = { SIGTERM, SIGINT };

    for (size_t i = 0; i < 2; i++) {
        uv_signal_init(&host->loop.uv, &host->signals[i]);
        host->signals[i].data = host;
        uv_signal_start(&host->signals[i], on_signal, numbers[i]);
    }
}

static bool
host_open(struct host *host)
{
    const struct lane_events lane_events = inward_lane_events(&host->inward);

    if (!open_store(host))
        return false;
    if (lane_init(&host->lane, &host->loop, host->store, &lane_events) != 0) {
        LOG(LOG_ERROR, "server.start_failed", LOG_STRING("why", "out of memory"));
        return false;
    }
    return open_server(host) && load_bindings(host) && load_repeats(host) &&
           open_listeners(host);
}

/* False: a thread is still out with the store or a name server. */
static bool
host_close(struct host *host)
{
    lane_close(&host->lane);
    sockets_close(&host->sockets);
    for (size_t i = 0; i < 2; i++)
        uv_close((uv_handle_t *)&host->signals[i], NULL);
    if (!loop_close(&host->loop, CLOSE_MS))
        return false;
    sockets_free(&host->sockets);
    if (host->server != NULL)
        server_free(host->server);
    if (host->store != NULL)
        store_close(host->store);
    return true;
}

/* Leaving main would wait for libuv's threads, and one of them may hang on a disk or a name
 * server. What it works on has been promised to nobody, or is safe. */
static void
leave_threads_behind(const struct host *host, int code)
{
    bool idle = lane_is_idle(&host->lane);

    if (!idle)
        LOG(LOG_ERROR, "server.stop_failed",
            LOG_STRING("why", "the store does not answer"));
    _exit(idle ? code : 1);
}

static bool
host_init(struct host *host, const struct settings *settings)
{
    const struct loop_work work = {
        .self = host,
        .due = due,
        .end_turn = end_turn,
        .deadline = deadline,
    };
    const struct net_events events = inward_net_events(&host->inward);

    host->settings = settings;
    host->inward.loop = &host->loop;
    if (!process_draw_key(&host->key) || loop_init(&host->loop, &work) != 0)
        return false;
    if (sockets_init(&host->sockets, &host->loop, settings, &events, &host->key))
        return true;
    loop_close(&host->loop, 0);
    return false;
}

int
host_run(const struct settings *settings)
{
    struct host *host = calloc(1, sizeof *host);
    int code = 1;

    process_prepare(settings);
    if (host == NULL || !host_init(host, settings)) {
        LOG(LOG_ERROR, "server.start_failed", LOG_STRING("why", "out of memory"));
        free(host);
        return 1;
    }
    watch_signals(host);
    if (host_open(host)) {
        LOG(LOG_INFO, "server.ready", LOG_NUMBER("listeners", settings->listen_count));
        log_hold(true);
        loop_run(&host->loop);
        log_hold(false);
        code = 0;
    }
    if (!host_close(host))
        leave_threads_behind(host, code);
    free(host);
    return code;
}
