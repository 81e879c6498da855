#include "src/net/udp_errors.h"

#include "src/net/sockaddr.h"

#include <errno.h>
#include <linux/errqueue.h>

void
udp_errors_note(struct udp *udp, const struct flow *flow)
{
    size_t last = udp->failed_count - 1;

    if (udp->failed_count > 0 && udp->failed[last].listener == flow->listener &&
        address_equal(&udp->failed[last].peer, &flow->peer))
        return;
    if (udp->failed_count < UDP_FAILURES)
        udp->failed[udp->failed_count++] = *flow;
}

/* "Fragmentation needed" is no failure: the kernel has learned the path's MTU and cuts the
 * next one smaller. */
static bool
means_unreachable(const struct cmsghdr *c)
{
    struct sock_extended_err error;

    if (!(c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) &&
        !(c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR))
        return false;
    memcpy(&error, CMSG_DATA(c), sizeof error);
    return (error.ee_origin == SO_EE_ORIGIN_ICMP ||
            error.ee_origin == SO_EE_ORIGIN_ICMP6) &&
           error.ee_errno != EMSGSIZE;
}

/* One error of the queue: false when it is empty. *peer is where the datagram went. */
static bool
read_one(int fd, struct address *peer, bool *unreachable)
{
    union sockaddr_any to;
    union {
        struct cmsghdr align;
        char bytes[512];
    } control;
    struct msghdr header = {
        .msg_name = &to,
        .msg_namelen = sizeof to,
        .msg_control = &control,
        .msg_controllen = sizeof control,
    };

    memset(&to, 0, sizeof to);
    if (recvmsg(fd, &header, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return false;
    *unreachable = false;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c != NULL;
         c = CMSG_NXTHDR(&header, c))
        *unreachable |= means_unreachable(c);
    *unreachable = *unreachable && sockaddr_read(&to.any, peer);
    return true;
}

void
udp_errors_read(struct udp_socket *s)
{
    struct flow flow = { .protocol = PROTOCOL_UDP, .listener = s->listener };
    bool unreachable;

    while (s->udp->failed_count < UDP_FAILURES &&
           read_one(s->fd, &flow.peer, &unreachable)) {
        if (unreachable)
            udp_errors_note(s->udp, &flow);
    }
}
