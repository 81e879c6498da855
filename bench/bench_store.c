/* bench_store - what a message costs in the store, beside LMDB with nothing on it.
 *
 *   bench_store [-d DIRECTORY] [-n MOST] [-r ROUNDS] [-j FILE]
 *
 * 1000, 10,000, .. MOST (a million) messages of about 450 octets wait, for a 32nd as many
 * users. The server's engine and a bare LMDB table with the same records take turns, in two
 * directories made in DIRECTORY (/tmp) and taken away at the end:
 *
 *   put       a commit of 1, 8, 64, 512, 1024 new messages, synced
 *   remove    the same of the oldest ones: a mark of ours, gone of the table
 *   page      32 messages of a user; of the table 32 neighbours
 *   get       one message, in a transaction of its own
 *   tidy      what folding and reclaiming add for each message that came and went
 *   open      the whole store
 *   wait      until one message is safe that comes alone, one each 2 ms
 *
 * Rates are by the clock, for each message; CPU is user and system. Ratios are of the rates,
 * round by round. Beside them is what the disk takes for 4 KiB appended and synced. Numbers
 * depend on the disk: compare within one run.
 */
#include "bench/micro/directory.h"
#include "bench/micro/disk.h"
#include "bench/micro/options.h"
#include "bench/micro/paced.h"
#include "bench/micro/pair.h"
#include "bench/micro/store_subject.h"
#include "tests/random.h"

#include <string.h>

enum {
    SUBJECTS = PAIR_SUBJECTS,
    ROUNDS = 9,
    READS = 512, /* of a turn */
    OPENS = 3,
    RECORD_ROOM_BYTES = 2048, /* of the map, for each message */
};

/* How many messages a commit has, and how many commits a turn. */
static const struct {
    uint32_t messages, commits;
} batches[] = { { 1, 64 }, { 8, 32 }, { 64, 16 }, { 512, 4 }, { SUBJECT_BATCH, 2 } };

enum {
    BATCHES = sizeof batches / sizeof batches[0],
};

static const struct store_subject *const subjects[SUBJECTS] = { &store_ours, &store_raw };

struct bench {
    char directory[SUBJECTS][DIRECTORY_ROOM];
    void *self[SUBJECTS];
    struct random random;
    uint64_t size, users, map_bytes;
    uint64_t first, next;     /* numbers of the messages that wait */
    uint64_t passed;          /* came and went while it was measured */
    struct stopwatch tidying; /* ours */
    struct pair put[BATCHES], remove[BATCHES], page, get;
    struct figure open[SUBJECTS];
};

/* Work of one subject, of which `watch` measures what counts; returns how many messages. */
typedef uint64_t
turn(struct bench *b, int subject, uint32_t batch, struct stopwatch *watch);

/* Each subject once; another one is the first in the next round. */
static void
take_turns(struct bench *b, uint32_t round, turn *take, uint32_t batch, struct pair *pair)
{
    for (uint32_t i = 0; i < SUBJECTS; i++) {
        uint32_t s = (round + i) % SUBJECTS;
        struct stopwatch watch = { 0 };
        double messages = (double)take(b, (int)s, batch, &watch);

        pair_add(pair, s, messages, &watch);
    }
    pair_close_round(pair);
}

static uint64_t
put(struct bench *b, int s, uint32_t batch, struct stopwatch *watch)
{
    uint64_t number = b->next;

    for (uint32_t i = 0; i < batches[batch].commits; i++) {
        subjects[s]->prepare_puts(b->self[s], number, batches[batch].messages);
        stopwatch_start(watch);
        subjects[s]->commit(b->self[s]);
        stopwatch_stop(watch);
        number += batches[batch].messages;
    }
    return number - b->next;
}

static uint64_t
take_away(struct bench *b, int s, uint32_t batch, struct stopwatch *watch)
{
    uint64_t number = b->first;

    for (uint32_t i = 0; i < batches[batch].commits; i++) {
        subjects[s]->prepare_removals(b->self[s], number, batches[batch].messages);
        stopwatch_start(watch);
        subjects[s]->commit(b->self[s]);
        stopwatch_stop(watch);
        number += batches[batch].messages;
    }
    return number - b->first;
}

static uint64_t
any_number(struct bench *b)
{
    return b->first + random_below(&b->random, (uint32_t)(b->next - b->first));
}

static uint64_t
read_pages(struct bench *b, int s, uint32_t batch, struct stopwatch *watch)
{
    uint64_t read = 0;

    (void)batch;
    stopwatch_start(watch);
    for (int i = 0; i < READS; i++)
        read += subjects[s]->read_page(b->self[s], any_number(b));
    stopwatch_stop(watch);
    return read;
}

static uint64_t
get_some(struct bench *b, int s, uint32_t batch, struct stopwatch *watch)
{
    (void)batch;
    stopwatch_start(watch);
    for (int i = 0; i < READS; i++)
        subjects[s]->get(b->self[s], any_number(b));
    stopwatch_stop(watch);
    return READS;
}

