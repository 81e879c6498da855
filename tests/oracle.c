#include "tests/oracle.h"

#include "store/repeats.h"
#include "tests/oracle_live.h"
#include "tests/peer_text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static void *
grown(void *array, size_t count, size_t *room, size_t element)
{
    if (count < *room)
        return array;
    *room = *room == 0 ? 32 : *room * 2;
    array = realloc(array, *room * element);
    assert(array != NULL);
    return array;
}

static struct slice
text_of(const char *text)
{
    return slice_of(text, strlen(text));
}

static void
keep_text(char out[ORACLE_TEXT], struct slice text)
{
    snprintf(out, ORACLE_TEXT, "%.*s", SLICE_ARG(text));
}

static bool
is_message_response(struct slice bytes)
{
    return peer_text_status(bytes) >= 200 &&
           slice_equal(peer_text_cseq_method(bytes), SLICE("MESSAGE"));
}

static bool
is_message_request(struct slice bytes)
{
    return peer_text_status(bytes) == 0 &&
           slice_equal(peer_text_method(bytes), SLICE("MESSAGE"));
}

/* From msilo.registrar, which a simulation calls sip:silo@example.org. */
static bool
is_notice(struct slice request)
{
    struct slice from = peer_text_header(request, "From", 0);

    return slice_starts(from, SLICE("<sip:silo@"));
}

/* ---- finding ---- */

static struct posted *
posted_by_number(const struct oracle *o, struct slice message)
{
    struct slice text = peer_text_header(message, "X-Number", 0);
    uint64_t number = peer_text_number(text);

    return number == 0 || number > o->posted_count ? NULL : o->posted[number - 1];
}

static struct posted *
posted_by_call_id(const struct oracle *o, struct slice call_id)
{
    for (size_t i = 0; i < o->posted_count; i++)
        if (slice_equal(o->posted[i]->call->call_id, call_id))
            return o->posted[i];
    return NULL;
}

/* By the sender's own branch: what else stands in a response a phone may have made up. */
static struct posted *
posted_by_branch(const struct oracle *o, struct slice branch)
{
    for (size_t i = 0; i < o->posted_count; i++)
        if (slice_equal(o->posted[i]->call->branch, branch))
            return o->posted[i];
    return NULL;
}

static struct posted *
posted_by_id(const struct oracle *o, uint64_t id)
{
    for (size_t i = 0; i < o->posted_count; i++)
        if (o->posted[i]->id == id)
            return o->posted[i];
    return NULL;
}

static struct attempt *
attempt_by_branch(const struct oracle *o, struct slice branch)
{
    for (size_t i = o->attempt_count; i-- > 0;)
        if (slice_equal(text_of(o->attempts[i].branch), branch))
            return &o->attempts[i];
    return NULL;
}

static bool
is_over(const struct oracle *o, const struct posted *p)
{
    return p->exp_time_s <= o->latest_s || p->exp_time_s <= o->world->now.s;
}

bool
oracle_is_waiting(const struct oracle *o, const struct posted *p)
{
    return p->id != 0 && !p->is_removed && !p->is_twofold && !is_over(o, p);
}

/* Timer F of the server's client transactions is cut to fr_timer. */
static bool
is_open(const struct oracle *o, const struct attempt *a)
{
    return a->is_open &&
           o->world->now.ms < a->started_ms + o->world->settings.fr_timer_s * 1000u;
}

/* ---- what the server sends ---- */

static void
check_window(const struct oracle *o, const struct posted *p)
{
    for (size_t i = 0; i < o->attempt_count; i++) {
        const struct attempt *a = &o->attempts[i];
        if (a->is_dump && is_open(o, a) && strcmp(a->posted->user, p->user) == 0)
            world_fail(o->world, "window: %u is sent to %s while %u has no answer",
                       p->number, p->user, a->posted->number);
    }
}

