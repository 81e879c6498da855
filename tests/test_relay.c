/* A MESSAGE for somebody who is online goes to his phones at once; the order in which it does
 * so; and who does not get it. What the request looks like then is in test_relay_request.c. */
#include "tests/through.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum {
    HOUR_S = 3600,
    AFTER_FR_TIMER_MS = 12000,
};

#define IS_COMPOSING "application/im-iscomposing+xml"

static struct slice
text(const char *s)
{
    return slice_of(s, strlen(s));
}

/* ---- to whom ---- */

static void
all_phones_of_a_user_get_it(void **state)
{
    struct world *w = scene();
    struct phone *desk = phone_online(w, "bob", PROTOCOL_UDP);
    struct phone *soft = phone_online(w, "bob", PROTOCOL_TCP);
    struct phone *carol = phone_online(w, "carol", PROTOCOL_UDP);

    (void)state;
    relay_body(w, "bob", "one");
    world_run(w, 1000);
    expect_bodies(desk, "one");
    expect_bodies(soft, "one");
    expect_bodies(carol, "");
    assert_int_equal(stored_count(w), 0);
}

/* RFC 3428 6: the answer is that of the phone, without our Via. */
static void
the_answer_of_the_phone_comes_back_as_it_is(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.status = 299;
    bob->answer.headers = "X-Own: of the phone\r\n";
    assert_int_equal(ask(w, &(struct ask){ .via = "SIP/2.0/UDP h;branch=z9hG4bKv;rport",
                                           .call_id = "kept" }),
                     299);
    assert_string_equal(answer_reason(w->tester), "Answer");
    assert_string_equal(answer_header(w->tester, "X-Own"), "of the phone");
    assert_string_equal(answer_header(w->tester, "Call-ID"), "kept");
    assert_string_equal(answer_header(w->tester, "Via"),
                        "SIP/2.0/UDP h;branch=z9hG4bKv;rport=5060;received=10.1.0.1");
    assert_int_equal(peer_text_count(answer_of(w->tester), "Via"), 1);
}

/* RFC 3261 18.1.1 and 18.2.2: each side has a transport of its own. */
static void
it_passes_between_udp_and_tcp(void **state)
{
    static const enum protocol protocols[] = { PROTOCOL_UDP, PROTOCOL_TCP };

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct world *w = scene();
        struct phone *bob = phone_online(w, "bob", protocols[i / 2]);
        struct phone *ann = phone_offline(w, "ann", protocols[i % 2]);

        assert_int_equal(ask_by(ann, &(struct ask){ 0 }), 200);
        expect_bodies(bob, "hello");
        scene_end(NULL);
    }
}

static void
a_phone_that_says_it_takes_no_message_gets_none(void **state)
{
    struct world *w = scene();
    struct phone *desk = phone_offline(w, "desk", PROTOCOL_UDP);
    struct phone *soft = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    register_as(desk, "bob", "Contact: <sip:desk@10.1.0.2>\r\nAllow: INVITE, ACK\r\n");
    store_body(w, "bob", "one");
    come_online(soft);
    expect_bodies(soft, "one");
    relay_body(w, "bob", "two");
    expect_bodies(soft, "one two");
    expect_bodies(desk, "");
}

static void
a_phone_that_has_gone_gets_none(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    phone_register(bob, 0);
    world_run(w, 1000);
    store_body(w, "bob", "one");
    world_run(w, 1000);
    expect_bodies(bob, "");
}

static void
a_phone_whose_time_is_over_gets_none(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    phone_register(bob, 60);
    world_run(w, 61000);
    store_body(w, "bob", "one");
    world_run(w, 1000);
    expect_bodies(bob, "");
}

/* RFC 3327 5.4. */
static void
a_path_is_the_way_to_a_phone(void **state)
{
    struct world *w = scene();
    struct phone *edge = phone_offline(w, "edge", PROTOCOL_UDP);
    struct phone *sender = phone_offline(w, "x", PROTOCOL_UDP);
    struct slice request;

    (void)state;
    wire_add_name(w, "edge.example.net", edge->peer.address);
    register_as(sender, "bob",
                "Contact: <sip:bob@192.168.1.2:7777>\r\nSupported: path\r\n"
                "Path: <sip:edge.example.net;lr>,<sip:inner.example.net;lr>\r\n");
    relay_body(w, "bob", "one");
    expect_bodies(edge, "one");
    expect_bodies(sender, "");
    request = receipt_text(phone_receipt(edge, 0));
    assert_true(
        slice_equal(peer_text_request_uri(request), SLICE("sip:bob@192.168.1.2:7777")));
    assert_string_equal(receipt_header(phone_receipt(edge, 0), "Route"),
                        "<sip:edge.example.net;lr>,<sip:inner.example.net;lr>");
}

/* ---- the order of messages ---- */

