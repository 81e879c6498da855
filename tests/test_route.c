/* Which request goes where: refusals, methods, the ways of responses, repetitions. */
#include "tests/behaviour.h"
#include "tests/exact.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ALLOWED "REGISTER, MESSAGE, OPTIONS, CANCEL, ACK"

struct row {
    const char *label;
    struct ask ask;
    unsigned status;
    const char *reason;         /* NULL: not looked at */
    const char *header, *value; /* that the answer has; NULL: none is asked for */
};

static void
expect_row(struct world *w, const struct row *row)
{
    unsigned status = ask(w, &row->ask);

    if (status != row->status)
        fail_msg("row %s: %u, not %u", row->label, status, row->status);
    if (row->reason != NULL && strcmp(answer_reason(w->tester), row->reason) != 0)
        fail_msg("row %s: \"%s\"", row->label, answer_reason(w->tester));
    if (row->header != NULL &&
        strcmp(answer_header(w->tester, row->header), row->value) != 0)
        fail_msg("row %s: %s: %s", row->label, row->header,
                 answer_header(w->tester, row->header));
}

static void
expect_rows(struct world *w, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        expect_row(w, &rows[i]);
    assert_int_equal(stored_count(w), 0);
}

#define EXPECT_ROWS(w_, rows_) expect_rows(w_, rows_, sizeof(rows_) / sizeof((rows_)[0]))

/* Nothing comes back within a minute. */
static void
expect_silence(struct world *w, struct slice bytes)
{
    unsigned before = w->tester->inbox_count;

    assert_int_equal(ask_bytes(w, bytes), 0);
    assert_int_equal(w->tester->inbox_count, before);
}

/* ---- 1: broken ---- */

static void
a_broken_request_is_400_with_the_fault_in_its_reason(void **state)
{
    static const struct row rows[] = {
        { "no From", { .from = "" }, 400, "Missing From header field", NULL, NULL },
        { "no To", { .to = "" }, 400, "Missing To header field", NULL, NULL },
        { "no Call-ID",
          { .call_id = "" },
          400,
          "Missing Call-ID header field",
          NULL,
          NULL },
        { "no CSeq", { .cseq = "" }, 400, "Missing CSeq header field", NULL, NULL },
        { "CSeq of another method",
          { .cseq = "1 INVITE" },
          400,
          "CSeq names another method",
          NULL,
          NULL },
        { "two Call-IDs",
          { .headers = "Call-ID: other\r\n" },
          400,
          "Repeated Call-ID header field",
          NULL,
          NULL },
        { "Max-Forwards 256", { .max_forwards = "256" }, 400, NULL, NULL, NULL },
        { "Max-Forwards -1", { .max_forwards = "-1" }, 400, NULL, NULL, NULL },
        { "body shorter than Content-Length",
          { .length = "6" },
          400,
          "Content-Length is beyond the end",
          NULL,
          NULL },
        { "Content-Length is no number", { .length = "x" }, 400, NULL, NULL, NULL },
        { "From is no address", { .from = "<sip:" }, 400, NULL, NULL, NULL },
        { "a header without colon", { .headers = "Oops\r\n" }, 400, NULL, NULL, NULL },
        { "a Request-URI that is none", { .uri = "sip:@" }, 400, NULL, NULL, NULL },
    };

    (void)state;
    EXPECT_ROWS(scene(), rows);
}

/* RFC 3261 21.5.6. */
static void
another_version_of_sip_is_505(void **state)
{
    static const struct row rows[] = {
        { "3.0", { .version = "SIP/3.0" }, 505, "SIP Version Not Supported", NULL, NULL },
        { "2.1", { .version = "SIP/2.1" }, 505, NULL, NULL, NULL },
    };

    (void)state;
    EXPECT_ROWS(scene(), rows);
}

