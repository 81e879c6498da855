#include "tests/behaviour.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    OVERRIDES_MAX = 16,
    LOG_ROOM = 256 * 1024,
    TEXT_ROOM = 70000,
    HEADER_ROOM = 8192,
    ANSWER_WAIT_MS = 60000,
    BODIES_ROOM = 4096,
};

struct text {
    struct text *next;
    char bytes[];
};

static struct world *world;
static struct text *texts; /* owned: of this scene */
static char log_text[LOG_ROOM];
static size_t log_len;

/* ---- scenes ---- */

static void
keep_log(void *self, struct slice line)
{
    (void)self;
    if (line.len >= LOG_ROOM - log_len)
        return;
    memcpy(log_text + log_len, line.at, line.len);
    log_len += line.len;
    log_text[log_len] = '\0';
}

void
scene_forget_log(void)
{
    log_len = 0;
    log_text[0] = '\0';
}

const char *
scene_log(void)
{
    return log_text;
}

static struct world *
begin(const char *const *overrides)
{
    assert_null(world);
    scene_forget_log();
    log_configure(LOG_INFO, LOG_FORMAT_LOGFMT, keep_log, NULL);
    world = world_new(1, overrides);
    log_configure(world->settings.log_level, world->settings.log_format, keep_log, NULL);
    return world;
}

struct world *
scene(void)
{
    return begin(NULL);
}

struct world *
scene_with(const char *override, ...)
{
    const char *overrides[OVERRIDES_MAX + 1] = { NULL };
    int count = 0;
    va_list more;

    va_start(more, override);
    for (; override != NULL; override = va_arg(more, const char *)) {
        assert_true(count < OVERRIDES_MAX);
        overrides[count++] = override;
    }
    va_end(more);
    return begin(overrides);
}

int
scene_end(void **state)
{
    bool failed = world != NULL && world_has_failed(world);

    (void)state;
    if (failed)
        print_error("%s\n", world->failure);
    if (world != NULL)
        world_free(world);
    world = NULL;
    while (texts != NULL) {
        struct text *next = texts->next;
        free(texts);
        texts = next;
    }
    return failed;
}

/* ---- requests ---- */

static char *
scene_memory(size_t len)
{
    struct text *text = malloc(sizeof *text + len);

    assert_non_null(text);
    text->next = texts;
    texts = text;
    return text->bytes;
}

static const char *
host_of(const struct phone *phone)
{
    static char host[32];
    const uint8_t *ip = phone->peer.address.ip;

    snprintf(host, sizeof host, "%u.%u.%u.%u", ip[12], ip[13], ip[14], ip[15]);
    return host;
}

/* Where the text grows. */
struct draft {
    char *at;
    size_t len;
};

__attribute__((format(printf, 2, 3))) static void
add(struct draft *draft, const char *format, ...)
{
    va_list values;
    int n;

    va_start(values, format);
    n = vsnprintf(draft->at + draft->len, TEXT_ROOM - draft->len, format, values);
    va_end(values);
    assert_true(n >= 0 && (size_t)n < TEXT_ROOM - draft->len);
    draft->len += (size_t)n;
}

/* The header with what was asked for; `usual` where nothing was, unless that is NULL. */
static void
add_header(struct draft *draft, const char *name, const char *asked, const char *usual)
{
    const char *value = asked != NULL ? asked : usual;

    if (value != NULL && value[0] != '\0')
        add(draft, "%s: %s\r\n", name, value);
}

static const char *
from_of(const struct phone *phone, uint32_t number, char out[128])
{
    snprintf(out, 128, "<sip:%s@example.org>;tag=f%u", phone->user, number);
    return out;
}

static const char *
call_id_of(uint32_t number, char out[128])
{
    snprintf(out, 128, "ask%u", number);
    return out;
}

static const char *
cseq_of(const char *method, char out[128])
{
    snprintf(out, 128, "1 %.100s", method);
    return out;
}

static const char *
or_else(const char *asked, const char *usual)
{
    return asked != NULL ? asked : usual;
}

static void
add_head(struct draft *draft, const struct phone *phone, const struct ask *ask,
         size_t body_len)
{
    const char *method = or_else(ask->method, "MESSAGE");
    const char *uri = or_else(ask->uri, "sip:bob@example.org");
    const char *protocol = phone->protocol == PROTOCOL_UDP ? "UDP" : "TCP";
    bool is_message = strcmp(method, "MESSAGE") == 0;
    uint32_t number = ++phone->world->numbers;
    char usual[128], via[128], length[32];

    snprintf(via, sizeof via, "SIP/2.0/%s %s:5060;branch=z9hG4bKask%u;rport", protocol,
             host_of(phone), number);
    snprintf(length, sizeof length, "%zu", body_len);
    add(draft, "%s %s %s\r\n", method, uri, or_else(ask->version, "SIP/2.0"));
    add_header(draft, "Via", ask->via, via);
    add_header(draft, "Max-Forwards", ask->max_forwards, "70");
    add_header(draft, "From", ask->from, from_of(phone, number, usual));
    snprintf(usual, sizeof usual, "<%.100s>", uri);
    add_header(draft, "To", ask->to, usual);
    add_header(draft, "Call-ID", ask->call_id, call_id_of(number, usual));
    add_header(draft, "CSeq", ask->cseq, cseq_of(method, usual));
    add(draft, "%s", or_else(ask->headers, ""));
    add_header(draft, "Content-Type", ask->ctype, is_message ? "text/plain" : NULL);
    add_header(draft, "Content-Length", ask->length, length);
    add(draft, "\r\n");
}

