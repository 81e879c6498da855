#include "src/silo/notice.h"

#include "src/sip/branch.h"
#include "src/silo/dump_target.h"
#include "src/silo/message_out.h"
#include "src/silo/notice_text.h"

#include <stdlib.h>

enum {
    WAYS = 4, /* places that one pair may take */
    SETS = LIMIT_NOTICES / WAYS,
    BODY_MAX = 4096, /* of a notice; a longer one is not sent */
};

/* One (sender, recipient), and until when it is silent. */
struct silence {
    uint64_t pair; /* keyed hash */
    int64_t until_s;
};

struct notices {
    struct hash_key key;
    struct notice *first; /* owned: those whose address is being looked up */
    struct silence silences[SETS][WAYS];
};

struct notice_order {
    struct slice contact; /* of the request; absent: its From URI is used */
    struct slice from_uri;
    struct slice aor, r_uri, to_uri;
};

/* A notice on its way to an address. */
struct notice {
    struct hop_wait hop_wait;
    struct silo *silo;
    struct notice *next;
    struct slice r_uri, route, to_uri, body; /* behind the struct */
    char texts[];
};

struct notices *
notices_new(const struct hash_key *key)
{
    struct notices *notices = calloc(1, sizeof *notices);

    if (notices != NULL)
        notices->key = *key;
    return notices;
}

void
notices_free(struct silo *silo, struct notices *notices)
{
    while (notices != NULL && notices->first != NULL) {
        struct notice *notice = notices->first;

        notices->first = notice->next;
        hop_wait_cancel(silo->hops, &notice->hop_wait);
        free(notice);
    }
    free(notices);
}

static struct slice
contact_of(const struct settings *settings, const struct message *m)
{
    struct contact_walk walk;
    const struct contact *contact;

    contact_walk_start(&walk, m);
    if (!settings->use_contact || contact_walk_next(&walk, &contact) != CONTACT_TAKEN ||
        contact->is_star)
        return slice_absent();
    return contact->address.uri.text;
}

struct notice_order *
notice_order(struct silo *silo, const struct incoming *in, struct slice aor)
{
    const struct message *m = in->message;
    const struct settings *settings = silo->settings;
    bool anybody =
        settings->auth_message == AUTH_NONE || settings->auth_message == AUTH_UNSET;
    struct notice_order *order;

    if (slice_is_absent(settings->registrar))
        return NULL;
    if (!anybody && !in->from_trusted && !protocol_is_reliable(in->flow.protocol))
        return NULL;
    order = journal_alloc(&silo->journal, sizeof *order);
    if (order == NULL)
        return NULL;
    *order = (struct notice_order){
        .contact = journal_keep(&silo->journal, contact_of(settings, m)),
        .from_uri = journal_keep(&silo->journal, m->from.uri.text),
        .aor = journal_keep(&silo->journal, aor),
        .r_uri = journal_keep(&silo->journal, m->request_uri),
        .to_uri = journal_keep(&silo->journal, m->to.uri.text),
    };
    return order;
}

/* One sender is one however he writes his URI: else each spelling would be told. */
static struct slice
sender_of(const struct notice_order *order, char text[AOR_MAX])
{
    struct uri from;
    const char *why;
    size_t len = 0;

    if (uri_parse(order->from_uri, &from, &why) == PARSE_OK)
        len = uri_canonical_aor(&from, text, AOR_MAX);
    return len == 0 ? order->from_uri : slice_of(text, len);
}

/* Whether the pair may be told now; then it is silent for a while. When every place of its
 * set is taken by younger pairs it may not: at most one notice is the promise. */
static bool
break_silence(struct notices *notices, const struct notice_order *order, int64_t now_s)
{
    char text[AOR_MAX];
    const struct slice parts[] = { sender_of(order, text), order->aor };
    uint64_t pair = tablehash64_parts(&notices->key, parts, 2);
    struct silence *set = notices->silences[pair % SETS], *place = NULL;

    for (int i = 0; i < WAYS; i++) {
        if (set[i].pair == pair && set[i].until_s > now_s)
            return false;
        if (set[i].until_s <= now_s)
            place = &set[i];
    }
    if (place == NULL)
        return false;
    *place = (struct silence){ pair, now_s + LIMIT_NOTICE_SILENCE_S };
    return true;
}

static struct slice
expand_body(struct silo *silo, const struct notice_order *order, int64_t now_s)
{
    const struct notice_words words = { order->aor, order->r_uri, order->from_uri,
                                        order->to_uri, now_s };
    char *body = arena_alloc(silo->arena, BODY_MAX);
    struct writer w;

    if (body == NULL)
        return slice_absent();
    writer_init(&w, body, BODY_MAX);
    notice_expand(&w, silo->settings->offline_message, &words);
    return writer_done(&w);
}

