#include "src/net/hop_search.h"

#include "src/log.h" /* slice_of_string */

#include <stdio.h>

enum {
    DEFAULT_PORT = 5060,                               /* RFC 3261 19.1.2 */
    SERVICE_NAME = sizeof "_sip._udp." + DNS_NAME_MAX, /* room for it, and a NUL */
};

/* Where the SRV records of one protocol are. */
struct service {
    enum protocol protocol;
    char name[SERVICE_NAME];
};

struct search {
    const struct dns *dns;
    uint64_t random;
    struct hop *hops;
    size_t count;
    bool is_cut_off; /* no name server answers */
    bool is_denied;  /* the domain says that it has no such service */
};

/* splitmix64 (Steele, Lea and Flood, 2014): one draw of the caller's is enough for all. */
static uint64_t
draw(struct search *search)
{
    uint64_t z = search->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* ---- addresses ---- */

static void
add_addresses(struct search *search, const char *name, enum protocol protocol,
              uint16_t port, size_t room)
{
    struct dns_addresses found;
    const struct dns *dns = search->dns;

    if (dns->addresses(dns->self, name, &found) == DNS_FAILED)
        search->is_cut_off = true;
    for (size_t i = 0; i < found.count && i < room; i++) {
        struct hop *hop = &search->hops[search->count++];

        hop->protocol = protocol;
        hop->address = found.at[i];
        hop->address.port = port;
    }
}

/* ---- SRV ---- */

/* RFC 2782, "Weight": those of weight 0 come first, so that they have a small chance. */
static bool
is_before(const struct dns_srv *a, const struct dns_srv *b)
{
    if (a->priority != b->priority)
        return a->priority < b->priority;
    return a->weight == 0 && b->weight != 0;
}

/* Insertion: there are DNS_RECORDS at most, and equal ones stay in their order. */
static void
sort_srvs(struct dns_srvs *srvs)
{
    for (size_t i = 1; i < srvs->count; i++)
        for (size_t j = i; j > 0 && is_before(&srvs->at[j], &srvs->at[j - 1]); j--) {
            struct dns_srv swapped = srvs->at[j];

            srvs->at[j] = srvs->at[j - 1];
            srvs->at[j - 1] = swapped;
        }
}

/* RFC 2782, "Weight": a number from 0 to the sum of the weights; the first record whose
 * running sum reaches it. All are of one priority, from `first` to before `end`. */
static size_t
pick_by_weight(struct search *search, const struct dns_srvs *srvs, size_t first,
               size_t end)
{
    uint64_t sum = 0, number;

    for (size_t i = first; i < end; i++)
        sum += srvs->at[i].weight;
    number = draw(search) % (sum + 1);
    for (sum = srvs->at[first].weight; sum < number; sum += srvs->at[++first].weight)
        continue;
    return first;
}

/* Puts it in front and keeps the order of the others. */
static void
move_to(struct dns_srvs *srvs, size_t to, size_t from)
{
    struct dns_srv moved = srvs->at[from];

    memmove(&srvs->at[to + 1], &srvs->at[to], (from - to) * sizeof moved);
    srvs->at[to] = moved;
}

static void
order_srvs(struct search *search, struct dns_srvs *srvs)
{
    size_t end;

    sort_srvs(srvs);
    for (size_t i = 0; i < srvs->count; i++) {
        for (end = i + 1; end < srvs->count; end++)
            if (srvs->at[end].priority != srvs->at[i].priority)
                break;
        move_to(srvs, i, pick_by_weight(search, srvs, i, end));
    }
}

/* RFC 2782, "Target": a root says that the service is decidedly not there. Nor is anything
 * at port 0. */
static void
drop_denials(struct search *search, struct dns_srvs *srvs)
{
    size_t kept = 0;

    for (size_t i = 0; i < srvs->count; i++)
        if (srvs->at[i].target[0] != '\0' && srvs->at[i].port != 0)
            srvs->at[kept++] = srvs->at[i];
    if (kept == 0 && srvs->count > 0)
        search->is_denied = true;
    srvs->count = kept;
}

/* False: there is no such record. */
static bool
search_service(struct search *search, const struct service *service)
{
    const struct dns *dns = search->dns;
    size_t end = search->count + HOP_ADDRESSES;
    struct dns_srvs srvs;

    if (search->is_cut_off)
        return false;
    if (dns->srv(dns->self, service->name, &srvs) == DNS_FAILED)
        search->is_cut_off = true;
    drop_denials(search, &srvs);
    order_srvs(search, &srvs);
    for (size_t i = 0; i < srvs.count && i < HOP_TARGETS && !search->is_cut_off; i++)
        add_addresses(search, srvs.at[i].target, service->protocol, srvs.at[i].port,
                      end - search->count);
    return srvs.count > 0;
}

static void
name_service(struct service *service, enum protocol protocol, const char *host)
{
    service->protocol = protocol;
    snprintf(service->name, sizeof service->name, "_sip._%s.%s",
             protocol == PROTOCOL_UDP ? "udp" : "tcp", host);
}

/* ---- NAPTR ---- */

/* RFC 3263 4.1: flag "s", and a service that we speak. A domain's other services, TLS and
 * those that are not of SIP, are passed over. */
static bool
is_ours(const struct dns_naptr *naptr, enum protocol protocol)
{
    struct slice service = protocol == PROTOCOL_UDP ? SLICE("SIP+D2U") : SLICE("SIP+D2T");

    return slice_equal_nocase(slice_of_string(naptr->flags), SLICE("s")) &&
           slice_equal_nocase(slice_of_string(naptr->service), service) &&
           !naptr->has_regexp && naptr->replacement[0] != '\0';
}

/* RFC 2915 2: order first, then preference. NULL: there is none. */
static const struct dns_naptr *
best_of(const struct dns_naptrs *naptrs, enum protocol protocol)
{
    const struct dns_naptr *best = NULL;

    for (size_t i = 0; i < naptrs->count; i++) {
        const struct dns_naptr *n = &naptrs->at[i];

        if (is_ours(n, protocol) &&
            (best == NULL || n->order < best->order ||
             (n->order == best->order && n->preference < best->preference)))
            best = n;
    }
    return best;
}

static size_t
services_of(const struct dns_naptrs *naptrs, struct service services[HOP_SERVICES])
{
    const struct dns_naptr *udp = best_of(naptrs, PROTOCOL_UDP);
    const struct dns_naptr *tcp = best_of(naptrs, PROTOCOL_TCP);
    size_t count = 0;
    bool tcp_first = udp != NULL && tcp != NULL &&
                     (tcp->order < udp->order ||
                      (tcp->order == udp->order && tcp->preference < udp->preference));

    for (size_t i = 0; i < HOP_SERVICES; i++) {
        const struct dns_naptr *naptr = (i == 0) == tcp_first ? tcp : udp;

        if (naptr == NULL)
            continue;
        services[count].protocol = naptr == tcp ? PROTOCOL_TCP : PROTOCOL_UDP;
        snprintf(services[count++].name, SERVICE_NAME, "%s", naptr->replacement);
    }
    return count;
}

/* RFC 3263 4.1: without NAPTR records of ours, the SRV records of all that we speak. UDP goes
 * first, as without any record. */
static size_t
find_services(struct search *search, const struct hop_question *question,
              const char *host, struct service services[HOP_SERVICES])
{
    const struct dns *dns = search->dns;
    struct dns_naptrs naptrs;
    size_t count;

    if (question->has_protocol) {
        name_service(&services[0], question->protocol, host);
        return 1;
    }
    if (dns->naptr(dns->self, host, &naptrs) == DNS_FAILED)
        search->is_cut_off = true;
    count = services_of(&naptrs, services);
    if (count > 0)
        return count;
    name_service(&services[0], PROTOCOL_UDP, host);
    name_service(&services[1], PROTOCOL_TCP, host);
    return 2;
}

/* ---- all of it ---- */

/* Whether records of the name may say more than its addresses. */
static bool
has_records(const struct hop_question *question)
{
    struct address literal;

    return question->port == 0 &&
           slice_find(question->host, '.') + 1 < question->host.len &&
           !address_parse(question->host, 0, &literal);
}

size_t
hop_search(const struct hop_question *question, uint64_t random, const struct dns *dns,
           struct hop hops[HOPS_MAX])
{
    struct search search = { .dns = dns, .random = random, .hops = hops };
    enum protocol protocol = question->has_protocol ? question->protocol : PROTOCOL_UDP;
    struct service services[HOP_SERVICES];
    size_t service_count = 0;
    bool has_srv = false;
    char host[DNS_NAME_MAX + 1];

    snprintf(host, sizeof host, "%.*s", SLICE_ARG(question->host));
    if (has_records(question)) {
        service_count = find_services(&search, question, host, services);
        protocol = services[0].protocol;
    }
    for (size_t i = 0; i < service_count; i++)
        has_srv = search_service(&search, &services[i]) || has_srv;
    if (!has_srv && !search.is_denied)
        add_addresses(&search, host, protocol,
                      question->port != 0 ? question->port : DEFAULT_PORT, HOPS_MAX);
    return search.count;
}
