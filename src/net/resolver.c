#include "src/net/resolver.h"

#include "src/sip/timer_wheel.h" /* CONTAINER_OF */

#include <stdlib.h>

struct lookup {
    uv_work_t work;
    struct resolver *resolver;
    struct link link;
    uint64_t ticket;
    uint64_t asked_ms;
    struct hop_question question; /* its host lies in `host` */
    char host[DNS_NAME_MAX];
    uint64_t random;
    struct hop hops[HOPS_MAX];
    size_t count;
};

void
resolver_init(struct resolver *resolver, struct loop *loop,
              const struct net_events *events, const struct hash_key *key)
{
    *resolver = (struct resolver){
        .loop = loop,
        .events = events,
        .key = *key,
        .patience_ms = RESOLVER_PATIENCE_MS,
    };
    link_init(&resolver->running);
    link_init(&resolver->waiting);
    link_init(&resolver->refused);
}

/* On a thread of the pool: of the resolver it reads what never changes. */
static void
look_up(uv_work_t *work)
{
    struct lookup *lookup = work->data;
    struct dns dns;

    if (!dns_open(&dns, lookup->resolver->name_server))
        return;
    lookup->count = hop_search(&lookup->question, lookup->random, &dns, lookup->hops);
    dns_close(&dns);
}

static struct lookup *
take_first(struct link *list)
{
    struct link *link = list_first(list);

    if (link == NULL)
        return NULL;
    link_remove(link);
    return CONTAINER_OF(link, struct lookup, link);
}

static void
on_answer(uv_work_t *work, int status);

static void
start_waiting(struct resolver *resolver)
{
    uint64_t now_ms = loop_now(resolver->loop).ms;
    struct lookup *lookup;

    while (resolver->running_count < RESOLVER_THREADS &&
           (lookup = take_first(&resolver->waiting)) != NULL) {
        if (now_ms - lookup->asked_ms > resolver->patience_ms) {
            resolver->count--;
            list_append(&resolver->refused, &lookup->link);
            continue;
        }
        resolver->running_count++;
        list_append(&resolver->running, &lookup->link);
        uv_queue_work(&resolver->loop->uv, &lookup->work, look_up, on_answer);
    }
}

/* A cancelled one has found nothing, and its resolver is muted. */
static void
on_answer(uv_work_t *work, int status)
{
    struct lookup *lookup = work->data;
    struct resolver *resolver = lookup->resolver;
    const struct net_events *events = resolver->events;

    (void)status;
    link_remove(&lookup->link);
    resolver->running_count--;
    resolver->count--;
    if (!resolver->is_muted) {
        start_waiting(resolver);
        events->resolved(events->self, lookup->ticket, lookup->hops, lookup->count);
    }
    free(lookup);
}

static bool
is_name(struct slice host)
{
    return host.len > 0 && host.len <= DNS_NAME_MAX &&
           memchr(host.at, '\0', host.len) == NULL;
}

static struct lookup *
new_lookup(struct resolver *resolver, uint64_t ticket)
{
    struct lookup *lookup = calloc(1, sizeof *lookup);

    if (lookup == NULL)
        return NULL;
    lookup->work.data = lookup;
    lookup->resolver = resolver;
    link_init(&lookup->link);
    lookup->ticket = ticket;
    lookup->asked_ms = loop_now(resolver->loop).ms;
    lookup->random =
        siphash64(&resolver->key, slice_of((const char *)&ticket, sizeof ticket));
    return lookup;
}

void
resolver_ask(struct resolver *resolver, uint64_t ticket,
             const struct hop_question *question)
{
    struct lookup *lookup = new_lookup(resolver, ticket);

    if (lookup == NULL)
        return; /* who waits gives up by a timer of his own */
    if (resolver->count >= LIMIT_LOOKUPS || !is_name(question->host)) {
        list_append(&resolver->refused, &lookup->link);
        return;
    }
    lookup->question = *question;
    lookup->question.host = slice_of(lookup->host, question->host.len);
    memcpy(lookup->host, question->host.at, question->host.len);
    resolver->count++;
    list_append(&resolver->waiting, &lookup->link);
    start_waiting(resolver);
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
    while (!is_last && (lookup = take_first(&resolver->refused)) != NULL) {
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
    while ((lookup = take_first(&resolver->refused)) != NULL)
        free(lookup);
    while ((lookup = take_first(&resolver->waiting)) != NULL)
        free(lookup);
    for (struct link *link = resolver->running.next; link != &resolver->running;
         link = link->next)
        uv_cancel((uv_req_t *)&CONTAINER_OF(link, struct lookup, link)->work);
}
