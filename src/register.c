#include "src/register.h"

#include "parser/date.h"
#include "src/silo/dump.h"
#include "src/silo/dump_target.h"
#include "src/silo/store_message.h"

enum {
    ANSWER_STATUS_OK = 200,
};

/* What waits for the commit of saved bindings: lives in the batch. */
struct saved_wait {
    struct journal_wait wait;
    struct router *router;
    struct server_key key;
    enum protocol protocol;
    struct flow answer_to;
    struct slice accepted, failed; /* both answers, whole */
    struct slice aor;
    struct slice before;  /* the AoR's saved bindings as they were; empty: none */
    struct slice contact; /* of the request, the best that takes MESSAGE; absent: none */
};

static struct slice
write_accepted(struct router *router, const struct incoming *in, struct slice aor)
{
    struct responder *responder = router->responder;
    char date[DATE_BYTES];
    struct writer w;

    writer_init(&w, responder->buffer, sizeof responder->buffer);
    responder_begin(responder, &w, in, ANSWER_STATUS_OK, SLICE("OK"));
    registrar_write_contacts(&w, router->location, in->message, aor, in->now);
    date_write(in->now.s, date);
    writer_header(&w, SLICE("Date"), slice_of(date, sizeof date));
    writer_body(&w, slice_absent());
    return writer_done(&w);
}

static void
accept_now(struct router *router, const struct incoming *in, struct slice aor)
{
    const struct transport *transport = router->transport;
    struct flow flow = responder_flow(in);
    struct slice bytes = write_accepted(router, in, aor);

    if (slice_is_absent(bytes))
        responder_answer(router->responder, in, 500, SLICE("Bindings Fit No Answer"));
    else
        transport->send(transport->self, &flow, bytes);
}

/* What is too brief is told the least, what is too much when to come again. */
static void
refuse_now(struct router *router, const struct incoming *in, unsigned status,
           struct slice reason)
{
    char digits[16];
    struct writer w;

    writer_init(&w, digits, sizeof digits);
    writer_number(&w, status == 423 ? router->settings->min_expires_s
                                    : store_retry_after_s(&in->key));
    if (status == 423 || status == 503)
        route_refuse_with(router, in, status, reason,
                          status == 423 ? SLICE("Min-Expires") : SLICE("Retry-After"),
                          writer_done(&w));
    else
        route_refuse(router, in, status, reason);
}

static void
finish(struct router *router, const struct server_key *key, enum protocol protocol,
       struct moment now)
{
    struct server_outcome outcome = { ANSWER_STATUS_OK, 0 };

    server_table_complete(router->requests, key, outcome, protocol, now);
}

/* The AoR was changed: if that leaves a phone that can be sent to, it is. */
static void
start_dump(struct router *router, struct slice aor, struct slice contact)
{
    if (dump_binding(router->silo, aor, contact) != NULL)
        dump_registered(router->silo, aor, contact);
    else
        dump_resume(router->silo, aor);
}

static void
saved(struct journal_wait *journal_wait, const struct journal_result *result,
      struct moment now);

/* Its bindings could not be saved. A later REGISTER that waits in the open batch was built on
 * them, and what it will be promised stays: it takes over what to go back to. */
static void
put_back(const struct saved_wait *wait, struct moment now)
{
    struct router *router = wait->router;
    struct journal *journal = &router->silo->journal;
    struct journal_wait *later = journal_find_binding(journal, wait->aor, saved);
    struct slice before;

    if (later == NULL) {
        location_restore(router->location, wait->aor, wait->before, now);
        unsaved_changed(router->unsaved, wait->aor);
        return;
    }
    before = journal_keep(journal, wait->before);
    if (before.len == wait->before.len)
        CONTAINER_OF(later, struct saved_wait, wait)->before = before;
}

/* Where the store has no room they serve from memory: else nothing would be delivered from it,
 * and no room would come. */
static void
saved(struct journal_wait *journal_wait, const struct journal_result *result,
      struct moment now)
{
    struct saved_wait *wait = CONTAINER_OF(journal_wait, struct saved_wait, wait);
    struct router *router = wait->router;
    const struct transport *transport = router->transport;
    bool is_saved = result->status == STORE_OK && result->put == PUT_STORED;
    bool is_full = result->status == STORE_FULL ||
                   (result->status == STORE_OK && result->put == PUT_NO_SPACE);

    if (is_saved)
        unsaved_forget(router->unsaved, wait->aor);
    else if (is_full)
        unsaved_note(router->unsaved, wait->aor, now);
    transport->send(transport->self, &wait->answer_to,
                    is_saved || is_full ? wait->accepted : wait->failed);
    if (is_saved || is_full) {
        finish(router, &wait->key, wait->protocol, now);
        start_dump(router, wait->aor, wait->contact);
        return;
    }
    server_table_forget(router->requests, &wait->key);
    put_back(wait, now);
    dump_resume(router->silo, wait->aor);
}

