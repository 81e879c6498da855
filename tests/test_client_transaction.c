#include "src/sip/client_transaction.h"
#include "tests/sip_text.h"
#include "tests/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Who asked: what he was told, and what he does in answer. */
struct owner {
    struct client_table *table;
    unsigned answers, lates;
    enum client_outcome outcome;
    unsigned status, late_status;
    uint64_t at_ms;
    unsigned restarts; /* so many times he starts another one when he is told */
    struct client_request next;
};

struct play {
    struct stage *s;
    struct client_table *table;
    struct owner owner;
};

static void
answered(void *self, const struct client_result *result, struct moment now)
{
    struct owner *owner = self;

    owner->answers++;
    owner->outcome = result->outcome;
    owner->at_ms = now.ms;
    assert_int_equal(result->response != NULL, result->outcome == CLIENT_ANSWERED);
    owner->status = result->response == NULL ? 0 : result->response->status;
    if (owner->restarts > 0) {
        owner->restarts--;
        client_transaction_start(owner->table, &owner->next, now);
    }
}

static void
late(void *self, const struct message *response, struct moment now)
{
    struct owner *owner = self;

    owner->lates++;
    owner->late_status = response == NULL ? 0 : response->status;
    owner->at_ms = now.ms;
}

static int
set_up(void **state)
{
    struct play *p = calloc(1, sizeof *p);

    p->s = stage_new();
    p->table = client_table_new(&p->s->transport, &p->s->wheel, &stage_key, 1000);
    assert_non_null(p->table);
    p->owner.table = p->table;
    *state = p;
    return 0;
}

static int
tear_down(void **state)
{
    struct play *p = *state;

    client_table_free(p->table);
    stage_free(p->s);
    free(p);
    return 0;
}

static struct client_request
request(struct play *p, struct slice branch, struct flow flow, uint32_t timeout_ms)
{
    return (struct client_request){
        .flow = flow,
        .branch = branch,
        .method = METHOD_MESSAGE,
        .bytes = SLICE("MESSAGE sip:bob@192.0.2.4 SIP/2.0\r\n..."),
        .timeout_ms = timeout_ms,
        .owner = &p->owner,
        .answered = answered,
    };
}

static struct client_transaction *
start(struct play *p, const struct client_request *request)
{
    return client_transaction_start(p->table, request, p->s->now);
}

static bool
respond(struct play *p, unsigned status, const char *branch, const char *method)
{
    struct message *m = sip_text("SIP/2.0 %u Something\n"
                                 "Via: SIP/2.0/UDP silo.example.org;branch=%s\n"
                                 "From: <sip:alice@example.org>;tag=a\n"
                                 "To: <sip:bob@example.org>;tag=b\n"
                                 "Call-ID: c\n"
                                 "CSeq: 1 %s\n",
                                 status, branch, method);
    bool found = client_table_receive(p->table, m, p->s->now);

    sip_text_free(m);
    return found;
}

/* RFC 3261 17.1.2.2: Timer E starts at T1 and doubles until it reaches T2. */
static void
a_request_without_answer_is_resent_at_doubling_intervals(void **state)
{
    struct play *p = *state;
    struct client_request r = request(p, SLICE("z9hG4bK1"), stage_flow(1, 0), 32000);
    const uint64_t expected[] = { 0,     500,   1500,  3500,  7500, 11500,
                                  15500, 19500, 23500, 27500, 31500 };

    assert_non_null(start(p, &r));
    stage_advance(p->s, 100000);

    assert_int_equal(p->s->sent, 11);
    assert_memory_equal(p->s->sent_at_ms, expected, sizeof expected);
    assert_true(slice_equal(slice_of(p->s->bytes, p->s->len), r.bytes));
    assert_int_equal(p->owner.answers, 1);
    assert_int_equal(p->owner.outcome, CLIENT_TIMEOUT);
    assert_int_equal(p->owner.at_ms, 32000);
    assert_int_equal(client_table_count(p->table), 0);
}

/* RFC 3261 17.1.2.2: in Proceeding, Timer E is T2. */
static void
after_a_provisional_response_it_is_resent_every_t2(void **state)
{
    struct play *p = *state;
    struct client_request r = request(p, SLICE("z9hG4bK1"), stage_flow(1, 0), 20000);
    const uint64_t expected[] = { 0, 500, 4500, 8500, 12500, 16500 };

    start(p, &r);
    stage_advance(p->s, 100);
    assert_true(respond(p, 100, "z9hG4bK1", "MESSAGE"));
    assert_true(respond(p, 183, "z9hG4bK1", "MESSAGE"));
    stage_advance(p->s, 20000);

    assert_int_equal(p->s->sent, 6);
    assert_memory_equal(p->s->sent_at_ms, expected, sizeof expected);
    assert_int_equal(p->owner.outcome, CLIENT_TIMEOUT);
}

