/* Requests for foreign domains, as core.relay says; and a trusted proxy in front, which may
 * register and look up for others. */
#include "tests/through.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* ---- foreign domains ---- */

struct abroad {
    const char *relay, *trusted;
    bool passes;
};

static const struct abroad abroads[] = {
    { "core.relay=none", "core.trusted=10.1.0.0/16", false },
    { "core.relay=none", "core.trusted=192.0.2.0/24", false },
    { "core.relay=trusted", "core.trusted=192.0.2.0/24", false },
    { "core.relay=trusted", "core.trusted=10.1.0.1/32", true },
    { "core.relay=all", "core.trusted=192.0.2.0/24", true },
};

enum { ABROADS = sizeof abroads / sizeof abroads[0] };

static const char *const abroad_methods[] = { "MESSAGE", "INVITE", "OPTIONS", "SUBSCRIBE",
                                              "REGISTER" };

/* far.example is at the phone. */
static void
try_abroad(const struct abroad *abroad, const char *method)
{
    struct world *w = scene_with(abroad->relay, abroad->trusted, NULL);
    struct phone *far = phone_offline(w, "far", PROTOCOL_UDP);
    const struct ask request = { .method = method, .uri = "sip:x@far.example" };
    unsigned status;

    wire_add_name(w, "far.example", far->peer.address);
    far->answer.status = 299;
    status = ask(w, &request);
    if (status != (abroad->passes ? 299 : 403) ||
        count_requests(far, method) != abroad->passes)
        fail_msg("%s, %s, %s: %u", abroad->relay, abroad->trusted, method, status);
    if (abroad->passes)
        assert_true(slice_equal(peer_text_request_uri(receipt_text(far->receipts)),
                                SLICE("sip:x@far.example")));
    assert_int_equal(stored_count(w), 0);
    scene_end(NULL);
}

/* RFC 3263 4.3: the next server of a domain is tried, and no more than that. */
static void
where_one_server_fails_the_next_is_tried(void **state)
{
    static const unsigned first_answers[] = { 0, 503, 404 };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct world *w = scene_with("core.relay=all", NULL);
        struct phone *one = phone_offline(w, "one", PROTOCOL_UDP);
        struct phone *two = phone_offline(w, "two", PROTOCOL_UDP);
        bool is_final = first_answers[i] == 404;

        wire_add_service(w, "far.example", PROTOCOL_UDP, one->peer.address);
        wire_add_service(w, "far.example", PROTOCOL_UDP, two->peer.address);
        one->answer.status = first_answers[i];
        one->answer.is_mute = first_answers[i] == 0;
        assert_int_equal(ask(w, &(struct ask){ .uri = "sip:x@far.example" }),
                         is_final ? 404 : 200);
        assert_int_equal(phone_received(one), 1);
        assert_int_equal(phone_received(two), !is_final);
        scene_end(NULL);
    }
}

static void
where_every_server_fails_it_is_said_so(void **state)
{
    struct world *w = scene_with("core.relay=all", NULL);
    struct phone *one = phone_offline(w, "one", PROTOCOL_UDP);
    struct phone *two = phone_offline(w, "two", PROTOCOL_UDP);

    (void)state;
    wire_add_service(w, "far.example", PROTOCOL_UDP, one->peer.address);
    wire_add_service(w, "far.example", PROTOCOL_UDP, two->peer.address);
    phone_die(one, true);
    phone_die(two, true);
    assert_int_equal(ask(w, &(struct ask){ .uri = "sip:x@far.example" }), 500);
}

static void
core_relay_says_who_may_send_abroad(void **state)
{
    (void)state;
    for (size_t i = 0; i < ABROADS; i++)
        for (size_t j = 0; j < sizeof abroad_methods / sizeof abroad_methods[0]; j++)
            try_abroad(&abroads[i], abroad_methods[j]);
}

/* A MESSAGE abroad is answered, whatever happens; it is not ours to keep. */
static void
a_message_abroad_is_never_stored(void **state)
{
    struct world *w = scene_with("core.relay=all", NULL);
    struct phone *far = phone_offline(w, "far", PROTOCOL_UDP);
    static const struct ask request = { .uri = "sip:x@10.1.0.2:5060" };
    static const unsigned statuses[] = { 404, 480, 486, 415, 603 };

    (void)state;
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        far->answer.status = statuses[i];
        assert_int_equal(ask(w, &request), statuses[i]);
    }
    far->answer.status = 503; /* RFC 3261 16.7 step 6 */
    assert_int_equal(ask(w, &request), 500);
    far->answer = (struct answer){ .is_mute = true };
    assert_int_equal(ask(w, &request), 504);
    phone_die(far, true);
    assert_int_equal(ask(w, &request), 500);
    assert_int_equal(ask(w, &(struct ask){ .uri = "sip:x@nowhere.example" }), 500);
    assert_int_equal(stored_count(w), 0);
}

