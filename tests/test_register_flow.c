/* REGISTER through the whole server: its answers, what is saved, and what a failing store
 * leaves behind. What a REGISTER does to bindings in detail is in test_registrar.c. */
#include "tests/behaviour.h"
#include "tests/exact.h"

#include "parser/date.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define BOB .to = "<sip:bob@example.org>"

/* A REGISTER of bob; `headers` are whole lines. */
static unsigned
register_bob(struct world *w, const char *headers)
{
    return ask(
        w, &(struct ask){
               .method = "REGISTER", .uri = "sip:example.org", BOB, .headers = headers });
}

/* The contacts of the last answer, a blank between them; in static memory. */
static const char *
contacts(const struct world *w)
{
    static char out[2048];
    size_t len = 0;

    out[0] = '\0';
    for (unsigned i = 0; i < peer_text_count(answer_of(w->tester), "Contact"); i++) {
        struct slice value = peer_text_header(answer_of(w->tester), "Contact", i);
        int n = snprintf(out + len, sizeof out - len, "%s%.*s", i == 0 ? "" : " ",
                         SLICE_ARG(value));
        assert_true(n > 0 && (size_t)n < sizeof out - len);
        len += (size_t)n;
    }
    return out;
}

/* What a fetch shows: a REGISTER without Contact (RFC 3261 10.2.3). */
static const char *
fetched(struct world *w)
{
    assert_int_equal(register_bob(w, ""), 200);
    return contacts(w);
}

/* ---- answers ---- */

/* RFC 3261 10.3 step 8. */
static void
a_200_lists_every_contact_with_its_rest_and_a_date(void **state)
{
    struct world *w = scene();
    char date[DATE_BYTES + 1] = "";

    (void)state;
    assert_int_equal(register_bob(w, "Contact: <sip:bob@10.1.0.1>;expires=600\r\n"), 200);
    assert_string_equal(contacts(w), "<sip:bob@10.1.0.1>;expires=600");
    world_run(w, 100000);
    assert_int_equal(register_bob(w, "Contact: <sip:bob@10.1.0.2>;q=0.5\r\n"), 200);
    assert_string_equal(
        contacts(w),
        "<sip:bob@10.1.0.1>;expires=500 <sip:bob@10.1.0.2>;expires=3600;q=0.500");
    date_write(w->now.s, date);
    assert_string_equal(answer_header(w->tester, "Date"), date);
    assert_string_equal(answer_header(w->tester, "Content-Length"), "0");
}

static void
a_register_without_contact_shows_and_changes_nothing(void **state)
{
    struct world *w = scene();

    (void)state;
    assert_string_equal(fetched(w), "");
    register_bob(w, "Contact: <sip:bob@10.1.0.1>\r\n");
    assert_string_equal(fetched(w), "<sip:bob@10.1.0.1>;expires=3600");
    world_run(w, 3601 * 1000);
    assert_string_equal(fetched(w), "");
}

/* RFC 3261 10.3 step 7. */
static void
too_brief_is_423_with_min_expires(void **state)
{
    struct world *w = scene_with("registrar.min_expires=90", NULL);

    (void)state;
    assert_int_equal(register_bob(w, "Contact: <sip:bob@10.1.0.1>\r\nExpires: 89\r\n"),
                     423);
    assert_string_equal(answer_header(w->tester, "Min-Expires"), "90");
    assert_string_equal(fetched(w), "");
    assert_int_equal(register_bob(w, "Contact: <sip:bob@10.1.0.1>;expires=90\r\n"), 200);
    assert_int_equal(register_bob(w, "Contact: <sip:bob@10.1.0.1>\r\nExpires: 0\r\n"),
                     200);
    assert_string_equal(contacts(w), "");
}

static void
what_is_wrong_is_refused_and_changes_nothing(void **state)
{
    static const struct {
        const char *headers;
        unsigned status;
    } rows[] = {
        { "Contact: *\r\n", 400 },
        { "Contact: *\r\nExpires: 60\r\n", 400 },
        { "Contact: *, <sip:a@10.1.0.1>\r\nExpires: 0\r\n", 400 },
        { "Contact: <sip:a@10.1.0.1>;q=2\r\n", 400 },
        { "Contact: <sip:a\r\n", 400 },
        { "Contact: <tel:+1555>\r\n", 400 },
        { "Contact: <sip:a@10.1.0.1>\r\nPath: <<\r\n", 400 },
        { "Contact: <sip:a@10.1.0.1>, <sip:b@10.1.0.1>;expires=1\r\n", 423 },
        { "Contact: <sip:a@10.1.0.1>\r\nRequire: outbound\r\n", 420 },
    };
    struct world *w = scene();

    (void)state;
    register_bob(w, "Contact: <sip:bob@10.1.0.1>\r\n");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (register_bob(w, rows[i].headers) != rows[i].status)
            fail_msg("%s", rows[i].headers);
    assert_string_equal(fetched(w), "<sip:bob@10.1.0.1>;expires=3600");
}

