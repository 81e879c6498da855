#include "src/net/segments.h"
#include "src/net/trains.h"
#include "tests/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum {
    PEERS = 12, /* more than are looked back for */
    ROUNDS = 2000,
};

/* "a100 b200R" is a request of 100 octets to one peer and a response of 200 to another; `at` is
 * their number. */
struct queue {
    struct datagram items[DATAGRAMS_BATCH];
    size_t count, train_count;
    struct train trains[DATAGRAMS_BATCH];
};

static struct address
peer(unsigned number)
{
    struct address address = { .port = 5060 };

    address.ip[15] = (uint8_t)number;
    return address;
}

static void
add(struct queue *q, unsigned to, uint32_t len, bool is_response)
{
    q->items[q->count] = (struct datagram){
        .to = peer(to), .len = len, .is_response = is_response, .at = (uint32_t)q->count
    };
    q->count++;
}

static void
form(struct queue *q)
{
    q->train_count = trains_form(q->items, q->count, q->trains);
}

/* "0 1 2 | 3": by number, trains apart. */
static const char *
formed(const char *datagrams)
{
    static char text[512];
    struct queue q = { 0 };
    size_t len = 0, item = 0;
    unsigned octets;
    char to, kind;

    for (int read; sscanf(datagrams, " %c%u%n", &to, &octets, &read) == 2;) {
        datagrams += read;
        kind = *datagrams;
        add(&q, (unsigned char)to, octets, kind == 'R');
        datagrams += kind == 'R';
    }
    form(&q);
    text[0] = '\0';
    for (size_t i = 0; i < q.train_count; i++)
        for (uint32_t k = 0; k < q.trains[i].count; k++, item++)
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%u",
                                    item == 0 ? ""
                                    : k == 0  ? " | "
                                              : " ",
                                    q.items[item].at);
    return text;
}

static void
datagrams_of_one_size_to_one_peer_go_together(void **state)
{
    (void)state;
    assert_string_equal(formed(""), "");
    assert_string_equal(formed("a100"), "0");
    assert_string_equal(formed("a100 a100 a100"), "0 1 2");
    assert_string_equal(formed("a100 b100 a100 b100"), "0 2 | 1 3");
    assert_string_equal(formed("a100R a100 a100R"), "0 1 2");
}

static void
a_shorter_request_is_the_last_of_a_train(void **state)
{
    (void)state;
    assert_string_equal(formed("a100 a100 a99 a99 a99"), "0 1 2 | 3 4");
    assert_string_equal(formed("a100 a101 a101"), "0 | 1 2");
}

/* Two of them may be a user's. */
static void
requests_to_a_peer_keep_their_order(void **state)
{
    (void)state;
    assert_string_equal(formed("a90 a100 a90 a90 a100"), "0 | 1 2 | 3 | 4");
    assert_string_equal(formed("a100R a90R a100"), "0 | 1 | 2");
}

static void
responses_go_with_those_of_their_size(void **state)
{
    (void)state;
    assert_string_equal(formed("a100R a90R a100R a80R a90R"), "0 2 | 1 4 | 3");
    assert_string_equal(formed("a100 a90R a100R"), "0 2 | 1");
}

/* A zero would be no segment, and what is too long for a packet could not be cut. */
static void
what_cannot_be_cut_goes_alone(void **state)
{
    (void)state;
    assert_string_equal(formed("a0 a0 a0"), "0 | 1 | 2");
    assert_string_equal(formed("a100 a0 a100"), "0 | 1 | 2");
    assert_string_equal(formed("a1200 a1200 a1201 a1201"), "0 1 | 2 | 3");
}

static void
expect_train(const struct datagram *items, const struct train *train)
{
    assert_in_range(train->count, 1, DATAGRAMS_BATCH);
    for (uint32_t i = 0; i < train->count; i++) {
        assert_true(address_equal(&items[i].to, &items[0].to));
        assert_true(train->count == 1 || items[i].len > 0);
        if (i + 1 < train->count)
            assert_int_equal(items[i].len, items[0].len);
        assert_true(items[i].len <= items[0].len);
    }
    assert_true(train->count == 1 || items[0].len <= SEGMENT_BYTES_MAX);
    assert_int_equal(train->len, items[0].len);
}

/* Every one leaves once, and no request before one to the same peer. */
static void
expect_order(const struct queue *q)
{
    bool seen[DATAGRAMS_BATCH] = { 0 };
    uint32_t last[256] = { 0 };

    for (size_t i = 0; i < q->count; i++) {
        const struct datagram *item = &q->items[i];

        assert_false(seen[item->at]);
        seen[item->at] = true;
        if (item->is_response)
            continue;
        assert_true(item->at >= last[item->to.ip[15]]);
        last[item->to.ip[15]] = item->at;
    }
}

static void
whatever_comes_leaves_once_and_in_order(void **state)
{
    static const uint32_t lengths[] = { 400, 400, 400, 399, 401, 0, 1200, 1201, 60000 };
    struct random random;
    struct queue q;

    (void)state;
    random_seed(&random, 1);
    for (int round = 0; round < ROUNDS; round++) {
        size_t count = random_below(&random, DATAGRAMS_BATCH + 1), item = 0;
        uint32_t peers = 1 + random_below(&random, PEERS);

        q = (struct queue){ 0 };
        while (q.count < count)
            add(&q, random_below(&random, peers),
                lengths[random_below(&random, sizeof lengths / sizeof lengths[0])],
                random_chance(&random, 500));
        form(&q);
        for (size_t i = 0; i < q.train_count; item += q.trains[i++].count)
            expect_train(&q.items[item], &q.trains[i]);
        assert_int_equal(item, count);
        expect_order(&q);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(datagrams_of_one_size_to_one_peer_go_together),
        cmocka_unit_test(a_shorter_request_is_the_last_of_a_train),
        cmocka_unit_test(requests_to_a_peer_keep_their_order),
        cmocka_unit_test(responses_go_with_those_of_their_size),
        cmocka_unit_test(what_cannot_be_cut_goes_alone),
        cmocka_unit_test(whatever_comes_leaves_once_and_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
