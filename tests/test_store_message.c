/* m_store through the whole server: what is stored, for whom, for how long, and when not. */
#include "tests/behaviour.h"
#include "tests/exact.h"

#include "parser/date.h"
#include "src/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct ask usual;

static struct slice
text(const char *s)
{
    return slice_of(s, strlen(s));
}

/* "Expires: 60" and a Date so many seconds from now, as header lines. */
static const char *
dated(const struct world *w, int64_t date_offset_s, const char *expires)
{
    static char out[128];
    char date[DATE_BYTES];

    date_write(w->now.s + date_offset_s, date);
    snprintf(out, sizeof out, "Date: %.*s\r\nExpires: %s\r\n", DATE_BYTES, date, expires);
    return out;
}

/* ---- what is stored ---- */

static void
every_column_is_stored_as_it_came(void **state)
{
    static const struct ask request = {
        .uri = "sip:b%6Fb@EXAMPLE.org:5099;x=y",
        .from = "\"Al \\\"x\\\"\" <sips:al@home.example:5061;p=1>;tag=a;q=1",
        .to = "Bob <sip:bobby@example.org;u=v>",
        .call_id = "c0lumn@here",
        .ctype = "text/plain; charset=utf-8 ;format=flowed",
        .headers = "Date: Sun, 15 Jun 2025 15:00:00 GMT\r\n",
        .body = SLICE_INIT("caf\xc3\xa9"),
    };
    struct world *w = scene();
    struct record r;

    (void)state;
    assert_int_equal(ask(w, &request), 202);
    r = stored_record(w, 0);
    expect_slice(r.aor, "bob@example.org");
    expect_slice(r.r_uri, "sip:b%6Fb@EXAMPLE.org:5099;x=y");
    expect_slice(r.src_addr, "sips:al@home.example:5061;p=1");
    expect_slice(r.src_name, "\"Al \\\"x\\\"\"");
    expect_slice(r.dst_addr, "sip:bobby@example.org;u=v");
    expect_slice(r.dst_name, "Bob");
    expect_slice(r.call_id, "c0lumn@here");
    expect_slice(r.ctype, "text/plain; charset=utf-8 ;format=flowed");
    expect_slice(r.body, "caf\xc3\xa9");
    expect_slice(r.headers, "");
    assert_int_equal(r.inc_time_s, WORLD_UTC_S + 1);
    assert_int_equal(r.exp_time_s, WORLD_UTC_S + 1 + 259200);
    assert_int_equal(r.date_s, 1749999600);
}

static void
what_was_not_there_is_stored_as_absent(void **state)
{
    struct world *w = scene();
    struct record r;

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .ctype = "", .body = SLICE("") }), 202);
    r = stored_record(w, 0);
    assert_true(slice_is_absent(r.ctype));
    assert_true(slice_is_absent(r.src_name));
    assert_int_equal(r.date_s, 0);
    assert_int_equal(r.body.len, 0);
}

static void
a_body_is_stored_byte_for_byte(void **state)
{
    struct world *w = scene();
    char bytes[512];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    assert_int_equal(ask(w, &(struct ask){ .ctype = "application/octet-stream",
                                           .body = slice_of(bytes, sizeof bytes) }),
                     202);
    assert_true(slice_equal(stored_record(w, 0).body, slice_of(bytes, sizeof bytes)));
}

/* RFC 3261 18.3. */
static void
without_content_length_the_body_goes_to_the_end_of_the_datagram(void **state)
{
    struct world *w = scene();

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .length = "", .body = SLICE("to the end") }),
                     202);
    expect_slice(stored_record(w, 0).body, "to the end");
}

static void
headers_that_belong_to_the_message_are_kept(void **state)
{
#define KEPT                             \
    "Subject: a subject\r\n"             \
    "Content-Encoding: gzip\r\n"         \
    "Content-Disposition: render\r\n"    \
    "Content-Language: fr\r\n"           \
    "MIME-Version: 1.0\r\n"              \
    "In-Reply-To: x@y\r\n"               \
    "Reply-To: <sip:al@example.org>\r\n" \
    "Priority: urgent\r\n"               \
    "Organization: us\r\n"               \
    "X-Own: one\r\n"                     \
    "X-Own: two\r\n"
    struct world *w = scene();

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .headers = KEPT }), 202);
    expect_slice(stored_record(w, 0).headers, KEPT);
}

