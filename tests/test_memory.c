/* No memory: one story of phones and messages is told again and again, and each time another
 * allocation fails: that one alone, or all from there on until the end of the story. Whoever
 * is answered is answered rightly, the oracle looks on, and when memory is back everything
 * works, what waits is delivered, and the server ends as it should.
 *
 *     AT=17 TIMES=1 MODE=1 build/check/test_memory     one telling alone, with all that happens
 */
#include "tests/failing_memory.h"
#include "tests/oracle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    ALL = 1000000,          /* more than the story asks for */
    AFTER_STORY_MS = 20000, /* what was under way ends */
    ROUND_MS = 40000,       /* all dumps that a round of registering starts */
    SEED = 3,
};

struct story {
    struct world *w;
    struct oracle oracle;
    struct phone *bob, *carol; /* over UDP, over TCP */
    struct phone *dan, *eve;   /* who write, over UDP, over TCP */
    struct answer bobs;        /* what bob's phone says */
};

static struct answer
bob_answers(void *self, struct phone *phone, struct slice request)
{
    struct story *s = self;

    (void)phone;
    oracle_check_request(&s->oracle, request);
    return s->bobs;
}

static struct answer
carol_answers(void *self, struct phone *phone, struct slice request)
{
    struct story *s = self;

    (void)phone;
    oracle_check_request(&s->oracle, request);
    return (struct answer){ .status = 200 };
}

static struct phone *
new_phone(struct story *s, const char *user, enum protocol protocol,
          struct answer (*choose)(void *, struct phone *, struct slice))
{
    struct phone *phone = phone_new(s->w, user, protocol);

    phone->chooser = s;
    phone->choose = choose;
    if (choose != NULL)
        oracle_watch_phone(&s->oracle, phone);
    return phone;
}

static void
begin(struct story *s, int db_mode, FILE *trace)
{
    const char *overrides[] = { "tm.fr_timer=3",
                                "msilo.check_time=5",
                                "msilo.clean_period=1",
                                "msilo.registrar=sip:silo@example.org",
                                db_mode == 1 ? "usrloc.db_mode=1" : "usrloc.db_mode=0",
                                NULL };

    *s = (struct story){ .w = world_new(SEED, overrides), .bobs = { .status = 200 } };
    world_trace_to(s->w, trace);
    s->w->keeps_sent = false;
    s->w->contents->window_s = INT64_MAX;
    oracle_init(&s->oracle, s->w);
    s->bob = new_phone(s, "bob", PROTOCOL_UDP, bob_answers);
    s->carol = new_phone(s, "carol", PROTOCOL_TCP, carol_answers);
    s->dan = new_phone(s, "dan", PROTOCOL_UDP, NULL);
    s->eve = new_phone(s, "eve", PROTOCOL_TCP, NULL);
}

static void
run(struct story *s, uint64_t ms)
{
    uint64_t until_ms = s->w->now.ms + ms;

    while (world_step(s->w, until_ms))
        oracle_step(&s->oracle);
}

static void
post(struct story *s, struct phone *sender, const char *user, const char *headers)
{
    oracle_post(&s->oracle, sender, user, headers, SLICE("so far away"));
}

/* Both are away, and what is written to them waits until they register. */
static void
tell_of_messages_that_wait(struct story *s)
{
    phone_register(s->dan, 3600);
    run(s, 100);
    post(s, s->dan, "bob", "");
    post(s, s->dan, "bob", "Expires: 2\r\n");
    post(s, s->eve, "carol", "");
    run(s, 100);
    post(s, s->eve, "bob", "");
    post(s, s->dan, "bob", "");
    run(s, 3000);
    phone_register(s->bob, 3600);
    phone_register(s->carol, 3600);
    run(s, 1000);
}

static void
tell_of_messages_that_go_through(struct story *s)
{
    post(s, s->dan, "bob", "");
    post(s, s->eve, "carol", "");
    run(s, 100);
    phone_register(s->bob, 1800);
    post(s, s->dan, "carol", "");
    run(s, 100);
    s->bobs.status = 603;
    post(s, s->dan, "bob", "");
    run(s, 100);
}

