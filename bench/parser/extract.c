#include "bench/parser/extract.h"

static uint64_t
sum_text(struct slice text)
{
    return (uintptr_t)text.at + text.len;
}

static uint64_t
sum_uri(const struct extract_uri *uri)
{
    return sum_text(uri->user) + sum_text(uri->host) + uri->port;
}

uint64_t
extract_sum(const struct extract *x)
{
    uint64_t sum = sum_text(x->method) + sum_uri(&x->target);

    sum += sum_text(x->via_transport) + sum_text(x->via_host) + sum_text(x->via_branch);
    sum += x->via_port + sum_uri(&x->from) + sum_text(x->from_tag);
    sum += sum_uri(&x->to) + sum_text(x->to_tag);
    sum += sum_text(x->call_id) + sum_text(x->call_id_host);
    sum += (uint64_t)x->cseq + sum_text(x->cseq_method);
    sum += (uint64_t)(x->max_forwards + x->expires_s + x->content_length);
    sum += sum_text(x->type) + sum_text(x->subtype) + sum_text(x->body) + x->body.len;
    for (size_t i = 0; i < x->contacts; i++)
        sum += sum_uri(&x->contact[i].uri) + (uint64_t)x->contact[i].expires_s;
    return sum;
}

/* With its length, whoever gave it, and without brackets. */
static struct slice
plain(struct slice text)
{
    if (text.len == SIZE_MAX)
        text.len = strlen(text.at);
    if (text.len > 1 && text.at[0] == '[' && text.at[text.len - 1] == ']')
        text = slice_of(text.at + 1, text.len - 2);
    return text;
}

static bool
same_text(struct slice a, struct slice b)
{
    return slice_equal(plain(a), plain(b));
}

static bool
same_uri(const struct extract_uri *a, const struct extract_uri *b)
{
    return same_text(a->user, b->user) && same_text(a->host, b->host) &&
           a->port == b->port;
}

/* Up to the '/': of "text/plain", "text". */
static bool
same_type(struct slice a, struct slice b)
{
    a = plain(a);
    b = plain(b);
    return slice_equal(slice_head(a, slice_find(a, '/')),
                       slice_head(b, slice_find(b, '/')));
}

/* Whether a is "b@host", for those who cut there. */
static bool
is_joined(struct slice a, struct slice b, struct slice host)
{
    a = plain(a);
    b = plain(b);
    host = plain(host);
    return a.len == b.len + 1 + host.len && slice_starts(a, b) && a.at[b.len] == '@' &&
           slice_equal(slice_skip(a, b.len + 1), host);
}

static bool
same_call_id(const struct extract *a, const struct extract *b)
{
    if (!slice_is_absent(b->call_id_host))
        return is_joined(a->call_id, b->call_id, b->call_id_host);
    return same_text(a->call_id, b->call_id);
}

static bool
same_contacts(const struct extract *a, const struct extract *b)
{
    if (a->contacts != b->contacts)
        return false;
    for (size_t i = 0; i < a->contacts; i++)
        if (!same_uri(&a->contact[i].uri, &b->contact[i].uri) ||
            a->contact[i].expires_s != b->contact[i].expires_s)
            return false;
    return true;
}

bool
extract_same(const struct extract *a, const struct extract *b, const char **what)
{
    const struct {
        const char *name;
        bool same;
    } value[] = {
        { "method", same_text(a->method, b->method) },
        { "Request-URI", same_uri(&a->target, &b->target) },
        { "transport of Via", same_text(a->via_transport, b->via_transport) },
        { "host of Via", same_text(a->via_host, b->via_host) },
        { "port of Via", a->via_port == b->via_port },
        { "branch of Via", same_text(a->via_branch, b->via_branch) },
        { "URI of From", same_uri(&a->from, &b->from) },
        { "tag of From", same_text(a->from_tag, b->from_tag) },
        { "URI of To", same_uri(&a->to, &b->to) },
        { "tag of To", same_text(a->to_tag, b->to_tag) },
        { "Call-ID", same_call_id(a, b) },
        { "number of CSeq", a->cseq == b->cseq },
        { "method of CSeq", same_text(a->cseq_method, b->cseq_method) },
        { "Max-Forwards", a->max_forwards == b->max_forwards },
        { "Expires", a->expires_s == b->expires_s },
        { "Content-Length", a->content_length == b->content_length },
        { "Content-Type", same_type(a->type, b->type) },
        { "subtype of Content-Type", same_text(a->subtype, b->subtype) },
        { "body", same_text(a->body, b->body) },
        { "Contact", same_contacts(a, b) },
    };

    for (size_t i = 0; i < sizeof value / sizeof value[0]; i++)
        if (!value[i].same) {
            *what = value[i].name;
            return false;
        }
    return true;
}