/* RFC 3261 17.1.2.2: Timer E is for unreliable transports. */
static void
over_a_stream_nothing_is_resent(void **state)
{
    struct play *p = *state;
    struct client_request r = request(p, SLICE("z9hG4bK1"), stage_flow(1, 7), 10000);

    start(p, &r);
    stage_advance(p->s, 10000);

    assert_int_equal(p->s->sent, 1);
    assert_int_equal(p->owner.outcome, CLIENT_TIMEOUT);
    assert_int_equal(p->owner.at_ms, 10000);
}

/* RFC 3261 17.1.2.2: a final response is passed up, and Timer K absorbs what comes again. */
static void
a_final_response_is_told_once_and_its_repetitions_are_absorbed(void **state)
{
    struct play *p = *state;
    struct client_request r = request(p, SLICE("z9hG4bK1"), stage_flow(1, 0), 10000);

    r.late = late;
    start(p, &r);
    stage_advance(p->s, 600);
    assert_true(respond(p, 200, "z9hG4bK1", "MESSAGE"));
    assert_int_equal(p->owner.status, 200);
    stage_advance(p->s, 5599);
    assert_true(respond(p, 200, "z9hG4bK1", "MESSAGE"));
    assert_true(respond(p, 100, "z9hG4bK1", "MESSAGE"));
    stage_advance(p->s, 5600);
    assert_false(respond(p, 200, "z9hG4bK1", "MESSAGE"));

    assert_int_equal(p->s->sent, 2);
    assert_int_equal(p->owner.answers, 1);
    assert_int_equal(p->owner.lates, 0);
    assert_int_equal(client_table_count(p->table), 0);
}

/* RFC 3261 17.1.2.2: K is zero over a reliable transport. */
static void
over_a_stream_the_final_response_ends_it(void **state)
{
    struct play *p = *state;
    struct client_request r = request(p, SLICE("z9hG4bK1"), stage_flow(1, 7), 10000);

    start(p, &r);
    assert_true(respond(p, 480, "z9hG4bK1", "MESSAGE"));
    assert_int_equal(p->owner.status, 480);
    assert_int_equal(client_table_count(p->table), 0);
    assert_false(respond(p, 480, "z9hG4bK1", "MESSAGE"));
}

/* RFC 3261 17.1.3. */
static void
a_response_belongs_to_branch_and_method(void **state)
{
    struct play *p = *state;
    struct client_request one = request(p, SLICE("z9hG4bK1"), stage_flow(1, 0), 10000);
    struct client_request two = request(p, SLICE("z9hG4bK1"), stage_flow(1, 0), 10000);
    struct owner other = { .table = p->table };

    two.method = METHOD_OPTIONS;
    two.owner = &other;
    start(p, &one);
    start(p, &two);
    assert_false(respond(p, 200, "z9hG4bK2", "MESSAGE"));
    assert_false(respond(p, 200, "z9hG4bK1", "INVITE"));
    assert_true(respond(p, 404, "z9hG4bK1", "OPTIONS"));
    assert_int_equal(other.status, 404);
    assert_int_equal(p->owner.answers, 0);
    assert_true(respond(p, 200, "z9hG4bK1", "MESSAGE"));
    assert_int_equal(p->owner.status, 200);
}

/* RFC 3261 8.1.3.3 and 17.1.3: without a branch in the top Via it is nobody's. */
static void
a_response_without_branch_is_nobodys(void **state)
{
    struct play *p = *state;
    struct client_request r = request(p, SLICE("z9hG4bK1"), stage_flow(1, 0), 10000);
    struct message *m = sip_text("SIP/2.0 200 OK\n"
                                 "Via: SIP/2.0/UDP silo.example.org\n"
                                 "From: <sip:a@example.org>;tag=a\n"
                                 "To: <sip:b@example.org>;tag=b\n"
                                 "Call-ID: c\n"
                                 "CSeq: 1 MESSAGE\n");

    start(p, &r);
    assert_false(client_table_receive(p->table, m, p->s->now));
    assert_int_equal(p->owner.answers, 0);
    sip_text_free(m);
}

