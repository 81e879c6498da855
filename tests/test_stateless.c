/* All that is no MESSAGE passes between users without state (RFC 3261 16.11). */
#include "tests/through.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* ann, at 10.1.0.2, calls bob, at 10.1.0.3; both answer by hand. */
struct two {
    struct world *w;
    struct phone *ann, *bob;
};

static struct two
two_phones(struct world *w, enum protocol protocol)
{
    struct two t = { w, phone_offline(w, "ann", protocol),
                     phone_offline(w, "bob", protocol) };

    come_online(t.ann);
    come_online(t.bob);
    t.ann->answer.is_mute = t.bob->answer.is_mute = true;
    return t;
}

static void
send_and_run(struct phone *phone, const struct ask *request)
{
    ask_only(phone, request);
    world_run(phone->world, 100);
}

#define CALL .call_id = "call", .from = "<sip:ann@example.org>;tag=ann"
#define CALL_VIA                                                      \
    .via = "SIP/2.0/UDP 10.1.0.2:5060;branch=z9hG4bKinvite;rport\r\n" \
           "Via: SIP/2.0/UDP behind.example;branch=z9hG4bKbehind"

static const struct ask invite = {
    .method = "INVITE",
    CALL,
    CALL_VIA,
    .ctype = "application/sdp",
    .headers = "Contact: <sip:ann@10.1.0.2:5060>\r\nX-Own: 1\r\n",
    .body = SLICE_INIT("v=0\r\n\0\r\n"),
};

static const struct ask cancel = { .method = "CANCEL", CALL, CALL_VIA };

static const struct ask ack_of_refusal = {
    .method = "ACK", CALL, CALL_VIA, .to = "<sip:bob@example.org>;tag=bob"
};

static const struct ask ack_of_200 = {
    .method = "ACK",
    .uri = "sip:bob@10.1.0.3:5060",
    .to = "<sip:bob@example.org>;tag=bob",
    .via = "SIP/2.0/UDP 10.1.0.2:5060;branch=z9hG4bKack;rport",
    CALL
};

static const struct ask bye = { .method = "BYE",
                                .uri = "sip:bob@10.1.0.3:5060",
                                .to = "<sip:bob@example.org>;tag=bob",
                                .via =
                                    "SIP/2.0/UDP 10.1.0.2:5060;branch=z9hG4bKbye;rport",
                                .cseq = "2 BYE",
                                CALL };

/* ---- a call ---- */

static void
an_invite_goes_to_the_phone(void **state)
{
    struct two t = two_phones(scene(), PROTOCOL_UDP);
    const struct receipt *got;
    struct slice text;

    (void)state;
    send_and_run(t.ann, &invite);
    assert_int_equal(count_requests(t.bob, "INVITE"), 1);
    got = request_at(t.bob, "INVITE", 0);
    text = receipt_text(got);
    assert_true(slice_equal(peer_text_request_uri(text), SLICE("sip:bob@10.1.0.3:5060")));
    assert_int_equal(peer_text_count(text, "Via"), 3);
    assert_true(slice_equal(peer_text_header(text, "Via", 1),
                            SLICE("SIP/2.0/UDP 10.1.0.2:5060;branch=z9hG4bKinvite;"
                                  "rport=5060;received=10.1.0.2")));
    assert_true(slice_equal(peer_text_header(text, "Via", 2),
                            SLICE("SIP/2.0/UDP behind.example;branch=z9hG4bKbehind")));
    assert_string_equal(receipt_header(got, "Max-Forwards"), "69");
    assert_string_equal(receipt_header(got, "X-Own"), "1");
    assert_string_equal(receipt_header(got, "Contact"), "<sip:ann@10.1.0.2:5060>");
    assert_int_equal(peer_text_count(text, "Record-Route"), 0);
    assert_true(slice_equal(peer_text_body(text), invite.body));
    assert_int_equal(count_responses(t.w, t.ann, 100), 0); /* 16.11: no 100 of ours */
}

/* RFC 3261 16.11, 16.7: the topmost Via goes, the second one tells the way. */
static void
all_its_answers_come_back(void **state)
{
    static const char *const answers[] = { "100 Trying", "180 Ringing",
                                           "183 Session Progress", "200 OK", "200 OK" };
    struct two t = two_phones(scene(), PROTOCOL_UDP);

    (void)state;
    send_and_run(t.ann, &invite);
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        unsigned before = t.ann->inbox_count;

        reply(t.bob, request_at(t.bob, "INVITE", 0), answers[i]);
        assert_int_equal(t.ann->inbox_count, before + 1);
        assert_string_equal(answer_reason(t.ann), answers[i] + 4);
        assert_int_equal(peer_text_count(answer_of(t.ann), "Via"), 2);
        assert_true(
            slice_starts(peer_text_header(answer_of(t.ann), "Via", 0),
                         SLICE("SIP/2.0/UDP 10.1.0.2:5060;branch=z9hG4bKinvite")));
        assert_string_equal(answer_header(t.ann, "X-Reply"), "bob");
        assert_true(slice_equal(peer_text_body(answer_of(t.ann)), SLICE("body")));
    }
}

