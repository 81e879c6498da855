/* What a commit takes and what it refuses: repeats, limits, expiry, bindings. */
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define BOB "bob@example.org"

/* Puts one message with that origin and commits: the result. */
static enum put_result
put_origin(struct stores *t, uint64_t origin, bool remember, int64_t exp_time_s)
{
    struct put *put = stores_put(t, BOB, "x", exp_time_s);
    enum put_result result;

    put->origin = stores_origin(origin);
    put->remember = remember;
    stores_commit(t);
    result = t->batch.puts[0].result;
    batch_reset(&t->batch);
    return result;
}

/* RFC 3261 17.1.2.2: a request is sent again for up to 32 s. */
static void
a_request_that_comes_again_is_not_stored_twice(void **state)
{
    struct stores *t = *state;

    stores_open_server(t);
    assert_int_equal(put_origin(t, 5000, false, LATER), PUT_STORED);
    t->now_s += 64;
    assert_int_equal(put_origin(t, 5000, false, LATER), PUT_REPEATED);
    assert_int_equal(put_origin(t, 5001, false, LATER), PUT_STORED);
    assert_string_equal(stores_bodies(t, BOB, 9), "x x");
    t->now_s += 1;
    assert_int_equal(put_origin(t, 5000, false, LATER), PUT_STORED);
}

static void
a_repeat_within_one_batch_is_noticed(void **state)
{
    struct stores *t = *state;

    stores_open_server(t);
    stores_put(t, BOB, "one", LATER)->origin = stores_origin(7000);
    stores_put(t, BOB, "again", LATER)->origin = stores_origin(7000);
    stores_commit(t);

    assert_int_equal(t->batch.puts[0].result, PUT_STORED);
    assert_int_equal(t->batch.puts[1].result, PUT_REPEATED);
    assert_int_equal(t->batch.puts[1].id, 0);
    assert_string_equal(stores_bodies(t, BOB, 9), "one");
}

/* The message may be delivered, folded and off the disk by then: its sender still asks. */
static void
a_repeat_is_known_after_delivery_fold_and_restart(void **state)
{
    struct stores *t = *state;
    uint64_t id;

    t->options.fold_at = 1;
    stores_open_server(t);
    assert_int_equal(put_origin(t, 5000, false, LATER), PUT_STORED);
    stores_put(t, BOB, "y", LATER);
    stores_commit(t);
    id = t->batch.puts[0].id;
    batch_reset(&t->batch);
    stores_remove(t, id - 1);
    stores_tidy(t, true, 10);
    stores_reopen(t);

    assert_string_equal(stores_bodies(t, BOB, 9), "y");
    assert_int_equal(put_origin(t, 5000, false, LATER), PUT_REPEATED);
}

/* What is left out at a start was over when the last one came, by the clock of then. */
static void
a_repeat_is_known_after_a_start_with_a_wrong_clock(void **state)
{
    static const int64_t wrong_s[] = { 1, NOW + 1000000 };
    struct stores *t = *state;

    stores_open_server(t);
    assert_int_equal(put_origin(t, 5000, false, LATER), PUT_STORED);
    for (size_t i = 0; i < sizeof wrong_s / sizeof wrong_s[0]; i++) {
        t->now_s = wrong_s[i];
        stores_reopen(t);
        t->now_s = NOW + 1;
        assert_int_equal(put_origin(t, 5000, false, LATER), PUT_REPEATED);
    }
    t->now_s = NOW + 65;
    assert_int_equal(put_origin(t, 6000, false, LATER), PUT_STORED);
    stores_reopen(t);
    t->now_s = NOW + 60;
    assert_int_equal(put_origin(t, 6000, false, LATER), PUT_REPEATED);
    assert_int_equal(put_origin(t, 5000, false, LATER), PUT_STORED);
}

static void
an_import_is_known_until_it_would_have_expired(void **state)
{
    struct stores *t = *state;

    t->options.fold_at = 1;
    stores_open_server(t);
    assert_int_equal(put_origin(t, 5000, true, NOW + 1000), PUT_STORED);
    stores_remove(t, 1);
    stores_tidy(t, true, 10);
    t->now_s += 999;
    stores_tidy(t, true, 10);
    stores_reopen(t);
    assert_int_equal(put_origin(t, 5000, true, NOW + 1000), PUT_REPEATED);
    t->now_s += 1;
    stores_tidy(t, true, 10);
    assert_int_equal(put_origin(t, 5000, true, LATER), PUT_STORED);
}

static void
max_messages_is_exact_within_a_batch(void **state)
{
    struct stores *t = *state;
    int stored = 0;

    stores_open_server(t);
    for (int i = 0; i < 10; i++)
        stores_put(t, BOB, "x", LATER)->max_messages = 4;
    stores_put(t, "carol@example.org", "x", LATER)->max_messages = 4;
    stores_commit(t);
    for (int i = 0; i < 10; i++) {
        stored += t->batch.puts[i].result == PUT_STORED;
        assert_int_equal(t->batch.puts[i].result, i < 4 ? PUT_STORED : PUT_AOR_FULL);
    }
    assert_int_equal(stored, 4);
    assert_int_equal(t->batch.puts[10].result, PUT_STORED);
}

