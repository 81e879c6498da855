#include "tests/through.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    REPLY_ROOM = 4096,
    SIP_PORT = 5060,
    HOUR_S = 3600,
};

/* ---- registering ---- */

void
register_as(struct phone *phone, const char *user, const char *lines)
{
    char to[128];

    snprintf(to, sizeof to, "<sip:%s@example.org>", user);
    assert_int_equal(ask_by(phone, &(struct ask){ .method = "REGISTER",
                                                  .uri = "sip:example.org",
                                                  .to = to,
                                                  .call_id = to,
                                                  .headers = lines }),
                     200);
    world_run(phone->world, 100);
}

static struct peer mirror; /* one scene at a time */

static void
throw_back(void *owner, enum protocol protocol, struct slice message)
{
    (void)owner;
    peer_send(&mirror, protocol, message);
}

void
add_mirror(struct world *w)
{
    mirror = (struct peer){ .receive = throw_back };
    mirror.address = w->settings.listen[0].address;
    assert_int_equal(mirror.address.port, SIP_PORT);
    wire_add_peer(w, &mirror);
}

/* ---- phones ---- */

static struct answer
by_script(void *chooser, struct phone *phone, struct slice request)
{
    struct script *script = chooser;
    unsigned index = script->next;

    (void)phone;
    (void)request;
    if (script->next + 1 < script->count)
        script->next++;
    return script->answers[index];
}

void
follow(struct phone *phone, struct script *script)
{
    phone->chooser = script;
    phone->choose = by_script;
}

void
come_online(struct phone *phone)
{
    struct call *call = phone_register(phone, HOUR_S);

    world_run(phone->world, 1000);
    assert_int_equal(call->status, 200);
}

/* ---- requests that phones got ---- */

static bool
has_method(const struct receipt *receipt, const char *method)
{
    return slice_equal(peer_text_method(receipt_text(receipt)),
                       slice_of(method, strlen(method)));
}

unsigned
count_requests(const struct phone *phone, const char *method)
{
    unsigned count = 0;

    for (const struct receipt *r = phone->receipts; r != NULL; r = r->next)
        if (has_method(r, method))
            count++;
    return count;
}

const struct receipt *
request_at(const struct phone *phone, const char *method, unsigned index)
{
    unsigned count = count_requests(phone, method);

    for (const struct receipt *r = phone->receipts; r != NULL; r = r->next)
        if (has_method(r, method) && --count == index)
            return r;
    return NULL;
}

unsigned
count_taken(const struct phone *phone)
{
    unsigned count = 0;

    for (const struct receipt *r = phone->receipts; r != NULL; r = r->next)
        if (has_method(r, "MESSAGE") && r->is_answered && r->answer.status < 300)
            count++;
    return count;
}

const char *
receipt_branch(const struct receipt *receipt)
{
    static char branch[256];

    assert_non_null(receipt);
    snprintf(branch, sizeof branch, "%.*s",
             SLICE_ARG(peer_text_branch(receipt_text(receipt))));
    return branch;
}

/* ---- answers by hand ---- */

static void
copy_lines(char *out, size_t *len, struct slice request, const char *name)
{
    for (unsigned i = 0; i < peer_text_count(request, name); i++)
        *len += (size_t)snprintf(out + *len, REPLY_ROOM - *len, "%s: %.*s\r\n", name,
                                 SLICE_ARG(peer_text_header(request, name, i)));
}

void
reply(struct phone *phone, const struct receipt *receipt, const char *status_line)
{
    static const char *const names[] = { "Via", "From", "To", "Call-ID", "CSeq" };
    char out[REPLY_ROOM];
    size_t len;

    assert_non_null(receipt);
    len = (size_t)snprintf(out, sizeof out, "SIP/2.0 %s\r\n", status_line);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        copy_lines(out, &len, receipt_text(receipt), names[i]);
    len += (size_t)snprintf(out + len, sizeof out - len,
                            "X-Reply: %s\r\nContent-Length: 4\r\n\r\nbody", phone->user);
    assert_true(len < sizeof out);
    peer_send(&phone->peer, receipt->protocol, slice_of(out, len));
    world_run(phone->world, 100);
}

/* ---- what the server sent ---- */

static bool
goes_to(const struct sent *sent, const struct phone *phone)
{
    return address_same_ip(&sent->flow.peer, &phone->peer.address);
}

static struct slice
sent_text(const struct sent *sent)
{
    return slice_of(sent->bytes, sent->len);
}

const struct sent *
final_at(const struct world *w, const struct phone *phone, unsigned index)
{
    for (size_t i = 0; i < w->sent_count; i++) {
        const struct sent *sent = &w->sent[i];
        if (peer_text_status(sent_text(sent)) >= 200 && goes_to(sent, phone) &&
            slice_equal(peer_text_cseq_method(sent_text(sent)), SLICE("MESSAGE")) &&
            index-- == 0)
            return sent;
    }
    return NULL;
}

unsigned
only_final(const struct world *w, const struct phone *phone)
{
    const struct sent *first = final_at(w, phone, 0), *other;

    if (first == NULL)
        return 0;
    for (unsigned i = 1; (other = final_at(w, phone, i)) != NULL; i++)
        if (!slice_equal(sent_text(first), sent_text(other)))
            fail_msg("two answers:\n%s\n%s", first->bytes, other->bytes);
    return peer_text_status(sent_text(first));
}

unsigned
count_responses(const struct world *w, const struct phone *phone, unsigned status)
{
    unsigned count = 0;

    for (size_t i = 0; i < w->sent_count; i++)
        if (goes_to(&w->sent[i], phone) &&
            peer_text_status(sent_text(&w->sent[i])) == status)
            count++;
    return count;
}
