#include "fuzz/views.h"

#include "fuzz/fuzz.h"
#include "parser/params.h"

enum {
    VALUE_ROOM = MESSAGE_BYTES_MAX + 1,
};

/* ---- within ---- */

void
expect_uri_within(const struct uri *u, struct slice whole)
{
    expect_within(u->text, whole, "URI");
    expect_within(u->scheme_name, whole, "scheme");
    expect_within(u->user, whole, "user");
    expect_within(u->password, whole, "password");
    expect_within(u->host, whole, "host");
    expect_within(u->params, whole, "URI parameters");
    expect_within(u->headers, whole, "URI headers");
}

void
expect_via_within(const struct via *v, struct slice whole)
{
    expect_within(v->text, whole, "Via");
    expect_within(v->transport, whole, "transport");
    expect_within(v->host, whole, "sent-by");
    expect_within(v->params, whole, "Via parameters");
    expect_within(v->branch, whole, "branch");
    expect_within(v->received, whole, "received");
    expect_within(v->maddr, whole, "maddr");
}

void
expect_name_addr_within(const struct name_addr *a, struct slice whole)
{
    expect_within(a->text, whole, "address");
    expect_within(a->display, whole, "display name");
    expect_within(a->params, whole, "header parameters");
    expect_within(a->tag, whole, "tag");
    expect_uri_within(&a->uri, whole);
}

static void
expect_lines_within(const struct message *m, struct slice whole)
{
    expect(m->lines >= 0 && m->lines <= MESSAGE_LINES_MAX, "a number of lines");
    for (int i = 0; i < m->lines; i++) {
        expect_within(m->line[i].name, whole, "header name");
        expect_within(m->line[i].value, whole, "header value");
        expect(m->line[i].next == -1 ||
                   (m->line[i].next > i && m->line[i].next < m->lines),
               "a line leads to a later one");
    }
    for (int id = 0; id < HEADER_COUNT; id++)
        expect(m->first[id] < m->lines && m->last[id] < m->lines,
               "the index leads to lines");
}

void
expect_message_within(const struct message *m, struct slice whole)
{
    expect_within(m->method_name, whole, "method");
    expect_within(m->request_uri, whole, "Request-URI");
    expect_within(m->reason, whole, "reason phrase");
    expect_within(m->call_id, whole, "Call-ID");
    expect_within(m->cseq_method, whole, "CSeq method");
    expect_within(m->body, whole, "body");
    expect_within(m->text, whole, "message");
    expect_uri_within(&m->target, whole);
    expect_via_within(&m->via, whole);
    expect_name_addr_within(&m->from, whole);
    expect_name_addr_within(&m->to, whole);
    expect_lines_within(m, whole);
    expect(m->size <= whole.len, "a message ends within the input");
}

void
expect_whole_params(struct slice params)
{
    struct slice rest = params, name, value;

    while (params_next(&rest, &name, &value)) {
        expect_within(name, params, "name of a parameter");
        expect_within(value, params, "value of a parameter");
    }
    expect(slice_trim(rest).len == 0, "parameters are read to their end");
}

/* ---- the same ---- */

static inline void
expect_same_view(struct slice a, struct slice b, const char *name)
{
    if (a.at != b.at || a.len != b.len)
        fuzz_fail("two readings differ", name);
}

void
expect_same_uri(const struct uri *a, const struct uri *b)
{
    expect_same_view(a->text, b->text, "URI");
    expect_same_view(a->scheme_name, b->scheme_name, "scheme");
    expect_same_view(a->user, b->user, "user");
    expect_same_view(a->password, b->password, "password");
    expect_same_view(a->host, b->host, "host");
    expect_same_view(a->params, b->params, "URI parameters");
    expect_same_view(a->headers, b->headers, "URI headers");
    expect(a->scheme == b->scheme, "two readings differ: scheme");
    expect(a->port == b->port, "two readings differ: port");
}

void
expect_same_via(const struct via *a, const struct via *b)
{
    expect_same_view(a->text, b->text, "Via");
    expect_same_view(a->transport, b->transport, "transport");
    expect_same_view(a->host, b->host, "sent-by");
    expect_same_view(a->params, b->params, "Via parameters");
    expect_same_view(a->branch, b->branch, "branch");
    expect_same_view(a->received, b->received, "received");
    expect_same_view(a->maddr, b->maddr, "maddr");
    expect(a->port == b->port, "two readings differ: sent-by port");
    expect(a->has_rport == b->has_rport, "two readings differ: rport");
    expect(a->rport == b->rport, "two readings differ: value of rport");
}

void
expect_same_name_addr(const struct name_addr *a, const struct name_addr *b)
{
    expect_same_view(a->text, b->text, "address");
    expect_same_view(a->display, b->display, "display name");
    expect_same_uri(&a->uri, &b->uri);
    expect_same_view(a->params, b->params, "header parameters");
    expect_same_view(a->tag, b->tag, "tag");
}

