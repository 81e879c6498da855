#include "tests/crowd.h"

#include "parser/message.h"
#include "src/log.h"
#include "tests/peer_text.h"

#include <assert.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    FIRST_MS = 1000,
    FIRST_S = 1750000000,
    EXPIRE_S = 259200,
    TEXT_MAX = 70000,
    LINES_MAX = 5000, /* of a REGISTER: a Path of 4 KiB */
    SENT_MAX = 70000,
    STORED_FROM = 1 << 30, /* ids of what is stored in the run */
};

struct crowd_answer {
    struct crowd_answer *next;
    struct flow flow;
    size_t len;
    char bytes[];
};

/* ---- network ---- */

static struct address
address_of(uint32_t user)
{
    struct address address = { .port = 5060 };

    address.ip[10] = address.ip[11] = 0xff;
    address.ip[12] = 10;
    address.ip[13] = (uint8_t)(user >> 16);
    address.ip[14] = (uint8_t)(user >> 8);
    address.ip[15] = (uint8_t)user;
    return address;
}

static uint32_t
user_of(const struct address *address)
{
    return (uint32_t)(address->ip[13] << 16 | address->ip[14] << 8 | address->ip[15]);
}

static void
note_asked(struct crowd *c, uint32_t user)
{
    if (user >= c->silos || c->asked[user])
        return;
    c->asked[user] = true;
    c->asked_count++;
}

/* The lines that a response takes over, and a body of zeros. */
static void
answer(struct crowd *c, const struct flow *flow, struct slice request)
{
    static const char *const names[] = { "Via", "From", "To", "Call-ID", "CSeq" };
    size_t room = request.len + c->answer_bytes + 100;
    struct crowd_answer *one = malloc(sizeof *one + room);
    int len;

    assert(one != NULL);
    len = snprintf(one->bytes, room, "SIP/2.0 %u OK\r\n", c->answer_status);
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
        for (unsigned i = 0; i < peer_text_count(request, names[n]); i++)
            len += snprintf(one->bytes + len, room - (size_t)len, "%s: %.*s\r\n",
                            names[n], SLICE_ARG(peer_text_header(request, names[n], i)));
    len += snprintf(one->bytes + len, room - (size_t)len, "Content-Length: %zu\r\n\r\n",
                    c->answer_bytes);
    memset(one->bytes + len, '0', c->answer_bytes);
    one->len = (size_t)len + c->answer_bytes;
    one->flow = *flow;
    one->next = NULL;
    *c->last = one;
    c->last = &one->next;
}

static enum send_status
transport_send(void *self, const struct flow *flow, struct slice bytes)
{
    struct crowd *c = self;
    unsigned status = peer_text_status(bytes);

    assert(bytes.len < SENT_MAX && status < 700);
    memcpy(c->sent, bytes.at, bytes.len);
    c->sent[bytes.len] = '\0';
    c->sent_len = bytes.len;
    if (status > 0) {
        c->statuses[status]++;
        c->last_status = status;
        return SEND_OK;
    }
    c->requests++;
    note_asked(c, user_of(&flow->peer));
    if (!c->is_mute && (!c->answers_half || c->requests % 2 == 0))
        answer(c, flow, bytes);
    return SEND_OK;
}

static void
transport_close(void *self, uint64_t connection)
{
    (void)self;
    (void)connection;
}

static bool
transport_is_open(void *self, uint64_t connection)
{
    (void)self;
    (void)connection;
    return true;
}

static bool
transport_find_stream(void *self, const struct address *peer, struct flow *flow)
{
    (void)self;
    (void)peer;
    (void)flow;
    return false;
}

static void
transport_keep(void *self, uint64_t connection, bool has_binding)
{
    (void)self;
    (void)connection;
    (void)has_binding;
}

static void
transport_resolve(void *self, uint64_t ticket, const struct hop_question *question)
{
    struct crowd *c = self;

    (void)ticket;
    (void)question;
    c->resolved++;
}

static bool
answers_are_due(const struct crowd *c)
{
    return c->first != NULL && !c->answers_wait;
}

static void
deliver_answer(struct crowd *c)
{
    struct crowd_answer *one = c->first;

    c->first = one->next;
    if (c->first == NULL)
        c->last = &c->first;
    server_receive(c->server, &one->flow, slice_of(one->bytes, one->len), c->now);
    free(one);
}

/* ---- disk ---- */

static void
disk_commit(void *self, struct batch *batch)
{
    struct crowd *c = self;

    assert(c->batch == NULL);
    c->batch = batch;
}

static void
disk_read(void *self, struct read_request *requests, size_t count)
{
    struct crowd *c = self;

    assert(c->reads == NULL);
    c->reads = requests;
    c->read_count = count;
}