static void
check_order(const struct oracle *o, const struct posted *p)
{
    if (p->was_attempted)
        return;
    for (size_t i = 0; i < o->posted_count; i++) {
        const struct posted *q = o->posted[i];
        if (strcmp(q->user, p->user) == 0 && oracle_is_waiting(o, q) && q->id < p->id &&
            !q->was_attempted && !q->was_forwarded)
            world_fail(o->world, "order: %u (id %llu) is sent to %s before %u (id %llu)",
                       p->number, (unsigned long long)p->id, p->user, q->number,
                       (unsigned long long)q->id);
    }
}

static void
check_once(const struct oracle *o, const struct posted *p)
{
    if (p->is_twofold)
        return;
    if (p->was_confirmed && p->confirmed_life == o->world->life)
        world_fail(o->world, "once: %u is sent again after its 2xx", p->number);
    if (p->was_confirmed && p->is_removed && !p->is_cleaned)
        world_fail(o->world, "once: %u is sent again after its removal", p->number);
}

static void
check_call_id(const struct oracle *o, struct posted *p, struct slice request)
{
    struct slice call_id = peer_text_header(request, "Call-ID", 0);

    if (p->dump_call_id[0] != '\0' && !slice_equal(call_id, text_of(p->dump_call_id)))
        world_fail(o->world, "bytes: %u has Call-ID %.*s, before it had %s", p->number,
                   SLICE_ARG(call_id), p->dump_call_id);
    keep_text(p->dump_call_id, call_id);
}

static void
check_dump(struct oracle *o, struct posted *p, struct slice request)
{
    if (p->id == 0)
        world_fail(o->world, "order: %u is dumped and was never stored", p->number);
    check_window(o, p);
    if (p->is_twofold)
        return;
    if (p->exp_time_s <= o->world->now.s)
        world_fail(o->world, "expired: %u is sent after its time", p->number);
    check_order(o, p);
    check_once(o, p);
    oracle_live_dumped(o, p);
    check_call_id(o, p, request);
    p->was_attempted = true;
}

static void
note_attempt(struct oracle *o, const struct flow *flow, struct slice request)
{
    struct slice branch = peer_text_branch(request);
    struct posted *p = posted_by_number(o, request);
    struct attempt *a = attempt_by_branch(o, branch);

    if (p == NULL) {
        if (!o->has_strangers && !is_notice(request))
            world_fail(o->world, "bytes: X-Number is missing in what is sent");
        return;
    }
    if (a != NULL) {
        if (a->is_dump)
            check_once(o, p);
        return;
    }
    o->attempts = grown(o->attempts, o->attempt_count, &o->attempt_room, sizeof *a);
    if (peer_text_count(request, "Via") == 1)
        check_dump(o, p, request);
    else
        oracle_live_sent(o, p);
    a = &o->attempts[o->attempt_count++];
    *a = (struct attempt){ .posted = p,
                           .flow = *flow,
                           .started_ms = o->world->now.ms,
                           .life = o->world->life,
                           .is_dump = peer_text_count(request, "Via") == 1,
                           .is_open = true };
    keep_text(a->branch, branch);
}

/* After a death or after timer J the server may know no more what it said. */
static void
check_answer(struct oracle *o, struct posted *p, unsigned status)
{
    const struct world *w = o->world;

    if (p->final != 0 && p->final_life == w->life && p->final != status &&
        w->now.ms < p->final_ms + w->settings.wt_timer_s * 1000u)
        world_fail(o->world, "answer: %u got %u and then %u", p->number, p->final,
                   status);
    if (p->final == 0 || p->final != status || p->final_life != w->life)
        p->final_ms = w->now.ms;
    p->final = status;
    p->final_life = w->life;
}

static void
note_answer(struct oracle *o, struct slice response)
{
    struct posted *p = posted_by_branch(o, peer_text_branch(response));
    unsigned status = peer_text_status(response);

    if (p == NULL)
        return;
    check_answer(o, p, status);
    oracle_live_answered(o, p, status);
    if (status == 202 && !p->is_told && !p->heard[202])
        world_fail(o->world, "durable: 202 to %u before its commit was reported",
                   p->number);
    if (status == 202)
        p->was_accepted = true;
    if (status == 200 && !p->was_delivered)
        world_fail(o->world, "kept: 200 to %u, which no phone has accepted", p->number);
}

