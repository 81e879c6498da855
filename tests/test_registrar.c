#include "src/sip/registrar.h"
#include "tests/exact.h"
#include "tests/sip_text.h"
#include "tests/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    ANSWER_ROOM = 4096,
};

struct play {
    struct stage *s;
    struct location *location;
    struct registrar_settings settings;
    struct flow flow;
    bool is_verified;
    struct message *request; /* the last one */
    uint32_t cseq;           /* of the last one */
};

static const struct slice bob = SLICE_INIT("bob@example.org");

static int
set_up(void **state)
{
    struct play *p = calloc(1, sizeof *p);

    p->s = stage_new();
    p->location = location_new(&p->s->wheel, &stage_key, 12, SIZE_MAX);
    assert_non_null(p->location);
    p->settings = (struct registrar_settings){ 3600, 60, 86400, 3 };
    p->flow = stage_flow(7, 0);
    *state = p;
    return 0;
}

static int
tear_down(void **state)
{
    struct play *p = *state;

    if (p->request != NULL)
        sip_text_free(p->request);
    location_free(p->location);
    stage_free(p->s);
    free(p);
    return 0;
}

#define REGISTER                                    \
    "REGISTER sip:example.org SIP/2.0\n"            \
    "Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK%u\n" \
    "From: <sip:bob@example.org>;tag=a\n"           \
    "To: <sip:bob@example.org>\n"                   \
    "Call-ID: %s\n"                                 \
    "CSeq: %u REGISTER\n"                           \
    "%s"

/* Keeps it: results point into it. */
static struct registrar_result
process_message(struct play *p, struct message *m)
{
    if (p->request != NULL)
        sip_text_free(p->request);
    p->request = m;
    p->cseq = m->cseq;
    return registrar_process(p->location, &p->settings, m, bob, &p->flow, p->is_verified,
                             p->s->now);
}

static struct registrar_result
process(struct play *p, const char *call_id, uint32_t cseq, const char *lines)
{
    return process_message(p, sip_text(REGISTER, cseq, call_id, cseq, lines));
}

/* The next REGISTER of one phone. */
static struct registrar_result
next(struct play *p, const char *lines)
{
    return process(p, "c1", p->cseq + 1, lines);
}

static unsigned
next_status(struct play *p, const char *lines)
{
    return next(p, lines).status;
}

/* "sip:a@h=60 sip:b@h=3600": contacts in their order, with the seconds they have left. */
static void
expect_listed(struct play *p, const char *expected)
{
    char listed[ANSWER_ROOM] = "";
    size_t len = 0;

    for (const struct binding *b = location_find(p->location, bob); b; b = b->next)
        len +=
            (size_t)snprintf(listed + len, sizeof listed - len, "%s%.*s=%llu",
                             len == 0 ? "" : " ", SLICE_ARG(b->contact),
                             (unsigned long long)(b->expires_ms - p->s->now.ms) / 1000);
    assert_string_equal(listed, expected);
}

static void
expect_refused(struct registrar_result result, unsigned status)
{
    assert_int_equal(result.status, status);
    assert_true(result.reason.len > 0);
    assert_false(result.changed);
    assert_false(result.has_contact);
}

/* RFC 3261 10.3 step 7, 10.2.1.1: the parameter, then the header, then the default. */
static void
the_expiry_is_that_of_the_contact_then_of_the_request_then_ours(void **state)
{
    static const struct {
        const char *lines, *listed;
    } rows[] = {
        { "Contact: <sip:a@h>;expires=100\nExpires: 200\n", "sip:a@h=100" },
        { "Contact: <sip:a@h>\nExpires: 200\n", "sip:a@h=200" },
        { "Contact: <sip:a@h>\n", "sip:a@h=3600" },
        { "Contact: <sip:a@h>;expires=soon\nExpires: 200\n", "sip:a@h=200" },
        { "Contact: <sip:a@h>;expires=soon\n", "sip:a@h=3600" },
        { "Contact: <sip:a@h>\nExpires: never\n", "sip:a@h=3600" },
        { "Contact: <sip:a@h>;expires=60\n", "sip:a@h=60" },
        { "Contact: <sip:a@h>;expires=99999999999\n", "sip:a@h=86400" },
        { "Contact: <sip:a@h>\nExpires: 86401\n", "sip:a@h=86400" },
        { "Contact: sip:a@h;expires=100\n", "sip:a@h=100" },
        { "m: <sip:a@h>\nExpires: 0\n", "" },
    };
    struct play *p = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(next_status(p, rows[i].lines), 200);
        expect_listed(p, rows[i].listed);
    }
}

