#include "src/silo/dump_request.h"

#include "parser/date.h"
#include "parser/writer.h"
#include "src/sip/branch.h"

enum {
    /* All that we write beside the texts: sent-by alone may take 512. */
    OWN_LINES_MAX = 1536,
};

static bool
is_plain_text(const struct record *record)
{
    struct slice type = slice_head(record->ctype, slice_find(record->ctype, ';'));

    return slice_equal_nocase(slice_trim(type), SLICE("text/plain"));
}

/* "[Offline message - DATE] " in front of plain text; absent where it does not belong. */
static struct slice
date_prefix(struct silo *silo, const struct record *record)
{
    enum { ROOM = 64 };
    char date[DATE_BYTES], *out = arena_alloc(silo->arena, ROOM);
    struct writer w;

    if (!silo->settings->add_date || !is_plain_text(record) || out == NULL)
        return slice_absent();
    date_write(record->inc_time_s, date);
    writer_init(&w, out, ROOM);
    writer_bytes(&w, SLICE("[Offline message - "));
    writer_bytes(&w, slice_of(date, sizeof date));
    writer_bytes(&w, SLICE("] "));
    return writer_done(&w);
}

static struct slice
call_id_of(struct silo *silo, const struct record *record)
{
    static const struct slice host = SLICE_INIT("@sipsilo");
    enum { HEX = 16 };
    uint64_t id = record->id;
    char *out = arena_alloc(silo->arena, HEX + host.len);

    if (out == NULL)
        return slice_absent();
    hex64_write(siphash64(&silo->durable, slice_of((const char *)&id, sizeof id)), out);
    memcpy(out + HEX, host.at, host.len);
    return slice_of(out, HEX + host.len);
}

/* With msilo.outbound_proxy the proxy knows where the user is: it is asked for the AoR. */
static struct slice
aor_uri(struct silo *silo, struct slice aor)
{
    static const struct slice scheme = SLICE_INIT("sip:");
    char *out = arena_alloc(silo->arena, scheme.len + aor.len);

    if (out == NULL)
        return slice_absent();
    memcpy(out, scheme.at, scheme.len);
    memcpy(out + scheme.len, aor.at, aor.len);
    return slice_of(out, scheme.len + aor.len);
}

bool
dump_request_fits(const struct record *record)
{
    size_t texts = record->src_name.len + record->src_addr.len + record->dst_name.len +
                   record->dst_addr.len + record->ctype.len + record->headers.len +
                   record->body.len;

    return texts <= MESSAGE_OUT_MAX - OWN_LINES_MAX - BINDING_TEXT_MAX;
}

void
dump_request_fill(struct silo *silo, const struct record *record,
                  const struct binding *binding, struct message_out *out)
{
    bool by_proxy = !slice_is_absent(silo->settings->outbound_proxy);

    out->r_uri = by_proxy ? aor_uri(silo, record->aor) : binding->contact;
    out->route = by_proxy ? slice_absent() : binding->path;
    out->from_name = record->src_name;
    out->from_uri = record->src_addr;
    out->to_name = record->dst_name;
    out->to_uri = record->dst_addr;
    out->call_id = call_id_of(silo, record);
    out->date_s = record->date_s != 0 ? record->date_s : record->inc_time_s;
    out->ctype = record->ctype;
    out->headers = record->headers;
    out->body_prefix = date_prefix(silo, record);
    out->body = record->body;
}