static enum put_result
put_limited(struct stores *t, const char *body, uint64_t max_messages, uint64_t max_bytes)
{
    struct put *put = stores_put(t, BOB, body, LATER);
    enum put_result result;

    put->max_messages = max_messages;
    put->max_bytes = max_bytes;
    stores_commit(t);
    result = t->batch.puts[0].result;
    batch_reset(&t->batch);
    return result;
}

static void
removals_and_expiry_make_room_below_the_limit(void **state)
{
    struct stores *t = *state;

    t->options.fold_at = 2;
    stores_open_server(t);
    stores_put(t, BOB, "short", NOW + 10);
    stores_commit(t);
    batch_reset(&t->batch);
    assert_int_equal(put_limited(t, "one", 3, 0), PUT_STORED);
    stores_tidy(t, false, 10);
    assert_int_equal(put_limited(t, "two", 3, 0), PUT_STORED);
    assert_int_equal(put_limited(t, "three", 3, 0), PUT_AOR_FULL);
    stores_remove(t, 2);
    assert_int_equal(put_limited(t, "three", 3, 0), PUT_STORED);
    assert_int_equal(put_limited(t, "four", 3, 0), PUT_AOR_FULL);
    t->now_s += 10;
    assert_int_equal(put_limited(t, "four", 3, 0), PUT_STORED);
    assert_string_equal(stores_bodies(t, BOB, 9), "two three four");
}

static void
max_bytes_counts_octets_of_bodies(void **state)
{
    struct stores *t = *state;

    stores_open_server(t);
    assert_int_equal(put_limited(t, "12345", 0, 10), PUT_STORED);
    assert_int_equal(put_limited(t, "123456", 0, 10), PUT_AOR_FULL);
    assert_int_equal(put_limited(t, "12345", 0, 10), PUT_STORED);
    assert_int_equal(put_limited(t, "", 0, 10), PUT_STORED);
    assert_int_equal(put_limited(t, "1", 0, 10), PUT_AOR_FULL);
}

static void
an_expired_message_is_never_read(void **state)
{
    struct stores *t = *state;

    t->options.fold_at = 2;
    stores_open_server(t);
    stores_put(t, BOB, "indexed", NOW + 5);
    stores_put(t, BOB, "stays", LATER);
    stores_commit(t);
    batch_reset(&t->batch);
    stores_tidy(t, false, 10);
    stores_put(t, BOB, "tail", NOW + 5);
    stores_commit(t);
    t->now_s += 4;
    assert_string_equal(stores_bodies(t, BOB, 9), "indexed stays tail");
    t->now_s += 1;

    assert_string_equal(stores_bodies(t, BOB, 9), "stays");
    assert_string_equal(stores_bodies(t, NULL, 1), "stays");
    assert_int_equal(stores_facts(t).messages, 1);
    assert_int_equal(stores_tidy(t, true, 10), 2);
    assert_int_equal(stores_facts(t).messages, 1);
    assert_int_equal(stores_tidy(t, true, 10), 0);
}

static void
expiry_goes_on_in_bounded_steps(void **state)
{
    struct stores *t = *state;
    struct tidy_result result;

    t->options.fold_at = 1;
    stores_open_server(t);
    for (int i = 0; i < 25; i++)
        stores_put(t, BOB, "x", NOW + 1 + i % 3);
    stores_commit(t);
    stores_tidy(t, false, 100);
    t->now_s += 100;
    for (uint64_t left = 25; left >= 10; left -= 10) {
        assert_int_equal(store_tidy(t->store, t->now_s, true, 10, &result), STORE_OK);
        assert_int_equal(result.expired, 10);
        assert_true(result.more);
    }
    assert_int_equal(store_tidy(t->store, t->now_s, true, 10, &result), STORE_OK);
    assert_int_equal(result.expired, 5);
    assert_false(result.more);
}

/* What was delivered does not stay on the disk, however quiet the server is. */
static void
a_second_pass_of_expiry_takes_what_is_gone_off_the_disk(void **state)
{
    struct stores *t = *state;
    uint64_t id;

    stores_open_server(t);
    id = stores_store(t, BOB, "x");
    stores_remove(t, id);
    stores_tidy(t, true, 10);
    stores_tidy(t, true, 10);
    /* The record's bytes may lie in a free page; no table has them. */
    stores_store(t, BOB, "y");
    assert_string_equal(stores_bodies(t, NULL, 9), "y");
    assert_int_equal(stores_facts(t).messages, 1);
}

struct seen {
    int count;
    char all[200];
};