static void
compact_names_are_kept_at_full_length_and_folds_as_a_space(void **state)
{
    struct world *w = scene();

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .headers = "s: a\r\n  b\r\ne: gzip\r\n" }),
                     202);
    expect_slice(stored_record(w, 0).headers,
                 "Subject: a b\r\nContent-Encoding: gzip\r\n");
}

static void
headers_of_the_way_and_of_the_transaction_are_never_kept(void **state)
{
    static const char *const dropped[] = {
        "Via: SIP/2.0/UDP h;branch=z9hG4bKsecond",
        "Route: <sip:example.org;lr>",
        "Record-Route: <sip:p.example.org;lr>",
        "Path: <sip:p.example.org;lr>",
        "Contact: <sip:al@192.0.2.1>",
        "m: <sip:al@192.0.2.1>",
        "Expires: 600",
        "Require: path",
        "Authorization: Digest username=\"al\"",
        "Proxy-Authorization: Digest username=\"al\"",
        "Proxy-Require: x",
        "Proxy-Anything: x",
        "P-Access-Network-Info: x",
        "P-Asserted-Identity: <sip:al@example.org>",
        "Privacy: id",
        "P-Preferred-Identity: <sip:al@example.org>",
    };
    struct world *w = scene();
    char line[128];

    (void)state;
    for (size_t i = 0; i < sizeof dropped / sizeof dropped[0]; i++) {
        snprintf(line, sizeof line, "%s\r\n", dropped[i]);
        assert_int_equal(ask(w, &(struct ask){ .headers = line }), 202);
        if (stored_record(w, i).headers.len > 0)
            fail_msg("%s is kept", dropped[i]);
    }
}

/* RFC 3325 9.1: within the trust domain. */
static void
an_asserted_identity_is_kept_from_trusted_peers(void **state)
{
#define ASSERTED "P-Asserted-Identity: <sip:al@example.org>\r\nPrivacy: id\r\n"
    struct world *w = scene_with("core.trusted=10.1.0.0/16", NULL);

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .headers = ASSERTED }), 202);
    expect_slice(stored_record(w, 0).headers, ASSERTED);
}

static void
a_message_over_tcp_is_stored_alike(void **state)
{
    struct world *w = scene();
    struct phone *ann = phone_offline(w, "ann", PROTOCOL_TCP);

    (void)state;
    assert_int_equal(ask_by(ann, &(struct ask){ .body = SLICE("over tcp") }), 202);
    expect_slice(stored_record(w, 0).body, "over tcp");
    expect_slice(stored_record(w, 0).aor, "bob@example.org");
}

/* The other stream's bytes come in pieces. */
static void
a_message_over_tcp_in_pieces_is_one_message(void **state)
{
    struct world *w = scene();
    struct phone *ann;
    struct slice bytes;

    (void)state;
    ann = phone_offline(w, "ann", PROTOCOL_TCP);
    bytes = ask_text(ann, &usual);
    for (size_t i = 0; i < bytes.len; i++)
        phone_send_raw(ann, slice_of(bytes.at + i, 1));
    world_run(w, 1000);
    assert_int_equal(ann->last_final, 202);
    assert_int_equal(stored_count(w), 1);
}

/* ---- for whom ---- */

struct choice {
    const char *uri, *to;
    unsigned status;
    const char *aor;
};

static void
expect_choices(struct world *w, const struct choice *choices, size_t count)
{
    size_t stored = 0;

    for (size_t i = 0; i < count; i++) {
        const struct choice *c = &choices[i];
        unsigned status = ask(w, &(struct ask){ .uri = c->uri, .to = c->to });

        if (status != c->status)
            fail_msg("%s, %s: %u", c->uri, c->to, status);
        if (status == 503)
            assert_string_equal(answer_reason(w->tester), "No Address Of Record Of Ours");
        if (status == 202)
            expect_slice(stored_record(w, stored++).aor, c->aor);
    }
}

#define EXPECT_CHOICES(w_, choices_) \
    expect_choices(w_, choices_, sizeof(choices_) / sizeof((choices_)[0]))

