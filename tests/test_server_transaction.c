#include "src/sip/server_transaction.h"
#include "tests/sip_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    TIMER_J_MS = 32000,
};

static const struct hash_key secret = { "0123456789abcde" };

enum {
    REFUSED_MAX = 100,
};

static struct server_table *
new_table(size_t limit)
{
    struct server_table *table =
        server_table_new(&secret, limit, REFUSED_MAX, TIMER_J_MS);

    assert_non_null(table);
    return table;
}

static struct moment
at(uint64_t ms)
{
    return (struct moment){ .ms = ms };
}

/* Keys for tests that care about the table alone. */
static struct server_key
key_number(uint32_t i)
{
    struct server_key key = { { { 0 } } };
    uint64_t mixed = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);

    mixed ^= mixed >> 31;
    memcpy(key.hash.bytes, &mixed, sizeof mixed);
    memcpy(key.hash.bytes + 8, &i, sizeof i);
    return key;
}

static enum server_match
receive(struct server_table *table, uint32_t i, uint64_t ms)
{
    struct server_key key = key_number(i);
    struct server_outcome outcome;

    return server_table_receive(table, &key, &outcome, at(ms));
}

static void
complete(struct server_table *table, uint32_t i, uint16_t status, enum protocol protocol,
         uint64_t ms)
{
    struct server_key key = key_number(i);

    server_table_complete(table, &key, (struct server_outcome){ status, (uint16_t)i },
                          protocol, at(ms));
}

/* RFC 3261 17.2.2, Trying: retransmissions are discarded. */
static void
a_repetition_is_swallowed_while_the_request_is_worked_on(void **state)
{
    struct server_table *table = new_table(10);

    (void)state;
    assert_int_equal(receive(table, 1, 0), SERVER_NEW);
    assert_int_equal(receive(table, 1, 500), SERVER_TRYING);
    assert_int_equal(receive(table, 1, 3600000), SERVER_TRYING);
    assert_int_equal(server_table_count(table), 1);
    server_table_free(table);
}

/* RFC 3261 17.2.2, Completed: the final response is sent again, until timer J. */
static void
a_repetition_is_answered_again_until_timer_j(void **state)
{
    struct server_table *table = new_table(10);
    struct server_key key = key_number(1);
    struct server_outcome outcome = { 0 };

    (void)state;
    receive(table, 1, 0);
    complete(table, 1, 202, PROTOCOL_UDP, 100);
    assert_int_equal(server_table_receive(table, &key, &outcome, at(100 + 31999)),
                     SERVER_COMPLETED);
    assert_int_equal(outcome.status, 202);
    assert_int_equal(outcome.detail, 1);
    assert_int_equal(receive(table, 1, 100 + 32000), SERVER_NEW);
    server_table_free(table);
}

/* RFC 3261 17.2.2: J is zero over a reliable transport. */
static void
over_a_stream_an_entry_goes_when_it_completes(void **state)
{
    struct server_table *table = new_table(10);

    (void)state;
    receive(table, 1, 0);
    complete(table, 1, 202, PROTOCOL_TCP, 0);
    assert_int_equal(server_table_count(table), 0);
    assert_int_equal(receive(table, 1, 0), SERVER_NEW);
    server_table_free(table);
}

static void
the_first_outcome_stands(void **state)
{
    struct server_table *table = new_table(10);
    struct server_key key = key_number(1);
    struct server_outcome outcome = { 0 };

    (void)state;
    receive(table, 1, 0);
    complete(table, 1, 202, PROTOCOL_UDP, 0);
    complete(table, 1, 503, PROTOCOL_UDP, 10);
    complete(table, 2, 503, PROTOCOL_UDP, 10);
    assert_int_equal(server_table_receive(table, &key, &outcome, at(20)),
                     SERVER_COMPLETED);
    assert_int_equal(outcome.status, 202);
    assert_int_equal(server_table_count(table), 1);
    server_table_free(table);
}

