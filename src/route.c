#include "src/route.h"

#include "parser/params.h"
#include "src/register.h"
#include "src/sip/branch.h"
#include "src/silo/dump.h"
#include "src/silo/dump_target.h"
#include "src/silo/live_copy.h"
#include "src/silo/store_message.h"
#include "src/way.h"

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
    responder_answer_with(router->responder, in, status, reason, name, value);
}

void
route_refuse(struct router *router, const struct incoming *in, unsigned status,
             struct slice reason)
{
    route_refuse_with(router, in, status, reason, slice_absent(), slice_absent());
}

/* RFC 3261 8.2.2.3: the option tags of Require that we lack; the length of their list. */
static size_t
unsupported_tags(const struct message *m, enum header_id id, char *out, size_t room)
{
    struct header_walk walk = message_walk(m, id);
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

/* Require speaks to who acts on the request, Proxy-Require to who passes it on. */
static bool
refuses_require(struct router *router, const struct incoming *in, enum header_id id)
{
    enum { ROOM = 1024 };
    char tags[ROOM];
    size_t len;

    if (in->message->method == METHOD_ACK || in->message->method == METHOD_CANCEL)
        return false; /* RFC 3261 8.2.2.3: must not be used there, ignored if it is */
    len = unsupported_tags(in->message, id, tags, ROOM);
    if (len == 0)
        return false;
    route_refuse_with(router, in, 420, SLICE("Bad Extension"), SLICE("Unsupported"),
                      len == ROOM ? message_header(in->message, id)
                                  : slice_of(tags, len));
    return true;
}

/* The refusals that look at the request alone, in the order of RFC 3261 8.2 and 16.3. */
static bool
refuses(struct router *router, const struct incoming *in, bool is_passed)
{
    const struct message *m = in->message;

    if (m->target.scheme != URI_SIP && m->target.scheme != URI_SIPS)
        route_refuse(router, in, 416, SLICE("Unsupported URI Scheme"));
    else if (refuses_require(router, in,
                             is_passed ? HEADER_PROXY_REQUIRE : HEADER_REQUIRE))
        return true;
    else if (m->max_forwards == 0 && m->method != METHOD_OPTIONS)
        route_refuse(router, in, 483, SLICE("Too Many Hops"));
    else if (branch_has_looped(&router->silo->durable, m))
        route_refuse(router, in, 482, SLICE("Loop Detected"));
    else
        return false;
    return true;
}

/* One that may go no further is answered by whoever has it (RFC 3261 11). */
static bool
is_options_for_us(const struct message *m, const struct way *way)
{
    return m->method == METHOD_OPTIONS &&
           ((way->is_ours && slice_is_absent(m->target.user)) || m->max_forwards == 0);
}

/* It goes on to somebody who acts on it; a MESSAGE may also stay. */
static bool
is_passed(const struct message *m, const struct way *way)
{
    if (is_options_for_us(m, way) || (m->method == METHOD_REGISTER && way->is_ours))
        return false;
    return way->first != NULL || way_is_foreign(way);
}

/* A proxy in front that has looked the contact up: the To tells whose message it is. */
static bool
is_for_our_to(const struct router *router, const struct incoming *in)
{
    char aor[AOR_MAX];

    return in->from_trusted && in->message->method == METHOD_MESSAGE &&
           domains_aor(router->domains, &in->message->to.uri, aor) > 0;
}

static bool
may_relay(const struct router *router, const struct incoming *in)
{
    return router->settings->relay == RELAY_ALL ||
           (router->settings->relay == RELAY_TRUSTED && in->from_trusted);
}

/* To a contact of our users, whose own way leads there. */
static bool
is_in_dialog(const struct message *m, const struct way *way)
{
    return way->is_contact && !slice_is_absent(m->to.tag);
}

/* Never an open relay: neither by the Request-URI nor by Route. */
static bool
refuses_way(struct router *router, const struct incoming *in, struct way *way)
{
    if (!is_passed(in->message, way))
        return false;
    if (!in->from_trusted && is_in_dialog(in->message, way))
        way->route = slice_of("", 0); /* a stranger's Route is not followed */
    if (way->route.len > 0 && !in->from_trusted && !may_relay(router, in))
        route_refuse(router, in, 403, SLICE("Routing Not Allowed"));
    else if (way_is_foreign(way) && !may_relay(router, in) && !is_for_our_to(router, in))
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
    responder_begin(responder, &w, in, 200, SLICE("OK"));
    writer_header(&w, SLICE("Allow"), allowed);
    writer_header(&w, SLICE("Accept"), SLICE("*/*"));
    writer_header(&w, SLICE("Supported"), supported);
    writer_body(&w, slice_absent());
    responder_send(responder, &w, in);
}

/* What the Request-URI and the rest of Route say, to somebody else's domain. */
static struct target
foreign_target(const struct incoming *in, const struct way *way)
{
    return (struct target){ .r_uri = target_uri(in->message->request_uri),
                            .route = way->route };
}

/* A MESSAGE that comes from the proxy that a contact is behind has been tried there. */
static bool
came_from(const struct incoming *in, const struct binding *binding)
{
    return in->from_trusted && binding->path.len > 0 &&
           address_equal(&in->flow.peer, &binding->flow.peer);
}

/* The targets that a MESSAGE has; NULL with *count 0: none, or out of memory. */
static struct target *
message_targets(struct router *router, const struct incoming *in, const struct way *way,
                size_t *count)
{
    struct arena *arena = router->silo->arena;
    size_t room = 1;
    struct target *targets;

    *count = 0;
    for (const struct binding *b = way->first; b != NULL; b = way_next(way, b))
        room++;
    targets = arena_alloc(arena, room * sizeof *targets);
    if (targets == NULL)
        return NULL;
    for (const struct binding *b = way->first; b != NULL; b = way_next(way, b))
        if (binding_is_usable(router->silo, b) && !came_from(in, b) &&
            way_target(way, b, arena, &targets[*count]))
            ++*count;
    if (*count > 1 && branch_was_here(in->message))
        *count = 1; /* RFC 5393 5: users that point at each other would multiply it */
    if (way_is_foreign(way) && may_relay(router, in))
        targets[(*count)++] = foreign_target(in, way);
    return targets;
}

/* Whether messages wait that this one must not overtake. One that cannot be stored is for now
 * or never. */
static bool
goes_behind(const struct router *router, const struct incoming *in, const struct way *way)
{
    char text[AOR_MAX];
    size_t len;

    if (way->aor.len == 0 || !dump_is_there(router->silo, way->aor) ||
        !store_is_possible(router->silo, in))
        return false;
    if (way->is_ours)
        return true;
    len = domains_aor(router->domains, &in->message->to.uri, text);
    return slice_equal(way->aor, slice_of(text, len));
}

static void
complete(struct router *router, const struct incoming *in, unsigned status)
{
    const struct server_outcome outcome = { (uint16_t)status, RELAY_DETAIL };

    server_table_complete(router->requests, &in->key, outcome, in->flow.protocol,
                          in->now);
}

static void
store_it(struct router *router, const struct incoming *in, const struct way *way)
{
    const struct store_order order = {
        .in = in,
        .mode = router->settings->store_mode,
        .was_tried = way->first != NULL && came_from(in, way->first),
    };

    if (is_passed(in->message, way) && refuses_require(router, in, HEADER_REQUIRE))
        complete(router, in, 420); /* who keeps it acts on it, after all */
    else
        store_message(router->silo, &order);
}

/* There is no room to relay it. What is for somebody else's user has no silo to wait in. */
static void
keep_or_refuse(struct router *router, const struct incoming *in, const struct way *way)
{
    char text[AOR_MAX];

    if (way->aor.len > 0 ||
        domains_aor(router->domains, &in->message->to.uri, text) > 0) {
        store_it(router, in, way);
        return;
    }
    store_refuse(router->silo, in, OUTCOME_BUSY);
}

/* Its transaction is new: to his phones, or into his silo. */
static void
start_message(struct router *router, const struct incoming *in, const struct way *way)
{
    size_t count;
    struct target *targets = message_targets(router, in, way, &count);
    const struct relay_order order = {
        .in = in,
        .targets = targets,
        .count = count,
        .aor = way->aor,
    };

    if (count == 0 || router->silo->is_stopping || goes_behind(router, in, way) ||
        store_has_seen(router->silo, in))
        store_it(router, in, way);
    else if (!relay_start(router->relays, &order))
        keep_or_refuse(router, in, way);
}

static void
take_message(struct router *router, struct incoming *in, const struct way *way)
{
    const struct settings *settings = router->settings;
    struct server_outcome outcome;

    if (settings->auth_message == AUTH_TRUSTED && !in->from_trusted) {
        route_refuse(router, in, 403,
                     SLICE("Messages Are Taken From Trusted Peers Alone"));
        return;
    }
    switch (incoming_receive(in, router->requests, &outcome)) {
    case SERVER_NEW:
        start_message(router, in, way);
        break;
    case SERVER_TRYING: /* our 100, where it was sent, is not said again: T2 is soon over */
        break;
    case SERVER_COMPLETED:
        if (outcome.detail == RELAY_DETAIL)
            relay_answer_again(router->relays, in, outcome.status);
        else
            store_answer(router->silo, in, (enum store_outcome)outcome.detail);
        break;
    case SERVER_TABLE_FULL:
        store_answer(router->silo, in, OUTCOME_BUSY);
        break;
    }
}

/* RFC 3261 16.7 step 6 leaves these to us; never 408 (RFC 4320 4.2). */
static void
answer_unreached(struct router *router, const struct relay_failure *failure)
{
    if (failure->timed_out)
        route_refuse(router, failure->in, 504, SLICE("Server Time-out"));
    else
        route_refuse(router, failure->in, 500, SLICE("Next Hop Cannot Be Reached"));
    complete(router, failure->in, failure->timed_out ? 504 : 500);
}

void *
route_relay_failed(void *self, const struct relay_failure *failure)
{
    struct router *router = self;
    const struct incoming *in = failure->in;
    struct uri new_uri;
    const char *why;
    struct store_order order = {
        .in = in,
        .mode = router->settings->failure_mode,
        .was_tried = true,
    };

    if (failure->aor.len == 0) {
        answer_unreached(router, failure);
        return NULL;
    }
    if (refuses_require(router, in, HEADER_REQUIRE)) {
        complete(router, in, 420);
        return NULL;
    }
    if (uri_parse(failure->r_uri, &new_uri, &why) == PARSE_OK)
        order.new_uri = &new_uri;
    if (failure->listens)
        order.copy = live_copy_new(router->silo);
    store_message(router->silo, &order);
    return order.copy;
}

void
route_relay_late(void *router, void *copy, bool taken, struct moment now)
{
    (void)router;
    live_copy_over(copy, taken, now);
}

/* Between users it is passed to the best contact, without state (RFC 3261 16.11). */
static void
pass_other(struct router *router, const struct incoming *in, const struct way *way)
{
    const struct message *m = in->message;
    struct target target = foreign_target(in, way);

    if (way->first != NULL && !way_target(way, way->first, router->silo->arena, &target))
        route_refuse(router, in, 500, SLICE("Out Of Memory"));
    else if (way->first != NULL || way_is_foreign(way))
        pass_request(router->passes, in, &target);
    else if (m->method == METHOD_CANCEL)
        route_refuse(router, in, 481, SLICE("Call/Transaction Does Not Exist"));
    else if (way->aor.len > 0)
        route_refuse(router, in, 404, SLICE("Not Found"));
    else
        route_refuse_with(router, in, 405, SLICE("Method Not Allowed"), SLICE("Allow"),
                          allowed);
}

void
route_request(struct router *router, struct incoming *in)
{
    const struct message *m = in->message;
    struct way way;

    if (!way_find(&way, router->domains, router->location, router->silo->arena, m))
        route_refuse(router, in, 500, SLICE("Out Of Memory"));
    else if (refuses(router, in, is_passed(m, &way)) || refuses_way(router, in, &way))
        return;
    else if (m->method == METHOD_REGISTER && way.is_ours)
        register_request(router, in);
    else if (is_options_for_us(m, &way))
        answer_options(router, in);
    else if (m->method == METHOD_MESSAGE)
        take_message(router, in, &way);
    else
        pass_other(router, in, &way);
}
