#include "tests/power/power.h"
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
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    IMAGES_DEFAULT = 700, /* of each test */
    FOLD_AT = 12,
};

/* Which image it is, for whoever has to look at it again. */
static struct {
    uint64_t seed;
    uint32_t images, cut, number;
} now;

static uint32_t
number_of(const char *variable, uint32_t otherwise)
{
    const char *given = getenv(variable);

    return given == NULL ? otherwise : (uint32_t)strtoul(given, NULL, 0);
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

void
power_begin(void)
{
    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 0);
    signal(SIGBUS, tell_and_die);
    signal(SIGSEGV, tell_and_die);
    signal(SIGABRT, tell_and_die);
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

void
power_remove_below(const char *path)
{
    nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int
power_setup(void **state)
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
    p->parts = 1;
    now.seed = random_seed_given();
    now.images = number_of("IMAGES", IMAGES_DEFAULT);
    print_message("SEED=%#llx\n", (unsigned long long)now.seed);
    work_begin(&p->work, p->t, now.seed, memory_contents_new());
    trace_begin(p->root);
    *state = p;
    return 0;
}

int
power_teardown(void **state)
{
    struct power *p = *state;
    void *stores = p->t;

    trace_free();
    work_free(&p->work);
    store_close(p->t->store);
    p->t->store = NULL;
    if (p->made > 0)
        print_message("%u images of %u cuts, which have %llu of a pattern\n", p->made,
                      p->cuts, (unsigned long long)p->patterns);
    power_remove_below(p->t->directory);
    free(p);
    return stores_teardown(&stores);
}

static void
stop(struct power *p)
{
    store_close(p->t->store);
    p->t->store = NULL;
    trace_end();
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
    power_remove_below(p->image);
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
        if (cut.at > from && cut_is_another(&cut))
            patterns += choice_regular(&cut);
    cut_free(&cut);
    return patterns;
}

/* A cut's share of the images: the first two of its patterns at least. */
static uint32_t
share_of(const struct power *p, const struct cut *cut, uint64_t patterns)
{
    uint32_t regular = choice_regular(cut);
    uint64_t share = (uint64_t)now.images / p->parts * regular / patterns;

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
        per_cut = cut.at > from && cut_is_another(&cut) ? share_of(p, &cut, patterns) : 0;
        p->cuts += per_cut > 0;
        for (uint32_t i = 0; i < per_cut; i++)
            if ((only_cut == UINT32_MAX || only_cut == cut.at) &&
                (only_image == UINT32_MAX || only_image == i))
                try_image(p, &cut, &check, i, per_cut);
    }
    check_free(&check);
    cut_free(&cut);
    p->patterns += patterns;
}

void
power_assert_trace_is_whole(struct power *p)
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

void
power_cut(struct power *p, uint32_t from)
{
    stop(p);
    power_assert_trace_is_whole(p);
    try_cuts(p, from);
}

void
power_start_anew(struct power *p, uint32_t part, uint32_t parts)
{
    stop(p);
    work_free(&p->work);
    power_remove_below(p->root);
    p->parts = parts;
    p->t->now_s = NOW;
    p->t->origins = 0;
    now.seed += part > 0;
    work_begin(&p->work, p->t, now.seed, memory_contents_new());
    trace_begin(p->root);
}

/* Lays the same image twice: one to look into, one to go on from as it is. */
static struct memory_contents *
lay_one(struct power *p, struct check *check, const struct cut *cut,
        struct random *random)
{
    const struct memory_contents *found;
    struct cut_choice choice;
    char place[320];

    choice_make(&choice, cut, now.seed, random_below(random, choice_regular(cut) * 2),
                choice_regular(cut) * 2);
    power_remove_below(p->root);
    cut_lay(cut, &choice, p->root);
    cut_lay(cut, &choice, p->image);
    choice_free(&choice);
    snprintf(place, sizeof place, "%s/silo.db", p->image);
    found = check_find(check, place);
    if (found == NULL)
        fail_msg("%s\n  SEED=%#llx", check->why, (unsigned long long)now.seed);
    power_remove_below(p->image);
    return memory_contents_copy(found);
}

void
power_outlive_one(struct power *p, uint32_t from)
{
    struct memory_contents *contents;
    struct random random;
    struct check check;
    struct cut cut;
    uint32_t at;

    stop(p);
    random_seed(&random, now.seed);
    at = from + 1 + random_below(&random, trace_get()->count - from);
    check_begin(&check, &p->work);
    cut_begin(&cut, trace_get());
    while (cut.at < at)
        cut_next(&cut);
    check_advance(&check, at);
    contents = lay_one(p, &check, &cut, &random);
    check_free(&check);
    cut_free(&cut);
    work_free(&p->work);
    work_begin(&p->work, p->t, ~now.seed, contents);
    trace_begin(p->root);
}
