#include "src/net/connections.h"

#include "src/sip/timer_wheel.h" /* CONTAINER_OF */

#include <stdlib.h>
#include <unistd.h>

enum {
    BUCKETS_MAX = 65536, /* more connections than that share chains */
};

static struct connection *
of_use(struct link *link)
{
    return link == NULL ? NULL : CONTAINER_OF(link, struct connection, use);
}

static struct connection *
of_wait(struct link *link)
{
    return link == NULL ? NULL : CONTAINER_OF(link, struct connection, wait);
}

static struct connection *
of_over(struct link *link)
{
    return link == NULL ? NULL : CONTAINER_OF(link, struct connection, over);
}

static struct connection *
of_pause(struct link *link)
{
    return link == NULL ? NULL : CONTAINER_OF(link, struct connection, pause);
}

static struct connection *
of_dirty(struct link *link)
{
    return link == NULL ? NULL : CONTAINER_OF(link, struct connection, dirty);
}

bool
connections_init(struct connections *all, struct loop *loop,
                 const struct net_events *events,
                 const struct connections_options *options)
{
    struct link *lists[] = { &all->idle,    &all->kept,    &all->begun,
                             &all->closing, &all->over,    &all->dirty,
                             &all->cut_off, &all->resumed, &all->sated };

    memset(all, 0, sizeof *all);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        link_init(lists[i]);
    all->loop = loop;
    all->events = events;
    all->options = *options;
    all->buckets = 64;
    while (all->buckets < options->max_open && all->buckets < BUCKETS_MAX)
        all->buckets *= 2;
    all->by_id = calloc(all->buckets, sizeof(struct connection *));
    all->by_peer = calloc(all->buckets, sizeof(struct connection *));
    all->shared = calloc(1, CONNECTION_KEPT_BYTES + CONNECTION_READ_BYTES + NET_SLACK);
    if (all->by_id != NULL && all->by_peer != NULL && all->shared != NULL)
        return true;
    connections_free(all);
    return false;
}

void
connections_free(struct connections *all)
{
    free(all->by_id);
    free(all->by_peer);
    free(all->shared);
    all->by_id = all->by_peer = NULL;
    all->shared = NULL;
}

/* Ids are counted up, so their low bits spread them by themselves. */
static struct connection **
id_bucket(const struct connections *all, uint64_t id)
{
    return &all->by_id[id & (all->buckets - 1)];
}

static struct connection **
peer_bucket(const struct connections *all, const struct address *peer)
{
    return &all->by_peer[address_hash(&all->options.key, peer) & (all->buckets - 1)];
}

struct connection *
connections_find(const struct connections *all, uint64_t id)
{
    struct connection *c = *id_bucket(all, id);

    while (c != NULL && c->flow.connection != id)
        c = c->next_by_id;
    return c;
}

/* One that can take a request; its far end may have connected to us, or we to it. */
static struct connection *
find_peer(const struct connections *all, const struct flow *flow)
{
    struct connection *c = *peer_bucket(all, &flow->peer);

    while (c != NULL &&
           (c->state > CONNECTION_OPEN || c->flow.listener != flow->listener ||
            !address_equal(&c->flow.peer, &flow->peer)))
        c = c->next_by_peer;
    return c;
}

bool
connections_find_stream(const struct connections *all, const struct address *peer,
                        struct flow *flow)
{
    struct connection *c = *peer_bucket(all, peer);

    while (c != NULL &&
           (c->state != CONNECTION_OPEN || !address_equal(&c->flow.peer, peer)))
        c = c->next_by_peer;
    if (c != NULL)
        *flow = c->flow;
    return c != NULL;
}

static void
add(struct connections *all, struct connection *c)
{
    struct connection **id, **peer;

    c->flow.connection = ++all->last_id;
    id = id_bucket(all, c->flow.connection);
    peer = peer_bucket(all, &c->flow.peer);
    c->next_by_id = *id;
    *id = c;
    c->next_by_peer = *peer;
    *peer = c;
    all->open++;
    connections_used(c);
}

