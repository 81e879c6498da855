/* The store in plain memory keeps the contract of store/store.h. */
#include "tests/memory_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum {
    NOW_S = 1000000,
};

struct fixture {
    struct memory_contents *contents;
    struct store *store;
    struct batch batch;
    uint8_t origins; /* given out */
};

static struct store *
open_store(struct memory_contents *contents, enum store_role role,
           enum store_status expected)
{
    struct store_options options = { .place = "", .role = role, .now_s = NOW_S };
    struct store *store = NULL;
    char why[128];

    options.secret.bytes[0] = 42;
    assert_int_equal(memory_store_open(contents, &options, &store, why, sizeof why),
                     expected);
    return store;
}

static int
set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){ .contents = memory_contents_new() };
    f.store = open_store(f.contents, STORE_SERVER, STORE_OK);
    batch_init(&f.batch);
    *state = &f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;

    batch_free(&f->batch);
    store_close(f->store);
    memory_contents_free(f->contents);
    return 0;
}

static struct slice
text_of(const char *text)
{
    return slice_of(text, strlen(text));
}

/* Each has an origin of its own. */
static struct put *
put(struct fixture *f, const char *aor, const char *body, int64_t exp_time_s)
{
    struct record record = { .inc_time_s = NOW_S,
                             .exp_time_s = exp_time_s,
                             .aor = text_of(aor),
                             .r_uri = text_of("sip:x"),
                             .src_addr = text_of("sip:a"),
                             .dst_addr = text_of("sip:b"),
                             .call_id = text_of("c"),
                             .headers = text_of(""),
                             .body = text_of(body) };
    struct put *p;

    record.origin.bytes[0] = ++f->origins;
    p = batch_put(&f->batch, &record);
    assert_non_null(p);
    return p;
}

static void
commit_at(struct fixture *f, int64_t now_s)
{
    assert_int_equal(store_commit(f->store, &f->batch, now_s), STORE_OK);
}

static void
store_three(struct fixture *f)
{
    put(f, "bob@x", "one", NOW_S + 100);
    put(f, "eve@x", "two", NOW_S + 100);
    put(f, "bob@x", "three", NOW_S + 100);
    commit_at(f, NOW_S);
    batch_reset(&f->batch);
}

static struct read_request
read_bounded(struct fixture *f, const char *aor, uint64_t after, uint32_t max_messages,
             size_t max_bytes)
{
    struct read_request r = { .aor = aor == NULL ? slice_absent() : text_of(aor),
                              .after = after,
                              .now_s = NOW_S,
                              .max_messages = max_messages,
                              .max_bytes = max_bytes };

    assert_int_equal(store_read(f->store, &r, 1), STORE_OK);
    assert_int_equal(r.status, STORE_OK);
    return r;
}

/* The bodies on the page, each with a blank behind it; frees the page. */
static const char *
bodies_of(struct page *page)
{
    static char text[256];
    struct record record;
    size_t offset = 0, len = 0;

    text[0] = '\0';
    while (page_next(page, &offset, &record))
        len += (size_t)snprintf(text + len, sizeof text - len, "%.*s ",
                                SLICE_ARG(record.body));
    page_free(page);
    return text;
}

static void
assert_bodies(struct fixture *f, const char *aor, uint64_t after, const char *expected)
{
    struct read_request r = read_bounded(f, aor, after, 100, 100000);

    assert_true(r.at_end);
    assert_string_equal(bodies_of(&r.page), expected);
}

static void
messages_of_an_aor_are_read_in_the_order_of_storing(void **state)
{
    struct fixture *f = *state;

    store_three(f);

    assert_bodies(f, "bob@x", 0, "one three ");
    assert_bodies(f, "bob@x", 1, "three ");
    assert_bodies(f, "bob@x", 3, "");
    assert_bodies(f, NULL, 1, "two three ");
}

