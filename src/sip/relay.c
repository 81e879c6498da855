#include "src/sip/relay.h"

#include "src/limits.h"
#include "src/sip/best_response.h"
#include "src/sip/branch.h"
#include "src/sip/forward.h"

#include <stdlib.h>

struct relay_branch {
    struct relay *relay;
    struct hop_wait hop_wait;
    struct client_transaction *transaction; /* borrowed; while it may still call */
    struct slice contact, r_uri, route;     /* in the relay's bytes */
};

struct relay {
    struct relays *all;
    struct relay *next, **link;
    struct timer timer; /* for 100; while looking up names an end to that */
    struct server_key key;
    struct flow came, answer_to;
    bool from_trusted;
    uint64_t started_ms;
    size_t taken;     /* of all->bytes */
    size_t open;      /* branches without an outcome */
    size_t listening; /* branches that may still call `late` */
    bool
        is_answered; /* by one branch; the others may still say that they know no MESSAGE */
    bool is_failed; /* the failure route had it */
    bool timed_out;
    void *copy;                /* the owner's, once it has failed */
    struct best_response best; /* of the refusals */
    struct slice request, aor; /* in `bytes` */
    size_t branch_count;
    struct relay_branch *branches; /* in this block */
    char bytes[];
};

/* Where the words of the one who answered are not at hand. */
static const struct slice own_words = SLICE_INIT("Answered By The Next Hop");

bool
relays_init(struct relays *relays)
{
    relays->kept = kept_responses_new(LIMIT_KEPT_RESPONSE_BYTES,
                                      (uint64_t)relays->settings->wt_timer_s * 1000);
    return relays->kept != NULL;
}

/* ---- the end of a relay ---- */

static void
free_relay(struct relay *relay)
{
    struct relays *all = relay->all;

    timer_stop(all->wheel, &relay->timer);
    for (size_t i = 0; i < relay->branch_count; i++) {
        struct relay_branch *branch = &relay->branches[i];

        hop_wait_cancel(all->hops, &branch->hop_wait);
        if (branch->transaction != NULL)
            client_transaction_abandon(branch->transaction);
    }
    all->bytes -= relay->taken;
    *relay->link = relay->next;
    if (relay->next != NULL)
        relay->next->link = relay->link;
    best_response_free(&relay->best);
    free(relay->branches);
    free(relay);
}

void
relays_free(struct relays *relays)
{
    while (relays->first != NULL)
        free_relay(relays->first);
    kept_responses_free(relays->kept);
    relays->kept = NULL;
}

/* ---- answering ---- */

/* What is still looking up a name has no way. */
static void
cancel_names(struct relay *relay)
{
    for (size_t i = 0; i < relay->branch_count; i++) {
        struct hop_wait *wait = &relay->branches[i].hop_wait;

        if (!hop_is_waiting(wait))
            continue;
        hop_wait_cancel(relay->all->hops, wait);
        relay->open--;
    }
}

/* The request again, as it was when it came. */
static struct incoming
read_again(struct relay *relay, struct moment now)
{
    struct relays *all = relay->all;

    message_parse(all->again, relay->request, MESSAGE_DATAGRAM);
    return (struct incoming){
        .message = all->again,
        .flow = relay->came,
        .from_trusted = relay->from_trusted,
        .has_key = true,
        .key = relay->key,
        .now = now,
    };
}

/* What cannot be passed on as it is, is said in our own words: the sender must know. */
static void
pass_on(struct relay *relay, unsigned status, struct slice bytes, struct moment now)
{
    struct relays *all = relay->all;
    const struct server_outcome outcome = { (uint16_t)status, RELAY_DETAIL };
    enum protocol protocol = relay->came.protocol;

    all->open--;
    if (slice_is_absent(bytes)) {
        struct incoming in = read_again(relay, now);

        responder_answer(all->responder, &in, status, own_words);
    } else {
        all->transport->send(all->transport->self, &relay->answer_to, bytes);
        if (!protocol_is_reliable(protocol))
            kept_responses_add(all->kept, &relay->key, bytes, now);
    }
    server_table_complete(all->requests, &relay->key, outcome, protocol, now);
    LOG(LOG_INFO, "relay.answered", LOG_TEXT("aor", relay->aor),
        LOG_NUMBER("status", status));
    timer_stop(all->wheel, &relay->timer);
    cancel_names(relay);
    relay->is_answered = true;
    if (relay->open == 0)
        free_relay(relay);
}

