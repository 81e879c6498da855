#include "bench/core/core.h"

#include "bench/core/counted.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    FIRST_MS = 1000,
    FIRST_S = 1767225600, /* the first of January 2026 */
};

static enum send_status
take(void *self, const struct flow *flow, struct slice bytes)
{
    struct core *core = self;
    struct text *text = &core->sent[core->sent_count];

    (void)flow;
    assert(core->sent_count < CORE_SENT_MAX && bytes.len <= TEXT_MAX);
    memcpy(text->bytes, bytes.at, bytes.len);
    text->len = bytes.len;
    core->sent_count++;
    return SEND_OK;
}

static void
no_close(void *self, uint64_t connection)
{
    (void)self;
    (void)connection;
}

static bool
is_open(void *self, uint64_t connection)
{
    (void)self;
    (void)connection;
    return false;
}

static bool
find_stream(void *self, const struct address *peer, struct flow *flow)
{
    (void)self;
    (void)peer;
    (void)flow;
    return false;
}

static void
keep(void *self, uint64_t connection, bool has_binding)
{
    (void)self;
    (void)connection;
    (void)has_binding;
}

static void
resolve(void *self, uint64_t ticket, const struct hop_question *question)
{
    (void)self;
    (void)ticket;
    fprintf(stderr, "bench_core: %.*s is to be looked up\n", SLICE_ARG(question->host));
    exit(1);
}

static void
drop_lines(void *self, struct slice lines)
{
    (void)self;
    (void)lines;
}

static void
set_settings(struct settings *settings)
{
    static const char *const chosen[] = { "core.alias=example.org", "tm.wt_timer=1" };
    char why[SETTINGS_WHY] = "out of memory";
    bool ok = settings_init(settings);

    for (size_t i = 0; ok && i < sizeof chosen / sizeof chosen[0]; i++)
        ok = settings_override(settings, chosen[i], why);
    if (!ok) {
        fprintf(stderr, "bench_core: %s\n", why);
        exit(1);
    }
    log_configure(settings->log_level, settings->log_format, drop_lines, NULL);
    log_hold(true);
}

static void
set_time(struct core *core, uint64_t ms)
{
    core->now = (struct moment){ .ms = ms, .s = FIRST_S + (int64_t)(ms / 1000) };
    log_set_time(core->now.s);
}

struct core *
core_new(void)
{
    static const struct server_secrets secrets = { .run = { "sixteen octets!" },
                                                   .store = { "sixteen others!" } };
    struct core *core = calloc(1, sizeof *core);
    struct transport transport = { core,        take, no_close, is_open,
                                   find_stream, keep, resolve };
    struct disk disk;

    assert(core != NULL);
    core->sent = calloc(CORE_SENT_MAX, sizeof *core->sent);
    assert(core->sent != NULL);
    disk = shelf_disk(&core->shelf);
    set_settings(&core->settings);
    set_time(core, FIRST_MS);
    core->server = server_new(&core->settings, &transport, &disk, &secrets, core->now);
    assert(core->server != NULL);
    return core;
}

void
core_free(struct core *core)
{
    server_free(core->server);
    settings_free(&core->settings);
    shelf_free(&core->shelf);
    free(core->sent);
    free(core);
}

void
core_receive(struct core *core, const struct flow *flow)
{
    call_receive(core->server, flow, text_bytes(&core->text), core->now);
}

void
core_turn(struct core *core)
{
    do
        call_flush(core->server, core->now);
    while (shelf_turn(&core->shelf, core->server, core->now));
    set_time(core, core->now.ms + CORE_ROUND_MS);
    call_tick(core->server, core->now);
}

void
core_expect(const struct core *core, size_t count, unsigned status)
{
    size_t found = 0;

    for (size_t i = 0; i < core->sent_count; i++)
        found += text_status(text_bytes(&core->sent[i])) == status;
    if (found == count)
        return;
    fprintf(stderr, "bench_core: of %zu sent %zu are %u, not %zu\n%.*s\n",
            core->sent_count, found, status, count, (int)core->sent[0].len,
            core->sent[0].bytes);
    exit(1);
}

void
core_forget(struct core *core)
{
    core->sent_count = 0;
}

size_t
core_answer(struct core *core)
{
    size_t sent = core->sent_count, answered = 0;
    static struct text requests[CORE_SENT_MAX];

    memcpy(requests, core->sent, sent * sizeof *requests);
    core_forget(core);
    for (size_t i = 0; i < sent; i++) {
        struct flow flow = text_flow(0);

        if (text_status(text_bytes(&requests[i])) != 0)
            continue;
        text_ok(&core->text, text_bytes(&requests[i]));
        core_receive(core, &flow);
        answered++;
    }
    return answered;
}

void
core_register(struct core *core, uint32_t number, uint32_t first, uint32_t count)
{
    for (uint32_t user = first; user < first + count; user++) {
        struct flow flow = text_flow(user);

        text_register(&core->text, number, user);
        core_receive(core, &flow);
    }
    core_turn(core);
}
