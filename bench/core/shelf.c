#include "bench/core/shelf.h"

#include "bench/core/counted.h"
#include "bench/core/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    VALUE_MAX = 1024,
    EXPIRE_S = 259200,
};

void
shelf_fill(struct shelf *shelf, uint32_t each, uint32_t users)
{
    shelf->each = each;
    shelf->id_count = (size_t)each * users + 1;
    shelf->removed = calloc(shelf->id_count, sizeof *shelf->removed);
    assert(shelf->removed != NULL);
}

void
shelf_free(struct shelf *shelf)
{
    free(shelf->removed);
    shelf->removed = NULL;
}

static void
note_commit(void *self, struct batch *batch)
{
    struct shelf *shelf = self;

    assert(shelf->batch == NULL);
    shelf->batch = batch;
}

static void
note_read(void *self, struct read_request *requests, size_t count)
{
    struct shelf *shelf = self;

    assert(shelf->reads == NULL);
    shelf->reads = requests;
    shelf->read_count = count;
}

static void
note_tidy(void *self, bool expire)
{
    struct shelf *shelf = self;

    (void)expire;
    shelf->is_tidying = true;
}

struct disk
shelf_disk(struct shelf *shelf)
{
    return (struct disk){
        .self = shelf,
        .commit = note_commit,
        .read = note_read,
        .tidy = note_tidy,
    };
}

static void
commit(struct shelf *shelf, struct batch *batch)
{
    for (size_t i = 0; i < batch->put_count; i++) {
        batch->puts[i].result = PUT_STORED;
        batch->puts[i].id = ++shelf->last_id;
    }
    for (size_t i = 0; i < batch->removal_count; i++) {
        assert(batch->removals[i].id < shelf->id_count);
        shelf->removed[batch->removals[i].id] = true;
    }
    for (size_t i = 0; i < batch->binding_count; i++)
        batch->bindings[i].result = PUT_STORED;
}

static void
add_message(struct page *page, uint64_t id, struct slice aor, int64_t now_s)
{
    char uri[64], body[TEXT_BODY], value[VALUE_MAX];
    int len = snprintf(uri, sizeof uri, "sip:%.*s", SLICE_ARG(aor));
    struct record record = {
        .inc_time_s = now_s,
        .exp_time_s = now_s + EXPIRE_S,
        .aor = aor,
        .src_addr = SLICE("sip:alice@example.org"),
        .src_name = SLICE("\"Alice Liddell\""),
        .ctype = SLICE("text/plain; charset=UTF-8"),
        .call_id = SLICE("f81d4fae-7dec-11d0-a765-00a0c91e6bf6@192.0.2.17"),
        .headers = SLICE("User-Agent: Linphone/4.4.10 (belle-sip/5.1.64)\r\n"),
        .body = slice_of(body, sizeof body),
    };

    memset(body, 'x', sizeof body);
    record.r_uri = record.dst_addr = slice_of(uri, (size_t)len);
    assert(record_size(&record) <= sizeof value);
    record_encode(&record, value);
    if (!page_add(page, id, slice_of(value, record_size(&record))))
        abort();
}

static void
read_one(const struct shelf *shelf, struct read_request *request)
{
    uint64_t first = (uint64_t)text_user(request->aor) * shelf->each + 1;

    request->status = STORE_OK;
    request->at_end = true;
    for (uint64_t id = first; id < first + shelf->each; id++) {
        if (id <= request->after || id >= shelf->id_count || shelf->removed[id])
            continue;
        request->at_end = request->page.count < request->max_messages;
        if (!request->at_end)
            break;
        add_message(&request->page, id, request->aor, request->now_s);
    }
}

bool
shelf_turn(struct shelf *shelf, struct server *server, struct moment now)
{
    const struct shelf out = *shelf;

    shelf->batch = NULL;
    shelf->reads = NULL;
    shelf->is_tidying = false;
    if (out.batch != NULL) {
        commit(shelf, out.batch);
        call_committed(server, now);
    }
    for (size_t i = 0; out.reads != NULL && i < out.read_count; i++)
        read_one(shelf, &out.reads[i]);
    if (out.reads != NULL)
        call_read_done(server, now);
    if (out.is_tidying)
        server_tidied(server, STORE_OK, &(struct tidy_result){ 0 }, now);
    return out.batch != NULL || out.reads != NULL || out.is_tidying;
}
