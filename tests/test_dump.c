/* m_dump through the whole server: to whom, in which order, what it looks like, and when. */
#include "tests/behaviour.h"
#include "tests/exact.h"

#include "parser/date.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum {
    HOUR_S = 3600,
};

static struct slice
text(const char *s)
{
    return slice_of(s, strlen(s));
}

static const struct receipt *
only_receipt(const struct phone *phone)
{
    assert_int_equal(phone_received(phone), 1);
    return phone_receipt(phone, 0);
}

/* A phone's answers, one MESSAGE after the other; then 200. */
struct script {
    const unsigned *statuses; /* 0 ends them */
    unsigned next;
    uint32_t delay_ms;
};

static struct answer
by_script(void *chooser, struct phone *phone, struct slice request)
{
    struct script *script = chooser;
    struct answer answer = { .status = script->statuses[script->next],
                             .delay_ms = script->delay_ms };

    (void)phone;
    (void)request;
    if (answer.status == 0)
        answer.status = 200;
    else
        script->next++;
    return answer;
}

static void
follow(struct phone *phone, struct script *script)
{
    phone->chooser = script;
    phone->choose = by_script;
}

/* Registers a phone that answers otherwise than phone_online's. */
static void
come_online(struct phone *phone)
{
    struct call *call = phone_register(phone, HOUR_S);

    world_run(phone->world, 1000);
    assert_int_equal(call->status, 200);
}

/* ---- order ---- */

static void
messages_go_out_oldest_first(void **state)
{
    struct world *w = scene();
    struct phone *bob;

    (void)state;
    store_body(w, "bob", "one");
    store_body(w, "carol", "other");
    store_body(w, "bob", "two");
    store_body(w, "bob", "three");
    bob = phone_online(w, "bob", PROTOCOL_UDP);
    expect_bodies(bob, "one two three");
    assert_int_equal(stored_count(w), 1);
}

/* Stores "0", "1" and so on, `count` of them; all of them as expect_bodies wants them. */
static const char *
store_numbers(struct world *w, const char *user, int count)
{
    static char expected[1024];
    char body[16];

    expected[0] = '\0';
    for (int i = 0; i < count; i++) {
        snprintf(body, sizeof body, "%d", i);
        store_body(w, user, body);
        strcat(expected, i == 0 ? "" : " ");
        strcat(expected, body);
    }
    return expected;
}

/* A page is 32 messages and 32 KiB. */
static void
a_dump_goes_on_past_a_page(void **state)
{
    struct world *w = scene();
    const char *expected = store_numbers(w, "bob", 3 * LIMIT_PAGE_MESSAGES);
    struct phone *bob;

    (void)state;
    bob = phone_online(w, "bob", PROTOCOL_UDP);
    world_run(w, 10000);
    expect_bodies(bob, expected);
    assert_int_equal(stored_count(w), 0);
}

/* RFC 3428 8. */
static void
the_next_message_waits_for_the_answer_to_the_one_before(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    store_body(w, "bob", "one");
    store_body(w, "bob", "two");
    bob->answer.delay_ms = 3000;
    come_online(bob);
    world_run(w, 1500);
    expect_bodies(bob, "one");
    world_run(w, 2000);
    expect_bodies(bob, "one two");
}

static void
the_200_to_register_comes_before_the_first_message(void **state)
{
    struct world *w = scene();

    (void)state;
    store_body(w, "bob", "one");
    phone_online(w, "bob", PROTOCOL_UDP);
    assert_non_null(strstr(sent_at(w, "SIP/2.0", 1)->bytes, "REGISTER"));
    assert_true(sent_at(w, "SIP/2.0", 1) < sent_at(w, "MESSAGE", 0));
}

static void
a_register_during_a_dump_sends_nothing_twice(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    store_body(w, "bob", "one");
    store_body(w, "bob", "two");
    bob->answer.delay_ms = 400;
    phone_register(bob, HOUR_S);
    for (int i = 0; i < 20; i++) {
        world_run(w, 50);
        phone_register(bob, HOUR_S);
    }
    world_run(w, 60000);
    expect_bodies(bob, "one two");
}

static void
two_phones_of_one_user_share_one_dump(void **state)
{
    struct world *w = scene();
    struct phone *desk = phone_offline(w, "bob", PROTOCOL_UDP);
    struct phone *soft = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    store_body(w, "bob", "one");
    store_body(w, "bob", "two");
    phone_register(desk, HOUR_S);
    phone_register(soft, HOUR_S);
    world_run(w, 5000);
    assert_int_equal(phone_received(desk) + phone_received(soft), 2);
    assert_int_equal(stored_count(w), 0);
}

static void
aors_are_dumped_side_by_side(void **state)
{
    struct world *w = scene();
    struct phone *mute = phone_offline(w, "bob", PROTOCOL_UDP);
    struct phone *carol;

    (void)state;
    mute->answer.is_mute = true;
    store_body(w, "bob", "one");
    store_body(w, "carol", "two");
    come_online(mute);
    carol = phone_online(w, "carol", PROTOCOL_UDP);
    expect_bodies(carol, "two");
}

/* ---- the request ---- */