/* RFC 3261 16.11: a repetition, its CANCEL and the ACK of a refusal are of one transaction. */
static void
what_belongs_to_an_invite_has_its_branch(void **state)
{
    struct two t = two_phones(scene(), PROTOCOL_UDP);
    char branch[256];

    (void)state;
    send_and_run(t.ann, &invite);
    snprintf(branch, sizeof branch, "%s", receipt_branch(request_at(t.bob, "INVITE", 0)));
    send_and_run(t.ann, &invite);
    assert_int_equal(count_requests(t.bob, "INVITE"), 1);
    assert_int_equal(request_at(t.bob, "INVITE", 0)->times, 2);
    send_and_run(t.ann, &cancel);
    assert_string_equal(receipt_branch(request_at(t.bob, "CANCEL", 0)), branch);
    assert_true(
        slice_equal(peer_text_request_uri(receipt_text(request_at(t.bob, "CANCEL", 0))),
                    peer_text_request_uri(receipt_text(request_at(t.bob, "INVITE", 0)))));
    reply(t.bob, request_at(t.bob, "CANCEL", 0), "200 OK");
    assert_string_equal(answer_header(t.ann, "CSeq"), "1 CANCEL");
    reply(t.bob, request_at(t.bob, "INVITE", 0), "487 Request Terminated");
    assert_int_equal(t.ann->last_final, 487);
    send_and_run(t.ann, &ack_of_refusal);
    assert_string_equal(receipt_branch(request_at(t.bob, "ACK", 0)), branch);
    world_run(t.w, 60000);
    assert_int_equal(count_responses(t.w, t.ann, 487),
                     1); /* nothing is kept, or resent */
}

/* The same also after a restart in between: no state, and the key is the store's. */
static void
a_call_survives_a_restart(void **state)
{
    struct two t = two_phones(scene_with("usrloc.db_mode=1", NULL), PROTOCOL_UDP);
    char branch[256];

    (void)state;
    send_and_run(t.ann, &invite);
    snprintf(branch, sizeof branch, "%s", receipt_branch(request_at(t.bob, "INVITE", 0)));
    world_kill(t.w);
    reply(t.bob, request_at(t.bob, "INVITE", 0), "180 Ringing");
    assert_int_equal(count_responses(t.w, t.ann, 180), 1);
    send_and_run(t.ann, &cancel);
    assert_string_equal(receipt_branch(request_at(t.bob, "CANCEL", 0)), branch);
}

static void
another_request_has_another_branch(void **state)
{
    struct two t = two_phones(scene(), PROTOCOL_UDP);
    char branch[256];

    (void)state;
    send_and_run(t.ann, &invite);
    snprintf(branch, sizeof branch, "%s", receipt_branch(request_at(t.bob, "INVITE", 0)));
    send_and_run(t.ann, &ack_of_200);
    assert_string_not_equal(receipt_branch(request_at(t.bob, "ACK", 0)), branch);
    send_and_run(t.ann, &(struct ask){ .method = "INVITE" });
    assert_int_equal(count_requests(t.bob, "INVITE"), 2);
    assert_string_not_equal(receipt_branch(request_at(t.bob, "INVITE", 1)), branch);
}

/* RFC 3261 12.2.1.1: to the contact that bob's 200 named. Nobody is trusted. */
static void
within_a_dialog_the_contact_is_the_way(void **state)
{
    static const enum protocol protocols[] = { PROTOCOL_UDP, PROTOCOL_TCP };

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct two t = two_phones(scene(), protocols[i]);
        struct ask request = bye;

        request.uri = t.bob->contact;
        send_and_run(t.ann, &request);
        assert_int_equal(count_requests(t.bob, "BYE"), 1);
        reply(t.bob, request_at(t.bob, "BYE", 0), "200 OK");
        assert_int_equal(t.ann->last_final, 200);
        assert_string_equal(answer_header(t.ann, "CSeq"), "2 BYE");
        scene_end(NULL);
    }
}