void
connections_remove(struct connection *c)
{
    struct connection **at = id_bucket(c->all, c->flow.connection);

    link_remove(&c->use);
    link_remove(&c->wait);
    link_remove(&c->pause);
    link_remove(&c->dirty);
    connections_queued(c, 0, false);
    while (*at != c)
        at = &(*at)->next_by_id;
    *at = c->next_by_id;
    at = peer_bucket(c->all, &c->flow.peer);
    while (*at != c)
        at = &(*at)->next_by_peer;
    *at = c->next_by_peer;
    c->all->open--;
}

void
connections_used(struct connection *c)
{
    c->used_ms = loop_now(c->all->loop).ms;
    list_append(c->has_binding ? &c->all->kept : &c->all->idle, &c->use);
}

void
connections_wait(struct connection *c, struct link *list)
{
    if (list == NULL) {
        link_remove(&c->wait);
        return;
    }
    c->wait_ms = loop_now(c->all->loop).ms;
    list_append(list, &c->wait);
}

void
connections_dirty(struct connection *c)
{
    if (!link_is_in_list(&c->dirty))
        list_append(&c->all->dirty, &c->dirty);
}

/* Who keeps to his part does not count; who does not, counts with all of it. */
static size_t
counted(size_t queued)
{
    return queued <= LIMIT_CONNECTION_OUT_BYTES ? 0 : queued;
}

void
connections_queued(struct connection *c, size_t bytes, bool any_taken)
{
    size_t over = counted(bytes);

    c->all->over_bytes = c->all->over_bytes - c->over_bytes + over;
    c->over_bytes = over;
    if (over == 0)
        link_remove(&c->over);
    else if (any_taken || !link_is_in_list(&c->over))
        list_append(&c->all->over, &c->over);
}

/* Whoever reads has made progress later than those who do not, however much waits for either:
 * so these cannot take its place. One that ends had more than its part, so this is rare. */
bool
connections_may_queue(struct connection *c, size_t bytes)
{
    struct connections *all = c->all;
    size_t more = counted(bytes) - c->over_bytes;
    struct connection *last;

    if (bytes > LIMIT_CONNECTION_OUT_MOST)
        return false;
    while (more > 0 && all->over_bytes + more > LIMIT_OUT_BYTES) {
        last = of_over(list_first(&all->over));
        if (last == NULL || last == c)
            return false;
        connection_end(last, "peer does not read, and others wait");
    }
    return true;
}

/* False: every one has a binding. */
static bool
make_room(struct connections *all)
{
    struct connection *c;
    uint32_t missed;

    if (all->open < all->options.max_open)
        return true;
    if (log_gate_pass(&all->full_gate, 1, loop_now(all->loop).s, &missed))
        LOG(LOG_WARN, "net.connections_full", LOG_NUMBER("open", all->open),
            LOG_NUMBER("missed", missed));
    c = of_wait(list_first(&all->closing));
    if (c == NULL)
        c = of_use(list_first(&all->idle));
    if (c == NULL)
        return false;
    connection_end(c, "too many connections");
    return true;
}

void
connections_accept(struct connections *all, uint16_t listener, int fd,
                   const struct address *peer)
{
    struct connection *c = make_room(all) ? connection_new(all) : NULL;

    if (c == NULL) {
        close(fd);
        return;
    }
    c->flow.listener = listener;
    c->flow.peer = *peer;
    add(all, c);
    if (!connection_take(c, fd))
        connection_end(c, "no memory");
}

static struct connection *
dial(struct connections *all, const struct flow *flow, const struct address *local)
{
    struct connection *c = make_room(all) ? connection_new(all) : NULL;

    if (c == NULL)
        return NULL;
    c->is_ours = true;
    c->flow.listener = flow->listener;
    c->flow.peer = flow->peer;
    add(all, c);
    connections_wait(c, &all->begun);
    if (connection_dial(c, local))
        return c;
    c->is_ours = false; /* the sender hears it from the status, and once is enough */
    connection_end(c, "cannot connect");
    return NULL;
}