/* RFC 3261 10.3 step 7, 21.4.17. */
static void
what_is_asked_for_may_be_too_brief(void **state)
{
    struct play *p = *state;

    expect_refused(next(p, "Contact: <sip:a@h>;expires=59\n"), 423);
    expect_refused(next(p, "Contact: <sip:a@h>\nExpires: 1\n"), 423);
    expect_refused(next(p, "Contact: <sip:a@h>, <sip:b@h>;expires=5\n"), 423);
    expect_listed(p, "");
    p->settings.default_expires_s = 30;
    assert_int_equal(next_status(p, "Contact: <sip:a@h>\n"), 200);
    expect_listed(p, "sip:a@h=30");
}

/* RFC 3261 10.2.3: without Contact it asks what there is. */
static void
without_contact_nothing_changes(void **state)
{
    struct play *p = *state;
    struct registrar_result result;

    next(p, "Contact: <sip:a@h>\n");
    result = process(p, "c1", 1, "Expires: 0\n");
    assert_int_equal(result.status, 200);
    assert_false(result.changed);
    assert_false(result.has_contact);
    expect_listed(p, "sip:a@h=3600");
}

/* RFC 3261 10.2.1.2, 20.10: q orders the bindings. */
static void
bindings_are_listed_by_q(void **state)
{
    struct play *p = *state;

    assert_int_equal(
        next_status(p, "Contact: <sip:a@h>;q=0.5, <sip:b@h>, <sip:c@h>;q=0.7\n"), 200);
    expect_listed(p, "sip:b@h=3600 sip:c@h=3600 sip:a@h=3600");
}

/* RFC 3261 10.3 step 7, 19.1.4: the same URI is the same binding. */
static void
an_equal_uri_refreshes_its_binding(void **state)
{
    struct play *p = *state;

    next(p, "Contact: <sip:bob@H.example.org;transport=UDP>\n");
    assert_true(next(p, "Contact: <sip:%62ob@h.example.org;transport=udp>\n").changed);
    expect_listed(p, "sip:%62ob@h.example.org;transport=udp=3600");
    next(p, "Contact: <sip:bob@h.example.org:5060;transport=udp>\n");
    assert_int_equal(location_count(p->location), 2);
}

/* RFC 3261 10.3 step 7: an older REGISTER of the same Call-ID changes nothing. */
static void
a_register_that_is_not_newer_is_refused(void **state)
{
    struct play *p = *state;

    process(p, "c1", 5, "Contact: <sip:a@h>, <sip:b@h>\n");
    expect_refused(process(p, "c1", 5, "Contact: <sip:a@h>;expires=100\n"), 400);
    expect_refused(process(p, "c1", 4, "Contact: <sip:c@h>, <sip:a@h>;expires=0\n"), 400);
    expect_refused(process(p, "c1", 5, "Contact: *\nExpires: 0\n"), 400);
    expect_listed(p, "sip:b@h=3600 sip:a@h=3600");
    assert_int_equal(process(p, "c2", 1, "Contact: <sip:a@h>;expires=100\n").status, 200);
    assert_int_equal(process(p, "c1", 6, "Contact: <sip:b@h>;expires=0\n").status, 200);
    expect_listed(p, "sip:a@h=100");
}

static void
an_expiry_of_zero_removes_what_it_names(void **state)
{
    struct play *p = *state;
    struct registrar_result result;

    next(p, "Contact: <sip:a@h>, <sip:b@h>\n");
    result = next(p, "Contact: <sip:a@h>;expires=0, <sip:nobody@h>;expires=0\n");
    assert_true(result.changed);
    assert_false(result.has_contact);
    expect_listed(p, "sip:b@h=3600");
    result = next(p, "Contact: <sip:nobody@h>;expires=0\n");
    assert_int_equal(result.status, 200);
    assert_false(result.changed);
}

