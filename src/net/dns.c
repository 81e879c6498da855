#include "src/net/dns.h"

#include "src/net/sockaddr.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>
#include <stdlib.h>

enum {
    WAIT_S = 2, /* for each name server */
    TRIES = 2,
    ANSWER_BYTES = 4096, /* more than EDNS0 asks for */
};

/* ---- reading ---- */

/* The record's own data, in the message that names are compressed against. */
struct rdata {
    const unsigned char *message, *end, *at, *stop;
};

static size_t
left(const struct rdata *r)
{
    return (size_t)(r->stop - r->at);
}

static bool
read_number(struct rdata *r, uint16_t *out)
{
    if (left(r) < 2)
        return false;
    *out = (uint16_t)(r->at[0] << 8 | r->at[1]);
    r->at += 2;
    return true;
}

/* A <character-string> of RFC 1035 3.3. */
static bool
read_string(struct rdata *r, char *out, size_t room)
{
    size_t len;

    if (left(r) < 1 || left(r) - 1 < r->at[0])
        return false;
    len = r->at[0];
    if (len >= room || memchr(r->at + 1, '\0', len) != NULL)
        return false;
    memcpy(out, r->at + 1, len);
    out[len] = '\0';
    r->at += 1 + len;
    return true;
}

/* It ends the record. The root is "". */
static bool
read_name(struct rdata *r, char out[DNS_NAME_MAX + 1])
{
    int len = dn_expand(r->message, r->end, r->at, out, DNS_NAME_MAX + 1);

    return len > 0 && (size_t)len == left(r);
}

static bool
read_naptr(struct rdata *r, struct dns_naptr *out)
{
    char regexp[256]; /* as long as a string can be */

    if (!read_number(r, &out->order) || !read_number(r, &out->preference) ||
        !read_string(r, out->flags, sizeof out->flags) ||
        !read_string(r, out->service, sizeof out->service) ||
        !read_string(r, regexp, sizeof regexp) || !read_name(r, out->replacement))
        return false;
    out->has_regexp = regexp[0] != '\0';
    return true;
}

static bool
read_srv(struct rdata *r, struct dns_srv *out)
{
    return read_number(r, &out->priority) && read_number(r, &out->weight) &&
           read_number(r, &out->port) && read_name(r, out->target);
}

/* A walk through the answer section. The owner's name is not compared: it is that of the
 * question, or what a CNAME made of it. */
struct answers {
    ns_msg message;
    ns_type type;
    int next;
};

static bool
answers_open(struct answers *answers, struct slice message, ns_type type)
{
    answers->type = type;
    answers->next = 0;
    return message.len <= NS_MAXMSG &&
           ns_initparse((const unsigned char *)message.at, (int)message.len,
                        &answers->message) == 0;
}

static bool
answers_next(struct answers *answers, struct rdata *out)
{
    ns_rr record;

    while (answers->next < ns_msg_count(answers->message, ns_s_an)) {
        if (ns_parserr(&answers->message, ns_s_an, answers->next++, &record) != 0)
            return false;
        if (ns_rr_type(record) != answers->type || ns_rr_class(record) != ns_c_in)
            continue;
        out->message = ns_msg_base(answers->message);
        out->end = ns_msg_end(answers->message);
        out->at = ns_rr_rdata(record);
        out->stop = out->at + ns_rr_rdlen(record);
        return true;
    }
    return false;
}

void
dns_read_naptrs(struct slice message, struct dns_naptrs *out)
{
    struct answers answers;
    struct rdata rdata;

    out->count = 0;
    if (!answers_open(&answers, message, ns_t_naptr))
        return;
    while (out->count < DNS_RECORDS && answers_next(&answers, &rdata))
        if (read_naptr(&rdata, &out->at[out->count]))
            out->count++;
}

void
dns_read_srvs(struct slice message, struct dns_srvs *out)
{
    struct answers answers;
    struct rdata rdata;

    out->count = 0;
    if (!answers_open(&answers, message, ns_t_srv))
        return;
    while (out->count < DNS_RECORDS && answers_next(&answers, &rdata))
        if (read_srv(&rdata, &out->at[out->count]))
            out->count++;
}

/* ---- asking ---- */

struct client {
    struct __res_state resolver;
    unsigned char answer[ANSWER_BYTES];
};

/* No search list: a domain of SIP is written in full. */
static enum dns_status
query(struct client *client, const char *name, ns_type type, struct slice *answer)
{
    int len = res_nquery(&client->resolver, name, ns_c_in, (int)type, client->answer,
                         sizeof client->answer);

    if (len < 0)
        return client->resolver.res_h_errno == HOST_NOT_FOUND ||
                       client->resolver.res_h_errno == NO_DATA
                   ? DNS_NONE
                   : DNS_FAILED;
    if (len > ANSWER_BYTES)
        len = ANSWER_BYTES;
    *answer = slice_of((const char *)client->answer, (size_t)len);
    return DNS_FOUND;
}

static enum dns_status
ask_naptr(void *self, const char *name, struct dns_naptrs *out)
{
    struct slice answer = slice_absent();
    enum dns_status status = query(self, name, ns_t_naptr, &answer);

    dns_read_naptrs(answer, out);
    return status == DNS_FOUND && out->count == 0 ? DNS_NONE : status;
}

static enum dns_status
ask_srv(void *self, const char *name, struct dns_srvs *out)
{
    struct slice answer = slice_absent();
    enum dns_status status = query(self, name, ns_t_srv, &answer);

    dns_read_srvs(answer, out);
    return status == DNS_FOUND && out->count == 0 ? DNS_NONE : status;
}

static void
gather(const struct addrinfo *list, struct dns_addresses *out)
{
    for (; list != NULL && out->count < DNS_ADDRESSES; list = list->ai_next)
        if (sockaddr_read(list->ai_addr, &out->at[out->count]))
            out->at[out->count++].port = 0;
}

static enum dns_status
ask_addresses(void *self, const char *name, struct dns_addresses *out)
{
    /* One socket type, or each address comes once for every type. */
    const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM };
    struct addrinfo *list = NULL;
    int error = getaddrinfo(name, NULL, &hints, &list);

    (void)self;
    out->count = 0;
    if (error == EAI_NONAME || error == EAI_NODATA || error == EAI_ADDRFAMILY)
        return DNS_NONE;
    if (error != 0)
        return DNS_FAILED;
    gather(list, out);
    freeaddrinfo(list);
    return out->count > 0 ? DNS_FOUND : DNS_NONE;
}

static void
use_server(res_state resolver, const struct address *server)
{
    union sockaddr_any any;

    sockaddr_write(server, &any);
    resolver->nscount = 1;
    resolver->nsaddr_list[0] = any.ipv4;
}

bool
dns_open(struct dns *dns, const struct address *server)
{
    struct client *client = calloc(1, sizeof *client);

    if (client == NULL)
        return false;
    if (res_ninit(&client->resolver) != 0) {
        free(client);
        return false;
    }
    client->resolver.retrans = WAIT_S;
    client->resolver.retry = TRIES;
    client->resolver.options |= RES_IGNTC | RES_USE_EDNS0;
    if (server != NULL)
        use_server(&client->resolver, server);
    *dns = (struct dns){ client, ask_naptr, ask_srv, ask_addresses };
    return true;
}

void
dns_close(struct dns *dns)
{
    struct client *client = dns->self;

    res_nclose(&client->resolver);
    free(client);
}
