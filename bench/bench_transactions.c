/* bench_transactions - what a request costs that the server remembers: time and memory.
 *
 *   bench_transactions [-n MOST] [-r ROUNDS] [-j FILE]
 *
 * 1000, 10,000, .. MOST (a million) are remembered, in the steady state of a load: so many
 * come within timer J (K for requests of our own) that as many leave. Each round has 1000.
 *
 *   server    receive and complete one, at which an old one leaves; then `repeat`: one of
 *             those that are remembered comes again
 *   client    start one of 500 octets, to one of 10,000 peers, and take its answer, after
 *             which it absorbs repetitions until K; its end is in it
 *
 * Nanoseconds of this thread; keys and responses are made before. Bytes are what malloc gave
 * out and what the process grew by; of the client the request's octets and branch are `text`.
 */
#include "bench/micro/figures.h"
#include "bench/micro/memory.h"
#include "bench/micro/options.h"
#include "bench/parser/clock.h"
#include "src/sip/client_transaction.h"
#include "src/sip/server_transaction.h"
#include "tests/random.h"

#include <assert.h>
#include <stdlib.h>

enum {
    BATCH = 1000,
    ROUNDS = 51,
    TIMER_J_MS = 32000,
    PEERS = 10000,
    REQUEST_BYTES = 500,
    BRANCH_BYTES = 24,
};

enum measure {
    PASS, /* from its beginning to its end */
    REPEAT,
    ALLOCATED,
    RESIDENT,
    TEXTS,
    MEASURES,
};

struct bench {
    struct random random;
    uint64_t size, passed;      /* all that came so far */
    double allocated, resident; /* before there was a table */
    struct figure figure[MEASURES];

    struct server_table *server;
    struct server_key key[BATCH];

    struct timer_wheel wheel;
    struct transport transport;
    struct client_table *client;
    char branch[BATCH][BRANCH_BYTES + 1];
    uint64_t answered, sent;
};

struct run {
    const struct figures *figures;
    uint64_t size;
    uint32_t rounds;
};

static const struct hash_key hash_key = { "an unknown peer" };

static void
begin(struct bench *b, const char *subject, const char *pass, uint64_t size)
{
    const char *const measure[MEASURES] = { pass, "repeat", "allocated", "resident",
                                            "text" };

    random_seed(&b->random, size);
    b->size = size;
    b->allocated = memory_allocated();
    b->resident = memory_resident();
    for (int m = 0; m < MEASURES; m++)
        b->figure[m] = (struct figure){ .subject = subject,
                                        .measure = measure[m],
                                        .unit = m < ALLOCATED ? "ns" : "bytes",
                                        .size = size };
}

static void
measure(struct bench *b, enum measure measure, void (*work)(struct bench *))
{
    double began_ns = clock_ns();

    work(b);
    figure_add(&b->figure[measure], (clock_ns() - began_ns) / BATCH);
}

/* Fills up to `size`, and says what that and the table took for each. */
static void
fill(struct bench *b, void (*prepare)(struct bench *), void (*work)(struct bench *))
{
    double size = (double)b->size;

    while (b->passed < b->size) {
        prepare(b);
        work(b);
    }
    figure_add(&b->figure[ALLOCATED], (memory_allocated() - b->allocated) / size);
    figure_add(&b->figure[RESIDENT], (memory_resident() - b->resident) / size);
}

/* When the nth of them comes, so that `size` come within `span_ms`. */
static struct moment
moment_of(const struct bench *b, uint64_t number, uint64_t span_ms)
{
    return (struct moment){ .ms = 1 + number * span_ms / b->size };
}

static struct server_key
key_of(uint64_t number)
{
    return (struct server_key){ siphash128(
        &hash_key, slice_of((const char *)&number, sizeof number)) };
}

static void
prepare_keys(struct bench *b)
{
    for (uint32_t i = 0; i < BATCH; i++)
        b->key[i] = key_of(b->passed + i);
}

static void
receive_all(struct bench *b)
{
    struct server_outcome outcome;

    for (uint32_t i = 0; i < BATCH; i++) {
        struct moment now = moment_of(b, b->passed++, TIMER_J_MS);

        if (server_table_receive(b->server, &b->key[i], &outcome, now) != SERVER_NEW)
            abort();
        server_table_complete(b->server, &b->key[i], (struct server_outcome){ 202, 0 },
                              PROTOCOL_UDP, now);
    }
}

/* Some of those that are there for sure: the oldest tenth may be gone. */
static void
prepare_repeats(struct bench *b)
{
    uint32_t there = (uint32_t)(b->size - b->size / 10);

    for (uint32_t i = 0; i < BATCH; i++)
        b->key[i] = key_of(b->passed - 1 - random_below(&b->random, there));
}

