/* The bounds of src/limits.h that a crowd can reach: the whole server is filled up to each, gives
 * the answer that stands there, does not grow under what comes on top, and works again when the
 * pressure is gone. Smaller bounds are reached in the tests of their modules.
 *
 *     build/simulate/test_limits      all of them, as large as they are
 *
 * Under the sanitizers the largest are left out: their tables are filled with less by
 * test_server_transaction, test_location and test_registrar.
 */
#include "src/limits.h"
#include "src/sanitizer.h"
#include "src/silo/reader.h"
#include "src/unsaved.h"
#include "tests/crowd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    OVER = 1000,     /* more than there is room for */
    PUSH = 100000,   /* refused ones, which must leave nothing behind */
    GROWN_KIB = 512, /* what they may */
    J_MS = 32000,
    K_MS = 5000,
    FR_MS = 10000,
    CHECK_MS = 30000,
    BIG = 59000, /* octets of a body: what is longer is not stored, 413 */
    BOB = 0,
    ALICE = 2000000,
};

static int
setup(void **state)
{
    *state = crowd_new(NULL);
    return 0;
}

static int
teardown(void **state)
{
    crowd_free(*state);
    return 0;
}

static bool
has_line(const struct crowd *c, const char *line)
{
    return strstr(c->sent, line) != NULL;
}

/* 503 says when to come again. */
static void
assert_refused(const struct crowd *c, const char *reason)
{
    const char name[] = "\r\nRetry-After: ", *retry = strstr(c->sent, name);
    char line[100];

    snprintf(line, sizeof line, "SIP/2.0 503 %s\r\n", reason);
    assert_int_equal(c->last_status, 503);
    assert_true(has_line(c, line));
    assert_non_null(retry);
    assert_in_range(atoi(retry + strlen(name)), LIMIT_RETRY_AFTER_S,
                    LIMIT_RETRY_AFTER_S + LIMIT_RETRY_SPREAD_S - 1);
}

/* AddressSanitizer has a malloc of its own. */
static void
assert_not_grown(uint64_t before_kib, uint64_t by_kib)
{
#if !SANITIZES_ADDRESS
    uint64_t after_kib = crowd_allocated_kib();

    if (after_kib > before_kib + by_kib)
        fail_msg("%llu KiB, then %llu", (unsigned long long)before_kib,
                 (unsigned long long)after_kib);
#else
    (void)before_kib;
    (void)by_kib;
#endif
}

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

/* MESSAGE_OUT_MAX, less the longest Path: what no dump could carry is not stored. */
static void
a_message_that_no_dump_could_carry_is_413(void **state)
{
    struct crowd *c = *state;

    assert_int_equal(crowd_message(c, ALICE, BOB, BIG), 202);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(crowd_message(c, ALICE, BOB, 60000), 413);
        assert_true(has_line(c, "SIP/2.0 413 Too Large To Be Delivered\r\n"));
        c->number--; /* again */
    }
    assert_int_equal(c->stored, 1);
}

/* What a template makes of long addresses may be too long for a notice: there is none then. */
static void
a_notice_of_more_than_four_kib_is_not_sent(void **state)
{
    static const char *const overrides[] = {
        "msilo.registrar=sip:silo@example.org", "msilo.outbound_proxy=sip:10.0.0.2",
        "msilo.offline_message=$ru$ru$ru$ru$ru$ru$ru$ru", NULL
    };
    static const struct {
        int digits; /* of the user */
        unsigned notices;
    } rows[] = { { 490, 1 }, { 510, 1 } }; /* 8 * 506 octets, and 8 * 526 */
    struct crowd *c = crowd_new(overrides);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        crowd_send(c, ALICE,
                   "MESSAGE sip:%0*d@example.org SIP/2.0\r\n"
                   "Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK%zu\r\n"
                   "From: <sip:u%zu@example.org>;tag=1\r\n"
                   "To: <sip:u@example.org>\r\n"
                   "Call-ID: n%zu\r\n"
                   "CSeq: 1 MESSAGE\r\n\r\n",
                   rows[i].digits, 0, i, i, i);
        assert_int_equal(c->statuses[202], i + 1);
        assert_int_equal(c->requests, rows[i].notices);
    }
    crowd_free(c);
}

/* LIMIT_PAGE_MESSAGES, LIMIT_PAGE_BYTES: the last message is the one that goes beyond. */
static void
a_dump_reads_no_more_than_a_page_at_a_time(void **state)
{
    enum { WAITING = 5 * LIMIT_PAGE_MESSAGES / 2, BODY = 5000, RECORD = BODY + 300 };
    struct crowd *c = *state;

    crowd_fill_silos(c, 1, WAITING, 10);
    crowd_register(c, BOB, 3600);
    assert_int_equal(c->removed, WAITING);
    assert_int_equal(c->most_in_page, LIMIT_PAGE_MESSAGES);
    crowd_fill_silos(c, 1, WAITING, BODY);
    crowd_register(c, BOB, 3600);
    assert_int_equal(c->removed, 2 * WAITING);
    assert_in_range(c->most_page_bytes, LIMIT_PAGE_BYTES, LIMIT_PAGE_BYTES + RECORD);
}

