/* The power goes at any moment, and a disk keeps of what was not synced what it likes.
 *
 * A store is worked with while its files are traced; then, for cuts behind every event of the
 * trace, images of what the disk may hold are made, opened and compared with what was
 * promised. IMAGES=n makes about so many of each test's; SEED, CUT and IMAGE show one again.
 */
#include "tests/power/check.h"
#include "tests/power/choice.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    IMAGES_DEFAULT = 1000, /* of each test */
    FOLD_AT = 12,
    RANDOM_STEPS = 120,
};

/* Which image it is, for whoever has to look at it again. */
static struct {
    uint64_t seed;
    uint32_t images, cut, number;
} now;

struct power {
    struct stores *t;
    struct work work;
    char root[280], image[280];
    uint32_t made; /* images */
};

static uint32_t
number_of(const char *variable, uint32_t otherwise)
{
    const char *given = getenv(variable);

    return given == NULL ? otherwise : (uint32_t)strtoul(given, NULL, 0);
}

static uint64_t
chosen_seed(void)
{
    const char *given = getenv("SEED");
    uint64_t seed;

    if (given != NULL)
        return strtoull(given, NULL, 0);
    assert_int_equal(getrandom(&seed, sizeof seed, 0), sizeof seed);
    return seed;
}

static void
tell_and_die(int signal_number)
{
    char line[200];
    int len = snprintf(
        line, sizeof line, "# signal %d: SEED=%#llx IMAGES=%u CUT=%u IMAGE=%u\n",
        signal_number, (unsigned long long)now.seed, now.images, now.cut, now.number);

    if (write(STDERR_FILENO, line, (size_t)len) < 0)
        _exit(2);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st;
    if (walk->level > 0 && type == FTW_DP)
        rmdir(path);
    else if (walk->level > 0)
        unlink(path);
    return 0;
}

static void
remove_below(const char *path)
{
    nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static int
setup(void **state)
{
    struct power *p = calloc(1, sizeof *p);
    void *stores;

    assert_non_null(p);
    stores_setup(&stores);
    p->t = stores;
    snprintf(p->root, sizeof p->root, "%s/disk", p->t->directory);
    snprintf(p->image, sizeof p->image, "%s/image", p->t->directory);
    assert_int_equal(mkdir(p->root, 0700), 0);
    assert_int_equal(mkdir(p->image, 0700), 0);
    snprintf(p->t->url, sizeof p->t->url, "lmdb:%s/silo.db", p->root);
    p->t->options.fold_at = FOLD_AT;
    p->t->options.map_bytes = 4 << 20;
    now.seed = chosen_seed();
    now.images = number_of("IMAGES", IMAGES_DEFAULT);
    print_message("SEED=%#llx\n", (unsigned long long)now.seed);
    work_begin(&p->work, p->t, now.seed);
    trace_begin(p->root);
    *state = p;
    return 0;
}

static int
teardown(void **state)
{
    struct power *p = *state;
    void *stores = p->t;

    trace_free();
    work_free(&p->work);
    store_close(p->t->store);
    p->t->store = NULL;
    remove_below(p->t->directory);
    free(p);
    return stores_teardown(&stores);
}

/* What its readers had of it is of no use to anybody; it may be gone, or full of anything. */
static void
leave_lock_file(const char *directory, uint32_t number)
{
    static char bytes[8192];
    char path[400];
    int fd;

    snprintf(path, sizeof path, "%s/lock.mdb", directory);
    if (number % 3 == 0 || access(directory, F_OK) != 0)
        return;
    memset(bytes, number % 3 == 1 ? 0 : 0x5a, sizeof bytes);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, sizeof bytes, 0), sizeof bytes);
    close(fd);
}

static void
try_image(struct power *p, const struct cut *cut, struct check *check, uint32_t number,
          uint32_t per_cut)
{
    struct cut_choice choice;
    char place[320], told[4000];

    now.number = number;
    choice_make(&choice, cut, now.seed, number, per_cut);
    cut_lay(cut, &choice, p->image);
    snprintf(place, sizeof place, "%s/silo.db", p->image);
    leave_lock_file(place, number);
    if (!check_image(check, place, number % 8 == 0)) {
        choice_tell(&choice, cut, told, sizeof told);
        fail_msg("%s\n  SEED=%#llx IMAGES=%u CUT=%u IMAGE=%u, %u images before it\n  %s",
                 check->why, (unsigned long long)now.seed, now.images, now.cut, number,
                 p->made, told);
    }
    choice_free(&choice);
    remove_below(p->image);
    p->made++;
}