static void
a_forgotten_request_is_new_again(void **state)
{
    struct server_table *table = new_table(10);
    struct server_key key = key_number(1);

    (void)state;
    receive(table, 1, 0);
    server_table_forget(table, &key);
    assert_int_equal(receive(table, 1, 1), SERVER_NEW);
    complete(table, 1, 200, PROTOCOL_UDP, 2);
    server_table_forget(table, &key);
    assert_int_equal(receive(table, 1, 3), SERVER_COMPLETED);
    server_table_free(table);
}

static void
at_the_limit_only_new_requests_are_refused(void **state)
{
    struct server_table *table = new_table(5000);

    (void)state;
    for (uint32_t i = 0; i < 5000; i++)
        assert_int_equal(receive(table, i, 0), SERVER_NEW);
    assert_int_equal(receive(table, 5000, 0), SERVER_TABLE_FULL);
    assert_int_equal(receive(table, 4999, 0), SERVER_TRYING);
    assert_int_equal(server_table_count(table), 5000);
    complete(table, 17, 200, PROTOCOL_UDP, 0);
    assert_int_equal(receive(table, 5000, 31999), SERVER_TABLE_FULL);
    assert_int_equal(receive(table, 5000, 32000), SERVER_NEW);
    server_table_free(table);
}

static void
refuse(struct server_table *table, uint32_t i, uint64_t ms)
{
    struct server_key key = key_number(i);

    assert_int_equal(receive(table, i, ms), SERVER_NEW);
    server_table_refuse(table, &key, (struct server_outcome){ 503, (uint16_t)i },
                        PROTOCOL_UDP, at(ms));
}

/* RFC 3261 17.2.2 for them, too, as long as they are not too many. */
static void
a_repetition_of_what_was_refused_is_refused_again(void **state)
{
    struct server_table *table = new_table(10);
    struct server_key key = key_number(1);
    struct server_outcome outcome = { 0 };

    (void)state;
    refuse(table, 1, 0);
    assert_int_equal(server_table_receive(table, &key, &outcome, at(31999)),
                     SERVER_COMPLETED);
    assert_int_equal(outcome.status, 503);
    assert_int_equal(outcome.detail, 1);
    assert_int_equal(receive(table, 1, 32000), SERVER_NEW);
    server_table_free(table);
}

/* A flood of them takes no more memory than that, and nothing from those that were answered. */
static void
of_the_refused_the_last_are_known_and_of_the_answered_all(void **state)
{
    enum { FLOOD = 50000 };
    struct server_table *table = new_table(1000);

    (void)state;
    for (uint32_t i = 0; i < 10; i++) {
        receive(table, i, 0);
        complete(table, i, 202, PROTOCOL_UDP, 0);
    }
    for (uint32_t i = 10; i < FLOOD; i++) {
        refuse(table, i, 1);
        assert_true(server_table_count(table) <= 10 + REFUSED_MAX);
    }
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(receive(table, i, 2), SERVER_COMPLETED);
    for (uint32_t i = FLOOD - REFUSED_MAX; i < FLOOD; i++)
        assert_int_equal(receive(table, i, 2), SERVER_COMPLETED);
    assert_int_equal(receive(table, FLOOD - REFUSED_MAX - 1, 2), SERVER_NEW);
    server_table_free(table);
}

static void
the_refused_make_room_in_a_full_table(void **state)
{
    struct server_table *table = new_table(50);

    (void)state;
    for (uint32_t i = 0; i < 50; i++)
        refuse(table, i, 0);
    for (uint32_t i = 100; i < 150; i++)
        assert_int_equal(receive(table, i, 1), SERVER_NEW);
    assert_int_equal(receive(table, 150, 1), SERVER_TABLE_FULL);
    assert_int_equal(server_table_count(table), 50);
    server_table_free(table);
}

static void
a_table_without_room_takes_nothing(void **state)
{
    struct server_table *table = new_table(0);

    (void)state;
    assert_int_equal(receive(table, 1, 0), SERVER_TABLE_FULL);
    server_table_free(table);
}

