#include "bench/parser/measure.h"

#include "bench/parser/allocations.h"
#include "bench/parser/clock.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    SAMPLE_NS = 1000000, /* one turn of one parser, or one pass over the input */
};

uint64_t
measure_read(const struct adapter *adapter, void *parser, const struct input *input,
             size_t messages)
{
    struct extract x = { .contacts = 0 };
    uint64_t sum = 0;
    size_t at = 0;

    for (size_t i = 0; i < messages; i++) {
        if (!adapter->read(parser, input->message[at], &x)) {
            fprintf(stderr, "bench_parser: %s refuses %s\n", adapter->name, input->name);
            exit(1);
        }
        sum += extract_sum(&x);
        adapter->forget(parser);
        if (++at == input->count)
            at = 0;
    }
    return sum;
}

/* Nanoseconds per message. */
static double
sample(const struct adapter *adapter, void *parser, const struct input *input,
       size_t messages)
{
    static volatile uint64_t sink;
    double start = clock_ns();

    sink = measure_read(adapter, parser, input, messages);
    (void)sink;
    return (clock_ns() - start) / (double)messages;
}

/* As many whole passes over the input as fit into a turn. Warms up, too. */
static size_t
turn_of(const struct adapter *adapter, void *parser, const struct input *input)
{
    double pass_ns;
    size_t passes;

    sample(adapter, parser, input, input->count);
    pass_ns = sample(adapter, parser, input, input->count) * (double)input->count;
    passes = (size_t)(SAMPLE_NS / pass_ns);
    return input->count * (passes > 0 ? passes : 1);
}

static double
allocations_of(const struct adapter *adapter, void *parser, const struct input *input)
{
    uint64_t before = allocations_count();

    measure_read(adapter, parser, input, input->count);
    return (double)(allocations_count() - before) / (double)input->count;
}

static int
compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

double
measure_percentile(const double *value, size_t count, unsigned percent)
{
    double sorted[MEASURE_ROUNDS];

    assert(count > 0 && count <= MEASURE_ROUNDS);
    memcpy(sorted, value, count * sizeof sorted[0]);
    qsort(sorted, count, sizeof sorted[0], compare);
    return sorted[(count - 1) * percent / 100];
}

size_t
measure_all(const struct input *input, struct measure out[MEASURE_PARSERS_MAX])
{
    void *parser[MEASURE_PARSERS_MAX];
    size_t turn[MEASURE_PARSERS_MAX], count = 0;
    const struct adapter *adapter;

    for (; (adapter = adapter_at(count)) != NULL; count++) {
        assert(count < MEASURE_PARSERS_MAX);
        out[count].adapter = adapter;
        out[count].instructions = 0;
        parser[count] = adapter->open(adapter->argument);
        turn[count] = turn_of(adapter, parser[count], input);
        out[count].allocations = allocations_of(adapter, parser[count], input);
    }
    for (size_t round = 0; round < MEASURE_ROUNDS; round++)
        for (size_t i = 0; i < count; i++) {
            size_t n = (round + i) % count;

            out[n].round[round] = sample(out[n].adapter, parser[n], input, turn[n]);
        }
    for (size_t n = 0; n < count; n++) {
        out[n].adapter->close(parser[n]);
        out[n].median = measure_percentile(out[n].round, MEASURE_ROUNDS, 50);
        out[n].least = measure_percentile(out[n].round, MEASURE_ROUNDS, 0);
        out[n].p90 = measure_percentile(out[n].round, MEASURE_ROUNDS, 90);
    }
    return count;
}

double
measure_ratio(const struct measure *a, const struct measure *b)
{
    double ratio[MEASURE_ROUNDS];

    for (size_t i = 0; i < MEASURE_ROUNDS; i++)
        ratio[i] = a->round[i] / b->round[i];
    return measure_percentile(ratio, MEASURE_ROUNDS, 50);
}