/* What was promised first is delivered first. */
static void
a_new_message_waits_behind_those_that_are_stored(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    store_body(w, "bob", "one");
    store_body(w, "bob", "two");
    bob->answer.delay_ms = 1500;
    come_online(bob);
    expect_bodies(bob, "one");
    store_body(w, "bob", "three"); /* the dump is at work */
    expect_bodies(bob, "one");
    world_run(w, 10000);
    expect_bodies(bob, "one two three");
    relay_body(w, "bob", "four");
    expect_bodies(bob, "one two three four");
    assert_int_equal(stored_count(w), 0);
}

/* It has ended, and waits for check_time: the silo still holds something. */
static void
a_new_message_waits_behind_a_dump_that_waits(void **state)
{
    struct script script = { .answers = { { .status = 480 }, { .status = 200 } },
                             .count = 2 };
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    follow(bob, &script);
    store_body(w, "bob", "one");
    come_online(bob);
    store_body(w, "bob", "two");
    world_run(w, 1000);
    expect_bodies(bob, "one");
    world_run(w, 30000);
    expect_bodies(bob, "one one two");
    relay_body(w, "bob", "three");
    expect_bodies(bob, "one one two three");
}

/* With db_mode 1 a REGISTER is answered when it is on the disk; what it will be sent first is
 * known before. */
static void
a_new_message_waits_while_the_register_is_being_saved(void **state)
{
    struct world *w = scene_with("usrloc.db_mode=1", NULL);
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    store_body(w, "bob", "one");
    w->faults.delay_ms = 300;
    phone_register(bob, HOUR_S);
    world_run(w, 100); /* it has arrived */
    ask_only(w->tester, &(struct ask){ .body = text("two") });
    world_run(w, 10000);
    expect_bodies(bob, "one two");
    assert_int_equal(stored_count(w), 0);
}

/* In one burst, without waiting for answers. */
static void
a_burst_around_a_register_arrives_in_order(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);
    char body[8], expected[200] = "";

    (void)state;
    for (int i = 0; i < 30; i++) {
        snprintf(body, sizeof body, "%d", i);
        snprintf(expected + strlen(expected), 8, "%s%d", i == 0 ? "" : " ", i);
        ask_only(w->tester, &(struct ask){ .body = text(body) });
        world_run(w, 3);
        if (i == 10)
            phone_register(bob, HOUR_S);
    }
    world_run(w, 30000);
    expect_bodies(bob, expected);
    assert_int_equal(stored_count(w), 0);
}

/* Nobody else's messages are in the way. */
static void
a_dump_of_one_user_does_not_hold_up_another(void **state)
{
    struct world *w = scene();
    struct phone *carol = phone_online(w, "carol", PROTOCOL_UDP);
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    store_body(w, "bob", "one");
    bob->answer.is_mute = true;
    come_online(bob);
    relay_body(w, "carol", "two");
    expect_bodies(carol, "two");
}

/* ---- now or never ---- */

static void
expires_0_is_delivered_now_or_never(void **state)
{
    static const struct ask now = { .headers = "Expires: 0\r\n" };
    struct world *w = scene();
    struct phone *bob;

    (void)state;
    assert_int_equal(ask(w, &now), 480);
    bob = phone_online(w, "bob", PROTOCOL_UDP);
    assert_int_equal(ask(w, &now), 200);
    expect_bodies(bob, "hello");
    bob->answer.is_mute = true;
    assert_int_equal(ask(w, &now), 480);
    bob->answer = (struct answer){ .status = 486 };
    assert_int_equal(ask(w, &now), 480);
    bob->answer.status = 415;
    assert_int_equal(ask(w, &now), 415);
    phone_die(bob, true);
    assert_int_equal(ask(w, &now), 480);
    assert_int_equal(stored_count(w), 0);
}

/* RFC 3994: that somebody is typing is no message to keep. */
static void
a_type_that_is_not_stored_is_delivered_now_or_never(void **state)
{
    static const struct ask typing = { .ctype = IS_COMPOSING };
    struct world *w = scene();
    struct phone *bob;

    (void)state;
    assert_int_equal(ask(w, &typing), 480);
    bob = phone_online(w, "bob", PROTOCOL_TCP);
    assert_int_equal(ask(w, &typing), 200);
    assert_string_equal(receipt_header(phone_receipt(bob, 0), "Content-Type"),
                        IS_COMPOSING);
    bob->answer.status = 503;
    assert_int_equal(ask(w, &typing), 480);
    phone_die(bob, true);
    assert_int_equal(ask(w, &typing), 480);
    assert_int_equal(stored_count(w), 0);
}

/* They cannot wait behind a dump: there they would be lost. */
static void
what_cannot_be_stored_overtakes_a_dump(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    store_body(w, "bob", "one");
    store_body(w, "bob", "two");
    bob->answer.delay_ms = 3000;
    phone_register(bob, HOUR_S);
    world_run(w, 500);
    ask_only(w->tester,
             &(struct ask){ .headers = "Expires: 0\r\n", .body = text("now") });
    ask_only(w->tester, &(struct ask){ .ctype = IS_COMPOSING, .body = text("typing") });
    world_run(w, 100);
    expect_bodies(bob, "one now typing");
    world_run(w, 20000);
    expect_bodies(bob, "one now typing two");
    assert_int_equal(count_responses(w, w->tester, 200), 2);
    assert_int_equal(stored_count(w), 0);
}

