#include "src/net/datagrams.h"

#include "src/limits.h"
#include "src/net/sockaddr.h"

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

/* Moves what waits to the front. Only once half of a block is free there, so that a socket
 * that takes one datagram at a time does not move megabytes for each. */
static void
compact(struct datagrams *queue)
{
    size_t gone =
        queue->end == queue->first ? queue->used : queue->items[queue->first].at;
    size_t count = datagrams_count(queue);

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
    if (queue->first == queue->end)
        queue->first = queue->end = queue->used = 0;
}

static int
send_batch(struct datagrams *queue, int fd)
{
    struct mmsghdr headers[DATAGRAMS_BATCH];
    struct iovec bytes[DATAGRAMS_BATCH];
    union sockaddr_any to[DATAGRAMS_BATCH];
    unsigned count = 0;

    for (size_t i = queue->first; i < queue->end && count < DATAGRAMS_BATCH; i++) {
        const struct datagram *item = &queue->items[i];

        bytes[count] = (struct iovec){ queue->bytes + item->at, item->len };
        headers[count] =
            (struct mmsghdr){ .msg_hdr = {
                                  .msg_name = &to[count],
                                  .msg_namelen = sockaddr_write(&item->to, &to[count]),
                                  .msg_iov = &bytes[count],
                                  .msg_iovlen = 1,
                              } };
        count++;
    }
    return sendmmsg(fd, headers, count, MSG_DONTWAIT | MSG_NOSIGNAL);
}

int
datagrams_send(struct datagrams *queue, int fd)
{
    while (datagrams_count(queue) > 0) {
        int sent = send_batch(queue, fd);

        if (sent >= 0)
            advance(queue, (size_t)sent);
        else if (errno != EINTR)
            return errno == EWOULDBLOCK ? EAGAIN : errno;
    }
    return 0;
}

void
datagrams_drop(struct datagrams *queue, struct address *to)
{
    *to = queue->items[queue->first].to;
    advance(queue, 1);
}