static void
a_page_ends_at_its_bounds(void **state)
{
    struct fixture *f = *state;
    struct read_request r;

    store_three(f);

    r = read_bounded(f, "bob@x", 0, 1, 100000);
    assert_false(r.at_end);
    assert_string_equal(bodies_of(&r.page), "one ");
    r = read_bounded(f, "bob@x", 0, 100, 1);
    assert_false(r.at_end);
    assert_string_equal(bodies_of(&r.page), "one ");
    r = read_bounded(f, "bob@x", 1, 1, 1);
    assert_true(r.at_end);
    page_free(&r.page);
}

static void
what_was_removed_is_not_read_and_may_be_removed_again(void **state)
{
    struct fixture *f = *state;

    store_three(f);
    batch_remove(&f->batch, 1, NULL);
    batch_remove(&f->batch, 77, NULL);
    commit_at(f, NOW_S);
    commit_at(f, NOW_S);

    assert_bodies(f, "bob@x", 0, "three ");
}

static void
the_same_origin_is_stored_once_within_the_window(void **state)
{
    struct fixture *f = *state;
    struct put *p;

    put(f, "bob@x", "one", NOW_S + 1000);
    f->origins--;
    p = put(f, "bob@x", "one", NOW_S + 1000);
    commit_at(f, NOW_S);
    assert_int_equal(f->batch.puts[0].result, PUT_STORED);
    assert_int_equal(f->batch.puts[1].result, PUT_REPEATED);

    batch_reset(&f->batch);
    batch_remove(&f->batch, 1, NULL);
    f->origins--;
    p = put(f, "bob@x", "one", NOW_S + 1000);
    commit_at(f, NOW_S + MEMORY_ORIGIN_WINDOW_S - 1);
    assert_int_equal(p->result, PUT_REPEATED);
    commit_at(f, NOW_S + MEMORY_ORIGIN_WINDOW_S);
    assert_int_equal(p->result, PUT_STORED);
}

static void
an_imported_origin_is_known_until_the_message_expires(void **state)
{
    struct fixture *f = *state;
    struct put *p = put(f, "bob@x", "one", NOW_S + 1000);

    p->remember = true;
    commit_at(f, NOW_S);

    commit_at(f, NOW_S + 999);
    assert_int_equal(p->result, PUT_REPEATED);
    commit_at(f, NOW_S + 1000);
    assert_int_equal(p->result, PUT_STORED);
}

static void
an_aor_holds_as_many_unexpired_messages_and_bytes_as_it_may(void **state)
{
    static const struct {
        uint64_t max_messages, max_bytes;
        int64_t now_s;
        enum put_result result;
    } rows[] = {
        { 0, 0, NOW_S, PUT_STORED },       { 2, 0, NOW_S, PUT_AOR_FULL },
        { 3, 0, NOW_S, PUT_STORED },       { 0, 11, NOW_S, PUT_AOR_FULL },
        { 0, 12, NOW_S, PUT_STORED },      { 1, 1, NOW_S + 100, PUT_AOR_FULL },
        { 1, 4, NOW_S + 100, PUT_STORED },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fixture *f;
        struct put *p;

        tear_down(state);
        set_up(state);
        f = *state;
        store_three(f);
        p = put(f, "bob@x", "four", NOW_S + 1000);
        p->max_messages = rows[i].max_messages;
        p->max_bytes = rows[i].max_bytes;
        commit_at(f, rows[i].now_s);
        assert_int_equal(p->result, rows[i].result);
    }
}

static void
a_full_store_refuses_puts_and_takes_removals(void **state)
{
    struct fixture *f = *state;
    struct put *p;

    store_three(f);
    f->contents->room_bytes = 1;
    p = put(f, "bob@x", "four", NOW_S + 100);
    batch_remove(&f->batch, 1, NULL);
    commit_at(f, NOW_S);

    assert_int_equal(p->result, PUT_NO_SPACE);
    assert_bodies(f, "bob@x", 0, "three ");
}