/* Patterns of all cuts: what there would be to try if it were not for the time. */
static uint64_t
count_patterns(uint32_t from)
{
    uint64_t patterns = 0;
    struct cut cut;

    cut_begin(&cut, trace_get());
    while (cut_next(&cut))
        if (cut.at > from)
            patterns += choice_regular(&cut);
    cut_free(&cut);
    return patterns;
}

/* A cut's share of the images: the first two of its patterns at least. */
static uint32_t
share_of(const struct cut *cut, uint64_t patterns)
{
    uint32_t regular = choice_regular(cut);
    uint64_t share = (uint64_t)now.images * regular / patterns;

    return regular == 1 ? 1 : share < 2 ? 2 : (uint32_t)share;
}

static void
try_cuts(struct power *p, uint32_t from)
{
    const uint64_t patterns = count_patterns(from);
    const uint32_t only_cut = number_of("CUT", UINT32_MAX);
    const uint32_t only_image = number_of("IMAGE", UINT32_MAX);
    struct check check;
    struct cut cut;
    uint32_t per_cut;

    check_begin(&check, &p->work);
    cut_begin(&cut, trace_get());
    while (cut_next(&cut)) {
        now.cut = cut.at;
        check_advance(&check, cut.at);
        per_cut = cut.at > from ? share_of(&cut, patterns) : 0;
        for (uint32_t i = 0; i < per_cut; i++)
            if ((only_cut == UINT32_MAX || only_cut == cut.at) &&
                (only_image == UINT32_MAX || only_image == i))
                try_image(p, &cut, &check, i, per_cut);
    }
    check_free(&check);
    cut_free(&cut);
    print_message("%u images of %u cuts, which have %llu of a pattern\n", p->made,
                  trace_get()->count - from, (unsigned long long)patterns);
}

/* A trace that leaves something out would prove nothing. */
static void
assert_trace_is_whole(struct power *p)
{
    const char *differs;
    struct cut cut;

    if (trace_is_mapped())
        fail_msg("the store writes through a mapping, which a trace does not see");
    cut_begin(&cut, trace_get());
    while (cut_next(&cut))
        continue;
    differs = cut_differs(&cut, p->root);
    cut_free(&cut);
    if (differs != NULL)
        fail_msg("%s is not what its trace adds up to", differs);
}

/* Behind every event from that one on. */
static void
cut_the_power(struct power *p, uint32_t from)
{
    store_close(p->t->store);
    p->t->store = NULL;
    trace_end();
    assert_trace_is_whole(p);
    try_cuts(p, from);
}

/* The rig itself: it finds what was not synced, and that alone. */
static void
what_is_synced_is_there_and_nothing_else_is_sure(void **state)
{
    struct power *p = *state;
    struct cut_choice none = { .size = CUT_SIZE_OLD };
    char path[400], bytes[8] = "";
    uint8_t lost[8];
    struct cut cut;
    int fd;

    snprintf(path, sizeof path, "%s/file", p->root);
    fd = open(path, O_RDWR | O_CREAT, 0600);
    assert_int_equal(pwrite(fd, "synced", 6, 0), 6);
    assert_int_equal(fdatasync(fd), 0);
    assert_int_equal(pwrite(fd, "lost", 4, 0), 4);
    close(fd);
    fd = open(p->root, O_RDONLY);
    assert_int_equal(fsync(fd), 0);
    close(fd);
    fd = open(path, O_WRONLY | O_DSYNC);
    assert_int_equal(pwrite(fd, "D", 1, 5), 1);
    close(fd);
    trace_mark();
    trace_end();
    assert_trace_is_whole(p);
    memset(lost, CUT_LOST, sizeof lost);
    none.came = lost;
    cut_begin(&cut, trace_get());
    for (uint32_t at = 1; cut_next(&cut); at++) {
        cut_lay(&cut, &none, p->image);
        snprintf(path, sizeof path, "%s/file", p->image);
        fd = open(path, O_RDONLY);
        assert_int_equal(fd >= 0, at > 5);
        if (fd >= 0)
            assert_int_equal(pread(fd, bytes, sizeof bytes, 0), 6);
        if (fd >= 0)
            assert_memory_equal(bytes, at > 6 ? "synceD" : "synced", 6);
        close(fd);
        remove_below(p->image);
    }
    cut_free(&cut);
}

