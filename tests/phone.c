#include "tests/phone.h"

#include "tests/liar.h"
#include "tests/peer_text.h"
#include "tests/world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    T1_MS = 500,
    T2_MS = 4000,
    F_MS = 32000,
    REQUEST_ROOM = 2048, /* for all but the body */
};

struct call_event {
    struct event event;
    struct call *call;
};

struct answer_event {
    struct event event;
    struct phone *phone;
    struct receipt *receipt;
};

static char *
copy_of(struct slice bytes)
{
    char *copy = malloc(bytes.len + 1);

    assert(copy != NULL);
    memcpy(copy, bytes.at, bytes.len);
    copy[bytes.len] = '\0';
    return copy;
}

/* ---- its own requests ---- */

static void
timer_f(void *world, struct event *event)
{
    struct call *call = ((struct call_event *)(void *)event)->call;

    (void)world;
    call->is_over = true;
}

static void
start_timer(struct call *call, uint64_t ms, void (*fire)(void *, struct event *))
{
    struct call_event *event = world_later(call->phone->world, ms, sizeof *event, fire);

    event->call = call;
}

/* RFC 3261 17.1.2.2: the interval doubles up to T2. */
static void
timer_e(void *world, struct event *event)
{
    struct call *call = ((struct call_event *)(void *)event)->call;

    (void)world;
    if (call->is_over || call->phone->peer.is_dead)
        return;
    call->sent++;
    peer_send(&call->phone->peer, call->protocol, slice_of(call->request, call->len));
    call->interval_ms = call->interval_ms * 2 < T2_MS ? call->interval_ms * 2 : T2_MS;
    start_timer(call, call->interval_ms, timer_e);
}

static struct call *
start_call(struct phone *phone, const char *head, struct slice body)
{
    struct call *call = calloc(1, sizeof *call);
    size_t head_len = strlen(head);

    assert(call != NULL);
    call->phone = phone;
    call->protocol = phone->protocol;
    call->len = head_len + body.len;
    call->request = malloc(call->len + 1);
    assert(call->request != NULL);
    memcpy(call->request, head, head_len);
    if (body.len > 0)
        memcpy(call->request + head_len, body.at, body.len);
    call->branch = peer_text_branch(slice_of(call->request, call->len));
    call->method = peer_text_method(slice_of(call->request, call->len));
    call->call_id = peer_text_header(slice_of(call->request, call->len), "Call-ID", 0);
    call->started_ms = phone->world->now.ms;
    call->interval_ms = T1_MS;
    call->sent = 1;
    call->next = phone->calls;
    phone->calls = call;
    peer_send(&phone->peer, call->protocol, slice_of(call->request, call->len));
    if (call->protocol == PROTOCOL_UDP)
        start_timer(call, T1_MS, timer_e);
    start_timer(call, F_MS, timer_f);
    return call;
}

static const char *
via_name(const struct phone *phone)
{
    return phone->protocol == PROTOCOL_UDP ? "UDP" : "TCP";
}

/* "10.1.0.3" of "sip:bob@10.1.0.3:5060". */
static const char *
host_of(const struct phone *phone, char out[32])
{
    const uint8_t *ip = phone->peer.address.ip;

    snprintf(out, 32, "10.1.%u.%u", ip[14], ip[15]);
    return out;
}

struct call *
phone_register(struct phone *phone, uint32_t expires_s)
{
    char head[REQUEST_ROOM], host[32];
    uint32_t branch = ++phone->world->numbers;
    int n = snprintf(head, sizeof head,
                     "REGISTER sip:example.org SIP/2.0\r\n"
                     "Via: SIP/2.0/%s %s:5060;branch=z9hG4bK%u;rport\r\n"
                     "Max-Forwards: 70\r\n"
                     "From: <sip:%s@example.org>;tag=r%u\r\n"
                     "To: <sip:%s@example.org>\r\n"
                     "Call-ID: %s\r\n"
                     "CSeq: %u REGISTER\r\n"
                     "Contact: <%s>\r\n"
                     "Expires: %u\r\n"
                     "%s"
                     "Content-Length: 0\r\n\r\n",
                     via_name(phone), host_of(phone, host), branch, phone->user, branch,
                     phone->user, phone->call_id, ++phone->cseq, phone->contact,
                     expires_s, phone->says_message ? "Allow: ACK, MESSAGE\r\n" : "");

    assert(n > 0 && (size_t)n < sizeof head);
    return start_call(phone, head, slice_absent());
}

