/* tcp_listener - accepts streams and hands them to the connections.
 *
 * Limits  A wake-up accepts TCP_ACCEPTS. Out of descriptors, the newcomer is accepted on a
 *         spare one and closed, so that it hears of it and does not wait in the backlog;
 *         with no spare left the listener rests for TCP_REST_MS instead of spinning.
 */
#ifndef NET_TCP_LISTENER_H
#define NET_TCP_LISTENER_H

#include "src/net/connections.h"

enum {
    TCP_BACKLOG = 511,
    TCP_ACCEPTS = 64,
    TCP_REST_MS = 100,
};

struct tcp_listener {
    uv_poll_t poll;
    struct connections *connections; /* borrowed */
    struct address at;               /* as it was asked for */
    int fd, spare_fd;
    uint16_t index;
    uint64_t rests_until_ms; /* 0: it accepts */
    struct log_gate full_gate;
};

/* Binds and listens. 0 with the port it got, or libuv's error. */
int
tcp_listener_open(struct connections *connections, uint16_t index,
                  const struct address *at, struct tcp_listener **out, uint16_t *port);

/* Accepts again when it has rested long enough. */
void
tcp_listener_wake(struct tcp_listener *listener, uint64_t now_ms);

/* When to wake it; UINT64_MAX: it does not rest. */
uint64_t
tcp_listener_deadline(const struct tcp_listener *listener);

/* Its memory goes when the loop has closed it. */
void
tcp_listener_close(struct tcp_listener *listener);

#endif
