#include "src/net/segments.h"

#include <netinet/udp.h>
#include <string.h>

bool
segments_are_known(int fd)
{
    int segment;
    socklen_t len = sizeof segment;

    return getsockopt(fd, SOL_UDP, UDP_SEGMENT, &segment, &len) == 0;
}

void
segment_set(struct msghdr *header, union segment *segment, size_t len)
{
    const uint16_t octets = (uint16_t)len;

    segment->header = (struct cmsghdr){
        .cmsg_level = SOL_UDP,
        .cmsg_type = UDP_SEGMENT,
        .cmsg_len = CMSG_LEN(sizeof octets),
    };
    memcpy(CMSG_DATA(&segment->header), &octets, sizeof octets);
    header->msg_control = segment;
    header->msg_controllen = sizeof *segment;
}
