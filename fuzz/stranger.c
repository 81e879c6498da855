#include "fuzz/stranger.h"

#include "tests/peer_text.h"

#include <stdio.h>

#define MESSAGE                                            \
    "MESSAGE sip:%s@example.org SIP/2.0\r\n"               \
    "Via: SIP/2.0/%s 10.1.3.%u:5060;branch=z9hG4bKx%u\r\n" \
    "From: <sip:mallory%u@example.org>;tag=1\r\n"          \
    "To: <sip:%s@example.org>\r\n"                         \
    "Call-ID: x%u\r\n"                                     \
    "CSeq: 1 MESSAGE\r\n"                                  \
    "Max-Forwards: 70\r\n"                                 \
    "Content-Type: text/plain\r\n"                         \
    "Content-Length: 5\r\n\r\nhello"

#define REGISTER                                           \
    "REGISTER sip:example.org SIP/2.0\r\n"                 \
    "Via: SIP/2.0/%s 10.1.3.%u:5060;branch=z9hG4bKx%u\r\n" \
    "From: <sip:mallory%u@example.org>;tag=1\r\n"          \
    "To: <sip:mallory%u@example.org>\r\n"                  \
    "Call-ID: x%u\r\n"                                     \
    "CSeq: %u REGISTER\r\n"                                \
    "Max-Forwards: 70\r\n"                                 \
    "Contact: <sip:m@10.1.3.%u:5060>;expires=600\r\n"      \
    "Content-Length: 0\r\n\r\n"

/* ---- what he may say ---- */

static bool
holds(struct slice text, struct slice word)
{
    if (word.len == 0)
        return true;
    for (; text.len >= word.len; text = slice_skip(text, 1))
        if (ascii_lower(text.at[0]) == ascii_lower(word.at[0]) &&
            slice_equal_nocase(slice_head(text, word.len), word))
            return true;
    return false;
}

/* The fuzzer may learn what nobody outside could know, or pass for one of the phones;
 * then the oracle would be as fooled as the server. */
static bool
is_forged(const struct oracle *oracle, struct slice text)
{
    if (holds(text, SLICE("X-Number")))
        return true;
    for (size_t i = 0; i < oracle->attempt_count; i++)
        if (holds(text, slice_of(oracle->attempts[i].branch,
                                 strlen(oracle->attempts[i].branch))))
            return true;
    for (size_t i = 0; i < oracle->posted_count; i++) {
        const struct call *call = oracle->posted[i]->call;

        if (holds(text, call->call_id) || holds(text, call->branch))
            return true;
    }
    return false;
}

void
stranger_send(struct stranger *stranger, enum protocol protocol, struct slice text)
{
    if (!is_forged(stranger->oracle, text))
        peer_send(&stranger->peer, protocol, text);
}

/* ---- what he would say ---- */

/* A response to what came last. */
static size_t
write_response(struct stranger *stranger, unsigned kind, char out[STRANGER_TEXT])
{
    static const char *const names[] = { "Via", "From", "To", "Call-ID", "CSeq" };
    static const unsigned codes[] = { 100, 200, 302, 404, 405, 486, 503, 600 };
    struct slice request = slice_of(stranger->request, stranger->len);
    size_t len = (size_t)snprintf(out, STRANGER_TEXT, "SIP/2.0 %u Answer\r\n",
                                  codes[kind % (sizeof codes / sizeof codes[0])]);

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        for (unsigned n = 0; n < peer_text_count(request, names[i]); n++) {
            struct slice value = peer_text_header(request, names[i], n);

            if (value.len > STRANGER_TEXT / 2 - len)
                return 0;
            len += (size_t)snprintf(out + len, STRANGER_TEXT - len, "%s: %.*s\r\n",
                                    names[i], SLICE_ARG(value));
        }
    return len +
           (size_t)snprintf(out + len, STRANGER_TEXT - len, "Content-Length: 0\r\n\r\n");
}

size_t
stranger_write(struct stranger *stranger, unsigned kind, enum protocol protocol,
               char out[STRANGER_TEXT])
{
    static const char *const users[] = { "alice", "bob", "mallory0" };
    unsigned who = stranger->index, host = (STRANGER_HOST & 255) + who, number;
    const char *via = protocol == PROTOCOL_UDP ? "UDP" : "TCP";

    if (kind % 8 > 3)
        return write_response(stranger, kind / 8, out);
    number = ++stranger->oracle->world->numbers;
    if (kind % 8 == 3)
        return (size_t)snprintf(out, STRANGER_TEXT, REGISTER, via, host, number, who, who,
                                who, number, host);
    return (size_t)snprintf(out, STRANGER_TEXT, MESSAGE, users[kind % 8], via, host,
                            number, who, users[kind % 8], number);
}

static void
stranger_receives(void *owner, enum protocol protocol, struct slice message)
{
    struct stranger *stranger = owner;

    (void)protocol;
    if (peer_text_status(message) > 0 || message.len > STRANGER_TEXT)
        return;
    memcpy(stranger->request, message.at, message.len);
    stranger->len = message.len;
}

void
stranger_init(struct stranger *stranger, struct oracle *oracle, unsigned index)
{
    *stranger = (struct stranger){ .oracle = oracle, .index = index };
    stranger->peer.address = wire_address((uint16_t)(STRANGER_HOST + index), 5060);
    stranger->peer.owner = stranger;
    stranger->peer.receive = stranger_receives;
    wire_add_peer(oracle->world, &stranger->peer);
    stranger->peer.link.cut = 300;
}