static const struct choice request_uri_first[] = {
    { "sip:bob@example.org", "<sip:carol@example.org>", 202, "bob@example.org" },
    { "sip:example.org", "<sip:carol@example.org>", 202, "carol@example.org" },
    { "sip:example.org", "<sip:carol@example.com>", 503, NULL },
    { "sip:example.org", "<sip:example.org>", 503, NULL },
    { "sip:example.org", "<tel:+1555>", 503, NULL },
    { "sip:bob@example.org", "<sip:carol@example.com>", 202, "bob@example.org" },
    { "sips:bob@example.org", "<sip:x@y>", 202, "bob@example.org" },
};

static void
mode_0_looks_at_the_request_uri_then_at_to(void **state)
{
    (void)state;
    EXPECT_CHOICES(scene(), request_uri_first);
}

static void
mode_1_looks_at_the_request_uri_then_at_to(void **state)
{
    (void)state;
    EXPECT_CHOICES(scene_with("msilo.store_mode=1", NULL), request_uri_first);
}

static void
mode_2_looks_at_to_alone(void **state)
{
    static const struct choice choices[] = {
        { "sip:bob@example.org", "<sip:carol@example.org>", 202, "carol@example.org" },
        { "sip:bob@example.org", "<sip:carol@example.com>", 503, NULL },
        { "sip:bob@example.org", "<sip:example.org>", 503, NULL },
        { "sip:bob@example.org", "<sips:Dan@localhost:99>", 202, "Dan@localhost" },
    };

    (void)state;
    EXPECT_CHOICES(scene_with("msilo.store_mode=2", NULL), choices);
}

static void
an_aor_is_user_and_host_whatever_else_its_uri_has(void **state)
{
    static const struct choice choices[] = {
        { "sip:bob@example.org;transport=tcp", "<sip:x@y>", 202, "bob@example.org" },
        { "sip:bob:secret@example.org", "<sip:x@y>", 202, "bob@example.org" },
        { "sip:%62ob@Example.Org:6000", "<sip:x@y>", 202, "bob@example.org" },
        { "sip:Bob@example.org", "<sip:x@y>", 202, "Bob@example.org" },
        { "sip:bob%20b@example.org", "<sip:x@y>", 202, "bob%20b@example.org" },
    };

    (void)state;
    EXPECT_CHOICES(scene(), choices);
}

/* ---- for how long ---- */

struct expiry {
    const char *label;
    int64_t date_offset_s;
    const char *expires;
    int64_t kept_s; /* 0: 480 */
};

/* RFC 3428 7, section 4: from Date where it is within a day of our clock, else from arrival;
 * at most expire_time, here an hour. */
static void
expires_counts_from_a_date_within_a_day(void **state)
{
    static const struct expiry rows[] = {
        { "from now", 0, "600", 600 },
        { "longer than expire_time", 0, "7200", 3600 },
        { "sent a while ago", -100, "600", 500 },
        { "sent so long ago that it is over", -700, "600", 0 },
        { "over this very second", -600, "600", 0 },
        { "a second left", -599, "600", 1 },
        { "a clock ahead of ours", 100, "600", 700 },
        { "a day old", -86400, "600", 600 },
        { "a day ahead", 86400, "600", 600 },
        { "beyond a number", 0, "99999999999999", 3600 },
        { "no number", 0, "soon", 3600 },
        { "0", 0, "0", 0 },
        { "0, from the future", 1000, "0", 0 },
    };
    struct world *w = scene_with("msilo.expire_time=3600", NULL);
    size_t stored = 0;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct expiry *row = &rows[i];
        const char *headers = dated(w, row->date_offset_s, row->expires);
        unsigned status = ask(w, &(struct ask){ .headers = headers });

        if (status != (row->kept_s > 0 ? 202 : 480))
            fail_msg("%s: %u", row->label, status);
        if (status == 202) {
            struct record r = stored_record(w, stored++);
            if (r.exp_time_s - r.inc_time_s != row->kept_s)
                fail_msg("%s: %lld s", row->label,
                         (long long)(r.exp_time_s - r.inc_time_s));
        }
    }
}

static void
expires_0_is_480_and_not_stored(void **state)
{
    struct world *w = scene();

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .headers = "Expires: 0\r\n" }), 480);
    assert_string_equal(answer_reason(w->tester), "Offline And Expired");
    assert_int_equal(stored_count(w), 0);
}

