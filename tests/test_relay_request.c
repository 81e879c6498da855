/* What a MESSAGE looks like when it has been passed on (RFC 3261 16.6), and how far it goes. */
#include "tests/through.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    TEXT_ROOM = 8192,
    LARGE = 2000, /* bytes of a body: the request is over 1300 */
};

/* ---- the text ---- */

static bool
starts_with(struct slice line, const char *name)
{
    return line.len >= strlen(name) && strncasecmp(line.at, name, strlen(name)) == 0;
}

static bool
is_changed_by_a_proxy(struct slice line)
{
    static const char *const names[] = { "Via:", "v:", "Max-Forwards:", "Route:" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (starts_with(line, names[i]))
            return true;
    return false;
}

/* All header lines that a proxy leaves alone, and the body, joined. RFC 3261 7.3.1: a fold is
 * a blank. */
static const char *
left_alone(struct slice request, char out[TEXT_ROOM])
{
    const char *end = memmem(request.at, request.len, "\r\n\r\n", 4);
    struct slice rest = request, line;
    size_t len = 0;

    assert_non_null(end);
    slice_cut(rest, '\n', &line, &rest);
    while (slice_cut(rest, '\n', &line, &rest) && line.at < end) {
        line = slice_trim(line);
        if (is_changed_by_a_proxy(line))
            continue;
        len += (size_t)snprintf(
            out + len, TEXT_ROOM - len, "%.*s%s", SLICE_ARG(line),
            rest.len > 0 && (*rest.at == ' ' || *rest.at == '\t') ? " " : "\n");
    }
    return out;
}

static void
expect_left_alone(struct slice asked, const struct receipt *got)
{
    char before[TEXT_ROOM] = "", after[TEXT_ROOM] = "";

    assert_non_null(got);
    assert_string_equal(left_alone(receipt_text(got), after), left_alone(asked, before));
    assert_true(slice_equal(peer_text_body(receipt_text(got)), peer_text_body(asked)));
}

static const struct ask long_names = {
    .from = "\"Al, the \\\"one\\\"\" <sip:al@example.org>;tag=al",
    .to = "Bob <sip:bob@example.org;x=y>;later=1",
    .call_id = "a-84b4c76e66710@pc33",
    .cseq = "4711 MESSAGE",
    .headers = "Subject: two  blanks,  \"and\" quotes\r\n"
               "X-Folded: one\r\n two\r\n\tthree\r\n"
               "Accept: text/plain\r\n"
               "Contact: <sip:al@192.0.2.1?x=y>\r\n"
               "Accept: text/html;q=0.5\r\n"
               "X-Empty:\r\n"
               "P-Access-Network-Info: wlan\r\n"
               "Record-Route: <sip:other.example.net;lr>\r\n"
               "Require: something-the-phone-knows\r\n"
               "Expires: 77\r\n"
               "x-lower-case: \xc3\xa4\xff\r\n",
    .body = SLICE_INIT("a\0b\r\n\r\nc\xff\0"),
};

static void
what_is_not_a_proxys_business_stays_as_it_was(void **state)
{
    static const enum protocol protocols[] = { PROTOCOL_UDP, PROTOCOL_TCP };

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct world *w = scene();
        struct phone *bob = phone_online(w, "bob", protocols[i / 2]);
        struct phone *ann = phone_offline(w, "ann", protocols[i % 2]);
        struct slice asked = ask_text(ann, &long_names);

        phone_send_raw(ann, asked);
        world_run(w, 100);
        assert_int_equal(ann->last_final, 200);
        expect_left_alone(asked, phone_receipt(bob, 0));
        scene_end(NULL);
    }
}

/* RFC 3261 7.3.3. A phone of the world cannot read these to answer them. */
static void
compact_names_are_read_and_left_alone(void **state)
{
    static const struct slice asked =
        SLICE_INIT("MESSAGE sip:bob@example.org SIP/2.0\r\n"
                   "v: SIP/2.0/UDP h;branch=z9hG4bKcompact;rport\r\n"
                   "f: <sip:al@example.org>;tag=1\r\n"
                   "t: <sip:bob@example.org>\r\n"
                   "i: compact\r\n"
                   "CSeq: 1 MESSAGE\r\n"
                   "m: <sip:al@192.0.2.1>\r\n"
                   "s: subject\r\n"
                   "k: path\r\n"
                   "c: text/plain\r\n"
                   "Content-Length: 3\r\n"
                   "\r\nabc");
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);
    const char *got;

    (void)state;
    bob->answer.is_mute = true;
    phone_send_raw(w->tester, asked);
    world_run(w, 100);
    expect_left_alone(asked, phone_receipt(bob, 0));
    got = phone_receipt(bob, 0)->bytes;
    assert_non_null(strstr(got, "SIP/2.0/UDP h;branch=z9hG4bKcompact;rport=5060;"
                                "received=10.1.0.1\r\n"));
    assert_non_null(strstr(got, "\r\nMax-Forwards: 10\r\n"));
}

