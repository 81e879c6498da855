/* dns - NAPTR and SRV records, and the addresses of a name. Blocks: for threads of the pool.
 *
 *     struct dns dns;
 *     if (!dns_open(&dns, NULL)) ...
 *     dns.srv(dns.self, "_sip._udp.example.org", &records);
 *     dns_close(&dns);
 *
 * Shape   A record that is not well formed, or holds more than has room here, is left out:
 *         it is none that a SIP client looks for. Names have no dot behind them; the root,
 *         RFC 2782's "no such service", is "".
 * Limits  DNS_RECORDS of an answer, the first ones; DNS_ADDRESSES of a name. A query waits for
 *         each name server of resolv.conf at most two seconds, twice, and never uses TCP,
 *         where nothing bounds how long a name server may take: of a truncated answer it takes
 *         what came. An answer in UDP has room for a dozen records (EDNS0).
 * Threads One dns is used by one thread at a time.
 */
#ifndef NET_DNS_H
#define NET_DNS_H

#include "src/sip/address.h"

enum {
    DNS_NAME_MAX = 255, /* RFC 1035 2.3.4 */
    DNS_RECORDS = 16,
    DNS_ADDRESSES = 16,
};

/* RFC 2915 2. */
struct dns_naptr {
    uint16_t order, preference;
    char flags[8], service[32]; /* "s", "SIP+D2U" */
    bool has_regexp;
    char replacement[DNS_NAME_MAX + 1];
};

struct dns_naptrs {
    struct dns_naptr at[DNS_RECORDS];
    size_t count;
};

/* RFC 2782. */
struct dns_srv {
    uint16_t priority, weight, port;
    char target[DNS_NAME_MAX + 1];
};

struct dns_srvs {
    struct dns_srv at[DNS_RECORDS];
    size_t count;
};

/* Without ports. */
struct dns_addresses {
    struct address at[DNS_ADDRESSES];
    size_t count;
};

enum dns_status {
    DNS_FOUND,  /* at least one */
    DNS_NONE,   /* there is none of that kind */
    DNS_FAILED, /* nobody can tell: no name server answers, or it refuses */
};

/* What a search asks; a test fills it with a zone of its own. The outputs are set in any case,
 * `count` 0 where nothing is found. */
struct dns {
    void *self;
    enum dns_status (*naptr)(void *self, const char *name, struct dns_naptrs *out);
    enum dns_status (*srv)(void *self, const char *name, struct dns_srvs *out);

    /* A and AAAA, and what the hosts file has. */
    enum dns_status (*addresses)(void *self, const char *name, struct dns_addresses *out);
};

/* Asks the name servers of resolv.conf; a test gives its own `server`, an IPv4 address, which
 * is asked for all but addresses. False: out of memory. */
bool
dns_open(struct dns *dns, const struct address *server);

void
dns_close(struct dns *dns);

/* The records of one kind in the answer section of a whole message. */
void
dns_read_naptrs(struct slice message, struct dns_naptrs *out);

void
dns_read_srvs(struct slice message, struct dns_srvs *out);

#endif