static void
an_expired_message_is_deleted_by_a_cleaning_pass(void **state)
{
    struct world *w = scene_with("msilo.check_time=10", "msilo.clean_period=2", NULL);

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .headers = "Expires: 5\r\n" }), 202);
    world_run(w, 15000);
    assert_int_equal(stored_count(w), 1);
    world_run(w, 10000);
    assert_int_equal(stored_count(w), 0);
    assert_non_null(strstr(scene_log(), "silo.expired count=1"));
}

/* More than one bounded step can take. */
static void
a_cleaning_pass_goes_on_until_nothing_is_expired(void **state)
{
    struct world *w = scene_with("msilo.check_time=10", "msilo.clean_period=1", NULL);

    (void)state;
    for (int i = 0; i < LIMIT_TIDY_STEP + 10; i++)
        ask_only(w->tester, &(struct ask){ .headers = "Expires: 5\r\n" });
    world_run(w, 1000);
    assert_int_equal(stored_count(w), LIMIT_TIDY_STEP + 10);
    w->faults.tidy_failed = 1000;
    world_run(w, 15000);
    w->faults.tidy_failed = 0;
    assert_int_equal(stored_count(w), LIMIT_TIDY_STEP + 10);
    world_run(w, 10000);
    assert_int_equal(stored_count(w), 0);
}

/* A step of tidying that expires nothing may come back after the pass that should. */
static void
a_cleaning_pass_during_another_step_is_not_forgotten(void **state)
{
    struct world *w = scene_with("msilo.check_time=10", "msilo.clean_period=2", NULL);

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .headers = "Expires: 5\r\n" }), 202);
    w->faults.delay_ms = 6000;
    world_run(w, 21000);
    assert_int_equal(stored_count(w), 1);
    w->faults.delay_ms = 1;
    world_run(w, 5000);
    assert_int_equal(stored_count(w), 0);
}

/* ---- not stored ---- */

static void
the_registrars_own_messages_are_503(void **state)
{
    struct world *w = scene_with("msilo.registrar=sip:silo@example.org", NULL);

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .uri = "sip:silo@EXAMPLE.org:5070" }), 503);
    assert_string_equal(answer_reason(w->tester), "Registrar's Messages Are Not Stored");
    assert_int_equal(ask(w, &(struct ask){ .from = "<sips:silo@example.org>;tag=1" }),
                     503);
    assert_int_equal(ask(w, &(struct ask){ .from = "<sip:Silo@example.org>;tag=1" }),
                     202);
    assert_int_equal(stored_count(w), 1);
}

static void
types_of_nostore_types_are_480(void **state)
{
    static const struct {
        const char *ctype;
        unsigned status;
    } rows[] = {
        { "application/im-iscomposing+xml", 480 },
        { "Application/IM-isComposing+XML;charset=utf-8", 480 },
        { "application/im-iscomposing+xml ; x=y", 480 },
        { "application/im-iscomposing", 202 },
        { "text/plain", 202 },
    };
    struct world *w = scene();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (ask(w, &(struct ask){ .ctype = rows[i].ctype }) != rows[i].status)
            fail_msg("%s", rows[i].ctype);
    assert_int_equal(stored_count(w), 2);
}

static void
a_compact_content_type_is_one_of_nostore_types_too(void **state)
{
    struct world *w = scene();

    (void)state;
    assert_int_equal(
        ask(w, &(struct ask){ .ctype = "",
                              .headers = "c: application/im-iscomposing+xml\r\n" }),
        480);
    assert_int_equal(stored_count(w), 0);
}

static void
expect_503(struct world *w, const char *reason, bool may_pass)
{
    assert_string_equal(answer_reason(w->tester), reason);
    if (may_pass)
        assert_in_range(atoi(answer_header(w->tester, "Retry-After")),
                        LIMIT_RETRY_AFTER_S,
                        LIMIT_RETRY_AFTER_S + LIMIT_RETRY_SPREAD_S - 1);
    else
        assert_string_equal(answer_header(w->tester, "Retry-After"), "");
}

