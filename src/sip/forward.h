/* forward - the copy of a request that goes on, and of a response that comes back (RFC 3261
 * 16.6, 16.7).
 *
 * Whatever a proxy has no business with stays as it came, in its order: header names as they
 * were written, values unfolded, the body octet for octet. P-Asserted-Identity goes on from
 * trusted peers alone (RFC 3325 5).
 */
#ifndef SIP_FORWARD_H
#define SIP_FORWARD_H

#include "parser/writer.h"
#include "src/sip/domains.h"
#include "src/sip/incoming.h"

enum {
    FORWARD_MAX = 65507, /* a UDP datagram's payload over IPv4; streams hold to it too */
    FORWARD_GROWS = 512, /* what our Via and Max-Forwards add, about */
};

struct forward {
    const struct incoming *in;
    const struct domains *domains;
    struct slice r_uri;
    struct slice route; /* the whole route set; empty: none */
    struct flow flow;
    struct slice branch;
    uint32_t max_forwards; /* of a request that has none */
};

/* Room that always suffices for forward_request, FORWARD_MAX at most. */
size_t
forward_room(const struct forward *forward);

/* Request line, our Via, the request's own with received and rport, Max-Forwards less one,
 * Route, the rest. */
void
forward_request(struct writer *w, const struct forward *forward);

/* Room that always suffices for forward_response. */
size_t
forward_response_room(const struct message *response);

/* The response without its topmost Via, and with that status; with `without_challenges` its
 * WWW- and Proxy-Authenticate are left out. */
void
forward_response(struct writer *w, const struct message *response, unsigned status,
                 struct slice reason, bool without_challenges);

/* Whether a Via is left behind the topmost one. */
bool
forward_has_way_back(const struct message *response);

bool
header_is_challenge(enum header_id id);

#endif