static struct slice
write_success(struct relay *relay, const struct message *response)
{
    struct responder *responder = relay->all->responder;
    struct writer w;

    if (!forward_has_way_back(response))
        return slice_absent();
    writer_init(&w, responder->buffer, sizeof responder->buffer);
    forward_response(&w, response, response->status, response->reason, false);
    return writer_done(&w);
}

static void
pass_best(struct relay *relay, struct moment now)
{
    struct responder *responder = relay->all->responder;
    struct slice bytes = slice_absent();
    struct writer w;

    writer_init(&w, responder->buffer, sizeof responder->buffer);
    if (best_response_write(&relay->best, &w))
        bytes = writer_done(&w);
    pass_on(relay, best_response_status(&relay->best), bytes, now);
}

void
relay_answer_again(struct relays *relays, const struct incoming *in, unsigned status)
{
    struct slice kept = kept_responses_find(relays->kept, &in->key);
    struct flow to = responder_flow(in);

    if (slice_is_absent(kept))
        responder_answer(relays->responder, in, status, own_words);
    else
        relays->transport->send(relays->transport->self, &to, kept);
}

static void
fail(struct relay *relay, struct moment now)
{
    struct relays *all = relay->all;
    const struct incoming in = read_again(relay, now);
    const struct relay_failure failure = {
        .in = &in,
        .aor = relay->aor,
        .r_uri = relay->branches[0].r_uri,
        .listens = relay->listening > 0,
        .timed_out = relay->timed_out,
    };

    all->open--;
    relay->is_failed = true;
    timer_stop(all->wheel, &relay->timer);
    relay->copy = all->failed(all->owner, &failure);
    if (relay->listening == 0 || relay->copy == NULL)
        free_relay(relay);
}

static void
end_if_over(struct relay *relay, struct moment now)
{
    if (relay->open > 0)
        return;
    if (!best_response_is_none(&relay->best))
        pass_best(relay, now);
    else
        fail(relay, now);
}

/* ---- what a branch brings ---- */

static bool
send_over(struct relay_branch *branch, const struct incoming *in, const struct flow *to,
          struct moment now);

/* RFC 3263 4.3: no answer, a failure of the transport, or 503. */
static bool
has_failed(const struct client_result *result)
{
    return result->response == NULL || result->response->status == 503;
}

/* A foreign name may have more than one server; the sender waits for 64*T1. */
static bool
try_next_hop(struct relay_branch *branch, struct moment now)
{
    struct relay *relay = branch->relay;
    uint64_t fr_ms = (uint64_t)relay->all->settings->fr_timer_s * 1000;
    struct incoming in;
    struct flow flow;

    if (relay->aor.len > 0 || relay->is_answered ||
        now.ms + fr_ms > relay->started_ms + TIMER_64_T1_MS)
        return false;
    while (hop_wait_other(&branch->hop_wait, &flow)) {
        in = read_again(relay, now);
        if (send_over(branch, &in, &flow, now))
            return true;
    }
    return false;
}

static bool
is_refusal(const struct relay *relay, unsigned status)
{
    return relay->aor.len == 0 || !settings_stores_on(relay->all->settings, status);
}

/* RFC 4320 4.2: a 408 to a non-INVITE says no more than silence, and is not passed on. */
static bool
is_timeout(const struct message *response)
{
    return response != NULL && response->status == 408;
}

/* One that nothing is waited for behind goes back at once. Else that he refused is kept in any
 * case, how he put it where there is room. */
static void
keep_refusal(struct relay *relay, const struct message *response)
{
    struct relays *all = relay->all;
    struct best_response *best = &relay->best;
    size_t others = all->bytes - best_response_held(best);
    size_t offered = best_response_offer_bytes(best, response);

    relay->taken -= best_response_held(best);
    best_response_offer(best, response,
                        relay->open == 0 || others + offered <= LIMIT_RELAY_BYTES);
    relay->taken += best_response_held(best);
    all->bytes = others + best_response_held(best);
}