static void
within_a_dialog_a_route_through_us_is_taken_off(void **state)
{
    struct two t = two_phones(scene(), PROTOCOL_UDP);
    struct ask request = bye;

    (void)state;
    request.headers = "Route: <sip:127.0.0.1:5060;lr>\r\n";
    send_and_run(t.ann, &request);
    assert_int_equal(count_requests(t.bob, "BYE"), 1);
    assert_int_equal(peer_text_count(receipt_text(request_at(t.bob, "BYE", 0)), "Route"),
                     0);
    send_and_run(t.ann, &ack_of_200);
    assert_int_equal(count_requests(t.bob, "ACK"), 1);
}

/* The other way round, from the phone that was called. */
static void
the_called_phone_may_end_the_call(void **state)
{
    static const struct ask hang_up = { .method = "BYE",
                                        .uri = "sip:ann@10.1.0.2:5060",
                                        .to = "<sip:ann@example.org>;tag=ann",
                                        .from = "<sip:bob@example.org>;tag=bob",
                                        .call_id = "call" };
    struct two t = two_phones(scene(), PROTOCOL_UDP);

    (void)state;
    send_and_run(t.bob, &hang_up);
    reply(t.ann, request_at(t.ann, "BYE", 0), "200 OK");
    assert_int_equal(t.bob->last_final, 200);
}

static void
a_call_goes_over_streams_too(void **state)
{
    struct two t = two_phones(scene(), PROTOCOL_TCP);

    (void)state;
    send_and_run(t.ann, &(struct ask){ .method = "INVITE" });
    assert_int_equal(request_at(t.bob, "INVITE", 0)->protocol, PROTOCOL_TCP);
    assert_true(slice_starts(
        peer_text_header(receipt_text(request_at(t.bob, "INVITE", 0)), "Via", 0),
        SLICE("SIP/2.0/TCP 127.0.0.1:5060;branch=")));
    reply(t.bob, request_at(t.bob, "INVITE", 0), "180 Ringing");
    assert_string_equal(answer_reason(t.ann), "Ringing");
    reply(t.bob, request_at(t.bob, "INVITE", 0), "486 Busy Here");
    assert_int_equal(t.ann->last_final, 486);
}

/* ---- other methods ---- */

static void
other_methods_pass_as_they_are(void **state)
{
    static const char *const methods[] = { "OPTIONS", "SUBSCRIBE", "NOTIFY",
                                           "INFO",    "REFER",     "PUBLISH",
                                           "UPDATE",  "PRACK",     "NEWMETHOD" };
    struct two t = two_phones(scene(), PROTOCOL_UDP);

    (void)state;
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        t.ann->last_final = 0;
        send_and_run(t.ann, &(struct ask){ .method = methods[i] });
        if (count_requests(t.bob, methods[i]) != 1)
            fail_msg("%s", methods[i]);
        reply(t.bob, request_at(t.bob, methods[i], 0), "200 OK");
        assert_int_equal(t.ann->last_final, 200);
        assert_string_equal(answer_header(t.ann, "X-Reply"), "bob");
    }
}

/* RFC 3261 16.6 is for the phone: what Require asks for is not ours to judge. */
static void
require_is_for_the_phone_and_proxy_require_for_us(void **state)
{
    struct two t = two_phones(scene(), PROTOCOL_UDP);

    (void)state;
    send_and_run(t.ann,
                 &(struct ask){ .method = "INVITE", .headers = "Require: 100rel\r\n" });
    assert_string_equal(receipt_header(request_at(t.bob, "INVITE", 0), "Require"),
                        "100rel");
    assert_int_equal(ask_by(t.ann, &(struct ask){ .method = "INVITE",
                                                  .headers = "Proxy-Require: x\r\n" }),
                     420);
    assert_string_equal(answer_header(t.ann, "Unsupported"), "x");
    assert_int_equal(count_requests(t.bob, "INVITE"), 1);
}

/* RFC 3261 10.2.1.2: one phone alone, the one that is liked best. */
static void
the_highest_q_gets_it(void **state)
{
    struct world *w = scene();
    struct phone *low = phone_offline(w, "low", PROTOCOL_UDP);
    struct phone *high = phone_offline(w, "high", PROTOCOL_UDP);
    struct phone *mid = phone_offline(w, "mid", PROTOCOL_UDP);

    (void)state;
    register_as(low, "bob", "Contact: <sip:low@10.1.0.2>;q=0.1\r\n");
    register_as(high, "bob", "Contact: <sip:high@10.1.0.3>;q=0.9\r\n");
    register_as(mid, "bob", "Contact: <sip:mid@10.1.0.4>;q=0.5\r\n");
    send_and_run(w->tester, &(struct ask){ .method = "INVITE" });
    assert_int_equal(count_requests(high, "INVITE"), 1);
    assert_int_equal(count_requests(low, "INVITE") + count_requests(mid, "INVITE"), 0);
}