static void
too_many_contacts_are_503(void **state)
{
    struct world *w = scene_with("registrar.max_contacts=2", NULL);

    (void)state;
    assert_int_equal(register_bob(w, "Contact: <sip:a@10.1.0.1>\r\n"), 200);
    assert_int_equal(register_bob(w, "Contact: <sip:b@10.1.0.1>\r\n"), 200);
    assert_int_equal(register_bob(w, "Contact: <sip:c@10.1.0.1>\r\n"), 503);
    assert_int_equal(register_bob(w, "Contact: <sip:a@10.1.0.1>\r\n"), 200);
}

/* RFC 3261 10.3 steps 3 and 5. */
static void
an_aor_that_is_not_ours_is_404(void **state)
{
    static const struct {
        const char *to;
        unsigned status;
    } rows[] = {
        { "<sip:bob@example.com>", 404 }, { "<sip:example.org>", 404 },
        { "<tel:+1555>", 400 },           { "<sips:bob@EXAMPLE.org:99>", 200 },
        { "sip:bob@localhost", 200 },
    };
    struct world *w = scene();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (ask(w, &(struct ask){ .method = "REGISTER",
                                  .uri = "sip:example.org",
                                  .to = rows[i].to }) != rows[i].status)
            fail_msg("%s", rows[i].to);
}

/* The user in To is registered, however his URI is written, and with whatever port. */
static void
a_message_finds_the_binding_of_its_aor(void **state)
{
    struct world *w = scene();

    (void)state;
    assert_int_equal(
        ask(w, &(struct ask){ .method = "REGISTER",
                              .uri = "sip:example.org",
                              .to = "<sips:b%6fb@EXAMPLE.org:5074;x=y>",
                              .headers = "Contact: <sip:bob@10.1.0.1>\r\n" }),
        200);
    store_body(w, "bob", "one");
    world_run(w, 1000);
    expect_bodies(w->tester, "one");
}

/* ---- who may ---- */

static void
with_auth_trusted_others_are_403(void **state)
{
    struct world *w = scene_with("auth.register=trusted", "core.trusted=10.1.0.2", NULL);
    struct phone *proxy = phone_offline(w, "proxy", PROTOCOL_UDP);

    (void)state;
    assert_int_equal(register_bob(w, "Contact: <sip:bob@10.1.0.1>\r\n"), 403);
    assert_int_equal(
        ask_by(proxy,
               &(struct ask){ .method = "REGISTER", .uri = "sip:example.org", BOB }),
        200);
    assert_string_equal(answer_header(proxy, "Contact"), "");
}

/* The proxy in front registers the user: From is its own, To the user's, Path leads back. */
static void
a_third_party_register_of_a_trusted_proxy_works_as_the_users_own(void **state)
{
    struct world *w = scene_with("auth.register=trusted", "core.trusted=10.1.0.2", NULL);
    struct phone *proxy = phone_offline(w, "proxy", PROTOCOL_UDP);

    (void)state;
    store_body(w, "bob", "one");
    assert_int_equal(
        ask_by(proxy, &(struct ask){ .method = "REGISTER",
                                     .uri = "sip:example.org",
                                     BOB,
                                     .from = "<sip:scscf@proxy.example>;tag=p",
                                     .headers = "Path: <sip:10.1.0.2;lr>\r\n"
                                                "Supported: path\r\nRequire: path\r\n"
                                                "Contact: <sip:bob@192.168.0.9>\r\n" }),
        200);
    assert_string_equal(answer_header(proxy, "Path"), "<sip:10.1.0.2;lr>");
    world_run(w, 1000);
    expect_bodies(proxy, "one");
    assert_string_equal(receipt_header(phone_receipt(proxy, 0), "Route"),
                        "<sip:10.1.0.2;lr>");
    assert_string_equal(receipt_header(phone_receipt(proxy, 0), "To"),
                        "<sip:bob@example.org>");
}

/* ---- repetitions ---- */

static const struct ask repeated = {
    .method = "REGISTER",
    .uri = "sip:example.org",
    BOB,
    .via = "SIP/2.0/UDP h;branch=z9hG4bKreg;rport",
    .call_id = "reg",
    .headers = "Contact: <sip:bob@10.1.0.1>\r\n",
};

