/* The bounds of src/limits.h that a crowd can reach: the whole server is filled up to each, gives
 * the answer that stands there, does not grow under what comes on top, and works again when the
 * pressure is gone. Smaller bounds are reached in the tests of their modules.
 *
 *     build/simulate/test_limits      all of them, as large as they are
 *
 * Here is what is on its way: commits, relays, transactions, lookups. test_limits_kept fills what
 * stays. Under the sanitizers the largest are left out: their tables are filled with less by
 * test_server_transaction.
 */
#include "src/limits.h"
#include "src/log.h"
#include "src/sanitizer.h"
#include "tests/crowd_expect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    K_MS = 5000,
};

static void
options(struct crowd *c)
{
    crowd_send(c, ALICE,
               "OPTIONS sip:example.org SIP/2.0\r\n"
               "Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKo\r\n"
               "From: <sip:alice@example.org>;tag=1\r\n"
               "To: <sip:example.org>\r\n"
               "Call-ID: o\r\n"
               "CSeq: 1 OPTIONS\r\n\r\n");
}

/* LIMIT_CLIENT_TRANSACTIONS: what cannot be relayed is stored, and a dump waits. */
static void
past_our_own_requests_messages_are_stored_and_dumps_wait(void **state)
{
    struct crowd *c = *state;
    uint64_t before_kib;

    crowd_fill_silos(c, 3, 1, 100);
    c->gone[BOB + 1] = true;
    crowd_register(c, BOB, 3600);
    c->is_mute = true;
    for (int i = 0; i < LIMIT_CLIENT_TRANSACTIONS; i++)
        assert_int_equal(crowd_message(c, ALICE, BOB, 10), 0);
    assert_int_equal(c->requests, LIMIT_CLIENT_TRANSACTIONS);
    before_kib = crowd_allocated_kib();
    assert_int_equal(crowd_message(c, ALICE, BOB, 10), 202);
    assert_int_equal(crowd_register(c, 1, 3600), 200);
    for (int i = 0; i < OVER; i++)
        assert_int_equal(crowd_message(c, ALICE, BOB, 10), 202);
    assert_int_equal(c->requests, LIMIT_CLIENT_TRANSACTIONS);
    assert_int_equal(c->stored, OVER + 1);
    assert_not_grown(before_kib, 2 * GROWN_KIB + 1024); /* a batch, and the recent ones */
    crowd_advance(c, FR_MS);
    c->is_mute = false;
    crowd_advance(c, CHECK_MS);
    assert_int_equal(c->removed, 1);
    assert_int_equal(c->stored + c->statuses[503], LIMIT_CLIENT_TRANSACTIONS + OVER + 1);
    assert_int_equal(c->statuses[202], c->stored);
}

/* LIMIT_UNCOMMITTED_MESSAGES: what comes beyond is not taken for the next commit. */
static void
past_what_waits_for_a_commit_messages_are_503(void **state)
{
    struct crowd *c = *state;
    uint64_t before_kib;

    c->is_slow = true;
    crowd_message(c, ALICE, BOB, 100);
    for (int i = 0; i < LIMIT_UNCOMMITTED_MESSAGES; i++)
        assert_int_equal(crowd_message(c, ALICE, BOB, 100), 0);
    before_kib = crowd_allocated_kib();
    for (int i = 0; i < OVER; i++)
        assert_int_equal(crowd_message(c, ALICE, BOB, 100), 503);
    assert_refused(c, "Too Many Messages At Once");
    assert_not_grown(before_kib, GROWN_KIB);
    options(c);
    assert_int_equal(c->last_status, 200);
    c->is_slow = false;
    crowd_settle(c);
    assert_int_equal(c->statuses[202], LIMIT_UNCOMMITTED_MESSAGES + 1);
    assert_int_equal(c->stored, LIMIT_UNCOMMITTED_MESSAGES + 1);
    assert_int_equal(crowd_message(c, ALICE, BOB, 100), 202);
}

/* LIMIT_RELAY_BYTES: the message and what its branch holds of it. Its fill, of which so many were
 * relayed. */
static uint64_t
fill_with_relays(struct crowd *c)
{
    enum { FIT = LIMIT_RELAY_BYTES / (2 * BIG) };
    uint64_t requests = c->requests, stored = c->stored, relayed;

    for (int i = 0; i < FIT + OVER; i++)
        crowd_message(c, ALICE, BOB, BIG);
    relayed = c->requests - requests;
    assert_in_range(relayed, FIT * 9 / 10, FIT);
    assert_int_equal(c->stored - stored, FIT + OVER - relayed);
    return relayed;
}