/* Nothing was promised yet: whatever is there, the next start makes a store of it. */
static void
a_store_that_was_being_made_can_be_opened(void **state)
{
    struct power *p = *state;

    work_open(&p->work);
    work_open(&p->work);
    cut_the_power(p, 0);
}

/* The first message is as safe as any other one: the names that lead to it are synced. */
static void
a_message_of_a_new_store_is_there(void **state)
{
    struct power *p = *state;

    work_open(&p->work);
    work_put(&p->work, 0, 10, WORK_LONG_S);
    work_commit(&p->work);
    cut_the_power(p, 0);
}

/* By an administrator, or by a start that was killed right behind it. */
static void
a_directory_that_was_made_before_is_there_as_well(void **state)
{
    struct power *p = *state;
    char place[320];

    snprintf(place, sizeof place, "%s/silo.db", p->root);
    assert_int_equal(mkdir(place, 0700), 0);
    work_open(&p->work);
    work_put(&p->work, 0, 10, WORK_LONG_S);
    work_commit(&p->work);
    cut_the_power(p, 0);
}

static void
store_some(struct work *w)
{
    static const size_t sizes[] = { 0, 1, 100, 1900, 5000, 20000 };

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        work_put(w, (int)(i % WORK_AORS), sizes[i], WORK_LONG_S);
    work_commit(w);
    work_put(w, 0, 0, WORK_LONG_S);
    work_commit(w);
}

static void
remove_some(struct work *w)
{
    work_remove(w, 1);
    work_commit(w);
    for (uint32_t i = 0; i < 4; i++)
        work_remove(w, 2 * i);
    work_put(w, 2, 300, WORK_LONG_S);
    work_commit(w);
}

static void
bind_some(struct work *w)
{
    work_bind(w, 0, 120);
    work_bind(w, 1, 5000);
    work_commit(w);
    work_bind(w, 0, 0);
    work_bind(w, 1, 40);
    work_put(w, 3, 30, 20);
    work_commit(w);
}

static void
put_again(struct work *w)
{
    struct put *put = work_put(w, 1, 60, WORK_LONG_S);

    put->origin = stores_origin(w->t->origins - 1);
    work_put(w, 1, 60, WORK_LONG_S);
    work_commit(w);
}

static void
what_was_acknowledged_is_there_and_the_rest_whole_or_not(void **state)
{
    struct power *p = *state;
    struct work *w = &p->work;

    work_open(w);
    for (int round = 0; round < 3; round++) {
        store_some(w);
        bind_some(w);
        for (int i = 0; i < 4; i++)
            work_tidy(w, false, 5);
        remove_some(w);
        put_again(w);
        for (int i = 0; i < 8; i++)
            work_tidy(w, round > 0, 7);
        work_wait(w, 30);
        if (round == 1)
            work_open(w);
    }
    cut_the_power(p, p->work.ops[0].returned);
}

static void
so_it_is_whatever_was_done_to_the_store(void **state)
{
    struct power *p = *state;

    work_open(&p->work);
    for (int i = 0; i < RANDOM_STEPS; i++)
        work_step(&p->work);
    cut_the_power(p, p->work.ops[0].returned);
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(what_is_synced_is_there_and_nothing_else_is_sure),
        ROW(a_store_that_was_being_made_can_be_opened),
        ROW(a_message_of_a_new_store_is_there),
        ROW(a_directory_that_was_made_before_is_there_as_well),
        ROW(what_was_acknowledged_is_there_and_the_rest_whole_or_not),
        ROW(so_it_is_whatever_was_done_to_the_store),
    };

    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 0);
    signal(SIGBUS, tell_and_die);
    signal(SIGSEGV, tell_and_die);
    signal(SIGABRT, tell_and_die);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