/* Its CSeq would be out of order if it were acted upon (RFC 3261 10.3 step 7). */
static void
a_repeated_register_is_200_again_and_not_acted_upon(void **state)
{
    struct world *w = scene();
    struct ask request = repeated;

    (void)state;
    request.from = "<sip:bob@example.org>;tag=r";
    assert_int_equal(ask(w, &request), 200);
    assert_int_equal(ask(w, &request), 200);
    assert_string_equal(contacts(w), "<sip:bob@10.1.0.1>;expires=3600");
    assert_string_equal(w->sent[0].bytes, w->sent[1].bytes);
    request.via = "SIP/2.0/UDP h;branch=z9hG4bKother;rport";
    assert_int_equal(ask(w, &request), 400);
}

static void
a_repeated_register_starts_no_second_dump(void **state)
{
    struct world *w = scene();

    (void)state;
    w->tester->answer.status = 404; /* it stays, for the next dump */
    store_body(w, "bob", "one");
    assert_int_equal(ask(w, &repeated), 200);
    world_run(w, 1000);
    assert_int_equal(ask(w, &repeated), 200);
    world_run(w, 1000);
    expect_bodies(w->tester, "one");
}

static void
a_refused_register_may_be_taken_when_it_is_repeated(void **state)
{
    struct world *w = scene_with("usrloc.db_mode=1", NULL);

    (void)state;
    w->faults.failed = 1000;
    assert_int_equal(ask(w, &repeated), 500);
    w->faults.failed = 0;
    assert_int_equal(ask(w, &repeated), 200);
    assert_string_equal(contacts(w), "<sip:bob@10.1.0.1>;expires=3600");
}

/* ---- bindings that are saved ---- */

static void
with_db_mode_0_a_restart_forgets_bindings(void **state)
{
    struct world *w = scene();

    (void)state;
    register_bob(w, "Contact: <sip:bob@10.1.0.1>\r\n");
    world_kill(w);
    assert_string_equal(fetched(w), "");
    assert_int_equal(w->contents->binding_count, 0);
}

static void
with_db_mode_1_bindings_survive_a_restart_with_what_is_left(void **state)
{
    struct world *w = scene_with("usrloc.db_mode=1", NULL);

    (void)state;
    register_bob(w, "Contact: <sip:bob@10.1.0.1>;q=0.3, <sip:bob@10.1.0.9>\r\n"
                    "Expires: 600\r\n");
    world_run(w, 99000);
    world_kill(w);
    assert_string_equal(
        fetched(w),
        "<sip:bob@10.1.0.9>;expires=501 <sip:bob@10.1.0.1>;expires=501;q=0.300");
}

static void
with_db_mode_1_what_expired_while_the_server_was_down_is_gone(void **state)
{
    struct world *w = scene_with("usrloc.db_mode=1", NULL);

    (void)state;
    register_bob(w, "Contact: <sip:bob@10.1.0.1>\r\nExpires: 60\r\n");
    world_die(w);
    world_run(w, 61000);
    world_start(w);
    world_run(w, 1000);
    assert_int_equal(w->contents->binding_count, 0);
    assert_string_equal(fetched(w), "");
}

static void
with_db_mode_1_a_removal_is_saved_too(void **state)
{
    struct world *w = scene_with("usrloc.db_mode=1", NULL);

    (void)state;
    register_bob(w, "Contact: <sip:bob@10.1.0.1>\r\n");
    assert_int_equal(w->contents->binding_count, 1);
    assert_int_equal(register_bob(w, "Contact: *\r\nExpires: 0\r\n"), 200);
    assert_int_equal(w->contents->binding_count, 0);
    world_kill(w);
    assert_string_equal(fetched(w), "");
}

static void
with_db_mode_1_the_200_waits_for_the_commit(void **state)
{
    struct world *w = scene_with("usrloc.db_mode=1", NULL);

    (void)state;
    w->faults.delay_ms = 1000;
    ask_only(w->tester, &repeated);
    world_run(w, 1900);
    assert_int_equal(w->sent_count, 0);
    ask_only(w->tester, &repeated); /* swallowed */
    world_run(w, 5000);
    assert_int_equal(w->sent_count, 1);
    assert_memory_equal(w->sent[0].bytes, "SIP/2.0 200 ", 12);
}

static void
with_db_mode_1_a_fetch_waits_for_nothing(void **state)
{
    struct world *w = scene_with("usrloc.db_mode=1", NULL);

    (void)state;
    w->faults.delay_ms = 5000;
    ask_only(w->tester,
             &(struct ask){ .method = "REGISTER", .uri = "sip:example.org", BOB });
    world_run(w, 100);
    assert_int_equal(w->sent_count, 1);
}