static bool
see(void *visitor, struct slice aor, struct slice value)
{
    struct seen *seen = visitor;

    seen->count++;
    snprintf(seen->all + strlen(seen->all), sizeof seen->all - strlen(seen->all),
             "%.*s=%.*s;", SLICE_ARG(aor), SLICE_ARG(value));
    return seen->count < 2;
}

static void
bindings_are_saved_replaced_and_removed(void **state)
{
    struct stores *t = *state;
    struct seen seen = { 0 };

    stores_open_server(t);
    batch_save_binding(&t->batch, SLICE(BOB), SLICE("one"), NULL);
    batch_save_binding(&t->batch, SLICE("gone@example.org"), SLICE("x"), NULL);
    stores_commit(t);
    batch_reset(&t->batch);
    batch_save_binding(&t->batch, SLICE(BOB), SLICE("two"), NULL);
    batch_save_binding(&t->batch, SLICE("gone@example.org"), slice_absent(), NULL);
    batch_save_binding(&t->batch, SLICE("never@example.org"), slice_absent(), NULL);
    stores_commit(t);
    stores_reopen(t);

    assert_int_equal(store_bindings(t->store, &seen, see), STORE_OK);
    assert_string_equal(seen.all, BOB "=two;");
}

static void
a_visitor_that_returns_false_ends_the_walk(void **state)
{
    struct stores *t = *state;
    struct seen seen = { 0 };

    stores_open_server(t);
    for (int i = 0; i < 5; i++) {
        char aor[40];

        snprintf(aor, sizeof aor, "%d@example.org", i);
        batch_save_binding(&t->batch, text(aor), SLICE("x"), NULL);
    }
    stores_commit(t);
    assert_int_equal(store_bindings(t->store, &seen, see), STORE_OK);
    assert_int_equal(seen.count, 2);
}

static void
a_message_is_got_by_its_id_expired_or_not(void **state)
{
    struct stores *t = *state;
    struct page page = { 0 };
    struct record record;
    size_t offset = 0;
    uint64_t id;

    stores_open_server(t);
    id = stores_store(t, BOB, "body");
    t->now_s = LATER + 1;
    assert_int_equal(store_get(t->store, id, &page), STORE_OK);
    assert_true(page_next(&page, &offset, &record));
    assert_int_equal(record.id, id);
    assert_true(slice_equal(record.body, SLICE("body")));
    assert_false(page_next(&page, &offset, &record));
    stores_remove(t, id);
    assert_int_equal(store_get(t->store, id, &page), STORE_NOT_FOUND);
    assert_int_equal(store_get(t->store, id + 1, &page), STORE_NOT_FOUND);
    page_free(&page);
}

static void
removing_what_is_gone_is_no_error(void **state)
{
    struct stores *t = *state;

    stores_open_server(t);
    stores_store(t, BOB, "one");
    stores_store(t, BOB, "two");
    stores_remove(t, 1);
    stores_remove(t, 1);
    stores_remove(t, 999);
    assert_string_equal(stores_bodies(t, BOB, 9), "two");
    assert_int_equal(stores_facts(t).messages, 1);
}

static void
a_page_ends_at_its_bytes_and_says_whether_more_follows(void **state)
{
    struct stores *t = *state;
    struct read_request r = {
        .aor = SLICE(BOB), .now_s = NOW, .max_messages = 9, .max_bytes = 1
    };

    stores_open_server(t);
    stores_store(t, BOB, "one");
    stores_store(t, BOB, "two");
    assert_int_equal(store_read(t->store, &r, 1), STORE_OK);
    assert_int_equal(r.page.count, 1);
    assert_false(r.at_end);
    r.after = 1;
    assert_int_equal(store_read(t->store, &r, 1), STORE_OK);
    assert_int_equal(r.page.count, 1);
    assert_true(r.at_end);
    page_free(&r.page);
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(a_request_that_comes_again_is_not_stored_twice),
        ROW(a_repeat_within_one_batch_is_noticed),
        ROW(a_repeat_is_known_after_delivery_fold_and_restart),
        ROW(a_repeat_is_known_after_a_start_with_a_wrong_clock),
        ROW(an_import_is_known_until_it_would_have_expired),
        ROW(max_messages_is_exact_within_a_batch),
        ROW(removals_and_expiry_make_room_below_the_limit),
        ROW(max_bytes_counts_octets_of_bodies),
        ROW(an_expired_message_is_never_read),
        ROW(expiry_goes_on_in_bounded_steps),
        ROW(a_second_pass_of_expiry_takes_what_is_gone_off_the_disk),
        ROW(bindings_are_saved_replaced_and_removed),
        ROW(a_visitor_that_returns_false_ends_the_walk),
        ROW(a_message_is_got_by_its_id_expired_or_not),
        ROW(removing_what_is_gone_is_no_error),
        ROW(a_page_ends_at_its_bytes_and_says_whether_more_follows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