/* BATCH_PUTS_MAX: those that time out together are more than one commit takes. */
static void
past_what_waits_for_a_commit_messages_are_503(void **state)
{
    struct crowd *c = *state;
    uint64_t before_kib;

    c->is_slow = true;
    crowd_message(c, ALICE, BOB, 100);
    for (int i = 0; i < BATCH_PUTS_MAX; i++)
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
    assert_int_equal(c->statuses[202], BATCH_PUTS_MAX + 1);
    assert_int_equal(c->stored, BATCH_PUTS_MAX + 1);
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

static void
register_two_phones(struct crowd *c, uint32_t user)
{
    crowd_send(c, user,
               "REGISTER sip:example.org SIP/2.0\r\n"
               "Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKt\r\n"
               "From: <sip:u%u@example.org>;tag=1\r\n"
               "To: <sip:u%u@example.org>\r\n"
               "Call-ID: t\r\n"
               "CSeq: 1 REGISTER\r\n"
               "Contact: <sip:one@10.0.0.1>, <sip:other@10.0.0.2>\r\n\r\n",
               user, user);
}

/* LIMIT_RELAY_BYTES: one of two phones refuses, at length, and the other one is waited for. What
 * is refused without room for it is stored when that is over, as what is not relayed any more is
 * at once. */
static void
past_the_octets_being_relayed_a_refusal_is_as_if_it_had_not_come(void **state)
{
    enum { FIT = LIMIT_RELAY_BYTES / BIG, ALL = 2 * FIT };
    struct crowd *c = *state;
    uint64_t before_kib = crowd_allocated_kib(), relayed;

    register_two_phones(c, BOB);
    c->answers_half = true;
    c->answer_status = 403;
    c->answer_bytes = BIG;
    for (int i = 0; i < ALL; i++)
        crowd_message(c, ALICE, BOB, 10);
    relayed = c->requests / 2;
    assert_in_range(relayed, FIT * 9 / 10, ALL - 1);
    assert_int_equal(c->statuses[202], ALL - relayed);
    assert_not_grown(before_kib, LIMIT_RELAY_BYTES / 1024 * 11 / 10);
    c->is_mute = true;
    crowd_advance(c, FR_MS);
    assert_in_range(c->statuses[403], FIT * 9 / 10, relayed - 1);
    assert_int_equal(c->statuses[202], ALL - c->statuses[403]);
    assert_int_equal(c->stored, c->statuses[202]);
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

static void
register_at_a_name(struct crowd *c, uint32_t user)
{
    crowd_send(c, user,
               "REGISTER sip:example.org SIP/2.0\r\n"
               "Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKn%u\r\n"
               "From: <sip:u%u@example.org>;tag=1\r\n"
               "To: <sip:u%u@example.org>\r\n"
               "Call-ID: n\r\n"
               "CSeq: 1 REGISTER\r\n"
               "Path: <sip:edge.example.net;lr>\r\n"
               "Contact: <sip:u%u@10.0.0.1>\r\n\r\n",
               user, user, user, user);
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

    register_at_a_name(c, BOB);
    assert_int_equal(c->last_status, 200);
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

/* LIMIT_DUMPS: the others are begun at the next check, and nothing new overtakes. */
static void
past_the_dumps_others_wait_for_check_time(void **state)
{
    struct crowd *c = *state;

    crowd_fill_silos(c, LIMIT_DUMPS + OVER, 1, 10);
    c->answer_status = 480;
    for (uint32_t user = 0; user < LIMIT_DUMPS + OVER; user++)
        crowd_register(c, user, 3600);
    assert_int_equal(c->statuses[200], LIMIT_DUMPS + OVER);
    assert_int_equal(c->requests, LIMIT_DUMPS);
    assert_int_equal(crowd_message(c, ALICE, LIMIT_DUMPS, 10), 202);
    assert_int_equal(c->requests, LIMIT_DUMPS);
    c->answer_status = 200;
    crowd_advance(c, 2 * CHECK_MS);
    assert_int_equal(c->removed, LIMIT_DUMPS + OVER);
    assert_int_equal(crowd_message(c, ALICE, LIMIT_DUMPS, 10), 200);
}

/* LIMIT_UNSAVED: the disk is full, so bindings serve from memory; those that end are to be taken
 * from it, too. */
static void
past_the_bindings_to_be_saved_later_no_more_are_noted(void **state)
{
    static const char *const overrides[] = { "usrloc.db_mode=1", NULL };
    struct crowd *c = crowd_new(overrides);
    uint64_t before_kib;

    (void)state;
    c->disk_status = STORE_FULL;
    for (uint32_t user = 0; user < LIMIT_UNSAVED; user++) {
        assert_int_equal(crowd_register(c, user, 3600), 200);
        assert_int_equal(crowd_register(c, user, 0), 200);
    }
    crowd_advance(c, J_MS);
    before_kib = crowd_allocated_kib();
    for (uint32_t user = LIMIT_UNSAVED; user < 2 * LIMIT_UNSAVED; user++) {
        assert_int_equal(crowd_register(c, user, 3600), 200);
        assert_int_equal(crowd_register(c, user, 0), 200);
    }
    assert_not_grown(before_kib, GROWN_KIB);
    c->disk_status = STORE_OK;
    crowd_advance(c, LIMIT_UNSAVED / UNSAVED_TOGETHER * UNSAVED_RETRY_MS + J_MS);
    assert_int_equal(c->saved, LIMIT_UNSAVED);
    assert_int_equal(crowd_register(c, 2 * LIMIT_UNSAVED, 3600), 200);
    assert_int_equal(c->saved, LIMIT_UNSAVED + 1);
    crowd_free(c);
}

/* LIMIT_NOTICES: past it senders are not told, and messages are stored as before. */
static void
past_the_notices_remembered_no_more_are_sent(void **state)
{
    enum { SENDERS = 2 * LIMIT_NOTICES };
    static const char *const overrides[] = { "msilo.registrar=sip:silo@example.org",
                                             "msilo.outbound_proxy=sip:10.0.0.2", NULL };
    struct crowd *c = crowd_new(overrides);
    uint64_t before_kib = crowd_allocated_kib(), told;

    (void)state;
    for (uint32_t sender = 1; sender <= SENDERS; sender++)
        assert_int_equal(crowd_message(c, sender, BOB, 10), 202);
    assert_int_equal(c->stored, SENDERS);
    assert_in_range(c->requests, LIMIT_NOTICES * 9 / 10, LIMIT_NOTICES);
    assert_not_grown(before_kib, 32 * 1024); /* the requests and origins remembered */
    told = c->requests;
    crowd_advance(c, LIMIT_NOTICE_SILENCE_S * 1000 - 1000);
    crowd_message(c, 1, BOB, 10);
    assert_int_equal(c->requests, told);
    crowd_advance(c, 1000);
    crowd_message(c, 1, BOB, 10);
    assert_int_equal(c->requests, told + 1);
    crowd_free(c);
}

/* LIMIT_PAGES_BYTES: dumps that have no page yet wait until others are done with theirs. */
static void
past_the_pages_that_dumps_hold_others_wait_to_read(void **state)
{
    enum { USERS = 6000, WAITING = LIMIT_PAGE_MESSAGES + 1, BODY = 1100 };
    struct crowd *c = *state;
    uint64_t before_kib;

    crowd_fill_silos(c, USERS, WAITING, BODY);
    before_kib = crowd_allocated_kib();
    c->is_mute = true;
    for (uint32_t user = 0; user < USERS; user++)
        crowd_register(c, user, 3600);
    assert_int_equal(c->statuses[200], USERS);
    assert_in_range(c->requests, LIMIT_PAGES_BYTES / (2 * LIMIT_PAGE_BYTES), USERS - 1);
    assert_not_grown(before_kib, LIMIT_PAGES_BYTES / 1024 * 11 / 10);
    c->is_mute = false;
    crowd_advance(c, FR_MS + 2 * CHECK_MS);
    assert_int_equal(c->removed, USERS * WAITING);
}

static void
query(struct crowd *c, uint64_t number)
{
    crowd_send(c, ALICE,
               "REGISTER sip:example.org SIP/2.0\r\n"
               "Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKq%llu\r\n"
               "From: <sip:alice@example.org>;tag=1\r\n"
               "To: <sip:alice@example.org>\r\n"
               "Call-ID: q\r\n"
               "CSeq: 1 REGISTER\r\n\r\n",
               (unsigned long long)number);
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
    query(c, 0); /* a repetition */
    assert_int_equal(c->last_status, 200);
    options(c);
    assert_int_equal(c->last_status, 200);
    crowd_advance(c, J_MS);
    assert_int_equal(crowd_message(c, ALICE, BOB, 100), 202);
    query(c, 1);
    assert_int_equal(c->last_status, 200);
}

static unsigned
register_behind(struct crowd *c, uint32_t user, int path_bytes)
{
    unsigned long long number = ++c->number;

    crowd_send(c, user,
               "REGISTER sip:example.org SIP/2.0\r\n"
               "Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK%llu\r\n"
               "From: <sip:u%u@example.org>;tag=1\r\n"
               "To: <sip:u%u@example.org>\r\n"
               "Call-ID: r%u\r\n"
               "CSeq: %llu REGISTER\r\n"
               "Path: <sip:%0*d@10.0.0.2;lr>\r\n"
               "Contact: <sip:u%u@10.0.0.1>\r\n\r\n",
               number, user, user, user, number, path_bytes, 0, user);
    return c->last_status;
}

/* LIMIT_BINDINGS. */
static void
past_the_bindings_a_register_that_adds_one_is_503(void **state)
{
    enum { EXPIRES_S = 3600 };
    struct crowd *c = *state;
    uint64_t before_kib;

    for (uint32_t user = 0; user < LIMIT_BINDINGS; user++)
        crowd_register(c, user, EXPIRES_S);
    assert_int_equal(c->statuses[200], LIMIT_BINDINGS);
    crowd_advance(c, J_MS);
    crowd_register(c, LIMIT_BINDINGS, EXPIRES_S);
    assert_refused(c, "Too Many Bindings");
    before_kib = crowd_allocated_kib();
    for (uint32_t i = 0; i < PUSH; i++)
        crowd_register(c, LIMIT_BINDINGS + i, EXPIRES_S);
    assert_refused(c, "Too Many Bindings");
    assert_int_equal(c->statuses[503], PUSH + 1);
    assert_not_grown(before_kib, GROWN_KIB);
    assert_int_equal(crowd_register(c, BOB, EXPIRES_S), 200); /* anew */
    assert_int_equal(crowd_message(c, ALICE, BOB, 100), 200);
    assert_int_equal(crowd_register(c, 1, 0), 200);
    assert_int_equal(crowd_register(c, LIMIT_BINDINGS, EXPIRES_S), 200);
    crowd_register(c, 1, EXPIRES_S);
    assert_refused(c, "Too Many Bindings");
    crowd_advance(c, EXPIRES_S * 1000);
    assert_int_equal(crowd_register(c, 1, EXPIRES_S), 200);
    assert_int_equal(crowd_message(c, ALICE, 1, 100), 200);
    assert_int_equal(crowd_message(c, ALICE, BOB, 100), 202);
}

/* LIMIT_BINDING_BYTES. */
static void
past_the_octets_of_bindings_a_register_that_adds_one_is_503(void **state)
{
    enum { FIT = LIMIT_BINDING_BYTES / BINDING_TEXT_MAX, PATH = 4000 };
    struct crowd *c = *state;
    uint64_t before_kib = crowd_allocated_kib();
    uint32_t user = 0;

    while (register_behind(c, user, PATH) == 200)
        user++;
    assert_refused(c, "Too Many Bindings");
    assert_in_range(user, FIT, FIT * 11 / 10);
    assert_not_grown(before_kib, LIMIT_BINDING_BYTES / 1024 * 12 / 10);
    assert_int_equal(crowd_register(c, BOB, 3600), 200); /* its Path is gone */
    assert_int_equal(register_behind(c, user, PATH), 200);
    crowd_advance(c, 3600 * 1000);
    assert_int_equal(register_behind(c, BOB, PATH), 200);
    assert_int_equal(register_behind(c, user, PATH), 200);
}

#endif

#define FILLED(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FILLED(past_our_own_requests_messages_are_stored_and_dumps_wait),
        FILLED(a_message_that_no_dump_could_carry_is_413),
        cmocka_unit_test(a_notice_of_more_than_four_kib_is_not_sent),
        FILLED(a_dump_reads_no_more_than_a_page_at_a_time),
        FILLED(past_what_waits_for_a_commit_messages_are_503),
        FILLED(past_the_octets_being_relayed_messages_are_stored),
        cmocka_unit_test(past_the_octets_being_relayed_messages_for_others_are_503),
        FILLED(past_the_octets_being_relayed_a_refusal_is_as_if_it_had_not_come),
        FILLED(past_the_responses_kept_the_oldest_is_told_by_its_status),
        FILLED(past_the_lookups_a_name_has_no_address),
#if !SANITIZES_ADDRESS
        FILLED(past_the_dumps_others_wait_for_check_time),
        cmocka_unit_test(past_the_bindings_to_be_saved_later_no_more_are_noted),
        cmocka_unit_test(past_the_notices_remembered_no_more_are_sent),
        FILLED(past_the_pages_that_dumps_hold_others_wait_to_read),
        FILLED(past_the_requests_remembered_new_ones_are_503),
        FILLED(past_the_bindings_a_register_that_adds_one_is_503),
        FILLED(past_the_octets_of_bindings_a_register_that_adds_one_is_503),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
