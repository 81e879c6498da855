/* bench_timers - what a timer costs: the server's wheel beside a binary heap.
 *
 *   bench_timers [-n MOST] [-r ROUNDS] [-j FILE]
 *
 * 1000, 10,000, .. MOST (a million) timers run, with deadlines over the next 32 seconds. The
 * two take turns, round by round, of 512 operations each, on timers picked at random:
 *
 *   start     one that does not run
 *   stop      one that does
 *   restart   a running one gets another deadline
 *   fire      what is due, one after the other, asked at the next deadline each time, as the
 *             server's loop does; the moving from level to level is in it
 *
 * Nanoseconds of this thread. What fires is checked: in order, never early, none lost.
 */
#include "bench/micro/figures.h"
#include "bench/micro/memory.h"
#include "bench/micro/options.h"
#include "bench/micro/timer_queue.h"
#include "bench/parser/clock.h"
#include "tests/random.h"

#include <assert.h>
#include <stdlib.h>

enum {
    BATCH = 512, /* fewer than SIZE_LEAST: all of them can fire */
    SPAN_MS = 32000,
    ROUNDS = 101,
    QUEUES = 2,
};

enum measure {
    START,
    STOP,
    RESTART,
    FIRE,
    MEASURES,
};

static const char *const measure_name[MEASURES] = {
    [START] = "start", [STOP] = "stop", [RESTART] = "restart", [FIRE] = "fire"
};

static const struct timer_queue *const queues[QUEUES] = { &timer_queue_wheel,
                                                          &timer_queue_heap };

/* One queue under measurement. */
struct bench {
    const struct timer_queue *queue;
    void *self;
    struct random random;
    uint32_t size;
    uint64_t now_ms, *due_ms; /* by timer */
    uint32_t timer[BATCH];    /* those of this step */
    struct figure figure[MEASURES];
};

static void
pick_extra(struct bench *b)
{
    for (uint32_t i = 0; i < BATCH; i++)
        b->timer[i] = b->size + i;
}

static void
pick_running(struct bench *b)
{
    for (uint32_t i = 0; i < BATCH; i++)
        b->timer[i] = random_below(&b->random, b->size);
}

static void
shuffle(struct bench *b)
{
    for (uint32_t i = BATCH - 1; i > 0; i--) {
        uint32_t other = random_below(&b->random, i + 1), timer = b->timer[i];

        b->timer[i] = b->timer[other];
        b->timer[other] = timer;
    }
}

/* A timer picked twice keeps the deadline that was drawn last. */
static void
draw_deadlines(struct bench *b)
{
    for (uint32_t i = 0; i < BATCH; i++)
        b->due_ms[b->timer[i]] = b->now_ms + 1 + random_below(&b->random, SPAN_MS);
}

static void
start_all(struct bench *b)
{
    for (uint32_t i = 0; i < BATCH; i++)
        b->queue->start(b->self, b->timer[i], b->due_ms[b->timer[i]]);
}

static void
stop_all(struct bench *b)
{
    for (uint32_t i = 0; i < BATCH; i++)
        b->queue->stop(b->self, b->timer[i]);
}

/* BATCH of them, at their deadlines; keeps which they were. */
static void
fire_batch(struct bench *b)
{
    uint32_t fired = 0;

    while (fired < BATCH) {
        uint64_t deadline_ms = b->queue->next_deadline(b->self);

        if (deadline_ms > b->now_ms)
            b->now_ms = deadline_ms;
        while (fired < BATCH && b->queue->next_due(b->self, b->now_ms, &b->timer[fired]))
            fired++;
    }
}

static void
check_fired(const struct bench *b)
{
    uint64_t last_ms = 0;

    for (uint32_t i = 0; i < BATCH; i++) {
        uint64_t due_ms = b->due_ms[b->timer[i]];

        assert(b->timer[i] < b->size && last_ms <= due_ms && due_ms <= b->now_ms);
        last_ms = due_ms;
    }
}

static void
measure(struct bench *b, enum measure measure, void (*work)(struct bench *))
{
    double began_ns = clock_ns();

    work(b);
    figure_add(&b->figure[measure], (clock_ns() - began_ns) / BATCH);
}

static void
run_round(struct bench *b)
{
    pick_extra(b);
    draw_deadlines(b);
    measure(b, START, start_all);
    shuffle(b);
    measure(b, STOP, stop_all);
    pick_running(b);
    draw_deadlines(b);
    measure(b, RESTART, start_all);
    measure(b, FIRE, fire_batch);
    check_fired(b);
    draw_deadlines(b);
    start_all(b);
}

static void
begin(struct bench *b, const struct timer_queue *queue, uint32_t size)
{
    b->queue = queue;
    b->size = size;
    b->now_ms = 0;
    b->self = queue->open(size + BATCH);
    b->due_ms = memory_take(size + BATCH, sizeof b->due_ms[0]);
    random_seed(&b->random, size);
    for (uint32_t i = 0; i < size; i++) {
        b->due_ms[i] = 1 + random_below(&b->random, SPAN_MS);
        queue->start(b->self, i, b->due_ms[i]);
    }
    for (int m = 0; m < MEASURES; m++)
        b->figure[m] = (struct figure){
            .subject = queue->name, .measure = measure_name[m], .unit = "ns", .size = size
        };
}

/* All that are left fire: none was lost on the way. */
static void
end(struct bench *b)
{
    uint32_t fired = 0, timer;

    while (b->queue->next_due(b->self, b->now_ms + SPAN_MS, &timer))
        fired++;
    assert(fired == b->size);
    b->queue->close(b->self);
    free(b->due_ms);
}

static void
run_size(const struct figures *figures, uint32_t size, uint32_t rounds)
{
    static struct bench bench[QUEUES];

    for (int q = 0; q < QUEUES; q++)
        begin(&bench[q], queues[q], size);
    for (uint32_t round = 0; round < rounds; round++)
        for (uint32_t q = 0; q < QUEUES; q++)
            run_round(&bench[(round + q) % QUEUES]);
    for (int q = 0; q < QUEUES; q++)
        end(&bench[q]);
    for (int m = 0; m < MEASURES; m++)
        for (int q = 0; q < QUEUES; q++)
            figures_print(figures, &bench[q].figure[m]);
}

int
main(int argc, char **argv)
{
    struct options options = { .most = 1000000, .rounds = ROUNDS };
    struct figures figures;

    options_read(argc, argv, "bench_timers [-n MOST] [-r ROUNDS] [-j FILE]", &options);
    figures_open(&figures, "timers", &options);
    for (uint64_t size = SIZE_LEAST; size <= options.most; size *= 10)
        run_size(&figures, (uint32_t)size, options.rounds);
    figures_close(&figures);
    return 0;
}