/* RFC 3261 10.2.2, 10.3 step 6. */
static void
a_star_removes_all_and_stands_alone(void **state)
{
    struct play *p = *state;

    process(p, "c9", 1, "Contact: <sip:a@h>\n");
    next(p, "Contact: <sip:b@h>\n");
    expect_refused(next(p, "Contact: *\n"), 400);
    expect_refused(next(p, "Contact: *\nExpires: 60\n"), 400);
    expect_refused(next(p, "Contact: *\nExpires: x\n"), 400);
    expect_refused(next(p, "Contact: *, <sip:c@h>\nExpires: 0\n"), 400);
    expect_refused(next(p, "Contact: <sip:c@h>\nContact: *\nExpires: 0\n"), 400);
    assert_int_equal(location_count(p->location), 2);
    assert_true(next(p, "Contact: *\nExpires: 0\n").changed);
    expect_listed(p, "");
    assert_false(next(p, "Contact: *\nExpires: 0\n").changed);
}

/* RFC 5626 4.1: the instance is the phone, wherever it is just now. */
static void
an_instance_has_one_binding(void **state)
{
    struct play *p = *state;
    const char *instance = ";+sip.instance=\"<urn:uuid:0a-1>\"";
    char lines[512];

    snprintf(lines, sizeof lines, "Contact: <sip:a@h:1>%s, <sip:x@h>\n", instance);
    process(p, "c1", 1, lines);
    snprintf(lines, sizeof lines, "Contact: <sip:a@h:2>;expires=100%s\n", instance);
    assert_int_equal(process(p, "c2", 1, lines).status, 200);
    expect_listed(p, "sip:a@h:2=100 sip:x@h=3600");
    expect_slice(location_find(p->location, bob)->instance, "<urn:uuid:0a-1>");
    expect_refused(process(p, "c2", 1,
                           "Contact: <sip:a@h:3>"
                           ";+sip.instance=\"<URN:UUID:0A-1>\"\n"),
                   400);
    assert_int_equal(process(p, "c2", 2,
                             "Contact: <sip:a@h:9>;expires=0"
                             ";+sip.instance=\"<urn:uuid:0a-1>\"\n")
                         .status,
                     200);
    expect_listed(p, "sip:x@h=3600");
}

static void
a_phone_that_moves_may_take_its_old_address_back_in_one_request(void **state)
{
    struct play *p = *state;

    next(p, "Contact: <sip:a@h:1>;+sip.instance=\"<urn:uuid:1>\"\n");
    assert_int_equal(
        next_status(p, "Contact: <sip:a@h:2>;+sip.instance=\"<urn:uuid:1>\"\n"
                       "Contact: <sip:a@h:1>;expires=0;+sip.instance=\"<urn:uuid:1>\"\n"),
        200);
    expect_listed(p, "sip:a@h:2=3600");
    assert_int_equal(
        next_status(p, "Contact: <sip:a@h:2>;expires=0;+sip.instance=\"<urn:uuid:1>\"\n"
                       "Contact: <sip:a@h:3>;+sip.instance=\"<urn:uuid:1>\"\n"),
        200);
    expect_listed(p, "sip:a@h:3=3600");
}

static void
a_phone_that_moves_to_anothers_address_replaces_both(void **state)
{
    struct play *p = *state;

    next(p, "Contact: <sip:a@h:1>;+sip.instance=\"<urn:uuid:1>\"\n");
    next(p, "Contact: <sip:a@h:2>;+sip.instance=\"<urn:uuid:2>\"\n");
    assert_int_equal(
        next_status(p, "Contact: <sip:a@h:2>;+sip.instance=\"<urn:uuid:1>\"\n"), 200);
    expect_listed(p, "sip:a@h:2=3600");
    expect_slice(location_find(p->location, bob)->instance, "<urn:uuid:1>");
}