static void
max_messages_is_exact_when_many_come_at_once(void **state)
{
    struct world *w = scene_with("msilo.max_messages=7", NULL);
    unsigned accepted = 0, refused = 0;

    (void)state;
    for (int i = 0; i < 40; i++)
        ask_only(w->tester, &usual);
    ask_only(w->tester, &(struct ask){ .uri = "sip:carol@example.org" });
    world_run(w, 5000);
    for (size_t i = 0; i < w->sent_count; i++) {
        struct slice bytes = slice_of(w->sent[i].bytes, w->sent[i].len);
        accepted += peer_text_status(bytes) == 202;
        refused += peer_text_status(bytes) == 503;
    }
    assert_int_equal(accepted, 8);
    assert_int_equal(refused, 33);
    assert_int_equal(stored_count(w), 8);
    assert_int_equal(ask(w, &usual), 503);
    expect_503(w, "Silo Of This User Is Full", true);
}

static void
max_bytes_counts_bodies_to_the_byte(void **state)
{
    struct world *w = scene_with("msilo.max_bytes=10", NULL);

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .body = text("12345678901") }), 503);
    assert_int_equal(ask(w, &(struct ask){ .body = text("123456") }), 202);
    assert_int_equal(ask(w, &(struct ask){ .body = text("12345") }), 503);
    assert_int_equal(ask(w, &(struct ask){ .body = text("1234") }), 202);
    assert_int_equal(ask(w, &(struct ask){ .body = text("1") }), 503);
    expect_503(w, "Silo Of This User Is Full", true);
    assert_int_equal(ask(w, &(struct ask){ .body = SLICE("") }), 202);
}

static void
what_has_expired_does_not_count(void **state)
{
    struct world *w =
        scene_with("msilo.max_messages=1", "msilo.clean_period=1000000", NULL);

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .headers = "Expires: 5\r\n" }), 202);
    assert_int_equal(ask(w, &usual), 503);
    world_run(w, 6000);
    assert_int_equal(ask(w, &usual), 202);
}

static void
a_full_store_is_503(void **state)
{
    struct world *w = scene();

    (void)state;
    w->contents->room_bytes = 100;
    assert_int_equal(ask(w, &usual), 503);
    expect_503(w, "Store Is Full", true);
    w->contents->room_bytes = 0;
    w->faults.full = 1000;
    assert_int_equal(ask(w, &usual), 503);
    expect_503(w, "Store Is Full", true);
    assert_int_equal(stored_count(w), 0);
}

static void
a_failed_commit_is_503_for_all_that_were_in_it(void **state)
{
    struct world *w = scene();
    unsigned refused = 0;

    (void)state;
    w->faults.failed = 1000;
    for (int i = 0; i < 5; i++)
        ask_only(w->tester, &usual);
    world_run(w, 1000);
    for (unsigned i = 0; i < 5; i++)
        refused += strstr(sent_at(w, "SIP/2.0", i)->bytes, "503 Store Failed") != NULL;
    assert_int_equal(refused, 5);
    assert_int_equal(stored_count(w), 0);
    expect_503(w, "Store Failed", true);
    w->faults.failed = 0;
    assert_int_equal(ask(w, &usual), 202);
}

static void
a_server_that_stops_refuses_what_is_new_and_answers_what_it_took(void **state)
{
    struct world *w = scene();

    (void)state;
    w->faults.delay_ms = 500;
    ask_only(w->tester, &usual);
    world_run(w, 100);
    server_stop(w->server, w->now);
    assert_int_equal(ask(w, &usual), 503);
    expect_503(w, "Shutting Down", true);
    assert_int_equal(world_status(w), 202);
    assert_int_equal(stored_count(w), 1);
}

/* There may be work of minutes: the process would be killed in the middle of it. */
static void
a_server_that_stops_begins_no_further_step_of_cleaning(void **state)
{
    struct world *w = scene_with("msilo.check_time=10", "msilo.clean_period=1", NULL);

    (void)state;
    for (int i = 0; i < LIMIT_TIDY_STEP + 10; i++)
        ask_only(w->tester, &(struct ask){ .headers = "Expires: 5\r\n" });
    world_run(w, 5000);
    w->faults.delay_ms = 500;
    world_run(w, 5500);
    server_stop(w->server, w->now);
    assert_false(server_is_idle(w->server));
    world_run(w, 10000);
    assert_true(server_is_idle(w->server));
    assert_int_equal(stored_count(w), 10);
}

