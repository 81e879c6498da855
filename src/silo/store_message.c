#include "src/silo/store_message.h"

#include "parser/writer.h"
#include "src/silo/dump.h"
#include "src/silo/dump_request.h"
#include "src/silo/live_copy.h"
#include "src/silo/new_record.h"
#include "src/silo/notice.h"

enum {
    REFUSALS_LOGGED = 60, /* a minute */
};

static const struct outcome {
    unsigned status;
    struct slice reason;
    bool may_pass; /* the same request may be taken later: Retry-After */
} outcomes[OUTCOME_COUNT] = {
    [OUTCOME_ACCEPTED] = { 202, SLICE_INIT("Accepted"), false },
    [OUTCOME_NO_AOR] = { 503, SLICE_INIT("No Address Of Record Of Ours"), false },
    [OUTCOME_REGISTRAR] = { 503, SLICE_INIT("Registrar's Messages Are Not Stored"),
                            false },
    [OUTCOME_AOR_FULL] = { 503, SLICE_INIT("Silo Of This User Is Full"), true },
    [OUTCOME_STORE_FULL] = { 503, SLICE_INIT("Store Is Full"), true },
    [OUTCOME_STORE_FAILED] = { 503, SLICE_INIT("Store Failed"), true },
    [OUTCOME_BUSY] = { 503, SLICE_INIT("Too Many Messages At Once"), true },
    [OUTCOME_STORE_HANGS] = { 503, SLICE_INIT("Store Does Not Answer"), true },
    [OUTCOME_STOPPING] = { 503, SLICE_INIT("Shutting Down"), true },
    [OUTCOME_TOO_LARGE] = { 413, SLICE_INIT("Too Large To Be Delivered"), false },
    [OUTCOME_NOT_STORED_TYPE] = { 480, SLICE_INIT("Offline And Not Stored By Type"),
                                  false },
    [OUTCOME_NOT_STORED_EXPIRED] = { 480, SLICE_INIT("Offline And Expired"), false },
};

/* What waits for the commit: lives in the batch. */
struct stored_wait {
    struct journal_wait wait;
    struct silo *silo;
    struct server_key key;
    enum protocol protocol; /* that it came over */
    struct flow answer_to;
    struct slice answer; /* the headers that are copied from the request */
    struct slice aor;
    struct slice call_id;
    struct hash128 origin;
    size_t body_bytes;
    struct notice_order *notice; /* NULL: none is wanted */
    bool was_tried;
    struct live_copy *copy; /* NULL: none */
};

unsigned
store_outcome_status(enum store_outcome outcome)
{
    return outcomes[outcome].status;
}

struct slice
store_outcome_reason(enum store_outcome outcome)
{
    return outcomes[outcome].reason;
}

uint32_t
store_retry_after_s(const struct server_key *key)
{
    return LIMIT_RETRY_AFTER_S +
           key->hash.bytes[sizeof key->hash.bytes - 1] % LIMIT_RETRY_SPREAD_S;
}

static void
write_retry_after(struct writer *w, enum store_outcome outcome,
                  const struct server_key *key)
{
    if (!outcomes[outcome].may_pass)
        return;
    writer_bytes(w, SLICE("Retry-After: "));
    writer_number(w, store_retry_after_s(key));
    writer_bytes(w, SLICE("\r\n"));
}

void
store_answer(struct silo *silo, const struct incoming *in, enum store_outcome outcome)
{
    struct responder *responder = silo->responder;
    struct writer w;

    writer_init(&w, responder->buffer, sizeof responder->buffer);
    responder_begin(responder, &w, in, outcomes[outcome].status,
                    outcomes[outcome].reason);
    write_retry_after(&w, outcome, &in->key);
    writer_body(&w, slice_absent());
    responder_send(responder, &w, in);
}