static void
disk_tidy(void *self, bool expire)
{
    struct crowd *c = self;

    (void)expire;
    assert(!c->is_tidying);
    c->is_tidying = true;
}

static void
take_batch(struct crowd *c, struct batch *batch)
{
    for (size_t i = 0; i < batch->put_count; i++) {
        batch->puts[i].result = PUT_STORED;
        batch->puts[i].id = STORED_FROM + ++c->stored;
    }
    for (size_t i = 0; i < batch->removal_count; i++) {
        uint64_t id = batch->removals[i].id;

        if (id <= (uint64_t)c->silos * c->waiting)
            c->gone[id] = true;
        c->removed++;
    }
    for (size_t i = 0; i < batch->binding_count; i++)
        batch->bindings[i].result = PUT_STORED;
    c->saved += batch->binding_count;
}

static bool
finish_commit(struct crowd *c)
{
    struct batch *batch = c->batch;

    if (batch == NULL || c->is_slow)
        return false;
    c->batch = NULL;
    c->commits++;
    if (c->disk_status == STORE_OK)
        take_batch(c, batch);
    server_committed(c->server, c->disk_status, "the disk of the crowd", c->now);
    return true;
}

static void
add_waiting(struct crowd *c, struct read_request *request, uint64_t id)
{
    char call_id[32], *value, *body = calloc(1, c->waiting_bytes + 1);
    struct record record = {
        .inc_time_s = FIRST_S,
        .exp_time_s = FIRST_S + EXPIRE_S,
        .aor = request->aor,
        .r_uri = SLICE("sip:u@example.org"),
        .src_addr = SLICE("sip:alice@example.org"),
        .dst_addr = SLICE("sip:u@example.org"),
        .ctype = SLICE("text/plain"),
        .body = slice_of(body, c->waiting_bytes),
    };

    record.call_id = slice_of(call_id, (size_t)snprintf(call_id, sizeof call_id, "%llu",
                                                        (unsigned long long)id));
    value = malloc(record_size(&record));
    assert(value != NULL && body != NULL);
    record_encode(&record, value);
    if (!page_add(&request->page, id, slice_of(value, record_size(&record))))
        abort();
    free(value);
    free(body);
}

/* Ids of a user's silo count up from user * waiting + 1. */
static void
read_silo(struct crowd *c, struct read_request *request)
{
    uint64_t user = peer_text_number(slice_skip(request->aor, 1));
    uint64_t first = user * c->waiting + 1;

    request->status = STORE_OK;
    request->at_end = true;
    for (uint64_t id = first; user < c->silos && id < first + c->waiting; id++) {
        if (id <= request->after || c->gone[id])
            continue;
        if (request->page.count == request->max_messages ||
            (request->page.count > 0 && request->page.len >= request->max_bytes)) {
            request->at_end = false;
            return;
        }
        add_waiting(c, request, id);
    }
}

static bool
finish_read(struct crowd *c)
{
    if (c->reads == NULL)
        return false;
    for (size_t i = 0; i < c->read_count; i++) {
        const struct page *page = &c->reads[i].page;

        read_silo(c, &c->reads[i]);
        if (page->count > c->most_in_page)
            c->most_in_page = page->count;
        if (page->len > c->most_page_bytes)
            c->most_page_bytes = page->len;
    }
    c->reads = NULL;
    server_read_done(c->server, STORE_OK, "", c->now);
    return true;
}

static bool
finish_tidy(struct crowd *c)
{
    struct tidy_result result = { 0 };

    if (!c->is_tidying)
        return false;
    c->is_tidying = false;
    server_tidied(c->server, STORE_OK, &result, c->now);
    return true;
}

/* ---- life ---- */

static void
ignore_line(void *self, struct slice line)
{
    (void)self;
    (void)line;
}

static void
set_settings(struct settings *settings, const char *const *overrides)
{
    char why[SETTINGS_WHY];
    bool ok = settings_init(settings) &&
              settings_override(settings, "core.alias=example.org", why);

    for (; ok && overrides != NULL && *overrides != NULL; overrides++)
        ok = settings_override(settings, *overrides, why);
    assert(ok);
}

struct crowd *
crowd_new(const char *const *overrides)
{
    struct crowd *c = calloc(1, sizeof *c);
    struct transport transport = { c,
                                   transport_send,
                                   transport_close,
                                   transport_is_open,
                                   transport_find_stream,
                                   transport_keep,
                                   transport_resolve };
    struct disk disk = { c, disk_commit, disk_read, disk_tidy };
    struct server_secrets secrets = { { "a crowd's secret" }, { "another of them" } };

    assert(c != NULL);
    log_configure(LOG_ERROR, LOG_FORMAT_LOGFMT, ignore_line, NULL);
    c->sent = malloc(SENT_MAX);
    assert(c->sent != NULL);
    c->last = &c->first;
    c->answer_status = 200;
    c->now = (struct moment){ FIRST_MS, FIRST_S + FIRST_MS / 1000 };
    set_settings(&c->settings, overrides);
    c->server = server_new(&c->settings, &transport, &disk, &secrets, c->now);
    assert(c->server != NULL);
    crowd_settle(c);
    return c;
}

