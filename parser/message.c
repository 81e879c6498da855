#include "parser/message.h"

#include "parser/cseq.h"
#include "parser/params.h"
#include "parser/scan.h"
#include "parser/start_line.h"

enum {
    MAX_FORWARDS_MAX = 255, /* RFC 3261 20.22 */
};

/* The first fault is the one that is told. Responses are never answered (RFC 3261 8.1.3). */
static void
blame(struct message *m, unsigned status, const char *why)
{
    if (m->why != NULL)
        return;
    m->why = why;
    m->fault = m->is_request ? status : 0;
}

/* The line table is left as it is: `lines` says how much of it counts. */
static void
reset(struct message *m)
{
    memset(m, 0, offsetof(struct message, first));
    memset(m->first, -1, sizeof m->first);
    memset(m->last, -1, sizeof m->last);
    m->max_forwards = -1;
}

/* False: what comes first is no start line, or does not end. */
static bool
read_start_line(struct message *m, struct slice *rest)
{
    size_t lf = slice_find(*rest, '\n');
    size_t end = lf > 0 && lf < rest->len && rest->at[lf - 1] == '\r' ? lf - 1 : lf;
    struct start_line line = start_line_parse(slice_head(*rest, end));

    if (lf == rest->len || line.kind == START_LINE_NONE)
        return false;
    *rest = slice_skip(*rest, lf + 1);
    m->is_request = line.kind == START_LINE_REQUEST;
    m->method_name = line.method;
    m->method = method_of(line.method);
    m->request_uri = line.uri;
    m->status = line.status;
    m->reason = line.reason;
    if (line.fault != 0)
        blame(m, line.fault, line.why);
    return true;
}

static void
read_request_uri(struct message *m)
{
    const char *why;

    if (m->is_request && uri_parse(m->request_uri, &m->target, &why) != PARSE_OK)
        blame(m, 400, "Bad Request-URI");
}

/* Chains the line that was just written to the others of its id. */
static void
index_line(struct message *m)
{
    int here = m->lines++;
    enum header_id id = m->line[here].id;

    m->line[here].next = -1;
    if (id == HEADER_OTHER)
        return;
    if (m->first[id] < 0)
        m->first[id] = here;
    else
        m->line[m->last[id]].next = here;
    if (m->first[id] != here && header_is_single(id))
        blame(m, 400, header_why(id, HEADER_REPEATED));
    m->last[id] = here;
}

/* False: the text stops before the empty line. */
static bool
index_lines(struct message *m, struct slice *rest)
{
    for (;;) {
        struct header_line line;
        enum line_kind kind = lines_next(rest, &line);

        if (kind == LINE_PARTIAL || kind == LINE_END)
            return kind == LINE_END;
        if (kind == LINE_BAD_NAME) {
            blame(m, 400, "Bad header field name");
            continue;
        }
        if (kind == LINE_BAD_OCTET)
            blame(m, 400, "Bad octet in header field");
        if (m->lines == MESSAGE_LINES_MAX) {
            blame(m, 513, "Too many header fields");
            continue;
        }
        m->line[m->lines] = line;
        index_line(m);
    }
}

/* The value of a header that must be there; a blamed, absent one otherwise. */
static struct slice
demand(struct message *m, enum header_id id)
{
    struct slice value = message_header(m, id);

    if (slice_is_absent(value))
        blame(m, 400, header_why(id, HEADER_MISSING));
    return value;
}

static void
read_via(struct message *m)
{
    struct slice rest = demand(m, HEADER_VIA), top;
    const char *why;

    if (list_cut(&rest, &top) && via_parse(top, &m->via, &why) != PARSE_OK)
        blame(m, 400, header_why(HEADER_VIA, HEADER_BAD));
}

static void
read_address(struct message *m, enum header_id id, struct name_addr *out)
{
    struct slice value = demand(m, id);
    const char *why;

    if (!slice_is_absent(value) && name_addr_parse(value, out, &why) != PARSE_OK)
        blame(m, 400, header_why(id, HEADER_BAD));
}

/* Any word of visible ASCII: it is compared and copied, never looked into, and real ones
 * are not all made of `word` as 25.1 has it. */
static void
read_call_id(struct message *m)
{
    struct slice value = demand(m, HEADER_CALL_ID);

    if (slice_is_absent(value))
        return;
    if (value.len > 0 && scan_run(value, SCAN_VISIBLE) == value.len)
        m->call_id = value;
    else
        blame(m, 400, header_why(HEADER_CALL_ID, HEADER_BAD));
}