static void
a_dumped_request_looks_as_the_contract_says(void **state)
{
    static const struct ask request = {
        .uri = "sip:bob@example.org;x=y",
        .from = "\"Al\" <sip:al@home.example>;tag=sender",
        .to = "Bob <sip:bobby@example.org>;tag=dialog",
        .call_id = "senders",
        .cseq = "33 MESSAGE",
        .ctype = "text/plain;charset=utf-8",
        .headers = "Date: Sun, 15 Jun 2025 15:00:00 GMT\r\n"
                   "Contact: <sip:al@192.0.2.1>\r\n"
                   "Subject: s\r\nX-Own: 1\r\nRoute: <sip:example.org;lr>\r\n"
                   "Expires: 1000\r\n",
        .body = SLICE_INIT("a body"),
    };
    struct world *w = scene();
    struct phone *bob;
    const struct receipt *r;
    char tag[64];

    (void)state;
    assert_int_equal(ask(w, &request), 202);
    bob = phone_online(w, "bob", PROTOCOL_UDP);
    r = only_receipt(bob);
    assert_true(slice_equal(peer_text_request_uri(receipt_text(r)), text(bob->contact)));
    snprintf(tag, sizeof tag, "%s", receipt_header(r, "From"));
    assert_memory_equal(tag, "\"Al\" <sip:al@home.example>;tag=", 31);
    assert_true(strlen(tag) > 31);
    assert_string_not_equal(tag + 31, "sender");
    assert_string_equal(receipt_header(r, "To"), "Bob <sip:bobby@example.org>");
    assert_string_equal(receipt_header(r, "Date"), "Sun, 15 Jun 2025 15:00:00 GMT");
    assert_string_equal(receipt_header(r, "Content-Type"), "text/plain;charset=utf-8");
    assert_string_equal(receipt_header(r, "Subject"), "s");
    assert_string_equal(receipt_header(r, "X-Own"), "1");
    assert_string_equal(receipt_header(r, "Max-Forwards"), "70");
    assert_string_equal(receipt_header(r, "Content-Length"), "6");
    expect_slice(peer_text_body(receipt_text(r)), "a body");
    assert_string_equal(receipt_header(r, "Contact"), ""); /* RFC 3428 4 */
    assert_string_equal(receipt_header(r, "Route"), "");
    assert_string_equal(receipt_header(r, "Expires"), "");
    assert_int_equal(peer_text_count(receipt_text(r), "Via"), 1);
    assert_int_equal(peer_text_count(receipt_text(r), "Date"), 1);
}

static void
without_a_date_of_its_own_a_message_has_that_of_its_arrival(void **state)
{
    struct world *w = scene();
    struct phone *bob;
    char date[DATE_BYTES + 1] = "";

    (void)state;
    store_body(w, "bob", "one");
    world_run(w, 100000);
    bob = phone_online(w, "bob", PROTOCOL_UDP);
    date_write(WORLD_UTC_S + 1, date);
    assert_string_equal(receipt_header(only_receipt(bob), "Date"), date);
}

static void
a_body_arrives_byte_for_byte(void **state)
{
    struct world *w = scene();
    struct phone *bob;
    char bytes[256];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    assert_int_equal(ask(w, &(struct ask){ .ctype = "application/octet-stream",
                                           .body = slice_of(bytes, sizeof bytes) }),
                     202);
    bob = phone_online(w, "bob", PROTOCOL_UDP);
    assert_true(slice_equal(peer_text_body(receipt_text(only_receipt(bob))),
                            slice_of(bytes, sizeof bytes)));
}

static void
an_empty_message_without_type_arrives_as_such(void **state)
{
    struct world *w = scene();
    struct phone *bob;

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .ctype = "", .body = SLICE("") }), 202);
    bob = phone_online(w, "bob", PROTOCOL_UDP);
    assert_int_equal(peer_text_count(receipt_text(only_receipt(bob)), "Content-Type"), 0);
    assert_string_equal(receipt_header(only_receipt(bob), "Content-Length"), "0");
}

/* Also after a restart. RFC 3261 8.1.1.5, 17.1.3: CSeq grows, the branch and tag are new. */
static void
what_is_sent_again_is_the_same_message(void **state)
{
    static const unsigned statuses[] = { 480, 0 };
    struct script script = { statuses, 0, 0 };
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);
    const struct receipt *first, *second;
    char call_id[64], date[64], tag[128];

    (void)state;
    follow(bob, &script);
    store_body(w, "bob", "one");
    come_online(bob);
    world_run(w, 2000);
    world_kill(w);
    come_online(bob);
    expect_bodies(bob, "one one");
    first = phone_receipt(bob, 0);
    second = phone_receipt(bob, 1);
    snprintf(call_id, sizeof call_id, "%s", receipt_header(first, "Call-ID"));
    snprintf(date, sizeof date, "%s", receipt_header(first, "Date"));
    snprintf(tag, sizeof tag, "%s", receipt_header(first, "From"));
    assert_true(strlen(call_id) > 0);
    assert_string_equal(receipt_header(second, "Call-ID"), call_id);
    assert_string_equal(receipt_header(second, "Date"), date);
    assert_string_not_equal(receipt_header(second, "From"), tag);
    assert_true(peer_text_number(peer_text_header(receipt_text(second), "CSeq", 0)) >
                peer_text_number(peer_text_header(receipt_text(first), "CSeq", 0)));
    assert_int_equal(stored_count(w), 0);
}

static void
two_messages_have_two_call_ids(void **state)
{
    struct world *w = scene();
    struct phone *bob;
    char first[64];

    (void)state;
    store_body(w, "bob", "one");
    store_body(w, "bob", "two");
    bob = phone_online(w, "bob", PROTOCOL_UDP);
    snprintf(first, sizeof first, "%s", receipt_header(phone_receipt(bob, 0), "Call-ID"));
    assert_string_not_equal(receipt_header(phone_receipt(bob, 1), "Call-ID"), first);
}

