/* Every setting changes what the server does: each test here fails when its setting is
 * ignored. Elsewhere: core.listen, core.log_level, core.log_format and msilo.db_url in
 * tests/e2e/test_command_line; core.tcp_max_connections and core.tcp_connection_lifetime in
 * test_tcp; msilo.db_table in test_lmdb_files; msilo.map_size in test_lmdb_full. */
#include "tests/behaviour.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <stdio.h>

#include <cmocka.h>

static struct answer
unavailable(void *self, struct phone *phone, struct slice request)
{
    (void)self;
    (void)phone;
    (void)request;
    return (struct answer){ .status = 480 };
}

static struct answer
mute(void *self, struct phone *phone, struct slice request)
{
    (void)self;
    (void)phone;
    (void)request;
    return (struct answer){ .is_mute = true };
}

static unsigned
message_to(struct world *w, const char *uri)
{
    return ask(w, &(struct ask){ .uri = uri });
}

static unsigned
register_with(struct world *w, const char *headers)
{
    static unsigned count;
    char call_id[32], cseq[32];

    snprintf(call_id, sizeof call_id, "r%u", ++count);
    snprintf(cseq, sizeof cseq, "%u REGISTER", count);
    return ask(w, &(struct ask){ .method = "REGISTER",
                                 .uri = "sip:example.org",
                                 .from = "<sip:bob@example.org>;tag=r",
                                 .to = "<sip:bob@example.org>",
                                 .call_id = call_id,
                                 .cseq = cseq,
                                 .headers = headers });
}

static bool
log_has(const char *text)
{
    return strstr(scene_log(), text) != NULL;
}

/* ---- core ---- */

static void
core_alias_says_which_domains_are_ours(void **state)
{
    (void)state;
    assert_int_equal(
        message_to(scene_with("core.alias=ours.example", NULL), "sip:bob@ours.example"),
        202);
}

static void
core_alias_says_which_domains_are_not(void **state)
{
    (void)state;
    assert_int_equal(
        message_to(scene_with("core.alias=ours.example", NULL), "sip:bob@example.org"),
        403);
}

static void
core_max_message_size_bounds_one_message(void **state)
{
    static char body[2000];
    struct world *w = scene_with("core.max_message_size=1500", NULL);

    (void)state;
    memset(body, 'x', sizeof body);
    assert_int_equal(ask(w, &(struct ask){ .body = slice_of(body, 900) }), 202);
    assert_int_equal(ask(w, &(struct ask){ .body = slice_of(body, sizeof body) }), 413);
}

static void
core_trusted_lets_its_networks_send(void **state)
{
    (void)state;
    assert_int_equal(
        message_to(scene_with("auth.message=trusted", "core.trusted=10.0.0.0/8", NULL),
                   "sip:bob@example.org"),
        202);
}

static void
core_trusted_keeps_others_out(void **state)
{
    (void)state;
    assert_int_equal(
        message_to(scene_with("auth.message=trusted", "core.trusted=192.0.2.0/24", NULL),
                   "sip:bob@example.org"),
        403);
}

/* ---- tm ---- */

static void
tm_fr_timer_ends_the_wait_for_an_answer(void **state)
{
    struct world *w = scene_with("tm.fr_timer=3", "msilo.check_time=3600", NULL);
    struct phone *bob;

    (void)state;
    bob = phone_online(w, "bob", PROTOCOL_UDP);
    bob->choose = mute;
    store_body(w, "bob", "hello");
    world_run(w, 20000);
    /* At 0, 0.5 and 1.5 s; the next would be at 3.5 s (RFC 3261 17.1.2.2). */
    assert_int_equal(world_count_sent(w, "MESSAGE"), 3);
}

