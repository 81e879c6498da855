#include "src/silo/new_record.h"

#include "parser/date.h"
#include "parser/params.h"
#include "src/silo/kept_headers.h"

enum {
    DAY_S = 86400,
};

static int64_t
date_of(const struct message *m)
{
    int64_t date_s;

    return date_parse(message_header(m, HEADER_DATE), &date_s) ? date_s : 0;
}

/* RFC 3428 7: Expires counts from Date where there is one, else from arrival; a Date a day
 * off our clock says more about the sender's clock than about the message. */
int64_t
new_record_expiry(const struct settings *settings, const struct message *m, int64_t now_s)
{
    int64_t latest = now_s + settings->expire_time_s, date_s, expiry;

    if (m->expires_s < 0)
        return latest;
    if (m->expires_s == 0)
        return now_s;
    date_s = date_of(m);
    expiry =
        date_s != 0 && date_s > now_s - DAY_S && date_s < now_s + DAY_S ? date_s : now_s;
    expiry += m->expires_s;
    return expiry < latest ? expiry : latest;
}

struct hash128
new_record_origin(const struct silo *silo, const struct message *m, struct slice aor)
{
    const uint32_t cseq = m->cseq;
    const struct slice parts[] = { aor, m->call_id, m->from.tag,
                                   slice_of((const char *)&cseq, sizeof cseq) };

    return siphash128_parts(&silo->durable, parts, sizeof parts / sizeof parts[0]);
}

bool
new_record(struct silo *silo, const struct incoming *in, struct slice aor,
           struct record *out)
{
    const struct message *m = in->message;
    size_t room = kept_headers_room(m), len;
    char *headers = arena_alloc(silo->arena, room);

    if (headers == NULL)
        return false;
    len = kept_headers_write(m, in->from_trusted, headers, room);
    *out = (struct record){
        .inc_time_s = in->now.s,
        .exp_time_s = new_record_expiry(silo->settings, m, in->now.s),
        .date_s = date_of(m),
        .origin = new_record_origin(silo, m, aor),
        .aor = aor,
        .r_uri = m->request_uri,
        .src_addr = m->from.uri.text,
        .src_name = m->from.display,
        .dst_addr = m->to.uri.text,
        .dst_name = m->to.display,
        .ctype = message_header(m, HEADER_CONTENT_TYPE),
        .call_id = m->call_id,
        .headers = slice_of(headers, len),
        .body = m->body,
    };
    return true;
}