static void
send_over(const struct notice *notice, const struct flow *flow, struct moment now)
{
    struct silo *silo = notice->silo;
    struct client_transaction *transaction;
    char call_id[16];
    struct message_out message = {
        .flow = *flow,
        .r_uri = notice->r_uri,
        .route = notice->route,
        .from_uri = silo->settings->registrar,
        .to_uri = notice->to_uri,
        .call_id = slice_of(call_id, sizeof call_id),
        .date_s = now.s,
        .ctype = silo->settings->content_type,
        .body = notice->body,
    };

    hex64_write(silo_nonce(silo), call_id);
    if (message_out_send(silo, &message, &transaction, now) == MESSAGE_OUT_SENT)
        silo->counters.notices++;
}

static void
located(struct hop_wait *wait, const struct flow *flow, struct moment now)
{
    struct notice *notice = CONTAINER_OF(wait, struct notice, hop_wait);
    struct notice **link = &notice->silo->notices->first;

    while (*link != notice) /* linear: at most LIMIT_LOOKUPS wait for a name */
        link = &(*link)->next;
    *link = notice->next;
    if (flow != NULL)
        send_over(notice, flow, now);
    free(notice);
}

static struct notice *
make_notice(struct silo *silo, struct slice r_uri, struct slice route,
            struct slice to_uri, struct slice body)
{
    struct notice *notice =
        malloc(sizeof *notice + r_uri.len + route.len + to_uri.len + body.len);
    char *at;

    if (notice == NULL)
        return NULL;
    *notice = (struct notice){ .hop_wait = { .found = located }, .silo = silo };
    at = notice->texts;
    notice->r_uri = slice_pack(&at, r_uri);
    notice->route = slice_pack(&at, route);
    notice->to_uri = slice_pack(&at, to_uri);
    notice->body = slice_pack(&at, body);
    return notice;
}

/* The binding of a sender who is a user of ours; NULL when he is none, or offline. */
static const struct binding *
binding_of_sender(const struct silo *silo, const struct uri *from)
{
    char aor[AOR_MAX];
    size_t len = domains_aor(silo->domains, from, aor);

    return len == 0 ? NULL : dump_binding(silo, slice_of(aor, len), slice_absent());
}

/* Where to: the outbound proxy, else the Contact, else the binding of the From URI. */
static enum hop_status
find_way(struct silo *silo, const struct notice_order *order,
         const struct binding *binding, struct flow *flow, struct hop_wait *wait)
{
    struct slice proxy = silo->settings->outbound_proxy;
    struct uri uri;
    const char *why;

    if (binding != NULL)
        return dump_flow(silo, binding, flow, wait);
    if (slice_is_absent(proxy) && slice_is_absent(order->contact))
        return HOP_NONE;
    if (uri_parse(slice_is_absent(proxy) ? order->contact : proxy, &uri, &why) !=
        PARSE_OK)
        return HOP_NONE;
    return next_hop(silo->hops, &uri, flow, wait);
}

static struct notice *
notice_for(struct silo *silo, const struct notice_order *order,
           const struct binding *binding, struct moment now)
{
    struct slice body = expand_body(silo, order, now.s);
    struct slice r_uri =
        slice_is_absent(order->contact) ? order->from_uri : order->contact;

    if (slice_is_absent(body))
        return NULL;
    if (binding != NULL && slice_is_absent(silo->settings->outbound_proxy))
        return make_notice(silo, binding->contact, binding->path, order->from_uri, body);
    return make_notice(silo, r_uri, slice_absent(), order->from_uri, body);
}

void
notice_send(struct silo *silo, const struct notice_order *order, struct moment now)
{
    const struct binding *binding = NULL;
    struct notice *notice;
    struct uri from;
    struct flow flow;
    const char *why;

    if (slice_is_absent(order->contact) &&
        uri_parse(order->from_uri, &from, &why) == PARSE_OK)
        binding = binding_of_sender(silo, &from);
    if (!break_silence(silo->notices, order, now.s))
        return;
    notice = notice_for(silo, order, binding, now);
    if (notice == NULL)
        return;
    switch (find_way(silo, order, binding, &flow, &notice->hop_wait)) {
    case HOP_FOUND:
        send_over(notice, &flow, now);
        free(notice);
        break;
    case HOP_WAITING:
        notice->next = silo->notices->first;
        silo->notices->first = notice;
        break;
    case HOP_NONE:
        free(notice);
        break;
    }
}
