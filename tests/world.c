#include "tests/world.h"

#include "tests/peer_text.h"
#include "tests/exact.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

enum {
    FIRST_MS = 1000,
    TICKS_WITHOUT_TIME = 10000, /* more: the server spins */
    STATUS_WAIT_MS = 64000,
    STOP_LOOK_MS = 10,
    STOP_WAIT_MS = 60000, /* longer: it does not stop */
};

/* ---- time ---- */

static void
set_time(struct world *w, uint64_t ms)
{
    if (ms > w->now.ms) {
        w->now.ms = ms;
        w->idle_ticks = 0;
    }
    w->now.s = WORLD_UTC_S + (int64_t)(w->now.ms / 1000) + w->clock_offset_s;
}

void
world_jump(struct world *w, int64_t by_s)
{
    w->clock_offset_s += by_s;
    set_time(w, w->now.ms);
    world_happened(w, HAPPENED_JUMP);
    world_trace(w, "the wall clock jumps by %lld s", (long long)by_s);
}

void *
world_later(struct world *w, uint64_t delay_ms, size_t bytes,
            void (*fire)(void *world, struct event *event))
{
    struct event *event = calloc(1, bytes);

    assert(event != NULL);
    event->fire = fire;
    event_queue_add(&w->queue, event, w->now.ms + delay_ms);
    return event;
}

void
world_touched(struct world *w)
{
    w->is_unflushed = true;
}

static uint64_t
deadline_ms(const struct world *w)
{
    uint64_t ms = w->server == NULL ? UINT64_MAX : server_next_deadline(w->server);

    return ms < w->now.ms ? w->now.ms : ms;
}

/* The loop flushes when it has nothing more to do at the moment, and now and then before. */
static bool
flush_if_due(struct world *w, uint64_t next_ms)
{
    if (!w->is_unflushed || w->server == NULL)
        return false;
    if (next_ms <= w->now.ms && !random_chance(&w->random, 300))
        return false;
    w->is_unflushed = false;
    server_flush(w->server, w->now);
    return true;
}

static void
tick(struct world *w)
{
    if (++w->idle_ticks > TICKS_WITHOUT_TIME)
        world_fail(w, "the server's timers are due again and again");
    server_tick(w->server, w->now);
    world_touched(w);
}

static void
end_turn(struct world *w)
{
    if (w->death.is_dying)
        world_kill(w);
}

static void
fire_next(struct world *w)
{
    struct event *event = event_queue_take(&w->queue);

    event->fire(w, event);
    free(event);
}

bool
world_step(struct world *w, uint64_t at_ms)
{
    uint64_t deadline = deadline_ms(w), event = event_queue_next_ms(&w->queue);
    uint64_t next = deadline < event ? deadline : event;

    if (world_has_failed(w))
        return false;
    if (flush_if_due(w, next)) {
        end_turn(w);
        return true;
    }
    if (next > at_ms) {
        set_time(w, at_ms);
        return false;
    }
    world_happened(w, HAPPENED_STEP);
    set_time(w, next);
    if (deadline <= event)
        tick(w);
    else
        fire_next(w);
    end_turn(w);
    return true;
}

void
world_run_until(struct world *w, uint64_t at_ms)
{
    while (world_step(w, at_ms))
        continue;
}

void
world_run(struct world *w, uint64_t ms)
{
    world_run_until(w, w->now.ms + ms);
}

/* ---- the server's life ---- */

static bool
load_binding(void *visitor, struct slice aor, struct slice value)
{
    struct world *w = visitor;

    server_load_binding(w->server, aor, value, w->now);
    return true;
}

static void
load_repeat(void *visitor, const struct hash128 *origin)
{
    struct world *w = visitor;

    server_load_repeat(w->server, origin, w->now);
}

static struct hash_key
random_key(struct world *w)
{
    struct hash_key key;

    for (size_t i = 0; i < sizeof key.bytes; i++)
        key.bytes[i] = (uint8_t)random_below(&w->random, 256);
    return key;
}