/* RFC 3261 8.2.2.1. */
static void
an_unknown_scheme_is_416(void **state)
{
    static const struct row rows[] = {
        { "tel", { .uri = "tel:+15551234" }, 416, "Unsupported URI Scheme", NULL, NULL },
        { "im", { .uri = "im:bob@example.org" }, 416, NULL, NULL, NULL },
        { "http", { .uri = "http://example.org" }, 416, NULL, NULL, NULL },
        { "of a REGISTER",
          { .method = "REGISTER", .uri = "mailto:bob@example.org" },
          416,
          NULL,
          NULL,
          NULL },
        { "of an OPTIONS",
          { .method = "OPTIONS", .uri = "tel:1" },
          416,
          NULL,
          NULL,
          NULL },
    };

    (void)state;
    EXPECT_ROWS(scene(), rows);
}

/* RFC 3261 8.2.2.3. */
static void
a_required_extension_that_we_lack_is_420_with_its_tag(void **state)
{
    static const struct row rows[] = {
        { "one",
          { .headers = "Require: 100rel\r\n" },
          420,
          "Bad Extension",
          "Unsupported",
          "100rel" },
        { "beside one that we have",
          { .headers = "Require: path, gruu\r\n" },
          420,
          NULL,
          "Unsupported",
          "gruu" },
        { "several, on two lines",
          { .headers = "Require: a\r\nRequire: PATH,b\r\n" },
          420,
          NULL,
          "Unsupported",
          "a, b" },
        { "of a REGISTER",
          { .method = "REGISTER",
            .uri = "sip:example.org",
            .headers = "Require: outbound\r\n" },
          420,
          NULL,
          "Unsupported",
          "outbound" },
        { "of an OPTIONS",
          { .method = "OPTIONS", .uri = "sip:example.org", .headers = "Require: x\r\n" },
          420,
          NULL,
          "Unsupported",
          "x" },
    };

    (void)state;
    EXPECT_ROWS(scene(), rows);
}

static void
what_we_support_may_be_required(void **state)
{
    struct world *w = scene();

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .headers = "Require: path\r\n" }), 202);
    assert_int_equal(ask(w, &(struct ask){ .headers = "Require:\r\n" }), 202);
}

/* We do not proxy: Proxy-Require is for those who do (RFC 3261 20.29). */
static void
proxy_require_is_not_for_us(void **state)
{
    struct world *w = scene();

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .headers = "Proxy-Require: x\r\n" }), 202);
}

static char long_text[66000];

/* Fills static memory with x. */
static const char *
of_length(size_t len)
{
    memset(long_text, 'x', len);
    long_text[len] = '\0';
    return long_text;
}

static void
too_long_a_body_is_413_and_too_long_a_header_513(void **state)
{
    struct world *w = scene_with("core.max_message_size=2000", NULL);
    char header[2100];

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .body = slice_of(of_length(2000), 2000) }),
                     413);
    assert_int_equal(ask(w, &(struct ask){ .body = slice_of(of_length(1500), 1500) }),
                     202);
    snprintf(header, sizeof header, "X: %s\r\n", of_length(2000));
    assert_int_equal(ask(w, &(struct ask){ .headers = header }), 513);
    assert_int_equal(stored_count(w), 1);
}

/* The bound is on the message, not on what a datagram has behind it (RFC 3261 18.3). */
static void
noise_behind_the_body_does_not_make_a_message_too_long(void **state)
{
    struct world *w = scene_with("core.max_message_size=2000", NULL);
    struct ask request = { .length = "5", .body = slice_of(of_length(2500), 2500) };

    (void)state;
    assert_int_equal(ask(w, &request), 202);
    assert_true(slice_equal(stored_record(w, 0).body, SLICE("xxxxx")));
}

/* ---- 2: loops ---- */

static void
max_forwards_0_is_483(void **state)
{
    static const struct row rows[] = {
        { "MESSAGE", { .max_forwards = "0" }, 483, "Too Many Hops", NULL, NULL },
        { "REGISTER",
          { .method = "REGISTER", .uri = "sip:example.org", .max_forwards = "0" },
          483,
          NULL,
          NULL,
          NULL },
        { "INVITE", { .method = "INVITE", .max_forwards = "0" }, 483, NULL, NULL, NULL },
    };

    (void)state;
    EXPECT_ROWS(scene(), rows);
}

