/* The messages of tests/torture against their verdicts: RFC 4475, RFC 5118, and more of the
 * same kind. */
#include "parser/framing.h"
#include "parser/message.h"
#include "parser/params.h"
#include "parser/writer.h"
#include "tests/each_variant.h"
#include "tests/exact.h"
#include "tests/field.h"
#include "tests/verdicts.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    CUTS = 400, /* a longer message is cut at so many places */
};

static struct message m, back;
static char row[FIELD_ROOM];

static bool
next_case(struct verdicts *v, struct verdict *out)
{
    if (!verdicts_next(v, out))
        return false;
    snprintf(row, sizeof row, "%s, %.*s", variant_name(), SLICE_ARG(out->name));
    begin_row(row);
    return true;
}

static void
expect(bool holds, const char *what)
{
    if (!holds)
        fail_msg("%s: %s (%s)", row, what, m.why == NULL ? "no fault" : m.why);
}

/* ---- fields ---- */

static void
expect_fields(const struct verdict *verdict)
{
    struct slice rest = verdict->fields, name, value;

    while (verdict_field_next(&rest, &name, &value)) {
        char expected[FIELD_ROOM], found[FIELD_ROOM];

        if (name.at[0] != '@' &&
            !slice_equal(message_field(&m, name, found), escapes_undone(value, expected)))
            fail_msg("%s: %.*s is %.*s, not %.*s", row, SLICE_ARG(name),
                     SLICE_ARG(message_field(&m, name, found)), SLICE_ARG(value));
    }
}

/* ---- properties ---- */

static void
expect_views_within(struct slice whole)
{
    const struct slice views[] = {
        m.method_name, m.request_uri,   m.reason,      m.target.text, m.target.user,
        m.target.host, m.target.params, m.via.text,    m.via.params,  m.via.branch,
        m.from.text,   m.from.display,  m.from.params, m.from.tag,    m.to.text,
        m.to.params,   m.to.tag,        m.call_id,     m.cseq_method, m.body,
    };

    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++)
        expect_within(views[i], whole);
    for (int i = 0; i < m.lines; i++) {
        expect_within(m.line[i].name, whole);
        expect_within(m.line[i].value, whole);
    }
    assert_true(m.size <= whole.len);
}

static void
expect_status(enum parse_status status, const struct verdict *verdict)
{
    if (verdict->parse != VERDICT_ANY)
        expect(status == (verdict->parse == VERDICT_OK ? PARSE_OK : PARSE_BAD),
               "another verdict");
    expect((status == PARSE_BAD) == (m.why != NULL), "BAD has a reason, and only BAD");
}

/* A status that a server would give at once is among those that the verdict allows. */
static void
expect_fault(const struct verdict *verdict)
{
    char fault[16];
    struct slice rest = verdict->statuses, each, text;

    if (m.method == METHOD_ACK || slice_equal(rest, SLICE("-"))) {
        expect(m.fault == 0 || m.method == METHOD_ACK, "an answer that nobody expects");
        return;
    }
    text = slice_of(fault, (size_t)snprintf(fault, sizeof fault, "%u", m.fault));
    while (list_next(&rest, &each))
        if (slice_equal(each, text))
            return;
    expect(false, "a status that is not allowed");
}

static void
each_datagram_has_its_verdict(void **state)
{
    struct verdicts all;
    struct verdict verdict;
    unsigned count = 0;

    (void)state;
    verdicts_open(&all);
    while (next_case(&all, &verdict)) {
        enum parse_status status;

        if (!verdict.on_udp)
            continue;
        count++;
        status = variant_parse(&m, verdict.message, MESSAGE_DATAGRAM);
        expect_status(status, &verdict);
        expect_views_within(verdict.message);
        if (status == PARSE_OK)
            expect_fields(&verdict);
        else
            expect_fault(&verdict);
    }
    verdicts_close(&all);
    assert_true(count > 250);
}

/* ---- streams ---- */

/* What a stream was read as. */
struct reading {
    long good, bad, pings;
    bool ended; /* by FRAME_BAD or FRAME_TOO_LONG */
    size_t taken;
};

