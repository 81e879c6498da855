#include "tests/stores.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct slice
text(const char *s)
{
    return s == NULL ? slice_absent() : slice_of(s, strlen(s));
}

int
stores_setup(void **state)
{
    struct stores *t = calloc(1, sizeof *t);

    assert_non_null(t);
    assert_true(own_directory_make(t->directory, "/tmp"));
    snprintf(t->url, sizeof t->url, "lmdb:%s", t->directory);
    t->options = (struct store_options){ .prefix = "silo", .map_bytes = 16 << 20 };
    memset(t->options.secret.bytes, 7, sizeof t->options.secret.bytes);
    t->now_s = NOW;
    batch_init(&t->batch);
    *state = t;
    return 0;
}

void
stores_remove_files(struct stores *t)
{
    own_directory_empty(t->directory);
}

int
stores_teardown(void **state)
{
    struct stores *t = *state;

    store_close(t->store);
    batch_free(&t->batch);
    own_directory_remove(t->directory);
    free(t);
    return 0;
}

enum store_status
stores_open(struct stores *t, enum store_role role)
{
    t->options.role = role;
    t->options.now_s = t->now_s;
    t->store = NULL;
    return store_open(t->url, &t->options, &t->store, t->why, sizeof t->why);
}

void
stores_open_server(struct stores *t)
{
    if (stores_open(t, STORE_SERVER) != STORE_OK)
        fail_msg("open: %s", t->why);
}

void
stores_reopen(struct stores *t)
{
    store_close(t->store);
    stores_open_server(t);
}

struct hash128
stores_origin(uint64_t n)
{
    const struct hash_key key = { { 1 } };

    return siphash128(&key, slice_of((const char *)&n, sizeof n));
}

struct put *
stores_put(struct stores *t, const char *aor, const char *body, int64_t exp_time_s)
{
    struct record record = {
        .inc_time_s = t->now_s,
        .exp_time_s = exp_time_s,
        .origin = stores_origin(++t->origins),
        .aor = text(aor),
        .r_uri = text("sip:somebody@example.org"),
        .src_addr = text("sip:alice@example.org"),
        .dst_addr = text("sip:somebody@example.org"),
        .ctype = text("text/plain"),
        .call_id = text("a84b4c76e66710"),
        .headers = text(""),
        .body = text(body),
    };
    struct put *put = batch_put(&t->batch, &record);

    assert_non_null(put);
    return put;
}

void
stores_commit(struct stores *t)
{
    enum store_status status = store_commit(t->store, &t->batch, t->now_s);

    if (status != STORE_OK)
        fail_msg("commit: %s", store_why(t->store));
}

uint64_t
stores_store(struct stores *t, const char *aor, const char *body)
{
    uint64_t id;

    stores_put(t, aor, body, LATER);
    stores_commit(t);
    assert_int_equal(t->batch.puts[0].result, PUT_STORED);
    id = t->batch.puts[0].id;
    batch_reset(&t->batch);
    return id;
}

void
stores_remove(struct stores *t, uint64_t id)
{
    assert_true(batch_remove(&t->batch, id, NULL));
    stores_commit(t);
    batch_reset(&t->batch);
}

const char *
stores_bodies(struct stores *t, const char *aor, uint32_t page)
{
    static char all[1 << 16];
    struct read_request request = {
        .aor = text(aor), .now_s = t->now_s, .max_messages = page, .max_bytes = SIZE_MAX
    };
    size_t len = 0;

    do {
        struct record record;
        size_t offset = 0;

        assert_int_equal(store_read(t->store, &request, 1), STORE_OK);
        assert_int_equal(request.status, STORE_OK);
        assert_true(request.page.count > 0 || request.at_end);
        while (page_next(&request.page, &offset, &record)) {
            assert_true(record.id > request.after);
            request.after = record.id;
            assert_true(sizeof all - len > record.body.len + 2);
            if (len > 0)
                all[len++] = ' ';
            memcpy(all + len, record.body.at, record.body.len);
            len += record.body.len;
        }
    } while (!request.at_end);
    all[len] = '\0';
    page_free(&request.page);
    return all;
}

uint64_t
stores_tidy(struct stores *t, bool expire, uint32_t bound)
{
    struct tidy_result result;
    uint64_t expired = 0;

    do {
        assert_int_equal(store_tidy(t->store, t->now_s, expire, bound, &result),
                         STORE_OK);
        expired += result.expired;
    } while (result.more);
    return expired;
}

struct store_facts
stores_facts(struct stores *t)
{
    struct store_facts facts;

    assert_int_equal(store_facts(t->store, t->now_s, &facts), STORE_OK);
    return facts;
}

static int
open_data(const struct stores *t, int flags)
{
    char path[300];
    int fd;

    snprintf(path, sizeof path, "%s/data.mdb", t->directory);
    fd = open(path, flags);
    assert_true(fd >= 0);
    return fd;
}

off_t
stores_find(const struct stores *t, const void *what, size_t len, off_t from)
{
    static char bytes[1 << 20];
    int fd = open_data(t, O_RDONLY);
    ssize_t size = pread(fd, bytes, sizeof bytes, 0);
    char *at;

    close(fd);
    if (size <= from)
        return -1;
    at = memmem(bytes + from, (size_t)(size - from), what, len);
    return at == NULL ? -1 : at - bytes;
}

int
stores_damage(const struct stores *t, const char *what, char octet)
{
    int fd = open_data(t, O_RDWR), count = 0;
    off_t at = -1;

    while ((at = stores_find(t, what, strlen(what), at + 1)) >= 0) {
        assert_int_equal(pwrite(fd, &octet, 1, at), 1);
        count++;
    }
    close(fd);
    return count;
}

void
stores_damaged_second(struct stores *t, const char *aor, bool folded)
{
    t->options.fold_at = folded ? 3 : 100;
    stores_open_server(t);
    stores_store(t, aor, "first body");
    stores_store(t, aor, "damaged body");
    stores_store(t, aor, "third body");
    stores_tidy(t, false, 100);
    store_close(t->store);
    t->store = NULL;
    assert_true(stores_damage(t, "damaged body", 'D') > 0);
    stores_open_server(t);
}