/* RFC 3261 17.1.2.2 ends it at F; but a message that arrived must not be sent again. */
static void
a_final_response_after_the_timeout_is_late(void **state)
{
    struct play *p = *state;
    struct client_request r = request(p, SLICE("z9hG4bK1"), stage_flow(1, 0), 5000);

    r.late = late;
    start(p, &r);
    stage_advance(p->s, 5000);
    assert_int_equal(p->owner.outcome, CLIENT_TIMEOUT);
    stage_advance(p->s, 31999);
    assert_int_equal(p->s->sent, 4);
    assert_true(respond(p, 100, "z9hG4bK1", "MESSAGE"));
    assert_int_equal(p->owner.lates, 0);
    assert_true(respond(p, 200, "z9hG4bK1", "MESSAGE"));
    assert_int_equal(p->owner.late_status, 200);
    assert_true(respond(p, 200, "z9hG4bK1", "MESSAGE"));
    stage_advance(p->s, 31999 + 5000);

    assert_int_equal(p->owner.answers, 1);
    assert_int_equal(p->owner.lates, 1);
    assert_int_equal(client_table_count(p->table), 0);
}

static void
it_listens_for_late_responses_until_64_t1(void **state)
{
    struct play *p = *state;
    struct client_request r = request(p, SLICE("z9hG4bK1"), stage_flow(1, 0), 5000);

    stage_advance(p->s, 1000);
    r.late = late;
    start(p, &r);
    stage_advance(p->s, 32999);
    assert_int_equal(client_table_count(p->table), 1);
    stage_advance(p->s, 33000);
    assert_int_equal(client_table_count(p->table), 0);
    assert_false(respond(p, 200, "z9hG4bK1", "MESSAGE"));
}

static void
without_late_a_timeout_ends_it(void **state)
{
    struct play *p = *state;
    struct client_request r = request(p, SLICE("z9hG4bK1"), stage_flow(1, 0), 5000);

    start(p, &r);
    stage_advance(p->s, 5000);
    assert_int_equal(client_table_count(p->table), 0);
    assert_false(respond(p, 200, "z9hG4bK1", "MESSAGE"));
}

/* The flow broke after the phone had the message: its answer may come another way. */
static void
a_final_response_after_a_lost_flow_is_late(void **state)
{
    struct play *p = *state;
    struct client_request r = request(p, SLICE("z9hG4bK1"), stage_flow(1, 7), 5000);

    r.late = late;
    start(p, &r);
    client_table_flow_failed(p->table, &r.flow, p->s->now);
    assert_int_equal(p->owner.outcome, CLIENT_NO_FLOW);
    assert_true(respond(p, 200, "z9hG4bK1", "MESSAGE"));
    assert_int_equal(p->owner.lates, 1);
    assert_int_equal(client_table_count(p->table), 0);
}

static void
when_the_first_send_fails_nothing_starts(void **state)
{
    struct play *p = *state;
    struct client_request r = request(p, SLICE("z9hG4bK1"), stage_flow(1, 0), 5000);

    p->s->status = SEND_FAILED;
    assert_null(start(p, &r));
    assert_int_equal(client_table_count(p->table), 0);
    assert_int_equal(p->owner.answers, 0);
}

static void
when_a_resend_fails_the_flow_is_lost(void **state)
{
    struct play *p = *state;
    struct client_request r = request(p, SLICE("z9hG4bK1"), stage_flow(1, 0), 5000);

    start(p, &r);
    p->s->status = SEND_FAILED;
    stage_advance(p->s, 500);
    assert_int_equal(p->owner.answers, 1);
    assert_int_equal(p->owner.outcome, CLIENT_NO_FLOW);
    assert_int_equal(client_table_count(p->table), 0);
}

static void
at_the_limit_nothing_starts(void **state)
{
    struct play *p = *state;
    char branch[32];

    for (int i = 0; i < 1001; i++) {
        int len = snprintf(branch, sizeof branch, "z9hG4bK%d", i);
        struct client_request r =
            request(p, slice_of(branch, (size_t)len), stage_flow(1, 0), 5000);

        assert_int_equal(start(p, &r) != NULL, i < 1000);
    }
    assert_int_equal(p->s->sent, 1000);
    assert_true(respond(p, 200, "z9hG4bK999", "MESSAGE"));
    assert_true(respond(p, 200, "z9hG4bK0", "MESSAGE"));
    assert_int_equal(p->owner.answers, 2);
}

static void
an_abandoned_one_tells_nothing_and_ends(void **state)
{
    struct play *p = *state;
    struct client_request r = request(p, SLICE("z9hG4bK1"), stage_flow(1, 0), 5000);

    r.late = late;
    client_transaction_abandon(start(p, &r));
    stage_advance(p->s, 5000);
    assert_int_equal(client_table_count(p->table), 0);
    client_transaction_abandon(start(p, &r));
    assert_true(respond(p, 200, "z9hG4bK1", "MESSAGE"));
    stage_advance(p->s, 10000);

    assert_int_equal(client_table_count(p->table), 0);
    assert_int_equal(p->owner.answers + p->owner.lates, 0);
}

