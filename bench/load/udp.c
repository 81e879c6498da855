#include "bench/load/udp.h"

#include "bench/load/memory.h"
#include "src/net/segments.h"

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
    u->has_trains = segments_are_known(u->fd);
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
    u->out_vector[u->waiting].iov_len = len;
    u->to_len[u->waiting] = u->connected ? 0 : to_len;
    if (!u->connected)
        memcpy(&u->to[u->waiting], to, to_len);
    u->waiting++;
}

static bool
have_one_peer(const struct udp *u, unsigned a, unsigned b)
{
    return u->to_len[a] == u->to_len[b] &&
           memcmp(&u->to[a], &u->to[b], u->to_len[a]) == 0;
}

/* How many may go together: behind a shorter one none. */
static unsigned
train_from(const struct udp *u, unsigned first)
{
    size_t len = u->out_vector[first].iov_len;
    unsigned next = first + 1;

    if (!u->has_trains || len > SEGMENT_BYTES_MAX)
        return 1;
    while (next < u->waiting && have_one_peer(u, first, next) &&
           u->out_vector[next].iov_len > 0 && u->out_vector[next].iov_len <= len)
        if (u->out_vector[next++].iov_len < len)
            break;
    return next - first;
}

/* Those before `alone` one by one. */
static int
send_from(struct udp *u, unsigned first, unsigned alone)
{
    union segment segments[UDP_BATCH];
    unsigned count = 0;

    while (first < u->waiting) {
        struct msghdr *header = &u->sending[count].msg_hdr;

        *header =
            (struct msghdr){ .msg_name = u->connected ? NULL : &u->to[first],
                             .msg_namelen = u->to_len[first],
                             .msg_iov = &u->out_vector[first],
                             .msg_iovlen = first < alone ? 1 : train_from(u, first) };
        if (header->msg_iovlen > 1)
            segment_set(header, &segments[count], header->msg_iov[0].iov_len);
        first += (unsigned)header->msg_iovlen;
        count++;
    }
    return sendmmsg(u->fd, u->sending, count, 0);
}

/* An error belongs to the first of those that are left, such as an ICMP message that came in
 * the meantime: that one is given up, as the network might have done. */
void
udp_flush(struct udp *u)
{
    unsigned sent = 0, alone = 0;

    while (sent < u->waiting) {
        int some = send_from(u, sent, alone);

        for (int i = 0; i < some; i++)
            sent += (unsigned)u->sending[i].msg_hdr.msg_iovlen;
        if (some >= 0 || errno == EINTR)
            continue;
        if (u->sending[0].msg_hdr.msg_iovlen > 1) {
            alone = sent + (unsigned)u->sending[0].msg_hdr.msg_iovlen;
        } else {
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
