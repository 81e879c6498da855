#include "bench/core/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    PORT = 5060,
    USER_DIGITS_AT = 4, /* of "user00042@example.org" */
};

struct slice
text_bytes(const struct text *text)
{
    return slice_of(text->bytes, text->len);
}

struct flow
text_flow(uint32_t user)
{
    struct flow flow = { .protocol = PROTOCOL_UDP };
    char host[32];
    int len = snprintf(host, sizeof host, "10.%u.%u.1", user >> 8 & 255, user & 255);

    address_parse(slice_of(host, (size_t)len), PORT, &flow.peer);
    return flow;
}

static void __attribute__((format(printf, 2, 3)))
write_text(struct text *text, const char *format, ...)
{
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = vsnprintf(text->bytes, TEXT_MAX, format, arguments);
    va_end(arguments);
    assert(len > 0 && len < TEXT_MAX);
    text->len = (size_t)len;
}

void
text_message(struct text *text, uint32_t number, uint32_t user)
{
    char body[TEXT_BODY + 1];

    memset(body, 'x', TEXT_BODY);
    body[TEXT_BODY] = '\0';
    write_text(text,
               "MESSAGE sip:user%05u@example.org SIP/2.0\r\n"
               "Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK776asdhds.%08x;rport\r\n"
               "Max-Forwards: 69\r\n"
               "From: \"Alice Liddell\" <sip:alice@example.org>;tag=49583c%08x\r\n"
               "To: <sip:user%05u@example.org>\r\n"
               "Call-ID: f81d4fae-7dec-11d0-%08x@192.0.2.17\r\n"
               "CSeq: 4711 MESSAGE\r\n"
               "Date: Wed, 25 Nov 2026 09:00:00 GMT\r\n"
               "User-Agent: Linphone/4.4.10 (belle-sip/5.1.64)\r\n"
               "Content-Type: text/plain; charset=UTF-8\r\n"
               "Content-Length: %d\r\n\r\n%s",
               user, number, number, user, number, TEXT_BODY, body);
}

void
text_register(struct text *text, uint32_t number, uint32_t user)
{
    write_text(
        text,
        "REGISTER sip:example.org SIP/2.0\r\n"
        "Via: SIP/2.0/UDP 10.%u.%u.1:5060;branch=z9hG4bK-524287-%08x-%08x;rport\r\n"
        "Max-Forwards: 70\r\n"
        "From: <sip:user%05u@example.org>;tag=a73kszlfl\r\n"
        "To: <sip:user%05u@example.org>\r\n"
        "Call-ID: 843817637684230%05u@example.org\r\n"
        "CSeq: %u REGISTER\r\n"
        "Contact: <sip:user%05u@10.%u.%u.1:5060;transport=udp;ob>;expires=3600\r\n"
        "Allow: INVITE, ACK, CANCEL, BYE, MESSAGE, NOTIFY, OPTIONS, REFER\r\n"
        "User-Agent: Linphone/4.4.10 (belle-sip/5.1.64)\r\n"
        "Content-Length: 0\r\n\r\n",
        user >> 8 & 255, user & 255, user, number, user, user, user, number, user,
        user >> 8 & 255, user & 255);
}

void
text_options(struct text *text, uint32_t number)
{
    write_text(text,
               "OPTIONS sip:example.org SIP/2.0\r\n"
               "Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK776asdhds.%08x;rport\r\n"
               "Max-Forwards: 70\r\n"
               "From: <sip:probe@192.0.2.7>;tag=49583c%08x\r\n"
               "To: <sip:example.org>\r\n"
               "Call-ID: 5b1c88a0-%08x@192.0.2.7\r\n"
               "CSeq: 10 OPTIONS\r\n"
               "Content-Length: 0\r\n\r\n",
               number, number, number);
}

static bool
is_copied(struct slice line)
{
    return slice_starts(line, SLICE("Via:")) || slice_starts(line, SLICE("From:")) ||
           slice_starts(line, SLICE("To:")) || slice_starts(line, SLICE("Call-ID:")) ||
           slice_starts(line, SLICE("CSeq:"));
}

static void
append(struct text *text, struct slice bytes)
{
    assert(bytes.len <= TEXT_MAX - text->len);
    memcpy(text->bytes + text->len, bytes.at, bytes.len);
    text->len += bytes.len;
}

void
text_ok(struct text *text, struct slice request)
{
    struct slice line, rest = request;

    text->len = 0;
    append(text, SLICE("SIP/2.0 200 OK\r\n"));
    while (slice_cut(rest, '\n', &line, &rest) && line.len > 1) {
        if (!is_copied(line))
            continue;
        append(text, line);
        append(text, SLICE("\n"));
    }
    append(text, SLICE("Content-Length: 0\r\n\r\n"));
}

unsigned
text_status(struct slice message)
{
    static const struct slice version = SLICE_INIT("SIP/2.0 ");

    if (!slice_starts(message, version))
        return 0;
    return (unsigned)strtoul(message.at + version.len, NULL, 10);
}

uint32_t
text_user(struct slice aor)
{
    assert(aor.len > USER_DIGITS_AT);
    return (uint32_t)strtoul(aor.at + USER_DIGITS_AT, NULL, 10);
}