/* The answer that is in the batch, with the status that it has now. */
static void
send_kept_answer(const struct stored_wait *wait, enum store_outcome outcome)
{
    struct responder *responder = wait->silo->responder;
    const struct transport *transport = responder->transport;
    struct slice bytes;
    struct writer w;

    writer_init(&w, responder->buffer, sizeof responder->buffer);
    writer_bytes(&w, SLICE("SIP/2.0 "));
    writer_number(&w, outcomes[outcome].status);
    writer_bytes(&w, SLICE(" "));
    writer_bytes(&w, outcomes[outcome].reason);
    writer_bytes(&w, SLICE("\r\n"));
    writer_bytes(&w, wait->answer);
    write_retry_after(&w, outcome, &wait->key);
    writer_body(&w, slice_absent());
    bytes = writer_done(&w);
    if (!slice_is_absent(bytes))
        transport->send(transport->self, &wait->answer_to, bytes);
}

static enum store_outcome
outcome_of(const struct journal_result *result)
{
    if (result->status == STORE_FULL)
        return OUTCOME_STORE_FULL;
    if (result->status != STORE_OK)
        return OUTCOME_STORE_FAILED;
    switch (result->put) {
    case PUT_STORED:
    case PUT_REPEATED:
        return OUTCOME_ACCEPTED;
    case PUT_AOR_FULL:
        return OUTCOME_AOR_FULL;
    case PUT_NO_SPACE:
        break;
    }
    return OUTCOME_STORE_FULL;
}

static void
count_refusal(struct silo *silo, struct slice aor, struct slice call_id,
              enum store_outcome outcome, struct moment now)
{
    uint32_t missed;

    silo->counters.refused++;
    if (log_gate_pass(&silo->refusals, REFUSALS_LOGGED, now.s, &missed))
        LOG(LOG_WARN, "silo.refused", LOG_TEXT("aor", aor),
            LOG_TEXT("why", outcomes[outcome].reason), LOG_TEXT("call-id", call_id),
            LOG_NUMBER("missed", missed));
}

/* What reached a phone is remembered like any answer: it must not ring there again. */
static void
end_transaction(struct silo *silo, const struct server_key *key,
                enum store_outcome outcome, enum protocol protocol, bool was_tried,
                struct moment now)
{
    const struct server_outcome kept = { (uint16_t)outcomes[outcome].status,
                                         (uint16_t)outcome };

    if (outcomes[outcome].may_pass && !was_tried)
        server_table_refuse(silo->requests, key, kept, protocol, now);
    else
        server_table_complete(silo->requests, key, kept, protocol, now);
}

static void
refuse(struct silo *silo, const struct incoming *in, enum store_outcome outcome,
       bool was_tried)
{
    count_refusal(silo, slice_absent(), in->message->call_id, outcome, in->now);
    end_transaction(silo, &in->key, outcome, in->flow.protocol, was_tried, in->now);
    store_answer(silo, in, outcome);
}

void
store_refuse(struct silo *silo, const struct incoming *in, enum store_outcome outcome)
{
    refuse(silo, in, outcome, false);
}

static void
count_and_log(const struct stored_wait *wait, const struct journal_result *result,
              enum store_outcome outcome, struct moment now)
{
    struct silo_counters *counters = &wait->silo->counters;

    if (outcome != OUTCOME_ACCEPTED) {
        count_refusal(wait->silo, wait->aor, wait->call_id, outcome, now);
    } else if (result->put == PUT_REPEATED) {
        counters->repeated++;
        LOG(LOG_INFO, "silo.repeated", LOG_TEXT("aor", wait->aor),
            LOG_TEXT("call-id", wait->call_id));
    } else {
        counters->stored++;
        LOG(LOG_INFO, "silo.stored", LOG_TEXT("aor", wait->aor),
            LOG_NUMBER("mid", result->id), LOG_NUMBER("bytes", wait->body_bytes),
            LOG_TEXT("call-id", wait->call_id));
    }
}

static void
stored(struct journal_wait *journal_wait, const struct journal_result *result,
       struct moment now)
{
    struct stored_wait *wait = CONTAINER_OF(journal_wait, struct stored_wait, wait);
    struct silo *silo = wait->silo;
    enum store_outcome outcome = outcome_of(result);
    bool is_new = outcome == OUTCOME_ACCEPTED && result->put == PUT_STORED;

