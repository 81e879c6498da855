/* One number of a page or of a meta page at a time is made wrong, and the words say which. */
#include "store/lmdb_pages.h"
#include "tests/stores.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    PAGE = 4096,
    BRANCH = 1,
    LEAF = 2,
    OVERFLOW = 4,
};

/* A store of a few hundred pages: trees with branches, long values, a list of free pages. */
struct file {
    struct stores *t;
    char *whole; /* owned, as the next */
    char *copy;
    size_t len;
    char words[1 << 16]; /* of all faults */
};

static void
fill(struct stores *t)
{
    char aor[64], body[6000];

    memset(body, 'x', sizeof body);
    t->options.fold_at = 100;
    stores_open_server(t);
    for (int i = 0; i < 600; i++) {
        snprintf(aor, sizeof aor, "user%d@example.org", i % 37);
        body[i % 50 == 0 ? 5000 : 200] = '\0';
        stores_put(t, aor, body, LATER);
        body[i % 50 == 0 ? 5000 : 200] = 'x';
        if (i % 20 == 19) {
            stores_commit(t);
            batch_reset(&t->batch);
            stores_tidy(t, false, 64);
        }
    }
    store_close(t->store);
    t->store = NULL;
}

static int
open_file(const struct stores *t)
{
    char path[300];
    int fd;

    snprintf(path, sizeof path, "%s/data.mdb", t->directory);
    fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    return fd;
}

static int
setup(void **state)
{
    struct file *f = calloc(1, sizeof *f);
    struct stat st;
    void *t;
    int fd;

    assert_non_null(f);
    stores_setup(&t);
    f->t = t;
    fill(f->t);
    fd = open_file(f->t);
    assert_int_equal(fstat(fd, &st), 0);
    f->len = (size_t)st.st_size;
    f->whole = malloc(f->len);
    f->copy = malloc(f->len);
    assert_int_equal(pread(fd, f->whole, f->len, 0), f->len);
    close(fd);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct file *f = *state;
    void *t = f->t;

    free(f->whole);
    free(f->copy);
    stores_teardown(&t);
    free(f);
    return 0;
}

static uint16_t
get16(const char *at)
{
    uint16_t n;

    memcpy(&n, at, sizeof n);
    return n;
}

static uint64_t
get64(const char *at)
{
    uint64_t n;

    memcpy(&n, at, sizeof n);
    return n;
}

static void
add16(char *at, int by)
{
    uint16_t n = (uint16_t)(get16(at) + by);

    memcpy(at, &n, sizeof n);
}

static void
put64(char *at, uint64_t n)
{
    memcpy(at, &n, sizeof n);
}

static char *
node(char *page, int i)
{
    return page + get16(page + 16 + 2 * i);
}

static int
nodes(const char *page)
{
    return (get16(page + 12) - 16) / 2;
}

/* What is made wrong on a page of that kind; false: not on this one. */

static bool
change_number(char *page)
{
    page[1] ^= 1;
    return true;
}

static bool
change_kind(char *page)
{
    page[10] ^= 3;
    return true;
}

static bool
change_bounds(char *page)
{
    add16(page + 14, -16);
    return true;
}

static bool
cross_bounds(char *page)
{
    add16(page + 12, 8192);
    return true;
}

static bool
leave_page(char *page)
{
    add16(page + 16, 8192);
    return true;
}

static bool
swap_keys(char *page)
{
    char swapped[2];

    if (nodes(page) < 3)
        return false;
    memcpy(swapped, page + 18, 2);
    memcpy(page + 18, page + 20, 2);
    memcpy(page + 20, swapped, 2);
    return true;
}

static bool
lengthen_value(char *page)
{
    add16(node(page, 0), 2);
    return true;
}

static bool
invent_kind(char *page)
{
    add16(node(page, 0) + 4, 4);
    return true;
}

static bool
share_child(char *page)
{
    memcpy(node(page, 0), node(page, 1), 6);
    return true;
}

static bool
lose_child(char *page)
{
    node(page, 1)[5] = 1;
    return true;
}

