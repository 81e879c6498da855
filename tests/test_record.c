#include "store/crc32c.h"
#include "store/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct record
sample(void)
{
    return (struct record){
        .id = 42,
        .inc_time_s = 1700000000,
        .exp_time_s = 1700259200,
        .date_s = 1699999999,
        .origin = { { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 } },
        .aor = SLICE("bob@example.org"),
        .r_uri = SLICE("sip:bob@example.org;transport=tcp"),
        .src_addr = SLICE("sip:alice@example.org"),
        .dst_addr = SLICE("sip:bob@example.org"),
        .dst_name = SLICE("\"Bob\""),
        .ctype = SLICE("text/plain;charset=UTF-8"),
        .call_id = SLICE("a84b4c76e66710"),
        .headers = SLICE(""),
        .body = SLICE("a\0b"),
    };
}

/* In memory of exactly its size. */
static struct slice
encoded(const struct record *record)
{
    size_t size = record_size(record);
    char *bytes = malloc(size);

    assert_non_null(bytes);
    record_encode(record, bytes);
    return slice_of(bytes, size);
}

static void
assert_same(struct slice a, struct slice b)
{
    assert_int_equal(slice_is_absent(a), slice_is_absent(b));
    assert_true(slice_equal(a, b));
}

static void
what_was_encoded_is_decoded(void **state)
{
    struct record in = sample(), out;
    struct slice value = encoded(&in);

    (void)state;
    assert_int_equal(record_decode(value, 42, &out), RECORD_OK);

    assert_int_equal(out.id, 42);
    assert_int_equal(out.inc_time_s, in.inc_time_s);
    assert_int_equal(out.exp_time_s, in.exp_time_s);
    assert_int_equal(out.date_s, in.date_s);
    assert_memory_equal(&out.origin, &in.origin, sizeof in.origin);
    assert_same(out.aor, in.aor);
    assert_same(out.r_uri, in.r_uri);
    assert_same(out.src_addr, in.src_addr);
    assert_same(out.dst_addr, in.dst_addr);
    assert_same(out.dst_name, in.dst_name);
    assert_same(out.ctype, in.ctype);
    assert_same(out.call_id, in.call_id);
    assert_same(out.body, in.body);
    free((void *)(uintptr_t)value.at);
}

static void
absent_and_empty_texts_stay_apart(void **state)
{
    struct record in = sample(), out;
    struct slice value = encoded(&in);

    (void)state;
    assert_int_equal(record_decode(value, 1, &out), RECORD_OK);

    assert_true(slice_is_absent(out.src_name));
    assert_false(slice_is_absent(out.headers));
    assert_int_equal(out.headers.len, 0);
    free((void *)(uintptr_t)value.at);
}

static void
an_empty_record_has_a_value_too(void **state)
{
    struct record in = { 0 }, out;
    struct slice value = encoded(&in);

    (void)state;
    assert_int_equal(record_decode(value, 1, &out), RECORD_OK);

    assert_true(slice_is_absent(out.body));
    free((void *)(uintptr_t)value.at);
}

static void
every_truncation_is_damaged(void **state)
{
    struct record in = sample(), out;
    struct slice value = encoded(&in);

    (void)state;
    for (size_t len = 0; len < value.len; len++) {
        char *cut = malloc(len);

        memcpy(cut, value.at, len);
        assert_int_equal(record_decode(slice_of(cut, len), 1, &out), RECORD_DAMAGED);
        free(cut);
    }
    free((void *)(uintptr_t)value.at);
}

static void
one_byte_more_is_damaged(void **state)
{
    struct record in = sample(), out;
    struct slice value = encoded(&in);
    char *longer = calloc(1, value.len + 1);

    (void)state;
    memcpy(longer, value.at, value.len);
    assert_int_equal(record_decode(slice_of(longer, value.len + 1), 1, &out),
                     RECORD_DAMAGED);
    free(longer);
    free((void *)(uintptr_t)value.at);
}

static void
every_flipped_bit_is_noticed(void **state)
{
    struct record in = sample(), out;
    struct slice value = encoded(&in);
    char *bytes = (char *)(uintptr_t)value.at;

    (void)state;
    for (size_t bit = 0; bit < value.len * 8; bit++) {
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
        assert_int_not_equal(record_decode(value, 1, &out), RECORD_OK);
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
    }
    assert_int_equal(record_decode(value, 1, &out), RECORD_OK);
    free(bytes);
}

/* A good checksum over lengths that are wrong: made by a program, not by a disk. */
static void
lengths_beyond_the_value_are_damaged(void **state)
{
    enum {
        AT_CHECKSUM = 1,
        AT_LENGTHS = 45,
    };
    static const uint32_t wrong[] = { 0, 14, 16, 1000, 0x7fffffff, 0xfffffffe };
    struct record in = sample(), out;
    struct slice value = encoded(&in);
    char *bytes = (char *)(uintptr_t)value.at;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint32_t crc;

        for (int b = 0; b < 4; b++)
            bytes[AT_LENGTHS + b] = (char)(wrong[i] >> (24 - 8 * b));
        crc = crc32c(slice_skip(value, 5));
        for (int b = 0; b < 4; b++)
            bytes[AT_CHECKSUM + b] = (char)(crc >> (24 - 8 * b));
        assert_int_equal(record_decode(value, 1, &out), RECORD_DAMAGED);
    }
    free(bytes);
}

static void
a_version_of_the_future_is_newer(void **state)
{
    struct record in = sample(), out;
    struct slice value = encoded(&in);

    (void)state;
    ((char *)(uintptr_t)value.at)[0] = 2;
    assert_int_equal(record_decode(value, 1, &out), RECORD_NEWER);
    ((char *)(uintptr_t)value.at)[0] = 0;
    assert_int_equal(record_decode(value, 1, &out), RECORD_DAMAGED);
    free((void *)(uintptr_t)value.at);
}

/* RFC 3720 B.4. */
static void
the_checksum_is_the_published_one(void **state)
{
    char bytes[32];

    (void)state;
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(crc32c(slice_of(bytes, 32)), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(crc32c(slice_of(bytes, 32)), 0x62a8ab43);
    for (int i = 0; i < 32; i++)
        bytes[i] = (char)i;
    assert_int_equal(crc32c(slice_of(bytes, 32)), 0x46dd794e);
    assert_int_equal(crc32c(SLICE("123456789")), 0xe3069283);
}

static void
the_checksum_is_the_same_on_every_processor(void **state)
{
    char bytes[300];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 31);
    for (size_t len = 0; len <= sizeof bytes; len++)
        assert_int_equal(crc32c(slice_of(bytes, len)),
                         crc32c_by_table(slice_of(bytes, len)));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_encoded_is_decoded),
        cmocka_unit_test(absent_and_empty_texts_stay_apart),
        cmocka_unit_test(an_empty_record_has_a_value_too),
        cmocka_unit_test(every_truncation_is_damaged),
        cmocka_unit_test(one_byte_more_is_damaged),
        cmocka_unit_test(every_flipped_bit_is_noticed),
        cmocka_unit_test(lengths_beyond_the_value_are_damaged),
        cmocka_unit_test(a_version_of_the_future_is_newer),
        cmocka_unit_test(the_checksum_is_the_published_one),
        cmocka_unit_test(the_checksum_is_the_same_on_every_processor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
