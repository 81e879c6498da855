#include "bench/micro/paced.h"

#include "bench/micro/directory.h"
#include "bench/micro/stopwatch.h"
#include "bench/micro/store_subject.h"

#include <stdlib.h>

enum {
    SUBJECTS = 2,
    COMMITS = 300, /* of a round */
    USERS = 100,
    MAP_BYTES = 256 << 20,
};

static const double PAUSE_S = 0.002;

struct paced {
    const struct store_subject *subject;
    void *self;
    char directory[DIRECTORY_ROOM];
    uint64_t next;
    struct figure median, p99;
};

static void
sleep_until(double moment_s)
{
    struct timespec at = { .tv_sec = (time_t)moment_s };

    at.tv_nsec = (long)((moment_s - (double)at.tv_sec) * 1e9);
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static int
compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static void
run(struct paced *p)
{
    double began_s = stopwatch_clock_s(CLOCK_MONOTONIC), waits[COMMITS];

    for (int i = 0; i < COMMITS; i++) {
        double now_s;

        p->subject->prepare_puts(p->self, p->next++, 1);
        began_s += PAUSE_S;
        sleep_until(began_s);
        now_s = stopwatch_clock_s(CLOCK_MONOTONIC);
        waits[i] = p->subject->commit_asked(p->self) - now_s;
    }
    qsort(waits, COMMITS, sizeof waits[0], compare);
    figure_add(&p->median, waits[COMMITS / 2] * 1e6);
    figure_add(&p->p99, waits[COMMITS * 99 / 100] * 1e6);
}

static void
begin(struct paced *p, const struct store_subject *subject)
{
    const struct figure figure = { .subject = subject->name, .unit = "us", .batch = 1 };

    *p = (struct paced){ .subject = subject, .next = 1, .median = figure, .p99 = figure };
    p->median.measure = "wait";
    p->p99.measure = "wait, p99";
    directory_add(subject->name, p->directory);
    p->self = subject->open(p->directory, MAP_BYTES, USERS);
}

static void
end(const struct figures *figures, struct paced *p)
{
    figures_print(figures, &p->median);
    figures_print(figures, &p->p99);
    p->subject->close(p->self);
    directory_remove(p->directory);
}

void
paced_measure(const struct figures *figures, uint32_t rounds)
{
    static struct paced paced[SUBJECTS];

    begin(&paced[0], &store_ours);
    begin(&paced[1], &store_raw);
    for (uint32_t i = 0; i < rounds * SUBJECTS; i++)
        run(&paced[(i / SUBJECTS + i) % SUBJECTS]);
    for (int i = 0; i < SUBJECTS; i++)
        end(figures, &paced[i]);
}