static void
add_date_puts_the_date_before_plain_text_alone(void **state)
{
    struct world *w = scene_with("msilo.add_date=1", NULL);
    struct phone *bob;
    char expected[128], date[DATE_BYTES];

    (void)state;
    date_write(WORLD_UTC_S + 1, date);
    assert_int_equal(
        ask(w, &(struct ask){ .ctype = "Text/Plain ;charset=utf-8", .body = text("x") }),
        202);
    assert_int_equal(ask(w, &(struct ask){ .ctype = "text/html", .body = text("y") }),
                     202);
    assert_int_equal(ask(w, &(struct ask){ .ctype = "", .body = text("z") }), 202);
    bob = phone_online(w, "bob", PROTOCOL_UDP);
    snprintf(expected, sizeof expected, "[Offline message - %.*s] x y z", DATE_BYTES,
             date);
    expect_bodies(bob, expected);
    snprintf(expected, sizeof expected, "%d", 19 + DATE_BYTES + 2 + 1);
    assert_string_equal(receipt_header(phone_receipt(bob, 0), "Content-Length"),
                        expected);
}

/* ---- where to ---- */

static void
over_udp_it_goes_where_the_register_came_from(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    snprintf(bob->contact, sizeof bob->contact, "sip:bob@192.168.1.2:7777");
    store_body(w, "bob", "one");
    come_online(bob);
    expect_bodies(bob, "one");
    expect_slice(peer_text_request_uri(receipt_text(only_receipt(bob))),
                 "sip:bob@192.168.1.2:7777");
}

static void
over_tcp_it_takes_the_connection_of_the_register(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_TCP);

    (void)state;
    snprintf(bob->contact, sizeof bob->contact, "sip:bob@h.invalid;transport=tcp");
    store_body(w, "bob", "one");
    come_online(bob);
    expect_bodies(bob, "one");
    assert_int_equal(sent_at(w, "MESSAGE", 0)->flow.connection,
                     bob->peer.connection->flow.connection);
    assert_non_null(strstr(sent_at(w, "MESSAGE", 0)->bytes, "Via: SIP/2.0/TCP "));
}

/* The connection is gone, its contact names a host: it is connected again. */
static void
without_its_connection_it_goes_to_the_contact(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_TCP);

    (void)state;
    peer_break(&bob->peer, 1);
    world_run(w, 100);
    relay_body(w, "bob", "one");
    world_run(w, 1000);
    expect_bodies(bob, "one");
    assert_int_equal(stored_count(w), 0);
}

static void
register_by_path(struct phone *edge, const char *path)
{
    char headers[256];

    snprintf(headers, sizeof headers,
             "Contact: <sip:bob@192.168.1.2:7777>\r\nSupported: path\r\n%s", path);
    assert_int_equal(ask_by(edge, &(struct ask){ .method = "REGISTER",
                                                 .uri = "sip:example.org",
                                                 .to = "<sip:bob@example.org>",
                                                 .headers = headers }),
                     200);
}

/* RFC 3327 5.4, RFC 3261 16.12. */
static void
a_path_is_the_route_and_its_first_uri_the_next_hop(void **state)
{
    struct world *w = scene();
    struct phone *sender = phone_offline(w, "x", PROTOCOL_UDP);
    struct phone *edge = phone_offline(w, "edge", PROTOCOL_UDP);
    struct slice request;

    (void)state;
    wire_add_name(w, "edge.example.net", edge->peer.address);
    store_body(w, "bob", "one");
    register_by_path(sender, "Path: <sip:edge.example.net;lr>\r\n"
                             "Path: <sip:inner.example.net;lr;ob>\r\n");
    world_run(w, 1000);
    request = receipt_text(only_receipt(edge));
    expect_slice(peer_text_request_uri(request), "sip:bob@192.168.1.2:7777");
    assert_string_equal(receipt_header(only_receipt(edge), "Route"),
                        "<sip:edge.example.net;lr>,<sip:inner.example.net;lr;ob>");
    assert_int_equal(phone_received(sender), 0);
    assert_int_equal(stored_count(w), 0);
}

static void
a_path_over_tcp_is_connected_to(void **state)
{
    struct world *w = scene();
    struct phone *sender = phone_offline(w, "x", PROTOCOL_UDP);
    struct phone *edge = phone_offline(w, "edge", PROTOCOL_TCP);
    char path[128];

    (void)state;
    snprintf(path, sizeof path, "Path: <%s;lr>\r\n", edge->contact);
    store_body(w, "bob", "one");
    register_by_path(sender, path);
    world_run(w, 1000);
    expect_bodies(edge, "one");
}

/* RFC 3263 4.1: where the domain says that it prefers TCP, that is the way. */
static void
a_path_goes_where_its_domain_has_the_service(void **state)
{
    struct world *w = scene();
    struct phone *sender = phone_offline(w, "x", PROTOCOL_UDP);
    struct phone *edge = phone_offline(w, "edge", PROTOCOL_TCP);

    (void)state;
    wire_add_name(w, "edge.example.net", wire_address(99, 5060));
    wire_add_service(w, "edge.example.net", PROTOCOL_TCP, edge->peer.address);
    store_body(w, "bob", "one");
    register_by_path(sender, "Path: <sip:edge.example.net;lr>\r\n");
    world_run(w, 1000);
    expect_bodies(edge, "one");
}