    send_kept_answer(wait, outcome);
    end_transaction(silo, &wait->key, outcome, wait->protocol, wait->was_tried, now);
    count_and_log(wait, result, outcome, now);
    if (wait->copy != NULL)
        live_copy_stored(wait->copy, is_new ? result->id : 0, wait->aor, now);
    if (!is_new)
        return;
    recent_add(&silo->recent, &wait->origin, now);
    if (wait->notice != NULL)
        notice_send(silo, wait->notice, now);
    if (wait->was_tried)
        dump_stored_for_later(silo, wait->aor, now);
    else
        dump_stored(silo, wait->aor);
}

/* The AoR that the mode finds first; its length, 0 for none. */
static size_t
choose_aor(const struct silo *silo, const struct store_order *order, char out[AOR_MAX])
{
    const struct message *m = order->in->message;
    const struct uri *candidates[] = { order->new_uri, &m->target, &m->to.uri };

    for (uint32_t i = order->mode; i < 3; i++) {
        size_t len =
            candidates[i] == NULL ? 0 : domains_aor(silo->domains, candidates[i], out);

        if (len > 0)
            return len;
    }
    return 0;
}

/* From and AoR against msilo.registrar: its own messages are never stored, so that a notice
 * cannot breed another. */
static bool
is_registrars(const struct silo *silo, const struct message *m, struct slice aor)
{
    char registrar_aor[AOR_MAX], from_aor[AOR_MAX];
    struct slice registrar;
    struct uri uri;
    const char *why;

    if (slice_is_absent(silo->settings->registrar) ||
        uri_parse(silo->settings->registrar, &uri, &why) != PARSE_OK)
        return false;
    registrar = slice_of(registrar_aor, uri_canonical_aor(&uri, registrar_aor, AOR_MAX));
    return slice_equal(registrar, aor) ||
           slice_equal(
               registrar,
               slice_of(from_aor, uri_canonical_aor(&m->from.uri, from_aor, AOR_MAX)));
}

static bool
is_nostore_type(const struct settings *settings, const struct message *m)
{
    struct slice type = message_header(m, HEADER_CONTENT_TYPE);

    type = slice_trim(slice_head(type, slice_find(type, ';')));
    for (uint32_t i = 0; i < settings->nostore_type_count; i++)
        if (slice_equal_nocase(type, settings->nostore_types[i]))
            return true;
    return false;
}

/* Our answer from behind its status line on, in the batch; what depends on the outcome comes
 * last, as in store_answer: a repetition gets the same bytes (RFC 3261 17.2.2). */
static struct slice
keep_answer(struct silo *silo, const struct incoming *in)
{
    struct responder *responder = silo->responder;
    struct writer w;
    struct slice whole;

    writer_init(&w, responder->buffer, sizeof responder->buffer);
    responder_begin(responder, &w, in, 202, SLICE("Accepted"));
    whole = writer_done(&w);
    return journal_keep(&silo->journal, slice_skip(whole, slice_find(whole, '\n') + 1));
}

static struct stored_wait *
make_wait(struct silo *silo, const struct store_order *order, const struct record *record)
{
    const struct incoming *in = order->in;
    struct stored_wait *wait = journal_alloc(&silo->journal, sizeof *wait);

    if (wait == NULL)
        return NULL;
    *wait = (struct stored_wait){
        .wait = { stored },
        .silo = silo,
        .key = in->key,
        .protocol = in->flow.protocol,
        .answer_to = responder_flow(in),
        .answer = keep_answer(silo, in),
        .aor = journal_keep(&silo->journal, record->aor),
        .call_id = journal_keep(&silo->journal, record->call_id),
        .origin = record->origin,
        .body_bytes = record->body.len,
        .notice = notice_order(silo, in, record->aor),
        .was_tried = order->was_tried,
        .copy = order->copy,
    };
    return slice_is_absent(wait->answer) || slice_is_absent(wait->aor) ? NULL : wait;
}

