/* Notifications to the sender, section 6 of the contract, each sentence. */
#include "tests/behaviour.h"
#include "tests/exact.h"

#include "parser/date.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define REGISTRAR "msilo.registrar=sip:silo@example.org"

/* From an address elsewhere, with a Contact of the tester's. */
static const struct ask from_outside = {
    .from = "<sip:al@elsewhere.example>;tag=1",
    .headers = "Contact: <sip:al@10.1.0.1:5060>\r\n",
};

static const struct receipt *
only_notice(const struct phone *phone)
{
    assert_int_equal(phone_received(phone), 1);
    return phone_receipt(phone, 0);
}

static void
expect_none(struct world *w)
{
    world_run(w, 20000);
    assert_int_equal(world_count_sent(w, "MESSAGE"), 0);
}

static void
without_a_registrar_nobody_is_told(void **state)
{
    struct world *w = scene();

    (void)state;
    assert_int_equal(ask(w, &from_outside), 202);
    expect_none(w);
}

static void
a_sender_whose_message_is_stored_gets_one_from_the_registrar(void **state)
{
    struct world *w = scene_with(REGISTRAR, NULL);
    const struct receipt *r;

    (void)state;
    assert_int_equal(ask(w, &from_outside), 202);
    world_run(w, 20000);
    r = only_notice(w->tester);
    assert_int_equal(r->times, 1);
    expect_slice(peer_text_request_uri(receipt_text(r)), "sip:al@10.1.0.1:5060");
    assert_memory_equal(receipt_header(r, "From"), "<sip:silo@example.org>;tag=", 27);
    assert_string_equal(receipt_header(r, "To"), "<sip:al@elsewhere.example>");
    assert_string_equal(receipt_header(r, "Content-Type"), "text/plain");
    assert_string_equal(receipt_header(r, "Contact"), ""); /* RFC 3428 4 */
    assert_string_equal(receipt_header(r, "Max-Forwards"), "70");
}

static void
the_usual_body_says_that_it_is_stored_and_will_be_delivered(void **state)
{
    struct world *w = scene_with(REGISTRAR, NULL);

    (void)state;
    assert_int_equal(ask(w, &from_outside), 202);
    world_run(w, 1000);
    expect_bodies(w->tester, "Your message to sip:bob@example.org is stored and will be"
                             " delivered when that user comes online.");
}

/* 202 promises the store; the notice says the same, and no earlier. */
static void
a_notice_comes_after_the_commit_and_the_202(void **state)
{
    struct world *w = scene_with(REGISTRAR, NULL);

    (void)state;
    w->faults.delay_ms = 500;
    ask_only(w->tester, &from_outside);
    world_run(w, 900);
    assert_int_equal(w->sent_count, 0);
    world_run(w, 200);
    assert_true(sent_at(w, "SIP/2.0", 0) < sent_at(w, "MESSAGE", 0));
}

static void
what_is_not_stored_is_not_spoken_of(void **state)
{
    struct world *w = scene_with(REGISTRAR, NULL);
    struct ask composing = from_outside;

    (void)state;
    w->faults.failed = 1000;
    assert_int_equal(ask(w, &from_outside), 503);
    w->faults.failed = 0;
    composing.ctype = "application/im-iscomposing+xml";
    assert_int_equal(ask(w, &composing), 480);
    expect_none(w);
}

/* From another URI, so that it is not the silence that keeps it back. */
static void
a_request_that_arrives_again_is_not_spoken_of_again(void **state)
{
    struct world *w = scene_with(REGISTRAR, NULL);
    struct ask again = from_outside;

    (void)state;
    again.call_id = "again";
    assert_int_equal(ask(w, &again), 202);
    again.from = "<sip:ann@elsewhere.example>;tag=1";
    assert_int_equal(ask(w, &again), 202);
    world_run(w, 5000);
    assert_int_equal(stored_count(w), 1);
    assert_int_equal(phone_received(w->tester), 1);
}

/* ---- where to ---- */

static void
without_use_contact_it_goes_to_the_from_uri_through_location(void **state)
{
    struct world *w = scene_with(REGISTRAR, "msilo.use_contact=0", NULL);
    struct phone *al = phone_online(w, "al", PROTOCOL_TCP);

    (void)state;
    assert_int_equal(
        ask(w, &(struct ask){ .from = "<sip:al@example.org>;tag=1",
                              .headers = "Contact: <sip:al@10.1.0.1:5060>\r\n" }),
        202);
    world_run(w, 5000);
    assert_int_equal(phone_received(w->tester), 0);
    expect_slice(peer_text_request_uri(receipt_text(only_notice(al))), al->contact);
}

static void
without_a_contact_it_goes_to_the_from_uri_through_location(void **state)
{
    struct world *w = scene_with(REGISTRAR, NULL);
    struct phone *al = phone_online(w, "al", PROTOCOL_UDP);

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .from = "<sip:al@example.org>;tag=1" }), 202);
    world_run(w, 5000);
    only_notice(al);
}

/* Neither Contact nor binding nor proxy: a foreign From URI is not looked up, since anybody
 * could write anybody's there. */
