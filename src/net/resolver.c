#include "src/net/resolver.h"

#include "src/net/sockaddr.h"
#include "src/sip/timer_wheel.h" /* CONTAINER_OF */

#include <netdb.h>
#include <stdlib.h>

struct lookup {
    uv_getaddrinfo_t request;
    struct resolver *resolver;
    struct link link;
    uint64_t ticket;
    enum protocol protocol;
    uint16_t port;
};

enum {
    DEFAULT_PORT = 5060, /* RFC 3261 19.1.2 */
};

void
resolver_init(struct resolver *resolver, struct loop *loop,
              const struct net_events *events)
{
    *resolver = (struct resolver){ .loop = loop, .events = events };
    link_init(&resolver->running);
    link_init(&resolver->refused);
}

static size_t
gather(const struct lookup *lookup, const struct addrinfo *list, struct hop out[HOPS_MAX])
{
    size_t count = 0;

    for (; list != NULL && count < HOPS_MAX; list = list->ai_next) {
        if (!sockaddr_read(list->ai_addr, &out[count].address))
            continue;
        out[count].protocol = lookup->protocol;
        out[count++].address.port = lookup->port;
    }
    return count;
}

static void
on_answer(uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
    struct lookup *lookup = request->data;
    struct resolver *resolver = lookup->resolver;
    uint64_t ticket = lookup->ticket;
    struct hop hops[HOPS_MAX];
    size_t count = status == 0 ? gather(lookup, list, hops) : 0;

    uv_freeaddrinfo(list);
    link_remove(&lookup->link);
    free(lookup);
    resolver->count--;
    if (!resolver->is_muted)
        resolver->events->resolved(resolver->events->self, ticket, hops, count);
}

static bool
begin(struct lookup *lookup, struct slice host)
{
    struct resolver *resolver = lookup->resolver;
    /* One socket type, or each address comes once for every type. */
    const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM };
    char name[RESOLVER_NAME_MAX + 1];

    if (resolver->count >= LIMIT_LOOKUPS || host.len == 0 ||
        host.len > RESOLVER_NAME_MAX || memchr(host.at, '\0', host.len) != NULL)
        return false;
    memcpy(name, host.at, host.len);
    name[host.len] = '\0';
    lookup->request.data = lookup;
    return uv_getaddrinfo(&resolver->loop->uv, &lookup->request, on_answer, name, NULL,
                          &hints) == 0;
}

void
resolver_ask(struct resolver *resolver, uint64_t ticket,
             const struct hop_question *question)
{
    struct lookup *lookup = calloc(1, sizeof *lookup);

    if (lookup == NULL)
        return; /* who waits gives up by a timer of his own */
    lookup->resolver = resolver;
    lookup->ticket = ticket;
    lookup->protocol = question->has_protocol ? question->protocol : PROTOCOL_UDP;
    lookup->port = question->port != 0 ? question->port : DEFAULT_PORT;
    link_init(&lookup->link);
    if (begin(lookup, question->host)) {
        resolver->count++;
        list_append(&resolver->running, &lookup->link);
    } else {
        list_append(&resolver->refused, &lookup->link);
    }
}

static struct lookup *
take_refused(struct resolver *resolver)
{
    struct link *link = list_first(&resolver->refused);

    if (link == NULL)
        return NULL;
    link_remove(link);
    return CONTAINER_OF(link, struct lookup, link);
}

/* An owner that asks again at once is answered in the next turn, not in a circle here. */
bool
resolver_report(struct resolver *resolver)
{
    struct link *last = resolver->refused.previous;
    struct lookup *lookup;
    bool is_last = false;

    if (list_first(&resolver->refused) == NULL)
        return false;
    while (!is_last && (lookup = take_refused(resolver)) != NULL) {
        uint64_t ticket = lookup->ticket;

        is_last = &lookup->link == last;
        free(lookup);
        resolver->events->resolved(resolver->events->self, ticket, NULL, 0);
    }
    return true;
}

void
resolver_close(struct resolver *resolver)
{
    struct lookup *lookup;

    resolver->is_muted = true;
    while ((lookup = take_refused(resolver)) != NULL)
        free(lookup);
    for (struct link *link = resolver->running.next; link != &resolver->running;
         link = link->next)
        uv_cancel((uv_req_t *)&CONTAINER_OF(link, struct lookup, link)->request);
}
