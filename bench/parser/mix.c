#include "bench/parser/mix.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (uint32_t)(sizeof(array) / sizeof((array)[0]))

/* Draws once. Two draws in one call would depend on the compiler: no order is promised. */
#define ADD_ONE_OF(t, array) add(t, "%s", (array)[below(t, COUNT(array))])

static const char *const first_names[] = {
    "alice", "bob",    "carol",   "dave", "erin",   "frank",   "grace",      "heidi",
    "ivan",  "judith", "mallory", "niaj", "olivia", "peggy",   "rupert",     "sybil",
    "trent", "victor", "walter",  "yi",   "zoe",    "quentin", "maximilian", "jo",
};
static const char *const last_names[] = {
    "liddell", "babbage", "lovelace", "turing", "hopper",  "ng",
    "o'neill", "watson",  "bell",     "gray",   "shannon", "nyquist-hartley",
};
static const char *const domains[] = {
    "example.org",           "silo.example.org",
    "example.com",           "voice.example.net",
    "ims.mnc01.example.net", "192.0.2.7",
    "office.example",        "sip.a-rather-long-name.example.com",
};
static const char *const agents[] = {
    "Linphone/4.4.10 (belle-sip/5.1.64)",
    "baresip v1.0.0 (x86_64/linux)",
    "Blink 5.9.1",
    "PolycomVVX-VVX_411-UA/5.9.6.2327",
    "Cisco-CP8841/12.8.1",
    "snomD785/10.1.64.14",
    "Zoiper rv2.10.20.4",
    "pjsua v2.13",
};
static const char *const words[] = {
    "come",  "here", "at",    "once",   "I",       "want", "to",    "see",  "you",
    "the",   "tea",  "party", "starts", "at noon", "and",  "bring", "some", "cake",
    "don't", "be",   "late",  "again",  "please",  "OK",   "no",    "yes",  "see below:",
};
static const char *const transports[] = { "UDP", "UDP", "UDP", "TCP", "TLS" };

struct text {
    struct random *random;
    char *out;
    size_t len;
};

__attribute__((format(printf, 2, 3))) static void
add(struct text *t, const char *format, ...)
{
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = vsnprintf(t->out + t->len, MIX_BYTES_MAX - t->len, format, arguments);
    va_end(arguments);
    assert(len >= 0 && (size_t)len < MIX_BYTES_MAX - t->len);
    t->len += (size_t)len;
}

static uint32_t
below(struct text *t, uint32_t bound)
{
    return random_below(t->random, bound);
}

static bool
chance(struct text *t, uint32_t percent)
{
    return random_chance(t->random, percent * 10);
}