struct call *
phone_message(struct phone *phone, const char *uri, const char *headers,
              const char *ctype, struct slice body)
{
    char head[REQUEST_ROOM], host[32];
    uint32_t number = ++phone->world->numbers;
    int n = snprintf(head, sizeof head,
                     "MESSAGE %s SIP/2.0\r\n"
                     "Via: SIP/2.0/%s %s:5060;branch=z9hG4bK%u;rport\r\n"
                     "Max-Forwards: 70\r\n"
                     "From: \"%s\" <sip:%s@example.org>;tag=m%u\r\n"
                     "To: <%s>\r\n"
                     "Call-ID: m%u@%s\r\n"
                     "CSeq: 1 MESSAGE\r\n"
                     "%s%s%s%s"
                     "Content-Length: %zu\r\n\r\n",
                     uri, via_name(phone), host_of(phone, host), number, phone->user,
                     phone->user, number, uri, number, host, headers,
                     ctype == NULL ? "" : "Content-Type: ", ctype == NULL ? "" : ctype,
                     ctype == NULL ? "" : "\r\n", body.len);

    assert(n > 0 && (size_t)n < sizeof head);
    return start_call(phone, head, body);
}

static struct call *
call_of(const struct phone *phone, struct slice response)
{
    struct slice branch = peer_text_branch(response);
    struct slice method = peer_text_cseq_method(response);

    for (struct call *call = phone->calls; call != NULL; call = call->next)
        if (slice_equal(call->branch, branch) && slice_equal(call->method, method))
            return call;
    return NULL;
}

static void
note_registration(struct phone *phone, const struct call *call)
{
    struct slice request = slice_of(call->request, call->len);

    if (call->status == 200 && slice_equal(call->method, SLICE("REGISTER")))
        phone->expires_s =
            (uint32_t)peer_text_number(peer_text_header(request, "Expires", 0));
}

static void
receive_response(struct phone *phone, struct slice response)
{
    struct call *call = call_of(phone, response);
    unsigned status = peer_text_status(response);

    if (status < 200)
        return;
    phone->last_final = status;
    if (call == NULL)
        return;
    if (call->status == 0 && !call->is_over) {
        call->status = status;
        call->answered_ms = phone->world->now.ms;
        call->is_over = true;
        note_registration(phone, call);
    }
    if (phone->heard != NULL)
        phone->heard(phone->listener, call, status);
}

/* ---- requests that it gets ---- */

static void
copy_header(char *out, size_t room, size_t *len, struct slice request, const char *name,
            const char *suffix)
{
    struct slice value;

    for (unsigned i = 0; !slice_is_absent(value = peer_text_header(request, name, i));
         i++) {
        int n = snprintf(out + *len, room - *len, "%s: %.*s%s\r\n", name,
                         SLICE_ARG(value), suffix);
        assert(n > 0 && (size_t)n < room - *len);
        *len += (size_t)n;
    }
}

size_t
phone_write_response(const struct receipt *receipt, unsigned status, char *out,
                     size_t room)
{
    struct slice request = slice_of(receipt->bytes, receipt->len);
    const char *headers = receipt->answer.headers;
    size_t len = (size_t)snprintf(out, room, "SIP/2.0 %u Answer\r\n", status);

    copy_header(out, room, &len, request, "Via", "");
    copy_header(out, room, &len, request, "From", "");
    copy_header(out, room, &len, request, "To", status > 100 ? ";tag=phone" : "");
    copy_header(out, room, &len, request, "Call-ID", "");
    copy_header(out, room, &len, request, "CSeq", "");
    len += (size_t)snprintf(out + len, room - len, "%sContent-Length: 0\r\n\r\n",
                            status > 100 && headers != NULL ? headers : "");
    assert(len < room);
    return len;
}

static void
send_response(struct phone *phone, const struct receipt *receipt, unsigned status)
{
    char out[REQUEST_ROOM];

    peer_send(&phone->peer, receipt->protocol,
              slice_of(out, phone_write_response(receipt, status, out, sizeof out)));
}

static void
answer_now(void *world, struct event *event)
{
    struct phone *phone = ((struct answer_event *)(void *)event)->phone;
    struct receipt *receipt = ((struct answer_event *)(void *)event)->receipt;

    (void)world;
    if (phone->peer.is_dead || receipt->is_forgotten)
        return;
    if (receipt->answer.lie != LIE_NONE) {
        liar_answer(phone, receipt);
        return;
    }
    if (!receipt->is_answered && phone->answered != NULL)
        phone->answered(phone->listener, phone, receipt);
    receipt->is_answered = true;
    for (unsigned i = 0; i <= receipt->answer.copies; i++)
        send_response(phone, receipt, receipt->answer.status);
}

static void
answer_later(struct phone *phone, struct receipt *receipt)
{
    struct answer_event *event;

    if (receipt->answer.is_provisional)
        send_response(phone, receipt, 100);
    if (receipt->answer.is_mute)
        return;
    event =
        world_later(phone->world, receipt->answer.delay_ms, sizeof *event, answer_now);
    event->phone = phone;
    event->receipt = receipt;
}