static void
sent(void *self, const struct flow *flow, struct slice bytes)
{
    struct oracle *o = self;

    if (is_message_request(bytes))
        note_attempt(o, flow, bytes);
    else if (is_message_response(bytes))
        note_answer(o, bytes);
}

/* ---- what the server hears ---- */

static void
received(void *self, const struct flow *flow, struct slice bytes)
{
    struct oracle *o = self;
    struct attempt *a;
    bool is_success = peer_text_status(bytes) < 300;

    (void)flow;
    if (!is_message_response(bytes))
        return;
    a = attempt_by_branch(o, peer_text_branch(bytes));
    if (a == NULL || a->life != o->world->life)
        return;
    if (is_success && a->is_dump && is_open(o, a)) {
        a->posted->was_confirmed = true;
        a->posted->confirmed_life = o->world->life;
    } else if (!a->is_dump && !a->is_refused) {
        oracle_live_heard(o, a, peer_text_status(bytes));
    }
    a->is_open = false;
    a->is_refused = a->is_refused || !is_success;
}

static void
flow_failed(void *self, const struct flow *flow)
{
    struct oracle *o = self;

    for (size_t i = 0; i < o->attempt_count; i++) {
        struct attempt *a = &o->attempts[i];
        bool same_connection =
            a->flow.connection != 0 && a->flow.connection == flow->connection;
        bool same_peer = a->flow.connection == 0 && flow->connection == 0 &&
                         a->flow.protocol == flow->protocol &&
                         a->flow.peer.port == flow->peer.port &&
                         memcmp(a->flow.peer.ip, flow->peer.ip, 16) == 0;
        if (same_connection || same_peer)
            a->is_open = false;
    }
}

/* ---- what becomes of the store ---- */

static struct posted *
posted_of_put(struct oracle *o, const struct put *put, struct record *record)
{
    struct posted *p;

    if (record_decode(put->value, put->id, record) != RECORD_OK) {
        world_fail(o->world, "bytes: a record that does not decode");
        return NULL;
    }
    p = posted_by_call_id(o, record->call_id);
    if (p == NULL && !o->has_strangers)
        world_fail(o->world, "bytes: a record with an unknown Call-ID");
    return p;
}

static void
note_put(struct oracle *o, const struct put *put)
{
    struct record record;
    struct posted *p = posted_of_put(o, put, &record);

    if (p == NULL)
        return;
    if (put->result == PUT_REPEATED && p->id == 0)
        world_fail(o->world, "kept: %u passes for a repetition of another", p->number);
    if (put->result != PUT_STORED)
        return;
    if (p->id != 0 && !p->may_come_again)
        world_fail(o->world, "repeated: %u is stored twice, as %llu and %llu", p->number,
                   (unsigned long long)p->id, (unsigned long long)put->id);
    if (!slice_equal(record.body, slice_of(p->body, p->body_len)))
        world_fail(o->world, "bytes: the body of %u is stored otherwise", p->number);
    if (p->id != 0) {
        p->is_twofold = true;
        world_happened(o->world, HAPPENED_TWOFOLD);
    }
    p->id = put->id;
    p->stored_s = o->world->now.s;
    p->exp_time_s = put->exp_time_s;
}

static void
note_removal(struct oracle *o, uint64_t id)
{
    struct posted *p = posted_by_id(o, id);

    if (p == NULL || p->is_twofold)
        return;
    if (!p->was_confirmed && !p->was_forwarded && !is_over(o, p))
        world_fail(o->world, "removed: %u leaves the store without a 2xx", p->number);
    p->is_removed = true;
}

static void
durable(void *self, const struct batch *batch)
{
    struct oracle *o = self;

    for (size_t i = 0; i < batch->removal_count; i++)
        note_removal(o, batch->removals[i].id);
    for (size_t i = 0; i < batch->put_count; i++)
        note_put(o, &batch->puts[i]);
}