/* RFC 3261 16.6 step 8, 18.2.1. */
static void
our_via_is_on_top_and_the_senders_below_is_completed(void **state)
{
    static const struct ask request = {
        .via = "SIP/2.0/UDP a.example:9;branch=z9hG4bKa;rport\r\n"
               "Via: SIP/2.0/TCP b.example;branch=z9hG4bKb, SIP/2.0/UDP c;branch=z9hG4bKc"
    };
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);
    struct slice text, top;
    char below[512];

    (void)state;
    assert_int_equal(ask(w, &request), 200);
    text = receipt_text(phone_receipt(bob, 0));
    top = peer_text_header(text, "Via", 0);
    assert_true(slice_starts(top, SLICE("SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK")));
    snprintf(below, sizeof below, "%.*s", SLICE_ARG(text));
    assert_non_null(strstr(below,
                           "Via: SIP/2.0/UDP a.example:9;branch=z9hG4bKa;rport=5060;"
                           "received=10.1.0.1"));
    assert_non_null(strstr(below, "SIP/2.0/TCP b.example;branch=z9hG4bKb"));
    assert_non_null(strstr(below, "SIP/2.0/UDP c;branch=z9hG4bKc"));
    assert_true(strstr(below, "a.example") < strstr(below, "b.example"));
    assert_true(strstr(below, "b.example") < strstr(below, "/UDP c;"));
    assert_string_equal(
        answer_header(w->tester, "Via"),
        "SIP/2.0/UDP a.example:9;branch=z9hG4bKa;rport=5060;received=10.1.0.1");
}

static void
over_a_stream_our_via_says_so(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_TCP);

    (void)state;
    relay_body(w, "bob", "one");
    assert_true(
        slice_starts(peer_text_header(receipt_text(phone_receipt(bob, 0)), "Via", 0),
                     SLICE("SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bK")));
    assert_int_equal(sent_at(w, "MESSAGE", 0)->flow.connection,
                     bob->peer.connection->flow.connection);
}

/* RFC 3261 16.6 step 1, 8: branches of a fork differ. */
static void
each_phone_gets_a_branch_of_its_own(void **state)
{
    struct world *w = scene();
    struct phone *desk = phone_online(w, "bob", PROTOCOL_UDP);
    struct phone *soft = phone_online(w, "bob", PROTOCOL_UDP);
    char first[256];

    (void)state;
    relay_body(w, "bob", "one");
    snprintf(first, sizeof first, "%s", receipt_branch(phone_receipt(desk, 0)));
    assert_string_not_equal(receipt_branch(phone_receipt(soft, 0)), first);
}

/* RFC 3261 16.6 step 2; 19.1.1, table 1: no headers in a Request-URI. */
static void
the_request_uri_is_the_contact(void **state)
{
    struct world *w = scene();

    (void)state;
    register_as(w->tester, "bob",
                "Contact: \"B\" <sip:b%6fb@10.1.0.1:5060;ob;x=y?Subject=z>;q=0.5\r\n");
    relay_body(w, "bob", "one");
    assert_true(
        slice_equal(peer_text_request_uri(receipt_text(phone_receipt(w->tester, 0))),
                    SLICE("sip:b%6fb@10.1.0.1:5060;ob;x=y")));
}

/* ---- Max-Forwards ---- */

static const char *
passed_max_forwards(struct world *w, struct phone *bob, const char *max_forwards)
{
    unsigned count = phone_received(bob);

    assert_int_equal(ask(w, &(struct ask){ .max_forwards = max_forwards }), 200);
    return receipt_header(phone_receipt(bob, count), "Max-Forwards");
}

/* RFC 3261 16.6 step 3. */
static void
max_forwards_is_counted_down(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    assert_string_equal(passed_max_forwards(w, bob, "70"), "69");
    assert_string_equal(passed_max_forwards(w, bob, "1"), "0");
    assert_string_equal(passed_max_forwards(w, bob, "255"), "254");
    assert_string_equal(passed_max_forwards(w, bob, ""), "10");
    assert_int_equal(ask(w, &(struct ask){ .max_forwards = "0" }), 483);
    assert_int_equal(phone_received(bob), 4);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(
            peer_text_count(receipt_text(phone_receipt(bob, i)), "Max-Forwards"), 1);
}

