/* sofia-sip, the stack of FreeSWITCH: copies the message, splits it in place. */
#include "bench/parser/adapter.h"

#include <sofia-sip/msg.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>

struct sofia {
    msg_t *msg;
};

static void *
open_sofia(const void *argument)
{
    static struct sofia sofia;

    (void)argument;
    return &sofia;
}

static struct extract_uri
read_uri(const url_t *url)
{
    if (url->url_type == url_tel)
        return (struct extract_uri){ .host = extract_string(url->url_user) };
    return (struct extract_uri){
        extract_string(url->url_user),
        extract_string(url->url_host),
        (unsigned)extract_number(url->url_port, 0),
    };
}

/* "SIP/2.0/UDP" */
static struct slice
read_transport(const char *protocol)
{
    const char *slash = strrchr(protocol, '/');

    return extract_string(slash == NULL ? protocol : slash + 1);
}

static void
read_content(const sip_t *sip, struct extract *out)
{
    const sip_content_type_t *type = sip->sip_content_type;
    const sip_payload_t *payload = sip->sip_payload;

    out->type = extract_string(type == NULL ? NULL : type->c_type);
    out->subtype = extract_string(type == NULL ? NULL : type->c_subtype);
    out->content_length =
        sip->sip_content_length == NULL ? -1 : (int64_t)sip->sip_content_length->l_length;
    out->body =
        payload == NULL ? slice_absent() : slice_of(payload->pl_data, payload->pl_len);
}

static bool
read_contacts(const sip_t *sip, struct extract *out)
{
    out->contacts = 0;
    for (const sip_contact_t *m = sip->sip_contact; m != NULL; m = m->m_next) {
        if (out->contacts == EXTRACT_CONTACTS_MAX)
            return false;
        out->contact[out->contacts++] = (struct extract_contact){
            read_uri(m->m_url),
            extract_number(m->m_expires, -1),
        };
    }
    return true;
}

static bool
read_message(void *parser, struct slice bytes, struct extract *out)
{
    struct sofia *sofia = parser;
    const sip_t *sip;

    sofia->msg = msg_make(sip_default_mclass(), 0, bytes.at, (ssize_t)bytes.len);
    sip = sofia->msg == NULL ? NULL : sip_object(sofia->msg);
    if (sip == NULL || (sip->sip_flags & MSG_FLG_ERROR) != 0 || sip->sip_error != NULL ||
        sip->sip_request == NULL || sip->sip_via == NULL || sip->sip_from == NULL ||
        sip->sip_to == NULL || sip->sip_call_id == NULL || sip->sip_cseq == NULL)
        return false;
    out->method = extract_string(sip->sip_request->rq_method_name);
    out->target = read_uri(sip->sip_request->rq_url);
    out->via_transport = read_transport(sip->sip_via->v_protocol);
    out->via_host = extract_string(sip->sip_via->v_host);
    out->via_port = (unsigned)extract_number(sip->sip_via->v_port, 0);
    out->via_branch = extract_string(sip->sip_via->v_branch);
    out->from = read_uri(sip->sip_from->a_url);
    out->from_tag = extract_string(sip->sip_from->a_tag);
    out->to = read_uri(sip->sip_to->a_url);
    out->to_tag = extract_string(sip->sip_to->a_tag);
    out->call_id = extract_string(sip->sip_call_id->i_id);
    out->cseq = sip->sip_cseq->cs_seq;
    out->cseq_method = extract_string(sip->sip_cseq->cs_method_name);
    out->max_forwards =
        sip->sip_max_forwards == NULL ? -1 : (int64_t)sip->sip_max_forwards->mf_count;
    out->expires_s = sip->sip_expires == NULL ? -1 : (int64_t)sip->sip_expires->ex_delta;
    read_content(sip, out);
    return read_contacts(sip, out);
}

static void
forget(void *parser)
{
    struct sofia *sofia = parser;

    msg_destroy(sofia->msg);
    sofia->msg = NULL;
}

static void
close_sofia(void *parser)
{
    (void)parser;
}

const struct adapter adapter_sofia = {
    .name = "sofia-sip",
    .open = open_sofia,
    .read = read_message,
    .forget = forget,
    .close = close_sofia,
};