static void
told(void *self, const struct batch *batch, enum store_status status)
{
    struct oracle *o = self;
    struct record record;

    if (status != STORE_OK)
        return;
    for (size_t i = 0; i < batch->put_count; i++) {
        const struct put *put = &batch->puts[i];
        struct posted *p = posted_of_put(o, put, &record);
        if (p != NULL && (put->result == PUT_STORED || put->result == PUT_REPEATED))
            p->is_told = true;
    }
}

static void
tidied(void *self)
{
    struct oracle *o = self;

    for (size_t i = 0; i < o->posted_count; i++) {
        struct posted *p = o->posted[i];
        if (p->id == 0 || p->is_removed || p->is_twofold ||
            world_store_has(o->world, p->id))
            continue;
        if (!is_over(o, p))
            world_fail(o->world, "removed: %u is cleaned away before its time",
                       p->number);
        p->is_removed = p->is_cleaned = true;
    }
}

/* Confirmed to this server, and not yet gone for its successor. */
static bool
is_in_between(const struct oracle *o, const struct posted *p)
{
    return p->was_confirmed && p->confirmed_life == o->world->life && !p->is_removed &&
           !p->is_twofold;
}

static size_t
in_between_with(const struct oracle *o, const struct posted *p)
{
    size_t count = 0;

    for (size_t i = 0; i < o->posted_count; i++)
        count +=
            is_in_between(o, o->posted[i]) && strcmp(o->posted[i]->user, p->user) == 0;
    return count;
}

/* Of an AoR a bounded number of messages may be repeated after a death: those whose removals
 * were on their way. After a clean end none may. */
static void
died(void *self, bool cleanly)
{
    struct oracle *o = self;

    for (size_t i = 0; i < o->attempt_count; i++)
        o->attempts[i].is_open = false;
    for (size_t i = 0; cleanly && i < o->posted_count; i++)
        if (is_in_between(o, o->posted[i]))
            world_fail(o->world, "once: the server ends before the removal of %u",
                       o->posted[i]->number);
    for (size_t i = 0; i < o->posted_count; i++)
        if (is_in_between(o, o->posted[i]) &&
            in_between_with(o, o->posted[i]) > LIMIT_UNREMOVED)
            world_fail(o->world, "once: at a death %zu messages of %s wait for removal",
                       in_between_with(o, o->posted[i]), o->posted[i]->user);
}

static void
verified(void *self, const struct store_verdict *verdict)
{
    struct oracle *o = self;
    uint64_t least = 0, most = 0;

    for (size_t i = 0; i < o->posted_count; i++) {
        const struct posted *p = o->posted[i];
        bool is_there = p->id != 0 && !p->is_removed;

        least += is_there && !p->is_twofold;
        most += p->is_twofold ? 2 : is_there;
    }
    if (!o->has_strangers && (verdict->messages < least || verdict->messages > most))
        world_fail(o->world, "store: %llu messages are left, not %llu to %llu",
                   (unsigned long long)verdict->messages, (unsigned long long)least,
                   (unsigned long long)most);
}

/* ---- phones ---- */

void
oracle_check_request(struct oracle *o, struct slice request)
{
    struct posted *p = posted_by_number(o, request);

    if (p == NULL)
        return;
    if (!slice_equal(peer_text_body(request), slice_of(p->body, p->body_len)))
        world_fail(o->world, "bytes: the body of %u arrives otherwise", p->number);
    if (!slice_equal(peer_text_header(request, "Content-Type", 0), text_of(p->ctype)))
        world_fail(o->world, "bytes: the Content-Type of %u arrives otherwise",
                   p->number);
    if (!slice_equal(peer_text_header(request, "Subject", 0), text_of(p->subject)))
        world_fail(o->world, "bytes: the Subject of %u arrives otherwise", p->number);
}