static void
a_call_abroad_that_has_no_way_is_answered(void **state)
{
    struct world *w = scene_with("core.relay=all", NULL);
    unsigned status =
        ask(w, &(struct ask){ .method = "INVITE", .uri = "sip:x@nowhere.example" });

    (void)state;
    assert_in_range(status, 400, 599);
    assert_int_equal(
        ask(w, &(struct ask){ .method = "ACK", .uri = "sip:x@nowhere.example" }), 0);
}

/* ---- a proxy in front ---- */

#define FRONT "core.trusted=10.1.0.2/32", "auth.register=trusted"

/* RFC 3327, 24.229 5.4.1.7: it registers for its users, and is the way to them. */
static void
a_trusted_proxy_registers_for_others(void **state)
{
    struct world *w = scene_with(FRONT, NULL);
    struct phone *front = phone_offline(w, "front", PROTOCOL_UDP);
    const struct receipt *got;

    (void)state;
    store_body(w, "bob", "one");
    register_as(front, "bob",
                "Contact: <sip:bob@192.168.1.2:7777>\r\nSupported: path\r\n"
                "Path: <sip:10.1.0.2;lr;received=sip:192.0.2.7:6000>\r\n");
    world_run(w, 1000);
    relay_body(w, "bob", "two");
    expect_bodies(front, "one two");
    got = phone_receipt(front, 1);
    assert_true(slice_equal(peer_text_request_uri(receipt_text(got)),
                            SLICE("sip:bob@192.168.1.2:7777")));
    assert_string_equal(receipt_header(got, "Route"),
                        "<sip:10.1.0.2;lr;received=sip:192.0.2.7:6000>");
    assert_int_equal(ask(w, &(struct ask){ .method = "REGISTER",
                                           .uri = "sip:example.org",
                                           .to = "<sip:bob@example.org>",
                                           .headers = "Contact: <sip:me@10.1.0.1>\r\n" }),
                     403);
}

/* It has looked the contact up already: mode 0 finds the AoR in To. */
static void
a_message_to_a_contact_is_for_the_user_in_to(void **state)
{
    struct world *w = scene_with(FRONT, NULL);
    struct phone *front = phone_offline(w, "front", PROTOCOL_UDP);
    static const struct ask request = { .uri = "sip:bob@192.168.1.2:7777",
                                        .to = "<sip:bob@example.org>" };

    (void)state;
    assert_int_equal(ask(w, &request), 403); /* of anybody else */
    assert_int_equal(ask_by(front, &request), 202);
    assert_int_equal(stored_count(w), 1);
    assert_true(slice_equal(stored_record(w, 0).aor, SLICE("bob@example.org")));
    assert_int_equal(phone_received(front), 0);
}

/* It has tried already, and failed: coming back to it would be a loop. */
static void
what_the_proxy_in_front_could_not_deliver_is_stored(void **state)
{
    struct world *w = scene_with(FRONT, NULL);
    struct phone *front = phone_offline(w, "front", PROTOCOL_UDP);

    (void)state;
    register_as(front, "bob",
                "Contact: <sip:bob@192.168.1.2:7777>\r\nSupported: path\r\n"
                "Path: <sip:10.1.0.2;lr>\r\n");
    assert_int_equal(ask_by(front, &(struct ask){ .uri = "sip:bob@example.org" }), 202);
    assert_int_equal(phone_received(front), 0);
    assert_int_equal(stored_count(w), 1);
}

/* A contact of ours: straight to that phone alone. */
static void
a_message_to_a_registered_contact_goes_to_that_phone(void **state)
{
    struct world *w = scene();
    struct phone *desk = phone_online(w, "bob", PROTOCOL_UDP);
    struct phone *soft = phone_online(w, "bob", PROTOCOL_UDP);
    struct ask request = { .uri = soft->contact, .to = "<sip:bob@example.org>" };

    (void)state;
    assert_int_equal(ask(w, &request), 200);
    expect_bodies(soft, "hello");
    expect_bodies(desk, "");
    soft->answer.status = 480;
    assert_int_equal(ask(w, &request), 202);
    assert_true(slice_equal(stored_record(w, 0).aor, SLICE("bob@example.org")));
    expect_bodies(desk, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(where_one_server_fails_the_next_is_tried),
        SCENE(where_every_server_fails_it_is_said_so),
        SCENE(core_relay_says_who_may_send_abroad),
        SCENE(a_message_abroad_is_never_stored),
        SCENE(a_call_abroad_that_has_no_way_is_answered),
        SCENE(a_trusted_proxy_registers_for_others),
        SCENE(a_message_to_a_contact_is_for_the_user_in_to),
        SCENE(what_the_proxy_in_front_could_not_deliver_is_stored),
        SCENE(a_message_to_a_registered_contact_goes_to_that_phone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
