/* segments - datagrams of one length that the kernel takes as one and cuts apart (UDP_SEGMENT of
 * udp(7): generic segmentation offload, Linux 4.18).
 *
 *     union segment segment;
 *     if (segments_are_known(fd))
 *         segment_set(&header, &segment, 450);     of msg_iov; the last one may be shorter
 */
#ifndef NET_SEGMENTS_H
#define NET_SEGMENTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
    SEGMENTS_MAX = 64,          /* that the kernel cuts: UDP_MAX_SEGMENTS */
    SEGMENTS_BYTES_MAX = 65000, /* until they are cut, they are one IP packet */
    SEGMENT_BYTES_MAX = 1200,   /* of each: less than the MTU of nearly any path */
};

/* A header's control data; lives as long as that. */
union segment {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(uint16_t))];
};

/* An older kernel would send them as one datagram, without a word. */
bool
segments_are_known(int fd);

void
segment_set(struct msghdr *header, union segment *segment, size_t len);

#endif
