/* Messages, as a datagram and as the front of a stream: views, verdicts and the answer
 * that a server would write. */
#include "fuzz/views.h"

#include "fuzz/fuzz.h"
#include "parser/writer.h"

enum {
    ANSWER_ROOM = 2 * MESSAGE_BYTES_MAX,
};

/* As large as they are, they are not cleared for each input. */
static struct message m, back;
static char answer_text[ANSWER_ROOM];

static void
check_verdict(enum parse_status status, struct slice text, enum message_framing framing)
{
    expect_message_within(&m, text);
    expect((status == PARSE_BAD) == (m.why != NULL) || status == PARSE_PARTIAL,
           "BAD has a reason, and only BAD");
    expect(status != PARSE_PARTIAL || framing == MESSAGE_STREAM, "a datagram is whole");
    if (status != PARSE_OK)
        return;
    expect(m.text.at == text.at && m.text.len == m.size, "a message is its text");
    expect(m.fault == 0, "no fault without BAD");
    expect(!slice_is_absent(m.via.text) && !slice_is_absent(m.from.text) &&
               !slice_is_absent(m.to.text) && !slice_is_absent(m.call_id) &&
               !slice_is_absent(m.cseq_method),
           "what every message has is there");
    expect(m.is_request != (m.status != 0), "a request or a response");
}

static struct slice
answer(unsigned status, const struct reply *reply)
{
    struct writer w;

    writer_init(&w, answer_text, sizeof answer_text);
    writer_response(&w, &m, status, SLICE("Answer"), reply);
    writer_body(&w, slice_absent());
    return writer_done(&w);
}

static void
expect_same_vias(void)
{
    struct header_walk there = message_walk(&m, HEADER_VIA);
    struct header_walk here = message_walk(&back, HEADER_VIA);
    struct slice a, b;

    while (header_walk_next(&there, &a)) {
        expect(header_walk_next(&here, &b), "an answer has every Via");
        expect_same_value(a, b, "Via");
    }
    expect(!header_walk_next(&here, &b), "an answer has no Via more");
}

/* RFC 3261 8.2.6.2: Via in its order, From, Call-ID, CSeq as they came. */
static void
check_answer(void)
{
    const struct reply reply = { .to_tag = SLICE("t") };
    struct slice text = answer(200, &reply);

    expect(!slice_is_absent(text), "an answer fits");
    if (text.len > MESSAGE_BYTES_MAX || m.lines >= MESSAGE_LINES_MAX)
        return;
    if (message_parse(&back, text, MESSAGE_STREAM) != PARSE_OK)
        fuzz_fail("an answer is no message", back.why);
    expect(back.size == text.len, "an answer is one message");
    expect_same_vias();
    expect_same(m.from.tag, back.from.tag, "From tag");
    expect_same(m.call_id, back.call_id, "Call-ID");
    expect(m.cseq == back.cseq, "two readings differ: CSeq");
    expect_same(m.cseq_method, back.cseq_method, "CSeq method");
    expect_same(slice_is_absent(m.to.tag) ? reply.to_tag : m.to.tag, back.to.tag,
                "To tag");
    expect_same(m.to.uri.text, back.to.uri.text, "To");
}

/* Whatever could not be read, the answer has no line too many. */
static void
check_refusal(void)
{
    const struct reply reply = { .to_tag = SLICE("t"), .received = SLICE("192.0.2.9") };
    struct slice text = answer(400, &reply);

    if (slice_is_absent(text) || text.len > MESSAGE_BYTES_MAX)
        return;
    expect(slice_find(text, '\0') == text.len, "no NUL goes out");
    message_parse(&back, text, MESSAGE_DATAGRAM);
    expect(back.status == 400 && back.size == text.len, "one answer, of one header");
    for (int i = 0; i < back.lines; i++)
        expect(back.line[i].id != HEADER_OTHER, "no header but the request's");
}

static void
check(struct slice text, enum message_framing framing, struct choices *choices)
{
    enum parse_status status = message_parse(&m, text, framing);
    unsigned answers = choose_checks(choices, 2);

    check_verdict(status, text, framing);
    if (status == PARSE_PARTIAL || !m.is_request)
        return;
    if (status == PARSE_OK && (answers & 1) != 0)
        check_answer();
    if (status == PARSE_BAD || (answers & 2) != 0)
        check_refusal();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = fuzz_copy(fuzz_input(data, size), MESSAGE_SLACK);
    struct choices choices = choices_of(text);
    unsigned framings = choose_checks(&choices, 2);

    if ((framings & 1) != 0)
        check(text, MESSAGE_DATAGRAM, &choices);
    if ((framings & 2) != 0)
        check(text, MESSAGE_STREAM, &choices);
    fuzz_free(text);
    return 0;
}