static void
too_many_contacts_are_refused_as_a_whole(void **state)
{
    struct play *p = *state;

    next(p, "Contact: <sip:a@h>, <sip:b@h>\n");
    expect_refused(next(p, "Contact: <sip:c@h>, <sip:d@h>\n"), 503);
    expect_refused(next(p, "Contact: <sip:1@h>, <sip:1@h>, <sip:1@h>, <sip:1@h>, "
                           "<sip:1@h>, <sip:1@h>\n"),
                   503);
    expect_listed(p, "sip:b@h=3600 sip:a@h=3600");
    assert_int_equal(
        next_status(p, "Contact: <sip:c@h>, <sip:d@h>, <sip:a@h>;expires=0\n"), 200);
    expect_listed(p, "sip:d@h=3600 sip:c@h=3600 sip:b@h=3600");
    p->settings.max_contacts = 1;
    assert_int_equal(next_status(p, "Contact: <sip:b@h>;expires=100\n"), 200);
    expect_refused(next(p, "Contact: <sip:e@h>\n"), 503);
}

static void
a_full_location_refuses_with_503(void **state)
{
    struct play *p = *state;

    p->settings.max_contacts = 100;
    for (uint32_t i = 0; i < 12; i++) {
        char lines[64];

        snprintf(lines, sizeof lines, "Contact: <sip:%u@h>\n", i);
        assert_int_equal(next_status(p, lines), 200);
    }
    expect_refused(next(p, "Contact: <sip:one-more@h>\n"), 503);
    assert_int_equal(location_count(p->location), 12);
}

/* RFC 3261 10.2.1: a registrar of SIP keeps what SIP can reach. */
static void
a_contact_of_another_scheme_spoils_the_whole_request(void **state)
{
    struct play *p = *state;

    expect_refused(next(p, "Contact: <sip:a@h>, <tel:+15551234>\n"), 400);
    expect_refused(next(p, "Contact: <sip:a@h>, <http://example.org>\n"), 400);
    expect_listed(p, "");
}

/* The parser refuses most of these before; here they do no harm either. */
static void
a_bad_contact_or_path_spoils_the_whole_request(void **state)
{
    static const char *const rows[] = {
        "Contact: <sip:a@h>, <sip:>\n",
        "Contact: <sip:a@h>, <sip:b@h>;q=2\n",
        "Contact: <sip:a@h\n",
        "Contact: <sip:a@h>\nPath: nonsense\n",
    };
    struct play *p = *state;

    for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_refused(process_message(p, sip_text_any(REGISTER, i, "c1", i, rows[i])),
                       400);
    expect_listed(p, "");
}

static void
too_much_text_is_refused(void **state)
{
    struct play *p = *state;
    char *lines = malloc(2 * BINDING_TEXT_MAX);

    sprintf(lines, "Contact: <sip:%0*d@h>\n", BINDING_TEXT_MAX, 1);
    expect_refused(next(p, lines), 400);
    sprintf(lines, "Contact: <sip:a@h>\nPath: <sip:%0*d@h>\n", BINDING_TEXT_MAX, 1);
    expect_refused(next(p, lines), 400);
    free(lines);
}

/* RFC 3327 5.3: the Path of the request, in order, over all lines. */
static void
path_is_kept_with_the_binding(void **state)
{
    struct play *p = *state;

    next(p, "Contact: <sip:a@h>\n"
            "Path: <sip:p1.example.org;lr>\n"
            "Path: <sip:p2.example.org;lr>,\n \"x,\n  y\" <sip:p3.example.org;lr>\n");
    expect_slice(location_find(p->location, bob)->path,
                 "<sip:p1.example.org;lr>,<sip:p2.example.org;lr>,"
                 "\"x, y\" <sip:p3.example.org;lr>");
    next(p, "Contact: <sip:a@h>\n");
    assert_true(slice_is_absent(location_find(p->location, bob)->path));
}

/* RFC 3261 20.5, RFC 3840 9: Allow, and the methods of the contact. */
static void
a_contact_takes_messages_unless_it_says_otherwise(void **state)
{
    static const struct {
        const char *lines;
        bool takes_message;
    } rows[] = {
        { "Contact: <sip:a@h>\n", true },
        { "Contact: <sip:a@h>\nAllow: INVITE, MESSAGE, ACK\n", true },
        { "Contact: <sip:a@h>\nAllow: INVITE\nAllow: MESSAGE\n", true },
        { "Contact: <sip:a@h>\nAllow: INVITE, ACK\n", false },
        { "Contact: <sip:a@h>\nAllow:\n", false },
        { "Contact: <sip:a@h>;methods=\"INVITE,MESSAGE\"\n", true },
        { "Contact: <sip:a@h>;methods=\"INVITE, ACK\"\n", false },
        { "Contact: <sip:a@h>;methods=\"MESSAGE\"\nAllow: INVITE\n", false },
    };
    struct play *p = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct registrar_result result = next(p, rows[i].lines);

        assert_int_equal(result.status, 200);
        assert_int_equal(result.has_contact, rows[i].takes_message);
        assert_int_equal(location_find(p->location, bob)->takes_message,
                         rows[i].takes_message);
    }
}

