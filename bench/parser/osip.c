/* libosip2, the parser of eXosip: every component is a C string of its own. */
#include "bench/parser/adapter.h"

#include <time.h>

#include <osipparser2/osip_message.h>
#include <osipparser2/osip_parser.h>

struct osip {
    osip_message_t *message;
};

static void *
open_osip(const void *argument)
{
    static struct osip osip;

    (void)argument;
    return parser_init() == 0 ? &osip : NULL;
}

static struct extract_uri
read_uri(const osip_uri_t *uri)
{
    if (uri->string != NULL) /* a scheme that is not SIP's */
        return (struct extract_uri){ .host = extract_string(uri->string) };
    return (struct extract_uri){
        extract_string(uri->username),
        extract_string(uri->host),
        (unsigned)extract_number(uri->port, 0),
    };
}

/* osip's lists and names are not const, though only looked at. */
static const char *
read_param(const osip_list_t *params, const char *name)
{
    osip_generic_param_t *param = NULL;

    osip_generic_param_get_byname((osip_list_t *)params, (char *)name, &param);
    return param == NULL ? NULL : param->gvalue;
}

static int64_t
read_number(const osip_message_t *m, const char *name)
{
    osip_header_t *header = NULL;

    osip_message_header_get_byname(m, name, 0, &header);
    return extract_number(header == NULL ? NULL : header->hvalue, -1);
}

static void
read_via(const osip_message_t *m, struct extract *out)
{
    const osip_via_t *via = osip_list_get(&m->vias, 0);

    out->via_transport = extract_string(via->protocol);
    out->via_host = extract_string(via->host);
    out->via_port = (unsigned)extract_number(via->port, 0);
    out->via_branch = extract_string(read_param(&via->via_params, "branch"));
}

static void
read_content(const osip_message_t *m, struct extract *out)
{
    const osip_content_type_t *type = m->content_type;
    const osip_body_t *body = osip_list_get(&m->bodies, 0);

    out->type = extract_string(type == NULL ? NULL : type->type);
    out->subtype = extract_string(type == NULL ? NULL : type->subtype);
    out->content_length =
        extract_number(m->content_length == NULL ? NULL : m->content_length->value, -1);
    out->body = body == NULL ? slice_absent() : slice_of(body->body, body->length);
}

static bool
read_contacts(const osip_message_t *m, struct extract *out)
{
    osip_list_iterator_t it;
    const osip_contact_t *contact;

    out->contacts = 0;
    for (contact = osip_list_get_first(&m->contacts, &it);
         osip_list_iterator_has_elem(it); contact = osip_list_get_next(&it)) {
        if (out->contacts == EXTRACT_CONTACTS_MAX)
            return false;
        out->contact[out->contacts++] = (struct extract_contact){
            read_uri(contact->url),
            extract_number(read_param(&contact->gen_params, "expires"), -1),
        };
    }
    return true;
}

static bool
read_message(void *parser, struct slice bytes, struct extract *out)
{
    struct osip *osip = parser;
    osip_message_t *m;

    if (osip_message_init(&osip->message) != 0)
        return false;
    m = osip->message;
    if (osip_message_parse(m, bytes.at, bytes.len) != 0 || m->req_uri == NULL ||
        osip_list_size(&m->vias) == 0 || m->from == NULL || m->to == NULL ||
        m->call_id == NULL || m->cseq == NULL)
        return false;
    out->method = extract_string(m->sip_method);
    out->target = read_uri(m->req_uri);
    read_via(m, out);
    out->from = read_uri(m->from->url);
    out->from_tag = extract_string(read_param(&m->from->gen_params, "tag"));
    out->to = read_uri(m->to->url);
    out->to_tag = extract_string(read_param(&m->to->gen_params, "tag"));
    out->call_id = extract_string(m->call_id->number);
    out->call_id_host = extract_string(m->call_id->host);
    out->cseq = extract_number(m->cseq->number, -1);
    out->cseq_method = extract_string(m->cseq->method);
    out->max_forwards = read_number(m, "max-forwards");
    out->expires_s = read_number(m, "expires");
    read_content(m, out);
    return read_contacts(m, out);
}

static void
forget(void *parser)
{
    struct osip *osip = parser;

    osip_message_free(osip->message);
    osip->message = NULL;
}

static void
close_osip(void *parser)
{
    (void)parser;
}

const struct adapter adapter_osip = {
    .name = "libosip2",
    .open = open_osip,
    .read = read_message,
    .forget = forget,
    .close = close_osip,
};