static void
a_path_that_has_no_address_leaves_the_message_for_later(void **state)
{
    struct world *w = scene();

    (void)state;
    store_body(w, "bob", "one");
    register_by_path(w->tester, "Path: <sip:nowhere.example.net;lr>\r\n");
    world_run(w, 300000);
    assert_int_equal(world_count_sent(w, "MESSAGE"), 0);
    assert_int_equal(stored_count(w), 1);
}

static void
an_outbound_proxy_is_asked_for_the_aor(void **state)
{
    struct world *w = scene_with("msilo.outbound_proxy=sip:proxy.example.net", NULL);
    struct phone *proxy = phone_offline(w, "proxy", PROTOCOL_UDP);
    struct phone *bob;

    (void)state;
    wire_add_name(w, "proxy.example.net", proxy->peer.address);
    store_body(w, "bob", "one");
    bob = phone_online(w, "bob", PROTOCOL_UDP);
    assert_int_equal(phone_received(bob), 0);
    expect_bodies(proxy, "one");
    expect_slice(peer_text_request_uri(receipt_text(only_receipt(proxy))),
                 "sip:bob@example.org");
    assert_int_equal(stored_count(w), 0);
}

/* ---- answers ---- */

/* What a death would repeat is bounded, and the disk is not waited for within the bound. */
static void
a_dump_runs_ahead_of_its_removals_by_a_bound(void **state)
{
    enum { COUNT = 3 * LIMIT_UNREMOVED };
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);
    const char *expected = store_numbers(w, "bob", COUNT);
    size_t most = 0;

    (void)state;
    w->faults.delay_ms = 500;
    phone_register(bob, HOUR_S);
    for (int i = 0; i < 1000; i++) {
        size_t unremoved = phone_received(bob) + stored_count(w) - COUNT;

        assert_true(unremoved <= LIMIT_UNREMOVED);
        most = unremoved > most ? unremoved : most;
        world_run(w, 10);
    }
    assert_int_equal(most, LIMIT_UNREMOVED);
    expect_bodies(bob, expected);
    assert_int_equal(stored_count(w), 0);
}

static void
any_2xx_will_do(void **state)
{
    static const unsigned statuses[] = { 202, 299, 0 };
    struct script script = { statuses, 0, 0 };
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    follow(bob, &script);
    store_body(w, "bob", "one");
    store_body(w, "bob", "two");
    come_online(bob);
    assert_int_equal(stored_count(w), 0);
}

static void
what_says_the_phone_cannot_ends_the_dump(void **state)
{
    static const unsigned endings[] = { 408, 480, 500, 503 };

    (void)state;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        const unsigned statuses[] = { endings[i], 0 };
        struct script script = { statuses, 0, 0 };
        struct world *w = scene();
        struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

        follow(bob, &script);
        store_body(w, "bob", "one");
        store_body(w, "bob", "two");
        come_online(bob);
        world_run(w, 25000);
        expect_bodies(bob, "one");
        assert_int_equal(stored_count(w), 2);
        world_run(w, 5000); /* check_time */
        expect_bodies(bob, "one one two");
        assert_int_equal(stored_count(w), 0);
        scene_end(NULL);
    }
}

static void
any_other_answer_leaves_that_message_and_tries_the_next(void **state)
{
    static const unsigned others[] = { 300, 302, 400, 401, 403, 404, 405, 406, 407,
                                       410, 413, 415, 420, 481, 486, 487, 488, 501,
                                       502, 504, 505, 513, 600, 603, 604, 606, 699 };

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        const unsigned statuses[] = { others[i], 0 };
        struct script script = { statuses, 0, 0 };
        struct world *w = scene();
        struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

        follow(bob, &script);
        store_body(w, "bob", "one");
        store_body(w, "bob", "two");
        come_online(bob);
        world_run(w, 200000);
        expect_bodies(bob, "one two");
        assert_int_equal(stored_count(w), 1);
        bob->says_message = true;    /* or 405 and 501 would be believed */
        phone_register(bob, HOUR_S); /* the next dump */
        world_run(w, 1000);
        expect_bodies(bob, "one two one");
        assert_int_equal(stored_count(w), 0);
        scene_end(NULL);
    }
}

/* RFC 3261 17.1.2.2: T1, doubled up to T2; F is fr_timer. */
static void
an_unanswered_message_is_resent_until_fr_timer_and_stays(void **state)
{
    static const uint64_t expected[] = { 0, 500, 1500, 3500, 7500 };
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.is_mute = true;
    store_body(w, "bob", "one");
    come_online(bob);
    world_run(w, 15000);
    assert_int_equal(world_count_sent(w, "MESSAGE"), 5);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(sent_at(w, "MESSAGE", i)->at_ms -
                             sent_at(w, "MESSAGE", 0)->at_ms,
                         expected[i]);
    assert_int_equal(stored_count(w), 1);
}

static void
fr_timer_ends_the_wait(void **state)
{
    struct world *w = scene_with("tm.fr_timer=2", NULL);
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.is_mute = true;
    store_body(w, "bob", "one");
    come_online(bob);
    world_run(w, 20000);
    assert_int_equal(world_count_sent(w, "MESSAGE"), 3);
}

static void
over_tcp_nothing_is_resent(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_TCP);

    (void)state;
    bob->answer.is_mute = true;
    store_body(w, "bob", "one");
    come_online(bob);
    world_run(w, 15000);
    assert_int_equal(world_count_sent(w, "MESSAGE"), 1);
}