static void
tidy(struct bench *b)
{
    for (int s = 0; s < SUBJECTS; s++)
        if (subjects[s]->tidy != NULL) {
            stopwatch_start(&b->tidying);
            subjects[s]->tidy(b->self[s]);
            stopwatch_stop(&b->tidying);
        }
}

/* As many leave as come. */
static void
run_batch(struct bench *b, uint32_t round, uint32_t batch)
{
    uint64_t messages = (uint64_t)batches[batch].messages * batches[batch].commits;

    take_turns(b, round, put, batch, &b->put[batch]);
    b->next += messages;
    take_turns(b, round, take_away, batch, &b->remove[batch]);
    b->first += messages;
    b->passed += messages;
    tidy(b);
}

static void
open_all(struct bench *b)
{
    for (int s = 0; s < SUBJECTS; s++) {
        struct stopwatch watch = { 0 };

        stopwatch_start(&watch);
        b->self[s] = subjects[s]->open(b->directory[s], b->map_bytes, b->users);
        stopwatch_stop(&watch);
        figure_add(&b->open[s], watch.wall_s * 1e3);
    }
}

static void
close_all(struct bench *b)
{
    for (int s = 0; s < SUBJECTS; s++)
        subjects[s]->close(b->self[s]);
}

static void
fill(struct bench *b)
{
    while (b->next - b->first < b->size) {
        uint64_t left = b->size - (b->next - b->first);
        uint32_t count = left < SUBJECT_BATCH ? (uint32_t)left : SUBJECT_BATCH;

        for (int s = 0; s < SUBJECTS; s++) {
            subjects[s]->prepare_puts(b->self[s], b->next, count);
            subjects[s]->commit(b->self[s]);
        }
        b->next += count;
        tidy(b);
    }
}

static void
begin(struct bench *b, uint64_t size)
{
    const char *const names[SUBJECTS] = { subjects[0]->name, subjects[1]->name };

    b->size = size;
    b->users = size / SUBJECT_PAGE;
    b->map_bytes = (256u << 20) + size * RECORD_ROOM_BYTES;
    b->first = b->next = 1;
    random_seed(&b->random, size);
    pair_init(&b->page, names, "page", size, SUBJECT_PAGE);
    pair_init(&b->get, names, "get", size, 1);
    for (uint32_t i = 0; i < BATCHES; i++) {
        pair_init(&b->put[i], names, "put", size, batches[i].messages);
        pair_init(&b->remove[i], names, "remove", size, batches[i].messages);
    }
    for (int s = 0; s < SUBJECTS; s++)
        directory_add(subjects[s]->name, b->directory[s]);
    open_all(b);
    fill(b);
    b->tidying = (struct stopwatch){ 0 };
    for (int s = 0; s < SUBJECTS; s++)
        b->open[s] = (struct figure){
            .subject = subjects[s]->name, .measure = "open", .unit = "ms", .size = size
        };
}

static void
print_tidying(const struct figures *figures, const struct bench *b)
{
    struct figure figure = {
        .subject = subjects[0]->name, .measure = "tidy", .unit = "cpu_us", .size = b->size
    };

    figure_add(&figure, b->tidying.cpu_s * 1e6 / (double)b->passed);
    figures_print(figures, &figure);
}

static void
end(const struct figures *figures, const struct bench *b)
{
    for (int i = 0; i < BATCHES; i++)
        pair_print(figures, &b->put[i]);
    for (int i = 0; i < BATCHES; i++)
        pair_print(figures, &b->remove[i]);
    print_tidying(figures, b);
    pair_print(figures, &b->page);
    pair_print(figures, &b->get);
    for (int s = 0; s < SUBJECTS; s++) {
        figures_print(figures, &b->open[s]);
        directory_remove(b->directory[s]);
    }
}

static void
run_size(const struct figures *figures, uint64_t size, uint32_t rounds)
{
    static struct bench b;

    memset(&b, 0, sizeof b);
    begin(&b, size);
    for (uint32_t round = 0; round < rounds; round++) {
        for (uint32_t batch = 0; batch < BATCHES; batch++)
            run_batch(&b, round, batch);
        take_turns(&b, round, read_pages, 0, &b.page);
        take_turns(&b, round, get_some, 0, &b.get);
    }
    for (int i = 0; i < OPENS; i++) {
        close_all(&b);
        open_all(&b);
    }
    close_all(&b);
    end(figures, &b);
}

int
main(int argc, char **argv)
{
    struct options options = { .most = 1000000, .rounds = ROUNDS, .directory = "/tmp" };
    struct figures figures;

    options_read(argc, argv, "bench_store [-d DIRECTORY] [-n MOST] [-r ROUNDS] [-j FILE]",
                 &options);
    figures_open(&figures, "store", &options);
    directory_make(options.directory);
    disk_measure(&figures, options.rounds);
    paced_measure(&figures, options.rounds);
    for (uint64_t size = SIZE_LEAST; size <= options.most; size *= 10)
        run_size(&figures, size, options.rounds);
    figures_close(&figures);
    return 0;
}
