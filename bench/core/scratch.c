#include "bench/core/scratch.h"

#include "bench/core/counted.h"
#include "src/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    BODY_BYTES = 128,
    FIRST_S = 1767225600,
    EXPIRE_S = 259200,
    PUTS_A_SECOND = 32, /* soon as many origins are forgotten as come */
    SPREAD = 7919,      /* a prime: neighbours in time are none in the index */
    MAP_BYTES = 1 << 30,
    WHY_ROOM = 512,
    AOR_ROOM = 64,
};

struct scratch {
    struct store *store;
    struct batch batch;
    uint64_t next_id;
    uint32_t aors;
    char directory[32];
};

static void
must(struct scratch *s, enum store_status status)
{
    if (status == STORE_OK)
        return;
    fprintf(stderr, "bench_core: %s\n", store_why(s->store));
    exit(1);
}

static bool
open_store(struct scratch *s, uint32_t fold_at, char why[WHY_ROOM])
{
    struct store_options options = { .prefix = "silo",
                                     .map_bytes = MAP_BYTES,
                                     .secret = { "sixteen octets!" },
                                     .now_s = FIRST_S,
                                     .fold_at = fold_at };
    char url[sizeof s->directory + 8];

    if (mkdtemp(s->directory) == NULL) {
        snprintf(why, WHY_ROOM, "%s cannot be made", s->directory);
        return false;
    }
    snprintf(url, sizeof url, "lmdb:%s", s->directory);
    return store_open(url, &options, &s->store, why, WHY_ROOM) == STORE_OK;
}

struct scratch *
scratch_new(uint32_t fold_at, uint32_t aors)
{
    struct scratch *s = calloc(1, sizeof *s);
    char why[WHY_ROOM];

    if (s == NULL)
        abort();
    *s = (struct scratch){ .next_id = 1,
                           .aors = aors,
                           .directory = "/tmp/bench-core-XXXXXX" };
    batch_init(&s->batch);
    if (open_store(s, fold_at, why))
        return s;
    fprintf(stderr, "bench_core: %s\n", why);
    exit(1);
}

void
scratch_free(struct scratch *s)
{
    static const char *const files[] = { "data.mdb", "lock.mdb", "server.lock" };
    char path[sizeof s->directory + 16];

    store_close(s->store);
    batch_free(&s->batch);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", s->directory, files[i]);
        unlink(path);
    }
    rmdir(s->directory);
    free(s);
}

static int64_t
now_s(const struct scratch *s)
{
    return FIRST_S + (int64_t)(s->next_id / PUTS_A_SECOND);
}

static void
commit(struct scratch *s)
{
    must(s, call_store_commit(s->store, &s->batch, now_s(s)));
    for (size_t i = 0; i < s->batch.put_count; i++)
        if (s->batch.puts[i].result != PUT_STORED) {
            fprintf(stderr, "bench_core: a put is refused\n");
            exit(1);
        }
    batch_reset(&s->batch);
}

static struct slice
write_aor(uint64_t user, char text[AOR_ROOM])
{
    int len = snprintf(text, AOR_ROOM, "user%05u@example.org", (unsigned)user);

    return slice_of(text, (size_t)len);
}

/* The next message, for the next user. */
static void
add_put(struct scratch *s)
{
    char aor[AOR_ROOM], uri[2 * AOR_ROOM], body[BODY_BYTES];
    struct record record = {
        .inc_time_s = now_s(s),
        .exp_time_s = now_s(s) + EXPIRE_S,
        .aor = write_aor(s->next_id * SPREAD % s->aors, aor),
        .src_addr = SLICE("sip:alice@example.org"),
        .ctype = SLICE("text/plain; charset=UTF-8"),
        .call_id = SLICE("f81d4fae-7dec-11d0-a765-00a0c91e6bf6@192.0.2.17"),
        .headers = SLICE("User-Agent: Linphone/4.4.10 (belle-sip/5.1.64)\r\n"),
        .body = slice_of(body, sizeof body),
    };
    int len = snprintf(uri, sizeof uri, "sip:%.*s", SLICE_ARG(record.aor));

    memset(body, 'x', sizeof body);
    memcpy(record.origin.bytes, &s->next_id, sizeof s->next_id);
    record.r_uri = record.dst_addr = slice_of(uri, (size_t)len);
    if (batch_put(&s->batch, &record) == NULL)
        abort();
    s->next_id++;
}

void
scratch_put(struct scratch *s, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        add_put(s);
    commit(s);
}

void
scratch_remove_last(struct scratch *s, uint32_t count)
{
    for (uint64_t id = s->next_id - count; id < s->next_id; id++)
        if (!batch_remove(&s->batch, id, NULL))
            abort();
    commit(s);
}

void
scratch_fold(struct scratch *s)
{
    bool more;

    do
        must(s, call_store_fold(s->store, now_s(s), LIMIT_TIDY_STEP, &more));
    while (more);
}

void
scratch_read(struct scratch *s, uint32_t aor, uint32_t expected)
{
    char text[AOR_ROOM];
    struct read_request request = {
        .aor = write_aor(aor, text),
        .now_s = now_s(s),
        .max_messages = LIMIT_PAGE_MESSAGES,
        .max_bytes = LIMIT_PAGE_BYTES,
    };

    must(s, call_store_read(s->store, &request));
    if (request.page.count != expected) {
        fprintf(stderr, "bench_core: a page of %u\n", request.page.count);
        exit(1);
    }
    page_free(&request.page);
}