/* RFC 3261 10.3 step 7: all or nothing. */
static void
a_failed_commit_is_500_and_the_location_as_before(void **state)
{
    struct world *w = scene_with("usrloc.db_mode=1", NULL);

    (void)state;
    register_bob(w, "Contact: <sip:bob@10.1.0.1>\r\n");
    w->faults.failed = 1000;
    assert_int_equal(register_bob(w, "Contact: <sip:bob@10.1.0.9>\r\n"), 500);
    assert_string_equal(fetched(w), "<sip:bob@10.1.0.1>;expires=3600");
    assert_int_equal(register_bob(w, "Contact: *\r\nExpires: 0\r\n"), 500);
    assert_string_equal(fetched(w), "<sip:bob@10.1.0.1>;expires=3600");
    w->faults.failed = 0;
    world_kill(w);
    assert_string_equal(fetched(w), "<sip:bob@10.1.0.1>;expires=3600");
}

static void
a_failed_commit_starts_no_dump(void **state)
{
    struct world *w = scene_with("usrloc.db_mode=1", NULL);

    (void)state;
    store_body(w, "bob", "one");
    w->faults.failed = 1000;
    assert_int_equal(register_bob(w, "Contact: <sip:bob@10.1.0.1>\r\n"), 500);
    w->faults.failed = 0;
    world_run(w, 60000);
    assert_int_equal(phone_received(w->tester), 0);
}

/* Else nothing would be delivered from a full store, and no room would ever come. */
static void
bindings_that_a_full_store_does_not_take_serve_and_are_saved_later(void **state)
{
    struct world *w = scene_with("usrloc.db_mode=1", NULL);
    struct phone *bob;

    (void)state;
    store_body(w, "bob", "one");
    register_bob(w, "Contact: <sip:carol@10.1.0.1>\r\n");
    w->faults.full = 1000;
    assert_int_equal(register_bob(w, "Contact: *\r\nExpires: 0\r\n"), 200);
    bob = phone_online(w, "bob", PROTOCOL_UDP);
    assert_int_equal(phone_received(bob), 1);
    assert_int_equal(w->contents->binding_count, 1);
    assert_non_null(strstr(scene_log(), "register.unsaved"));
    w->faults.full = 0;
    world_run(w, 3000);
    assert_int_equal(w->contents->message_count, 0);

    world_kill(w);
    world_run(w, 1000);
    relay_body(w, "bob", "two");
    expect_bodies(bob, "one two");
}

static void
bindings_that_ended_while_the_store_was_full_are_taken_from_it_later(void **state)
{
    struct world *w = scene_with("usrloc.db_mode=1", NULL);

    (void)state;
    register_bob(w, "Contact: <sip:bob@10.1.0.1>\r\n");
    w->faults.full = 1000;
    assert_int_equal(register_bob(w, "Contact: *\r\nExpires: 0\r\n"), 200);
    assert_int_equal(w->contents->binding_count, 1);
    w->faults.full = 0;
    world_run(w, 2500);
    assert_int_equal(w->contents->binding_count, 0);
}

/* What is tried again is written while a REGISTER is on its way that then fails. */
static void
what_is_saved_later_is_not_what_was_refused_meanwhile(void **state)
{
    struct world *w = scene_with("usrloc.db_mode=1", NULL);
    struct ask refused = repeated;

    (void)state;
    w->faults.full = 1000;
    assert_int_equal(register_bob(w, "Contact: <sip:bob@10.1.0.1>\r\n"), 200);
    w->faults = (struct disk_faults){ .failed = 1000, .delay_ms = 2000 };
    refused.headers = "Contact: <sip:bob@10.1.0.2>\r\n";
    refused.call_id = "refused";
    ask_only(w->tester, &refused);
    world_run(w, 10);
    w->faults.failed = 0;
    world_run(w, 20000);
    world_kill(w);
    assert_string_equal(fetched(w), "<sip:bob@10.1.0.1>;expires=3580");
}

/* Both in one batch: the second one's "before" holds what the first had added. */
static void
two_that_fail_together_leave_nothing_of_either(void **state)
{
    struct world *w = scene_with("usrloc.db_mode=1", NULL);
    struct ask first = repeated, second = repeated;

    (void)state;
    register_bob(w, "Contact: <sip:bob@10.1.0.1>\r\n");
    first.headers = "Contact: <sip:bob@10.1.0.7>\r\n";
    second.headers = "Contact: <sip:bob@10.1.0.8>\r\n";
    first.call_id = "first";
    second.call_id = "second";
    w->faults.failed = 1000;
    ask_only(w->tester, &first);
    ask_only(w->tester, &second);
    world_run(w, 5000);
    w->faults.failed = 0;
    assert_string_equal(fetched(w), "<sip:bob@10.1.0.1>;expires=3596");
}

