/* Names of methods: case-sensitive (RFC 3261 7.1). */
#include "parser/message.h"

static const struct slice names[] = {
    [METHOD_ACK] = SLICE_INIT("ACK"),
    [METHOD_BYE] = SLICE_INIT("BYE"),
    [METHOD_CANCEL] = SLICE_INIT("CANCEL"),
    [METHOD_INFO] = SLICE_INIT("INFO"),
    [METHOD_INVITE] = SLICE_INIT("INVITE"),
    [METHOD_MESSAGE] = SLICE_INIT("MESSAGE"),
    [METHOD_NOTIFY] = SLICE_INIT("NOTIFY"),
    [METHOD_OPTIONS] = SLICE_INIT("OPTIONS"),
    [METHOD_PRACK] = SLICE_INIT("PRACK"),
    [METHOD_PUBLISH] = SLICE_INIT("PUBLISH"),
    [METHOD_REFER] = SLICE_INIT("REFER"),
    [METHOD_REGISTER] = SLICE_INIT("REGISTER"),
    [METHOD_SUBSCRIBE] = SLICE_INIT("SUBSCRIBE"),
    [METHOD_UPDATE] = SLICE_INIT("UPDATE"),
};

enum method
method_of(struct slice name)
{
    for (unsigned i = METHOD_OTHER + 1; i < sizeof names / sizeof names[0]; i++)
        if (slice_equal(name, names[i]))
            return (enum method)i;
    return METHOD_OTHER;
}

struct slice
method_name(enum method method)
{
    return names[method];
}