static void
the_owner_may_start_another_one_when_he_is_told(void **state)
{
    struct play *p = *state;
    struct client_request r = request(p, SLICE("z9hG4bK1"), stage_flow(1, 7), 5000);

    p->owner.next = request(p, SLICE("z9hG4bK2"), stage_flow(1, 7), 5000);
    p->owner.restarts = 1;
    start(p, &r);
    assert_true(respond(p, 200, "z9hG4bK1", "MESSAGE"));
    assert_int_equal(p->s->sent, 2);
    assert_true(respond(p, 202, "z9hG4bK2", "MESSAGE"));
    assert_int_equal(p->owner.status, 202);
}

static void
only_what_went_over_the_flow_fails_with_it(void **state)
{
    static const struct {
        uint8_t host;
        uint64_t connection;
        bool is_tcp, fails;
    } rows[] = {
        { 1, 7, true, true }, { 1, 8, true, false }, { 2, 7, true, true },
        { 1, 0, true, true }, { 2, 0, true, false }, { 1, 0, false, false },
    };
    struct play *p = *state;
    struct owner owners[6] = { { 0 } };
    struct flow failed = stage_flow(1, 7);

    for (size_t i = 0; i < 6; i++) {
        char branch[] = "z9hG4bK0";
        struct client_request r;

        branch[7] = (char)('0' + i);
        r = request(p, slice_of(branch, 8), stage_flow(rows[i].host, rows[i].connection),
                    5000);
        r.flow.protocol = rows[i].is_tcp ? PROTOCOL_TCP : PROTOCOL_UDP;
        r.owner = &owners[i];
        assert_non_null(start(p, &r));
    }
    client_table_flow_failed(p->table, &failed, p->s->now);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(owners[i].answers, rows[i].fails);
}

/* An ICMP error names the peer: all that went there over UDP, from whatever listener. */
static void
what_starts_while_a_failure_is_told_does_not_fail_with_it(void **state)
{
    struct play *p = *state;
    struct client_request a = request(p, SLICE("z9hG4bKa"), stage_flow(1, 0), 5000);
    struct client_request b = request(p, SLICE("z9hG4bKb"), stage_flow(1, 0), 5000);
    struct flow failed = stage_flow(1, 0);

    failed.listener = 3;
    p->owner.next = request(p, SLICE("z9hG4bKc"), stage_flow(1, 0), 5000);
    p->owner.restarts = 2;
    start(p, &a);
    start(p, &b);
    client_table_flow_failed(p->table, &failed, p->s->now);
    assert_int_equal(p->owner.answers, 2);
    assert_int_equal(client_table_count(p->table), 2);
    assert_true(respond(p, 200, "z9hG4bKc", "MESSAGE"));
    assert_int_equal(p->owner.answers, 3);
}

static void
a_failure_after_the_answer_changes_nothing(void **state)
{
    struct play *p = *state;
    struct client_request r = request(p, SLICE("z9hG4bK1"), stage_flow(1, 0), 5000);

    start(p, &r);
    assert_true(respond(p, 200, "z9hG4bK1", "MESSAGE"));
    client_table_flow_failed(p->table, &r.flow, p->s->now);
    assert_int_equal(p->owner.answers, 1);
    assert_int_equal(p->owner.outcome, CLIENT_ANSWERED);
}

#define PLAY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PLAY(a_request_without_answer_is_resent_at_doubling_intervals),
        PLAY(after_a_provisional_response_it_is_resent_every_t2),
        PLAY(over_a_stream_nothing_is_resent),
        PLAY(a_final_response_is_told_once_and_its_repetitions_are_absorbed),
        PLAY(over_a_stream_the_final_response_ends_it),
        PLAY(a_response_belongs_to_branch_and_method),
        PLAY(a_response_without_branch_is_nobodys),
        PLAY(a_final_response_after_the_timeout_is_late),
        PLAY(it_listens_for_late_responses_until_64_t1),
        PLAY(without_late_a_timeout_ends_it),
        PLAY(a_final_response_after_a_lost_flow_is_late),
        PLAY(when_the_first_send_fails_nothing_starts),
        PLAY(when_a_resend_fails_the_flow_is_lost),
        PLAY(at_the_limit_nothing_starts),
        PLAY(an_abandoned_one_tells_nothing_and_ends),
        PLAY(the_owner_may_start_another_one_when_he_is_told),
        PLAY(only_what_went_over_the_flow_fails_with_it),
        PLAY(what_starts_while_a_failure_is_told_does_not_fail_with_it),
        PLAY(a_failure_after_the_answer_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