static void
tm_wt_timer_says_how_long_a_request_is_remembered(void **state)
{
    struct world *w = scene_with("tm.wt_timer=2", NULL);
    const struct ask same = { .via = "SIP/2.0/UDP 10.1.0.1:5060;branch=z9hG4bKw;rport",
                              .call_id = "same",
                              .from = "<sip:alice@example.org>;tag=same" };

    (void)state;
    assert_int_equal(ask(w, &same), 202);
    world_run(w, 1000);
    assert_int_equal(ask(w, &same), 202);
    assert_false(log_has("silo.repeated"));
    world_run(w, 5000);
    assert_int_equal(ask(w, &same), 202);
    assert_true(
        log_has("silo.repeated")); /* the store knew it, the transaction did not */
}

/* ---- registrar ---- */

static void
registrar_default_expires_is_given_where_none_is_asked_for(void **state)
{
    struct world *w = scene_with("registrar.default_expires=1234", NULL);

    (void)state;
    assert_int_equal(register_with(w, "Contact: <sip:bob@10.1.0.1>\r\n"), 200);
    assert_non_null(strstr(answer_header(w->tester, "Contact"), "expires=1234"));
}

static void
registrar_min_expires_refuses_what_is_too_brief(void **state)
{
    struct world *w = scene_with("registrar.min_expires=100", NULL);

    (void)state;
    assert_int_equal(register_with(w, "Contact: <sip:bob@10.1.0.1>\r\nExpires: 99\r\n"),
                     423);
    assert_string_equal(answer_header(w->tester, "Min-Expires"), "100");
    assert_int_equal(register_with(w, "Contact: <sip:bob@10.1.0.1>\r\nExpires: 100\r\n"),
                     200);
}

static void
registrar_max_expires_shortens(void **state)
{
    struct world *w = scene_with("registrar.max_expires=4000", NULL);

    (void)state;
    assert_int_equal(register_with(w, "Contact: <sip:bob@10.1.0.1>\r\nExpires: 9999\r\n"),
                     200);
    assert_non_null(strstr(answer_header(w->tester, "Contact"), "expires=4000"));
}

static void
registrar_max_contacts_bounds_an_aor(void **state)
{
    struct world *w = scene_with("registrar.max_contacts=2", NULL);

    (void)state;
    assert_int_equal(
        register_with(w, "Contact: <sip:bob@10.1.0.1>, <sip:bob@10.1.0.2>\r\n"), 200);
    assert_int_equal(register_with(w, "Contact: <sip:bob@10.1.0.3>\r\n"), 503);
    assert_true(atoi(answer_header(w->tester, "Retry-After")) >= 5);
}

/* ---- usrloc ---- */

static void
deliver_after_death(struct world *w, const char *expected)
{
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    world_kill(w);
    store_body(w, "bob", "hello");
    world_run(w, 2000);
    expect_bodies(bob, expected);
}

static void
usrloc_db_mode_0_forgets_bindings_at_a_restart(void **state)
{
    (void)state;
    deliver_after_death(scene_with("usrloc.db_mode=0", NULL), "");
}

static void
usrloc_db_mode_1_keeps_bindings_over_a_restart(void **state)
{
    (void)state;
    deliver_after_death(scene_with("usrloc.db_mode=1", NULL), "hello");
}

/* ---- msilo ---- */

static struct phone *
noticed(struct world *w)
{
    struct phone *alice = phone_offline(w, "alice", PROTOCOL_UDP);

    assert_int_equal(
        ask_by(alice, &(struct ask){ .headers = "Contact: <sip:alice@10.1.0.9>"
                                                "\r\n" }),
        202);
    world_run(w, 2000);
    return alice;
}

static void
msilo_registrar_sends_notices(void **state)
{
    struct world *w = scene_with("msilo.registrar=sip:silo@example.org", NULL);
    const struct sent *notice;

    (void)state;
    noticed(w);
    notice = sent_at(w, "MESSAGE", 0);
    assert_non_null(notice);
    assert_non_null(strstr(notice->bytes, "From: <sip:silo@example.org>;tag="));
}

static void
without_msilo_registrar_there_are_no_notices(void **state)
{
    struct world *w = scene();

    (void)state;
    noticed(w);
    assert_int_equal(world_count_sent(w, "MESSAGE"), 0);
}

