#include "src/net/udp_inbox.h"

#include <stdlib.h>

enum {
    BUFFER_BYTES = UDP_DATAGRAM_MAX + NET_SLACK,
};

struct udp_inbox *
udp_inbox_new(void)
{
    struct udp_inbox *inbox = calloc(1, sizeof *inbox);

    if (inbox == NULL)
        return NULL;
    inbox->bytes = calloc(UDP_BATCH, BUFFER_BYTES);
    if (inbox->bytes == NULL) {
        udp_inbox_free(inbox);
        return NULL;
    }
    for (size_t i = 0; i < UDP_BATCH; i++) {
        inbox->vectors[i] =
            (struct iovec){ inbox->bytes + i * BUFFER_BYTES, UDP_DATAGRAM_MAX };
        inbox->headers[i].msg_hdr.msg_name = &inbox->from[i];
        inbox->headers[i].msg_hdr.msg_iov = &inbox->vectors[i];
        inbox->headers[i].msg_hdr.msg_iovlen = 1;
    }
    return inbox;
}

int
udp_inbox_read(struct udp_inbox *inbox, int fd)
{
    for (size_t i = 0; i < UDP_BATCH; i++)
        inbox->headers[i].msg_hdr.msg_namelen = sizeof inbox->from[i];
    return recvmmsg(fd, inbox->headers, UDP_BATCH, MSG_DONTWAIT, NULL);
}

void
udp_inbox_free(struct udp_inbox *inbox)
{
    if (inbox == NULL)
        return;
    free(inbox->bytes);
    free(inbox);
}
