#include "src/silo/message_out.h"

#include "parser/date.h"
#include "parser/writer.h"
#include "src/sip/branch.h"
#include "src/sip/target.h"

enum {
    TAG_BYTES = 16,
};

static void
write_party(struct writer *w, struct slice header, struct slice name, struct slice uri,
            struct slice tag)
{
    writer_bytes(w, header);
    if (name.len > 0) {
        writer_value(w, name);
        writer_bytes(w, SLICE(" "));
    }
    writer_bytes(w, SLICE("<"));
    writer_value(w, uri);
    writer_bytes(w, SLICE(">"));
    if (tag.len > 0) {
        writer_bytes(w, SLICE(";tag="));
        writer_bytes(w, tag);
    }
    writer_bytes(w, SLICE("\r\n"));
}

/* A message that is sent again keeps its Call-ID; the CSeq then has to grow (RFC 3261
 * 8.1.3.5), whatever a restart has forgotten, so it is the time. */
static void
write_cseq(struct writer *w, struct moment now)
{
    writer_bytes(w, SLICE("CSeq: "));
    writer_number(w, (uint64_t)now.s & 0x7fffffff);
    writer_bytes(w, SLICE(" MESSAGE\r\n"));
}

static void
write_date(struct writer *w, int64_t date_s)
{
    char date[DATE_BYTES];

    date_write(date_s, date);
    writer_header(w, SLICE("Date"), slice_of(date, sizeof date));
}

static void
write_content(struct writer *w, struct silo *silo, const struct message_out *message)
{
    struct slice prefix = message->body_prefix, body = message->body;
    char *whole;

    if (!slice_is_absent(message->ctype))
        writer_header(w, SLICE("Content-Type"), message->ctype);
    writer_bytes(w, message->headers);
    if (prefix.len == 0) {
        writer_body(w, body);
        return;
    }
    whole = arena_alloc(silo->arena, prefix.len + body.len);
    if (whole == NULL) {
        w->overflow = true;
        return;
    }
    memcpy(whole, prefix.at, prefix.len);
    if (body.len > 0)
        memcpy(whole + prefix.len, body.at, body.len);
    writer_body(w, slice_of(whole, prefix.len + body.len));
}

static void
write_message(struct writer *w, struct silo *silo, const struct message_out *message,
              struct slice r_uri, struct slice branch, struct moment now)
{
    char tag[TAG_BYTES];

    hex64_write(siphash64(&silo->run, branch), tag);
    writer_request_line(w, SLICE("MESSAGE"), r_uri);
    domains_write_via(w, silo->domains, &message->flow, branch);
    writer_bytes(w, SLICE("Max-Forwards: 70\r\n"));
    if (message->route.len > 0)
        writer_header(w, SLICE("Route"), message->route);
    write_party(w, SLICE("From: "), message->from_name, message->from_uri,
                slice_of(tag, sizeof tag));
    write_party(w, SLICE("To: "), message->to_name, message->to_uri, slice_absent());
    writer_header(w, SLICE("Call-ID"), message->call_id);
    write_cseq(w, now);
    write_date(w, message->date_s);
    write_content(w, silo, message);
}

static void
nobody_asks(void *owner, const struct client_result *result, struct moment now)
{
    (void)owner;
    (void)result;
    (void)now;
}

enum message_out_status
message_out_send(struct silo *silo, const struct message_out *message,
                 struct client_transaction **transaction, struct moment now)
{
    char branch[BRANCH_BYTES];
    struct client_request request = {
        .flow = message->flow,
        .branch = slice_of(branch, sizeof branch),
        .method = METHOD_MESSAGE,
        .timeout_ms = silo->settings->fr_timer_s * 1000,
        .owner = message->owner,
        .answered = message->answered == NULL ? nobody_asks : message->answered,
    };
    struct slice r_uri = target_uri(message->r_uri);
    char *buffer = arena_alloc(silo->arena, MESSAGE_OUT_MAX);
    struct writer w;

    if (buffer == NULL || r_uri.len == 0 || message->call_id.len == 0)
        return MESSAGE_OUT_FAILED; /* out of memory, here or where they were made */
    branch_make(&silo->durable, silo_nonce(silo), r_uri, slice_absent(), branch);
    writer_init(&w, buffer, MESSAGE_OUT_MAX);
    write_message(&w, silo, message, r_uri, request.branch, now);
    request.bytes = writer_done(&w);
    if (slice_is_absent(request.bytes))
        return MESSAGE_OUT_TOO_BIG;
    *transaction = client_transaction_start(silo->clients, &request, now);
    return *transaction == NULL ? MESSAGE_OUT_FAILED : MESSAGE_OUT_SENT;
}