/* RFC 3261 16.3 step 3, 11: whoever counts it down to zero wants to hear of us. */
static void
options_with_max_forwards_0_is_answered_instead(void **state)
{
    static const struct row rows[] = {
        { "to the host",
          { .method = "OPTIONS", .uri = "sip:example.org", .max_forwards = "0" },
          200,
          "OK",
          "Allow",
          ALLOWED },
        { "to a user",
          { .method = "OPTIONS", .max_forwards = "0" },
          200,
          "OK",
          "Allow",
          ALLOWED },
    };

    (void)state;
    EXPECT_ROWS(scene(), rows);
}

static void
a_request_without_max_forwards_passes(void **state)
{
    struct world *w = scene();

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .max_forwards = "" }), 202);
    assert_int_equal(ask(w, &(struct ask){ .max_forwards = "1" }), 202);
}

/* The branch of what the server sent to a phone, on a request with the same Request-URI. */
static void
our_own_branch_coming_back_is_482(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_offline(w, "bob", PROTOCOL_UDP);
    char vias[512], contact[64], branch[128];
    struct ask request = { .uri = contact, .via = vias };

    (void)state;
    /* A contact at a domain of ours, else the request would be 403 first. */
    snprintf(bob->contact, sizeof bob->contact, "sip:bob2@example.org");
    store_body(w, "bob", "one");
    phone_register(bob, 3600);
    world_run(w, 1000);
    assert_int_equal(phone_received(bob), 1);
    snprintf(contact, sizeof contact, "%.*s",
             SLICE_ARG(peer_text_request_uri(receipt_text(phone_receipt(bob, 0)))));
    snprintf(branch, sizeof branch, "%.*s",
             SLICE_ARG(peer_text_branch(receipt_text(phone_receipt(bob, 0)))));
    snprintf(vias, sizeof vias,
             "SIP/2.0/UDP 10.1.0.1:5060;branch=z9hG4bKx;rport\r\n"
             "Via: SIP/2.0/UDP 127.0.0.1:5060;branch=%s",
             branch);
    assert_int_equal(ask(w, &request), 482);
    assert_string_equal(answer_reason(w->tester), "Loop Detected");

    /* RFC 3261 16.3 step 4: with another Request-URI it is a spiral. */
    request.uri = "sip:carol@example.org";
    assert_int_equal(ask(w, &request), 202);
}

/* ---- 3: domains ---- */

static void
a_foreign_domain_is_403(void **state)
{
    static const struct row rows[] = {
        { "MESSAGE",
          { .uri = "sip:bob@example.com" },
          403,
          "Relaying Not Allowed",
          NULL,
          NULL },
        { "although To is ours",
          { .uri = "sip:bob@example.com", .to = "<sip:bob@example.org>" },
          403,
          NULL,
          NULL,
          NULL },
        { "REGISTER",
          { .method = "REGISTER", .uri = "sip:example.com", .to = "<sip:b@example.org>" },
          403,
          NULL,
          NULL,
          NULL },
        { "OPTIONS",
          { .method = "OPTIONS", .uri = "sip:example.com" },
          403,
          NULL,
          NULL,
          NULL },
        { "INVITE",
          { .method = "INVITE", .uri = "sip:bob@x.example.org" },
          403,
          NULL,
          NULL,
          NULL },
        { "an address of ours, another port",
          { .uri = "sip:bob@127.0.0.1:5070" },
          403,
          NULL,
          NULL,
          NULL },
    };

    (void)state;
    EXPECT_ROWS(scene(), rows);
}

static void
a_domain_of_ours_is_ours_in_any_case_and_on_any_port(void **state)
{
    static const char *const uris[] = {
        "sip:bob@example.org",      "sip:bob@EXAMPLE.ORG",
        "sip:bob@example.org:5099", "sips:bob@example.org",
        "sip:bob@localhost",        "sip:bob@127.0.0.1",
        "sip:bob@127.0.0.1:5060",   "sip:bob@example.org;transport=tcp",
        "SIP:bob@example.org.",
    };
    struct world *w = scene();

    (void)state;
    for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
        if (ask(w, &(struct ask){ .uri = uris[i] }) != 202)
            fail_msg("%s", uris[i]);
    }
}