void
expect_same_contact(const struct contact *a, const struct contact *b)
{
    expect(a->is_star == b->is_star, "two readings differ: star");
    expect(a->q_thousandths == b->q_thousandths, "two readings differ: q");
    expect(a->expires_s == b->expires_s, "two readings differ: expires");
    expect_same_name_addr(&a->address, &b->address);
    expect_same_view(a->instance, b->instance, "instance");
    expect_same_view(a->methods, b->methods, "methods");
}

static void
expect_same_line(const struct header_line *a, const struct header_line *b)
{
    expect(a->id == b->id, "two readings differ: header");
    expect(a->id == HEADER_OTHER || a->next == b->next, "two readings differ: next line");
    expect_same_view(a->name, b->name, "header name");
    expect_same_view(a->value, b->value, "header value");
}

static void
expect_same_lines(const struct message *a, const struct message *b)
{
    expect(a->lines == b->lines, "two readings differ: number of lines");
    expect(memcmp(a->first, b->first, sizeof a->first) == 0 &&
               memcmp(a->last, b->last, sizeof a->last) == 0,
           "two readings differ: index of lines");
    for (int i = 0; i < a->lines; i++)
        expect_same_line(&a->line[i], &b->line[i]);
}

static void
expect_same_contacts(const struct message *a, const struct message *b)
{
    expect(a->contacts_kept == b->contacts_kept, "two readings differ: Contacts kept");
    expect(a->contacts_kept >= 0 && a->contacts_kept <= MESSAGE_CONTACTS_KEPT,
           "a number of Contacts");
    for (int i = 0; i < a->contacts_kept; i++)
        expect_same_contact(&a->contact[i], &b->contact[i]);
}

static void
expect_same_fault(const struct message *a, const struct message *b)
{
    expect(a->fault == b->fault, "two readings differ: fault");
    expect((a->why == NULL) == (b->why == NULL) &&
               (a->why == NULL || strcmp(a->why, b->why) == 0),
           "two readings differ: why");
}

static void
expect_same_numbers(const struct message *a, const struct message *b)
{
    expect(a->is_request == b->is_request, "two readings differ: kind");
    expect(a->method == b->method, "two readings differ: method");
    expect(a->status == b->status, "two readings differ: status");
    expect(a->cseq == b->cseq, "two readings differ: CSeq");
    expect(a->max_forwards == b->max_forwards, "two readings differ: Max-Forwards");
    expect(a->expires_s == b->expires_s, "two readings differ: Expires");
    expect(a->content_length == b->content_length, "two readings differ: Content-Length");
    expect(a->size == b->size, "two readings differ: size");
}

void
expect_same_message(const struct message *a, const struct message *b)
{
    expect_same_fault(a, b);
    expect_same_numbers(a, b);
    expect_same_view(a->method_name, b->method_name, "method");
    expect_same_view(a->request_uri, b->request_uri, "Request-URI");
    expect_same_view(a->reason, b->reason, "reason phrase");
    expect_same_view(a->call_id, b->call_id, "Call-ID");
    expect_same_view(a->cseq_method, b->cseq_method, "CSeq method");
    expect_same_view(a->body, b->body, "body");
    expect_same_view(a->text, b->text, "message");
    expect_same_uri(&a->target, &b->target);
    expect_same_via(&a->via, &b->via);
    expect_same_name_addr(&a->from, &b->from);
    expect_same_name_addr(&a->to, &b->to);
    expect_same_contacts(a, b);
    expect_same_lines(a, b);
}

/* What a value says, found apart from the writer: a fold with the blanks around it is one
 * SP (RFC 3261 7.3.1); an escaped NUL is left out with its backslash, and what it kept away
 * from the ends is a blank there. */
static struct slice
unfolded(struct slice value, char out[VALUE_ROOM])
{
    size_t len = 0, escapes = 0;

    while (value.len > 0) {
        char octet = value.at[0];

        value = slice_skip(value, 1);
        if (octet == '\r' || octet == '\n') {
            while (len > 0 && (out[len - 1] == ' ' || out[len - 1] == '\t'))
                len--;
            while (value.len > 0 && memchr(" \t\r\n", value.at[0], 4) != NULL)
                value = slice_skip(value, 1);
            octet = ' ';
        }
        if (octet != '\0')
            out[len++] = octet;
        else
            len -= escapes % 2;
        escapes = octet == '\\' ? escapes + 1 : 0;
    }
    return slice_trim(slice_of(out, len));
}

void
expect_same_value(struct slice a, struct slice b, const char *name)
{
    static char left[VALUE_ROOM], right[VALUE_ROOM];

    expect_same(unfolded(a, left), unfolded(b, right), name);
}
