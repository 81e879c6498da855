/* The messages of tests/torture through the whole server: each is answered as its verdict, or
 * the contract, says, and the server lives on. The domain of its Request-URI is made ours. */
#include "tests/behaviour.h"
#include "tests/verdicts.h"

#include "parser/message.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum {
    NAME_ROOM = 96,
    DOMAIN_ROOM = 512,
};

/* Where the contract asks for something else than the verdict, beside unserved methods. */
static const struct exception {
    const char *name;
    const char *statuses; /* in the place of the verdict's */
} exceptions[] = {
    { "msg-maxfwd-zero", "483" }, /* section 3, 2: not answered, though it is for us */
    { "rfc4475-dblreq-tcp", "2,404" }, /* the second is an INVITE to a user offline */
    { "rfc4475-clerr-tcp",
      "-" }, /* what is missing may still come; src/net ends the wait */
};

static char row[NAME_ROOM]; /* the name of the message at hand */
static char domain[DOMAIN_ROOM];

static const struct exception *
exception_for(const char *name)
{
    for (size_t i = 0; i < sizeof exceptions / sizeof exceptions[0]; i++)
        if (strcmp(exceptions[i].name, name) == 0)
            return &exceptions[i];
    return NULL;
}

static struct slice
allowed_statuses(const struct verdict *verdict)
{
    const struct exception *exception = exception_for(row);

    return exception == NULL ? verdict->statuses
                             : slice_of(exception->statuses, strlen(exception->statuses));
}

static bool
is_listed(struct slice statuses, unsigned status)
{
    struct slice word;

    while (statuses.len > 0) {
        if (!slice_cut(statuses, ',', &word, &statuses)) {
            word = statuses;
            statuses = slice_skip(statuses, statuses.len);
        }
        if (slice_equal(word, SLICE("-")) ? status == 0
            : word.len == 1 && word.at[0] != '0'
                ? status / 100 == (unsigned)(word.at[0] - '0')
                : status == peer_text_number(word))
            return true;
    }
    return false;
}

/* Section 3, 5: any method but MESSAGE to a user who is not registered is 404, whether or not
 * we serve it. */
static bool
is_allowed(struct slice statuses, unsigned status)
{
    return is_listed(statuses, status) || (status == 404 && is_listed(statuses, 405));
}

/* Its Request-URI's host, beside the RFCs' example.com; of the message that is about a foreign one nothing. */
static void
make_domain_ours(struct world *w, struct slice message)
{
    static struct message m;
    struct slice host;

    w->settings.alias_count = 1; /* example.org stays */
    w->settings.alias[w->settings.alias_count++] = SLICE("example.com");
    message_parse_scalar(&m, message, MESSAGE_DATAGRAM);
    host = m.target.host;
    if (host.len > 0 && host.at[host.len - 1] == '.')
        host.len--;
    if (host.len == 0 || host.len > DOMAIN_ROOM ||
        strcmp(row, "msg-ruri-other-domain") == 0)
        return;
    for (size_t i = 0; i < host.len; i++)
        domain[i] = ascii_lower(host.at[i]);
    w->settings.alias[w->settings.alias_count++] = slice_of(domain, host.len);
}

/* ---- what came back ---- */

struct answers {
    unsigned count, good, pongs;
    unsigned worst; /* the first that is not allowed; 0: all are */
    unsigned first;
};

static struct answers
look_at(const struct world *w, size_t from, struct slice statuses)
{
    struct answers answers = { 0 };

    for (size_t i = from; i < w->sent_count; i++) {
        struct slice bytes = slice_of(w->sent[i].bytes, w->sent[i].len);
        unsigned status = peer_text_status(bytes);

        answers.pongs += slice_equal(bytes, SLICE("\r\n"));
        if (status < 200)
            continue;
        if (answers.count++ == 0)
            answers.first = status;
        answers.good += status < 300;
        if (!is_allowed(statuses, status) && answers.worst == 0)
            answers.worst = status;
    }
    return answers;
}

static void
expect_answers(const struct world *w, size_t from, const struct verdict *verdict)
{
    struct slice statuses = allowed_statuses(verdict);
    struct answers answers = look_at(w, from, statuses);

    if (answers.worst != 0)
        fail_msg("%s: %u is not among %.*s", row, answers.worst, SLICE_ARG(statuses));
    if (answers.count == 0 && !is_allowed(statuses, 0))
        fail_msg("%s: no answer, not %.*s", row, SLICE_ARG(statuses));
}