/* ---- 4, 5: methods ---- */

static void
options_to_the_host_tells_what_we_can(void **state)
{
    static const struct ask request = { .method = "OPTIONS", .uri = "sip:example.org" };
    struct world *w = scene();

    (void)state;
    assert_int_equal(ask(w, &request), 200);
    assert_string_equal(answer_header(w->tester, "Allow"), ALLOWED);
    assert_string_equal(answer_header(w->tester, "Accept"), "*/*");
    assert_string_equal(answer_header(w->tester, "Supported"), "path");
    assert_string_equal(answer_header(w->tester, "Content-Length"), "0");
}

static void
another_method_to_a_user_who_is_offline_is_404(void **state)
{
    static const struct row rows[] = {
        { "INVITE", { .method = "INVITE" }, 404, "Not Found", NULL, NULL },
        { "BYE", { .method = "BYE" }, 404, NULL, NULL, NULL },
        { "SUBSCRIBE", { .method = "SUBSCRIBE" }, 404, NULL, NULL, NULL },
        { "OPTIONS", { .method = "OPTIONS" }, 404, NULL, NULL, NULL },
        { "one nobody knows", { .method = "NEWMETHOD" }, 404, NULL, NULL, NULL },
        { "small letters are another method",
          { .method = "message", .headers = "Content-Type: text/plain\r\n" },
          404,
          NULL,
          NULL,
          NULL },
    };

    (void)state;
    EXPECT_ROWS(scene(), rows);
}

static void
another_method_to_us_is_405_with_allow(void **state)
{
    static const struct row rows[] = {
        { "SUBSCRIBE",
          { .method = "SUBSCRIBE", .uri = "sip:example.org" },
          405,
          "Method Not Allowed",
          "Allow",
          ALLOWED },
        { "INVITE",
          { .method = "INVITE", .uri = "sip:example.org" },
          405,
          NULL,
          "Allow",
          ALLOWED },
    };

    (void)state;
    EXPECT_ROWS(scene(), rows);
}

/* RFC 3261 9.2. */
static void
cancel_is_481(void **state)
{
    static const struct row rows[] = {
        { "offline",
          { .method = "CANCEL" },
          481,
          "Call/Transaction Does Not Exist",
          NULL,
          NULL },
        { "Require does not matter",
          { .method = "CANCEL", .headers = "Require: x\r\n" },
          481,
          NULL,
          NULL,
          NULL },
    };

    (void)state;
    EXPECT_ROWS(scene(), rows);
}

/* RFC 3261 17: whatever is wrong with it. */
static void
an_ack_never_gets_an_answer(void **state)
{
    static const struct ask asks[] = {
        { .method = "ACK" },
        { .method = "ACK", .uri = "sip:example.org" },
        { .method = "ACK", .uri = "sip:bob@example.com" },
        { .method = "ACK", .uri = "tel:1" },
        { .method = "ACK", .max_forwards = "0" },
        { .method = "ACK", .headers = "Require: x\r\n" },
        { .method = "ACK", .call_id = "" },
        { .method = "ACK", .version = "SIP/3.0" },
        { .method = "ACK", .length = "100" },
    };
    struct world *w = scene();

    (void)state;
    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++)
        expect_silence(w, ask_text(w->tester, &asks[i]));
}

static void
a_message_for_an_offline_user_is_stored(void **state)
{
    struct world *w = scene();

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .uri = "sip:bob@example.org" }), 202);
    assert_string_equal(answer_reason(w->tester), "Accepted");
    assert_int_equal(stored_count(w), 1);
}

static void
a_message_for_a_registered_user_goes_to_his_phone(void **state)
{
    struct world *w = scene();
    struct phone *bob = phone_online(w, "bob", PROTOCOL_UDP);

    (void)state;
    relay_body(w, "bob", "now");
    expect_bodies(bob, "now");
    assert_int_equal(stored_count(w), 0);
}