static enum store_outcome
put_in_journal(struct silo *silo, const struct store_order *order,
               const struct record *record)
{
    struct stored_wait *wait = make_wait(silo, order, record);
    struct put *put =
        wait == NULL ? NULL : journal_put(&silo->journal, record, &wait->wait);

    if (put == NULL)
        return OUTCOME_BUSY;
    put->max_messages = silo->settings->max_messages;
    put->max_bytes = silo->settings->max_bytes;
    return OUTCOME_ACCEPTED;
}

/* OUTCOME_ACCEPTED means: it is in the open batch, and answered when that is back. */
static enum store_outcome
try_to_store(struct silo *silo, const struct store_order *order)
{
    const struct incoming *in = order->in;
    char text[AOR_MAX];
    struct slice aor = slice_of(text, choose_aor(silo, order, text));
    struct record record;

    if (silo->is_stopping)
        return OUTCOME_STOPPING;
    if (aor.len == 0)
        return OUTCOME_NO_AOR;
    if (is_registrars(silo, in->message, aor))
        return OUTCOME_REGISTRAR;
    if (is_nostore_type(silo->settings, in->message))
        return OUTCOME_NOT_STORED_TYPE;
    if (new_record_expiry(silo->settings, in->message, in->now.s) <= in->now.s)
        return OUTCOME_NOT_STORED_EXPIRED;
    if (journal_hangs(&silo->journal, in->now))
        return OUTCOME_STORE_HANGS;
    if (journal_is_full(&silo->journal))
        return OUTCOME_BUSY; /* before anything is made of it: to refuse must cost little */
    if (!new_record(silo, in, aor, &record))
        return OUTCOME_BUSY;
    if (!dump_request_fits(&record))
        return OUTCOME_TOO_LARGE;
    return put_in_journal(silo, order, &record);
}

static bool
has_seen_under(const struct silo *silo, const struct incoming *in, struct slice aor)
{
    struct hash128 origin = new_record_origin(silo, in->message, aor);

    return recent_has(&silo->recent, &origin);
}

bool
store_has_seen(const struct silo *silo, const struct incoming *in)
{
    const struct settings *settings = silo->settings;
    const struct store_order first = { .in = in, .mode = settings->store_mode };
    const struct store_order second = { .in = in, .mode = settings->failure_mode };
    char first_text[AOR_MAX], second_text[AOR_MAX];
    struct slice first_aor, second_aor;

    if (recent_is_empty(&silo->recent))
        return false;
    first_aor = slice_of(first_text, choose_aor(silo, &first, first_text));
    second_aor = slice_of(second_text, choose_aor(silo, &second, second_text));
    return has_seen_under(silo, in, first_aor) ||
           (!slice_equal(first_aor, second_aor) && has_seen_under(silo, in, second_aor));
}

bool
store_is_possible(const struct silo *silo, const struct incoming *in)
{
    return !is_nostore_type(silo->settings, in->message) &&
           new_record_expiry(silo->settings, in->message, in->now.s) > in->now.s;
}

/* A request that is known to be durable needs no room: 202 without asking the store. */
static void
accept_again(struct silo *silo, const struct incoming *in)
{
    silo->counters.repeated++;
    LOG(LOG_INFO, "silo.repeated", LOG_TEXT("call-id", in->message->call_id));
    end_transaction(silo, &in->key, OUTCOME_ACCEPTED, in->flow.protocol, false, in->now);
    store_answer(silo, in, OUTCOME_ACCEPTED);
}

void
store_message(struct silo *silo, const struct store_order *order)
{
    const struct incoming *in = order->in;
    enum store_outcome outcome = try_to_store(silo, order);

    if (outcome == OUTCOME_ACCEPTED)
        return;
    if ((outcome == OUTCOME_BUSY || outcome == OUTCOME_STORE_HANGS) &&
        store_has_seen(silo, in))
        accept_again(silo, in);
    else
        refuse(silo, in, outcome, order->was_tried);
    if (order->copy != NULL)
        live_copy_stored(order->copy, 0, slice_absent(), in->now);
}