void
world_start(struct world *w)
{
    const struct hash_key secret = random_key(w);
    struct transport transport = wire_transport(w);
    struct disk disk = world_disk(w);
    struct server_secrets secrets = { .run = random_key(w) };

    world_store_open(w, &secret);
    secrets.store = w->store->secret;
    w->life++;
    w->server = server_new(&w->settings, &transport, &disk, &secrets, w->now);
    assert(w->server != NULL);
    if (w->settings.db_mode == 1)
        store_bindings(w->store, w, load_binding);
    store_repeats(w->store, w->now.s, w, load_repeat);
    world_touched(w);
    world_trace(w, "server %u starts", w->life);
}

static void
end_server(struct world *w, bool cleanly)
{
    if (w->server == NULL)
        return;
    world_trace(w, "server %u %s", w->life, cleanly ? "ends" : "dies");
    world_happened(w, cleanly ? HAPPENED_STOP : HAPPENED_KILL);
    if (w->death.is_written)
        world_disk_write(w);
    if (w->watch.died != NULL)
        w->watch.died(w->watch.self, cleanly);
    server_free(w->server);
    w->server = NULL;
    w->is_unflushed = w->is_stopping = false;
    w->death.is_dying = false;
    world_disk_server_died(w);
    wire_server_died(w);
    world_store_close(w);
}

void
world_die(struct world *w)
{
    end_server(w, false);
}

struct stopping {
    struct event event;
    uint32_t life;
    uint64_t since_ms;
};

static void
look_whether_idle(void *world, struct event *event);

static void
look_later(struct world *w, uint64_t since_ms)
{
    struct stopping *s = world_later(w, STOP_LOOK_MS, sizeof *s, look_whether_idle);

    s->life = w->life;
    s->since_ms = since_ms;
}

static bool
disk_is_bad(const struct world *w)
{
    return w->faults.full != 0 || w->faults.failed != 0 || w->faults.lied != 0;
}

static void
look_whether_idle(void *world, struct event *event)
{
    struct world *w = world;
    const struct stopping *s = (const struct stopping *)(const void *)event;

    if (w->server == NULL || s->life != w->life)
        return;
    if (!w->is_unflushed && server_is_idle(w->server)) {
        end_server(w, true);
        world_start(w);
    } else if (w->now.ms < s->since_ms + STOP_WAIT_MS) {
        look_later(w, s->since_ms);
    } else if (disk_is_bad(w)) {
        world_kill(
            w); /* as the process ends, after a time: removals are tried for ever */
    } else {
        world_fail(w, "the server does not stop");
    }
}

void
world_stop(struct world *w)
{
    if (w->server == NULL || w->is_stopping)
        return;
    world_trace(w, "server %u is to stop", w->life);
    w->is_stopping = true;
    server_stop(w->server, w->now);
    world_touched(w);
    look_later(w, w->now.ms);
}

void
world_kill(struct world *w)
{
    world_die(w);
    world_start(w);
}

/* ---- the world's life ---- */

static void
set_settings(struct world *w, const char *const *overrides)
{
    char why[SETTINGS_WHY];
    bool ok = settings_init(&w->settings) &&
              settings_override(&w->settings, "core.alias=example.org,localhost", why);

    for (; ok && overrides != NULL && *overrides != NULL; overrides++)
        ok = settings_override(&w->settings, *overrides, why);
    if (!ok)
        fprintf(stderr, "world: %s\n", why);
    assert(ok);
}

struct world *
world_new_with(uint64_t seed, const char *const *overrides,
               const struct world_storage *storage)
{
    struct world *w = calloc(1, sizeof *w);

    assert(w != NULL);
    random_seed(&w->random, seed);
    set_settings(w, overrides);
    set_time(w, FIRST_MS);
    world_trace_to(w, NULL);
    w->link.delay_ms = 1;
    w->faults.delay_ms = 1;
    w->keeps_sent = true;
    world_store_make(w, storage);
    w->tester = phone_new(w, "tester", PROTOCOL_UDP);
    w->tester->keeps_inbox = true;
    world_start(w);
    return w;
}

struct world *
world_new(uint64_t seed, const char *const *overrides)
{
    return world_new_with(seed, overrides, &(struct world_storage){ 0 });
}