/* A dump that looks a name up when the server stops ends there. */
static void
a_name_that_is_found_after_the_stop_starts_no_delivery(void **state)
{
    struct world *w = scene_with("msilo.outbound_proxy=sip:proxy.example.net", NULL);
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);

    (void)state;
    wire_add_name(w, "proxy.example.net", wire_address(77, 5060));
    store_body(w, "bob", "hello");
    w->link.delay_ms = 3000;
    phone_register(bob, 3600);
    world_run(w, 1000);
    server_stop(w->server, w->now);
    world_run(w, 10000);
    assert_int_equal(world_count_sent(w, "MESSAGE"), 0);
    assert_true(server_is_idle(w->server));
}

/* More than a batch holds while the disk is slow. */
static void
too_many_at_once_are_503_and_the_others_stored(void **state)
{
    struct world *w = scene();
    unsigned accepted = 0, busy = 0;

    (void)state;
    w->faults.delay_ms = 3000;
    ask_only(w->tester, &usual);
    world_run(w, 100);
    for (int i = 0; i < BATCH_PUTS_MAX + 10; i++)
        ask_only(w->tester, &usual);
    world_run(w, 30000);
    for (size_t i = 0; i < w->sent_count; i++) {
        accepted += strncmp(w->sent[i].bytes, "SIP/2.0 202 ", 12) == 0;
        busy += strncmp(w->sent[i].bytes, "SIP/2.0 503 Too Many Messages At Once\r\n",
                        39) == 0;
    }
    assert_int_equal(accepted, BATCH_PUTS_MAX + 1);
    assert_int_equal(busy, 10);
    assert_int_equal(stored_count(w), BATCH_PUTS_MAX + 1);
}

/* Nothing goes to the disk before the turn is over, though it has nothing to do. */
static void
too_many_in_one_turn_are_503_although_the_disk_idles(void **state)
{
    struct world *w = scene();
    const struct flow flow = { .protocol = PROTOCOL_UDP,
                               .peer = w->tester->peer.address };

    (void)state;
    for (int i = 0; i < LIMIT_UNCOMMITTED_MESSAGES; i++)
        world_inject(w, &flow, ask_text(w->tester, &usual));
    assert_int_equal(w->sent_count, 0);
    world_inject(w, &flow, ask_text(w->tester, &usual));
    assert_int_equal(world_status(w), 503);
    expect_503(w, "Too Many Messages At Once", true);
    assert_int_equal(world_status(w), 202);
    world_run(w, 1000);
    assert_int_equal(stored_count(w), LIMIT_UNCOMMITTED_MESSAGES);
    assert_int_equal(w->happened.counts[HAPPENED_COMMIT], 1);
    assert_int_equal(ask(w, &usual), 202);
}

/* ---- 202 is a promise ---- */

static void
no_202_before_the_commit_is_back(void **state)
{
    struct world *w = scene();

    (void)state;
    w->faults.delay_ms = 1000; /* and again, until it is told */
    ask_only(w->tester, &usual);
    world_run(w, 1990);
    assert_int_equal(stored_count(w), 1);
    assert_int_equal(w->sent_count, 0);
    world_run(w, 100);
    assert_int_equal(w->sent_count, 1);
}

static void
what_was_answered_202_outlives_the_process(void **state)
{
    struct world *w = scene();
    struct phone *bob;

    (void)state;
    store_body(w, "bob", "promised");
    world_kill(w);
    bob = phone_online(w, "bob", PROTOCOL_UDP);
    expect_bodies(bob, "promised");
}

/* The same Call-ID, CSeq and From tag, on another branch: not a retransmission. */
static const struct ask again = { .call_id = "again",
                                  .cseq = "4 MESSAGE",
                                  .from = "<sip:a@example.org>;tag=again" };

static void
a_request_that_arrives_again_is_202_and_stored_once(void **state)
{
    struct world *w = scene();

    (void)state;
    assert_int_equal(ask(w, &again), 202);
    assert_int_equal(ask(w, &again), 202);
    assert_int_equal(stored_count(w), 1);
    assert_non_null(strstr(scene_log(), "silo.repeated"));
}

