#include "bench/core/counted.h"

static bool is_counting;

/* A function of its own, with a return of its own: were a call the last thing it does, that
 * would become a jump. */
#define COUNTED __attribute__((noinline)) static
#define RETURN  __asm__ volatile("" ::: "memory")

bool
counting(bool is_on)
{
    bool was = is_counting;

    is_counting = is_on;
    return was;
}

COUNTED void
counted_parse(struct message *m, struct slice bytes, enum parse_status *status)
{
    *status = message_parse(m, bytes, MESSAGE_DATAGRAM);
    RETURN;
}

enum parse_status
call_parse(struct message *m, struct slice bytes)
{
    enum parse_status status;

    if (!is_counting)
        return message_parse(m, bytes, MESSAGE_DATAGRAM);
    counted_parse(m, bytes, &status);
    return status;
}

COUNTED void
counted_receive(struct server *server, const struct flow *flow, struct slice bytes,
                struct moment now)
{
    server_receive(server, flow, bytes, now);
    RETURN;
}

void
call_receive(struct server *server, const struct flow *flow, struct slice bytes,
             struct moment now)
{
    (is_counting ? counted_receive : server_receive)(server, flow, bytes, now);
}

static inline void
flush(struct server *server, struct moment now)
{
    server_flush(server, now);
    log_flush();
}

COUNTED void
counted_flush(struct server *server, struct moment now)
{
    flush(server, now);
    RETURN;
}

void
call_flush(struct server *server, struct moment now)
{
    (is_counting ? counted_flush : flush)(server, now);
}

static void
committed(struct server *server, struct moment now)
{
    server_committed(server, STORE_OK, "", now);
}

COUNTED void
counted_committed(struct server *server, struct moment now)
{
    committed(server, now);
    RETURN;
}

void
call_committed(struct server *server, struct moment now)
{
    (is_counting ? counted_committed : committed)(server, now);
}

static void
read_done(struct server *server, struct moment now)
{
    server_read_done(server, STORE_OK, "", now);
}

COUNTED void
counted_read_done(struct server *server, struct moment now)
{
    read_done(server, now);
    RETURN;
}

void
call_read_done(struct server *server, struct moment now)
{
    (is_counting ? counted_read_done : read_done)(server, now);
}

COUNTED void
counted_tick(struct server *server, struct moment now)
{
    server_tick(server, now);
    RETURN;
}

void
call_tick(struct server *server, struct moment now)
{
    (is_counting ? counted_tick : server_tick)(server, now);
}

COUNTED void
counted_store_commit(struct store *store, struct batch *batch, int64_t now_s,
                     enum store_status *status)
{
    *status = store_commit(store, batch, now_s);
    RETURN;
}

enum store_status
call_store_commit(struct store *store, struct batch *batch, int64_t now_s)
{
    enum store_status status;

    if (!is_counting)
        return store_commit(store, batch, now_s);
    counted_store_commit(store, batch, now_s, &status);
    return status;
}

COUNTED void
counted_store_read(struct store *store, struct read_request *request,
                   enum store_status *status)
{
    *status = store_read(store, request, 1);
    RETURN;
}

enum store_status
call_store_read(struct store *store, struct read_request *request)
{
    enum store_status status;

    if (!is_counting)
        return store_read(store, request, 1);
    counted_store_read(store, request, &status);
    return status;
}

COUNTED void
counted_store_fold(struct store *store, int64_t now_s, uint32_t bound,
                   struct tidy_result *result, enum store_status *status)
{
    *status = store_tidy(store, now_s, false, bound, result);
    RETURN;
}

enum store_status
call_store_fold(struct store *store, int64_t now_s, uint32_t bound, bool *more)
{
    struct tidy_result result = { 0 };
    enum store_status status;

    if (is_counting)
        counted_store_fold(store, now_s, bound, &result, &status);
    else
        status = store_tidy(store, now_s, false, bound, &result);
    *more = result.more;
    return status;
}
