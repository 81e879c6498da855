#include "bench/parser/worst.h"

#include "bench/parser/clock.h"
#include "bench/parser/hostile.h"
#include "bench/parser/table.h"
#include "parser/framing.h"
#include "parser/variant.h"

#include <stdlib.h>

enum {
    SAMPLES = 5,
    SAMPLE_NS = 1000000,
    GROWTH_MAX = 4, /* of an octet's time from 4 to 64 KiB; quadratic would be 16 */
};

/* The last is the most that a message may have. */
static const size_t sizes[] = { 1024, 4096, 16384, MESSAGE_BYTES_MAX };

enum {
    SIZES = sizeof sizes / sizeof sizes[0],
};

struct worst {
    struct message message, other;
    char bytes[MESSAGE_BYTES_MAX + MESSAGE_SLACK];
    double most; /* ns per octet, of the parser that is measured */
    size_t most_size;
    const char *most_name;
    bool linear;
};

static void
frame_by_octets(struct slice bytes)
{
    struct framer framer;
    size_t used, have = 0;

    framer_init(&framer, MESSAGE_BYTES_MAX);
    while (have < bytes.len) {
        enum frame_kind kind = framer_next(&framer, slice_head(bytes, ++have), &used);

        if (kind == FRAME_PARTIAL)
            continue;
        if (kind != FRAME_BLANK && kind != FRAME_PING)
            return;
        bytes = slice_skip(bytes, used);
        have = 0;
    }
}

/* A NULL variant stands for the stream. */
static void
read_once(struct worst *w, const struct variant *variant, struct slice bytes)
{
    if (variant == NULL)
        frame_by_octets(bytes);
    else
        variant->parse(&w->message, bytes, MESSAGE_DATAGRAM);
}

static double
time_for(struct worst *w, const struct variant *variant, struct slice bytes, size_t times)
{
    double start = clock_ns();

    for (size_t i = 0; i < times; i++)
        read_once(w, variant, bytes);
    return clock_ns() - start;
}

/* The least of some samples, in nanoseconds. */
static double
time_of(struct worst *w, const struct variant *variant, struct slice bytes)
{
    size_t times = 1;
    double least;

    while ((least = time_for(w, variant, bytes, times)) < SAMPLE_NS)
        times *= 2;
    for (int i = 1; i < SAMPLES; i++) {
        double used = time_for(w, variant, bytes, times);

        least = used < least ? used : least;
    }
    return least / (double)times;
}

static struct slice
make(struct worst *w, size_t n, size_t size)
{
    size_t len = hostile_write(n, size, w->bytes);

    memset(w->bytes + len, 0, MESSAGE_SLACK);
    return slice_of(w->bytes, len);
}

static bool
says_the_same(const struct message *a, const struct message *b)
{
    return a->fault == b->fault && a->lines == b->lines &&
           (a->fault == 0 || strcmp(a->why, b->why) == 0);
}

/* What the scalar parser says: all variants must say the same. */
static void
judge(struct worst *w, size_t n, struct table *table)
{
    const struct variant *variant;
    struct slice bytes = make(w, n, MESSAGE_BYTES_MAX);
    enum parse_status status = message_parse_scalar(&w->other, bytes, MESSAGE_DATAGRAM);

    for (size_t i = 0; (variant = variant_at(i)) != NULL; i++)
        if (variant->parse(&w->message, bytes, MESSAGE_DATAGRAM) != status ||
            !says_the_same(&w->message, &w->other)) {
            fprintf(stderr, "bench_parser: %s disagrees about %s\n", variant->name,
                    hostile_name(n));
            exit(1);
        }
    if (status == PARSE_OK)
        table_cell(table, "taken");
    else if (w->other.fault == 0)
        table_cell(table, "dropped");
    else
        table_cell(table, "%u", w->other.fault);
}

static void
remember(struct worst *w, double ns, size_t n, size_t size)
{
    if (ns <= w->most)
        return;
    w->most = ns;
    w->most_size = size;
    w->most_name = hostile_name(n);
}

static void
add_row(struct worst *w, const struct variant *variant, size_t n, struct table *table)
{
    double ns[SIZES];

    table_row(table, hostile_name(n));
    for (size_t i = 0; i < SIZES; i++) {
        struct slice bytes = make(w, n, sizes[i]);

        ns[i] = time_of(w, variant, bytes) / (double)bytes.len;
        table_cell(table, "%.2f", ns[i]);
        remember(w, ns[i], n, sizes[i]);
    }
    if (variant != NULL)
        judge(w, n, table);
    if (ns[SIZES - 1] > GROWTH_MAX * ns[1]) {
        fprintf(stderr, "bench_parser: not linear: %s\n", hostile_name(n));
        w->linear = false;
    }
}

static void
print_one(struct worst *w, const char *name, const struct variant *variant, FILE *out[],
          size_t outs)
{
    static struct table table;
    static const char *const heads[SIZES] = { "1 KiB", "4 KiB", "16 KiB", "64 KiB" };

    table_start(&table, name);
    for (size_t i = 0; i < SIZES; i++)
        table_head(&table, heads[i]);
    if (variant != NULL)
        table_head(&table, "answer");
    w->most = 0;
    for (size_t n = 0; hostile_name(n) != NULL; n++)
        add_row(w, variant, n, &table);
    for (size_t i = 0; i < outs; i++) {
        table_print(&table, out[i]);
        fprintf(out[i], "The most of %s: %.2f ns per octet, %s, %zu octets.\n\n", name,
                w->most, w->most_name, w->most_size);
        fflush(out[i]);
    }
}

bool
worst_print(FILE *out[], size_t outs)
{
    static struct worst worst = { .linear = true };
    const struct variant *variant;

    for (size_t i = 0; i < outs; i++)
        fprintf(out[i], "## Hostile messages: nanoseconds per octet\n\n");
    for (size_t i = 0; (variant = variant_at(i)) != NULL; i++)
        print_one(&worst, variant->name, variant, out, outs);
    print_one(&worst, "stream, octet by octet", NULL, out, outs);
    return worst.linear;
}