static void
a_response_to_no_request_of_ours_is_dropped(void **state)
{
    struct world *w = scene();

    (void)state;
    expect_silence(w, SLICE("SIP/2.0 200 OK\r\n"
                            "Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKnone\r\n"
                            "From: <sip:a@example.org>;tag=1\r\n"
                            "To: <sip:b@example.org>;tag=2\r\n"
                            "Call-ID: none\r\nCSeq: 1 MESSAGE\r\n"
                            "Content-Length: 0\r\n\r\n"));
}

/* ---- the way of a response ---- */

/* RFC 3261 8.2.6.2. */
static void
a_response_copies_what_the_request_had_and_adds_a_to_tag(void **state)
{
    static const struct ask request = { .call_id = "copied@here",
                                        .from = "Al <sip:al@example.org>;tag=7;x=y",
                                        .cseq = "77 MESSAGE" };
    struct world *w = scene();
    struct slice to;

    (void)state;
    assert_int_equal(ask(w, &request), 202);
    assert_string_equal(answer_header(w->tester, "Call-ID"), "copied@here");
    assert_string_equal(answer_header(w->tester, "From"),
                        "Al <sip:al@example.org>;tag=7;x=y");
    assert_string_equal(answer_header(w->tester, "CSeq"), "77 MESSAGE");
    to = peer_text_header(answer_of(w->tester), "To", 0);
    assert_true(slice_starts(to, SLICE("<sip:bob@example.org>;tag=")));
    assert_true(peer_text_param(to, "tag").len > 0);
    assert_string_equal(answer_header(w->tester, "Contact"), ""); /* RFC 3428 7 */
}

static void
a_to_tag_that_is_there_stays(void **state)
{
    struct world *w = scene();

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .to = "<sip:bob@example.org>;tag=own" }), 202);
    assert_string_equal(answer_header(w->tester, "To"), "<sip:bob@example.org>;tag=own");
}

/* RFC 3581 4: to the source port; rport and received are filled in. */
static void
with_rport_the_answer_goes_to_the_port_it_came_from(void **state)
{
    struct world *w = scene();

    (void)state;
    assert_int_equal(
        ask(w, &(struct ask){ .via = "SIP/2.0/UDP a.example:9;branch=z9hG4bKr;rport" }),
        202);
    assert_string_equal(
        answer_header(w->tester, "Via"),
        "SIP/2.0/UDP a.example:9;branch=z9hG4bKr;rport=5060;received=10.1.0.1");
}

/* RFC 3261 18.2.2: to the source address and the port of sent-by. */
static void
without_rport_the_answer_goes_to_the_port_of_sent_by(void **state)
{
    struct world *w = scene();
    const struct sent *sent;

    (void)state;
    ask_only(w->tester,
             &(struct ask){ .via = "SIP/2.0/UDP 192.0.2.9:7070;branch=z9hG4bKa" });
    world_run(w, 1000);
    sent = sent_at(w, "SIP/2.0", 0);
    assert_int_equal(sent->flow.peer.port, 7070);
    assert_true(address_same_ip(&sent->flow.peer, &w->tester->peer.address));
    assert_non_null(strstr(sent->bytes, ";received=10.1.0.1"));

    ask_only(w->tester, &(struct ask){ .via = "SIP/2.0/UDP host;branch=z9hG4bKb" });
    world_run(w, 1000);
    assert_int_equal(sent_at(w, "SIP/2.0", 1)->flow.peer.port, 5060);
}

/* A refusal takes the same way as an acceptance. */
static void
a_refusal_goes_to_the_port_of_sent_by_too(void **state)
{
    struct world *w = scene();

    (void)state;
    ask_only(w->tester, &(struct ask){ .uri = "sip:bob@example.com",
                                       .via = "SIP/2.0/UDP h:7070;branch=z9hG4bKa" });
    world_run(w, 1000);
    assert_int_equal(sent_at(w, "SIP/2.0", 0)->flow.peer.port, 7070);
}