/* Bob's phone says no, then nothing, then yes, but too late. */
static void
tell_of_failing_relays(struct story *s)
{
    s->bobs.status = 480;
    post(s, s->eve, "bob", "");
    run(s, 100);
    s->bobs = (struct answer){ .is_mute = true };
    post(s, s->dan, "bob", "");
    run(s, 7000);
    s->bobs = (struct answer){ .status = 200 };
    phone_register(s->bob, 3600);
    run(s, 500);
    s->bobs.delay_ms = 5000;
    post(s, s->dan, "bob", "");
    run(s, 9000);
    s->bobs.delay_ms = 0;
}

/* What bob's phone says of the message goes back whole, and calls pass through. */
static void
tell_of_challenges_and_calls(struct story *s)
{
    static const char call[] =
        "INVITE sip:bob@example.org SIP/2.0\r\n"
        "Via: SIP/2.0/UDP 10.1.0.1:5060;branch=z9hG4bKcall;rport\r\n"
        "Max-Forwards: 70\r\n"
        "From: <sip:tester@example.org>;tag=1\r\n"
        "To: <sip:bob@example.org>\r\n"
        "Call-ID: call\r\n"
        "CSeq: 1 INVITE\r\n"
        "Contact: <sip:tester@10.1.0.1>\r\n"
        "Content-Length: 0\r\n\r\n";

    s->bobs =
        (struct answer){ .status = 407,
                         .headers =
                             "Proxy-Authenticate: Digest realm=\"x\", nonce=\"y\"\r\n" };
    post(s, s->dan, "bob", "");
    run(s, 100);
    s->bobs = (struct answer){ .status = 200 };
    world_send(s->w, call);
    run(s, 100);
}

static void
tell_of_the_end(struct story *s)
{
    peer_break(&s->carol->peer, 0);
    post(s, s->dan, "carol", "");
    run(s, 4000);
    phone_register(s->carol, 3600);
    run(s, 500);
    phone_register(s->bob, 0);
    run(s, 500);
    post(s, s->eve, "bob", "");
    run(s, 500);
    phone_register(s->bob, 3600);
    run(s, 1000);
}

static void
tell(struct story *s)
{
    tell_of_messages_that_wait(s);
    tell_of_messages_that_go_through(s);
    tell_of_challenges_and_calls(s);
    tell_of_failing_relays(s);
    tell_of_the_end(s);
}

static void
register_both(struct story *s)
{
    struct call *bobs = phone_register(s->bob, 3600);
    struct call *carols = phone_register(s->carol, 3600);

    run(s, ROUND_MS);
    if (bobs->status != 200 || carols->status != 200)
        world_fail(s->w, "answer: %u and %u to REGISTERs when memory is back",
                   bobs->status, carols->status);
}

static void
write_to_both(struct story *s)
{
    struct posted *to_bob =
        oracle_post(&s->oracle, s->dan, "bob", "", SLICE("there you are"));
    struct posted *to_carol =
        oracle_post(&s->oracle, s->eve, "carol", "", SLICE("there you are"));

    run(s, ROUND_MS);
    if (to_bob->call->status != 200 || to_carol->call->status != 200)
        world_fail(s->w, "answer: %u and %u to messages when memory is back",
                   to_bob->call->status, to_carol->call->status);
}

static void
expect_that_all_works(struct story *s)
{
    size_t waiting;

    s->bobs = (struct answer){ .status = 200 };
    run(s, AFTER_STORY_MS);
    register_both(s);
    waiting = oracle_count_waiting(&s->oracle);
    if (waiting > 0)
        world_fail(s->w, "kept: %zu messages still wait though memory is back", waiting);
    write_to_both(s);
    world_stop(s->w);
    run(s, AFTER_STORY_MS);
    if (s->w->life != 2)
        world_fail(s->w, "the server did not end");
    oracle_check_kept(&s->oracle);
}

/* How many allocations the story asked for; `failure` is empty when all is well. */
static uint64_t
tell_once(int db_mode, uint64_t at, uint64_t times, FILE *trace,
          char failure[WORLD_FAILURE])
{
    struct story s;
    uint64_t count;

    begin(&s, db_mode, trace);
    failing_memory_at(at, times);
    tell(&s);
    count = failing_memory_count();
    failing_memory_never();
    world_trace(s.w, "memory is back, %llu of %llu allocations failed",
                (unsigned long long)failing_memory_failed(), (unsigned long long)count);
    expect_that_all_works(&s);
    snprintf(failure, WORLD_FAILURE, "%s", s.w->failure);
    oracle_free(&s.oracle);
    world_free(s.w);
    return count;
}

