#include "src/net/bytes.h"

#include "src/net/events.h"

#include <stdlib.h>

enum {
    FIRST_ROOM = 1024,
};

bool
bytes_reserve(struct bytes *bytes, size_t more)
{
    size_t room = bytes->room < FIRST_ROOM ? FIRST_ROOM : bytes->room;
    char *at;

    if (more <= bytes->room - bytes->len)
        return true;
    while (room - bytes->len < more)
        room *= 2;
    at = realloc(bytes->at, room + NET_SLACK);
    if (at == NULL)
        return false;
    bytes->at = at;
    bytes->room = room;
    return true;
}

bool
bytes_append(struct bytes *bytes, struct slice what)
{
    if (what.len == 0)
        return true;
    if (!bytes_reserve(bytes, what.len))
        return false;
    memcpy(bytes->at + bytes->len, what.at, what.len);
    bytes->len += what.len;
    return true;
}

void
bytes_keep_tail(struct bytes *bytes, size_t len)
{
    if (len > 0 && len < bytes->len)
        memmove(bytes->at, bytes->at + (bytes->len - len), len);
    bytes->len = len;
}

void
bytes_free(struct bytes *bytes)
{
    free(bytes->at);
    *bytes = (struct bytes){ NULL, 0, 0 };
}