/* maddr would let anybody point our answers at anybody. */
static void
maddr_is_not_followed(void **state)
{
    struct world *w = scene();

    (void)state;
    assert_int_equal(
        ask(w,
            &(struct ask){ .via =
                               "SIP/2.0/UDP h;maddr=10.1.0.99;branch=z9hG4bKm;rport" }),
        202);
}

static void
over_tcp_the_answer_takes_the_connection_it_came_on(void **state)
{
    struct world *w = scene();
    struct phone *ann = phone_offline(w, "ann", PROTOCOL_TCP);

    (void)state;
    assert_int_equal(
        ask_by(ann, &(struct ask){ .via = "SIP/2.0/TCP else.example:1;branch=z9hG4bKt" }),
        202);
    assert_int_equal(sent_at(w, "SIP/2.0", 0)->flow.connection,
                     ann->peer.connection->flow.connection);
    assert_int_equal(ask_by(ann, &(struct ask){ .uri = "sip:bob@example.com" }), 403);
}

/* RFC 5626 3.5.1. */
static void
a_ping_on_a_stream_is_answered_and_a_single_crlf_is_not(void **state)
{
    struct world *w = scene();
    struct phone *ann = phone_offline(w, "ann", PROTOCOL_TCP);

    (void)state;
    phone_send_raw(ann, SLICE("\r\n\r\n"));
    world_run(w, 1000);
    assert_int_equal(w->sent_count, 1);
    assert_string_equal(w->sent[0].bytes, "\r\n");
    assert_int_equal(ask_by(ann, &(struct ask){ .uri = NULL }), 202);
    phone_send_raw(ann, SLICE("\r\n"));
    world_run(w, 1000);
    assert_int_equal(w->sent_count, 2);
}

/* RFC 3261 18.3: where the message ends cannot be known; what comes behind it is lost. */
static void
a_stream_without_content_length_is_answered_and_closed(void **state)
{
    struct world *w = scene();
    struct phone *ann = phone_offline(w, "ann", PROTOCOL_TCP);

    (void)state;
    assert_int_equal(ask_by(ann, &(struct ask){ .length = "" }), 400);
    assert_string_equal(answer_reason(ann), "Missing Content-Length header field");
    world_run(w, 1000);
    assert_null(ann->peer.connection);
    assert_int_equal(stored_count(w), 0);
}

static void
a_stream_with_too_long_a_body_is_413_and_closed(void **state)
{
    struct world *w = scene_with("core.max_message_size=2000", NULL);
    struct phone *ann = phone_offline(w, "ann", PROTOCOL_TCP);

    (void)state;
    assert_int_equal(
        ask_by(ann, &(struct ask){ .body = slice_of(of_length(2000), 2000) }), 413);
    world_run(w, 1000);
    assert_null(ann->peer.connection);
}

static void
a_stream_with_too_long_a_header_is_513_and_closed(void **state)
{
    struct world *w = scene_with("core.max_message_size=2000", NULL);
    struct phone *ann = phone_offline(w, "ann", PROTOCOL_TCP);
    char header[2600];

    (void)state;
    snprintf(header, sizeof header, "X: %s\r\n", of_length(2500));
    assert_int_equal(ask_by(ann, &(struct ask){ .headers = header }), 513);
    world_run(w, 1000);
    assert_null(ann->peer.connection);
}

/* The answer finds its way although the end of the header never comes. */
static void
a_header_without_end_is_513_and_its_answer_is_whole(void **state)
{
    struct world *w = scene_with("core.max_message_size=2000", NULL);
    struct phone *ann = phone_offline(w, "ann", PROTOCOL_TCP);
    struct slice text = ask_text(ann, &(struct ask){ .max_forwards = of_length(2500) });

    (void)state;
    phone_send_raw(ann, slice_head(text, 2100));
    world_run(w, 1000);
    assert_int_equal(ann->last_final, 513);
    assert_string_equal(answer_header(ann, "Call-ID"), "");
    assert_true(slice_starts(peer_text_header(answer_of(ann), "Via", 0),
                             SLICE("SIP/2.0/TCP 10.1.0.2:5060;branch=")));
}