static void
msilo_use_contact_1_notifies_the_contact(void **state)
{
    struct world *w = scene_with("msilo.registrar=sip:silo@example.org", NULL);

    (void)state;
    noticed(w);
    assert_non_null(
        strstr(sent_at(w, "MESSAGE", 0)->bytes, "MESSAGE sip:alice@10.1.0.9 SIP/2.0"));
}

/* RFC 3261 19.1.1: a Request-URI has no headers. */
static void
a_notice_leaves_the_headers_of_the_contact_out(void **state)
{
    struct world *w = scene_with("msilo.registrar=sip:silo@example.org", NULL);
    const struct sent *notice;

    (void)state;
    assert_int_equal(
        ask(w, &(struct ask){ .headers = "Contact: <sip:alice@10.1.0.9?Subject=x>\r\n" }),
        202);
    world_run(w, 2000);
    notice = sent_at(w, "MESSAGE", 0);
    assert_non_null(notice);
    assert_non_null(strstr(notice->bytes, "MESSAGE sip:alice@10.1.0.9 SIP/2.0"));
}

/* From is a user of ours who is not registered: there is no way to her. */
static void
msilo_use_contact_0_notifies_the_from_uri(void **state)
{
    struct world *w =
        scene_with("msilo.registrar=sip:silo@example.org", "msilo.use_contact=0", NULL);

    (void)state;
    noticed(w);
    assert_int_equal(world_count_sent(w, "MESSAGE"), 0);
}

static void
msilo_offline_message_and_content_type_make_the_notice(void **state)
{
    struct world *w = scene_with("msilo.registrar=sip:silo@example.org",
                                 "msilo.content_type=text/x-note",
                                 "msilo.offline_message=kept for $rU", NULL);
    const char *bytes;

    (void)state;
    noticed(w);
    bytes = sent_at(w, "MESSAGE", 0)->bytes;
    assert_non_null(strstr(bytes, "Content-Type: text/x-note\r\n"));
    assert_non_null(strstr(bytes, "\r\n\r\nkept for bob"));
}

static void
msilo_expire_time_is_how_long_a_message_is_kept(void **state)
{
    struct world *w = scene_with("msilo.expire_time=1000", NULL);
    struct record record;

    (void)state;
    store_body(w, "bob", "hello");
    record = stored_record(w, 0);
    assert_int_equal(record.exp_time_s - record.inc_time_s, 1000);
}

static void
msilo_check_time_is_the_first_wait_before_a_dump_is_tried_again(void **state)
{
    struct world *w = scene_with("msilo.check_time=50", NULL);
    struct phone *bob;

    (void)state;
    bob = phone_online(w, "bob", PROTOCOL_UDP);
    bob->choose = unavailable;
    store_body(w, "bob", "hello");
    world_run(w, 45000);
    assert_int_equal(world_count_sent(w, "MESSAGE"), 1);
    world_run(w, 10000);
    assert_int_equal(world_count_sent(w, "MESSAGE"), 2);
}

static void
msilo_clean_period_is_how_many_passes_lie_between_cleanings(void **state)
{
    struct world *w = scene_with("msilo.expire_time=5", "msilo.check_time=10",
                                 "msilo.clean_period=4", NULL);

    (void)state;
    store_body(w, "bob", "hello");
    world_run(w, 35000);
    assert_false(log_has("silo.expired"));
    world_run(w, 10000);
    assert_true(log_has("silo.expired"));
}

static void
stores_for(struct world *w, const char *aor)
{
    assert_int_equal(ask(w, &(struct ask){ .uri = "sip:bob@example.org",
                                           .to = "<sip:carol@example.org>" }),
                     202);
    assert_true(slice_equal(stored_record(w, 0).aor, slice_of(aor, strlen(aor))));
}

static void
msilo_store_mode_0_takes_the_request_uri(void **state)
{
    (void)state;
    stores_for(scene_with("msilo.store_mode=0", NULL), "bob@example.org");
}

static void
msilo_store_mode_2_takes_the_to_uri(void **state)
{
    (void)state;
    stores_for(scene_with("msilo.store_mode=2", NULL), "carol@example.org");
}