static void
two_that_are_the_same_in_one_commit_are_stored_once(void **state)
{
    struct world *w = scene();

    (void)state;
    ask_only(w->tester, &again);
    ask_only(w->tester, &again);
    world_run(w, 1000);
    assert_int_equal(stored_count(w), 1);
    assert_int_equal(w->sent_count, 2);
    assert_non_null(strstr(w->sent[1].bytes, " 202 "));
}

static void
a_request_that_arrives_again_after_a_restart_is_stored_once(void **state)
{
    struct world *w = scene();
    struct phone *ann = phone_offline(w, "ann", PROTOCOL_TCP);

    (void)state;
    assert_int_equal(ask(w, &again), 202);
    world_kill(w);
    assert_int_equal(ask_by(ann, &again), 202); /* and another way */
    assert_int_equal(stored_count(w), 1);
}

static void
a_request_that_arrives_again_after_its_delivery_is_not_delivered_again(void **state)
{
    struct world *w = scene();
    struct phone *bob;

    (void)state;
    assert_int_equal(ask(w, &again), 202);
    bob = phone_online(w, "bob", PROTOCOL_UDP);
    assert_int_equal(phone_received(bob), 1);
    world_kill(w);
    assert_int_equal(ask(w, &again), 202);
    phone_register(bob, 3600);
    world_run(w, 5000);
    assert_int_equal(phone_received(bob), 1);
}

/* A full AoR is no reason to refuse what lies in it already. */
static void
a_request_that_arrives_again_is_202_although_the_aor_is_full(void **state)
{
    struct world *w = scene_with("msilo.max_messages=1", NULL);

    (void)state;
    assert_int_equal(ask(w, &again), 202);
    assert_int_equal(ask(w, &again), 202);
    assert_int_equal(stored_count(w), 1);
}

static void
another_cseq_or_tag_or_call_id_or_recipient_is_another_message(void **state)
{
    struct ask others[] = { again, again, again, again };
    struct world *w = scene();

    (void)state;
    others[0].cseq = "5 MESSAGE";
    others[1].from = "<sip:a@example.org>;tag=other";
    others[2].call_id = "other";
    others[3].uri = "sip:carol@example.org"; /* forked by a proxy before us */
    assert_int_equal(ask(w, &again), 202);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(ask(w, &others[i]), 202);
    assert_int_equal(stored_count(w), 5);
}

/* The disk wrote it and said it had not: 503 is the safe side, and the next try finds it. */
static void
what_was_written_although_the_disk_denied_it_is_stored_once(void **state)
{
    struct world *w = scene();

    (void)state;
    w->faults.lied = 1000;
    assert_int_equal(ask(w, &again), 503);
    w->faults.lied = 0;
    assert_int_equal(ask(w, &again), 202);
    assert_int_equal(stored_count(w), 1);
}

/* Nobody waits for msilo.check_time and msilo.clean_period, two minutes and a half. */
static void
a_full_store_makes_room_of_what_has_expired_within_seconds(void **state)
{
    struct world *w = scene();

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .headers = "Expires: 2\r\n" }), 202);
    w->contents->room_bytes = 1;
    world_run(w, 5000);
    assert_int_equal(ask(w, &(struct ask){ 0 }), 503);
    assert_int_equal(stored_count(w), 1);
    world_run(w, 1500);
    assert_int_equal(stored_count(w), 0);
    w->contents->room_bytes = 0;
    assert_int_equal(ask(w, &(struct ask){ 0 }), 202);
}

/* Contract, section 2: the time of a message is UTC. What a wrong clock shows as expired is not
 * sent, and is there again when it is set right. */
static void
a_clock_that_is_a_day_ahead_for_a_while_deletes_nothing(void **state)
{
    struct world *w = scene();
    struct phone *bob;

    (void)state;
    assert_int_equal(
        ask(w, &(struct ask){ .headers = "Expires: 7200\r\n", .body = SLICE("one") }),
        202);
    world_jump(w, 86400);
    world_run(w, 1800 * 1000);
    bob = phone_online(w, "bob", PROTOCOL_UDP);
    assert_int_equal(phone_received(bob), 0);
    assert_int_equal(stored_count(w), 1);
    assert_non_null(strstr(scene_log(), "server.clock_jumped to=later"));
    world_jump(w, -86400);
    phone_register(bob, 3600);
    world_run(w, 1000);
    expect_bodies(bob, "one");
}