static struct receipt *
receipt_of(const struct phone *phone, struct slice request)
{
    struct slice branch = peer_text_branch(request);
    struct slice method = peer_text_method(request);

    for (struct receipt *r = phone->receipts; r != NULL; r = r->next)
        if (!r->is_forgotten && slice_equal(r->branch, branch) &&
            slice_equal(r->method, method))
            return r;
    return NULL;
}

static void
receive_request(struct phone *phone, enum protocol protocol, struct slice request)
{
    struct receipt *r = receipt_of(phone, request);

    if (r != NULL) {
        r->times++;
        if (r->is_answered)
            send_response(phone, r, r->answer.status);
        return;
    }
    r = calloc(1, sizeof *r);
    assert(r != NULL);
    r->bytes = copy_of(request);
    r->len = request.len;
    r->branch = peer_text_branch(slice_of(r->bytes, r->len));
    r->method = peer_text_method(slice_of(r->bytes, r->len));
    r->protocol = protocol;
    r->at_ms = phone->world->now.ms;
    r->times = 1;
    r->answer = phone->answer;
    r->next = phone->receipts;
    phone->receipts = r;
    if (phone->choose != NULL)
        r->answer = phone->choose(phone->chooser, phone, request);
    if (!phone->peer.is_dead)
        answer_later(phone, r);
}

static void
receive(void *owner, enum protocol protocol, struct slice message)
{
    struct phone *phone = owner;

    if (phone->keeps_inbox) {
        free(phone->inbox);
        phone->inbox = copy_of(message);
        phone->inbox_count++;
    }
    if (peer_text_status(message) > 0)
        receive_response(phone, message);
    else
        receive_request(phone, protocol, message);
}

/* What was asked over the connection gets no answer any more (RFC 3261 17.1.4). */
static void
connection_closed(void *owner)
{
    struct phone *phone = owner;

    for (struct call *call = phone->calls; call != NULL; call = call->next)
        if (call->protocol == PROTOCOL_TCP)
            call->is_over = true;
    if (phone->protocol == PROTOCOL_TCP)
        phone->expires_s = 0;
}

/* ---- its life ---- */

struct phone *
phone_new(struct world *w, const char *user, enum protocol protocol)
{
    struct phone *phone = calloc(1, sizeof *phone);
    uint16_t host = (uint16_t)++w->numbers;

    assert(phone != NULL);
    phone->world = w;
    phone->protocol = protocol;
    phone->answer.status = 200;
    phone->peer.address = wire_address(host, 5060);
    phone->peer.owner = phone;
    phone->peer.receive = receive;
    phone->peer.closed = connection_closed;
    snprintf(phone->user, sizeof phone->user, "%s", user);
    snprintf(phone->contact, sizeof phone->contact, "sip:%s@10.1.%u.%u:5060%s", user,
             host >> 8, host & 255, protocol == PROTOCOL_TCP ? ";transport=tcp" : "");
    snprintf(phone->call_id, sizeof phone->call_id, "r%u", host);
    wire_add_peer(w, &phone->peer);
    phone->next = w->phones;
    w->phones = phone;
    return phone;
}

void
phone_die(struct phone *phone, bool refuses)
{
    phone->peer.refuses = refuses;
    peer_break(&phone->peer, refuses ? 1 : 60000);
    phone->peer.is_dead = true;
    phone->expires_s = 0;
    for (struct call *call = phone->calls; call != NULL; call = call->next)
        call->is_over = true;
}

void
phone_wake(struct phone *phone)
{
    phone->peer.is_dead = false;
}

void
phone_restart(struct phone *phone)
{
    phone_die(phone, true);
    phone_wake(phone);
    for (struct receipt *r = phone->receipts; r != NULL; r = r->next)
        r->is_forgotten = true;
    snprintf(phone->call_id, sizeof phone->call_id, "r%u.%u", phone->peer.address.ip[15],
             ++phone->world->numbers);
    phone->cseq = 0;
}

unsigned
phone_received(const struct phone *phone)
{
    unsigned count = 0;

    for (const struct receipt *r = phone->receipts; r != NULL; r = r->next)
        if (slice_equal(peer_text_method(slice_of(r->bytes, r->len)), SLICE("MESSAGE")))
            count++;
    return count;
}

void
phone_send_raw(struct phone *phone, struct slice bytes)
{
    peer_send(&phone->peer, phone->protocol, bytes);
}

void
phone_free(struct phone *phone)
{
    while (phone->calls != NULL) {
        struct call *next = phone->calls->next;
        free(phone->calls->request);
        free(phone->calls);
        phone->calls = next;
    }
    while (phone->receipts != NULL) {
        struct receipt *next = phone->receipts->next;
        free(phone->receipts->bytes);
        free(phone->receipts);
        phone->receipts = next;
    }
    free(phone->inbox);
    free(phone);
}
