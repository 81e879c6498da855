/* Where a dump goes: received address, Path, connection, or what the contact says. */
#include "tests/behaviour.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* bob registers this contact from the tester's address, over UDP. */
static void
register_contact(struct world *w, const char *headers)
{
    assert_int_equal(ask(w, &(struct ask){ .method = "REGISTER",
                                           .uri = "sip:example.org",
                                           .from = "<sip:bob@example.org>;tag=r",
                                           .to = "<sip:bob@example.org>",
                                           .cseq = "1 REGISTER",
                                           .headers = headers }),
                     200);
    store_body(w, "bob", "hello");
    world_run(w, 100);
}

static void
expect_target(struct world *w, const char *request_line, struct address peer)
{
    const struct sent *sent = sent_at(w, "MESSAGE", 0);

    assert_non_null(sent);
    assert_memory_equal(sent->bytes, request_line, strlen(request_line));
    assert_true(address_equal(&sent->flow.peer, &peer));
}

/* The contact may name an address that nobody outside a home network can reach. */
static void
a_dump_goes_to_the_address_that_registered(void **state)
{
    struct world *w = scene();

    (void)state;
    register_contact(w, "Contact: <sip:bob@192.168.1.5:5099>\r\n");
    expect_target(w, "MESSAGE sip:bob@192.168.1.5:5099 SIP/2.0\r\n",
                  w->tester->peer.address);
}

/* RFC 3261 19.1.1, table 1: headers have no place in a Request-URI. */
static void
headers_of_a_contact_uri_stay_out_of_the_request_uri(void **state)
{
    struct world *w = scene();

    (void)state;
    register_contact(w, "Contact: <sip:bob@10.1.0.5;x=1?Subject=a&Route=b>\r\n");
    expect_target(w, "MESSAGE sip:bob@10.1.0.5;x=1 SIP/2.0\r\n", w->tester->peer.address);
}

/* RFC 3327 5.4: the Path is the route set, its first URI is the next hop. */
static void
a_dump_takes_the_path(void **state)
{
    struct world *w = scene();

    (void)state;
    register_contact(w, "Contact: <sip:bob@10.1.0.5>\r\n"
                        "Path: <sip:10.1.0.80:5080;lr>\r\n"
                        "Path: <sip:10.1.0.81;lr>\r\n");
    expect_target(w, "MESSAGE sip:bob@10.1.0.5 SIP/2.0\r\n", wire_address(80, 5080));
    assert_non_null(strstr(sent_at(w, "MESSAGE", 0)->bytes,
                           "\r\nRoute: <sip:10.1.0.80:5080;lr>,<sip:10.1.0.81;lr>\r\n"));
}

static void
a_dump_over_a_stream_takes_the_connection_of_the_register(void **state)
{
    struct world *w = scene();
    struct phone *bob;

    (void)state;
    store_body(w, "bob", "hello");
    bob = phone_online(w, "bob", PROTOCOL_TCP);
    expect_bodies(bob, "hello");
    assert_int_not_equal(sent_at(w, "MESSAGE", 0)->flow.connection, 0);
}

/* RFC 3261 18.1.1: a contact that names an address can be connected again. */
static void
a_contact_whose_connection_is_gone_is_connected_again(void **state)
{
    struct world *w = scene();
    struct phone *bob;

    (void)state;
    bob = phone_online(w, "bob", PROTOCOL_TCP);
    peer_break(&bob->peer, 10);
    world_run(w, 100);
    relay_body(w, "bob", "hello");
    expect_bodies(bob, "hello");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_dump_goes_to_the_address_that_registered),
        SCENE(headers_of_a_contact_uri_stay_out_of_the_request_uri),
        SCENE(a_dump_takes_the_path),
        SCENE(a_dump_over_a_stream_takes_the_connection_of_the_register),
        SCENE(a_contact_whose_connection_is_gone_is_connected_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