static void
answered(void *owner, const struct client_result *result, struct moment now)
{
    struct relay_branch *branch = owner;
    struct relay *relay = branch->relay;
    const struct message *response = result->response;

    if (!result->listens)
        branch->transaction = NULL;
    if (has_failed(result) && try_next_hop(branch, now))
        return;
    relay->listening += result->listens;
    relay->open--;
    if (response != NULL && (response->status == 405 || response->status == 501))
        location_refuse_message(relay->all->location, relay->aor, branch->contact);
    if (relay->is_answered) {
        if (relay->open == 0)
            free_relay(relay);
        return;
    }
    if (response != NULL && response->status < 300) {
        pass_on(relay, response->status, write_success(relay, response), now);
        return;
    }
    if (result->outcome == CLIENT_TIMEOUT || is_timeout(response))
        relay->timed_out = true;
    if (response != NULL && !is_timeout(response) && is_refusal(relay, response->status))
        keep_refusal(relay, response);
    end_if_over(relay, now);
}

/* RFC 3261 has the branch over; but what arrived has arrived. */
static void
late(void *owner, const struct message *response, struct moment now)
{
    struct relay_branch *branch = owner;
    struct relay *relay = branch->relay;
    struct relays *all = relay->all;
    bool taken = response != NULL && response->status < 300;

    branch->transaction = NULL;
    relay->listening--;
    if (taken && !relay->is_failed && !relay->is_answered) {
        pass_on(relay, response->status, write_success(relay, response), now);
        return;
    }
    if (!relay->is_failed || (!taken && relay->listening > 0))
        return;
    all->late(all->owner, relay->copy, taken, now);
    free_relay(relay);
}

/* ---- sending ---- */

static uint64_t
next_nonce(struct relays *relays)
{
    uint64_t count = ++relays->nonce;

    return siphash64(&relays->run, slice_of((const char *)&count, sizeof count));
}

static struct slice
write_request(struct relay_branch *branch, const struct incoming *in,
              const struct flow *flow, struct slice branch_text)
{
    struct relays *all = branch->relay->all;
    const struct forward forward = {
        .in = in,
        .domains = all->domains,
        .r_uri = branch->r_uri,
        .route = branch->route,
        .flow = *flow,
        .branch = branch_text,
        .max_forwards = all->settings->max_forwards,
    };
    size_t room = forward_room(&forward);
    char *buffer = arena_alloc(all->arena, room);
    struct writer w;

    if (buffer == NULL)
        return slice_absent();
    writer_init(&w, buffer, room);
    forward_request(&w, &forward);
    return writer_done(&w);
}

/* False: it could not be sent. */
static bool
send_over(struct relay_branch *branch, const struct incoming *in, const struct flow *to,
          struct moment now)
{
    struct relays *all = branch->relay->all;
    const struct message *m = in->message;
    char text[BRANCH_BYTES];
    struct client_request request = {
        .flow = *to,
        .branch = slice_of(text, sizeof text),
        .method = m->method,
        .timeout_ms = all->settings->fr_timer_s * 1000,
        .owner = branch,
        .answered = answered,
        .late = branch->relay->aor.len > 0 ? late : NULL,
    };

    target_prefer_stream(all->hops, m->size + FORWARD_GROWS, &request.flow);
    branch_make(&all->branches, next_nonce(all), m->request_uri,
                message_header(m, HEADER_ROUTE), text);
    request.bytes = write_request(branch, in, &request.flow, request.branch);
    if (!slice_is_absent(request.bytes))
        branch->transaction = client_transaction_start(all->clients, &request, now);
    return branch->transaction != NULL;
}

static void
located(struct hop_wait *wait, const struct flow *flow, struct moment now)
{
    struct relay_branch *branch = CONTAINER_OF(wait, struct relay_branch, hop_wait);
    struct relay *relay = branch->relay;
    const struct incoming in = read_again(relay, now);

    if ((flow != NULL && send_over(branch, &in, flow, now)) || try_next_hop(branch, now))
        return;
    relay->open--;
    end_if_over(relay, now);
}

