/* udp_errors - what ICMP says of datagrams that were sent (RFC 3261 18.4).
 *
 * The kernel keeps each error with the address its datagram was for, in the socket's error
 * queue. They are noted here and told by udp_report, at the end of the turn.
 */
#ifndef NET_UDP_ERRORS_H
#define NET_UDP_ERRORS_H

#include "src/net/udp.h"

/* Notes what is in the socket's error queue. */
void
udp_errors_read(struct udp_socket *s);

/* Notes that nothing gets through to this peer. */
void
udp_errors_note(struct udp *udp, const struct flow *flow);

#endif
