#include "src/sip/next_hop.h"

#include "tests/exact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* A server with a UDP and a TCP listener on IPv4, and a look-up that writes down what it is
 * asked. */
struct scene {
    struct settings settings;
    struct transport transport;
    struct next_hops hops;
    struct hop_wait wait;
    struct flow flow, found;
    size_t asked, answered;
    bool has_found;
    struct hop_question question;
    uint64_t ticket;
};

static void
resolve(void *self, uint64_t ticket, const struct hop_question *question)
{
    struct scene *s = self;

    s->asked++;
    s->ticket = ticket;
    s->question = *question;
}

static void
found(struct hop_wait *wait, const struct flow *flow, struct moment now)
{
    struct scene *s =
        (struct scene *)(void *)((char *)wait - offsetof(struct scene, wait));

    (void)now;
    s->answered++;
    s->has_found = flow != NULL;
    if (flow != NULL)
        s->found = *flow;
}

static struct address
at(const char *ip, uint16_t port)
{
    struct address address;

    assert_true(address_parse(slice_of(ip, strlen(ip)), port, &address));
    return address;
}

static int
setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    s->settings.listen[0].protocol = PROTOCOL_UDP;
    s->settings.listen[1].protocol = PROTOCOL_TCP;
    s->settings.listen[0].address = s->settings.listen[1].address = at("127.0.0.1", 5060);
    s->settings.listen_count = 2;
    s->transport = (struct transport){ .self = s, .resolve = resolve };
    s->wait.found = found;
    next_hops_init(&s->hops, &s->settings, &s->transport);
    *state = s;
    return 0;
}

static int
teardown(void **state)
{
    free(*state);
    return 0;
}

static enum hop_status
go(struct scene *s, const char *text)
{
    struct uri uri;
    const char *why;

    assert_int_equal(uri_parse(slice_of(text, strlen(text)), &uri, &why), PARSE_OK);
    return next_hop(&s->hops, &uri, &s->flow, &s->wait);
}

/* RFC 3263 4.1 and 4.2: UDP and 5060 where an address in numbers says nothing else. */
static void
an_address_in_numbers_is_answered_at_once(void **state)
{
    struct scene *s = *state;
    static const struct {
        const char *uri, *ip;
        uint16_t port;
        enum protocol protocol;
    } rows[] = {
        { "sip:192.0.2.9", "192.0.2.9", 5060, PROTOCOL_UDP },
        { "sip:192.0.2.9:5070", "192.0.2.9", 5070, PROTOCOL_UDP },
        { "sip:192.0.2.9;transport=TCP", "192.0.2.9", 5060, PROTOCOL_TCP },
        { "sip:192.0.2.9:5070;transport=udp", "192.0.2.9", 5070, PROTOCOL_UDP },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct address expected = at(rows[i].ip, rows[i].port);

        begin_row(rows[i].uri);
        assert_int_equal(go(s, rows[i].uri), HOP_FOUND);
        assert_true(address_equal(&s->flow.peer, &expected));
        assert_int_equal(s->flow.protocol, rows[i].protocol);
        assert_int_equal(s->flow.listener, rows[i].protocol == PROTOCOL_UDP ? 0 : 1);
    }
    assert_int_equal(s->asked, 0);
}

static void
a_way_that_we_do_not_have_is_no_hop(void **state)
{
    struct scene *s = *state;
    static const char *const rows[] = {
        "sips:a.example.org", "sip:a.example.org;transport=tls",
        "sip:192.0.2.9;transport=sctp", "sip:[2001:db8::1]", /* no listener of IPv6 */
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin_row(rows[i]);
        assert_int_equal(go(s, rows[i]), HOP_NONE);
    }
    assert_int_equal(s->asked, 0);
}

/* What the URI does not say is left open: an SRV record may say it. */
static void
a_name_is_asked_for_with_what_the_uri_says(void **state)
{
    struct scene *s = *state;
    static const struct {
        const char *uri;
        uint16_t port;
        bool has_protocol;
        enum protocol protocol;
    } rows[] = {
        { "sip:a.example.org", 0, false, PROTOCOL_UDP },
        { "sip:a.example.org:5060", 5060, false, PROTOCOL_UDP },
        { "sip:a.example.org;transport=tcp", 0, true, PROTOCOL_TCP },
        { "sip:a.example.org:5070;transport=UDP", 5070, true, PROTOCOL_UDP },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin_row(rows[i].uri);
        assert_int_equal(go(s, rows[i].uri), HOP_WAITING);
        assert_int_equal(s->asked, i + 1);
        expect_slice(s->question.host, "a.example.org");
        assert_int_equal(s->question.port, rows[i].port);
        assert_int_equal(s->question.has_protocol, rows[i].has_protocol);
        assert_int_equal(s->question.protocol, rows[i].protocol);
        hop_wait_cancel(&s->hops, &s->wait);
    }
}

static void
of_several_hops_the_first_that_a_listener_reaches_is_taken(void **state)
{
    struct scene *s = *state;
    const struct hop hops[] = {
        { PROTOCOL_UDP, at("2001:db8::1", 5060) },
        { PROTOCOL_TCP, at("192.0.2.7", 5070) },
        { PROTOCOL_UDP, at("192.0.2.8", 5060) },
    };

    assert_int_equal(go(s, "sip:a.example.org"), HOP_WAITING);
    next_hops_resolved(&s->hops, s->ticket, hops, 3, (struct moment){ 0 });
    assert_int_equal(s->answered, 1);
    assert_true(s->has_found);
    assert_int_equal(s->found.protocol, PROTOCOL_TCP);
    assert_int_equal(s->found.listener, 1);
    assert_true(address_equal(&s->found.peer, &hops[1].address));
}

static void
a_name_that_leads_nowhere_we_can_reach_is_told_so(void **state)
{
    struct scene *s = *state;
    const struct hop hop = { PROTOCOL_UDP, at("2001:db8::1", 5060) };

    for (size_t count = 0; count < 2; count++) {
        s->has_found = true;
        assert_int_equal(go(s, "sip:a.example.org"), HOP_WAITING);
        next_hops_resolved(&s->hops, s->ticket, &hop, count, (struct moment){ 0 });
        assert_int_equal(s->answered, count + 1);
        assert_false(s->has_found);
    }
}

static void
an_answer_that_nobody_waits_for_any_more_is_dropped(void **state)
{
    struct scene *s = *state;
    const struct hop hop = { PROTOCOL_UDP, at("192.0.2.8", 5060) };

    assert_int_equal(go(s, "sip:a.example.org"), HOP_WAITING);
    hop_wait_cancel(&s->hops, &s->wait);
    next_hops_resolved(&s->hops, s->ticket, &hop, 1, (struct moment){ 0 });
    assert_int_equal(s->answered, 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_address_in_numbers_is_answered_at_once),
        TEST(a_way_that_we_do_not_have_is_no_hop),
        TEST(a_name_is_asked_for_with_what_the_uri_says),
        TEST(of_several_hops_the_first_that_a_listener_reaches_is_taken),
        TEST(a_name_that_leads_nowhere_we_can_reach_is_told_so),
        TEST(an_answer_that_nobody_waits_for_any_more_is_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