/* However far the table grows and however requests come and go, each is what it was. */
static void
the_table_agrees_with_a_plain_array(void **state)
{
    enum { REQUESTS = 20000 };
    uint64_t *ended_ms = calloc(REQUESTS, sizeof *ended_ms); /* 0: not there; 1: Trying */
    struct server_table *table = new_table(REQUESTS);
    uint64_t chance = 88172645463325252u, ms = 40000;

    (void)state;
    for (int step = 0; step < 300000; step++) {
        uint32_t i;
        enum server_match expected;

        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        i = (uint32_t)(chance >> 32) % REQUESTS;
        ms += chance % 2;
        if (ended_ms[i] > 1 && ms - ended_ms[i] >= TIMER_J_MS)
            ended_ms[i] = 0;
        expected = ended_ms[i] == 0   ? SERVER_NEW
                   : ended_ms[i] == 1 ? SERVER_TRYING
                                      : SERVER_COMPLETED;
        assert_int_equal(receive(table, i, ms), expected);
        if (expected == SERVER_NEW)
            ended_ms[i] = 1;
        if (chance % 3 == 0 && ended_ms[i] == 1) {
            complete(table, i, 200, PROTOCOL_UDP, ms);
            ended_ms[i] = ms;
        }
    }
    server_table_free(table);
    free(ended_ms);
}

/* What a burst left behind is dropped in steps, and before long. */
static void
a_burst_leaves_the_table_again(void **state)
{
    struct server_table *table = new_table(200000);

    (void)state;
    for (uint32_t i = 0; i < 100000; i++) {
        receive(table, i, 0);
        complete(table, i, 200, PROTOCOL_UDP, 0);
    }
    assert_int_equal(server_table_count(table), 100000);
    for (uint32_t i = 0; i < 2000; i++)
        assert_int_equal(receive(table, 150000 + i, 32000), SERVER_NEW);
    assert_int_equal(server_table_count(table), 2000);
    server_table_free(table);
}

static struct message *
request(const char *via, const char *rest)
{
    return sip_text("MESSAGE sip:bob@example.org SIP/2.0\n"
                    "Via: %s\n"
                    "From: <sip:alice@example.org>;tag=a1\n"
                    "To: <sip:bob@example.org>\n"
                    "Max-Forwards: 70\n"
                    "%s",
                    via, rest);
}

static bool
same_key(const struct server_table *table, const char *via_a, const char *rest_a,
         const char *via_b, const char *rest_b)
{
    struct message *a = request(via_a, rest_a), *b = request(via_b, rest_b);
    struct server_key key_a = server_key_of(table, a), key_b = server_key_of(table, b);

    sip_text_free(a);
    sip_text_free(b);
    return memcmp(&key_a, &key_b, sizeof key_a) == 0;
}

/* RFC 3261 17.2.3: branch, sent-by and method; without the cookie the RFC 2543 fields. */
static void
requests_are_told_apart_as_the_standard_says(void **state)
{
    static const char call[] = "Call-ID: c1\nCSeq: 1 MESSAGE\n";
    static const char modern[] = "SIP/2.0/UDP h.example.org:5070;branch=z9hG4bKa";
    static const char old[] = "SIP/2.0/UDP h.example.org:5070;branch=1";
    static const struct {
        const char *via_a, *rest_a, *via_b, *rest_b;
        bool same;
    } rows[] = {
        { modern, call, modern, call, true },
        { modern, call, "SIP/2.0/UDP h.example.org:5070;rport;branch=z9hG4bKa", call,
          true },
        { modern, call, "SIP/2.0/UDP h.example.org:5070;branch=z9hG4bKb", call, false },
        { modern, call, "SIP/2.0/UDP h.example.org:5071;branch=z9hG4bKa", call, false },
        { modern, call, "SIP/2.0/UDP h.example.org;branch=z9hG4bKa", call, false },
        { modern, call, "SIP/2.0/UDP i.example.org:5070;branch=z9hG4bKa", call, false },
        { modern, call, modern, "Call-ID: c2\nCSeq: 1 MESSAGE\n", false },
        { modern, call, modern, "Call-ID: c1\nCSeq: 2 MESSAGE\n", false },
        { old, call, old, call, true },
        { old, call, old, "Call-ID: c2\nCSeq: 1 MESSAGE\n", false },
        { old, call, old, "Call-ID: c1\nCSeq: 2 MESSAGE\n", false },
        { old, call, "SIP/2.0/UDP h.example.org:5070;branch=1;x", call, false },
        { "SIP/2.0/UDP h.example.org", call, "SIP/2.0/UDP h.example.org", call, true },
    };
    struct server_table *table = new_table(10);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(
            same_key(table, rows[i].via_a, rows[i].rest_a, rows[i].via_b, rows[i].rest_b),
            rows[i].same);
    server_table_free(table);
}

