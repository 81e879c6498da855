/* sockaddr - struct address as the kernel has it, and back. */
#ifndef NET_SOCKADDR_H
#define NET_SOCKADDR_H

#include "src/sip/address.h"

#include <netinet/in.h>
#include <sys/socket.h>

union sockaddr_any {
    struct sockaddr any;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
};

/* AF_INET or AF_INET6. */
int
sockaddr_family(const struct address *address);

/* Returns the length that goes with it. */
socklen_t
sockaddr_write(const struct address *address, union sockaddr_any *out);

/* False for a family that is neither. An IPv4-mapped IPv6 address becomes IPv4. */
bool
sockaddr_read(const struct sockaddr *from, struct address *out);

/* The port a bound socket got; 0 when it cannot be asked. */
uint16_t
sockaddr_port_of(int fd);

#endif