static void
past_the_octets_being_relayed_messages_are_stored(void **state)
{
    struct crowd *c = *state;
    uint64_t before_kib = crowd_allocated_kib(), relayed;

    crowd_register(c, BOB, 3600);
    c->is_mute = true;
    relayed = fill_with_relays(c);
    assert_int_equal(c->statuses[202], c->stored);
    assert_not_grown(before_kib, LIMIT_RELAY_BYTES / 1024 * 11 / 10);
    assert_int_equal(crowd_message(c, ALICE, BOB, BIG), 202);
    before_kib = crowd_allocated_kib();
    for (int i = 0; i < OVER; i++)
        assert_int_equal(crowd_message(c, ALICE, BOB, BIG), 202);
    assert_not_grown(before_kib, GROWN_KIB);
    crowd_advance(c, J_MS); /* they are stored, and no late 200 is waited for */
    c->is_mute = false;
    crowd_register(c, BOB, 3600);
    assert_int_equal(crowd_message(c, ALICE, BOB, BIG), 200);
    c->is_mute = true;
    assert_in_range(fill_with_relays(c), relayed - 2, relayed + 2);
}

static void
message_abroad(struct crowd *c, size_t body_bytes)
{
    crowd_send(c, ALICE,
               "MESSAGE sip:carol@10.9.0.1 SIP/2.0\r\n"
               "Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK%llu\r\n"
               "From: <sip:alice@example.org>;tag=1\r\n"
               "To: <sip:carol@10.9.0.1>\r\n"
               "Call-ID: a\r\n"
               "CSeq: 1 MESSAGE\r\n"
               "Content-Length: %zu\r\n\r\n%0*d",
               (unsigned long long)++c->number, body_bytes, (int)body_bytes, 0);
}

/* LIMIT_RELAY_BYTES: what is for somebody else's user cannot be stored. */
static void
past_the_octets_being_relayed_messages_for_others_are_503(void **state)
{
    enum { FIT = LIMIT_RELAY_BYTES / (2 * BIG) };
    static const char *const overrides[] = { "core.relay=all", NULL };
    struct crowd *c = crowd_new(overrides);
    uint64_t relayed;

    (void)state;
    c->is_mute = true;
    for (int i = 0; i < FIT + OVER; i++)
        message_abroad(c, BIG);
    relayed = c->requests;
    assert_in_range(relayed, FIT * 9 / 10, FIT);
    assert_int_equal(c->statuses[503], FIT + OVER - relayed);
    assert_refused(c, "Too Many Messages At Once");
    c->number--;
    message_abroad(c, BIG); /* again */
    assert_refused(c, "Too Many Messages At Once");
    assert_int_equal(c->requests, relayed);
    crowd_advance(c, FR_MS);
    assert_int_equal(c->statuses[504], relayed);
    c->is_mute = false;
    message_abroad(c, BIG);
    assert_int_equal(c->last_status, 200);
    crowd_free(c);
}

static unsigned
abroad_again(struct crowd *c, uint64_t number)
{
    uint64_t last = c->number;

    c->number = number - 1;
    message_abroad(c, 10);
    c->number = last;
    return c->last_status;
}

static void
count_refusals(void *self, struct slice lines)
{
    unsigned *count = self;

    *count += slice_find(lines, '\n') < lines.len &&
              memmem(lines.at, lines.len, "silo.refused", 12) != NULL;
}

/* LIMIT_REFUSED_TRANSACTIONS: a flood that there is no room for does not fill the table. */
static void
of_very_many_refused_abroad_the_last_stand(void **state)
{
    static const char *const overrides[] = { "core.relay=all", NULL };
    struct crowd *c = crowd_new(overrides);
    unsigned logged = 0;
    uint64_t first;

    (void)state;
    log_configure(LOG_WARN, LOG_FORMAT_LOGFMT, count_refusals, &logged);
    c->is_mute = true;
    while (c->statuses[503] == 0)
        message_abroad(c, BIG);
    while (c->statuses[503] == 1)
        message_abroad(c, 10);
    assert_int_equal(logged, 2);
    first = c->number;
    for (int i = 0; i < LIMIT_REFUSED_TRANSACTIONS; i++)
        message_abroad(c, 10);
    assert_int_equal(c->statuses[503], LIMIT_REFUSED_TRANSACTIONS + 2);
    crowd_advance(c, FR_MS);
    c->is_mute = false;
    assert_int_equal(abroad_again(c, c->number), 503);
    assert_int_equal(abroad_again(c, first + 1), 503);
    assert_int_equal(abroad_again(c, first), 200);
    crowd_free(c);
}