static void
read_frame(struct reading *reading, enum frame_kind kind, struct slice frame)
{
    enum parse_status status;

    if (kind == FRAME_PING)
        reading->pings++;
    if (kind == FRAME_PING || kind == FRAME_BLANK)
        return;
    status = variant_parse(&m, frame,
                           kind == FRAME_MESSAGE ? MESSAGE_STREAM : MESSAGE_DATAGRAM);
    expect(status != PARSE_PARTIAL, "a frame is whole");
    expect_views_within(frame);
    if (kind == FRAME_MESSAGE) {
        expect(m.why != NULL || m.size == frame.len, "framer and parser see one end");
        *(status == PARSE_OK ? &reading->good : &reading->bad) += 1;
        return;
    }
    reading->bad++;
    reading->ended = true;
}

/* Two pieces: the stream up to `cut`, then the rest. */
static struct reading
read_stream(struct slice stream, size_t cut)
{
    struct reading reading = { .good = 0 };
    struct framer framer;

    framer_init(&framer, MESSAGE_BYTES_MAX);
    for (int piece = 0; piece < 2; piece++) {
        struct slice seen = exact(piece == 0 ? slice_head(stream, cut) : stream);
        enum frame_kind kind = FRAME_BLANK;
        size_t used;

        while (!reading.ended && kind != FRAME_PARTIAL) {
            struct slice unread = slice_skip(seen, reading.taken);

            kind = framer_next(&framer, unread, &used);
            if (kind != FRAME_PARTIAL)
                read_frame(&reading, kind, slice_head(unread, used));
            reading.taken += used;
        }
        exact_free(seen);
    }
    return reading;
}

static void
expect_reading(const struct reading *reading, const struct verdict *verdict)
{
    long messages = verdict_note(verdict, SLICE("messages"), 1);

    long noise = verdict_note(verdict, SLICE("noise"), 0);

    if (verdict->parse == VERDICT_OK) {
        expect(reading->good == messages, "all messages are read");
        expect(reading->bad == noise, "nothing else is there");
        expect(noise == 1 || reading->taken == verdict->message.len, "nothing is left");
    }
    if (verdict->parse == VERDICT_BAD)
        expect(reading->bad == 1 || (reading->bad == 0 && reading->good == 0),
               "no message of a bad stream");
    expect(reading->pings == verdict_note(verdict, SLICE("pong"), 0),
           "pings are counted");
    if (verdict_note(verdict, SLICE("close"), 0) == 1)
        expect(reading->ended || reading->taken < verdict->message.len,
               "the stream cannot go on");
}

static bool
same_reading(const struct reading *a, const struct reading *b)
{
    return a->good == b->good && a->bad == b->bad && a->pings == b->pings &&
           a->ended == b->ended;
}

static void
each_stream_has_its_verdict_wherever_it_is_cut(void **state)
{
    struct verdicts all;
    struct verdict verdict;
    unsigned count = 0;

    (void)state;
    verdicts_open(&all);
    while (next_case(&all, &verdict)) {
        size_t len = verdict.message.len, step = 1 + len / CUTS;
        struct reading whole;

        if (!verdict.on_tcp)
            continue;
        count++;
        whole = read_stream(verdict.message, len);
        expect_reading(&whole, &verdict);
        if (verdict.parse == VERDICT_OK && whole.good == 1 && m.size == len) {
            variant_parse(&m, verdict.message, MESSAGE_STREAM);
            expect_fields(&verdict);
        }
        for (size_t cut = 0; cut < len; cut += step) {
            struct reading other = read_stream(verdict.message, cut);

            expect(same_reading(&whole, &other), "a cut makes a difference");
        }
    }
    verdicts_close(&all);
    assert_true(count > 230);
}

/* RFC 3261 18.3: a prefix lacks something, and a stream may bring it; nothing may crash. */
static void
each_prefix_is_partial_or_bad(void **state)
{
    struct verdicts all;
    struct verdict verdict;

    (void)state;
    verdicts_open(&all);
    while (next_case(&all, &verdict)) {
        struct slice message = verdict.message;
        size_t end = message.len, step;

        if (variant_parse(&m, message, MESSAGE_STREAM) == PARSE_OK)
            end = m.size;
        step = 1 + end / CUTS;
        for (size_t n = 0; n < end; n += step) {
            struct slice prefix = exact(slice_head(message, n));

            expect(variant_parse(&m, prefix, MESSAGE_STREAM) != PARSE_OK,
                   "half a message is none");
            expect_views_within(prefix);
            variant_parse(&m, prefix, MESSAGE_DATAGRAM);
            expect_views_within(prefix);
            exact_free(prefix);
        }
    }
    verdicts_close(&all);
}