/* ---- Route ---- */

/* RFC 3261 16.4. */
static void
a_route_that_is_us_is_taken_off(void **state)
{
    static const char *const routes[] = {
        "Route: <sip:127.0.0.1:5060;lr>\r\n",
        "Route: <sip:example.org;lr>\r\n",
        "Route: <sip:127.0.0.1;lr>, <sip:localhost;lr>\r\n",
        "Route: <sip:127.0.0.1:5060;lr;transport=tcp>\r\nRoute: <sip:127.0.0.1;lr>\r\n",
    };
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    for (unsigned i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        assert_int_equal(ask(w, &(struct ask){ .headers = routes[i] }), 200);
        assert_int_equal(peer_text_count(receipt_text(phone_receipt(bob, i)), "Route"),
                         0);
    }
}

static void
a_route_through_others_is_for_trusted_peers_alone(void **state)
{
    static const struct ask request = { .headers = "Route: <sip:127.0.0.1;lr>\r\n"
                                                   "Route: <sip:far@10.1.0.2;lr>,"
                                                   "<sip:further.example;lr>\r\n" };
    struct world *w = scene();
    struct phone *far;

    (void)state;
    far = phone_online(w, "far", PROTOCOL_UDP);
    phone_online(w, "bob", PROTOCOL_UDP);
    assert_int_equal(ask(w, &request), 403);
    assert_int_equal(phone_received(far), 0);
    scene_end(NULL);

    w = scene_with("core.trusted=10.1.0.0/16", NULL);
    far = phone_online(w, "far", PROTOCOL_UDP);
    phone_online(w, "bob", PROTOCOL_UDP);
    assert_int_equal(ask(w, &request), 200);
    expect_bodies(far, "hello");
    assert_string_equal(receipt_header(phone_receipt(far, 0), "Route"),
                        "<sip:far@10.1.0.2;lr>,<sip:further.example;lr>");
}

/* ---- round and round ---- */

#define THROUGH_US "Supported: path\r\nPath: <sip:127.0.0.1:5060;lr>\r\n"

static unsigned
ask_slowly(struct world *w, const struct ask *request)
{
    unsigned status = ask(w, request);

    world_run(w, 100000);
    return status;
}

/* RFC 3261 16.3 step 4. */
static void
a_contact_that_is_the_aor_itself_is_a_loop(void **state)
{
    struct world *w = scene();

    (void)state;
    add_mirror(w);
    register_as(w->tester, "bob", "Contact: <sip:bob@example.org>\r\n" THROUGH_US);
    assert_int_equal(ask_slowly(w, &(struct ask){ 0 }), 482);
    assert_int_equal(world_count_sent(w, "MESSAGE"), 1);
    assert_int_equal(stored_count(w), 0);
}

static void
two_users_who_point_at_each_other_are_a_loop_after_one_round(void **state)
{
    struct world *w = scene();

    (void)state;
    add_mirror(w);
    register_as(w->tester, "bob", "Contact: <sip:alice@example.org>\r\n" THROUGH_US);
    register_as(w->tester, "alice", "Contact: <sip:bob@example.org>\r\n" THROUGH_US);
    assert_int_equal(ask_slowly(w, &(struct ask){ 0 }), 482);
    assert_int_equal(world_count_sent(w, "MESSAGE"), 2);
    assert_int_equal(stored_count(w), 0);
}

/* RFC 3261 16.3 step 4: with another Request-URI it is a spiral. */
static void
a_contact_that_is_another_users_aor_goes_to_his_phone(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);
    struct slice text;

    (void)state;
    add_mirror(w);
    register_as(w->tester, "alice", "Contact: <sip:bob@example.org>\r\n" THROUGH_US);
    assert_int_equal(ask_slowly(w, &(struct ask){ .uri = "sip:alice@example.org" }), 200);
    expect_bodies(bob, "hello");
    text = receipt_text(phone_receipt(bob, 0));
    assert_int_equal(peer_text_count(text, "Via"), 3);
    assert_int_equal(peer_text_number(peer_text_header(text, "Max-Forwards", 0)), 68);
    assert_int_equal(peer_text_count(text, "Route"), 0);
    assert_int_equal(stored_count(w), 0);
}

/* It is stored once, for the one who is offline. */
static void
a_contact_that_is_another_users_aor_goes_to_his_silo(void **state)
{
    struct world *w = scene();

    (void)state;
    add_mirror(w);
    register_as(w->tester, "alice", "Contact: <sip:bob@example.org>\r\n" THROUGH_US);
    assert_int_equal(ask_slowly(w, &(struct ask){ .uri = "sip:alice@example.org" }), 202);
    assert_int_equal(stored_count(w), 1);
    assert_true(slice_equal(stored_record(w, 0).aor, SLICE("bob@example.org")));
}

