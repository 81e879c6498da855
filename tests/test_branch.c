/* RFC 3261 16.3 step 4 and 16.6 step 8: loops are known by our branch, spirals pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/sip/branch.h"

#include <stdio.h>

static const struct hash_key key = { { 1, 2, 3 } };
static struct message m;

static bool
loops(const char *r_uri, const char *via)
{
    char text[1024];
    int len = snprintf(text, sizeof text,
                       "MESSAGE %s SIP/2.0\r\n"
                       "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
                       "Via: %s\r\n"
                       "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\n"
                       "CSeq: 1 MESSAGE\r\n\r\n",
                       r_uri, via);

    assert_int_equal(
        message_parse_scalar(&m, slice_of(text, (size_t)len), MESSAGE_DATAGRAM),
        PARSE_OK);
    return branch_has_looped(&key, &m);
}

static const char *
via_made_for(const struct hash_key *with, struct slice r_uri)
{
    static char via[128];
    char branch[BRANCH_BYTES];

    branch_make(with, 7, r_uri, slice_absent(), branch);
    snprintf(via, sizeof via, "SIP/2.0/UDP 192.0.2.2;x=y;branch=%.*s;rport=1",
             (int)sizeof branch, branch);
    return via;
}

static void
a_request_that_comes_back_unchanged_has_looped(void **state)
{
    (void)state;
    assert_true(
        loops("sip:bob@example.org", via_made_for(&key, SLICE("sip:bob@example.org"))));
}

static void
a_request_that_comes_back_for_another_uri_is_a_spiral(void **state)
{
    (void)state;
    assert_false(loops("sip:robert@example.org",
                       via_made_for(&key, SLICE("sip:bob@example.org"))));
}

static const char *
via_with_route(const char *route)
{
    static char via[256];
    char branch[BRANCH_BYTES];

    branch_make(&key, 7, SLICE("sip:bob@example.org"), slice_of(route, strlen(route)),
                branch);
    snprintf(via, sizeof via, "SIP/2.0/UDP 192.0.2.2;branch=%.*smore\r\nRoute: <sip:a>",
             (int)sizeof branch, branch);
    return via;
}

/* RFC 3261 16.6 step 8: all that decides where it goes counts. What stands behind our part of
 * a branch does not. */
static void
another_route_is_a_spiral_the_same_one_a_loop(void **state)
{
    (void)state;
    assert_true(loops("sip:bob@example.org", via_with_route("<sip:a>")));
    assert_false(loops("sip:bob@example.org", via_with_route("<sip:b>")));
}

static void
a_branch_of_another_server_is_not_ours(void **state)
{
    const struct hash_key other = { { 9 } };

    (void)state;
    assert_false(
        loops("sip:bob@example.org", via_made_for(&other, SLICE("sip:bob@example.org"))));
    assert_false(
        loops("sip:bob@example.org",
              "SIP/2.0/UDP h;branch=z9hG4bKsilo00000000000000000000000000000000"));
    assert_false(loops("sip:bob@example.org", "SIP/2.0/UDP h;branch=z9hG4bKsilo"));
    assert_false(loops("sip:bob@example.org", "SIP/2.0/UDP h"));
}

static void
every_nonce_gives_another_branch(void **state)
{
    char a[BRANCH_BYTES], b[BRANCH_BYTES];

    (void)state;
    branch_make(&key, 1, SLICE("sip:bob@example.org"), slice_absent(), a);
    branch_make(&key, 2, SLICE("sip:bob@example.org"), slice_absent(), b);

    assert_memory_not_equal(a, b, sizeof a);
    assert_memory_equal(a, "z9hG4bK", 7);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_that_comes_back_unchanged_has_looped),
        cmocka_unit_test(a_request_that_comes_back_for_another_uri_is_a_spiral),
        cmocka_unit_test(another_route_is_a_spiral_the_same_one_a_loop),
        cmocka_unit_test(a_branch_of_another_server_is_not_ours),
        cmocka_unit_test(every_nonce_gives_another_branch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