static bool
shorten_run(char *page)
{
    add16(page + 12, -1);
    return true;
}

/* The entry of a table, and one of the lists of free pages: both tell themselves by shape. */

static bool
miscount(char *page)
{
    for (int i = 0; i < nodes(page); i++) {
        char *n = node(page, i);

        if (get16(n + 4) != 2)
            return false;
        n[8 + get16(n + 6) + 32] ^= 1; /* entries */
    }
    return true;
}

static bool
change_kind_of_table(char *page)
{
    if (get16(node(page, 0) + 4) != 2)
        return false;
    node(page, 0)[8 + get16(node(page, 0) + 6) + 4] ^= 4;
    return true;
}

/* A list in its page, with some pages in it; NULL: none. */
static char *
free_list(char *page)
{
    for (int i = 0; i < nodes(page); i++) {
        char *n = node(page, i), *list = n + 16;

        if (get16(n + 4) == 0 && get16(n + 6) == 8 && get16(n) >= 32 &&
            get64(list) >= 3 && get64(list) <= get16(n) / 8u - 1 &&
            get64(list + 8) > get64(list + 16))
            return list;
    }
    return NULL;
}

static bool
free_too_many(char *page)
{
    char *list = free_list(page);

    if (list != NULL)
        put64(list, 1 << 20);
    return list != NULL;
}

static bool
free_what_is_none(char *page)
{
    char *list = free_list(page);

    if (list != NULL)
        put64(list + 8, 1 << 20);
    return list != NULL;
}

static bool
free_twice(char *page)
{
    char *list = free_list(page);

    if (list != NULL)
        put64(list + 16, get64(list + 8));
    return list != NULL;
}

/* It takes the place where the order stays. */
static bool
free_page(char *page, uint64_t number)
{
    char *list = free_list(page);
    uint64_t i = 1;

    if (list == NULL)
        return false;
    while (i < get64(list) && get64(list + 8 * i) > number)
        i++;
    put64(list + 8 * i, number);
    return true;
}

/* The list's own page is surely in use. */
static bool
free_what_is_in_use(char *page)
{
    return free_page(page, get64(page));
}

/* Of these one or another is a table's. */
static bool
free_its_neighbour(char *page)
{
    return free_page(page, get64(page) + 1);
}

static const struct wrong {
    uint16_t kind;
    bool (*make)(char *page);
    const char *words;
} wrongs[] = {
    { LEAF, change_number, "has another page's number" },
    { BRANCH, change_number, "has another page's number" },
    { LEAF, change_kind, "should be a leaf" },
    { BRANCH, change_kind, "should be a branch" },
    { LEAF, change_bounds, "has entries that are not as long as they say" },
    { LEAF, cross_bounds, "has bounds that are wrong" },
    { BRANCH, cross_bounds, "has bounds that are wrong" },
    { LEAF, leave_page, "has an entry that is not within" },
    { BRANCH, leave_page, "has an entry that is not within" },
    { LEAF, swap_keys, "has keys that are not in order" },
    { BRANCH, swap_keys, "has keys that are not in order" },
    { LEAF, lengthen_value, "has entries that are not as long as they say" },
    { LEAF, invent_kind, "has an entry of an unknown kind" },
    { BRANCH, share_child, "is in use twice, or free and in use" },
    { BRANCH, lose_child, "is no page of the file" },
    { OVERFLOW, shorten_run, "should begin a long value" },
    { LEAF, miscount, "has other numbers of entries or pages than it says" },
    { LEAF, change_kind_of_table, "is a table of another kind" },
    { LEAF, free_too_many, "has a list of free pages that is none" },
    { LEAF, free_what_is_none, "frees what is no page of the file" },
    { LEAF, free_twice, "frees what is no page of the file" },
    { LEAF, free_what_is_in_use, "is free twice, or free and in use" },
    { LEAF, free_its_neighbour, "is in use twice, or free and in use" },
};

static void
note(void *visitor, const char *table, uint64_t page, const char *what, bool is_harmful)
{
    struct file *f = visitor;
    size_t len = strlen(f->words);

    (void)is_harmful;
    assert_non_null(table);
    snprintf(f->words + len, sizeof f->words - len, "%lu %s\n", (unsigned long)page,
             what);
}

