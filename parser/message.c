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

/* The line table is left as it is: `lines` says how much of it counts. The parts are cleared by
 * those who read them. */
static void
reset(struct message *m)
{
    scan_clear(m, offsetof(struct message, target));
    scan_clear(&m->call_id, offsetof(struct message, take_contact) -
                                offsetof(struct message, call_id));
    scan_fill(m->first, 0xff, sizeof m->first);
    scan_fill(m->last, 0xff, sizeof m->last);
    m->max_forwards = -1;
    m->expires_s = -1;
    m->content_length = -1;
    m->lines = 0;
    m->take_contact = contact_take;
    m->contacts_line = -1;
    m->contacts_rest = slice_absent();
}

static void
clear_parts(struct message *m)
{
    scan_clear(&m->target, sizeof m->target);
    scan_clear(&m->via, sizeof m->via);
    scan_clear(&m->from, sizeof m->from);
    scan_clear(&m->to, sizeof m->to);
}

/* False: what comes first is no start line, or does not end. */
static bool
read_start_line(struct message *m, struct slice *rest)
{
    size_t lf = scan_find(*rest, '\n');
    size_t end = lf > 0 && lf < rest->len && rest->at[lf - 1] == '\r' ? lf - 1 : lf;
    struct slice text = slice_of(rest->at, end);
    struct start_line line;

    if (lf == rest->len)
        return false;
    m->is_request = start_line_plain(text, &m->method_name, &m->request_uri);
    if (m->is_request) {
        m->method = method_of(m->method_name);
        scan_take_head(rest, lf + 1);
        return true;
    }
    start_line_parse(text, &line);
    if (line.kind == START_LINE_NONE)
        return false;
    scan_take_head(rest, lf + 1);
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

    if (!m->is_request)
        scan_clear(&m->target, sizeof m->target);
    else if (uri_parse(m->request_uri, &m->target, &why) != PARSE_OK)
        blame(m, 400, "Bad Request-URI");
}

/* Keeps line n, which was just written, behind the others of its id. */
static void
index_line(struct message *m, int16_t n)
{
    enum header_id id = m->line[n].id;
    int16_t last;

    m->line[n].next = -1;
    if (id == HEADER_OTHER)
        return;
    if (m->first[id] < 0) {
        m->first[id] = n;
        return;
    }
    last = m->last[id] < 0 ? m->first[id] : m->last[id];
    m->line[last].next = n;
    m->last[id] = n;
    if (header_is_single(id))
        blame(m, 400, header_why(id, HEADER_REPEATED));
}

/* Those at the front that are plain. Returns the number of lines by now. */
static int16_t
index_plain_lines(struct message *m, struct slice *rest, int16_t n)
{
    struct slice ahead = *rest;

    for (; n < MESSAGE_LINES_MAX && lines_plain(&ahead, &m->line[n]); n++)
        index_line(m, n);
    *rest = ahead;
    return n;
}

/* Whatever comes next. Returns the number of lines by now. */
static int16_t
index_next_line(struct message *m, struct slice *rest, int16_t n, enum line_kind *kind)
{
    *kind = lines_next(rest, &m->line[n]);
    if (*kind == LINE_BAD_OCTET)
        blame(m, 400, "Bad octet in header field");
    if (*kind == LINE_BAD_NAME)
        blame(m, 400, "Bad header field name");
    if (*kind != LINE_FIELD && *kind != LINE_BAD_OCTET)
        return n;
    if (n == MESSAGE_LINES_MAX) {
        blame(m, 513, "Too many header fields");
        return n;
    }
    index_line(m, n);
    return (int16_t)(n + 1);
}