/* An ICMP error is news: no need to wait for fr_timer. */
static void
a_flow_that_fails_ends_the_dump_at_once(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    store_body(w, "bob", "one");
    store_body(w, "bob", "two");
    phone_register(bob, HOUR_S);
    world_run(w, 2);
    phone_die(bob, true); /* the REGISTER has arrived, nothing has come back yet */
    world_run(w, 5000);
    assert_int_equal(world_count_sent(w, "MESSAGE"), 1);
    assert_non_null(strstr(scene_log(), "silo.undelivered"));
    assert_int_equal(stored_count(w), 2);
}

static void
a_provisional_answer_is_no_answer(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.is_provisional = true;
    bob->answer.delay_ms = 5000;
    store_body(w, "bob", "one");
    come_online(bob);
    world_run(w, 3000);
    assert_int_equal(stored_count(w), 1);
    world_run(w, 3000);
    assert_int_equal(stored_count(w), 0);
    assert_int_equal(phone_received(bob), 1);
}

static void
an_answer_that_comes_twice_counts_once(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.copies = 3;
    store_body(w, "bob", "one");
    store_body(w, "bob", "two");
    come_online(bob);
    world_run(w, 10000);
    expect_bodies(bob, "one two");
    assert_int_equal(stored_count(w), 0);
}

/* ---- again ---- */

/* First sends of the dump, without retransmissions: a phone that says 480. */
static void
expect_tries(const struct phone *phone, const uint32_t *seconds, unsigned count)
{
    uint64_t start_ms = phone_receipt(phone, 0)->at_ms;

    assert_int_equal(phone_received(phone), count);
    for (unsigned i = 0; i < count; i++)
        assert_in_range(phone_receipt(phone, i)->at_ms - start_ms,
                        (uint64_t)seconds[i] * 1000, (uint64_t)seconds[i] * 1000 + 100);
}

static void
a_dump_that_ended_is_tried_again_after_check_time_doubled_up_to_an_hour(void **state)
{
    static const uint32_t seconds[] = {
        0, 30, 90, 210, 450, 930, 1890, 3810, 7410, 11010
    };
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.status = 480;
    store_body(w, "bob", "one");
    phone_register(bob, 4 * HOUR_S);
    world_run(w, 12000 * 1000);
    expect_tries(bob, seconds, sizeof seconds / sizeof seconds[0]);
}

static void
tries_end_with_the_binding(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.status = 480;
    store_body(w, "bob", "one");
    phone_register(bob, 100); /* tries at 0, 30 and 90 */
    world_run(w, 3 * HOUR_S * 1000);
    assert_int_equal(phone_received(bob), 3);
    assert_int_equal(stored_count(w), 1);
}

static void
tries_end_when_the_phone_goes(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.status = 480;
    store_body(w, "bob", "one");
    come_online(bob);
    phone_register(bob, 0);
    world_run(w, HOUR_S * 1000);
    assert_int_equal(phone_received(bob), 1);
}

static void
the_next_register_hurries_and_starts_the_wait_anew(void **state)
{
    static const uint32_t seconds[] = { 0, 30, 60, 90, 150 };
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.status = 480;
    store_body(w, "bob", "one");
    phone_register(bob, HOUR_S);
    world_run(w, 60000);
    phone_register(bob, HOUR_S);
    world_run(w, 100000);
    expect_tries(bob, seconds, sizeof seconds / sizeof seconds[0]);
}

/* It may have come back with another address while the old one was being tried. */
static void
a_register_while_the_old_contact_is_tried_is_followed_at_once(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);
    struct phone *back = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    phone_die(bob, false);
    store_body(w, "bob", "one");
    world_run(w, 3000);
    come_online(back);
    world_run(w, 7000); /* fr_timer for the old one is over */
    expect_bodies(back, "one");
}

static void
a_new_message_goes_behind_what_waits(void **state)
{
    static const unsigned statuses[] = { 480, 0 };
    struct script script = { statuses, 0, 0 };
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    follow(bob, &script);
    store_body(w, "bob", "one");
    come_online(bob);
    store_body(w, "bob", "two");
    world_run(w, 10000);
    expect_bodies(bob, "one");
    world_run(w, 25000);
    expect_bodies(bob, "one one two");
}

/* Stored while the last page is being worked off. */
static void
a_message_stored_during_a_dump_is_dumped_with_it(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.delay_ms = 2000;
    store_body(w, "bob", "one");
    come_online(bob);
    store_body(w, "bob", "two");
    store_body(w, "bob", "three");
    world_run(w, 10000);
    expect_bodies(bob, "one two three");
}

/* What was passed over waits for the next dump, and that is older than what comes now. */
static void
what_was_passed_over_goes_before_a_new_message(void **state)
{
    static const unsigned statuses[] = { 404, 0 };
    struct script script = { statuses, 0, 0 };
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    follow(bob, &script);
    store_body(w, "bob", "one");
    come_online(bob);
    store_body(w, "bob", "two");
    world_run(w, 1000);
    expect_bodies(bob, "one one two");
}

/* ---- not sent ---- */

static void
an_expired_message_is_never_sent(void **state)
{
    struct world *w = scene_with("msilo.clean_period=1000000", NULL);
    struct phone *bob;

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .headers = "Expires: 100\r\n" }), 202);
    store_body(w, "bob", "two");
    world_run(w, 100000);
    assert_int_equal(stored_count(w), 2);
    bob = phone_online(w, "bob", PROTOCOL_UDP);
    expect_bodies(bob, "two");
}

