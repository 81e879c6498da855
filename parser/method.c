/* Names of methods: case-sensitive (RFC 3261 7.1). */
#include "parser/message.h"

#include "parser/scan.h"

#define NAME(literal)               \
    {                               \
        literal, sizeof literal - 1 \
    }

/* So much room that a variant may load them whole. */
static const struct {
    char text[32];
    size_t len;
} names[] = {
    [METHOD_ACK] = NAME("ACK"),
    [METHOD_BYE] = NAME("BYE"),
    [METHOD_CANCEL] = NAME("CANCEL"),
    [METHOD_INFO] = NAME("INFO"),
    [METHOD_INVITE] = NAME("INVITE"),
    [METHOD_MESSAGE] = NAME("MESSAGE"),
    [METHOD_NOTIFY] = NAME("NOTIFY"),
    [METHOD_OPTIONS] = NAME("OPTIONS"),
    [METHOD_PRACK] = NAME("PRACK"),
    [METHOD_PUBLISH] = NAME("PUBLISH"),
    [METHOD_REFER] = NAME("REFER"),
    [METHOD_REGISTER] = NAME("REGISTER"),
    [METHOD_SUBSCRIBE] = NAME("SUBSCRIBE"),
    [METHOD_UPDATE] = NAME("UPDATE"),
};

enum {
    SLOTS = 32,
};

/* No two names share a slot, and none has 0, so one comparison is all the search there is. */
#define SLOT(letter, len) (((letter)*3u + (len)) % SLOTS)

static const unsigned char by_slot[SLOTS] = {
    [SLOT('A', 3)] = METHOD_ACK,       [SLOT('B', 3)] = METHOD_BYE,
    [SLOT('C', 6)] = METHOD_CANCEL,    [SLOT('I', 4)] = METHOD_INFO,
    [SLOT('I', 6)] = METHOD_INVITE,    [SLOT('M', 7)] = METHOD_MESSAGE,
    [SLOT('N', 6)] = METHOD_NOTIFY,    [SLOT('O', 7)] = METHOD_OPTIONS,
    [SLOT('P', 5)] = METHOD_PRACK,     [SLOT('P', 7)] = METHOD_PUBLISH,
    [SLOT('R', 5)] = METHOD_REFER,     [SLOT('R', 8)] = METHOD_REGISTER,
    [SLOT('S', 9)] = METHOD_SUBSCRIBE, [SLOT('U', 6)] = METHOD_UPDATE,
};

enum method
method_of(struct slice name)
{
    enum method method;

    if (name.len == 0)
        return METHOD_OTHER;
    method = by_slot[SLOT((unsigned char)name.at[0], name.len)];
    return scan_same(name, slice_of(names[method].text, names[method].len))
               ? method
               : METHOD_OTHER;
}

struct slice
method_name(enum method method)
{
    return method == METHOD_OTHER ? slice_absent()
                                  : slice_of(names[method].text, names[method].len);
}