/* LIMIT_RELAY_BYTES: what the contacts and routes of a request take counts, too. */
static void
long_paths_are_octets_being_relayed(void **state)
{
    enum { PATH = 4000, PHONES = 8, A_RELAY = 2 * PHONES * PATH };
    struct crowd *c = *state;
    uint64_t before_kib, relayed;

    crowd_send(c, BOB,
               "REGISTER sip:example.org SIP/2.0\r\n"
               "Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKp\r\n"
               "From: <sip:u0@example.org>;tag=1\r\n"
               "To: <sip:u0@example.org>\r\n"
               "Call-ID: p\r\n"
               "CSeq: 1 REGISTER\r\n"
               "Path: <sip:%0*d@10.0.0.2;lr>\r\n"
               "Contact: <sip:1@10.0.0.1>, <sip:2@10.0.0.1>, <sip:3@10.0.0.1>,"
               " <sip:4@10.0.0.1>, <sip:5@10.0.0.1>, <sip:6@10.0.0.1>,"
               " <sip:7@10.0.0.1>, <sip:8@10.0.0.1>\r\n\r\n",
               PATH, 0);
    assert_int_equal(c->last_status, 200);
    c->is_mute = true;
    before_kib = crowd_allocated_kib();
    while (crowd_message(c, ALICE, BOB, 10) == 0 &&
           c->requests < LIMIT_CLIENT_TRANSACTIONS - PHONES)
        continue;
    relayed = c->requests / PHONES;
    assert_int_equal(c->last_status, 202);
    assert_in_range(relayed, LIMIT_RELAY_BYTES / A_RELAY / 2,
                    LIMIT_RELAY_BYTES / A_RELAY);
    assert_not_grown(before_kib, LIMIT_RELAY_BYTES / 1024 * 11 / 10);
}

static void
register_two_phones(struct crowd *c, uint32_t user)
{
    crowd_register_as(c, user, "Contact: <sip:one@10.0.0.1>, <sip:other@10.0.0.2>\r\n");
}

/* Fills the room with what one of two phones says, at such length, while the other one is waited
 * for; how many messages were relayed until there was no room. */
static uint64_t
fill_with_refusals(struct crowd *c, unsigned status, size_t bytes)
{
    enum { FIT = LIMIT_RELAY_BYTES / BIG };

    register_two_phones(c, BOB);
    c->answers_half = true;
    c->answer_status = status;
    c->answer_bytes = bytes;
    for (int i = 0; i < 2 * FIT; i++)
        crowd_message(c, ALICE, BOB, 10);
    assert_int_equal(c->statuses[202], c->stored);
    assert_int_equal(c->stored, 2 * FIT - c->requests / 2);
    return c->requests / 2;
}

/* LIMIT_RELAY_BYTES: he has declined it; how he put it there was no room for. */
static void
past_the_octets_being_relayed_a_refusal_is_told_by_its_status(void **state)
{
    struct crowd *c = *state;
    uint64_t before_kib = crowd_allocated_kib(), relayed, stored;

    relayed = fill_with_refusals(c, 403, BIG);
    stored = c->stored;
    assert_in_range(relayed, LIMIT_RELAY_BYTES / BIG * 8 / 10, c->number - 1);
    assert_not_grown(before_kib, LIMIT_RELAY_BYTES / 1024 * 11 / 10);
    c->is_mute = true;
    crowd_advance(c, FR_MS);
    assert_int_equal(c->statuses[403], relayed);
    assert_int_equal(c->stored, stored);
}

/* Without its challenge he who asked can do nothing with it. Of such a length the last to be
 * relayed finds room, and its refusal none. */
static void
past_the_octets_being_relayed_a_challenge_is_a_failure(void **state)
{
    struct crowd *c = *state;
    uint64_t relayed = fill_with_refusals(c, 401, BIG / 3);

    c->is_mute = true;
    crowd_advance(c, FR_MS);
    assert_in_range(c->statuses[401], relayed / 2, relayed - 1);
    assert_int_equal(c->stored, c->number - 1 - c->statuses[401]); /* a REGISTER */
    assert_false(has_line(c, "SIP/2.0 401 Answered By The Next Hop\r\n"));
}

/* A request that was relayed, sent again. */
static unsigned
repeat(struct crowd *c, uint64_t number)
{
    uint64_t last = c->number;
    unsigned status;

    c->number = number - 1;
    status = crowd_message(c, ALICE, BOB, 10);
    c->number = last;
    return status;
}

