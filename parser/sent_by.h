/* sent_by - host and port, as URIs and Via have them (RFC 3261 25.1: hostport, sent-by).
 *
 * A host is a name, an IPv4 address, or an IPv6 address in its brackets. What is inside them
 * is judged by its octets alone: the grammar of RFC 3261 allows one colon too many (RFC 5118
 * 4.10), and whether it is an address shows when it is used.
 */
#ifndef PARSER_SENT_BY_H
#define PARSER_SENT_BY_H

#include "parser/slice.h"

#include <stdint.h>

/* Takes a host off the front of *rest. */
bool
host_take(struct slice *rest, struct slice *host);

/* Takes 1*DIGIT, 1 to 65535. */
bool
port_take(struct slice *rest, uint16_t *port);

#endif
