#include "src/net/connection.h"

#include "src/net/connections.h"

enum {
    WRITE_EARLY_BYTES = 65536, /* do not wait for the turn's end with more than that */
    FLIGHT_BYTES = 262144,     /* a slow peer takes that many long before it is idle */
};

static size_t
queued(const struct connection *c)
{
    return c->out.len + c->flight.len;
}

enum send_status
connection_send(struct connection *c, struct slice bytes)
{
    if (c->state > CONNECTION_PEER_DONE)
        return SEND_FAILED;
    if (!connections_may_queue(c, queued(c) + bytes.len) ||
        !bytes_append(&c->out, bytes)) {
        connection_end(c, "peer does not read");
        return SEND_FAILED;
    }
    connections_queued(c, queued(c), false);
    connections_dirty(c);
    if (c->out.len >= WRITE_EARLY_BYTES)
        connection_flush(c);
    return c->state == CONNECTION_DEAD ? SEND_FAILED : SEND_OK;
}

static void
on_written(uv_write_t *request, int status)
{
    struct connection *c = request->data;

    c->is_writing = false;
    if (c->state == CONNECTION_DEAD)
        return;
    if (status != 0) {
        c->is_lost = true;
        connection_end(c, uv_strerror(status));
        return;
    }
    bytes_free(&c->flight);
    connections_queued(c, queued(c), true);
    connections_used(c);
    connections_dirty(c);
}

/* What the kernel does not take at once, libuv keeps watch over, a piece at a time: of a piece
 * only the end is told. */
static int
take_off(struct connection *c, size_t written)
{
    size_t left = c->out.len - written;
    size_t len = left < FLIGHT_BYTES ? left : FLIGHT_BYTES;
    uv_buf_t buf;

    if (!bytes_append(&c->flight, slice_of(c->out.at + written, len)))
        return UV_ENOMEM;
    bytes_keep_tail(&c->out, left - len);
    if (c->out.len == 0)
        bytes_free(&c->out);
    c->writing.data = c;
    c->is_writing = true;
    buf = uv_buf_init(c->flight.at, (unsigned)len);
    return uv_write(&c->writing, (uv_stream_t *)&c->tcp, &buf, 1, on_written);
}

static int
write_out(struct connection *c)
{
    uv_buf_t buf = uv_buf_init(c->out.at, (unsigned)c->out.len);
    int result = uv_try_write((uv_stream_t *)&c->tcp, &buf, 1);
    size_t written = result < 0 ? 0 : (size_t)result;

    if (result < 0 && result != UV_EAGAIN)
        return result;
    if (written > 0) {
        connections_queued(c, c->out.len - written, true);
        connections_used(c);
    }
    if (written < c->out.len)
        return take_off(c, written);
    bytes_free(&c->out);
    return 0;
}

static void
shut(struct connection *c)
{
    uv_os_fd_t fd;

    c->is_shut = true;
    if (uv_fileno((uv_handle_t *)&c->tcp, &fd) != 0 || shutdown(fd, SHUT_WR) != 0)
        connection_end(c, "closed");
}

void
connection_flush(struct connection *c)
{
    int error;

    if (c->state == CONNECTION_OPENING || c->state == CONNECTION_DEAD || c->is_writing)
        return;
    error = c->out.len == 0 ? 0 : write_out(c);
    if (error != 0) {
        c->is_lost = true;
        connection_end(c, uv_strerror(error));
    } else if (c->state == CONNECTION_CLOSING && !c->is_writing && !c->is_shut) {
        shut(c);
    }
}
