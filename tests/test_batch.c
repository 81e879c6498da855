#include "store/batch.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct record
sample(size_t body_bytes)
{
    static char body[RECORD_MAX];

    return (struct record){ .exp_time_s = 99,
                            .origin = { { 5 } },
                            .aor = SLICE("bob@example.org"),
                            .body = slice_of(body, body_bytes) };
}

static void
a_put_holds_copies_of_what_is_put_in(void **state)
{
    struct batch batch;
    char aor[] = "bob@example.org";
    struct record record = sample(10), back;
    struct put *put;

    (void)state;
    batch_init(&batch);
    assert_true(batch_is_empty(&batch));
    record.aor = slice_of(aor, strlen(aor));
    put = batch_put(&batch, &record);
    memset(aor, 'X', sizeof aor);

    assert_non_null(put);
    assert_false(batch_is_empty(&batch));
    assert_true(slice_equal(put->aor, SLICE("bob@example.org")));
    assert_int_equal(put->exp_time_s, 99);
    assert_int_equal(put->body_bytes, 10);
    assert_int_equal(put->origin.bytes[0], 5);
    assert_int_equal(put->max_messages, 0);
    assert_int_equal(record_decode(put->value, 1, &back), RECORD_OK);
    batch_free(&batch);
}

static void
every_bound_is_kept_and_leaves_the_batch_as_it_was(void **state)
{
    struct batch batch;
    struct record record = sample(0);

    (void)state;
    batch_init(&batch);
    for (int i = 0; i < BATCH_PUTS_MAX; i++)
        assert_non_null(batch_put(&batch, &record));
    assert_null(batch_put(&batch, &record));
    assert_int_equal(batch.put_count, BATCH_PUTS_MAX);
    for (int i = 0; i < BATCH_REMOVALS_MAX; i++)
        assert_true(batch_remove(&batch, (uint64_t)i, NULL));
    assert_false(batch_remove(&batch, 1, NULL));
    for (int i = 0; i < BATCH_BINDINGS_MAX; i++)
        assert_true(batch_save_binding(&batch, SLICE("a@b"), SLICE("x"), NULL));
    assert_false(batch_save_binding(&batch, SLICE("a@b"), SLICE("x"), NULL));
    assert_int_equal(batch.removals[77].id, 77);
    assert_true(slice_equal(batch.bindings[88].aor, SLICE("a@b")));
    batch_free(&batch);
}

static void
a_batch_takes_so_many_octets_and_no_more(void **state)
{
    struct batch batch;
    struct record record = sample(200000);
    size_t count = 0;

    (void)state;
    batch_init(&batch);
    while (batch_put(&batch, &record) != NULL)
        count++;
    assert_int_equal(batch.put_count, count);
    assert_in_range(count, BATCH_BYTES_MAX / 200000 - 2, BATCH_BYTES_MAX / 200000);
    assert_true(batch.bytes <= BATCH_BYTES_MAX);
    assert_null(batch_alloc(&batch, SIZE_MAX));
    assert_null(batch_alloc(&batch, BATCH_BYTES_MAX));
    batch_free(&batch);
}

static void
a_record_that_is_too_long_is_refused(void **state)
{
    struct batch batch;
    struct record record = sample(RECORD_MAX);

    (void)state;
    batch_init(&batch);
    assert_null(batch_put(&batch, &record));
    assert_true(batch_is_empty(&batch));
    batch_free(&batch);
}

static void
memory_is_aligned_and_never_shared(void **state)
{
    struct batch batch;
    char *last = NULL;

    (void)state;
    batch_init(&batch);
    for (size_t bytes = 0; bytes < 3000; bytes += 7) {
        char *at = batch_alloc(&batch, bytes);

        assert_non_null(at);
        assert_int_equal((uintptr_t)at % alignof(max_align_t), 0);
        assert_true(at != last);
        memset(at, 0xff, bytes);
        last = at;
    }
    batch_free(&batch);
}

/* A burst must not hold its memory for ever, nor the daily load ask for it anew. */
static void
a_reset_batch_keeps_a_bounded_part_of_its_memory(void **state)
{
    struct batch batch;
    struct record record = sample(100000);

    (void)state;
    batch_init(&batch);
    for (int round = 0; round < 3; round++) {
        while (batch_put(&batch, &record) != NULL)
            ;
        assert_true(batch.put_count > 100);
        batch_reset(&batch);
        assert_true(batch_is_empty(&batch));
        assert_int_equal(batch.bytes, 0);
    }
    batch_free(&batch);
}

static void
an_absent_binding_stays_absent(void **state)
{
    struct batch batch;

    (void)state;
    batch_init(&batch);
    assert_true(batch_save_binding(&batch, SLICE("a@b"), slice_absent(), NULL));
    assert_true(batch_save_binding(&batch, SLICE("a@b"), SLICE(""), NULL));
    assert_true(slice_is_absent(batch.bindings[0].value));
    assert_false(slice_is_absent(batch.bindings[1].value));
    batch_free(&batch);
}

static void
a_page_shows_what_was_added_in_order(void **state)
{
    struct page page = { 0 };
    struct batch batch;
    struct record record = sample(3000), back;
    struct put *put;
    size_t offset = 0;

    (void)state;
    batch_init(&batch);
    put = batch_put(&batch, &record);
    for (uint64_t id = 1; id <= 20; id++)
        assert_true(page_add(&page, id, put->value));
    assert_int_equal(page.count, 20);
    for (uint64_t id = 1; id <= 20; id++) {
        assert_true(page_next(&page, &offset, &back));
        assert_int_equal(back.id, id);
        assert_int_equal(back.body.len, 3000);
    }
    assert_false(page_next(&page, &offset, &back));
    page_free(&page);
    assert_int_equal(page.count, 0);
    batch_free(&batch);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_put_holds_copies_of_what_is_put_in),
        cmocka_unit_test(every_bound_is_kept_and_leaves_the_batch_as_it_was),
        cmocka_unit_test(a_batch_takes_so_many_octets_and_no_more),
        cmocka_unit_test(a_record_that_is_too_long_is_refused),
        cmocka_unit_test(memory_is_aligned_and_never_shared),
        cmocka_unit_test(a_reset_batch_keeps_a_bounded_part_of_its_memory),
        cmocka_unit_test(an_absent_binding_stays_absent),
        cmocka_unit_test(a_page_shows_what_was_added_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