/* ---- repetitions ---- */

static const struct ask repeated = { .via = "SIP/2.0/UDP h;branch=z9hG4bKsame;rport",
                                     .call_id = "same",
                                     .from = "<sip:a@example.org>;tag=same" };

/* Silence while the commit is out, then the one answer. */
static void
a_repetition_before_the_commit_is_swallowed(void **state)
{
    struct world *w = scene();

    (void)state;
    w->faults.delay_ms = 1000;
    ask_only(w->tester, &repeated);
    world_run(w, 500);
    ask_only(w->tester, &repeated);
    world_run(w, 500);
    assert_int_equal(w->sent_count, 0);
    world_run(w, 10000);
    assert_int_equal(w->sent_count, 1);
    assert_int_equal(stored_count(w), 1);
}

/* RFC 3261 17.2.2. */
static void
a_repetition_gets_the_same_answer_again(void **state)
{
    struct world *w = scene();

    (void)state;
    assert_int_equal(ask(w, &repeated), 202);
    assert_int_equal(ask(w, &repeated), 202);
    assert_int_equal(w->sent_count, 2);
    assert_string_equal(w->sent[0].bytes, w->sent[1].bytes);
    assert_int_equal(stored_count(w), 1);
}

/* What was refused stays refused while the transaction lives, with the same words. */
static void
a_repetition_of_what_was_refused_is_refused_alike(void **state)
{
    struct world *w = scene();

    (void)state;
    w->faults.failed = 1000;
    assert_int_equal(ask(w, &repeated), 503);
    w->faults.failed = 0;
    assert_int_equal(ask(w, &repeated), 503);
    assert_int_equal(stored_count(w), 0);
    assert_int_equal(w->sent_count, 2);
    assert_string_equal(w->sent[0].bytes, w->sent[1].bytes);
}

/* Timer J; then it is a new request, which may well be taken now. */
static void
after_wt_timer_a_transaction_is_forgotten(void **state)
{
    struct world *w = scene_with("tm.wt_timer=5", NULL);

    (void)state;
    w->faults.failed = 1000;
    assert_int_equal(ask(w, &repeated), 503);
    w->faults.failed = 0;
    world_run(w, 4900);
    assert_int_equal(ask(w, &repeated), 503);
    world_run(w, 200);
    assert_int_equal(ask(w, &repeated), 202);
    assert_int_equal(stored_count(w), 1);
}

/* RFC 3261 17.2.3: the method, and the sent-by, are part of what is compared. */
static void
the_same_branch_of_another_sent_by_is_another_transaction(void **state)
{
    struct world *w = scene();

    (void)state;
    assert_int_equal(ask(w, &(struct ask){ .via = "SIP/2.0/UDP h:1;branch=z9hG4bKs;rport",
                                           .call_id = "one" }),
                     202);
    assert_int_equal(ask(w, &(struct ask){ .via = "SIP/2.0/UDP h:2;branch=z9hG4bKs;rport",
                                           .call_id = "two" }),
                     202);
    assert_int_equal(stored_count(w), 2);
}

/* RFC 2543: no cookie, no branch. */
static void
a_repetition_without_branch_is_known_by_its_fields(void **state)
{
    static const struct ask old = { .via = "SIP/2.0/UDP h:5060;rport",
                                    .call_id = "old",
                                    .from = "<sip:a@example.org>;tag=1" };
    struct world *w = scene();

    (void)state;
    assert_int_equal(ask(w, &old), 202);
    assert_int_equal(ask(w, &old), 202);
    assert_int_equal(stored_count(w), 1);
    assert_null(strstr(scene_log(), "silo.repeated")); /* the store was not asked */
}

/* ---- noise ---- */

