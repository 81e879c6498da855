/* Responses as odd as phones are, and senders that go away. */
#include "tests/through.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum {
    TEXT_ROOM = 4096,
    MINUTES_MS = 200000, /* longer than check_time and all timers */
};

/* A phone that answers by hand. */
static struct phone *
phone_by_hand(struct world *w, enum protocol protocol)
{
    struct phone *bob = phone_online(w, "bob", protocol);

    bob->answer.is_mute = true;
    return bob;
}

static struct slice
via_of(const struct phone *bob, unsigned index)
{
    return peer_text_header(receipt_text(phone_receipt(bob, 0)), "Via", index);
}

/* "v:" and its like; the Vias in one line, as they may be (RFC 3261 7.3.1, 7.3.3). */
static void
answer_compactly(struct phone *bob, const char *between)
{
    struct slice request = receipt_text(phone_receipt(bob, 0));
    char text[TEXT_ROOM];
    int n = snprintf(text, sizeof text,
                     "SIP/2.0 200 Fine, thanks\r\n"
                     "v: %.*s%s%.*s\r\nf: %.*s\r\nt: %.*s;tag=x\r\ni: %.*s\r\n"
                     "CSeq: %.*s\r\ns: own\r\nl: 0\r\n\r\n",
                     SLICE_ARG(via_of(bob, 0)), between, SLICE_ARG(via_of(bob, 1)),
                     SLICE_ARG(peer_text_header(request, "From", 0)),
                     SLICE_ARG(peer_text_header(request, "To", 0)),
                     SLICE_ARG(peer_text_header(request, "Call-ID", 0)),
                     SLICE_ARG(peer_text_header(request, "CSeq", 0)));

    phone_send_raw(bob, slice_of(text, (size_t)n));
    world_run(bob->world, 100);
}

static void
vias_may_stand_in_one_line_and_names_be_compact(void **state)
{
    static const char *const betweens[] = {
        ",",
        " , ",
        ",\r\n ",
        "\r\nVia: ",
        "\r\nv:",
        ",\r\nv: ",
        "\r\nVia:\r\nVia: ",
        "\r\nv: , ,",
    };

    (void)state;
    for (size_t i = 0; i < sizeof betweens / sizeof betweens[0]; i++) {
        struct world *w = scene();
        struct phone *bob = phone_by_hand(w, PROTOCOL_UDP);
        const char *answer;

        ask_only(w->tester,
                 &(struct ask){ .via = "SIP/2.0/UDP h;branch=z9hG4bKone;rport" });
        world_run(w, 100);
        answer_compactly(bob, betweens[i]);
        assert_int_equal(w->tester->last_final, 200);
        assert_string_equal(answer_reason(w->tester), "Fine, thanks");
        answer = answer_of(w->tester).at;
        assert_non_null(strstr(answer, ": SIP/2.0/UDP h;branch=z9hG4bKone;"));
        assert_null(strstr(answer, "127.0.0.1:5060"));
        assert_null(strstr(answer, "Via: \r\n"));
        assert_null(strstr(answer, "Via: ,"));
        assert_non_null(strstr(answer, ": own\r\n"));
        scene_end(NULL);
    }
}

/* RFC 3261 18.1.2: not one of ours. */
static void
a_response_with_another_branch_is_dropped(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_by_hand(w, PROTOCOL_UDP);
    struct receipt other;
    char text[TEXT_ROOM], *branch;

    (void)state;
    ask_only(w->tester, &(struct ask){ 0 });
    world_run(w, 100);
    other = *phone_receipt(bob, 0);
    snprintf(text, sizeof text, "%s", other.bytes);
    branch = strstr(text, "z9hG4bK");
    branch[12] = branch[12] == 'x' ? 'y' : 'x';
    other.bytes = text;
    reply(bob, &other, "200 OK");
    assert_null(final_at(w, w->tester, 0));
    reply(bob, phone_receipt(bob, 0), "200 OK");
    assert_int_equal(only_final(w, w->tester), 200);
}

/* Nothing below our Via: there is nobody to pass it to, but the phone has the message. */
static void
a_response_without_the_senders_via_ends_well(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_by_hand(w, PROTOCOL_UDP);
    struct slice via, rest;
    char text[TEXT_ROOM];

    (void)state;
    ask_only(w->tester, &(struct ask){ .call_id = "short" });
    world_run(w, 100);
    via = via_of(bob, 0);
    rest = peer_text_header(receipt_text(phone_receipt(bob, 0)), "From", 0);
    snprintf(text, sizeof text,
             "SIP/2.0 200 OK\r\nVia: %.*s\r\nFrom: %.*s\r\n"
             "To: <sip:bob@example.org>;tag=x\r\nCall-ID: short\r\nCSeq: 1 MESSAGE\r\n"
             "Content-Length: 0\r\n\r\n",
             SLICE_ARG(via), SLICE_ARG(rest));
    phone_send_raw(bob, slice_of(text, strlen(text)));
    world_run(w, MINUTES_MS);
    assert_in_set(only_final(w, w->tester), ((uintmax_t[]){ 200, 202 }), 2);
}