static void
without_any_way_nobody_is_told(void **state)
{
    struct world *w = scene_with(REGISTRAR, NULL);

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .from = "<sip:al@elsewhere.example>;tag=1" }),
                     202);
    assert_int_equal(ask(w, &(struct ask){ .from = "<sip:al@example.org>;tag=1" }), 202);
    expect_none(w);
}

static void
a_contact_that_is_a_name_is_looked_up(void **state)
{
    struct world *w = scene_with(REGISTRAR, NULL);

    (void)state;
    wire_add_name(w, "al.example.net", w->tester->peer.address);
    assert_int_equal(
        ask(w, &(struct ask){ .headers = "Contact: <sip:al@al.example.net>\r\n" }), 202);
    world_run(w, 5000);
    expect_slice(peer_text_request_uri(receipt_text(only_notice(w->tester))),
                 "sip:al@al.example.net");
}

static void
a_contact_that_leads_nowhere_harms_nothing(void **state)
{
    static const char *const contacts[] = {
        "Contact: <sip:al@nowhere.example>\r\n",
        "Contact: <tel:+1555>\r\n",
        "Contact: <sips:al@10.1.0.1>\r\n",
        "Contact: *\r\n",
        "Contact: <sip:al\r\n",
        "Contact: <sip:al@[::1]>\r\n",
    };
    struct world *w = scene_with(REGISTRAR, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof contacts / sizeof contacts[0]; i++)
        assert_int_equal(ask(w, &(struct ask){ .headers = contacts[i] }), 202);
    expect_none(w);
    assert_int_equal(stored_count(w), sizeof contacts / sizeof contacts[0]);
}

static void
with_an_outbound_proxy_it_goes_there(void **state)
{
    struct world *w =
        scene_with(REGISTRAR, "msilo.outbound_proxy=sip:proxy.example.net:5060", NULL);
    struct phone *proxy = phone_offline(w, "proxy", PROTOCOL_UDP);

    (void)state;
    wire_add_name(w, "proxy.example.net", proxy->peer.address);
    assert_int_equal(ask(w, &from_outside), 202);
    world_run(w, 5000);
    expect_slice(peer_text_request_uri(receipt_text(only_notice(proxy))),
                 "sip:al@10.1.0.1:5060");
    assert_int_equal(phone_received(w->tester), 0);
}

static void
with_an_outbound_proxy_a_from_uri_elsewhere_is_reached(void **state)
{
    struct world *w =
        scene_with(REGISTRAR, "msilo.outbound_proxy=sip:proxy.example.net:5060", NULL);
    struct phone *proxy = phone_offline(w, "proxy", PROTOCOL_UDP);

    (void)state;
    wire_add_name(w, "proxy.example.net", proxy->peer.address);
    assert_int_equal(ask(w, &(struct ask){ .from = "<sip:al@elsewhere.example>;tag=1" }),
                     202);
    world_run(w, 5000);
    expect_slice(peer_text_request_uri(receipt_text(only_notice(proxy))),
                 "sip:al@elsewhere.example");
}

/* ---- the body ---- */

static void
a_template_knows_its_words(void **state)
{
    struct world *w =
        scene_with(REGISTRAR, "msilo.offline_message=$rU|$rd|$ru|$fu|$tu|$T|$$|",
                   "msilo.content_type=text/x-own;a=b", NULL);
    struct ask request = from_outside;
    char expected[512], date[DATE_BYTES];

    (void)state;
    request.uri = "sip:bob@example.org;x=y";
    request.to = "<sip:bobby@example.org>";
    assert_int_equal(ask(w, &request), 202);
    world_run(w, 100);
    date_write(w->now.s, date);
    snprintf(expected, sizeof expected,
             "bob|example.org|sip:bob@example.org;x=y|sip:al@elsewhere.example|"
             "sip:bobby@example.org|%.*s|$|",
             DATE_BYTES, date);
    expect_bodies(w->tester, expected);
    assert_string_equal(receipt_header(only_notice(w->tester), "Content-Type"),
                        "text/x-own;a=b");
}

/* ---- at most one ---- */

static void
a_sender_gets_one_for_the_same_recipient_in_ten_minutes(void **state)
{
    struct world *w = scene_with(REGISTRAR, NULL);

    (void)state;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(ask(w, &from_outside), 202);
        world_run(w, 100000);
    }
    world_run(w, 90000); /* 590 seconds */
    assert_int_equal(ask(w, &from_outside), 202);
    world_run(w, 1000);
    assert_int_equal(phone_received(w->tester), 1);
    world_run(w, 10000);
    assert_int_equal(ask(w, &from_outside), 202);
    world_run(w, 1000);
    assert_int_equal(phone_received(w->tester), 2);
}

static void
another_recipient_or_another_sender_is_spoken_of(void **state)
{
    struct world *w = scene_with(REGISTRAR, NULL);
    struct ask other_recipient = from_outside, other_sender = from_outside;

    (void)state;
    other_recipient.uri = "sip:carol@example.org";
    other_sender.from = "<sip:ann@elsewhere.example>;tag=1";
    assert_int_equal(ask(w, &from_outside), 202);
    assert_int_equal(ask(w, &other_recipient), 202);
    assert_int_equal(ask(w, &other_sender), 202);
    world_run(w, 5000);
    assert_int_equal(phone_received(w->tester), 3);
}

