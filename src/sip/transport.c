#include "src/sip/transport.h"

static const struct {
    struct slice name, via_name;
    bool is_reliable;
} protocols[] = {
    [PROTOCOL_UDP] = { SLICE_INIT("udp"), SLICE_INIT("UDP"), false },
    [PROTOCOL_TCP] = { SLICE_INIT("tcp"), SLICE_INIT("TCP"), true },
};

struct slice
protocol_name(enum protocol protocol)
{
    return protocols[protocol].name;
}

struct slice
protocol_via_name(enum protocol protocol)
{
    return protocols[protocol].via_name;
}

bool
protocol_is_reliable(enum protocol protocol)
{
    return protocols[protocol].is_reliable;
}