static void
of_very_many_refused_by_a_full_store_the_last_stand(void **state)
{
    struct crowd *c = *state;

    c->disk_status = STORE_FULL;
    for (int i = 0; i <= LIMIT_REFUSED_TRANSACTIONS; i++)
        assert_int_equal(crowd_message(c, ALICE, BOB, 10), 503);
    c->disk_status = STORE_OK;
    assert_int_equal(repeat(c, c->number), 503);
    assert_int_equal(repeat(c, 2), 503);
    assert_int_equal(repeat(c, 1), 202);
    assert_int_equal(c->stored, 1);
}

/* RFC 3261 17.2.2: else it would go to his phone again. */
static void
what_reached_a_phone_is_remembered_whatever_is_refused_since(void **state)
{
    struct crowd *c = *state;

    crowd_register(c, BOB, 3600);
    c->is_slow = true;
    crowd_message(c, ALICE, BOB + 1, 10);
    c->is_mute = true;
    crowd_message(c, ALICE, BOB, 10);
    crowd_advance(c, FR_MS);
    assert_refused(c, "Store Does Not Answer");
    for (int i = 0; i <= LIMIT_REFUSED_TRANSACTIONS; i++)
        crowd_message(c, ALICE, BOB + 1, 10);
    assert_int_equal(c->statuses[503], LIMIT_REFUSED_TRANSACTIONS + 2);
    c->requests = 0;
    assert_int_equal(repeat(c, 3), 503);
    assert_int_equal(c->requests, 0);
}

/* Retry-After of the last answer. */
static int
retry_after(const struct crowd *c)
{
    const char name[] = "\r\nRetry-After: ", *line = strstr(c->sent, name);

    return line == NULL ? 0 : atoi(line + strlen(name));
}

/* BATCH_BINDINGS_MAX: who is refused is not to come again with all the others. */
static void
past_the_bindings_of_a_commit_registers_are_503_and_come_again_apart(void **state)
{
    static const char *const overrides[] = { "usrloc.db_mode=1", NULL };
    struct crowd *c = crowd_new(overrides);
    unsigned times[LIMIT_RETRY_AFTER_S + LIMIT_RETRY_SPREAD_S] = { 0 };

    (void)state;
    c->is_slow = true;
    for (uint32_t i = 0; i <= BATCH_BINDINGS_MAX; i++)
        crowd_register(c, i, 3600);
    for (uint32_t i = 1; i <= OVER; i++) {
        assert_int_equal(crowd_register(c, BATCH_BINDINGS_MAX + i, 3600), 503);
        assert_refused(c, "Too Many Bindings At Once");
        times[retry_after(c)]++;
    }
    for (int s = LIMIT_RETRY_AFTER_S; s < LIMIT_RETRY_AFTER_S + LIMIT_RETRY_SPREAD_S; s++)
        assert_in_range(times[s], OVER / LIMIT_RETRY_SPREAD_S / 2,
                        OVER / LIMIT_RETRY_SPREAD_S * 2);
    crowd_free(c);
}

/* LIMIT_KEPT_RESPONSE_BYTES. */
static void
past_the_responses_kept_the_oldest_is_told_by_its_status(void **state)
{
    enum { ANSWER = 36000, FIT = LIMIT_KEPT_RESPONSE_BYTES / ANSWER, SHORT = 4000 };
    struct crowd *c = *state;
    uint64_t before_kib = crowd_allocated_kib(), first;

    crowd_register(c, BOB, 3600);
    c->answer_bytes = SHORT;
    for (int i = 0; i < LIMIT_KEPT_RESPONSE_BYTES / SHORT; i++)
        assert_int_equal(crowd_message(c, ALICE, BOB, 10), 200);
    c->answer_bytes = ANSWER; /* two of them fit no chunk */
    first = c->number + 1;
    for (int i = 0; i < 2 * FIT; i++)
        assert_int_equal(crowd_message(c, ALICE, BOB, 10), 200);
    crowd_advance(c, K_MS);
    assert_not_grown(before_kib, LIMIT_KEPT_RESPONSE_BYTES / 1024 + 2048);
    assert_int_equal(repeat(c, c->number), 200);
    assert_true(has_line(c, "SIP/2.0 200 OK\r\n") && c->sent_len > ANSWER);
    assert_int_equal(repeat(c, first), 200);
    assert_true(has_line(c, "SIP/2.0 200 Answered By The Next Hop\r\n"));
    assert_int_equal(c->requests, LIMIT_KEPT_RESPONSE_BYTES / SHORT + 2 * FIT);
    assert_int_equal(crowd_message(c, ALICE, BOB, 10), 200);
    assert_true(c->sent_len > ANSWER);
}

