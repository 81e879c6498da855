#include "bench/load/connection.h"

#include "bench/load/memory.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

enum {
    SPARE = 256 * 1024, /* of a buffer, behind the longest message */
};

void
connection_start(struct connection *c, int fd, size_t room)
{
    int on = 1;

    c->fd = fd;
    if (c->in == NULL) {
        c->in_room = room + SPARE;
        c->in = memory_take(1, c->in_room);
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void
connection_end(struct connection *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    c->blocked = false;
    c->in_len = c->out_from = c->out_len = 0;
}

void
connection_free(struct connection *c)
{
    connection_end(c);
    free(c->in);
    free(c->out);
}

char *
connection_room(struct connection *c, size_t len)
{
    if (c->out_room - c->out_len < len && c->out_from > 0) {
        memmove(c->out, c->out + c->out_from, c->out_len - c->out_from);
        c->out_len -= c->out_from;
        c->out_from = 0;
    }
    if (c->out_room - c->out_len < len) {
        c->out_room = 2 * c->out_room + len + SPARE;
        c->out = memory_resize(c->out, c->out_room, 1);
    }
    return c->out + c->out_len;
}

bool
connection_flush(struct connection *c)
{
    while (c->out_from < c->out_len) {
        ssize_t some = send(c->fd, c->out + c->out_from, c->out_len - c->out_from,
                            MSG_NOSIGNAL | MSG_DONTWAIT);

        if (some > 0) {
            c->out_from += (size_t)some;
        } else if (errno == EAGAIN) {
            c->blocked = true;
            return true;
        } else if (errno != EINTR) {
            return false;
        }
    }
    c->blocked = false;
    c->out_from = c->out_len = 0;
    return true;
}

/* Skips the empty lines that keep a connection open. */
static enum reading_status
give_messages(struct connection *c, connection_take *take, void *context)
{
    struct slice rest = slice_of(c->in, c->in_len);
    enum reading_status status = READING_OK;
    struct reading message;

    while (rest.len > 0 && status == READING_OK) {
        size_t len = 1;

        if (rest.at[0] != '\r' && rest.at[0] != '\n') {
            status = reading_take(rest, false, &message);
            if (status != READING_OK)
                break;
            take(context, c, &message);
            len = message.len;
        }
        rest = slice_skip(rest, len);
    }
    memmove(c->in, rest.at, rest.len);
    c->in_len = rest.len;
    return status;
}

bool
connection_read(struct connection *c, connection_take *take, void *context, bool *wrong)
{
    ssize_t some = recv(c->fd, c->in + c->in_len, c->in_room - c->in_len, MSG_DONTWAIT);

    *wrong = false;
    if (some <= 0)
        return some < 0 && (errno == EAGAIN || errno == EINTR);
    c->in_len += (size_t)some;
    *wrong = give_messages(c, take, context) == READING_BAD || c->in_len == c->in_room;
    return !*wrong;
}