void
crowd_free(struct crowd *c)
{
    server_free(c->server);
    settings_free(&c->settings);
    while (c->first != NULL) {
        struct crowd_answer *next = c->first->next;

        free(c->first);
        c->first = next;
    }
    free(c->sent);
    free(c->gone);
    free(c->asked);
    free(c);
}

void
crowd_fill_silos(struct crowd *c, uint32_t silos, uint32_t waiting, size_t body_bytes)
{
    free(c->gone);
    free(c->asked);
    c->gone = calloc((size_t)silos * waiting + 1, sizeof *c->gone);
    c->asked = calloc(silos, sizeof *c->asked);
    assert(c->gone != NULL && c->asked != NULL);
    c->asked_count = 0;
    c->silos = silos;
    c->waiting = waiting;
    c->waiting_bytes = body_bytes;
}

void
crowd_settle(struct crowd *c)
{
    do {
        while (answers_are_due(c))
            deliver_answer(c);
        server_flush(c->server, c->now);
    } while (finish_commit(c) | finish_read(c) | finish_tidy(c) | answers_are_due(c));
}

void
crowd_answer(struct crowd *c)
{
    size_t count = 0;

    for (const struct crowd_answer *one = c->first; one != NULL; one = one->next)
        count++;
    while (count-- > 0)
        deliver_answer(c);
    crowd_settle(c);
}

void
crowd_advance(struct crowd *c, uint64_t ms)
{
    uint64_t until_ms = c->now.ms + ms, next_ms;

    do {
        next_ms = server_next_deadline(c->server);
        c->now.ms = next_ms < until_ms ? next_ms : until_ms;
        c->now.s = FIRST_S + (int64_t)(c->now.ms / 1000);
        server_tick(c->server, c->now);
        crowd_settle(c);
    } while (next_ms < until_ms);
}

/* ---- requests ---- */

void
crowd_send(struct crowd *c, uint32_t user, const char *format, ...)
{
    static char text[TEXT_MAX + MESSAGE_SLACK];
    struct flow flow = { .peer = address_of(user) };
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = vsnprintf(text, TEXT_MAX, format, arguments);
    va_end(arguments);
    assert(len > 0 && len < TEXT_MAX);
    c->last_status = 0;
    server_receive(c->server, &flow, slice_of(text, (size_t)len), c->now);
    crowd_settle(c);
}

unsigned
crowd_register_as(struct crowd *c, uint32_t user, const char *lines, ...)
{
    unsigned long long number = ++c->number;
    char text[LINES_MAX];
    va_list arguments;
    int len;

    va_start(arguments, lines);
    len = vsnprintf(text, sizeof text, lines, arguments);
    va_end(arguments);
    assert(len >= 0 && len < LINES_MAX);
    crowd_send(c, user,
               "REGISTER sip:example.org SIP/2.0\r\n"
               "Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK%llu\r\n"
               "From: <sip:u%u@example.org>;tag=1\r\n"
               "To: <sip:u%u@example.org>\r\n"
               "Call-ID: r%u\r\n"
               "CSeq: %llu REGISTER\r\n"
               "%s"
               "Content-Length: 0\r\n\r\n",
               number, user, user, user, number, text);
    return c->last_status;
}

unsigned
crowd_register(struct crowd *c, uint32_t user, uint32_t expires_s)
{
    return crowd_register_as(c, user, "Contact: <sip:u%u@10.0.0.1>;expires=%u\r\n", user,
                             expires_s);
}

unsigned
crowd_message(struct crowd *c, uint32_t from, uint32_t to, size_t body_bytes)
{
    unsigned long long number = ++c->number;

    crowd_send(c, from,
               "MESSAGE sip:u%u@example.org SIP/2.0\r\n"
               "Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK%llu\r\n"
               "From: <sip:u%u@example.org>;tag=1\r\n"
               "To: <sip:u%u@example.org>\r\n"
               "Call-ID: m%llu\r\n"
               "CSeq: 1 MESSAGE\r\n"
               "Content-Type: text/plain\r\n"
               "Content-Length: %zu\r\n\r\n%0*d",
               to, number, from, to, number, body_bytes, (int)body_bytes, 0);
    return c->last_status;
}

uint64_t
crowd_allocated_kib(void)
{
    struct mallinfo2 info = mallinfo2();

    return (info.uordblks + info.hblkhd) / 1024;
}