static void
repeat_all(struct bench *b)
{
    struct moment now = moment_of(b, b->passed - 1, TIMER_J_MS);
    struct server_outcome outcome;

    for (uint32_t i = 0; i < BATCH; i++)
        if (server_table_receive(b->server, &b->key[i], &outcome, now) !=
                SERVER_COMPLETED ||
            outcome.status != 202)
            abort();
}

static void
run_server(void *context)
{
    static struct bench b;
    const struct run *run = context;

    begin(&b, "server", "receive, complete", run->size);
    b.server = server_table_new(&hash_key, run->size + BATCH, 0, TIMER_J_MS);
    if (b.server == NULL)
        abort();
    fill(&b, prepare_keys, receive_all);
    for (uint32_t round = 0; round < run->rounds; round++) {
        prepare_keys(&b);
        measure(&b, PASS, receive_all);
        prepare_repeats(&b);
        measure(&b, REPEAT, repeat_all);
    }
    assert(server_table_count(b.server) == b.size);
    server_table_free(b.server);
    for (int m = 0; m < MEASURES; m++)
        figures_print(run->figures, &b.figure[m]);
}

static enum send_status
swallow(void *self, const struct flow *flow, struct slice bytes)
{
    struct bench *b = self;

    (void)flow;
    (void)bytes;
    b->sent++;
    return SEND_OK;
}

static void
answered(void *owner, const struct client_result *result, struct moment now)
{
    struct bench *b = owner;

    (void)now;
    b->answered += result->outcome == CLIENT_ANSWERED;
}

static void
prepare_branches(struct bench *b)
{
    for (uint32_t i = 0; i < BATCH; i++)
        snprintf(b->branch[i], sizeof b->branch[i], "z9hG4bKsilo%013llx",
                 (unsigned long long)(b->passed + i));
}

static struct flow
flow_of(uint64_t number)
{
    uint32_t peer = (uint32_t)(number % PEERS);
    struct flow flow = { .protocol = PROTOCOL_UDP, .peer = { .port = 5060 } };

    memcpy(flow.peer.ip, &peer, sizeof peer);
    return flow;
}

static void
start_one(struct bench *b, struct slice branch, struct moment now)
{
    static const char bytes[REQUEST_BYTES];
    struct client_request request = { .flow = flow_of(b->passed),
                                      .branch = branch,
                                      .method = METHOD_MESSAGE,
                                      .bytes = slice_of(bytes, sizeof bytes),
                                      .timeout_ms = 10000,
                                      .owner = b,
                                      .answered = answered };

    if (client_transaction_start(b->client, &request, now) == NULL)
        abort();
}

static void
pass_all(struct bench *b)
{
    static struct message response = { .method = METHOD_MESSAGE, .status = 200 };

    for (uint32_t i = 0; i < BATCH; i++) {
        struct moment now = moment_of(b, b->passed, TIMER_T4_MS);
        struct timer *timer;

        while ((timer = timer_wheel_next_due(&b->wheel, now.ms)) != NULL)
            timer->fire(timer, now);
        response.via.branch = slice_of(b->branch[i], BRANCH_BYTES);
        start_one(b, response.via.branch, now);
        if (!client_table_receive(b->client, &response, now))
            abort();
        b->passed++;
    }
}

/* Twice the room: in a table that is half full nothing is absorbed any more. */
static void
run_client(void *context)
{
    static struct bench b;
    const struct run *run = context;

    begin(&b, "client", "start, answer, end", run->size);
    b.transport = (struct transport){ .self = &b, .send = swallow };
    timer_wheel_init(&b.wheel, 0);
    b.client =
        client_table_new(&b.transport, &b.wheel, &hash_key, 2 * (run->size + BATCH));
    if (b.client == NULL)
        abort();
    fill(&b, prepare_branches, pass_all);
    figure_add(&b.figure[TEXTS], REQUEST_BYTES + BRANCH_BYTES);
    for (uint32_t round = 0; round < run->rounds; round++) {
        prepare_branches(&b);
        measure(&b, PASS, pass_all);
    }
    assert(b.sent == b.passed && b.answered == b.passed);
    assert(client_table_count(b.client) >= b.size - b.size / 100);
    client_table_free(b.client);
    for (int m = 0; m < MEASURES; m++)
        figures_print(run->figures, &b.figure[m]);
}

int
main(int argc, char **argv)
{
    struct options options = { .most = 1000000, .rounds = ROUNDS };
    struct figures figures;

    options_read(argc, argv, "bench_transactions [-n MOST] [-r ROUNDS] [-j FILE]",
                 &options);
    figures_open(&figures, "transactions", &options);
    for (uint64_t size = SIZE_LEAST; size <= options.most; size *= 10) {
        struct run run = { &figures, size, options.rounds };

        memory_run_alone(run_server, &run);
        memory_run_alone(run_client, &run);
    }
    figures_close(&figures);
    return 0;
}