static void
a_clock_that_stays_a_day_ahead_is_believed_after_an_hour(void **state)
{
    struct world *w = scene();

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .headers = "Expires: 7200\r\n" }), 202);
    world_jump(w, 86400);
    world_run(w, 3000 * 1000);
    assert_int_equal(stored_count(w), 1);
    world_run(w, 1000 * 1000);
    assert_int_equal(stored_count(w), 0);
}

static void
a_clock_that_is_a_day_behind_expires_nothing_early_or_never(void **state)
{
    struct world *w = scene();

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .headers = "Expires: 7200\r\n" }), 202);
    world_jump(w, -86400);
    assert_int_equal(ask(w, &(struct ask){ .headers = "Expires: 600\r\n" }), 202);
    world_run(w, 1000 * 1000);
    assert_int_equal(stored_count(w), 1);
    world_jump(w, 86400);
    world_run(w, 7200 * 1000);
    assert_int_equal(stored_count(w), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(every_column_is_stored_as_it_came),
        SCENE(what_was_not_there_is_stored_as_absent),
        SCENE(a_body_is_stored_byte_for_byte),
        SCENE(without_content_length_the_body_goes_to_the_end_of_the_datagram),
        SCENE(headers_that_belong_to_the_message_are_kept),
        SCENE(compact_names_are_kept_at_full_length_and_folds_as_a_space),
        SCENE(headers_of_the_way_and_of_the_transaction_are_never_kept),
        SCENE(an_asserted_identity_is_kept_from_trusted_peers),
        SCENE(a_message_over_tcp_is_stored_alike),
        SCENE(a_message_over_tcp_in_pieces_is_one_message),
        SCENE(mode_0_looks_at_the_request_uri_then_at_to),
        SCENE(mode_1_looks_at_the_request_uri_then_at_to),
        SCENE(mode_2_looks_at_to_alone),
        SCENE(an_aor_is_user_and_host_whatever_else_its_uri_has),
        SCENE(expires_counts_from_a_date_within_a_day),
        SCENE(expires_0_is_480_and_not_stored),
        SCENE(an_expired_message_is_deleted_by_a_cleaning_pass),
        SCENE(a_cleaning_pass_goes_on_until_nothing_is_expired),
        SCENE(a_cleaning_pass_during_another_step_is_not_forgotten),
        SCENE(the_registrars_own_messages_are_503),
        SCENE(types_of_nostore_types_are_480),
        SCENE(a_compact_content_type_is_one_of_nostore_types_too),
        SCENE(max_messages_is_exact_when_many_come_at_once),
        SCENE(max_bytes_counts_bodies_to_the_byte),
        SCENE(what_has_expired_does_not_count),
        SCENE(a_full_store_is_503),
        SCENE(a_failed_commit_is_503_for_all_that_were_in_it),
        SCENE(a_server_that_stops_refuses_what_is_new_and_answers_what_it_took),
        SCENE(a_server_that_stops_begins_no_further_step_of_cleaning),
        SCENE(a_name_that_is_found_after_the_stop_starts_no_delivery),
        SCENE(too_many_at_once_are_503_and_the_others_stored),
        SCENE(too_many_in_one_turn_are_503_although_the_disk_idles),
        SCENE(no_202_before_the_commit_is_back),
        SCENE(what_was_answered_202_outlives_the_process),
        SCENE(a_request_that_arrives_again_is_202_and_stored_once),
        SCENE(two_that_are_the_same_in_one_commit_are_stored_once),
        SCENE(a_request_that_arrives_again_after_a_restart_is_stored_once),
        SCENE(a_request_that_arrives_again_after_its_delivery_is_not_delivered_again),
        SCENE(a_request_that_arrives_again_is_202_although_the_aor_is_full),
        SCENE(another_cseq_or_tag_or_call_id_or_recipient_is_another_message),
        SCENE(what_was_written_although_the_disk_denied_it_is_stored_once),
        SCENE(a_full_store_makes_room_of_what_has_expired_within_seconds),
        SCENE(a_clock_that_is_a_day_ahead_for_a_while_deletes_nothing),
        SCENE(a_clock_that_stays_a_day_ahead_is_believed_after_an_hour),
        SCENE(a_clock_that_is_a_day_behind_expires_nothing_early_or_never),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