/* A word as identifiers are made of, of `least` to `most` octets. */
static void
add_word(struct text *t, uint32_t least, uint32_t most)
{
    static const char alphabet[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEF-.";
    uint32_t len = least + below(t, most - least + 1);

    add(t, "%c", alphabet[below(t, 36)]);
    while (--len > 1)
        add(t, "%c", alphabet[below(t, COUNT(alphabet) - 1)]);
    add(t, "%c", alphabet[below(t, 36)]);
}

static void
add_user(struct text *t)
{
    switch (below(t, 4)) {
    case 0:
        ADD_ONE_OF(t, first_names);
        break;
    case 1:
        ADD_ONE_OF(t, first_names);
        add(t, ".");
        ADD_ONE_OF(t, last_names);
        break;
    case 2:
        add(t, "%u", 100 + below(t, 9900));
        break;
    default:
        add(t, "+4930%u", 100000 + below(t, 9000000));
    }
}

static void
add_domain(struct text *t)
{
    if (chance(t, 5))
        add(t, "[2001:db8::7]");
    else
        ADD_ONE_OF(t, domains);
}

static void
add_phone_host(struct text *t)
{
    add(t, "%s.", chance(t, 50) ? "192.0.2" : "198.51.100");
    add(t, "%u", 1 + below(t, 254));
    if (chance(t, 80))
        add(t, ":%u", 1024 + below(t, 64000));
}

static void
add_display(struct text *t)
{
    if (chance(t, 40)) {
        add(t, "\"");
        ADD_ONE_OF(t, first_names);
        add(t, " ");
        ADD_ONE_OF(t, last_names);
        add(t, "\" ");
    } else if (chance(t, 30)) {
        ADD_ONE_OF(t, first_names);
        add(t, " ");
    }
}

/* Of From and To, without their parameters. */
static void
add_address(struct text *t, bool may_be_tel)
{
    if (may_be_tel && chance(t, 8)) {
        add(t, "<tel:+4930%u>", 1000000 + below(t, 9000000));
        return;
    }
    add_display(t);
    add(t, "<%s:", chance(t, 6) ? "sips" : "sip");
    add_user(t);
    add(t, "@");
    add_domain(t);
    add(t, "%s>", chance(t, 10) ? ";user=phone" : "");
}

/* As long or compact names, in the usual case or another. */
static void
add_name(struct text *t, bool compact, const char *name, const char *short_name)
{
    size_t at = t->len;

    add(t, "%s", compact ? short_name : name);
    if (!compact && chance(t, 4))
        for (size_t i = at; i < t->len; i++)
            if (t->out[i] >= 'a' && t->out[i] <= 'z')
                t->out[i] = (char)(t->out[i] - 'a' + 'A');
    add(t, "%s: ", chance(t, 3) ? " " : "");
}

static void
add_via(struct text *t, bool compact)
{
    add_name(t, compact, "Via", "v");
    add(t, "SIP/2.0/");
    ADD_ONE_OF(t, transports);
    add(t, " ");
    if (chance(t, 50)) {
        add_domain(t);
        add(t, "%s", chance(t, 60) ? ":5060" : "");
    } else {
        add_phone_host(t);
    }
    add(t, ";%sbranch=z9hG4bK", chance(t, 20) ? "rport;" : "");
    add_word(t, 8, 32);
    add(t, "%s\r\n", chance(t, 30) ? ";received=203.0.113.9" : "");
}

static void
add_contact(struct text *t, bool compact)
{
    add_name(t, compact, "Contact", "m");
    add_display(t);
    add(t, "<sip:");
    add_user(t);
    add(t, "@");
    add_phone_host(t);
    add(t, "%s>", chance(t, 50) ? ";transport=udp;ob" : "");
    if (chance(t, 60))
        add(t, ";expires=%u", 60 * (1 + below(t, 120)));
    if (chance(t, 30))
        add(t, ";q=0.%u", 1 + below(t, 9));
    if (chance(t, 30))
        add(t, ";+sip.instance=\"<urn:uuid:%08x-0000-1000-8000-000a95a0e128>\"",
            below(t, UINT32_MAX));
    add(t, "\r\n");
}

static void
add_authorization(struct text *t)
{
    add(t, "Authorization: Digest username=\"");
    add_user(t);
    add(t, "\", realm=\"silo.example.org\", nonce=\"");
    add_word(t, 24, 40);
    add(t, "\", uri=\"sip:silo.example.org\", response=\"");
    for (int i = 0; i < 4; i++)
        add(t, "%08x", below(t, UINT32_MAX));
    add(t, "\"");
    add(t, "%s\r\n", chance(t, 50) ? ", algorithm=MD5" : "");
}

/* What every request has, up to CSeq. */
static void
add_head(struct text *t, const char *method, bool compact)
{
    bool registers = strcmp(method, "REGISTER") == 0;

    add(t, "%s sip:", method);
    if (!registers) {
        add_user(t);
        add(t, "@");
    }
    add_domain(t);
    add(t, " SIP/2.0\r\n");
    add_via(t, compact);
    for (uint32_t more = chance(t, 40) ? below(t, 3) : 0; more > 0; more--)
        add_via(t, compact);
    if (chance(t, 90))
        add(t, "Max-Forwards: %u\r\n", 10 + below(t, 61));
    add_name(t, compact, "From", "f");
    add_address(t, !registers);
    add(t, ";tag=");
    add_word(t, 4, 16);
    add(t, "\r\n");
    add_name(t, compact, "To", "t");
    add_address(t, !registers);
    add(t, "\r\n");
    add_name(t, compact, "Call-ID", "i");
    add_word(t, 10, 36);
    add(t, "@");
    ADD_ONE_OF(t, domains);
    add(t, "\r\nCSeq: %u %s\r\n", 1 + below(t, 99999), method);
}

/* What some phones send and the server has no use for. */
static void
add_rest(struct text *t, bool compact)
{
    if (chance(t, 70)) {
        add(t, "User-Agent: ");
        ADD_ONE_OF(t, agents);
        add(t, "\r\n");
    }
    if (chance(t, 30))
        add(t, "Allow: INVITE, ACK, CANCEL, BYE, MESSAGE, NOTIFY, OPTIONS, REFER\r\n");
    if (chance(t, 30)) {
        add_name(t, compact, "Supported", "k");
        add(t, "path, outbound, gruu\r\n");
    }
    if (chance(t, 20))
        add(t, "Date: Sun, 15 Jun 2025 15:%02u:40 GMT\r\n", below(t, 60));
    if (chance(t, 20))
        add(t, "P-Asserted-Identity: <sip:%u@example.org>\r\n", below(t, 9999));
}

static void
write_register(struct text *t, bool compact)
{
    add_head(t, "REGISTER", compact);
    for (uint32_t contacts = 1 + (chance(t, 25) ? 1 : 0); contacts > 0; contacts--)
        add_contact(t, compact);
    if (chance(t, 50))
        add_authorization(t);
    if (chance(t, 60))
        add(t, "Expires: %u\r\n", 60 * below(t, 120));
    add_rest(t, compact);
    add_name(t, compact, "Content-Length", "l");
    add(t, "0\r\n\r\n");
}

/* So many words, and a full stop. */
static void
add_sentence(struct text *t, uint32_t count)
{
    ADD_ONE_OF(t, words);
    while (--count > 0) {
        add(t, " ");
        ADD_ONE_OF(t, words);
    }
    add(t, ".");
}

static void
write_message(struct text *t, bool compact)
{
    char body[MIX_BYTES_MAX];
    struct text says = { t->random, body, 0 };

    add_head(t, "MESSAGE", compact);
    if (chance(t, 40))
        add_contact(t, compact);
    if (chance(t, 25))
        add(t, "Expires: %u\r\n", 3600 * (1 + below(t, 72)));
    add_rest(t, compact);
    add_name(t, compact, "Content-Type", "c");
    add(t, "text/plain%s\r\n", chance(t, 40) ? ";charset=utf-8" : "");
    add_sentence(&says, 2 + below(t, 24));
    add_name(t, compact, "Content-Length", "l");
    add(t, "%zu\r\n\r\n%s", says.len, body);
}

size_t
mix_write(struct random *random, char *out)
{
    struct text t = { random, out, 0 };
    bool compact = chance(&t, 20);

    if (chance(&t, 70))
        write_message(&t, compact);
    else
        write_register(&t, compact);
    return t.len;
}
