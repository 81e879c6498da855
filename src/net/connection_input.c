#include "src/net/connection.h"

#include "src/net/connections.h"

/* While little of a message is there, the next read goes into the shared buffer, with that
 * little copied in front: idle connections and streams of small messages need no buffer of
 * their own. A message that is larger has one, so that no octet is copied twice. */
static bool
reads_into_shared(const struct connection *c)
{
    return c->state != CONNECTION_OPEN || c->in.len <= CONNECTION_KEPT_BYTES;
}

static void
enter_round(struct connection *c)
{
    link_remove(&c->pause); /* where it was resumed */
    if (c->round == c->all->round)
        return;
    c->round = c->all->round;
    c->reads = 0;
}

/* libuv would read 32 times, two megabytes, while the others wait and no commit is handed out. */
static bool
had_its_part(const struct connection *c)
{
    return c->reads == CONNECTION_READS;
}

static bool
is_turn_over(const struct connection *c)
{
    return c->all->read_bytes >= CONNECTION_TURN_BYTES;
}

static void
on_room_wanted(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct connection *c = handle->data;
    size_t kept = c->state == CONNECTION_OPEN ? c->in.len : 0;

    (void)suggested;
    *buf = uv_buf_init(NULL, 0); /* libuv reads nothing then, and says UV_ENOBUFS */
    enter_round(c);
    if (had_its_part(c) || is_turn_over(c))
        return;
    if (reads_into_shared(c)) {
        if (kept > 0)
            memcpy(c->all->shared, c->in.at, kept);
        *buf = uv_buf_init(c->all->shared + kept, CONNECTION_READ_BYTES);
    } else if (bytes_reserve(&c->in, CONNECTION_KEPT_BYTES)) {
        *buf = uv_buf_init(c->in.at + kept, (unsigned)(c->in.room - kept));
    }
    c->reads += buf->len > 0;
}

/* After FRAME_BAD nobody knows where the next message starts (RFC 3261 18.3): the owner
 * answers, and this is the end. */
static struct slice
take_frames(struct connection *c, struct slice unread, bool *any)
{
    const struct net_events *events = c->all->events;
    enum frame_kind kind;
    size_t used;

    *any = false;
    while (c->state == CONNECTION_OPEN &&
           (kind = framer_next(&c->framer, unread, &used)) != FRAME_PARTIAL) {
        *any = true;
        events->frame(events->self, &c->flow, kind, slice_head(unread, used));
        unread = slice_skip(unread, used);
        if (kind == FRAME_BAD || kind == FRAME_TOO_LONG)
            connection_finish(c);
    }
    return unread;
}

/* A lone CRLF may be half of a ping (RFC 5626 3.5.1), and is no message begun. */
static bool
is_begun(struct slice rest)
{
    return slice_trim(rest).len > 0;
}

static void
keep_rest(struct connection *c, struct slice rest, bool was_shared)
{
    if (rest.len == 0) {
        bytes_free(&c->in);
    } else if (!was_shared) {
        bytes_keep_tail(&c->in, rest.len);
    } else {
        c->in.len = 0;
        if (!bytes_append(&c->in, rest))
            connection_end(c, "no memory");
    }
}

static void
take(struct connection *c, size_t count)
{
    bool was_shared = reads_into_shared(c), any, begun;
    struct slice rest =
        slice_of(was_shared ? c->all->shared : c->in.at, c->in.len + count);

    c->in.len += was_shared ? 0 : count;
    connections_used(c);
    rest = take_frames(c, rest, &any);
    if (c->state != CONNECTION_OPEN) {
        bytes_free(&c->in);
        return;
    }
    begun = is_begun(rest);
    keep_rest(c, rest, was_shared);
    if (c->state != CONNECTION_OPEN)
        return;
    if (!begun)
        connections_wait(c, NULL);
    else if (any || !link_is_in_list(&c->wait))
        connections_wait(c, &c->all->begun);
}

/* A peer that has closed its side may still read answers: it gets the time for them, unless
 * it carries a binding, whose owner must know at once that it is gone. */
static void
peer_is_done(struct connection *c)
{
    if (c->state != CONNECTION_OPEN || c->has_binding || c->is_ours) {
        connection_end(c, "closed by the peer");
        return;
    }
    c->state = CONNECTION_PEER_DONE;
    bytes_free(&c->in);
    connections_wait(c, &c->all->closing);
}

static void
on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    struct connection *c = stream->data;

    (void)buf;
    if (count == UV_ENOBUFS && (had_its_part(c) || is_turn_over(c))) {
        connection_pause_reading(c, had_its_part(c) ? &c->all->sated : &c->all->cut_off);
        return;
    }
    c->all->read_bytes += count > 0 ? (size_t)count : 0;
    if (count == UV_EOF) {
        peer_is_done(c);
    } else if (count < 0) {
        c->is_lost = true;
        connection_end(c, uv_strerror((int)count));
    } else if (count > 0 && c->state == CONNECTION_OPEN) {
        take(c, (size_t)count);
    }
}

void
connection_pause_reading(struct connection *c, struct link *list)
{
    uv_read_stop((uv_stream_t *)&c->tcp);
    list_append(list, &c->pause);
}

void
connection_start_reading(struct connection *c)
{
    link_remove(&c->pause);
    uv_read_start((uv_stream_t *)&c->tcp, on_room_wanted, on_read);
}