/* Counts the branch out where it cannot begin. */
static void
begin_branch(struct relay_branch *branch, const struct relay_order *order,
             const struct target *target)
{
    struct relay *relay = branch->relay;
    struct flow flow;

    switch (target_locate(relay->all->hops, target, &flow, &branch->hop_wait)) {
    case HOP_FOUND:
        if (!send_over(branch, order->in, &flow, order->in->now))
            relay->open--;
        break;
    case HOP_WAITING:
        break;
    case HOP_NONE:
        relay->open--;
        break;
    }
}

static void
timer_fired(struct timer *timer, struct moment now)
{
    struct relay *relay = CONTAINER_OF(timer, struct relay, timer);
    struct relays *all = relay->all;
    uint64_t end_ms = relay->started_ms + (uint64_t)all->settings->fr_timer_s * 1000;
    struct incoming in;

    if (now.ms >= end_ms) {
        cancel_names(relay); /* a name server may never answer */
        end_if_over(relay, now);
        return;
    }
    in = read_again(relay, now);
    responder_answer(all->responder, &in, 100, SLICE("Trying"));
    timer_start(all->wheel, timer, end_ms);
}

/* ---- the start ---- */

static size_t
texts_of(const struct relay_order *order)
{
    size_t len = order->in->message->text.len + order->aor.len +
                 MESSAGE_SLACK; /* it is parsed again */

    for (size_t i = 0; i < order->count; i++)
        len += order->targets[i].contact.len + order->targets[i].r_uri.len +
               order->targets[i].route.len;
    return len;
}

static void
fill_branches(struct relay *relay, const struct relay_order *order, char *at)
{
    for (size_t i = 0; i < order->count; i++)
        relay->branches[i] = (struct relay_branch){
            .relay = relay,
            .hop_wait = { .found = located },
            .contact = slice_pack(&at, order->targets[i].contact),
            .r_uri = slice_pack(&at, order->targets[i].r_uri),
            .route = slice_pack(&at, order->targets[i].route),
        };
}

static struct relay *
relay_new(struct relays *relays, const struct relay_order *order)
{
    const struct incoming *in = order->in;
    struct relay *relay = calloc(1, sizeof *relay + texts_of(order));
    char *at;

    if (relay == NULL)
        return NULL;
    relay->branches = calloc(order->count, sizeof *relay->branches);
    if (relay->branches == NULL) {
        free(relay);
        return NULL;
    }
    at = relay->bytes;
    relay->all = relays;
    relay->key = in->key;
    relay->came = in->flow;
    relay->answer_to = responder_flow(in);
    relay->from_trusted = in->from_trusted;
    relay->started_ms = in->now.ms;
    relay->open = relay->branch_count = order->count;
    relay->request = slice_pack(&at, in->message->text);
    relay->aor = slice_pack(&at, order->aor);
    fill_branches(relay, order, at);
    timer_init(&relay->timer, timer_fired);
    return relay;
}

static void
join(struct relays *relays, struct relay *relay)
{
    relay->next = relays->first;
    relay->link = &relays->first;
    if (relay->next != NULL)
        relay->next->link = &relay->next;
    relays->first = relay;
    relays->open++;
    relays->bytes += relay->taken;
}

/* The request here, and in each branch's transaction. */
static size_t
bytes_of(const struct relay_order *order)
{
    size_t bytes = sizeof(struct relay) + texts_of(order) +
                   order->count * sizeof(struct relay_branch);

    for (size_t i = 0; i < order->count; i++)
        bytes += forward_room(&(struct forward){
            .in = order->in,
            .r_uri = order->targets[i].r_uri,
            .route = order->targets[i].route,
        });
    return bytes;
}

bool
relay_start(struct relays *relays, const struct relay_order *order)
{
    uint64_t fr_ms = (uint64_t)relays->settings->fr_timer_s * 1000;
    size_t bytes = bytes_of(order);
    struct relay *relay;

    if (relays->bytes + bytes > LIMIT_RELAY_BYTES)
        return false;
    relay = relay_new(relays, order);
    if (relay == NULL)
        return false;
    relay->taken = bytes;
    join(relays, relay);
    timer_start(relays->wheel, &relay->timer,
                relay->started_ms + (fr_ms < RELAY_TRYING_MS ? fr_ms : RELAY_TRYING_MS));
    for (size_t i = 0; i < order->count; i++)
        begin_branch(&relay->branches[i], order, &order->targets[i]);
    end_if_over(relay, order->in->now);
    return true;
}
