#include "src/route.h"

#include "parser/params.h"
#include "src/register.h"
#include "src/sip/branch.h"
#include "src/silo/store_message.h"

enum {
    REFUSALS_LOGGED = 60, /* a minute */
};

static const struct slice allowed = SLICE_INIT("REGISTER, MESSAGE, OPTIONS, CANCEL, ACK");
static const struct slice supported = SLICE_INIT("path");

static void
log_refusal(struct router *router, const struct incoming *in, unsigned status,
            struct slice reason)
{
    char from[ADDRESS_TEXT];
    uint32_t missed;

    if (!log_gate_pass(&router->refusals, REFUSALS_LOGGED, in->now.s, &missed))
        return;
    LOG(LOG_INFO, "sip.refused", LOG_TEXT("from", address_print(&in->flow.peer, from)),
        LOG_TEXT("protocol", protocol_name(in->flow.protocol)),
        LOG_TEXT("method", in->message->method_name), LOG_NUMBER("status", status),
        LOG_TEXT("why", reason), LOG_NUMBER("missed", missed));
}

void
route_refuse_with(struct router *router, const struct incoming *in, unsigned status,
                  struct slice reason, struct slice name, struct slice value)
{
    log_refusal(router, in, status, reason);
    if (in->message->method == METHOD_ACK)
        return; /* RFC 3261 17: an ACK is never answered */
    responder_answer_with(router->responder, in->message, &in->flow, status, reason, name,
                          value);
}

void
route_refuse(struct router *router, const struct incoming *in, unsigned status,
             struct slice reason)
{
    route_refuse_with(router, in, status, reason, slice_absent(), slice_absent());
}

/* RFC 3261 8.2.2.3: the option tags of Require that we lack; the length of their list. */
static size_t
unsupported_tags(const struct message *m, char *out, size_t room)
{
    struct header_walk walk = message_walk(m, HEADER_REQUIRE);
    struct slice tag;
    struct writer w;

    writer_init(&w, out, room);
    while (header_walk_next(&walk, &tag)) {
        if (tag.len == 0 || slice_equal_nocase(tag, supported))
            continue;
        if (w.len > 0)
            writer_bytes(&w, SLICE(", "));
        writer_value(&w, tag);
    }
    return w.overflow ? room : w.len;
}

static bool
refuses_require(struct router *router, const struct incoming *in)
{
    enum { ROOM = 1024 };
    char tags[ROOM];
    size_t len;

    if (in->message->method == METHOD_ACK || in->message->method == METHOD_CANCEL)
        return false; /* RFC 3261 8.2.2.3: must not be used there, ignored if it is */
    len = unsupported_tags(in->message, tags, ROOM);
    if (len == 0)
        return false;
    route_refuse_with(router, in, 420, SLICE("Bad Extension"), SLICE("Unsupported"),
                      len == ROOM ? message_header(in->message, HEADER_REQUIRE)
                                  : slice_of(tags, len));
    return true;
}

/* The refusals that look at the request alone, in the order of RFC 3261 8.2 and 16.3. */
static bool
refuses(struct router *router, const struct incoming *in)
{
    const struct message *m = in->message;

    if (m->target.scheme != URI_SIP && m->target.scheme != URI_SIPS)
        route_refuse(router, in, 416, SLICE("Unsupported URI Scheme"));
    else if (refuses_require(router, in))
        return true;
    else if (m->max_forwards == 0 && m->method != METHOD_OPTIONS)
        route_refuse(router, in, 483, SLICE("Too Many Hops"));
    else if (branch_has_looped(&router->silo->durable, m))
        route_refuse(router, in, 482, SLICE("Loop Detected"));
    else if (!domains_has(router->domains, &m->target))
        route_refuse(router, in, 403, SLICE("Relaying Not Allowed"));
    else
        return false;
    return true;
}

static void
answer_options(struct router *router, const struct incoming *in)
{
    struct responder *responder = router->responder;
    struct writer w;

    if (router->silo->is_stopping) {
        route_refuse(router, in, 503, SLICE("Shutting Down"));
        return;
    }
    writer_init(&w, responder->buffer, sizeof responder->buffer);
    responder_begin(responder, &w, in->message, &in->flow, 200, SLICE("OK"));
    writer_header(&w, SLICE("Allow"), allowed);
    writer_header(&w, SLICE("Accept"), SLICE("*/*"));
    writer_header(&w, SLICE("Supported"), supported);
    writer_body(&w, slice_absent());
    responder_send(responder, &w, in->message, &in->flow);
}

static void
take_message(struct router *router, struct incoming *in)
{
    const struct settings *settings = router->settings;
    struct server_outcome outcome;

    if (settings->auth_message == AUTH_TRUSTED && !in->from_trusted) {
        route_refuse(router, in, 403,
                     SLICE("Messages Are Taken From Trusted Peers Alone"));
        return;
    }
    in->key = server_key_of(router->requests, in->message);
    switch (server_table_receive(router->requests, &in->key, &outcome, in->now)) {
    case SERVER_NEW:
        store_message(router->silo, in, settings->store_mode, NULL);
        break;
    case SERVER_TRYING:
        break;
    case SERVER_COMPLETED:
        store_answer(router->silo, in, (enum store_outcome)outcome.detail);
        break;
    case SERVER_TABLE_FULL:
        store_answer(router->silo, in, OUTCOME_BUSY);
        break;
    }
}

/* A method that is not for us: its user's, if he were reachable. */
static void
answer_other(struct router *router, const struct incoming *in)
{
    char text[AOR_MAX];
    size_t len = domains_aor(router->domains, &in->message->target, text);

    if (in->message->method == METHOD_ACK)
        return; /* RFC 3261 17: never answered */
    if (in->message->method == METHOD_CANCEL)
        route_refuse(router, in, 481, SLICE("Call/Transaction Does Not Exist"));
    else if (len > 0 && location_find(router->location, slice_of(text, len)) == NULL)
        route_refuse(router, in, 404, SLICE("Not Found"));
    else
        route_refuse_with(router, in, 405, SLICE("Method Not Allowed"), SLICE("Allow"),
                          allowed);
}

/* One that may go no further is answered by whoever has it (RFC 3261 11). */
static bool
is_options_for_us(const struct message *m)
{
    return m->method == METHOD_OPTIONS &&
           (slice_is_absent(m->target.user) || m->max_forwards == 0);
}

void
route_request(struct router *router, struct incoming *in)
{
    const struct message *m = in->message;

    if (refuses(router, in))
        return;
    if (m->method == METHOD_REGISTER)
        register_request(router, in);
    else if (is_options_for_us(m))
        answer_options(router, in);
    else if (m->method == METHOD_MESSAGE)
        take_message(router, in);
    else
        answer_other(router, in);
}