/* The server is as good as before. */
static void
expect_alive(struct world *w)
{
    if (world_has_failed(w))
        fail_msg("%s: %s", row, w->failure);
    if (ask(w, &(struct ask){ .method = "OPTIONS", .uri = "sip:example.org" }) != 200)
        fail_msg("%s: the server answers no more", row);
}

/* ---- one message ---- */

static struct slice
note(const struct verdict *verdict, struct slice wanted)
{
    struct slice fields = verdict->fields, name, value;

    while (verdict_field_next(&fields, &name, &value))
        if (slice_equal(name, wanted))
            return value;
    return slice_absent();
}

/* One that follows another comes behind it, in its world. */
static struct world *
world_for(struct world *w, const struct verdict *verdict)
{
    struct slice follows = note(verdict, SLICE("@follows"));
    bool is_next = slice_equal(follows, slice_of(row, strlen(row)));

    assert_true(is_next || slice_is_absent(follows));
    snprintf(row, sizeof row, "%.*s", SLICE_ARG(verdict->name));
    if (w == NULL || !is_next) {
        scene_end(NULL);
        w = scene();
    }
    make_domain_ours(w, verdict->message);
    return w;
}

static void
every_datagram_is_answered_as_its_verdict_says(void **state)
{
    struct world *w = NULL;
    struct verdict verdict;
    struct verdicts v;

    (void)state;
    verdicts_open(&v);
    while (verdicts_next(&v, &verdict)) {
        size_t from;

        if (!verdict.on_udp)
            continue;
        w = world_for(w, &verdict);
        from = w->sent_count;
        phone_send_raw(w->tester, verdict.message);
        world_run(w, 1000);
        expect_answers(w, from, &verdict);
        expect_alive(w);
    }
    verdicts_close(&v);
}

/* In pieces where the verdict asks for it. */
static void
send_pieces(struct phone *phone, const struct verdict *verdict)
{
    struct slice rest = verdict->message, split = note(verdict, SLICE("@split")), word;

    while (rest.len > 0 && split.len > 0) {
        size_t len = 1;

        if (!slice_equal(split, SLICE("byte"))) {
            len = peer_text_number(split);
            if (!slice_cut(split, ',', &word, &split))
                split = slice_absent();
        }
        phone_send_raw(phone, slice_head(rest, len));
        rest = slice_skip(rest, len);
    }
    if (rest.len > 0)
        phone_send_raw(phone, rest);
}

static void
expect_notes(const struct world *w, const struct phone *phone,
             const struct verdict *verdict)
{
    struct answers answers = look_at(w, 0, verdict->statuses);
    long messages = verdict_note(verdict, SLICE("messages"), -1);

    if (answers.pongs != (unsigned)verdict_note(verdict, SLICE("pong"), 0))
        fail_msg("%s: %u pongs", row, answers.pongs);
    if (messages >= 0 && verdict->parse == VERDICT_OK && answers.good != messages)
        fail_msg("%s: %u good answers", row, answers.good);
    if (verdict_note(verdict, SLICE("close"), 0) && phone->peer.connection != NULL)
        fail_msg("%s: the connection stays", row);
}

static void
every_stream_is_answered_as_its_verdict_says(void **state)
{
    struct world *w = NULL;
    struct verdict verdict;
    struct verdicts v;

    (void)state;
    verdicts_open(&v);
    while (verdicts_next(&v, &verdict)) {
        struct phone *phone;
        size_t from;

        if (!verdict.on_tcp)
            continue;
        w = world_for(w, &verdict);
        from = w->sent_count;
        phone = phone_offline(w, "stream", PROTOCOL_TCP);
        send_pieces(phone, &verdict);
        world_run(w, 1000);
        expect_answers(w, from, &verdict);
        if (from == 0 && exception_for(row) == NULL)
            expect_notes(w, phone, &verdict);
        expect_alive(w);
    }
    verdicts_close(&v);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(every_datagram_is_answered_as_its_verdict_says),
        SCENE(every_stream_is_answered_as_its_verdict_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
