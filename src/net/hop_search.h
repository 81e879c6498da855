/* hop_search - from a name to the hops in the order in which they are to be tried: RFC 3263
 * 4.1 and 4.2 for a server that speaks UDP and TCP.
 *
 *     the URI gives       protocol                  port and addresses
 *     a port              its own, else UDP         A and AAAA of the name, that port
 *     a protocol          its own                   SRV of _udp or _tcp, else A and AAAA, 5060
 *     neither             by NAPTR, else by SRV,    SRV, else A and AAAA, 5060
 *                         else UDP
 *
 * Where a domain names several services of ours, all of them are searched, since the owner
 * takes the first hop that a listener of its own can reach.
 *
 * A name without a dot is of the hosts file or of the search list: nobody publishes records
 * for it, and it has addresses alone (so has "localhost", RFC 6761 6.3). When no name server
 * answers a query the rest is not asked, since the hosts file may still have the name.
 *
 * The search is pure: `dns` answers, and `random` stands for the dice of RFC 2782. With the
 * dns of dns.h it blocks.
 *
 * Limits  Two services; of each HOP_TARGETS of its SRV records and HOP_ADDRESSES addresses.
 */
#ifndef NET_HOP_SEARCH_H
#define NET_HOP_SEARCH_H

#include "src/net/dns.h"
#include "src/sip/transport.h"

enum {
    HOP_SERVICES = 2,
    HOP_TARGETS = 4,
    HOP_ADDRESSES = HOPS_MAX / HOP_SERVICES,
};

/* Returns how many; 0: the name leads nowhere. The name is at most DNS_NAME_MAX long and holds
 * no NUL. */
size_t
hop_search(const struct hop_question *question, uint64_t random, const struct dns *dns,
           struct hop hops[HOPS_MAX]);

#endif