static void
expired_messages_are_not_read_and_go_in_bounded_steps(void **state)
{
    struct fixture *f = *state;
    struct tidy_result tidied;
    struct page page = { 0 };

    put(f, "bob@x", "one", NOW_S);
    put(f, "bob@x", "two", NOW_S + 1);
    put(f, "bob@x", "three", NOW_S);
    commit_at(f, NOW_S - 10);

    assert_bodies(f, "bob@x", 0, "two ");
    assert_int_equal(store_get(f->store, 1, &page), STORE_OK);
    page_free(&page);
    assert_int_equal(store_tidy(f->store, NOW_S, false, 1, &tidied), STORE_OK);
    assert_int_equal(tidied.expired, 0);
    assert_int_equal(store_tidy(f->store, NOW_S, true, 1, &tidied), STORE_OK);
    assert_int_equal(tidied.expired, 1);
    assert_true(tidied.more);
    assert_int_equal(store_tidy(f->store, NOW_S, true, 1, &tidied), STORE_OK);
    assert_int_equal(tidied.expired, 1);
    assert_false(tidied.more);
    page = (struct page){ 0 };
    assert_int_equal(store_get(f->store, 1, &page), STORE_NOT_FOUND);
}

static void
facts_count_what_waits(void **state)
{
    struct fixture *f = *state;
    struct store_facts facts;

    store_three(f);
    put(f, "bob@x", "gone", NOW_S);
    commit_at(f, NOW_S - 1);

    assert_int_equal(store_facts(f->store, NOW_S, &facts), STORE_OK);
    assert_int_equal(facts.messages, 3);
    assert_int_equal(facts.bytes, 11);
    assert_int_equal(facts.oldest_s, NOW_S);
}

static bool
add_binding(void *visitor, struct slice aor, struct slice value)
{
    char *text = visitor;
    size_t len = strlen(text);

    snprintf(text + len, 64 - len, "%.*s=%.*s ", SLICE_ARG(aor), SLICE_ARG(value));
    return true;
}

static void
bindings_are_replaced_and_forgotten(void **state)
{
    struct fixture *f = *state;
    char text[64] = "";

    batch_save_binding(&f->batch, SLICE("bob@x"), SLICE("1"), NULL);
    batch_save_binding(&f->batch, SLICE("eve@x"), SLICE("2"), NULL);
    batch_save_binding(&f->batch, SLICE("bob@x"), SLICE("3"), NULL);
    batch_save_binding(&f->batch, SLICE("eve@x"), slice_absent(), NULL);
    commit_at(f, NOW_S);

    store_bindings(f->store, text, add_binding);
    assert_string_equal(text, "bob@x=3 ");
}

static void
the_contents_outlive_the_server_that_wrote_them(void **state)
{
    struct fixture *f = *state;

    store_three(f);
    store_close(f->store);
    f->store = open_store(f->contents, STORE_SERVER, STORE_OK);

    assert_bodies(f, "bob@x", 0, "one three ");
    assert_int_equal(f->store->secret.bytes[0], 42);
    put(f, "bob@x", "four", NOW_S + 100);
    commit_at(f, NOW_S);
    assert_int_equal(f->batch.puts[0].id, 4);
}

static void
one_server_has_the_store_and_commands_do_not_make_one(void **state)
{
    struct fixture *f = *state;
    struct memory_contents *none = memory_contents_new();
    struct store *command;

    open_store(f->contents, STORE_SERVER, STORE_BUSY);
    open_store(none, STORE_COMMAND, STORE_NOT_FOUND);
    command = open_store(f->contents, STORE_COMMAND, STORE_OK);
    store_close(command);
    open_store(f->contents, STORE_SERVER, STORE_BUSY);
    memory_contents_free(none);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(messages_of_an_aor_are_read_in_the_order_of_storing),
        TEST(a_page_ends_at_its_bounds),
        TEST(what_was_removed_is_not_read_and_may_be_removed_again),
        TEST(the_same_origin_is_stored_once_within_the_window),
        TEST(an_imported_origin_is_known_until_the_message_expires),
        TEST(an_aor_holds_as_many_unexpired_messages_and_bytes_as_it_may),
        TEST(a_full_store_refuses_puts_and_takes_removals),
        TEST(expired_messages_are_not_read_and_go_in_bounded_steps),
        TEST(facts_count_what_waits),
        TEST(bindings_are_replaced_and_forgotten),
        TEST(the_contents_outlive_the_server_that_wrote_them),
        TEST(one_server_has_the_store_and_commands_do_not_make_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
