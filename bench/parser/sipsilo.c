#include "bench/parser/sipsilo.h"

#include "parser/params.h"
#include "parser/variant.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    VARIANTS_MAX = 8,
    NAME_BYTES = 32,
};

struct sipsilo {
    const struct variant *variant;
    struct message message;
};

static void *
open_variant(const void *argument)
{
    struct sipsilo *s = calloc(1, sizeof *s);

    if (s != NULL)
        s->variant = argument;
    return s;
}

static inline void
read_uri(const struct uri *uri, struct extract_uri *out)
{
    bool is_tel = uri->scheme == URI_TEL;

    out->user = is_tel ? slice_absent() : uri->user;
    out->host = is_tel ? uri->user : uri->host;
    out->port = uri->port;
}

static void
read_content_type(const struct message *m, struct extract *out)
{
    struct slice value = message_header(m, HEADER_CONTENT_TYPE);

    value = slice_head(value, slice_find(value, ';'));
    while (value.len > 0 && (unsigned char)value.at[value.len - 1] <= ' ')
        value.len--;
    if (!slice_cut(value, '/', &out->type, &out->subtype))
        out->type = out->subtype = slice_absent();
}

static bool
read_contacts(const struct message *m, struct extract *out)
{
    struct contact_walk walk;
    const struct contact *contact;
    enum contact_taken taken;

    contact_walk_start(&walk, m);
    out->contacts = 0;
    while ((taken = contact_walk_next(&walk, &contact)) == CONTACT_TAKEN) {
        if (out->contacts == EXTRACT_CONTACTS_MAX)
            return false;
        read_uri(&contact->address.uri, &out->contact[out->contacts].uri);
        out->contact[out->contacts++].expires_s = contact->expires_s;
    }
    return taken == CONTACT_NONE;
}

static bool
read_message(void *parser, struct slice bytes, struct extract *out)
{
    struct sipsilo *s = parser;
    const struct message *m = &s->message;

    if (s->variant->parse(&s->message, bytes, MESSAGE_DATAGRAM) != PARSE_OK)
        return false;
    out->method = m->method_name;
    read_uri(&m->target, &out->target);
    out->via_transport = m->via.transport;
    out->via_host = m->via.host;
    out->via_port = m->via.port;
    out->via_branch = m->via.branch;
    read_uri(&m->from.uri, &out->from);
    out->from_tag = m->from.tag;
    read_uri(&m->to.uri, &out->to);
    out->to_tag = m->to.tag;
    out->call_id = m->call_id;
    out->cseq = m->cseq;
    out->cseq_method = m->cseq_method;
    out->max_forwards = m->max_forwards;
    out->expires_s = m->expires_s;
    out->content_length = m->content_length;
    read_content_type(m, out);
    out->body = m->body;
    return read_contacts(m, out);
}

static void
forget(void *parser)
{
    (void)parser; /* all were views */
}

const struct adapter *
sipsilo_adapter(size_t n)
{
    static struct adapter adapter[VARIANTS_MAX];
    static char name[VARIANTS_MAX][NAME_BYTES];
    const struct variant *variant = variant_at(n);

    if (variant == NULL || n >= VARIANTS_MAX)
        return NULL;
    snprintf(name[n], sizeof name[n], "sipsilo %s", variant->name);
    adapter[n] = (struct adapter){
        .name = name[n],
        .argument = variant,
        .open = open_variant,
        .read = read_message,
        .forget = forget,
        .close = free,
    };
    return &adapter[n];
}
