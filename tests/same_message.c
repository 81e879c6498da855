#include "tests/same_message.h"

/* bytes: 0 for a slice. */
#define TEXT(member)                                 \
    {                                                \
#member, offsetof(struct message, member), 0 \
    }
#define VALUE(member)                              \
    {                                              \
#member, offsetof(struct message, member), \
            sizeof((struct message *)NULL)->member \
    }
#define URI(member)                                                                      \
    TEXT(member.text), VALUE(member.scheme), TEXT(member.scheme_name),                   \
        TEXT(member.user), TEXT(member.password), TEXT(member.host), VALUE(member.port), \
        TEXT(member.params), TEXT(member.headers)
#define ADDRESS(member)                                                            \
    TEXT(member.text), TEXT(member.display), URI(member.uri), TEXT(member.params), \
        TEXT(member.tag)

static const struct {
    const char *name;
    size_t offset, bytes;
} fields[] = {
    VALUE(is_request),     VALUE(method),      TEXT(method_name),    TEXT(request_uri),
    VALUE(status),         TEXT(reason),       URI(target),          TEXT(via.text),
    TEXT(via.transport),   TEXT(via.host),     VALUE(via.port),      TEXT(via.params),
    TEXT(via.branch),      TEXT(via.received), TEXT(via.maddr),      VALUE(via.has_rport),
    VALUE(via.rport),      ADDRESS(from),      ADDRESS(to),          TEXT(call_id),
    VALUE(cseq),           TEXT(cseq_method),  VALUE(max_forwards),  TEXT(body),
    VALUE(size),           TEXT(text),         VALUE(fault),         VALUE(lines),
    VALUE(first),          VALUE(last),        VALUE(contacts_kept), VALUE(expires_s),
    VALUE(content_length),
};

static bool
same_text(struct slice a, struct slice b, const char *base_a, const char *base_b)
{
    if (slice_is_absent(a) || slice_is_absent(b))
        return slice_is_absent(a) && slice_is_absent(b);
    return a.len == b.len && a.at - base_a == b.at - base_b;
}

static bool
same_field(size_t i, const struct message *a, const struct message *b, const char *base_a,
           const char *base_b)
{
    const char *in_a = (const char *)a + fields[i].offset;
    const char *in_b = (const char *)b + fields[i].offset;
    struct slice text_a, text_b;

    if (fields[i].bytes > 0)
        return memcmp(in_a, in_b, fields[i].bytes) == 0;
    memcpy(&text_a, in_a, sizeof text_a);
    memcpy(&text_b, in_b, sizeof text_b);
    return same_text(text_a, text_b, base_a, base_b);
}

static bool
same_why(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
same_line(const struct header_line *a, const struct header_line *b, const char *base_a,
          const char *base_b)
{
    return a->id == b->id && same_text(a->name, b->name, base_a, base_b) &&
           same_text(a->value, b->value, base_a, base_b) &&
           (a->id == HEADER_OTHER || a->next == b->next);
}

/* Their number is the same already. */
static bool
same_lines(const struct message *a, const struct message *b, const char *base_a,
           const char *base_b)
{
    for (int i = 0; i < a->lines; i++)
        if (!same_line(&a->line[i], &b->line[i], base_a, base_b))
            return false;
    return true;
}

static bool
same_uri(const struct uri *a, const struct uri *b, const char *base_a, const char *base_b)
{
    return same_text(a->text, b->text, base_a, base_b) && a->scheme == b->scheme &&
           same_text(a->scheme_name, b->scheme_name, base_a, base_b) &&
           same_text(a->user, b->user, base_a, base_b) &&
           same_text(a->password, b->password, base_a, base_b) &&
           same_text(a->host, b->host, base_a, base_b) && a->port == b->port &&
           same_text(a->params, b->params, base_a, base_b) &&
           same_text(a->headers, b->headers, base_a, base_b);
}

static bool
same_contact(const struct contact *a, const struct contact *b, const char *base_a,
             const char *base_b)
{
    return same_text(a->address.text, b->address.text, base_a, base_b) &&
           same_text(a->address.display, b->address.display, base_a, base_b) &&
           same_uri(&a->address.uri, &b->address.uri, base_a, base_b) &&
           same_text(a->address.params, b->address.params, base_a, base_b) &&
           same_text(a->address.tag, b->address.tag, base_a, base_b) &&
           a->is_star == b->is_star && a->q_thousandths == b->q_thousandths &&
           a->expires_s == b->expires_s &&
           same_text(a->instance, b->instance, base_a, base_b) &&
           same_text(a->methods, b->methods, base_a, base_b);
}

/* Those that are kept and those that each parses when he is asked. */
static bool
same_contacts(const struct message *a, const struct message *b, const char *base_a,
              const char *base_b)
{
    struct contact_walk walk_a, walk_b;
    const struct contact *contact_a, *contact_b;
    enum contact_taken taken;

    contact_walk_start(&walk_a, a);
    contact_walk_start(&walk_b, b);
    do {
        taken = contact_walk_next(&walk_a, &contact_a);
        if (contact_walk_next(&walk_b, &contact_b) != taken)
            return false;
        if (taken == CONTACT_TAKEN && !same_contact(contact_a, contact_b, base_a, base_b))
            return false;
    } while (taken != CONTACT_NONE);
    return true;
}

bool
same_message(const struct message *a, const struct message *b, const char *base_a,
             const char *base_b, const char **field)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        *field = fields[i].name;
        if (!same_field(i, a, b, base_a, base_b))
            return false;
    }
    *field = "why";
    if (!same_why(a->why, b->why))
        return false;
    *field = "line";
    if (!same_lines(a, b, base_a, base_b))
        return false;
    *field = "contact";
    return same_contacts(a, b, base_a, base_b);
}
