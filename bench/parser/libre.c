/* libre, the stack of baresip: views into the datagram, an object per header in a hash table.
 * It gives every message a random number of OpenSSL's, which costs some system calls. */
#include "bench/parser/adapter.h"

#define HAVE_STDBOOL_H \
    1 /* as it was built; without, its header makes bool a signed char */
#include <re.h>

struct libre {
    struct mbuf *datagram; /* borrows the octets of each message */
    struct sip_msg *message;
};

static void *
open_libre(const void *argument)
{
    static struct libre libre;

    (void)argument;
    libre.datagram = mbuf_alloc(0);
    return libre.datagram == NULL ? NULL : &libre;
}

static struct slice
text(const struct pl *pl)
{
    return slice_of(pl->p, pl->p == NULL ? 0 : pl->l);
}

static int64_t
number(const struct pl *pl)
{
    return pl_isset(pl) ? (int64_t)pl_u32(pl) : -1;
}

static struct extract_uri
read_uri(const struct uri *uri)
{
    return (struct extract_uri){ text(&uri->user), text(&uri->host), uri->port };
}

/* libre has sent-by as one text, and as an address where it is one. */
static void
read_via(const struct sip_via *via, struct extract *out)
{
    struct slice sent_by = text(&via->sentby);
    size_t bracket = slice_find(sent_by, ']');
    size_t from = bracket == sent_by.len ? 0 : bracket;
    size_t colon = from + slice_find(slice_skip(sent_by, from), ':');
    struct slice port = slice_skip(sent_by, colon + 1);

    out->via_transport = extract_string(sip_transp_name(via->tp));
    out->via_host = slice_head(sent_by, colon);
    out->via_port = pl_u32(&(struct pl){ port.at, port.len });
    out->via_branch = text(&via->branch);
}

/* True ends the walk over the Contacts: too many, or one that is none. */
static bool
read_contact(const struct sip_hdr *header, const struct sip_msg *m, void *argument)
{
    struct extract *out = argument;
    struct sip_addr address;
    struct pl expires = pl_null;

    (void)m;
    if (out->contacts == EXTRACT_CONTACTS_MAX ||
        sip_addr_decode(&address, &header->val) != 0)
        return true;
    msg_param_decode(&address.params, "expires", &expires);
    out->contact[out->contacts++] =
        (struct extract_contact){ read_uri(&address.uri), number(&expires) };
    return false;
}

static void
lend(struct mbuf *datagram, struct slice bytes)
{
    datagram->buf = (uint8_t *)bytes.at;
    datagram->size = datagram->end = bytes.len;
    datagram->pos = 0;
}

static bool
read_message(void *parser, struct slice bytes, struct extract *out)
{
    struct libre *libre = parser;
    const struct sip_msg *m;

    lend(libre->datagram, bytes);
    if (sip_msg_decode(&libre->message, libre->datagram) != 0)
        return false;
    m = libre->message;
    out->method = text(&m->met);
    out->target = read_uri(&m->uri);
    read_via(&m->via, out);
    out->from = read_uri(&m->from.uri);
    out->from_tag = text(&m->from.tag);
    out->to = read_uri(&m->to.uri);
    out->to_tag = text(&m->to.tag);
    out->call_id = text(&m->callid);
    out->cseq = m->cseq.num;
    out->cseq_method = text(&m->cseq.met);
    out->max_forwards = number(&m->maxfwd);
    out->expires_s = number(&m->expires);
    out->content_length = number(&m->clen);
    out->type = text(&m->ctyp.type);
    out->subtype = text(&m->ctyp.subtype);
    out->body = slice_of((char *)mbuf_buf(m->mb), mbuf_get_left(m->mb));
    out->contacts = 0;
    return sip_msg_hdr_apply(m, true, SIP_HDR_CONTACT, read_contact, out) == NULL;
}

static void
forget(void *parser)
{
    struct libre *libre = parser;

    libre->message = mem_deref(libre->message);
    lend(libre->datagram, slice_absent()); /* it owns nothing of them */
}

static void
close_libre(void *parser)
{
    struct libre *libre = parser;

    libre->datagram = mem_deref(libre->datagram);
}

const struct adapter adapter_libre = {
    .name = "libre",
    .open = open_libre,
    .read = read_message,
    .forget = forget,
    .close = close_libre,
};