/* RFC 4320 4.2: the sender has given up long since, or would believe that nobody has it. */
static void
a_408_is_not_passed_back(void **state)
{
    struct world *w = scene_with("msilo.store_on=480", NULL);
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);
    unsigned status;

    (void)state;
    bob->answer.status = 408;
    status = ask(w, &(struct ask){ 0 });
    assert_int_not_equal(status, 408);
}

/* RFC 3261 21.4.6: it said so, though another was quicker. */
static void
a_405_after_anothers_2xx_is_remembered(void **state)
{
    struct world *w = scene();
    struct phone *desk = phone_online(w, "bob", PROTOCOL_UDP);
    struct phone *soft = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    desk->answer = (struct answer){ .status = 405, .delay_ms = 50 };
    relay_body(w, "bob", "one");
    world_run(w, 1000);
    relay_body(w, "bob", "two");
    world_run(w, 1000);
    expect_bodies(soft, "one two");
    expect_bodies(desk, "one");
}

/* ---- the sender ---- */

/* RFC 3261 18.2.2: over a new connection to where it came from, if at all; the message is not
 * lost for that. */
static void
a_sender_whose_connection_breaks_has_sent_it_all_the_same(void **state)
{
    static const unsigned statuses[] = { 200, 480, 603 };

    (void)state;
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        struct world *w = scene();
        struct phone *ann = phone_offline(w, "ann", PROTOCOL_TCP);
        struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

        bob->answer = (struct answer){ .status = statuses[i], .delay_ms = 1000 };
        ask_only(ann, &(struct ask){ 0 });
        world_run(w, 500);
        peer_break(&ann->peer, 1);
        world_run(w, 5000);
        expect_bodies(bob, "hello");
        assert_int_equal(stored_count(w), statuses[i] == 480 ? 1 : 0);
        scene_end(NULL);
    }
}

/* RFC 3261 17.2.2: over a stream, too, a repetition is of the same transaction. */
static void
a_repetition_over_a_stream_is_not_sent_to_the_phone_again(void **state)
{
    struct world *w = scene();
    struct phone *ann = phone_offline(w, "ann", PROTOCOL_TCP);
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);
    struct slice request = ask_text(ann, &(struct ask){ 0 });

    (void)state;
    bob->answer.delay_ms = 1000;
    phone_send_raw(ann, request);
    world_run(w, 500);
    phone_send_raw(ann, request);
    world_run(w, 5000);
    expect_bodies(bob, "hello");
    assert_int_equal(only_final(w, ann), 200);
    assert_null(final_at(w, ann, 1));
}

/* Two requests at once are two, though they look alike but for their branch and Call-ID. */
static void
many_at_once_are_told_apart(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.delay_ms = 500;
    for (int i = 0; i < 200; i++)
        ask_only(w->tester, &(struct ask){ 0 });
    world_run(w, 20000);
    assert_int_equal(phone_received(bob), 200);
    assert_int_equal(count_responses(w, w->tester, 200), 200);
    assert_int_equal(stored_count(w), 0);
}

/* ---- phones that change meanwhile ---- */

static void
a_phone_that_leaves_meanwhile_may_still_answer(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.delay_ms = 3000;
    ask_only(w->tester, &(struct ask){ 0 });
    world_run(w, 500);
    phone_register(bob, 0);
    world_run(w, 10000);
    assert_int_equal(only_final(w, w->tester), 200);
    assert_int_equal(stored_count(w), 0);
}

/* It comes back under another address: what the old one never got is dumped there. */
static void
a_phone_that_moves_meanwhile_gets_it_at_its_new_place(void **state)
{
    struct world *w = scene();
    struct phone *old = phone_online(w, "bob", PROTOCOL_UDP);
    struct phone *new;

    (void)state;
    phone_die(old, false);
    ask_only(w->tester, &(struct ask){ 0 });
    world_run(w, 3000);
    new = phone_online(w, "bob", PROTOCOL_UDP);
    world_run(w, 60000);
    expect_bodies(new, "hello");
    assert_int_equal(only_final(w, w->tester), 202);
    assert_int_equal(stored_count(w), 0);
}

/* A 405 about a contact that has since said that it can does not count. */
static void
a_register_after_a_405_counts_more(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.status = 405;
    store_body(w, "bob", "one");
    bob->answer.status = 200;
    bob->says_message = true;
    come_online(bob);
    expect_bodies(bob, "one one");
    bob->says_message = false;
    come_online(bob);
    relay_body(w, "bob", "two");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(vias_may_stand_in_one_line_and_names_be_compact),
        SCENE(a_response_with_another_branch_is_dropped),
        SCENE(a_response_without_the_senders_via_ends_well),
        SCENE(a_408_is_not_passed_back),
        SCENE(a_405_after_anothers_2xx_is_remembered),
        SCENE(a_sender_whose_connection_breaks_has_sent_it_all_the_same),
        SCENE(a_repetition_over_a_stream_is_not_sent_to_the_phone_again),
        SCENE(many_at_once_are_told_apart),
        SCENE(a_phone_that_leaves_meanwhile_may_still_answer),
        SCENE(a_phone_that_moves_meanwhile_gets_it_at_its_new_place),
        SCENE(a_register_after_a_405_counts_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