static void
read_cseq(struct message *m)
{
    struct slice value = demand(m, HEADER_CSEQ);

    if (slice_is_absent(value))
        return;
    if (!cseq_parse(value, &m->cseq, &m->cseq_method))
        blame(m, 400, header_why(HEADER_CSEQ, HEADER_BAD));
    else if (!m->is_request)
        m->method = method_of(m->cseq_method);
    else if (!slice_equal(m->cseq_method, m->method_name))
        blame(m, 400, "CSeq names another method");
}

static void
read_max_forwards(struct message *m)
{
    struct slice value = message_header(m, HEADER_MAX_FORWARDS);
    uint32_t number;

    if (slice_is_absent(value))
        return;
    if (number_parse(value, &number) && number <= MAX_FORWARDS_MAX)
        m->max_forwards = (int)number;
    else
        blame(m, 400, header_why(HEADER_MAX_FORWARDS, HEADER_BAD));
}

/* A registrar acts on every Contact; elsewhere nobody looks at it. */
static void
read_contacts(struct message *m)
{
    struct slice rest, element;
    struct contact contact;
    const char *why;

    if (m->method != METHOD_REGISTER || !m->is_request)
        return;
    for (int i = m->first[HEADER_CONTACT]; i >= 0; i = m->line[i].next) {
        rest = m->line[i].value;
        while (list_cut(&rest, &element))
            if (contact_parse(element, &contact, &why) != PARSE_OK)
                blame(m, 400, header_why(HEADER_CONTACT, HEADER_BAD));
    }
}

static void
read_values(struct message *m)
{
    read_via(m);
    read_address(m, HEADER_TO, &m->to);
    read_address(m, HEADER_FROM, &m->from);
    read_call_id(m);
    read_cseq(m);
    read_max_forwards(m);
    read_contacts(m);
}

/* RFC 3261 18.3: a datagram ends with itself, and what Content-Length leaves over is noise; a
 * stream has nothing but Content-Length. False: more octets are needed. */
static bool
read_body(struct message *m, struct slice rest, enum message_framing framing)
{
    struct slice value = message_header(m, HEADER_CONTENT_LENGTH);
    bool is_stream = framing == MESSAGE_STREAM;
    uint32_t length;

    m->body = slice_head(rest, is_stream ? 0 : rest.len);
    if (slice_is_absent(value)) {
        if (is_stream)
            blame(m, 400, header_why(HEADER_CONTENT_LENGTH, HEADER_MISSING));
    } else if (!number_parse(value, &length)) {
        blame(m, 400, header_why(HEADER_CONTENT_LENGTH, HEADER_BAD));
    } else if (length <= rest.len) {
        m->body = slice_head(rest, length);
    } else if (!is_stream) {
        blame(m, 400, "Content-Length is beyond the end");
    } else if (length > MESSAGE_BYTES_MAX) {
        blame(m, 413, "Message too large");
    } else {
        return m->why != NULL;
    }
    return true;
}

enum parse_status
message_parse_scalar(struct message *m, struct slice bytes, enum message_framing framing)
{
    struct slice rest = slice_skip(bytes, lines_blank(bytes));
    bool is_stream = framing == MESSAGE_STREAM, is_whole;

    reset(m);
    m->size = bytes.len;
    if (!read_start_line(m, &rest)) {
        if (is_stream && slice_find(rest, '\n') == rest.len &&
            bytes.len <= MESSAGE_BYTES_MAX)
            return PARSE_PARTIAL;
        blame(m, 0, "Not SIP");
        return PARSE_BAD;
    }
    is_whole = index_lines(m, &rest);
    if (!is_whole && is_stream && bytes.len <= MESSAGE_BYTES_MAX)
        return PARSE_PARTIAL;
    if (bytes.len - rest.len > MESSAGE_BYTES_MAX || (!is_whole && is_stream))
        blame(m, 513, "Header fields too long");
    if (!is_whole)
        blame(m, 400, "Missing empty line behind the header fields");
    read_request_uri(m);
    read_values(m);
    if (is_whole && !read_body(m, rest, framing))
        return PARSE_PARTIAL;
    if (is_whole)
        m->size = (size_t)(bytes.len - rest.len) + m->body.len;
    m->text = slice_head(bytes, m->size);
    return m->why == NULL ? PARSE_OK : PARSE_BAD;
}

struct slice
message_header(const struct message *m, enum header_id id)
{
    int first = m->first[id];

    return first < 0 ? slice_absent() : m->line[first].value;
}

struct header_walk
message_walk(const struct message *m, enum header_id id)
{
    return (struct header_walk){ .m = m, .line = m->first[id] };
}

bool
header_walk_next(struct header_walk *walk, struct slice *element)
{
    while (!list_next(&walk->rest, element)) {
        if (walk->line < 0)
            return false;
        walk->rest = walk->m->line[walk->line].value;
        walk->line = walk->m->line[walk->line].next;
    }
    return true;
}
