/* The power goes at any moment, and a disk keeps of what was not synced what it likes.
 *
 * A store is worked with while its files are traced; then, for cuts behind every event of the
 * trace, images of what the disk may hold are made, opened and compared with what was
 * promised. IMAGES=n makes about so many of each test's; SEED, CUT and IMAGE show one again.
 */
#include "tests/power/cut.h"
#include "tests/power/power.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    RANDOM_STEPS = 90,
    STEPS_WHEN_FULL = 60,
    ROUNDS = 6,
    STEPS_OF_ROUND = 20,
};

/* The rig itself: it finds what was not synced, and that alone. */
static void
what_is_synced_is_there_and_nothing_else_is_sure(void **state)
{
    struct power *p = *state;
    const uint32_t before = trace_get()->count;
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
    power_assert_trace_is_whole(p);
    memset(lost, CUT_LOST, sizeof lost);
    none.came = lost;
    cut_begin(&cut, trace_get());
    while (cut_next(&cut)) {
        bool is_there = cut.at > before + 5, has_d = cut.at > before + 6;

        cut_lay(&cut, &none, p->image);
        snprintf(path, sizeof path, "%s/file", p->image);
        fd = open(path, O_RDONLY);
        assert_int_equal(fd >= 0, is_there);
        if (is_there) {
            assert_int_equal(pread(fd, bytes, sizeof bytes, 0), 6);
            assert_memory_equal(bytes, has_d ? "synceD" : "synced", 6);
            close(fd);
        }
        power_remove_below(p->image);
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
    power_cut(p, 0);
}

/* The first message is as safe as any other one: the names that lead to it are synced. */
static void
a_message_of_a_new_store_is_there(void **state)
{
    struct power *p = *state;

    work_open(&p->work);
    work_put(&p->work, 0, 10, WORK_LONG_S);
    work_commit(&p->work);
    power_cut(p, 0);
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
    power_cut(p, 0);
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
        work_wait(w, 30);
        for (int i = 0; i < 12; i++)
            work_tidy(w, round > 0, 9);
        if (round == 1)
            work_open(w);
    }
    power_cut(p, p->work.ops[0].returned);
}

static void
so_it_is_whatever_was_done_to_the_store(void **state)
{
    struct power *p = *state;

    work_open(&p->work);
    for (int i = 0; i < RANDOM_STEPS; i++)
        work_step(&p->work);
    power_cut(p, p->work.ops[0].returned);
}

/* Where removing and folding have hardly a page left, they are tried again, or the map grows. */
static void
so_it_is_in_a_store_that_is_full(void **state)
{
    struct power *p = *state;

    p->t->options.map_bytes = 192 * 1024;
    work_open(&p->work);
    while (p->work.refused == 0) {
        work_put(&p->work, 0, 9000, WORK_LONG_S);
        work_commit(&p->work);
    }
    for (int i = 0; i < STEPS_WHEN_FULL; i++)
        work_step(&p->work);
    power_cut(p, p->work.ops[0].returned);
}

/* What the first cut left half done is done again, and cut again. */
static void
a_store_that_outlived_one_cut_outlives_the_next(void **state)
{
    struct power *p = *state;

    for (uint32_t round = 0; round < ROUNDS; round++) {
        power_start_anew(p, round, ROUNDS);
        work_open(&p->work);
        for (int i = 0; i < STEPS_OF_ROUND; i++)
            work_step(&p->work);
        power_outlive_one(p, p->work.ops[0].returned);
        work_open(&p->work);
        for (int i = 0; i < STEPS_OF_ROUND; i++)
            work_step(&p->work);
        power_cut(p, p->work.ops[0].began);
    }
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, power_setup, power_teardown)

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
        ROW(so_it_is_in_a_store_that_is_full),
        ROW(a_store_that_outlived_one_cut_outlives_the_next),
    };

    power_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