static void
answered(void *self, struct phone *phone, const struct receipt *receipt)
{
    struct oracle *o = self;
    struct slice request = slice_of(receipt->bytes, receipt->len);
    struct posted *p = posted_by_number(o, request);

    if (p == NULL || receipt->answer.status >= 300)
        return;
    p->was_delivered = true;
    if (!o->has_strangers && strcmp(phone->user, p->user) != 0)
        world_fail(o->world, "bytes: %u for %s arrives at %s", p->number, p->user,
                   phone->user);
}

void
oracle_watch_phone(struct oracle *o, struct phone *phone)
{
    phone->listener = o;
    phone->answered = answered;
}

/* ---- the oracle's life ---- */

void
oracle_init(struct oracle *o, struct world *w)
{
    *o = (struct oracle){ .world = w, .latest_s = w->now.s, .seen_s = w->now.s };
    w->watch = (struct watch){ .self = o,
                               .sent = sent,
                               .received = received,
                               .flow_failed = flow_failed,
                               .durable = durable,
                               .told = told,
                               .tidied = tidied,
                               .died = died,
                               .verified = verified };
}

void
oracle_free(struct oracle *o)
{
    for (size_t i = 0; i < o->posted_count; i++) {
        free(o->posted[i]->body);
        free(o->posted[i]);
    }
    free(o->posted);
    free(o->attempts);
}

static void
note_forgotten(struct oracle *o)
{
    for (size_t i = 0; i < o->posted_count; i++) {
        struct posted *p = o->posted[i];
        if (p->id != 0 && llabs(o->world->now.s - p->stored_s) > REPEATS_S)
            p->may_come_again = true;
    }
}

void
oracle_step(struct oracle *o)
{
    if (o->world->now.s > o->latest_s)
        o->latest_s = o->world->now.s;
    if (o->world->contents == NULL && o->world->now.s != o->seen_s)
        note_forgotten(o);
    o->seen_s = o->world->now.s;
}

struct posted *
oracle_post(struct oracle *o, struct phone *sender, const char *user,
            const char *more_headers, struct slice body)
{
    struct posted *p = calloc(1, sizeof *p);
    char uri[ORACLE_TEXT], headers[4 * ORACLE_TEXT];

    assert(p != NULL);
    o->posted =
        grown(o->posted, o->posted_count, &o->posted_room, sizeof(struct posted *));
    o->posted[o->posted_count++] = p;
    p->number = (uint32_t)o->posted_count;
    p->body = malloc(body.len + 1);
    assert(p->body != NULL);
    memcpy(p->body, body.at, body.len);
    p->body_len = body.len;
    p->is_for_now = strstr(more_headers, "Expires: 0\r\n") != NULL;
    snprintf(p->user, ORACLE_TEXT, "%s", user);
    snprintf(p->ctype, ORACLE_TEXT, "text/plain; charset=\"x-%u\"", p->number);
    snprintf(p->subject, ORACLE_TEXT, "number  %u, \"%s\"", p->number, user);
    snprintf(uri, sizeof uri, "sip:%s@example.org", user);
    snprintf(headers, sizeof headers, "X-Number: %u\r\nSubject: %s\r\n%s", p->number,
             p->subject, more_headers);
    p->call = phone_message(sender, uri, headers, p->ctype, body);
    return p;
}

size_t
oracle_count_waiting(const struct oracle *o)
{
    size_t count = 0;

    for (size_t i = 0; i < o->posted_count; i++)
        if (oracle_is_waiting(o, o->posted[i]))
            count++;
    return count;
}

void
oracle_check_kept(struct oracle *o)
{
    for (size_t i = 0; i < o->posted_count; i++) {
        const struct posted *p = o->posted[i];
        if (!p->was_accepted || p->was_delivered || (p->id != 0 && is_over(o, p)) ||
            world_store_has(o->world, p->id))
            continue;
        world_fail(o->world, "kept: %u (id %llu) was answered 202 and is gone", p->number,
                   (unsigned long long)p->id);
    }
}