struct slice
ask_text(struct phone *phone, const struct ask *ask)
{
    bool is_message = ask->method == NULL || strcmp(ask->method, "MESSAGE") == 0;
    struct slice body = ask->body;
    struct draft draft = { malloc(TEXT_ROOM), 0 };
    char *kept;

    assert_non_null(draft.at);
    if (slice_is_absent(body) && is_message)
        body = SLICE("hello");
    add_head(&draft, phone, ask, body.len);
    kept = scene_memory(draft.len + body.len);
    memcpy(kept, draft.at, draft.len);
    if (body.len > 0)
        memcpy(kept + draft.len, body.at, body.len);
    free(draft.at);
    return slice_of(kept, draft.len + body.len);
}

void
ask_only(struct phone *phone, const struct ask *ask)
{
    phone_send_raw(phone, ask_text(phone, ask));
}

static unsigned
next_final(struct phone *phone)
{
    struct world *w = phone->world;
    uint64_t until_ms = w->now.ms + ANSWER_WAIT_MS;
    unsigned status;

    while (phone->last_final == 0 && world_step(w, until_ms))
        continue;
    status = phone->last_final;
    phone->last_final = 0;
    return status;
}

unsigned
ask_by(struct phone *phone, const struct ask *ask)
{
    phone->last_final = 0;
    ask_only(phone, ask);
    return next_final(phone);
}

unsigned
ask(struct world *w, const struct ask *ask)
{
    return ask_by(w->tester, ask);
}

unsigned
ask_bytes(struct world *w, struct slice bytes)
{
    w->tester->last_final = 0;
    phone_send_raw(w->tester, bytes);
    return next_final(w->tester);
}

static unsigned
ask_body(struct world *w, const char *user, const char *body)
{
    char uri[64];

    snprintf(uri, sizeof uri, "sip:%s@example.org", user);
    return ask(w, &(struct ask){ .uri = uri, .body = slice_of(body, strlen(body)) });
}

void
store_body(struct world *w, const char *user, const char *body)
{
    assert_int_equal(ask_body(w, user, body), 202);
}

void
relay_body(struct world *w, const char *user, const char *body)
{
    assert_int_equal(ask_body(w, user, body), 200);
}

/* ---- answers ---- */

static const char *
as_string(struct slice text)
{
    static char out[HEADER_ROOM];

    assert_true(text.len < sizeof out);
    if (text.len > 0)
        memcpy(out, text.at, text.len);
    out[text.len] = '\0';
    return out;
}

struct slice
answer_of(const struct phone *phone)
{
    return phone->inbox == NULL ? slice_absent()
                                : slice_of(phone->inbox, strlen(phone->inbox));
}

const char *
answer_header(const struct phone *phone, const char *name)
{
    return as_string(peer_text_header(answer_of(phone), name, 0));
}

const char *
answer_reason(const struct phone *phone)
{
    struct slice rest = answer_of(phone), line;

    if (!slice_cut(rest, '\r', &line, &rest))
        return "";
    return as_string(slice_skip(line, sizeof "SIP/2.0 404 " - 1));
}

/* ---- phones ---- */

struct phone *
phone_offline(struct world *w, const char *user, enum protocol protocol)
{
    struct phone *phone = phone_new(w, user, protocol);

    phone->keeps_inbox = true;
    return phone;
}

struct phone *
phone_online(struct world *w, const char *user, enum protocol protocol)
{
    struct phone *phone = phone_offline(w, user, protocol);
    struct call *call = phone_register(phone, 3600);

    world_run(w, 1000);
    assert_int_equal(call->status, 200);
    return phone;
}

static bool
is_message(const struct receipt *receipt)
{
    return slice_equal(peer_text_method(receipt_text(receipt)), SLICE("MESSAGE"));
}

const struct receipt *
phone_receipt(const struct phone *phone, unsigned index)
{
    unsigned count = phone_received(phone);

    for (const struct receipt *r = phone->receipts; r != NULL; r = r->next)
        if (is_message(r) && --count == index)
            return r;
    return NULL;
}

struct slice
receipt_text(const struct receipt *receipt)
{
    return slice_of(receipt->bytes, receipt->len);
}

const char *
receipt_header(const struct receipt *receipt, const char *name)
{
    return as_string(peer_text_header(receipt_text(receipt), name, 0));
}

void
expect_bodies(const struct phone *phone, const char *bodies)
{
    char got[BODIES_ROOM] = "";
    size_t len = 0;

    for (unsigned i = 0; i < phone_received(phone); i++) {
        struct slice body = peer_text_body(receipt_text(phone_receipt(phone, i)));
        int n = snprintf(got + len, sizeof got - len, "%s%.*s", i == 0 ? "" : " ",
                         SLICE_ARG(body));
        assert_true(n >= 0 && (size_t)n < sizeof got - len);
        len += (size_t)n;
    }
    assert_string_equal(got, bodies);
}

/* ---- the store ---- */

size_t
stored_count(const struct world *w)
{
    return w->contents->message_count;
}

struct record
stored_record(const struct world *w, size_t index)
{
    const struct memory_message *m = &w->contents->messages[index];
    struct record record;

    assert_true(index < stored_count(w));
    assert_int_equal(record_decode(m->value, m->id, &record), RECORD_OK);
    return record;
}

/* ---- what the server sent ---- */

const struct sent *
sent_at(const struct world *w, const char *method, unsigned index)
{
    struct slice wanted = slice_of(method, strlen(method));

    for (size_t i = 0; i < w->sent_count; i++) {
        const struct sent *sent = &w->sent[i];
        if (slice_equal(peer_text_method(slice_of(sent->bytes, sent->len)), wanted) &&
            index-- == 0)
            return sent;
    }
    return NULL;
}
