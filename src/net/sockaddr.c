#include "src/net/sockaddr.h"

static const uint8_t ipv4_mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

int
sockaddr_family(const struct address *address)
{
    return address_is_ipv4(address) ? AF_INET : AF_INET6;
}

socklen_t
sockaddr_write(const struct address *address, union sockaddr_any *out)
{
    memset(out, 0, sizeof *out);
    if (address_is_ipv4(address)) {
        out->ipv4.sin_family = AF_INET;
        out->ipv4.sin_port = htons(address->port);
        memcpy(&out->ipv4.sin_addr, address->ip + 12, 4);
        return sizeof out->ipv4;
    }
    out->ipv6.sin6_family = AF_INET6;
    out->ipv6.sin6_port = htons(address->port);
    memcpy(&out->ipv6.sin6_addr, address->ip, 16);
    return sizeof out->ipv6;
}

bool
sockaddr_read(const struct sockaddr *from, struct address *out)
{
    const union sockaddr_any *any = (const void *)from;

    if (from->sa_family == AF_INET) {
        memcpy(out->ip, ipv4_mapped, sizeof ipv4_mapped);
        memcpy(out->ip + 12, &any->ipv4.sin_addr, 4);
        out->port = ntohs(any->ipv4.sin_port);
        return true;
    }
    if (from->sa_family == AF_INET6) {
        memcpy(out->ip, &any->ipv6.sin6_addr, 16);
        out->port = ntohs(any->ipv6.sin6_port);
        return true;
    }
    return false;
}

uint16_t
sockaddr_port_of(int fd)
{
    union sockaddr_any any;
    socklen_t len = sizeof any;
    struct address address;

    memset(&any, 0, sizeof any);
    if (getsockname(fd, &any.any, &len) != 0 || !sockaddr_read(&any.any, &address))
        return 0;
    return address.port;
}