/* The newer meta page's number, as LMDB picks it. */
static uint64_t
last_txnid(const char *bytes)
{
    uint64_t first = get64(bytes + 144), second = get64(bytes + PAGE + 144);

    return first > second ? first : second;
}

static void
look(struct file *f)
{
    struct lmdb_view view = { .map = NULL };
    int fd = open_file(f->t);

    f->words[0] = '\0';
    assert_int_equal(pwrite(fd, f->copy, f->len, 0), f->len);
    assert_true(lmdb_view_open(&view, fd, last_txnid(f->whole)));
    assert_true(lmdb_view_check(&view, true, f, note));
    lmdb_view_close(&view);
    close(fd);
}

static void
what_is_wrong_with_a_page_is_told_in_words(void **state)
{
    struct file *f = *state;

    memcpy(f->copy, f->whole, f->len);
    look(f);
    assert_string_equal(f->words, "");
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        int told = 0;

        for (size_t at = 2 * PAGE; at < f->len; at += PAGE) {
            memcpy(f->copy, f->whole, f->len);
            if (get16(f->copy + at + 10) != wrongs[i].kind ||
                get64(f->copy + at) != at / PAGE || !wrongs[i].make(f->copy + at))
                continue;
            look(f);
            told += strstr(f->words, wrongs[i].words) != NULL;
        }
        if (told == 0)
            fail_msg("row %zu: nothing \"%s\"", i, wrongs[i].words);
    }
}

/* Of a meta page, by its place from the page's start. */
static const struct {
    size_t at;
    const char *words;
} metas[] = {
    { 0, "a meta page is none" },
    { 10, "a meta page is none" },
    { 16, "a meta page is not of LMDB 0.9" },
    { 20, "a meta page is not of LMDB 0.9" },
    { 41, "a meta page has no size of pages" },
    { 44, "a meta page has tables of another kind" },
    { 92, "a meta page has tables of another kind" },
    { 46, "a meta page leads nowhere" },
    { 83, "a meta page leads nowhere" },
    { 131, "a meta page leads nowhere" },
    { 140, "a meta page has pages behind the end of the file" },
};

static void
what_is_wrong_with_a_meta_page_is_told_before_lmdb_opens_it(void **state)
{
    struct file *f = *state;
    int fd = open_file(f->t);

    assert_null(lmdb_metas_fault(fd));
    for (size_t i = 0; i < sizeof metas / sizeof metas[0]; i++)
        for (off_t page = 0; page < 2; page++) {
            off_t at = page * PAGE + (off_t)metas[i].at;
            char byte = (char)(f->whole[at] ^ 0x40);
            const char *fault;

            assert_int_equal(pwrite(fd, &byte, 1, at), 1);
            fault = lmdb_metas_fault(fd);
            if (fault == NULL || strcmp(fault, metas[i].words) != 0)
                fail_msg("row %zu: \"%s\"", i, fault);
            assert_int_equal(stores_open(f->t, STORE_SERVER), STORE_DAMAGED);
            assert_non_null(strstr(f->t->why, metas[i].words));
            assert_int_equal(pwrite(fd, f->whole + at, 1, at), 1);
        }
    close(fd);
}

/* Whatever octets stand in a page: looking ends. */
static void
pages_of_anything_are_looked_at_and_walked(void **state)
{
    struct file *f = *state;

    for (size_t at = 2 * PAGE; at < f->len; at += PAGE) {
        memcpy(f->copy, f->whole, f->len);
        for (size_t i = 12; i < PAGE; i++) /* behind what says which page it is */
            f->copy[at + i] = (char)(i * 7 + at / PAGE * 13);
        look(f);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_wrong_with_a_page_is_told_in_words, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            what_is_wrong_with_a_meta_page_is_told_before_lmdb_opens_it, setup, teardown),
        cmocka_unit_test_setup_teardown(pages_of_anything_are_looked_at_and_walked, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