static unsigned
register_at_a_name(struct crowd *c, uint32_t user)
{
    return crowd_register_as(c, user,
                             "Path: <sip:edge.example.net;lr>\r\n"
                             "Contact: <sip:u%u@10.0.0.1>\r\n",
                             user);
}

static unsigned
invite(struct crowd *c, uint32_t user)
{
    crowd_send(c, ALICE,
               "INVITE sip:u%u@example.org SIP/2.0\r\n"
               "Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKi\r\n"
               "From: <sip:alice@example.org>;tag=1\r\n"
               "To: <sip:u%u@example.org>\r\n"
               "Call-ID: i\r\n"
               "CSeq: 1 INVITE\r\n\r\n",
               user, user);
    return c->last_status;
}

/* LIMIT_LOOKUPS: a name that cannot be looked up leads nowhere. */
static void
past_the_lookups_a_name_has_no_address(void **state)
{
    struct crowd *c = *state;

    assert_int_equal(register_at_a_name(c, BOB), 200);
    for (int i = 0; i < LIMIT_LOOKUPS; i++)
        assert_int_equal(crowd_message(c, ALICE, BOB, 10), 0);
    assert_int_equal(c->resolved, LIMIT_LOOKUPS);
    assert_int_equal(crowd_message(c, ALICE, BOB, 10), 202);
    assert_int_equal(invite(c, BOB), 480);
    assert_int_equal(c->resolved, LIMIT_LOOKUPS);
    crowd_advance(c, FR_MS);
    assert_int_equal(c->statuses[202], LIMIT_LOOKUPS + 1);
    assert_int_equal(crowd_register(c, 1, 3600), 200);
    assert_int_equal(invite(c, BOB), 0);
    assert_int_equal(c->resolved, LIMIT_LOOKUPS + 1);
}

#if !SANITIZES_ADDRESS

/* A request that changes nothing; the same number is a repetition. */
static unsigned
query(struct crowd *c, uint64_t number)
{
    c->number = number;
    return crowd_register_as(c, ALICE, "%s", "");
}

/* LIMIT_SERVER_TRANSACTIONS. The table keeps its slabs, 32 octets an entry. */
static void
past_the_requests_remembered_new_ones_are_503(void **state)
{
    enum { MOST_KIB = LIMIT_SERVER_TRANSACTIONS / 1024 * 32 + 4096 };
    struct crowd *c = *state;
    uint64_t before_kib = crowd_allocated_kib();

    for (uint64_t i = 0; i < LIMIT_SERVER_TRANSACTIONS; i++)
        query(c, i);
    assert_int_equal(c->statuses[200], LIMIT_SERVER_TRANSACTIONS);
    assert_not_grown(before_kib, MOST_KIB);
    before_kib = crowd_allocated_kib();
    for (uint64_t i = 0; i < PUSH; i++)
        query(c, LIMIT_SERVER_TRANSACTIONS + i);
    assert_int_equal(c->statuses[503], PUSH);
    assert_refused(c, "Too Many Messages At Once");
    crowd_message(c, ALICE, BOB, 100);
    assert_refused(c, "Too Many Messages At Once");
    assert_int_equal(c->stored, 0);
    assert_not_grown(before_kib, GROWN_KIB);
    assert_int_equal(query(c, 0), 200); /* a repetition */
    options(c);
    assert_int_equal(c->last_status, 200);
    crowd_advance(c, J_MS);
    assert_int_equal(crowd_message(c, ALICE, BOB, 100), 202);
    assert_int_equal(query(c, 1), 200);
}

#endif

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FILLED(past_our_own_requests_messages_are_stored_and_dumps_wait),
        FILLED(past_what_waits_for_a_commit_messages_are_503),
        FILLED(past_the_octets_being_relayed_messages_are_stored),
        cmocka_unit_test(past_the_octets_being_relayed_messages_for_others_are_503),
        cmocka_unit_test(of_very_many_refused_abroad_the_last_stand),
        FILLED(long_paths_are_octets_being_relayed),
        FILLED(past_the_octets_being_relayed_a_refusal_is_told_by_its_status),
        FILLED(past_the_octets_being_relayed_a_challenge_is_a_failure),
        FILLED(of_very_many_refused_by_a_full_store_the_last_stand),
        FILLED(what_reached_a_phone_is_remembered_whatever_is_refused_since),
        cmocka_unit_test(
            past_the_bindings_of_a_commit_registers_are_503_and_come_again_apart),
        FILLED(past_the_responses_kept_the_oldest_is_told_by_its_status),
        FILLED(past_the_lookups_a_name_has_no_address),
#if !SANITIZES_ADDRESS
        FILLED(past_the_requests_remembered_new_ones_are_503),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
