/* A message that passes through: what goes on, or back, is a message again and says the
 * same but for what a proxy writes itself (RFC 3261 16.6, 16.7). */
#include "src/sip/forward.h"

#include "fuzz/fuzz.h"
#include "fuzz/views.h"

enum {
    TEXT_ROOM = 2 * MESSAGE_BYTES_MAX,
    DEFAULT_MAX_FORWARDS = 70,
};

static struct message m, back;
static char written[TEXT_ROOM];
static struct domains domains;

static void
set_up(void)
{
    static struct settings settings;
    char why[SETTINGS_WHY];

    if (settings.texts != NULL)
        return;
    expect(settings_init(&settings), "out of memory");
    expect(settings_override(&settings, "core.alias=example.org", why),
           "an alias is one");
    domains_init(&domains, &settings);
}

/* Those lines that a proxy leaves alone, in their order. */
static bool
next_line(const struct message *message, int *line)
{
    while (++*line < message->lines) {
        enum header_id id = message->line[*line].id;

        if (id != HEADER_VIA && id != HEADER_ROUTE && id != HEADER_MAX_FORWARDS &&
            id != HEADER_CONTENT_LENGTH)
            return true;
    }
    return false;
}

static void
expect_lines_left_alone(void)
{
    int there = -1, here = -1;

    while (next_line(&m, &there)) {
        expect(next_line(&back, &here), "every line goes on");
        expect(m.line[there].id == back.line[here].id, "lines keep their order");
        expect_same(m.line[there].name, back.line[here].name, "header name");
        expect_same_value(m.line[there].value, back.line[here].value, "header value");
    }
    expect(!next_line(&back, &here), "no line is added");
}

/* The Vias of `inner` are those of `outer` but for its topmost. */
static void
expect_one_via_more(const struct message *outer, const struct message *inner,
                    bool is_top_changed)
{
    struct header_walk there = message_walk(outer, HEADER_VIA);
    struct header_walk here = message_walk(inner, HEADER_VIA);
    struct slice a, b;

    expect(header_walk_next(&there, &a), "there is a Via");
    for (; header_walk_next(&here, &b); is_top_changed = false) {
        expect(header_walk_next(&there, &a), "no Via is lost");
        if (!is_top_changed)
            expect_same_value(a, b, "Via");
    }
    expect(!header_walk_next(&there, &a), "no Via is added");
}

static void
parse_back(struct slice text)
{
    expect(!slice_is_absent(text), "what is passed on fits");
    if (message_parse(&back, text, MESSAGE_STREAM) != PARSE_OK)
        fuzz_fail("what is passed on is no message", back.why);
    expect(back.size == text.len, "what is passed on is one message");
    expect(m.is_request == back.is_request, "a request stays one");
    expect_lines_left_alone();
    expect_same(m.call_id, back.call_id, "Call-ID");
    expect_same(m.from.tag, back.from.tag, "From tag");
    expect_same(m.to.tag, back.to.tag, "To tag");
    expect_same(m.cseq_method, back.cseq_method, "CSeq method");
    expect(m.cseq == back.cseq, "two readings differ: CSeq");
    expect_same(m.body, back.body, "body");
}

static void
pass_on_request(void)
{
    const struct incoming in = { .message = &m,
                                 .from_trusted = true,
                                 .flow.peer = { .ip = { [15] = 1 }, .port = 5070 } };
    const struct forward forward = { .in = &in,
                                     .domains = &domains,
                                     .r_uri = m.request_uri,
                                     .route = message_header(&m, HEADER_ROUTE),
                                     .flow = in.flow,
                                     .branch = SLICE("z9hG4bKnext"),
                                     .max_forwards = DEFAULT_MAX_FORWARDS };
    struct writer w;

    expect(forward_room(&forward) <= sizeof written, "forward_room has its bound");
    writer_init(&w, written, forward_room(&forward));
    forward_request(&w, &forward);
    parse_back(writer_done(&w));
    expect_same(m.method_name, back.method_name, "method");
    expect_same(m.request_uri, back.request_uri, "Request-URI");
    expect_same(back.via.branch, forward.branch, "our branch");
    expect_one_via_more(&back, &m, true);
    expect(back.max_forwards == (m.max_forwards < 0   ? DEFAULT_MAX_FORWARDS
                                 : m.max_forwards > 0 ? m.max_forwards - 1
                                                      : 0),
           "Max-Forwards is one less");
}

/* The Via below ours, which nobody has looked at yet, is one. */
static bool
has_good_way_back(void)
{
    struct header_walk walk = message_walk(&m, HEADER_VIA);
    struct slice element = slice_absent();
    struct via via;
    const char *why;

    return forward_has_way_back(&m) && header_walk_next(&walk, &element) &&
           header_walk_next(&walk, &element) &&
           via_parse(element, &via, &why) == PARSE_OK;
}

static void
pass_back_response(void)
{
    struct writer w;

    if (!has_good_way_back())
        return;
    expect(forward_response_room(&m) <= sizeof written, "a response has its room");
    writer_init(&w, written, forward_response_room(&m));
    forward_response(&w, &m, m.status, m.reason, false);
    parse_back(writer_done(&w));
    expect(m.status == back.status, "two readings differ: status");
    expect_one_via_more(&m, &back, false);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = fuzz_copy(fuzz_input(data, size), MESSAGE_SLACK);

    set_up();
    if (message_parse(&m, text, MESSAGE_DATAGRAM) == PARSE_OK &&
        m.lines < MESSAGE_LINES_MAX - 3) {
        if (m.is_request)
            pass_on_request();
        else
            pass_back_response();
    }
    fuzz_free(text);
    return 0;
}