/* ---- round trip ---- */

static void
expect_same_header(enum header_id id)
{
    struct header_walk there = message_walk(&m, id), here = message_walk(&back, id);
    struct slice a, b;
    char left[FIELD_ROOM * 4], right[FIELD_ROOM * 4];

    while (header_walk_next(&there, &a)) {
        struct writer x, y;

        assert_true(header_walk_next(&here, &b));
        writer_init(&x, left, sizeof left);
        writer_value(&x, a);
        writer_init(&y, right, sizeof right);
        writer_value(&y, b);
        expect(slice_equal(writer_done(&x), writer_done(&y)), "the answer says the same");
    }
    assert_false(header_walk_next(&here, &b));
}

/* RFC 3261 8.2.6.2: Via in its order, From, Call-ID, CSeq as they came. */
static void
an_answer_holds_what_the_request_held(void **state)
{
    static char buffer[64 * 1024 + MESSAGE_SLACK];
    const struct reply reply = { .to_tag = SLICE("t") };
    struct verdicts all;
    struct verdict verdict;
    unsigned count = 0;

    (void)state;
    verdicts_open(&all);
    while (next_case(&all, &verdict)) {
        struct writer w;

        if (variant_parse(&m, verdict.message, MESSAGE_DATAGRAM) != PARSE_OK ||
            !m.is_request)
            continue;
        writer_init(&w, buffer, sizeof buffer - MESSAGE_SLACK);
        writer_response(&w, &m, 200, SLICE("OK"), &reply);
        writer_body(&w, slice_absent());
        expect(variant_parse(&back, writer_done(&w), MESSAGE_STREAM) == PARSE_OK,
               back.why == NULL ? "an answer is partial" : back.why);
        expect_same_header(HEADER_VIA);
        expect(slice_equal(m.from.tag, back.from.tag), "the From tag is the same");
        expect(slice_equal(m.call_id, back.call_id), "the Call-ID is the same");
        expect(m.cseq == back.cseq && slice_equal(m.cseq_method, back.cseq_method),
               "the CSeq is the same");
        expect(
            slice_equal(back.to.tag, slice_is_absent(m.to.tag) ? SLICE("t") : m.to.tag),
            "the To has a tag");
        expect(slice_equal(m.to.uri.text, back.to.uri.text), "the To is the same");
        count++;
    }
    verdicts_close(&all);
    assert_true(count > 100);
}

/* A request that could not be read is answered without a line too many. */
static void
an_answer_to_a_bad_request_cannot_be_broken_out_of(void **state)
{
    static char buffer[256 * 1024 + MESSAGE_SLACK];
    const struct reply reply = { .to_tag = SLICE("t"), .received = SLICE("192.0.2.9") };
    struct verdicts all;
    struct verdict verdict;

    (void)state;
    verdicts_open(&all);
    while (next_case(&all, &verdict)) {
        struct writer w;
        struct slice answer;

        variant_parse(&m, verdict.message, MESSAGE_DATAGRAM);
        writer_init(&w, buffer, sizeof buffer - MESSAGE_SLACK);
        writer_response(&w, &m, 400, SLICE("Bad"), &reply);
        writer_body(&w, slice_absent());
        answer = writer_done(&w);
        expect(!slice_is_absent(answer) && slice_find(answer, '\0') == answer.len,
               "no NUL goes out");
        variant_parse(&back, answer, MESSAGE_DATAGRAM);
        expect(back.status == 400 && back.size == answer.len,
               "one answer, of one header");
        for (int i = 0; i < back.lines; i++)
            expect(back.line[i].id != HEADER_OTHER, "no header but the request's");
    }
    verdicts_close(&all);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_datagram_has_its_verdict),
        cmocka_unit_test(each_stream_has_its_verdict_wherever_it_is_cut),
        cmocka_unit_test(each_prefix_is_partial_or_bad),
        cmocka_unit_test(an_answer_holds_what_the_request_held),
        cmocka_unit_test(an_answer_to_a_bad_request_cannot_be_broken_out_of),
    };
    int failed = 0;

    while (variant_next())
        failed += cmocka_run_group_tests(tests, NULL, NULL);
    return failed;
}
