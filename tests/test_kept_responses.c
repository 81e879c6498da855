/* RFC 3261 17.2.2: a repetition gets the response that was passed on. */
#include "src/sip/kept_responses.h"

#include "tests/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    LIMIT = 4096,
    LIFE_MS = 32000,
};

static struct server_key
key_of(unsigned number)
{
    struct server_key key = { 0 };

    memcpy(key.hash.bytes, &number, sizeof number);
    return key;
}

static void
add(struct kept_responses *kept, unsigned number, struct slice bytes, uint64_t at_ms)
{
    const struct server_key key = key_of(number);

    kept_responses_add(kept, &key, bytes, (struct moment){ at_ms, 0 });
}

static bool
has(const struct kept_responses *kept, unsigned number)
{
    const struct server_key key = key_of(number);

    return !slice_is_absent(kept_responses_find(kept, &key));
}

static void
a_response_is_found_by_its_request(void **state)
{
    struct kept_responses *kept = kept_responses_new(LIMIT, LIFE_MS);
    const struct server_key key = key_of(2);

    (void)state;
    add(kept, 1, SLICE("one"), 0);
    add(kept, 2, SLICE("two"), 0);
    assert_true(slice_equal(kept_responses_find(kept, &key), SLICE("two")));
    assert_false(has(kept, 3));
    kept_responses_free(kept);
}

static void
it_goes_when_its_time_is_over(void **state)
{
    struct kept_responses *kept = kept_responses_new(LIMIT, LIFE_MS);

    (void)state;
    add(kept, 1, SLICE("one"), 0);
    add(kept, 2, SLICE("two"), LIFE_MS - 1);
    assert_true(has(kept, 1));
    add(kept, 3, SLICE("three"), LIFE_MS);
    assert_false(has(kept, 1));
    assert_true(has(kept, 2));
    kept_responses_free(kept);
}

static void
past_the_bound_the_oldest_go(void **state)
{
    static const char bytes[1000];
    struct kept_responses *kept = kept_responses_new(LIMIT, LIFE_MS);

    (void)state;
    for (unsigned i = 0; i < 10; i++)
        add(kept, i, slice_of(bytes, sizeof bytes), 0);
    assert_false(has(kept, 0));
    assert_false(has(kept, 6));
    assert_true(has(kept, 7));
    assert_true(has(kept, 9));
    kept_responses_free(kept);
}

static void
one_that_is_beyond_the_bound_is_not_kept(void **state)
{
    static const char bytes[LIMIT];
    struct kept_responses *kept = kept_responses_new(LIMIT, LIFE_MS);

    (void)state;
    add(kept, 1, slice_of(bytes, sizeof bytes), 0);
    assert_false(has(kept, 1));
    add(kept, 2, SLICE("two"), 0);
    assert_true(has(kept, 2));
    kept_responses_free(kept);
}

/* Of every size up to a datagram's, for many lives of the table. */
static void
what_is_kept_is_the_latest_and_as_it_was(void **state)
{
    enum { ROUNDS = 20000, KEPT = 20, ROOM = 1 << 20 };
    static char bytes[65535];
    struct kept_responses *kept = kept_responses_new(ROOM, LIFE_MS);
    struct random random;

    (void)state;
    random_seed(&random, 1);
    for (unsigned i = 0; i < ROUNDS; i++) {
        bool is_long = i % 50 == 0;
        size_t len =
            sizeof i + 1 + random_below(&random, is_long ? sizeof bytes - 8 : 700);

        memcpy(bytes, &i, sizeof i);
        memset(bytes + len - 1, (int)(i % 251), 1);
        add(kept, i, slice_of(bytes, len), i * 100);
        for (unsigned k = i < KEPT ? 0 : i - KEPT; k <= i; k++) {
            const struct server_key key = key_of(k);
            struct slice found = kept_responses_find(kept, &key);

            assert_true(found.len >= sizeof k && memcmp(found.at, &k, sizeof k) == 0);
            assert_int_equal((unsigned char)found.at[found.len - 1], k % 251);
        }
        assert_false(i >= LIFE_MS / 100 && has(kept, i - LIFE_MS / 100));
    }
    kept_responses_free(kept);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_response_is_found_by_its_request),
        cmocka_unit_test(it_goes_when_its_time_is_over),
        cmocka_unit_test(past_the_bound_the_oldest_go),
        cmocka_unit_test(one_that_is_beyond_the_bound_is_not_kept),
        cmocka_unit_test(what_is_kept_is_the_latest_and_as_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