static void
tell_for_every_allocation(uint64_t times)
{
    char failure[WORLD_FAILURE];

    for (int db_mode = 0; db_mode < 2; db_mode++) {
        uint64_t count = tell_once(db_mode, ALL, 1, NULL, failure);

        assert_string_equal(failure, "");
        assert_true(count > 100);
        for (uint64_t at = 1; at <= count; at++) {
            tell_once(db_mode, at, times, NULL, failure);
            if (failure[0] != '\0')
                fail_msg("AT=%llu TIMES=%llu MODE=%d: %s", (unsigned long long)at,
                         (unsigned long long)times, db_mode, failure);
        }
        print_message("%llu allocations with usrloc.db_mode %d\n",
                      (unsigned long long)count, db_mode);
    }
}

static void
an_allocation_that_fails_breaks_no_promise(void **state)
{
    (void)state;
    tell_for_every_allocation(1);
}

static void
a_while_without_memory_breaks_no_promise(void **state)
{
    (void)state;
    tell_for_every_allocation(5);
    tell_for_every_allocation(ALL);
}

/* Contract, section 5: what is left waits, while the contact stays registered, for check_time. */
static void
what_no_memory_was_there_to_dump_goes_out_at_the_next_check(void **state)
{
    struct story s;
    uint64_t count, refused = 0;

    (void)state;
    for (uint64_t at = 1, failed = 1; failed > 0; at++) {
        struct call *call;

        begin(&s, 0, NULL);
        post(&s, s.dan, "bob", "");
        run(&s, 100);
        failing_memory_at(at, 1);
        call = phone_register(s.bob, 3600);
        run(&s, 100);
        failing_memory_never();
        count = at;
        failed = failing_memory_failed();
        run(&s, 5500);
        refused += call->status != 200;
        if (call->status == 200 && phone_received(s.bob) != 1)
            fail_msg("allocation %llu: %u messages", (unsigned long long)at,
                     phone_received(s.bob));
        assert_string_equal(s.w->failure, "");
        oracle_free(&s.oracle);
        world_free(s.w);
    }
    print_message("%llu allocations, %llu refusals\n", (unsigned long long)count - 1,
                  (unsigned long long)refused);
}

/* The start has no memory: no server, and nothing leaks. */
static void
a_server_without_memory_does_not_start(void **state)
{
    struct settings settings;
    struct transport transport = { 0 };
    struct disk disk = { 0 };
    struct server_secrets secrets = { 0 };
    struct moment now = { .ms = 1000, .s = WORLD_UTC_S };
    struct server *server;
    uint64_t at = 0;

    (void)state;
    assert_true(settings_init(&settings));
    do {
        failing_memory_at(++at, 1);
        server = server_new(&settings, &transport, &disk, &secrets, now);
        assert_true(server == NULL || failing_memory_failed() == 0);
    } while (server == NULL);
    failing_memory_never();
    server_free(server);
    settings_free(&settings);
    print_message("%llu allocations\n", (unsigned long long)at - 1);
}

static bool
told_one_alone(void)
{
    const char *at = getenv("AT"), *times = getenv("TIMES"), *mode = getenv("MODE");
    char failure[WORLD_FAILURE];

    if (at == NULL)
        return false;
    tell_once(mode == NULL ? 0 : atoi(mode), strtoull(at, NULL, 10),
              times == NULL ? 1 : strtoull(times, NULL, 10), stderr, failure);
    fprintf(stderr, "%s\n", failure);
    return true;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_without_memory_does_not_start),
        cmocka_unit_test(what_no_memory_was_there_to_dump_goes_out_at_the_next_check),
        cmocka_unit_test(an_allocation_that_fails_breaks_no_promise),
        cmocka_unit_test(a_while_without_memory_breaks_no_promise),
    };

    if (told_one_alone())
        return 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
