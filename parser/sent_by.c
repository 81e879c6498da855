#include "parser/sent_by.h"

#include "parser/scan.h"

static bool
take_ipv6(struct slice *rest, struct slice *host)
{
    struct slice ahead = slice_skip(*rest, 1);
    struct slice inside = scan_take(&ahead, SCAN_IPV6);

    /* The shortest is "::". */
    if (inside.len < 2 || scan_find(inside, ':') == inside.len || !scan_byte(&ahead, ']'))
        return false;
    *host = scan_take_head(rest, inside.len + 2);
    return true;
}

/* No label is empty; a dot may end the name. */
static bool
has_labels(struct slice name)
{
    if (name.len == 0 || name.at[0] == '.' || name.at[0] == '-')
        return false;
    return !scan_twice(name, '.');
}

bool
host_take(struct slice *rest, struct slice *host)
{
    struct slice ahead = *rest, name;

    if (rest->len > 0 && rest->at[0] == '[')
        return take_ipv6(rest, host);
    name = scan_take(&ahead, SCAN_HOST);
    if (!has_labels(name))
        return false;
    *host = name;
    *rest = ahead;
    return true;
}

bool
port_take(struct slice *rest, uint16_t *port)
{
    struct slice ahead = *rest;
    uint32_t number;

    if (!scan_take_number(&ahead, &number) || number < 1 || number > UINT16_MAX)
        return false;
    *port = (uint16_t)number;
    *rest = ahead;
    return true;
}
