/* What a response takes over from its request (RFC 3261 8.2.6.2). */
#include "parser/params.h"
#include "parser/writer.h"

static struct slice
without_brackets(struct slice host)
{
    if (host.len < 2 || host.at[0] != '[')
        return host;
    return slice_of(host.at + 1, host.len - 2);
}

static void
write_param(struct writer *w, struct slice name, struct slice value)
{
    writer_bytes(w, SLICE(";"));
    writer_value(w, name);
    if (slice_is_absent(value))
        return;
    writer_bytes(w, SLICE("="));
    writer_value(w, value);
}

/* RFC 3261 18.2.1, RFC 3581 4: received is ours to say, whatever the client wrote there;
 * with rport it is always said. */
static void
write_top_via(struct writer *w, const struct via *via, const struct reply *reply)
{
    struct slice rest = via->params, name, value;
    size_t head = via->text.len - via->params.len;

    writer_value(w, slice_trim(slice_head(via->text, head)));
    while (params_next(&rest, &name, &value)) {
        if (slice_equal_nocase(name, SLICE("received")))
            continue;
        if (!slice_equal_nocase(name, SLICE("rport"))) {
            write_param(w, name, value);
            continue;
        }
        writer_bytes(w, SLICE(";rport="));
        writer_number(w, reply->received_port);
    }
    if (via->has_rport ||
        !slice_equal_nocase(without_brackets(via->host), reply->received))
        write_param(w, SLICE("received"), reply->received);
}

static void
write_first_via(struct writer *w, const struct message *m, const struct reply *reply)
{
    struct slice rest = message_header(m, HEADER_VIA), top;

    if (slice_is_absent(m->via.text) || slice_is_absent(reply->received)) {
        writer_header(w, SLICE("Via"), rest);
        return;
    }
    list_cut(&rest, &top);
    writer_bytes(w, SLICE("Via: "));
    write_top_via(w, &m->via, reply);
    if (!slice_is_absent(rest)) {
        writer_bytes(w, SLICE(", "));
        writer_value(w, slice_trim(rest));
    }
    writer_bytes(w, SLICE("\r\n"));
}

void
writer_vias(struct writer *w, const struct message *m, const struct reply *reply)
{
    int line = m->first[HEADER_VIA];

    if (line < 0)
        return;
    write_first_via(w, m, reply);
    while ((line = m->line[line].next) >= 0)
        writer_header(w, SLICE("Via"), m->line[line].value);
}

/* The first line of a header, as it came. */
static void
write_same(struct writer *w, const struct message *m, enum header_id id)
{
    struct slice value = message_header(m, id);

    if (!slice_is_absent(value))
        writer_header(w, header_name(id), value);
}

/* Without a To that could be read nobody knows where a tag would go. */
static void
write_to(struct writer *w, const struct message *m, struct slice tag)
{
    if (slice_is_absent(m->to.text) || !slice_is_absent(m->to.tag) ||
        slice_is_absent(tag)) {
        write_same(w, m, HEADER_TO);
        return;
    }
    writer_bytes(w, SLICE("To: "));
    writer_value(w, m->to.text);
    write_param(w, SLICE("tag"), tag);
    writer_bytes(w, SLICE("\r\n"));
}

void
writer_response(struct writer *w, const struct message *m, unsigned status,
                struct slice reason, const struct reply *reply)
{
    writer_bytes(w, SLICE("SIP/2.0 "));
    writer_number(w, status);
    writer_bytes(w, SLICE(" "));
    writer_value(w, reason);
    writer_bytes(w, SLICE("\r\n"));
    writer_vias(w, m, reply);
    write_same(w, m, HEADER_FROM);
    write_to(w, m, reply->to_tag);
    write_same(w, m, HEADER_CALL_ID);
    write_same(w, m, HEADER_CSEQ);
}
