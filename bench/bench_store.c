/* bench_store - what a message costs in the store: put, mark, fold, read.
 *
 *   bench_store [DIRECTORY [MESSAGES]]
 *
 * Records of about 450 octets over 20,000 AoRs, every commit synced. One line a measure:
 * rate by the clock, and CPU (user and system) per message. Numbers depend on the disk:
 * compare within one run. */
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    AORS = 20000,
    MESSAGES = 200000,
    BODY_BYTES = 128,
    STEP = 512,
    NOW = 1700000000,
};

struct bench {
    struct store *store;
    struct batch batch;
    uint64_t messages, next;
    struct timespec wall;
    double cpu_us;
};

static void
must(struct bench *b, enum store_status status)
{
    if (status == STORE_OK)
        return;
    fprintf(stderr, "bench_store: %s\n", store_why(b->store));
    exit(1);
}

static double
cpu_us(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void
begin(struct bench *b)
{
    clock_gettime(CLOCK_MONOTONIC, &b->wall);
    b->cpu_us = cpu_us();
}

static void
end(struct bench *b, const char *what, uint64_t count)
{
    double used_us = cpu_us() - b->cpu_us;
    struct timespec now;
    double s;

    clock_gettime(CLOCK_MONOTONIC, &now);
    s = (double)(now.tv_sec - b->wall.tv_sec) +
        (double)(now.tv_nsec - b->wall.tv_nsec) / 1e9;
    printf("%-44s %9.0f/s %8.2f us CPU\n", what, (double)count / s,
           used_us / (double)count);
}

static void
add_put(struct bench *b, uint64_t n)
{
    static char body[BODY_BYTES], headers[60];
    char aor[64], uri[80];
    uint64_t user = n * 7919 % AORS;
    struct record record = { .inc_time_s = NOW, .exp_time_s = NOW + 259200 };

    memcpy(record.origin.bytes, &n, sizeof n);
    memset(body, 'x', sizeof body);
    memset(headers, 'h', sizeof headers);
    snprintf(aor, sizeof aor, "user%06u@silo.example.org", (unsigned)user);
    snprintf(uri, sizeof uri, "sip:%s", aor);
    record.aor = slice_of(aor, strlen(aor));
    record.r_uri = record.dst_addr = slice_of(uri, strlen(uri));
    record.src_addr = SLICE("sip:alice.liddell@silo.example.org");
    record.ctype = SLICE("text/plain");
    record.call_id = SLICE("f81d4fae-7dec-11d0-a765-00a0c91e6bf6@192.0.2.1");
    record.headers = slice_of(headers, sizeof headers);
    record.body = slice_of(body, sizeof body);
    if (batch_put(&b->batch, &record) == NULL)
        exit(1);
}

static void
put_all(struct bench *b, uint64_t count, uint32_t size)
{
    char what[64];
    int64_t now_s = NOW;

    snprintf(what, sizeof what, "store, batches of %u", size);
    begin(b);
    for (uint64_t done = 0; done < count; done += size) {
        for (uint32_t i = 0; i < size; i++)
            add_put(b, b->next++);
        must(b, store_commit(b->store, &b->batch, now_s + (int64_t)(b->next / 100000)));
        batch_reset(&b->batch);
    }
    end(b, what, count);
}

static void
remove_all(struct bench *b, uint64_t from, uint64_t count, uint32_t size)
{
    char what[64];

    snprintf(what, sizeof what, "remove (a mark), batches of %u", size);
    begin(b);
    for (uint64_t done = 0; done < count; done += size) {
        for (uint32_t i = 0; i < size; i++)
            batch_remove(&b->batch, from + done + i, NULL);
        must(b, store_commit(b->store, &b->batch, NOW));
        batch_reset(&b->batch);
    }
    end(b, what, count);
}

static void
tidy_all(struct bench *b, const char *what, uint64_t count)
{
    struct tidy_result result;

    begin(b);
    do
        must(b, store_tidy(b->store, NOW, false, STEP, &result));
    while (result.more);
    end(b, what, count);
}

static void
read_some(struct bench *b, const char *what)
{
    uint64_t read = 0;

    begin(b);
    for (unsigned user = 0; user < AORS; user += 4) {
        char aor[64];
        struct read_request r = { .now_s = NOW, .max_messages = 32, .max_bytes = 32768 };

        snprintf(aor, sizeof aor, "user%06u@silo.example.org", user);
        r.aor = slice_of(aor, strlen(aor));
        must(b, store_read(b->store, &r, 1));
        read += r.page.count;
        page_free(&r.page);
    }
    end(b, what, read);
}

static void
open_store(struct bench *b, const char *directory, uint32_t fold_at)
{
    struct store_options options = {
        .prefix = "silo", .map_bytes = 4ull << 30, .now_s = NOW, .fold_at = fold_at
    };
    char url[512], why[512];

    snprintf(url, sizeof url, "lmdb:%s", directory);
    if (store_open(url, &options, &b->store, why, sizeof why) != STORE_OK) {
        fprintf(stderr, "bench_store: %s\n", why);
        exit(1);
    }
}

static void
remove_directory(const char *directory)
{
    static const char *const files[] = { "data.mdb", "lock.mdb", "server.lock" };
    char path[512];

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, files[i]);
        unlink(path);
    }
    rmdir(directory);
}

int
main(int argc, char **argv)
{
    char directory[] = "/tmp/bench-store-XXXXXX";
    const char *place = argc > 1 ? argv[1] : mkdtemp(directory);
    struct bench b = { .messages = argc > 2 ? strtoull(argv[2], NULL, 0) : MESSAGES };
    uint64_t part = b.messages / 8;

    if (place == NULL)
        return 1;
    b.next = 1;
    batch_init(&b.batch);
    /* No folding on the way: it is measured by itself. */
    open_store(&b, place, 1u << 24);
    put_all(&b, part, 1);
    put_all(&b, part, 64);
    put_all(&b, part, 256);
    put_all(&b, b.messages - 3 * part, 1024);
    read_some(&b, "read, from the tail, 32 a page");
    remove_all(&b, 1, part, 64);
    remove_all(&b, 1 + part, part, 256);
    store_close(b.store);
    open_store(&b, place, 16384);
    tidy_all(&b, "fold, steps of 512, a message put", b.messages);
    read_some(&b, "read, from the index, 32 a page");
    remove_all(&b, 1 + 2 * part, part, 64);
    tidy_all(&b, "fold of removed ones, indexed", part);
    put_all(&b, part, 256);
    begin(&b);
    store_close(b.store);
    open_store(&b, place, 16384);
    end(&b, "open, a message in the tail", part);
    store_close(b.store);
    batch_free(&b.batch);
    if (argc < 2)
        remove_directory(place);
    return 0;
}