/* It lies in the dump's page, read before. */
static void
a_message_that_expires_while_it_waits_in_a_dump_is_not_sent(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.delay_ms = 3000;
    store_body(w, "bob", "one");
    assert_int_equal(
        ask(w, &(struct ask){ .headers = "Expires: 2\r\n", .body = text("two") }), 202);
    store_body(w, "bob", "three");
    come_online(bob);
    world_run(w, 10000);
    expect_bodies(bob, "one three");
}

static void
register_with(struct world *w, const char *headers)
{
    assert_int_equal(ask(w, &(struct ask){ .method = "REGISTER",
                                           .uri = "sip:example.org",
                                           .to = "<sip:bob@example.org>",
                                           .headers = headers }),
                     200);
    world_run(w, 1000);
}

static void
a_phone_that_does_not_take_message_gets_no_dump(void **state)
{
    static const char *const refusals[] = {
        "Contact: <sip:bob@10.1.0.1>\r\nAllow: INVITE, ACK\r\n",
        "Contact: <sip:bob@10.1.0.1>;methods=\"INVITE,BYE\"\r\n",
        "Contact: <sip:bob@10.1.0.1>\r\nAllow:\r\n",
    };
    struct world *w = scene();

    (void)state;
    store_body(w, "bob", "one");
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        register_with(w, refusals[i]);
        store_body(w, "bob", "another");
        world_run(w, 100000);
        if (phone_received(w->tester) > 0)
            fail_msg("%s", refusals[i]);
    }
}

static void
a_phone_that_says_it_takes_message_gets_its_dump(void **state)
{
    static const char *const consents[] = {
        "Contact: <sip:bob@10.1.0.1>\r\nAllow: INVITE\r\nAllow: ACK, MESSAGE\r\n",
        "Contact: <sip:bob@10.1.0.1>;methods=\"INVITE,MESSAGE\"\r\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof consents / sizeof consents[0]; i++) {
        struct world *w = scene();
        store_body(w, "bob", "one");
        register_with(w, consents[i]);
        expect_bodies(w->tester, "one");
        scene_end(NULL);
    }
}

static void
a_removal_of_the_contact_starts_no_dump(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    store_body(w, "bob", "one");
    phone_register(bob, 0);
    world_run(w, 10000);
    assert_int_equal(phone_received(bob), 0);
}

/* Section 8: saved when everybody might register, loaded when trusted peers alone may. */
static void
an_address_that_has_not_shown_that_it_receives_gets_none(void **state)
{
    struct world *w = scene_with("usrloc.db_mode=1", NULL);
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    world_die(w);
    w->settings.auth_register = AUTH_TRUSTED;
    world_start(w);
    store_body(w, "bob", "one");
    world_run(w, 100000);
    assert_int_equal(phone_received(bob), 0);
    assert_int_equal(stored_count(w), 1);
}

static void
an_address_that_is_trusted_gets_its_dump(void **state)
{
    struct world *w =
        scene_with("auth.register=trusted", "core.trusted=10.1.0.0/16", NULL);
    struct phone *bob;

    (void)state;
    store_body(w, "bob", "one");
    bob = phone_online(w, "bob", PROTOCOL_UDP);
    expect_bodies(bob, "one");
}

/* ---- the store fails ---- */

/* Delivered is delivered: removals are tried again, not the messages; and nothing more goes out
 * that could not be removed. */
static void
removals_that_fail_are_tried_again_and_nothing_is_sent_twice(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);
    const char *expected = store_numbers(w, "bob", 3 * LIMIT_UNREMOVED);
    size_t sent;

    (void)state;
    w->faults.failed = 1000;
    come_online(bob);
    sent = phone_received(bob);
    assert_in_range(sent, 1, LIMIT_UNREMOVED);
    world_run(w, 20000);
    phone_register(bob, HOUR_S);
    world_run(w, 5000);
    assert_int_equal(phone_received(bob), sent);
    assert_int_equal(stored_count(w), 3 * LIMIT_UNREMOVED);
    w->faults.failed = 0;
    world_run(w, 5000);
    expect_bodies(bob, expected);
    assert_int_equal(stored_count(w), 0);
}

/* The next round begins while removals of the one before are under way. */
static void
a_phone_that_was_busy_gets_nothing_twice_while_removals_are_slow(void **state)
{
    static const unsigned statuses[] = { 200, 200, 480, 200, 0 };
    struct script script = { statuses, 0, 100 };
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    follow(bob, &script);
    store_numbers(w, "bob", 5);
    phone_register(bob, HOUR_S);
    world_run(w, 50);
    expect_bodies(bob, "0");
    w->faults.delay_ms = 60000;
    world_run(w, 1000);
    expect_bodies(bob, "0 1 2");
    w->faults.delay_ms = 1; /* of what follows: the first commit is still out */
    world_run(w, 40000);    /* check_time is over */
    assert_int_equal(stored_count(w), 5);
    expect_bodies(bob, "0 1 2 2 3 4");
    world_run(w, 300000);
    expect_bodies(bob, "0 1 2 2 3 4");
    assert_int_equal(stored_count(w), 0);
}

static void
a_removal_succeeds_in_a_full_store(void **state)
{
    struct world *w = scene();
    struct phone *bob;

    (void)state;
    store_body(w, "bob", "one");
    w->contents->room_bytes = 1;
    bob = phone_online(w, "bob", PROTOCOL_UDP);
    expect_bodies(bob, "one");
    assert_int_equal(stored_count(w), 0);
}