enum send_status
connections_send(struct connections *all, const struct flow *flow,
                 const struct address *local, struct slice bytes)
{
    struct connection *c = flow->connection != 0 ? connections_find(all, flow->connection)
                                                 : find_peer(all, flow);

    if (c == NULL && flow->connection == 0)
        c = dial(all, flow, local);
    return c == NULL ? SEND_FAILED : connection_send(c, bytes);
}

void
connections_close(struct connections *all, uint64_t id)
{
    struct connection *c = connections_find(all, id);

    if (c != NULL)
        connection_finish(c);
}

bool
connections_is_open(const struct connections *all, uint64_t id)
{
    struct connection *c = connections_find(all, id);

    return c != NULL && c->state == CONNECTION_OPEN;
}

void
connections_keep(struct connections *all, uint64_t id, bool has_binding)
{
    struct connection *c = connections_find(all, id);

    if (c == NULL || c->has_binding == has_binding)
        return;
    c->has_binding = has_binding;
    connections_used(c);
}

bool
connections_are_behind(const struct connections *all)
{
    return link_is_in_list(&all->cut_off) || link_is_in_list(&all->resumed);
}

static void
resume(struct connection *c)
{
    connection_start_reading(c);
    list_append(&c->all->resumed, &c->pause);
}

/* A turn's end may flush more than once, so those that are resumed are awaited. Each has
 * something to read, or has ended. */
static void
end_reading(struct connections *all)
{
    struct link *link;

    all->read_bytes = 0;
    if (link_is_in_list(&all->resumed))
        return;
    for (int i = 0; i < CONNECTION_RESUMED && (link = list_first(&all->cut_off)); i++)
        resume(of_pause(link));
    if (connections_are_behind(all))
        return;
    all->round++;
    while ((link = list_first(&all->sated)) != NULL)
        connection_start_reading(of_pause(link));
}

void
connections_flush(struct connections *all)
{
    struct link *link;

    end_reading(all);
    while ((link = list_first(&all->dirty)) != NULL) {
        link_remove(link);
        connection_flush(of_dirty(link));
    }
}

static bool
list_is_flushed(const struct link *list)
{
    for (struct link *link = list->next; link != list; link = link->next) {
        const struct connection *c = of_use(link);

        if (c->out.len > 0 || c->is_writing)
            return false;
    }
    return true;
}

bool
connections_are_flushed(const struct connections *all)
{
    return list_is_flushed(&all->idle) && list_is_flushed(&all->kept);
}

void
connections_expire(struct connections *all, uint64_t now_ms)
{
    struct connection *c;

    while ((c = of_wait(list_first(&all->begun))) != NULL &&
           now_ms >= c->wait_ms + CONNECTION_BEGUN_MS)
        connection_end(c, c->state == CONNECTION_OPENING ? "connect timed out"
                                                         : "message not finished");
    while ((c = of_wait(list_first(&all->closing))) != NULL &&
           now_ms >= c->wait_ms + CONNECTION_CLOSING_MS)
        connection_end(c, "closed");
    while ((c = of_use(list_first(&all->idle))) != NULL &&
           now_ms >= c->used_ms + all->options.lifetime_ms)
        connection_end(c, "idle");
}

static uint64_t
earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t
connections_deadline(const struct connections *all)
{
    const struct connection *begun = of_wait(list_first(&all->begun));
    const struct connection *closing = of_wait(list_first(&all->closing));
    const struct connection *idle = of_use(list_first(&all->idle));
    uint64_t at = UINT64_MAX;

    if (begun != NULL)
        at = earlier(at, begun->wait_ms + CONNECTION_BEGUN_MS);
    if (closing != NULL)
        at = earlier(at, closing->wait_ms + CONNECTION_CLOSING_MS);
    if (idle != NULL)
        at = earlier(at, idle->used_ms + all->options.lifetime_ms);
    return at;
}

void
connections_end_all(struct connections *all)
{
    struct link *link;

    all->is_muted = true;
    while ((link = list_first(&all->idle)) != NULL ||
           (link = list_first(&all->kept)) != NULL)
        connection_end(of_use(link), "shutdown");
}