void
world_free(struct world *w)
{
    world_trace_to(w, NULL);
    w->watch = (struct watch){ 0 };
    w->death = (struct death){ 0 };
    world_die(w);
    while (w->phones != NULL) {
        struct phone *next = w->phones->next;
        phone_free(w->phones);
        w->phones = next;
    }
    for (size_t i = 0; i < w->sent_count; i++)
        free(w->sent[i].bytes);
    free(w->sent);
    wire_free(w);
    event_queue_free(&w->queue);
    world_store_free(w);
    settings_free(&w->settings);
    log_configure(LOG_ERROR, LOG_FORMAT_LOGFMT, NULL, NULL);
    free(w);
}

/* ---- one line each ---- */

void
world_inject(struct world *w, const struct flow *flow, struct slice bytes)
{
    world_trace_bytes(w, "->", flow, bytes);
    if (w->watch.received != NULL)
        w->watch.received(w->watch.self, flow, bytes);
    bytes = exact_message(bytes);
    server_receive(w->server, flow, bytes, w->now);
    exact_free(bytes);
    world_touched(w);
}

void
world_send(struct world *w, const char *text)
{
    phone_send_raw(w->tester, slice_of(text, strlen(text)));
}

void
world_message(struct world *w, const char *uri, const char *body)
{
    phone_message(w->tester, uri, "", "text/plain", slice_of(body, strlen(body)));
}

unsigned
world_status(struct world *w)
{
    uint64_t until_ms = w->now.ms + STATUS_WAIT_MS;
    unsigned status;

    while (w->tester->last_final == 0 && world_step(w, until_ms))
        continue;
    status = w->tester->last_final;
    w->tester->last_final = 0;
    return status;
}

const char *
world_answer(struct world *w)
{
    return w->tester->inbox == NULL ? "" : w->tester->inbox;
}

unsigned
world_count_sent(const struct world *w, const char *method)
{
    struct slice wanted = slice_of(method, strlen(method));
    unsigned count = 0;

    for (size_t i = 0; i < w->sent_count; i++)
        if (slice_equal(peer_text_method(slice_of(w->sent[i].bytes, w->sent[i].len)),
                        wanted))
            count++;
    return count;
}

/* ---- what happened ---- */

bool
world_has_failed(const struct world *w)
{
    return w->failure[0] != '\0';
}

void
world_fail(struct world *w, const char *format, ...)
{
    va_list arguments;
    int n;

    if (world_has_failed(w))
        return;
    n = snprintf(w->failure, WORLD_FAILURE,
                 "at %llu ms: ", (unsigned long long)w->now.ms);
    va_start(arguments, format);
    vsnprintf(w->failure + n, WORLD_FAILURE - (size_t)n, format, arguments);
    va_end(arguments);
    world_trace(w, "FAILURE %s", w->failure);
}

static void
trace_line(void *self, struct slice line)
{
    struct world *w = self;

    world_trace(w, "    %.*s", (int)line.len - 1, line.at);
}

void
world_trace_to(struct world *w, FILE *trace)
{
    w->trace = trace;
    log_configure(trace == NULL ? LOG_ERROR : LOG_DEBUG, LOG_FORMAT_LOGFMT, trace_line,
                  w);
}

void
world_trace(struct world *w, const char *format, ...)
{
    va_list arguments;

    if (w->trace == NULL)
        return;
    fprintf(w->trace, "%8llu ", (unsigned long long)w->now.ms);
    va_start(arguments, format);
    vfprintf(w->trace, format, arguments);
    va_end(arguments);
    fputc('\n', w->trace);
}

void
world_trace_bytes(struct world *w, const char *what, const struct flow *flow,
                  struct slice bytes)
{
    const uint8_t *ip = flow->peer.ip;
    struct slice line = bytes, rest;
    struct slice cseq, branch;

    if (w->trace == NULL)
        return;
    slice_cut(bytes, '\r', &line, &rest);
    cseq = peer_text_header(bytes, "CSeq", 0);
    branch = peer_text_branch(bytes);
    world_trace(w, "%s %s %u.%u.%u.%u:%u#%llu %.*s [%.*s] [%.*s]", what,
                flow->protocol == PROTOCOL_UDP ? "udp" : "tcp", ip[12], ip[13], ip[14],
                ip[15], flow->peer.port, (unsigned long long)flow->connection,
                (int)(line.len < 70 ? line.len : 70), line.at, SLICE_ARG(cseq),
                SLICE_ARG(branch));
}