static void
msilo_max_messages_bounds_an_aor(void **state)
{
    struct world *w = scene_with("msilo.max_messages=2", NULL);

    (void)state;
    store_body(w, "bob", "one");
    store_body(w, "bob", "two");
    assert_int_equal(message_to(w, "sip:bob@example.org"), 503);
    store_body(w, "carol", "one");
}

static void
msilo_max_bytes_bounds_an_aor(void **state)
{
    struct world *w = scene_with("msilo.max_bytes=8", NULL);

    (void)state;
    store_body(w, "bob", "12345");
    assert_int_equal(message_to(w, "sip:bob@example.org"),
                     503); /* "hello" is five more */
    store_body(w, "bob", "123");
}

static void
msilo_nostore_types_are_not_stored(void **state)
{
    struct world *w = scene_with("msilo.nostore_types=text/x-typing", NULL);

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .ctype = "text/x-typing;a=b" }), 480);
    assert_int_equal(ask(w, &(struct ask){ .ctype = "application/im-iscomposing+xml" }),
                     202);
}

static const char *
max_forwards_at(struct world *w, const char *headers)
{
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    assert_int_equal(ask(w, &(struct ask){ .max_forwards = headers }), 200);
    return receipt_header(phone_receipt(bob, 0), "Max-Forwards");
}

static void
core_max_forwards_is_what_a_request_without_gets(void **state)
{
    (void)state;
    assert_string_equal(max_forwards_at(scene(), ""), "10");
    scene_end(NULL);
    assert_string_equal(max_forwards_at(scene_with("core.max_forwards=7", NULL), ""),
                        "7");
    scene_end(NULL);
    assert_string_equal(max_forwards_at(scene(), "30"), "29");
}

static unsigned
abroad(struct world *w)
{
    phone_offline(w, "far", PROTOCOL_UDP); /* at 10.1.0.2 */
    return message_to(w, "sip:far@10.1.0.2:5060");
}

static void
core_relay_lets_requests_go_abroad(void **state)
{
    (void)state;
    assert_int_equal(abroad(scene()), 403);
    scene_end(NULL);
    assert_int_equal(abroad(scene_with("core.relay=trusted", NULL)), 403);
    scene_end(NULL);
    assert_int_equal(
        abroad(scene_with("core.relay=trusted", "core.trusted=10.1.0.0/16", NULL)), 200);
    scene_end(NULL);
    assert_int_equal(abroad(scene_with("core.relay=all", NULL)), 200);
}

static unsigned
answered_with(struct world *w, unsigned status)
{
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    bob->answer.status = status;
    return ask(w, &(struct ask){ .to = "<sip:tom@example.org>" });
}

static void
msilo_store_on_says_after_which_answers_a_message_is_stored(void **state)
{
    (void)state;
    assert_int_equal(answered_with(scene(), 480), 202);
    scene_end(NULL);
    assert_int_equal(answered_with(scene(), 403), 403);
    scene_end(NULL);
    assert_int_equal(answered_with(scene_with("msilo.store_on=403", NULL), 403), 202);
    scene_end(NULL);
    assert_int_equal(answered_with(scene_with("msilo.store_on=403", NULL), 480), 480);
    scene_end(NULL);
    assert_int_equal(answered_with(scene_with("msilo.store_on=all", NULL), 603), 202);
}

static void
msilo_failure_mode_2_takes_the_to_uri(void **state)
{
    struct world *w = scene_with("msilo.failure_mode=2", NULL);

    (void)state;
    assert_int_equal(answered_with(w, 480), 202);
    assert_true(slice_equal(stored_record(w, 0).aor, SLICE("tom@example.org")));
}