static void
noise_in_datagrams_gets_nothing(void **state)
{
    static const struct slice noise[] = {
        SLICE_INIT(""),
        SLICE_INIT("\r\n"),
        SLICE_INIT("\r\n\r\n"),
        SLICE_INIT("\0\0\0\0"),
        SLICE_INIT("\0"),
        /* A STUN binding request (RFC 8489 5). */
        SLICE_INIT("\0\1\0\0\x21\x12\xa4\x42"
                   "abcdefghijkl"),
        SLICE_INIT("hello"),
        SLICE_INIT("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        SLICE_INIT("SIP/2.0 999999 x\r\n\r\n"),
        SLICE_INIT("\xff\xff\xff\xff\xff\xff"),
    };
    struct world *w = scene();

    (void)state;
    for (size_t i = 0; i < sizeof noise / sizeof noise[0]; i++) {
        struct slice copy = exact(noise[i]);
        expect_silence(w, copy);
        exact_free(copy);
    }
}

/* RFC 3261 7.5. */
static void
blank_lines_before_a_request_are_skipped(void **state)
{
    struct world *w = scene();
    struct slice text = ask_text(w->tester, &(struct ask){ .uri = NULL });
    char bytes[2048] = "\r\n\r\n";

    (void)state;
    memcpy(bytes + 4, text.at, text.len);
    assert_int_equal(ask_bytes(w, slice_of(bytes, text.len + 4)), 202);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_broken_request_is_400_with_the_fault_in_its_reason),
        SCENE(another_version_of_sip_is_505),
        SCENE(an_unknown_scheme_is_416),
        SCENE(a_required_extension_that_we_lack_is_420_with_its_tag),
        SCENE(what_we_support_may_be_required),
        SCENE(proxy_require_is_not_for_us),
        SCENE(too_long_a_body_is_413_and_too_long_a_header_513),
        SCENE(noise_behind_the_body_does_not_make_a_message_too_long),
        SCENE(max_forwards_0_is_483),
        SCENE(options_with_max_forwards_0_is_answered_instead),
        SCENE(a_request_without_max_forwards_passes),
        SCENE(our_own_branch_coming_back_is_482),
        SCENE(a_foreign_domain_is_403),
        SCENE(a_domain_of_ours_is_ours_in_any_case_and_on_any_port),
        SCENE(options_to_the_host_tells_what_we_can),
        SCENE(another_method_to_a_user_who_is_offline_is_404),
        SCENE(another_method_to_us_is_405_with_allow),
        SCENE(cancel_is_481),
        SCENE(an_ack_never_gets_an_answer),
        SCENE(a_message_for_an_offline_user_is_stored),
        SCENE(a_message_for_a_registered_user_goes_to_his_phone),
        SCENE(a_response_to_no_request_of_ours_is_dropped),
        SCENE(a_response_copies_what_the_request_had_and_adds_a_to_tag),
        SCENE(a_to_tag_that_is_there_stays),
        SCENE(with_rport_the_answer_goes_to_the_port_it_came_from),
        SCENE(without_rport_the_answer_goes_to_the_port_of_sent_by),
        SCENE(a_refusal_goes_to_the_port_of_sent_by_too),
        SCENE(maddr_is_not_followed),
        SCENE(over_tcp_the_answer_takes_the_connection_it_came_on),
        SCENE(a_ping_on_a_stream_is_answered_and_a_single_crlf_is_not),
        SCENE(a_stream_without_content_length_is_answered_and_closed),
        SCENE(a_stream_with_too_long_a_body_is_413_and_closed),
        SCENE(a_stream_with_too_long_a_header_is_513_and_closed),
        SCENE(a_header_without_end_is_513_and_its_answer_is_whole),
        SCENE(a_repetition_before_the_commit_is_swallowed),
        SCENE(a_repetition_gets_the_same_answer_again),
        SCENE(a_repetition_of_what_was_refused_is_refused_alike),
        SCENE(after_wt_timer_a_transaction_is_forgotten),
        SCENE(the_same_branch_of_another_sent_by_is_another_transaction),
        SCENE(a_repetition_without_branch_is_known_by_its_fields),
        SCENE(noise_in_datagrams_gets_nothing),
        SCENE(blank_lines_before_a_request_are_skipped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
