#include "src/net/datagrams.h"

#include "src/limits.h"
#include "src/net/segments.h"
#include "src/net/sockaddr.h"
#include "src/net/trains.h"

#include <errno.h>
#include <stdlib.h>

void
datagrams_init(struct datagrams *queue)
{
    memset(queue, 0, sizeof *queue);
}

void
datagrams_free(struct datagrams *queue)
{
    free(queue->items);
    free(queue->bytes);
    datagrams_init(queue);
}

size_t
datagrams_count(const struct datagrams *queue)
{
    return queue->end - queue->first;
}

static bool
have_memory(struct datagrams *queue)
{
    if (queue->items == NULL)
        queue->items = malloc(LIMIT_DATAGRAMS_OUT * sizeof *queue->items);
    if (queue->bytes == NULL)
        queue->bytes = malloc(DATAGRAMS_BYTES);
    return queue->items != NULL && queue->bytes != NULL;
}

static bool
fits(const struct datagrams *queue, size_t len)
{
    return queue->end < LIMIT_DATAGRAMS_OUT && len <= DATAGRAMS_BYTES - queue->used;
}

/* Where the bytes of what waits begin: trains have changed the order, within a batch. */
static size_t
first_byte(const struct datagrams *queue)
{
    size_t first = queue->used;

    for (size_t i = queue->first; i < queue->end && i < queue->first + DATAGRAMS_BATCH;
         i++)
        if (queue->items[i].at < first)
            first = queue->items[i].at;
    return first;
}

/* Moves what waits to the front. Only once half of a block is free there, so that a socket
 * that takes one datagram at a time does not move megabytes for each. */
static void
compact(struct datagrams *queue)
{
    size_t gone = first_byte(queue), count = datagrams_count(queue);

    if (queue->first < LIMIT_DATAGRAMS_OUT / 2 && gone < DATAGRAMS_BYTES / 2)
        return;
    memmove(queue->bytes, queue->bytes + gone, queue->used - gone);
    memmove(queue->items, queue->items + queue->first, count * sizeof *queue->items);
    for (size_t i = 0; i < count; i++)
        queue->items[i].at -= (uint32_t)gone;
    queue->first = 0;
    queue->end = count;
    queue->used -= gone;
}

bool
datagrams_add(struct datagrams *queue, const struct address *to, struct slice bytes)
{
    if (!have_memory(queue))
        return false;
    if (!fits(queue, bytes.len))
        compact(queue);
    if (!fits(queue, bytes.len))
        return false;
    queue->items[queue->end++] = (struct datagram){
        .to = *to,
        .is_response = slice_starts(bytes, SLICE("SIP/2.0 ")),
        .at = (uint32_t)queue->used,
        .len = (uint32_t)bytes.len,
    };
    if (bytes.len > 0)
        memcpy(queue->bytes + queue->used, bytes.at, bytes.len);
    queue->used += bytes.len;
    return true;
}

static void
advance(struct datagrams *queue, size_t count)
{
    queue->first += count;
    queue->singly -= count < queue->singly ? count : queue->singly;
    if (queue->first == queue->end)
        queue->first = queue->end = queue->used = 0;
}

/* How many trains went; -1 with errno. */
static int
send_trains(const struct datagrams *queue, int fd, const struct train *trains,
            size_t count)
{
    struct mmsghdr headers[DATAGRAMS_BATCH];
    struct iovec bytes[DATAGRAMS_BATCH];
    union sockaddr_any to[DATAGRAMS_BATCH];
    union segment segments[DATAGRAMS_BATCH];
    const struct datagram *item = &queue->items[queue->first];
    struct iovec *next = bytes;

    for (size_t i = 0; i < count; i++) {
        headers[i] =
            (struct mmsghdr){ .msg_hdr = {
                                  .msg_name = &to[i],
                                  .msg_namelen = sockaddr_write(&item->to, &to[i]),
                                  .msg_iov = next,
                                  .msg_iovlen = trains[i].count,
                              } };
        if (trains[i].count > 1)
            segment_set(&headers[i].msg_hdr, &segments[i], trains[i].len);
        for (uint32_t k = 0; k < trains[i].count; k++, item++)
            *next++ = (struct iovec){ queue->bytes + item->at, item->len };
    }
    return sendmmsg(fd, headers, (unsigned)count, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static size_t
next_trains(struct datagrams *queue, struct train *trains)
{
    size_t count = datagrams_count(queue), alone;

    if (count > DATAGRAMS_BATCH)
        count = DATAGRAMS_BATCH;
    alone = queue->has_trains && queue->singly < count ? queue->singly : count;
    for (size_t i = 0; i < alone; i++)
        trains[i] = (struct train){ .count = 1 };
    return alone + trains_form(&queue->items[queue->first + alone], count - alone,
                               &trains[alone]);
}

/* What is wrong may be one path's alone: its MTU, or that what it goes through cuts nothing. */
int
datagrams_send(struct datagrams *queue, int fd)
{
    struct train trains[DATAGRAMS_BATCH];

    while (datagrams_count(queue) > 0) {
        size_t count = next_trains(queue, trains);
        int sent = send_trains(queue, fd, trains, count);

        for (int i = 0; i < sent; i++)
            advance(queue, trains[i].count);
        if (sent >= 0 || errno == EINTR)
            continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return EAGAIN;
        if (trains[0].count > 1)
            queue->singly = trains[0].count;
        return errno;
    }
    return 0;
}

void
datagrams_drop(struct datagrams *queue, struct address *to)
{
    *to = queue->items[queue->first].to;
    advance(queue, 1);
}