/* RFC 3261 17.2.3: the method of the request is part of the key. */
static void
another_method_is_another_transaction(void **state)
{
    static const char form[] = "%s sip:bob@example.org SIP/2.0\n"
                               "Via: SIP/2.0/UDP h.example.org;branch=z9hG4bKa\n"
                               "From: <sip:alice@example.org>;tag=a1\n"
                               "To: <sip:bob@example.org>\n"
                               "Call-ID: c1\n"
                               "CSeq: 1 %s\n";
    struct server_table *table = new_table(10);
    struct message *a = sip_text(form, "INVITE", "INVITE");
    struct message *b = sip_text(form, "CANCEL", "CANCEL");
    struct server_key key_a = server_key_of(table, a), key_b = server_key_of(table, b);

    (void)state;
    assert_memory_not_equal(&key_a, &key_b, sizeof key_a);
    sip_text_free(a);
    sip_text_free(b);
    server_table_free(table);
}

/* RFC 3261 8.2.7: the same To tag for the same request. */
static void
the_to_tag_is_that_of_the_request(void **state)
{
    struct server_table *table = new_table(10);
    struct message *a =
        request("SIP/2.0/UDP h;branch=z9hG4bKa", "Call-ID: c1\nCSeq: 1 MESSAGE\n");
    struct message *b =
        request("SIP/2.0/UDP h;branch=z9hG4bKa", "Call-ID: c2\nCSeq: 1 MESSAGE\n");
    struct server_key key_a = server_key_of(table, a), again_a = server_key_of(table, a),
                      key_b = server_key_of(table, b);
    char tag[TO_TAG_BYTES], again[TO_TAG_BYTES], other[TO_TAG_BYTES];

    (void)state;
    server_to_tag(table, &key_a, tag);
    server_to_tag(table, &again_a, again);
    server_to_tag(table, &key_b, other);
    assert_memory_equal(tag, again, TO_TAG_BYTES);
    assert_memory_not_equal(tag, other, TO_TAG_BYTES);
    for (int i = 0; i < TO_TAG_BYTES; i++)
        assert_non_null(memchr("0123456789abcdef", tag[i], 16));
    sip_text_free(a);
    sip_text_free(b);
    server_table_free(table);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_repetition_is_swallowed_while_the_request_is_worked_on),
        cmocka_unit_test(a_repetition_is_answered_again_until_timer_j),
        cmocka_unit_test(over_a_stream_an_entry_goes_when_it_completes),
        cmocka_unit_test(the_first_outcome_stands),
        cmocka_unit_test(a_forgotten_request_is_new_again),
        cmocka_unit_test(at_the_limit_only_new_requests_are_refused),
        cmocka_unit_test(a_repetition_of_what_was_refused_is_refused_again),
        cmocka_unit_test(of_the_refused_the_last_are_known_and_of_the_answered_all),
        cmocka_unit_test(the_refused_make_room_in_a_full_table),
        cmocka_unit_test(a_table_without_room_takes_nothing),
        cmocka_unit_test(the_table_agrees_with_a_plain_array),
        cmocka_unit_test(a_burst_leaves_the_table_again),
        cmocka_unit_test(requests_are_told_apart_as_the_standard_says),
        cmocka_unit_test(another_method_is_another_transaction),
        cmocka_unit_test(the_to_tag_is_that_of_the_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