/* That it takes no MESSAGE says nothing about calls. */
static void
a_phone_without_message_is_called_all_the_same(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    register_as(bob, "bob", "Contact: <sip:bob@10.1.0.2>\r\nAllow: INVITE, ACK, BYE\r\n");
    send_and_run(w->tester, &(struct ask){ .method = "INVITE" });
    assert_int_equal(count_requests(bob, "INVITE"), 1);
}

static void
who_is_offline_gets_404_481_or_silence(void **state)
{
    struct world *w = scene();

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .method = "INVITE" }), 404);
    assert_int_equal(ask(w, &(struct ask){ .method = "BYE" }), 404);
    assert_int_equal(ask(w, &(struct ask){ .method = "CANCEL" }), 481);
    assert_int_equal(ask(w, &(struct ask){ .method = "ACK" }), 0);
    assert_int_equal(stored_count(w), 0);
}

static void
max_forwards_counts_for_calls_too(void **state)
{
    struct two t = two_phones(scene(), PROTOCOL_UDP);

    (void)state;
    assert_int_equal(
        ask_by(t.ann, &(struct ask){ .method = "INVITE", .max_forwards = "0" }), 483);
    send_and_run(t.ann, &(struct ask){ .method = "INVITE", .max_forwards = "1" });
    assert_string_equal(receipt_header(request_at(t.bob, "INVITE", 0), "Max-Forwards"),
                        "0");
    send_and_run(t.ann, &(struct ask){ .method = "INVITE", .max_forwards = "" });
    assert_string_equal(receipt_header(request_at(t.bob, "INVITE", 1), "Max-Forwards"),
                        "10");
}

/* RFC 3261 16.3 step 4: known again by its branch. */
static void
a_call_that_comes_round_is_482(void **state)
{
    struct world *w = scene();

    (void)state;
    add_mirror(w);
    register_as(w->tester, "bob",
                "Contact: <sip:bob@example.org>\r\nSupported: path\r\n"
                "Path: <sip:127.0.0.1:5060;lr>\r\n");
    assert_int_equal(ask(w, &(struct ask){ .method = "INVITE" }), 482);
    world_run(w, 60000);
    assert_in_range(world_count_sent(w, "INVITE"), 1, 2);
}

/* ---- answers that nobody asked for ---- */

/* What we signed may not be used to send anything to somebody who never wrote to us. */
static void
an_answer_with_a_forged_way_is_dropped(void **state)
{
    struct two t = two_phones(scene(), PROTOCOL_UDP);
    struct phone *victim = phone_offline(t.w, "victim", PROTOCOL_UDP);
    char text[2048];
    size_t before;

    (void)state;
    send_and_run(t.ann, &invite);
    before = t.w->sent_count;
    snprintf(text, sizeof text,
             "SIP/2.0 200 OK\r\n"
             "Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKpass0123456789abcdef\r\n"
             "Via: SIP/2.0/UDP 10.1.0.4:5060;branch=z9hG4bKx;received=10.1.0.4\r\n"
             "From: <sip:a@example.org>;tag=1\r\nTo: <sip:b@example.org>;tag=2\r\n"
             "Call-ID: forged\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n");
    phone_send_raw(t.bob, slice_of(text, strlen(text)));
    world_run(t.w, 1000);
    assert_int_equal(victim->inbox_count, 0);
    assert_int_equal(t.w->sent_count, before);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(an_invite_goes_to_the_phone),
        SCENE(all_its_answers_come_back),
        SCENE(what_belongs_to_an_invite_has_its_branch),
        SCENE(a_call_survives_a_restart),
        SCENE(another_request_has_another_branch),
        SCENE(within_a_dialog_the_contact_is_the_way),
        SCENE(within_a_dialog_a_route_through_us_is_taken_off),
        SCENE(the_called_phone_may_end_the_call),
        SCENE(a_call_goes_over_streams_too),
        SCENE(other_methods_pass_as_they_are),
        SCENE(require_is_for_the_phone_and_proxy_require_for_us),
        SCENE(the_highest_q_gets_it),
        SCENE(a_phone_without_message_is_called_all_the_same),
        SCENE(who_is_offline_gets_404_481_or_silence),
        SCENE(max_forwards_counts_for_calls_too),
        SCENE(a_call_that_comes_round_is_482),
        SCENE(an_answer_with_a_forged_way_is_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
