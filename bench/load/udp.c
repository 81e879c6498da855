#include "bench/load/udp.h"

#include "bench/load/memory.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <unistd.h>

enum {
    BUFFER_BYTES = 32 << 20,
};

/* Octets from one buffer to the next: all of them at the same distance from a page would share
 * few lines of the cache. */
static size_t
stride_of(size_t room)
{
    return (room / 64 + 1) * 64 + (room / 64 % 2 == 0 ? 0 : 64);
}

/* Root may have more than net.core.rmem_max. */
static void
set_buffer(int fd, int forced, int plain)
{
    int bytes = BUFFER_BYTES;

    if (setsockopt(fd, SOL_SOCKET, forced, &bytes, sizeof bytes) != 0)
        setsockopt(fd, SOL_SOCKET, plain, &bytes, sizeof bytes);
}

static void
set_batches(struct udp *u)
{
    size_t stride = stride_of(u->room);

    u->in = memory_take(UDP_BATCH, stride);
    u->out = memory_take(UDP_BATCH, stride);
    for (unsigned i = 0; i < UDP_BATCH; i++) {
        u->in_vector[i] = (struct iovec){ u->in + i * stride, u->room };
        u->out_vector[i] = (struct iovec){ u->out + i * stride, 0 };
        u->received[i].msg_hdr.msg_iov = &u->in_vector[i];
        u->received[i].msg_hdr.msg_iovlen = 1;
        u->sending[i].msg_hdr.msg_iov = &u->out_vector[i];
        u->sending[i].msg_hdr.msg_iovlen = 1;
        /* The kernel is asked for it where it is not known. */
        u->received[i].msg_hdr.msg_name = u->connected ? NULL : &u->from[i];
    }
}

bool
udp_open(struct udp *u, const struct sockaddr *local, const struct sockaddr *peer,
         socklen_t len, size_t room)
{
    int family = (peer == NULL ? local : peer)->sa_family;

    *u = (struct udp){ .room = room, .connected = peer != NULL };
    u->fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (u->fd < 0)
        return false;
    set_buffer(u->fd, SO_RCVBUFFORCE, SO_RCVBUF);
    set_buffer(u->fd, SO_SNDBUFFORCE, SO_SNDBUF);
    set_batches(u);
    return (peer == NULL ? bind(u->fd, local, len) : connect(u->fd, peer, len)) == 0;
}

void
udp_close(struct udp *u)
{
    if (u->fd >= 0)
        close(u->fd);
    free(u->in);
    free(u->out);
    *u = (struct udp){ .fd = -1 };
}

char *
udp_room(struct udp *u)
{
    if (u->waiting == UDP_BATCH)
        udp_flush(u);
    return u->out_vector[u->waiting].iov_base;
}

void
udp_put(struct udp *u, size_t len, const struct sockaddr *to, socklen_t to_len)
{
    struct msghdr *header = &u->sending[u->waiting].msg_hdr;

    u->out_vector[u->waiting].iov_len = len;
    header->msg_name = NULL;
    header->msg_namelen = 0;
    if (!u->connected) {
        memcpy(&u->to[u->waiting], to, to_len);
        header->msg_name = &u->to[u->waiting];
        header->msg_namelen = to_len;
    }
    u->waiting++;
}

/* An error belongs to the first of those that are left, such as an ICMP message that came in
 * the meantime: that one is given up, as the network might have done. */
void
udp_flush(struct udp *u)
{
    unsigned sent = 0;

    while (sent < u->waiting) {
        int some = sendmmsg(u->fd, u->sending + sent, u->waiting - sent, 0);

        if (some > 0) {
            sent += (unsigned)some;
        } else if (errno != EINTR) {
            u->unsent++;
            sent++;
        }
    }
    u->waiting = 0;
}

unsigned
udp_receive(struct udp *u)
{
    int some;

    for (unsigned i = 0; !u->connected && i < UDP_BATCH; i++)
        u->received[i].msg_hdr.msg_namelen = sizeof u->from[i];
    some = recvmmsg(u->fd, u->received, UDP_BATCH, MSG_DONTWAIT, NULL);
    return some < 0 ? 0 : (unsigned)some;
}

/* One that was cut reads as nothing. */
struct slice
udp_received(const struct udp *u, unsigned index)
{
    const struct mmsghdr *received = &u->received[index];

    if (received->msg_hdr.msg_flags & MSG_TRUNC)
        return slice_of(u->in_vector[index].iov_base, 0);
    return slice_of(u->in_vector[index].iov_base, received->msg_len);
}

uint64_t
udp_drops(const struct udp *u)
{
    uint32_t memory[SK_MEMINFO_VARS] = { 0 };
    socklen_t len = sizeof memory;

    if (u->fd < 0 || getsockopt(u->fd, SOL_SOCKET, SO_MEMINFO, memory, &len) != 0)
        return 0;
    return memory[SK_MEMINFO_DROPS];
}