/* A dump goes to the best contact of this very REGISTER. */
static void
the_best_contact_of_the_request_is_told(void **state)
{
    struct play *p = *state;
    struct registrar_result result;

    next(p, "Contact: <sip:best@h>\n");
    result = next(p, "Contact: <sip:a@h>;q=0.2, <sip:b@h>;q=0.9, "
                     "<sip:best@h>;expires=0, <sip:c@h>;methods=\"INVITE\"\n");
    assert_true(result.has_contact);
    expect_slice(result.contact, "sip:b@h");
}

static void
a_binding_knows_where_it_came_from(void **state)
{
    struct play *p = *state;
    const struct binding *b;

    p->flow = stage_flow(9, 77);
    next(p, "Contact: <sip:a@h>\n");
    b = location_find(p->location, bob);
    assert_int_equal(b->flow.connection, 77);
    assert_true(address_equal(&b->flow.peer, &p->flow.peer));
    assert_false(b->is_verified);
    p->is_verified = true;
    next(p, "Contact: <sip:a@h>\n");
    assert_true(location_find(p->location, bob)->is_verified);
}

/* RFC 3261 10.3 step 8: every binding, with the time it has left. RFC 3327 5.3: Path. */
static void
the_answer_lists_all_bindings_and_path(void **state)
{
    static const char expected[] =
        "Contact: <sip:b@h>;expires=100;+sip.instance=\"<urn:uuid:2>\"\r\n"
        "Contact: <sip:a@h;transport=tcp>;expires=3599;q=0.050\r\n"
        "Path: <sip:p1;lr>, <sip:p2;lr>\r\n"
        "Path: <sip:p3;lr>\r\n";
    struct play *p = *state;
    char answer[ANSWER_ROOM];
    struct writer w;

    next(p, "Contact: <sip:a@h;transport=tcp>;q=0.05\n");
    stage_advance(p->s, 1001);
    next(p, "Contact: Bob <sip:b@h>;expires=100;+sip.instance=\"<urn:uuid:2>\"\n"
            "Path: <sip:p1;lr>,\n  <sip:p2;lr>\nPath: <sip:p3;lr>\n");
    writer_init(&w, answer, sizeof answer);
    registrar_write_contacts(&w, p->location, p->request, bob, p->s->now);
    expect_slice(writer_done(&w), expected);
}

#define PLAY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PLAY(the_expiry_is_that_of_the_contact_then_of_the_request_then_ours),
        PLAY(what_is_asked_for_may_be_too_brief),
        PLAY(without_contact_nothing_changes),
        PLAY(bindings_are_listed_by_q),
        PLAY(an_equal_uri_refreshes_its_binding),
        PLAY(a_register_that_is_not_newer_is_refused),
        PLAY(an_expiry_of_zero_removes_what_it_names),
        PLAY(a_star_removes_all_and_stands_alone),
        PLAY(an_instance_has_one_binding),
        PLAY(a_phone_that_moves_may_take_its_old_address_back_in_one_request),
        PLAY(a_phone_that_moves_to_anothers_address_replaces_both),
        PLAY(too_many_contacts_are_refused_as_a_whole),
        PLAY(a_full_location_refuses_with_503),
        PLAY(a_contact_of_another_scheme_spoils_the_whole_request),
        PLAY(a_bad_contact_or_path_spoils_the_whole_request),
        PLAY(too_much_text_is_refused),
        PLAY(path_is_kept_with_the_binding),
        PLAY(a_contact_takes_messages_unless_it_says_otherwise),
        PLAY(the_best_contact_of_the_request_is_told),
        PLAY(a_binding_knows_where_it_came_from),
        PLAY(the_answer_lists_all_bindings_and_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