static void
msilo_outbound_proxy_gets_what_the_silo_sends(void **state)
{
    struct world *w = scene_with("msilo.outbound_proxy=sip:10.1.0.77:5070", NULL);
    const struct sent *dumped;

    (void)state;
    store_body(w, "bob", "hello");
    phone_online(w, "bob", PROTOCOL_UDP);
    dumped = sent_at(w, "MESSAGE", 0);
    assert_non_null(dumped);
    assert_int_equal(dumped->flow.peer.port, 5070);
    assert_memory_equal(dumped->bytes, "MESSAGE sip:bob@example.org SIP/2.0\r\n", 37);
}

static void
msilo_add_date_puts_the_date_in_front_of_plain_text(void **state)
{
    struct world *w = scene_with("msilo.add_date=1", NULL);
    struct phone *bob;

    (void)state;
    store_body(w, "bob", "hello");
    bob = phone_online(w, "bob", PROTOCOL_UDP);
    expect_bodies(bob, "[Offline message - Sun, 15 Jun 2025 15:06:41 GMT] hello");
}

/* ---- auth ---- */

static void
auth_register_trusted_refuses_others(void **state)
{
    struct world *w = scene_with("auth.register=trusted", NULL);

    (void)state;
    assert_int_equal(register_with(w, "Contact: <sip:bob@10.1.0.1>\r\n"), 403);
}

static void
auth_register_none_lets_anybody(void **state)
{
    struct world *w = scene_with("auth.register=none", NULL);

    (void)state;
    assert_int_equal(register_with(w, "Contact: <sip:bob@10.1.0.1>\r\n"), 200);
}

static void
auth_message_none_lets_anybody(void **state)
{
    (void)state;
    assert_int_equal(
        message_to(scene_with("auth.message=none", NULL), "sip:bob@example.org"), 202);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(core_alias_says_which_domains_are_ours),
        SCENE(core_alias_says_which_domains_are_not),
        SCENE(core_max_message_size_bounds_one_message),
        SCENE(core_trusted_lets_its_networks_send),
        SCENE(core_trusted_keeps_others_out),
        SCENE(tm_fr_timer_ends_the_wait_for_an_answer),
        SCENE(tm_wt_timer_says_how_long_a_request_is_remembered),
        SCENE(registrar_default_expires_is_given_where_none_is_asked_for),
        SCENE(registrar_min_expires_refuses_what_is_too_brief),
        SCENE(registrar_max_expires_shortens),
        SCENE(registrar_max_contacts_bounds_an_aor),
        SCENE(usrloc_db_mode_0_forgets_bindings_at_a_restart),
        SCENE(usrloc_db_mode_1_keeps_bindings_over_a_restart),
        SCENE(msilo_registrar_sends_notices),
        SCENE(without_msilo_registrar_there_are_no_notices),
        SCENE(msilo_use_contact_1_notifies_the_contact),
        SCENE(a_notice_leaves_the_headers_of_the_contact_out),
        SCENE(msilo_use_contact_0_notifies_the_from_uri),
        SCENE(msilo_offline_message_and_content_type_make_the_notice),
        SCENE(msilo_expire_time_is_how_long_a_message_is_kept),
        SCENE(msilo_check_time_is_the_first_wait_before_a_dump_is_tried_again),
        SCENE(msilo_clean_period_is_how_many_passes_lie_between_cleanings),
        SCENE(msilo_store_mode_0_takes_the_request_uri),
        SCENE(msilo_store_mode_2_takes_the_to_uri),
        SCENE(msilo_max_messages_bounds_an_aor),
        SCENE(msilo_max_bytes_bounds_an_aor),
        SCENE(msilo_nostore_types_are_not_stored),
        SCENE(core_max_forwards_is_what_a_request_without_gets),
        SCENE(core_relay_lets_requests_go_abroad),
        SCENE(msilo_store_on_says_after_which_answers_a_message_is_stored),
        SCENE(msilo_failure_mode_2_takes_the_to_uri),
        SCENE(msilo_outbound_proxy_gets_what_the_silo_sends),
        SCENE(msilo_add_date_puts_the_date_in_front_of_plain_text),
        SCENE(auth_register_trusted_refuses_others),
        SCENE(auth_register_none_lets_anybody),
        SCENE(auth_message_none_lets_anybody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