/* RFC 3261 16.3 step 3: hops count although nothing repeats. */
static void
a_spiral_ends_with_max_forwards(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    add_mirror(w);
    register_as(w->tester, "alice", "Contact: <sip:bob@example.org>\r\n" THROUGH_US);
    assert_int_equal(ask_slowly(w, &(struct ask){ .uri = "sip:alice@example.org",
                                                  .max_forwards = "1" }),
                     483);
    assert_int_equal(phone_received(bob), 0);
    assert_int_equal(stored_count(w), 0);
}

/* ---- datagrams and streams ---- */

static char large[LARGE];

static struct ask
large_ask(void)
{
    memset(large, 'x', sizeof large);
    return (struct ask){ .body = slice_of(large, sizeof large) };
}

/* Has the server connect to the phone's port: a user of that name is behind it. */
static void
connect_to(struct phone *phone)
{
    struct world *w = phone->world;
    char lines[256];

    snprintf(lines, sizeof lines,
             "Contact: <sip:carol@h.invalid>\r\nSupported: path\r\n"
             "Path: <%s;transport=tcp;lr>\r\n",
             phone->contact);
    register_as(w->tester, "carol", lines);
    relay_body(w, "carol", "connect");
    assert_non_null(phone->peer.connection);
}

/* RFC 3261 18.1.1, RFC 3428 8. */
static void
a_large_message_takes_a_stream_to_the_same_peer(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);
    const struct ask request = large_ask();

    (void)state;
    connect_to(bob);
    assert_int_equal(ask(w, &request), 200);
    assert_int_equal(phone_receipt(bob, 1)->protocol, PROTOCOL_TCP);
    assert_true(
        slice_starts(peer_text_header(receipt_text(phone_receipt(bob, 1)), "Via", 0),
                     SLICE("SIP/2.0/TCP ")));
    relay_body(w, "bob", "small");
    assert_int_equal(phone_receipt(bob, 2)->protocol, PROTOCOL_UDP);
}

static void
a_large_message_without_a_stream_is_a_datagram(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);
    const struct ask request = large_ask();

    (void)state;
    assert_int_equal(ask(w, &request), 200);
    assert_int_equal(phone_receipt(bob, 0)->protocol, PROTOCOL_UDP);
    assert_true(
        slice_equal(peer_text_body(receipt_text(phone_receipt(bob, 0))), request.body));
}

/* What is taken is passed on or stored: our Via must not make it too long. */
static void
the_largest_message_goes_to_a_phone_or_into_the_store(void **state)
{
    static char body[65535];
    struct world *w = scene();
    struct phone *ann = phone_offline(w, "ann", PROTOCOL_TCP);
    struct phone *bob = phone_online(w, "bob", PROTOCOL_TCP);
    unsigned taken = 0;

    (void)state;
    memset(body, 'b', sizeof body);
    for (size_t len = sizeof body; len > 64000; len -= 53) {
        unsigned status = ask_by(ann, &(struct ask){ .body = slice_of(body, len) });
        if (status != 200 && status != 202 && status != 413)
            fail_msg("%u to %zu bytes", status, len);
        taken += status != 413;
        world_run(w, 100);
    }
    assert_in_range(taken, 1, 60);
    assert_int_equal(phone_received(bob) + stored_count(w), taken);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(what_is_not_a_proxys_business_stays_as_it_was),
        SCENE(compact_names_are_read_and_left_alone),
        SCENE(our_via_is_on_top_and_the_senders_below_is_completed),
        SCENE(over_a_stream_our_via_says_so),
        SCENE(each_phone_gets_a_branch_of_its_own),
        SCENE(the_request_uri_is_the_contact),
        SCENE(max_forwards_is_counted_down),
        SCENE(a_route_that_is_us_is_taken_off),
        SCENE(a_route_through_others_is_for_trusted_peers_alone),
        SCENE(a_contact_that_is_the_aor_itself_is_a_loop),
        SCENE(two_users_who_point_at_each_other_are_a_loop_after_one_round),
        SCENE(a_contact_that_is_another_users_aor_goes_to_his_phone),
        SCENE(a_contact_that_is_another_users_aor_goes_to_his_silo),
        SCENE(a_spiral_ends_with_max_forwards),
        SCENE(a_large_message_takes_a_stream_to_the_same_peer),
        SCENE(a_large_message_without_a_stream_is_a_datagram),
        SCENE(the_largest_message_goes_to_a_phone_or_into_the_store),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
