#include "src/sip/next_hop.h"

enum {
    DEFAULT_PORT = 5060, /* RFC 3261 19.1.2 */
};

void
next_hops_init(struct next_hops *hops, const struct settings *settings,
               const struct transport *transport)
{
    *hops = (struct next_hops){ .settings = settings, .transport = transport };
}

/* Linear: a host has a handful of listeners. */
static bool
choose_listener(const struct settings *settings, struct flow *flow)
{
    bool ipv4 = address_is_ipv4(&flow->peer);

    for (uint32_t i = 0; i < settings->listen_count; i++) {
        const struct listener *listener = &settings->listen[i];

        if (listener->protocol != flow->protocol ||
            address_is_ipv4(&listener->address) != ipv4)
            continue;
        flow->listener = (uint16_t)i;
        return true;
    }
    return false;
}

/* False: a way that we do not have. */
static bool
read_question(const struct uri *uri, struct hop_question *out)
{
    struct slice name = uri_param(uri, SLICE("transport"));

    if (uri->scheme != URI_SIP)
        return false; /* sips asks for TLS on every hop (RFC 3261 26.2.2) */
    *out = (struct hop_question){
        .host = uri->host,
        .port = uri->port,
        .protocol = PROTOCOL_UDP,
    };
    if (slice_is_absent(name))
        return true;
    out->has_protocol = true;
    if (slice_equal_nocase(name, SLICE("tcp")))
        out->protocol = PROTOCOL_TCP;
    else if (!slice_equal_nocase(name, SLICE("udp")))
        return false;
    return true;
}

static void
wait_for(struct next_hops *hops, struct hop_wait *wait)
{
    wait->ticket = ++hops->last_ticket;
    wait->next = hops->waiting;
    wait->link = &hops->waiting;
    if (hops->waiting != NULL)
        hops->waiting->link = &wait->next;
    hops->waiting = wait;
    hops->waiting_count++;
}

bool
hop_is_waiting(const struct hop_wait *wait)
{
    return wait->link != NULL;
}

void
hop_wait_cancel(struct next_hops *hops, struct hop_wait *wait)
{
    if (wait->link == NULL)
        return;
    *wait->link = wait->next;
    if (wait->next != NULL)
        wait->next->link = wait->link;
    wait->link = NULL;
    hops->waiting_count--;
}

enum hop_status
next_hop(struct next_hops *hops, const struct uri *uri, struct flow *flow,
         struct hop_wait *wait)
{
    struct hop_question question;
    struct flow found = { 0 };
    uint16_t port = uri->port != 0 ? uri->port : DEFAULT_PORT;

    if (!read_question(uri, &question))
        return HOP_NONE;
    found.protocol = question.protocol;
    if (address_parse(uri->host, port, &found.peer)) {
        if (!choose_listener(hops->settings, &found))
            return HOP_NONE;
        *flow = found;
        return HOP_FOUND;
    }
    if (hops->waiting_count >= LIMIT_LOOKUPS)
        return HOP_NONE;
    wait_for(hops, wait);
    hops->transport->resolve(hops->transport->self, wait->ticket, &question);
    return HOP_WAITING;
}

static struct hop_wait *
waiting_for(struct next_hops *hops, uint64_t ticket)
{
    struct hop_wait *wait = hops->waiting;

    while (wait != NULL && wait->ticket != ticket)
        wait = wait->next;
    return wait;
}

/* In front of the others, the last of which makes room. */
static void
push(struct hop_wait *wait, const struct flow *flow)
{
    uint32_t kept = wait->other_count < HOPS_KEPT ? wait->other_count : HOPS_KEPT - 1;

    memmove(wait->others + 1, wait->others, kept * sizeof *flow);
    wait->others[0] = *flow;
    wait->other_count = kept + 1;
}

bool
hop_wait_other(struct hop_wait *wait, struct flow *flow)
{
    if (wait->other_count == 0)
        return false;
    *flow = wait->others[0];
    wait->other_count--;
    memmove(wait->others, wait->others + 1, wait->other_count * sizeof *flow);
    return true;
}

void
next_hops_resolved(struct next_hops *hops, uint64_t ticket, const struct hop *found,
                   size_t count, struct moment now)
{
    struct hop_wait *wait = waiting_for(hops, ticket);
    struct flow first;

    if (wait == NULL)
        return; /* cancelled meanwhile */
    hop_wait_cancel(hops, wait);
    wait->other_count = 0;
    for (size_t i = count; i-- > 0;) {
        struct flow flow = { .protocol = found[i].protocol, .peer = found[i].address };

        if (choose_listener(hops->settings, &flow))
            push(wait, &flow);
    }
    wait->found(wait, hop_wait_other(wait, &first) ? &first : NULL, now);
}