/* ---- phones that do not take MESSAGE ---- */

static void
what_cannot_be_done_is_remembered(struct world *w, unsigned status)
{
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    bob->answer.status = status;
    store_body(w, "bob", "one");
    expect_bodies(bob, "one");
    bob->answer.status = 200;
    store_body(w, "bob", "two"); /* without a try */
    world_run(w, 100000);
    expect_bodies(bob, "one");
    come_online(bob); /* it does not say that it has changed */
    world_run(w, 100000);
    expect_bodies(bob, "one");
    assert_int_equal(stored_count(w), 2);
    bob->says_message = true;
    come_online(bob);
    expect_bodies(bob, "one one two");
    assert_int_equal(stored_count(w), 0);
    relay_body(w, "bob", "three");
    expect_bodies(bob, "one one two three");
}

static void
after_405_a_phone_is_not_asked_again_until_it_says_that_it_can(void **state)
{
    (void)state;
    what_cannot_be_done_is_remembered(scene(), 405);
}

static void
after_501_a_phone_is_not_asked_again_until_it_says_that_it_can(void **state)
{
    (void)state;
    what_cannot_be_done_is_remembered(scene(), 501);
}

static void
the_other_phone_of_that_user_is_asked_on(void **state)
{
    struct world *w = scene();
    struct phone *desk = phone_online(w, "bob", PROTOCOL_UDP);
    struct phone *soft = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    desk->answer.status = 405;
    soft->answer.delay_ms = 50;
    relay_body(w, "bob", "one");
    world_run(w, 1000);
    relay_body(w, "bob", "two");
    world_run(w, 1000);
    expect_bodies(desk, "one");
    expect_bodies(soft, "one two");
}

/* 405 in a dump says the same. */
static void
after_405_to_a_dump_a_message_is_stored_without_a_try(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.status = 405;
    store_body(w, "bob", "one");
    come_online(bob);
    store_body(w, "bob", "two");
    world_run(w, 100000);
    expect_bodies(bob, "one");
    assert_int_equal(stored_count(w), 2);
}

/* ---- stopping ---- */

static void
a_server_that_stops_brings_what_is_under_way_to_its_end(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.delay_ms = 2000;
    ask_only(w->tester, &(struct ask){ 0 });
    world_run(w, 100);
    world_stop(w);
    world_run(w, AFTER_FR_TIMER_MS);
    expect_bodies(bob, "hello");
    assert_int_equal(only_final(w, w->tester), 200);
    assert_int_equal(stored_count(w), 0);
}

/* The sender sends it again and again, as RFC 3261 17.1.2.2 has it. */
static void
a_death_before_the_answer_leaves_the_message_to_its_sender(void **state)
{
    struct world *w = scene_with("usrloc.db_mode=1", NULL);
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);
    struct phone *ann = phone_offline(w, "ann", PROTOCOL_UDP);
    struct call *call;

    (void)state;
    bob->answer.delay_ms = 300;
    call = phone_message(ann, "sip:bob@example.org", "", "text/plain", text("one"));
    world_run(w, 100);
    world_kill(w);
    world_run(w, 60000);
    assert_int_equal(call->status, 200);
    assert_in_range(phone_received(bob), 1, 2);
    assert_int_equal(stored_count(w), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(all_phones_of_a_user_get_it),
        SCENE(the_answer_of_the_phone_comes_back_as_it_is),
        SCENE(it_passes_between_udp_and_tcp),
        SCENE(a_phone_that_says_it_takes_no_message_gets_none),
        SCENE(a_phone_that_has_gone_gets_none),
        SCENE(a_phone_whose_time_is_over_gets_none),
        SCENE(a_path_is_the_way_to_a_phone),
        SCENE(a_new_message_waits_behind_those_that_are_stored),
        SCENE(a_new_message_waits_behind_a_dump_that_waits),
        SCENE(a_new_message_waits_while_the_register_is_being_saved),
        SCENE(a_burst_around_a_register_arrives_in_order),
        SCENE(a_dump_of_one_user_does_not_hold_up_another),
        SCENE(expires_0_is_delivered_now_or_never),
        SCENE(a_type_that_is_not_stored_is_delivered_now_or_never),
        SCENE(what_cannot_be_stored_overtakes_a_dump),
        SCENE(after_405_a_phone_is_not_asked_again_until_it_says_that_it_can),
        SCENE(after_501_a_phone_is_not_asked_again_until_it_says_that_it_can),
        SCENE(the_other_phone_of_that_user_is_asked_on),
        SCENE(after_405_to_a_dump_a_message_is_stored_without_a_try),
        SCENE(a_server_that_stops_brings_what_is_under_way_to_its_end),
        SCENE(a_death_before_the_answer_leaves_the_message_to_its_sender),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
