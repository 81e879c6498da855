/* What relaying must not be fooled by: a phone of two minds, two users with one contact, users
 * that point at each other, extensions that nobody knows. */
#include "tests/behaviour.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct answer
refuse_the_first(void *self, struct phone *phone, struct slice request)
{
    unsigned *seen = self;

    (void)phone;
    (void)request;
    return (struct answer){ .status = (*seen)++ == 0 ? 405 : 200 };
}

/* One 405 among others spoke of its message. */
static void
a_405_that_is_followed_by_a_200_is_not_remembered(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);
    unsigned seen = 0;

    (void)state;
    bob->chooser = &seen;
    bob->choose = refuse_the_first;
    store_body(w, "bob", "one");
    store_body(w, "bob", "two");
    phone_register(bob, 3600);
    world_run(w, 1000);
    phone_register(bob, 3600);
    world_run(w, 1000);
    expect_bodies(bob, "one two one");
    assert_int_equal(stored_count(w), 0);
}

/* RFC 3261 8.2.2.3: who keeps a message acts on it. */
static void
an_unknown_extension_is_420_where_the_message_would_be_stored(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    bob->answer.status = 480;
    store_body(w, "bob", "one");
    phone_register(bob, 3600);
    world_run(w, 1000);
    assert_int_equal(ask(w, &(struct ask){ .headers = "Require: nonsense\r\n" }), 420);
    assert_int_equal(stored_count(w), 1);
}

/* RFC 3261 16.6: to a phone it is passed, for the phone to judge. */
static void
an_unknown_extension_is_the_phones_to_judge(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .headers = "Require: nonsense\r\n" }), 200);
    assert_string_equal(receipt_header(phone_receipt(bob, 0), "Require"), "nonsense");
}

static void
register_as(struct phone *phone, const char *user, const char *contact)
{
    char to[64], headers[128];

    snprintf(to, sizeof to, "<sip:%s@example.org>", user);
    snprintf(headers, sizeof headers, "Contact: <%s>\r\n", contact);
    assert_int_equal(ask_by(phone, &(struct ask){ .method = "REGISTER",
                                                  .uri = "sip:example.org",
                                                  .to = to,
                                                  .headers = headers }),
                     200);
}

/* A contact is not its owner's word alone: another user may claim the same. */
static void
a_contact_that_two_users_claim_is_of_the_one_in_to(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);
    struct phone *mallory = phone_offline(w, "mallory", PROTOCOL_UDP);
    struct ask request = { .uri = "sip:bob@192.168.1.5:5099",
                           .to = "<sip:bob@example.org>" };

    (void)state;
    register_as(bob, "bob", request.uri);
    register_as(mallory, "mallory", request.uri);
    world_run(w, 1000); /* nothing waits for them: their dumps have ended */
    assert_int_equal(ask(w, &request), 200);
    assert_int_equal(phone_received(bob), 1);
    assert_int_equal(phone_received(mallory), 0);
    request.to = "<sip:stranger@example.net>";
    assert_int_equal(ask(w, &request), 403);
}

/* RFC 5393 5: of two users with two contacts each, that name the other, one message would
 * become two, four, eight. */
static void
a_request_that_was_here_before_is_not_forked(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);
    struct phone *too = phone_online(w, "bob", PROTOCOL_UDP);
    const struct ask again = {
        .via =
            "SIP/2.0/UDP 10.1.0.1:5060;branch=z9hG4bKfirst;rport\r\n"
            "Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKsilo0123456789abcdef0123456789"
            "abcdef",
    };

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ 0 }), 200);
    assert_int_equal(phone_received(bob) + phone_received(too), 2);
    assert_int_equal(ask(w, &again), 200);
    world_run(w, 1000);
    assert_int_equal(phone_received(bob) + phone_received(too), 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_405_that_is_followed_by_a_200_is_not_remembered),
        SCENE(an_unknown_extension_is_420_where_the_message_would_be_stored),
        SCENE(an_unknown_extension_is_the_phones_to_judge),
        SCENE(a_contact_that_two_users_claim_is_of_the_one_in_to),
        SCENE(a_request_that_was_here_before_is_not_forked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