/* False: the text stops before the empty line. */
static bool
index_lines(struct message *m, struct slice *rest)
{
    enum line_kind kind = LINE_FIELD;
    int16_t n = 0;

    do {
        n = index_plain_lines(m, rest, n);
        if (scan_starts(*rest, "\r\n")) {
            scan_take_head(rest, 2);
            kind = LINE_END;
        } else
            n = index_next_line(m, rest, n, &kind);
    } while (kind != LINE_END && kind != LINE_PARTIAL);
    m->lines = n;
    return kind == LINE_END;
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
read_top_via(struct message *m)
{
    struct slice rest = demand(m, HEADER_VIA), top;
    const char *why;

    if (slice_is_absent(rest)) {
        scan_clear(&m->via, sizeof m->via);
        return;
    }
    if (via_parse(rest, &m->via, &why) == PARSE_OK) /* no list, as mostly */
        return;
    if (!list_cut(&rest, &top) || via_parse(top, &m->via, &why) != PARSE_OK)
        blame(m, 400, header_why(HEADER_VIA, HEADER_BAD));
}

static void
read_address(struct message *m, enum header_id id, struct name_addr *out)
{
    struct slice value = demand(m, id);
    const char *why;

    if (slice_is_absent(value))
        scan_clear(out, sizeof *out);
    else if (name_addr_parse(value, out, &why) != PARSE_OK)
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
    if (value.len > 0 && scan_long_run(value, SCAN_VISIBLE) == value.len)
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
    else if (!scan_same(m->cseq_method, m->method_name))
        blame(m, 400, "CSeq names another method");
}

static void
read_max_forwards(struct message *m)
{
    struct slice value = message_header(m, HEADER_MAX_FORWARDS);
    uint32_t number;

    if (slice_is_absent(value))
        return;
    if (scan_number(value, &number) && number <= MAX_FORWARDS_MAX)
        m->max_forwards = (int)number;
    else
        blame(m, 400, header_why(HEADER_MAX_FORWARDS, HEADER_BAD));
}

static void
read_expires(struct message *m)
{
    struct slice value = message_header(m, HEADER_EXPIRES);
    uint32_t number;

    if (!slice_is_absent(value) && scan_number(value, &number))
        m->expires_s = number;
}

/* Of a list: CONTACT_BAD, or it is at its end. The first ones are kept, and where to go on. */
static enum contact_taken
read_contacts_of(struct message *m, int line)
{
    struct slice rest = m->line[line].value;
    struct contact other;
    enum contact_taken taken;

    do {
        bool keep = m->contacts_kept < MESSAGE_CONTACTS_KEPT;

        taken = contact_cut(&rest, keep ? &m->contact[m->contacts_kept] : &other);
        if (!keep || taken != CONTACT_TAKEN)
            continue;
        m->contacts_kept++;
        m->contacts_line = m->line[line].next;
        m->contacts_rest = rest;
    } while (taken == CONTACT_TAKEN);
    return taken;
}

/* A registrar acts on every Contact; elsewhere nobody looks at it. */
static void
read_contacts(struct message *m)
{
    m->contacts_line = m->first[HEADER_CONTACT];
    if (m->method != METHOD_REGISTER || !m->is_request)
        return;
    for (int i = m->first[HEADER_CONTACT]; i >= 0; i = m->line[i].next)
        if (read_contacts_of(m, i) == CONTACT_BAD) {
            blame(m, 400, header_why(HEADER_CONTACT, HEADER_BAD));
            return;
        }
}

static void
read_values(struct message *m)
{
    read_top_via(m);
    read_address(m, HEADER_TO, &m->to);
    read_address(m, HEADER_FROM, &m->from);
    read_call_id(m);
    read_cseq(m);
    read_max_forwards(m);
    read_expires(m);
    read_contacts(m);
}

/* RFC 3261 18.3: a datagram ends with itself, and what Content-Length leaves over is noise; a
 * stream has nothing but Content-Length. False: more octets are needed. */
static bool
read_body(struct message *m, struct slice rest, size_t header_bytes,
          enum message_framing framing)
{
    size_t room = header_bytes < MESSAGE_BYTES_MAX ? MESSAGE_BYTES_MAX - header_bytes : 0;
    struct slice value = message_header(m, HEADER_CONTENT_LENGTH);
    bool is_stream = framing == MESSAGE_STREAM;
    uint32_t length;

    m->body = slice_head(rest, is_stream ? 0 : rest.len);
    if (slice_is_absent(value)) {
        if (is_stream)
            blame(m, 400, header_why(HEADER_CONTENT_LENGTH, HEADER_MISSING));
        return true;
    }
    if (!scan_number(value, &length)) {
        blame(m, 400, header_why(HEADER_CONTENT_LENGTH, HEADER_BAD));
        return true;
    }
    m->content_length = length;
    if (is_stream && length > room) {
        blame(m, 413, "Message too large");
    } else if (length <= rest.len) {
        m->body = slice_head(rest, length);
    } else if (!is_stream) {
        blame(m, 400, "Content-Length is beyond the end");
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
        clear_parts(m);
        if (is_stream && scan_find(rest, '\n') == rest.len &&
            bytes.len <= MESSAGE_BYTES_MAX)
            return PARSE_PARTIAL;
        blame(m, 0, "Not SIP");
        return PARSE_BAD;
    }
    is_whole = index_lines(m, &rest);
    if (!is_whole && is_stream && bytes.len <= MESSAGE_BYTES_MAX) {
        clear_parts(m);
        return PARSE_PARTIAL;
    }
    if (bytes.len - rest.len > MESSAGE_BYTES_MAX || (!is_whole && is_stream))
        blame(m, 513, "Header fields too long");
    if (!is_whole)
        blame(m, 400, "Missing empty line behind the header fields");
    read_request_uri(m);
    read_values(m);
    if (is_whole && !read_body(m, rest, bytes.len - rest.len, framing))
        return PARSE_PARTIAL;
    if (is_whole)
        m->size = (size_t)(bytes.len - rest.len) + m->body.len;
    m->text = slice_head(bytes, m->size);
    return m->why == NULL ? PARSE_OK : PARSE_BAD;
}