static struct slice
write_failed(struct router *router, const struct incoming *in)
{
    struct responder *responder = router->responder;
    struct writer w;

    writer_init(&w, responder->buffer, sizeof responder->buffer);
    responder_begin(responder, &w, in, 500, SLICE("Bindings Cannot Be Saved"));
    writer_body(&w, slice_absent());
    return writer_done(&w);
}

/* Puts the AoR's bindings into the open batch; the answer follows the commit. */
static bool
save_bindings(struct router *router, const struct incoming *in, struct slice aor,
              const struct registrar_result *result, struct slice before)
{
    struct journal *journal = &router->silo->journal;
    struct saved_wait *wait = journal_alloc(journal, sizeof *wait);
    struct slice after = unsaved_encode(router->silo, aor, in->now);
    bool is_empty = location_find(router->location, aor) == NULL;

    if (wait == NULL || slice_is_absent(after) || (after.len == 0 && !is_empty))
        return false;
    *wait = (struct saved_wait){
        .wait = { saved },
        .router = router,
        .key = in->key,
        .protocol = in->flow.protocol,
        .answer_to = responder_flow(in),
        .accepted = journal_keep(journal, write_accepted(router, in, aor)),
        .failed = journal_keep(journal, write_failed(router, in)),
        .aor = journal_keep(journal, aor),
        .before = journal_keep(journal, before),
        .contact = journal_keep(journal, result->contact),
    };
    if (slice_is_absent(wait->accepted) || slice_is_absent(wait->failed) ||
        slice_is_absent(wait->aor) || wait->before.len != before.len)
        return false;
    return journal_save_binding(journal, aor, is_empty ? slice_absent() : after,
                                &wait->wait);
}

static void
process(struct router *router, const struct incoming *in, struct slice aor)
{
    const struct settings *settings = router->settings;
    const struct registrar_settings bounds = {
        .default_expires_s = settings->default_expires_s,
        .min_expires_s = settings->min_expires_s,
        .max_expires_s = settings->max_expires_s,
        .max_contacts = settings->max_contacts,
    };
    bool is_saved = settings->db_mode == 1;
    bool verified = in->from_trusted || protocol_is_reliable(in->flow.protocol);
    struct slice before =
        is_saved ? unsaved_encode(router->silo, aor, in->now) : slice_absent();
    struct registrar_result result = { .status = 500, .reason = SLICE("Out Of Memory") };

    if (!is_saved || !slice_is_absent(before))
        result = registrar_process(router->location, &bounds, in->message, aor, &in->flow,
                                   verified, in->now);
    if (result.status != ANSWER_STATUS_OK) {
        server_table_forget(router->requests, &in->key);
        refuse_now(router, in, result.status, result.reason);
        return;
    }
    if (is_saved && result.changed) {
        if (save_bindings(router, in, aor, &result, before)) {
            dump_prepare(router->silo, aor);
            return;
        }
        location_restore(router->location, aor, before, in->now);
        server_table_forget(router->requests, &in->key);
        refuse_now(router, in, 503, SLICE("Too Many Bindings At Once"));
        return;
    }
    accept_now(router, in, aor);
    finish(router, &in->key, in->flow.protocol, in->now);
    if (result.changed)
        start_dump(router, aor, result.contact);
}

void
register_request(struct router *router, struct incoming *in)
{
    const struct message *m = in->message;
    struct server_outcome outcome;
    char text[AOR_MAX];
    struct slice aor = slice_of(text, domains_aor(router->domains, &m->to.uri, text));

    if (m->to.uri.scheme != URI_SIP && m->to.uri.scheme != URI_SIPS) {
        route_refuse(router, in, 400, SLICE("To Is Not A SIP URI"));
        return;
    }
    if (aor.len == 0) {
        route_refuse(router, in, 404, SLICE("Address Of Record Is Not Ours"));
        return;
    }
    if (router->settings->auth_register == AUTH_TRUSTED && !in->from_trusted) {
        route_refuse(router, in, 403, SLICE("Registers From Trusted Peers Alone"));
        return;
    }
    switch (incoming_receive(in, router->requests, &outcome)) {
    case SERVER_NEW:
        process(router, in, aor);
        break;
    case SERVER_TRYING:
        break;
    case SERVER_COMPLETED:
        accept_now(router, in, aor);
        break;
    case SERVER_TABLE_FULL:
        store_answer(router->silo, in, OUTCOME_BUSY);
        break;
    }
}