static void
a_store_that_cannot_be_read_is_read_again(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    store_body(w, "bob", "one");
    w->faults.read_failed = 1000;
    come_online(bob);
    assert_int_equal(phone_received(bob), 0);
    w->faults.read_failed = 0;
    world_run(w, 30000);
    expect_bodies(bob, "one");
}

/* Those alone whose removals were on their way come twice, and in order. */
static void
a_death_between_delivery_and_removal_repeats_those_messages_alone(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    store_body(w, "bob", "one");
    store_body(w, "bob", "two");
    store_body(w, "bob", "three");
    bob->answer.delay_ms = 400;
    w->faults.delay_ms = 1000;
    phone_register(bob, HOUR_S);
    world_run(w, 3000); /* saved, read; two answers */
    expect_bodies(bob, "one two three");
    world_kill(w);
    w->faults.delay_ms = 1;
    come_online(bob);
    world_run(w, 3000);
    expect_bodies(bob, "one two three one two three");
    assert_int_equal(stored_count(w), 0);
}

/* ---- sizes, restarts, stopping ---- */

/* Shorter and shorter ones: what is not taken is 413. Returns how many were. */
static unsigned
store_large(struct world *w)
{
    static char body[65535];
    struct phone *ann = phone_offline(w, "ann", PROTOCOL_TCP);
    unsigned stored = 0;

    memset(body, 'b', sizeof body);
    for (size_t len = sizeof body; len > 59000; len -= 97) {
        unsigned status = ask_by(ann, &(struct ask){ .body = slice_of(body, len) });
        if (status != 202)
            assert_int_equal(status, 413);
        stored += status == 202;
        world_run(w, 100); /* a refused one may close its connection */
    }
    assert_in_range(stored, 1, 60);
    return stored;
}

/* What was taken must fit into what we send: 202 is a promise. */
static void
the_largest_message_that_is_taken_is_delivered(void **state)
{
    struct world *w = scene();
    unsigned stored = store_large(w);
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    world_run(w, 10000);
    assert_int_equal(phone_received(bob), stored);
    assert_int_equal(stored_count(w), 0);
}

/* A binding has 4096 bytes of text. */
static void
the_largest_message_is_delivered_to_the_longest_contact(void **state)
{
    struct world *w = scene();
    unsigned stored = store_large(w);
    char headers[4200];
    int n = snprintf(headers, sizeof headers, "Contact: <sip:%04000d@10.1.0.1>\r\n", 7);

    (void)state;
    assert_in_range(n, 4000, sizeof headers - 1);
    register_with(w, headers);
    world_run(w, 10000);
    assert_int_equal(phone_received(w->tester), stored);
    assert_int_equal(stored_count(w), 0);
}

/* With db_mode 1 the contact outlives the restart, and with it what waits for it: nobody
 * waits for the next REGISTER, which may be an hour off. */
static void
after_a_restart_a_saved_contact_gets_what_waits_for_it(void **state)
{
    struct world *w = scene_with("usrloc.db_mode=1", NULL);
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.status = 480;
    store_body(w, "bob", "one");
    come_online(bob);
    world_kill(w);
    bob->answer.status = 200;
    world_run(w, 60000);
    expect_bodies(bob, "one one");
    assert_int_equal(stored_count(w), 0);
}

static void
after_a_restart_a_saved_contact_gets_new_messages(void **state)
{
    struct world *w = scene_with("usrloc.db_mode=1", NULL);
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    world_kill(w);
    store_body(w, "bob", "one");
    world_run(w, 1000);
    expect_bodies(bob, "one");
}

static void
without_db_mode_a_restart_forgets_the_contact(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    world_kill(w);
    store_body(w, "bob", "one");
    world_run(w, 10000);
    assert_int_equal(phone_received(bob), 0);
    phone_register(bob, HOUR_S);
    world_run(w, 1000);
    expect_bodies(bob, "one");
}

/* What is in flight is brought to its end; the next one is not begun. */
static void
a_server_that_stops_ends_its_dumps(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.delay_ms = 2000;
    store_body(w, "bob", "one");
    store_body(w, "bob", "two");
    come_online(bob);
    server_stop(w->server, w->now);
    assert_false(server_is_idle(w->server));
    world_run(w, 10000);
    expect_bodies(bob, "one");
    assert_int_equal(stored_count(w), 1);
    assert_true(server_is_idle(w->server));
}

/* The name of its Path is being looked up when the server is told to stop. */
static void
a_server_that_stops_sends_nothing_to_a_name_that_comes_late(void **state)
{
    struct world *w = scene();
    struct phone *edge = phone_offline(w, "edge", PROTOCOL_UDP);

    (void)state;
    wire_add_name(w, "edge.example.net", edge->peer.address);
    store_body(w, "bob", "one");
    w->link.delay_ms = 2000; /* of the look-up */
    register_by_path(w->tester, "Path: <sip:edge.example.net;lr>\r\n");
    world_run(w, 1000);
    server_stop(w->server, w->now);
    world_run(w, 10000);
    assert_int_equal(phone_received(edge), 0);
}

/* What was told early and has failed since holds every read back until it is made up for. */
static void
a_server_that_stops_makes_up_for_what_failed_late(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    store_body(w, "bob", "one");
    w->faults = (struct disk_faults){ .early = 1000, .lied = 1000 };
    store_body(w, "carol", "other");
    w->faults = (struct disk_faults){ .delay_ms = 1 };
    phone_register(bob, HOUR_S);
    world_run(w, 100);
    server_stop(w->server, w->now);
    assert_false(server_is_idle(w->server));
    world_run(w, 10000);
    assert_true(server_is_idle(w->server));
}

