/* The bounds of src/limits.h on what stays: silos and their dumps, notices, bindings. As in
 * test_limits the whole server is filled up to each, refuses what comes on top, and works again.
 *
 *     build/simulate/test_limits_kept      all of them, as large as they are
 *
 * Under the sanitizers the largest are left out: their tables are filled with less by
 * test_location and test_registrar.
 */
#include "src/limits.h"
#include "src/sanitizer.h"
#include "src/silo/reader.h"
#include "src/unsaved.h"
#include "tests/crowd_expect.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

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

/* Who answers late, but answers, would keep it for a page's messages. */
static void
late_answers_keep_no_page_from_others(struct crowd *c, unsigned status)
{
    enum { USERS = 6000, WAITING = LIMIT_PAGE_MESSAGES, BODY = 1100 };

    crowd_fill_silos(c, USERS, WAITING, BODY);
    c->answers_wait = true;
    c->answer_status = status;
    for (uint32_t user = 0; user < USERS; user++)
        crowd_register(c, user, 3600);
    assert_in_range(c->asked_count, 1, USERS - 1);
    crowd_answer(c);
    assert_int_equal(c->asked_count, USERS);
    c->answers_wait = false;
    crowd_advance(c, FR_MS); /* more removals than a turn brings: some are tried again */
    assert_int_equal(c->removed, status == 200 ? USERS * WAITING : 0);
    assert_true(c->requests >= USERS * WAITING);
}

static void
while_others_wait_to_read_a_page_is_given_back_after_each_message(void **state)
{
    late_answers_keep_no_page_from_others(*state, 200);
}

static void
while_others_wait_to_read_a_page_is_given_back_after_each_refusal(void **state)
{
    late_answers_keep_no_page_from_others(*state, 404);
}

static unsigned
register_behind(struct crowd *c, uint32_t user, int path_bytes)
{
    return crowd_register_as(c, user,
                             "Path: <sip:%0*d@10.0.0.2;lr>\r\n"
                             "Contact: <sip:u%u@10.0.0.1>\r\n",
                             path_bytes, 0, user);
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FILLED(a_message_that_no_dump_could_carry_is_413),
        cmocka_unit_test(a_notice_of_more_than_four_kib_is_not_sent),
        FILLED(a_dump_reads_no_more_than_a_page_at_a_time),
#if !SANITIZES_ADDRESS
        FILLED(past_the_dumps_others_wait_for_check_time),
        cmocka_unit_test(past_the_bindings_to_be_saved_later_no_more_are_noted),
        cmocka_unit_test(past_the_notices_remembered_no_more_are_sent),
        FILLED(past_the_pages_that_dumps_hold_others_wait_to_read),
        FILLED(while_others_wait_to_read_a_page_is_given_back_after_each_message),
        FILLED(while_others_wait_to_read_a_page_is_given_back_after_each_refusal),
        FILLED(past_the_bindings_a_register_that_adds_one_is_503),
        FILLED(past_the_octets_of_bindings_a_register_that_adds_one_is_503),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