/* One behind the other, in two batches. */
static void
two_that_fail_in_turn_leave_nothing_of_either(void **state)
{
    struct world *w = scene_with("usrloc.db_mode=1", NULL);
    struct ask first = repeated, second = repeated;

    (void)state;
    register_bob(w, "Contact: <sip:bob@10.1.0.1>\r\n");
    first.headers = "Contact: <sip:bob@10.1.0.7>\r\n";
    second.headers = "Contact: <sip:bob@10.1.0.8>\r\n";
    first.call_id = "first";
    second.call_id = "second";
    w->faults.delay_ms = 500;
    w->faults.failed = 1000;
    ask_only(w->tester, &first);
    world_run(w, 100);
    ask_only(w->tester, &second);
    world_run(w, 5000);
    w->faults.failed = 0;
    assert_int_equal(w->sent_count, 3);
    assert_string_equal(fetched(w), "<sip:bob@10.1.0.1>;expires=3595");
}

/* In two batches: what the second one was promised stays. */
static void
one_that_fails_takes_nothing_from_the_next_that_is_saved(void **state)
{
    struct world *w = scene_with("usrloc.db_mode=1", NULL);
    struct ask first = repeated, second = repeated;
    unsigned ok = 0, failed = 0;

    (void)state;
    first.headers = "Contact: <sip:bob@10.1.0.7>\r\n";
    second.headers = "Contact: <sip:bob@10.1.0.8>\r\n";
    first.call_id = "first";
    second.call_id = "second";
    w->faults.delay_ms = 500;
    w->faults.failed = 1000;
    ask_only(w->tester, &first);
    world_run(w, 100); /* handed out, and will fail */
    w->faults.failed = 0;
    ask_only(w->tester, &second);
    world_run(w, 5000);
    for (size_t i = 0; i < w->sent_count; i++) {
        ok += strncmp(w->sent[i].bytes, "SIP/2.0 200 ", 12) == 0;
        failed += strncmp(w->sent[i].bytes, "SIP/2.0 500 ", 12) == 0;
    }
    assert_int_equal(ok, 1);
    assert_int_equal(failed, 1);
    assert_non_null(strstr(fetched(w), "<sip:bob@10.1.0.8>"));
    world_kill(w);
    assert_non_null(strstr(fetched(w), "<sip:bob@10.1.0.8>"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_200_lists_every_contact_with_its_rest_and_a_date),
        SCENE(a_register_without_contact_shows_and_changes_nothing),
        SCENE(too_brief_is_423_with_min_expires),
        SCENE(what_is_wrong_is_refused_and_changes_nothing),
        SCENE(too_many_contacts_are_503),
        SCENE(an_aor_that_is_not_ours_is_404),
        SCENE(a_message_finds_the_binding_of_its_aor),
        SCENE(with_auth_trusted_others_are_403),
        SCENE(a_third_party_register_of_a_trusted_proxy_works_as_the_users_own),
        SCENE(a_repeated_register_is_200_again_and_not_acted_upon),
        SCENE(a_repeated_register_starts_no_second_dump),
        SCENE(a_refused_register_may_be_taken_when_it_is_repeated),
        SCENE(with_db_mode_0_a_restart_forgets_bindings),
        SCENE(with_db_mode_1_bindings_survive_a_restart_with_what_is_left),
        SCENE(with_db_mode_1_what_expired_while_the_server_was_down_is_gone),
        SCENE(with_db_mode_1_a_removal_is_saved_too),
        SCENE(with_db_mode_1_the_200_waits_for_the_commit),
        SCENE(with_db_mode_1_a_fetch_waits_for_nothing),
        SCENE(a_failed_commit_is_500_and_the_location_as_before),
        SCENE(a_failed_commit_starts_no_dump),
        SCENE(bindings_that_a_full_store_does_not_take_serve_and_are_saved_later),
        SCENE(what_is_saved_later_is_not_what_was_refused_meanwhile),
        SCENE(bindings_that_ended_while_the_store_was_full_are_taken_from_it_later),
        SCENE(two_that_fail_together_leave_nothing_of_either),
        SCENE(two_that_fail_in_turn_leave_nothing_of_either),
        SCENE(one_that_fails_takes_nothing_from_the_next_that_is_saved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