/* However he writes himself and the recipient. */
static void
one_sender_is_one_however_his_uri_is_written(void **state)
{
    static const char *const froms[] = {
        "<sip:al@elsewhere.example>;tag=1",
        "<sip:al@ELSEWHERE.example>;tag=2",
        "<sip:%61l@elsewhere.example>;tag=3",
        "<sips:al@elsewhere.example>;tag=4",
        "<sip:al@elsewhere.example;x=1>;tag=5",
        "Al <sip:al@elsewhere.example:5062>;tag=6",
        "<sip:al:secret@elsewhere.example>;tag=7",
    };
    struct world *w = scene_with(REGISTRAR, NULL);
    struct ask request = from_outside;

    (void)state;
    for (size_t i = 0; i < sizeof froms / sizeof froms[0]; i++) {
        request.from = froms[i];
        request.uri = i % 2 == 0 ? "sip:bob@example.org" : "sip:bob@EXAMPLE.org;y=z";
        assert_int_equal(ask(w, &request), 202);
        world_run(w, 1000);
    }
    assert_int_equal(phone_received(w->tester), 1);
}

/* ---- never ---- */

/* To a user of ours who is offline, through his Contact, which is ourselves. */
static void
a_notice_is_never_stored(void **state)
{
    struct world *w = scene_with(REGISTRAR, NULL);

    (void)state;
    assert_int_equal(
        ask(w, &(struct ask){ .from = "<sip:silo@example.org>;tag=1",
                              .headers = "Contact: <sip:al@10.1.0.1:5060>\r\n" }),
        503);
    assert_int_equal(
        ask(w, &(struct ask){ .uri = "sip:silo@example.org",
                              .headers = "Contact: <sip:al@10.1.0.1:5060>\r\n" }),
        503);
    expect_none(w);
    assert_int_equal(stored_count(w), 0);
}

/* Best effort: whatever becomes of it, the message stays and it is not told again. */
static void
a_notice_that_fails_changes_nothing(void **state)
{
    struct world *w = scene_with(REGISTRAR, NULL);

    (void)state;
    w->tester->answer.status = 503;
    assert_int_equal(ask(w, &from_outside), 202);
    world_run(w, 200000);
    assert_int_equal(phone_received(w->tester), 1);
    assert_int_equal(stored_count(w), 1);
}

/* Section 8: with auth.message trusted the 403 comes first, so no datagram of a stranger gets
 * as far as the check in notice_order. */
static void
a_stranger_is_refused_and_gets_no_notice(void **state)
{
    struct world *w = scene_with(REGISTRAR, NULL);
    struct phone *ann = phone_offline(w, "ann", PROTOCOL_UDP);

    (void)state;
    w->settings.auth_message = AUTH_TRUSTED;
    assert_int_equal(ask_by(ann, &from_outside), 403);
    expect_none(w);
}

static void
a_server_that_dies_while_a_name_is_looked_up_forgets_the_notice(void **state)
{
    struct world *w = scene_with(REGISTRAR, NULL);

    (void)state;
    w->link.delay_ms = 5000;
    assert_int_equal(
        ask(w, &(struct ask){ .headers = "Contact: <sip:al@slow.example>\r\n" }), 202);
    world_run(w, 100);
    world_kill(w);
    expect_none(w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(without_a_registrar_nobody_is_told),
        SCENE(a_sender_whose_message_is_stored_gets_one_from_the_registrar),
        SCENE(the_usual_body_says_that_it_is_stored_and_will_be_delivered),
        SCENE(a_notice_comes_after_the_commit_and_the_202),
        SCENE(what_is_not_stored_is_not_spoken_of),
        SCENE(a_request_that_arrives_again_is_not_spoken_of_again),
        SCENE(without_use_contact_it_goes_to_the_from_uri_through_location),
        SCENE(without_a_contact_it_goes_to_the_from_uri_through_location),
        SCENE(without_any_way_nobody_is_told),
        SCENE(a_contact_that_is_a_name_is_looked_up),
        SCENE(a_contact_that_leads_nowhere_harms_nothing),
        SCENE(with_an_outbound_proxy_it_goes_there),
        SCENE(with_an_outbound_proxy_a_from_uri_elsewhere_is_reached),
        SCENE(a_template_knows_its_words),
        SCENE(a_sender_gets_one_for_the_same_recipient_in_ten_minutes),
        SCENE(another_recipient_or_another_sender_is_spoken_of),
        SCENE(one_sender_is_one_however_his_uri_is_written),
        SCENE(a_notice_is_never_stored),
        SCENE(a_notice_that_fails_changes_nothing),
        SCENE(a_stranger_is_refused_and_gets_no_notice),
        SCENE(a_server_that_dies_while_a_name_is_looked_up_forgets_the_notice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