/* The dump to the old phone is over but for its last removal, when the new one's REGISTER is
 * being saved: a message that comes before that is done goes behind what waits. */
static void
what_comes_while_another_phone_registers_does_not_overtake(void **state)
{
    struct world *w = scene_with("usrloc.db_mode=1", NULL);
    struct phone *old = phone_offline(w, "bob", PROTOCOL_UDP);
    struct phone *new = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    store_body(w, "bob", "one");
    store_body(w, "bob", "two");
    old->answer.delay_ms = 100;
    phone_register(old, 3600);
    world_run(w, 20);
    phone_register(old, 0);
    world_run(w, 50); /* saved; "one" is not answered yet */
    w->faults.delay_ms = 200;
    world_run(w, 100); /* now it is, and its removal is out */
    phone_register(new, 3600);
    world_run(w, 400); /* it is removed, and the binding being saved */
    ask_only(w->tester, &(struct ask){ .body = SLICE("three") });
    world_run(w, 5000);

    expect_bodies(old, "one");
    expect_bodies(new, "two three");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(messages_go_out_oldest_first),
        SCENE(a_dump_goes_on_past_a_page),
        SCENE(the_next_message_waits_for_the_answer_to_the_one_before),
        SCENE(the_200_to_register_comes_before_the_first_message),
        SCENE(a_register_during_a_dump_sends_nothing_twice),
        SCENE(two_phones_of_one_user_share_one_dump),
        SCENE(aors_are_dumped_side_by_side),
        SCENE(a_dumped_request_looks_as_the_contract_says),
        SCENE(without_a_date_of_its_own_a_message_has_that_of_its_arrival),
        SCENE(a_body_arrives_byte_for_byte),
        SCENE(an_empty_message_without_type_arrives_as_such),
        SCENE(what_is_sent_again_is_the_same_message),
        SCENE(two_messages_have_two_call_ids),
        SCENE(add_date_puts_the_date_before_plain_text_alone),
        SCENE(over_udp_it_goes_where_the_register_came_from),
        SCENE(over_tcp_it_takes_the_connection_of_the_register),
        SCENE(without_its_connection_it_goes_to_the_contact),
        SCENE(a_path_is_the_route_and_its_first_uri_the_next_hop),
        SCENE(a_path_over_tcp_is_connected_to),
        SCENE(a_path_goes_where_its_domain_has_the_service),
        SCENE(a_path_that_has_no_address_leaves_the_message_for_later),
        SCENE(an_outbound_proxy_is_asked_for_the_aor),
        SCENE(a_dump_runs_ahead_of_its_removals_by_a_bound),
        SCENE(any_2xx_will_do),
        SCENE(what_says_the_phone_cannot_ends_the_dump),
        SCENE(any_other_answer_leaves_that_message_and_tries_the_next),
        SCENE(an_unanswered_message_is_resent_until_fr_timer_and_stays),
        SCENE(fr_timer_ends_the_wait),
        SCENE(over_tcp_nothing_is_resent),
        SCENE(a_flow_that_fails_ends_the_dump_at_once),
        SCENE(a_provisional_answer_is_no_answer),
        SCENE(an_answer_that_comes_twice_counts_once),
        SCENE(a_dump_that_ended_is_tried_again_after_check_time_doubled_up_to_an_hour),
        SCENE(tries_end_with_the_binding),
        SCENE(tries_end_when_the_phone_goes),
        SCENE(the_next_register_hurries_and_starts_the_wait_anew),
        SCENE(a_register_while_the_old_contact_is_tried_is_followed_at_once),
        SCENE(a_new_message_goes_behind_what_waits),
        SCENE(a_message_stored_during_a_dump_is_dumped_with_it),
        SCENE(what_was_passed_over_goes_before_a_new_message),
        SCENE(an_expired_message_is_never_sent),
        SCENE(a_message_that_expires_while_it_waits_in_a_dump_is_not_sent),
        SCENE(a_phone_that_does_not_take_message_gets_no_dump),
        SCENE(a_phone_that_says_it_takes_message_gets_its_dump),
        SCENE(a_removal_of_the_contact_starts_no_dump),
        SCENE(an_address_that_has_not_shown_that_it_receives_gets_none),
        SCENE(an_address_that_is_trusted_gets_its_dump),
        SCENE(removals_that_fail_are_tried_again_and_nothing_is_sent_twice),
        SCENE(a_phone_that_was_busy_gets_nothing_twice_while_removals_are_slow),
        SCENE(a_removal_succeeds_in_a_full_store),
        SCENE(a_store_that_cannot_be_read_is_read_again),
        SCENE(a_death_between_delivery_and_removal_repeats_those_messages_alone),
        SCENE(the_largest_message_that_is_taken_is_delivered),
        SCENE(the_largest_message_is_delivered_to_the_longest_contact),
        SCENE(after_a_restart_a_saved_contact_gets_what_waits_for_it),
        SCENE(after_a_restart_a_saved_contact_gets_new_messages),
        SCENE(without_db_mode_a_restart_forgets_the_contact),
        SCENE(a_server_that_stops_ends_its_dumps),
        SCENE(a_server_that_stops_sends_nothing_to_a_name_that_comes_late),
        SCENE(a_server_that_stops_makes_up_for_what_failed_late),
        SCENE(what_comes_while_another_phone_registers_does_not_overtake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
