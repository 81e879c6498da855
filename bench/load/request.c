#include "bench/load/request.h"

#include "bench/load/body.h"
#include "bench/load/hex.h"
#include "bench/load/memory.h"

/* $U the user's number, $B slot and number, $I user and sequence, $Q a CSeq: patched with each
 * request. $D the domain, $L the local address, $P the transport, $R the run, $N the body's
 * length, $C what a Contact says of the transport: filled in once. */
#define VIA "Via: SIP/2.0/$P $L;branch=z9hG4bKsl$R$B;rport\r\nMax-Forwards: 70\r\n"
#define PHONE                                                                \
    "REGISTER sip:$D SIP/2.0\r\n" VIA "From: <sip:user$U@$D>;tag=$R\r\n"     \
    "To: <sip:user$U@$D>\r\nCall-ID: r$U-$R@siload\r\nCSeq: $Q REGISTER\r\n" \
    "Contact: <sip:user$U@$L$C>\r\n"
#define SENDER                                                                   \
    "MESSAGE sip:user$U@$D SIP/2.0\r\n" VIA "From: <sip:siload$U@$D>;tag=$I\r\n" \
    "To: <sip:user$U@$D>\r\nCall-ID: m$I-$R@siload\r\nCSeq: 1 MESSAGE\r\n"       \
    "Content-Type: text/plain\r\nContent-Length: $N\r\n\r\n"

static const struct {
    const char *name, *pattern;
} kinds[REQUEST_KINDS] = {
    [REQUEST_STORE] = { "store", SENDER },
    [REQUEST_ONLINE] = { "online", SENDER },
    [REQUEST_REGISTER] = { "register",
                           PHONE "Expires: 3600\r\nContent-Length: 0\r\n\r\n" },
    [REQUEST_UNREGISTER] = { "unregister",
                             PHONE "Expires: 0\r\nContent-Length: 0\r\n\r\n" },
    [REQUEST_OPTIONS] = { "options", "OPTIONS sip:$D SIP/2.0\r\n" VIA
                                     "From: <sip:siload@$D>;tag=$I\r\nTo: <sip:$D>\r\n"
                                     "Call-ID: o$I-$R@siload\r\nCSeq: 1 OPTIONS\r\n"
                                     "Accept: text/plain\r\nContent-Length: 0\r\n\r\n" },
};

enum {
    CSEQ_DIGITS = 9,
    CSEQ_FIRST = 100000000, /* has as many digits as any that follows */
};

bool
request_is_phones(enum request_kind kind)
{
    return kind == REQUEST_REGISTER || kind == REQUEST_UNREGISTER;
}

const char *
request_name(enum request_kind kind)
{
    return kinds[kind].name;
}

static bool
has_body(enum request_kind kind)
{
    return kind == REQUEST_STORE || kind == REQUEST_ONLINE;
}

static void
append(struct request_text *t, const char *text, size_t len)
{
    if (len > REQUEST_HEAD_MAX - t->len) {
        fprintf(stderr, "siload: the domain or the address is too long\n");
        exit(64);
    }
    memcpy(t->text + t->len, text, len);
    t->len += len;
}

static void
append_text(struct request_text *t, const char *text)
{
    append(t, text, strlen(text));
}

static void
append_patch(struct request_text *t, char what, size_t len)
{
    static const char zeros[] = "0000000000000000";

    t->patch[t->patches].at = t->len;
    t->patch[t->patches++].what = what;
    append(t, zeros, len);
}

static void
append_field(struct request_text *t, char what, const struct request_setting *s,
             unsigned digits)
{
    char number[16];

    switch (what) {
    case 'U':
        append_patch(t, what, digits);
        break;
    case 'B':
    case 'I':
        append_patch(t, what, 2 * HEX_DIGITS);
        break;
    case 'Q':
        append_patch(t, what, CSEQ_DIGITS);
        break;
    case 'D':
        append_text(t, s->domain);
        break;
    case 'L':
        append_text(t, s->local);
        break;
    case 'P':
        append_text(t, s->tcp ? "TCP" : "UDP");
        break;
    case 'C':
        append_text(t, s->tcp ? ";transport=tcp" : "");
        break;
    case 'R':
        hex_write(number, s->run);
        append(t, number, HEX_DIGITS);
        break;
    case 'N':
        snprintf(number, sizeof number, "%u", s->body);
        append_text(t, number);
        break;
    }
}

static void
make(struct request_text *t, const char *pattern, const struct request_setting *setting,
     unsigned digits)
{
    t->text = memory_take(1, REQUEST_HEAD_MAX);
    while (*pattern != '\0')
        if (*pattern == '$') {
            append_field(t, pattern[1], setting, digits);
            pattern += 2;
        } else {
            append(t, pattern++, 1);
        }
}

static unsigned
digits_of(uint32_t number)
{
    unsigned digits = 1;

    while ((number /= 10) > 0)
        digits++;
    return digits;
}

static void
write_decimal(char *at, unsigned digits, uint32_t number)
{
    while (digits-- > 0) {
        at[digits] = (char)('0' + number % 10);
        number /= 10;
    }
}

static void
write_pair(char *at, uint32_t first, uint32_t second)
{
    hex_write(at, first);
    hex_write(at + HEX_DIGITS, second);
}

size_t
request_write(struct request_texts *texts, const struct request *r, uint32_t slot,
              uint32_t number, char *out)
{
    const struct request_setting *setting = &texts->of[request_is_phones(r->kind)];
    unsigned digits = digits_of(r->user);
    struct request_text *t = &texts->text[r->kind][digits];

    if (t->text == NULL)
        make(t, kinds[r->kind].pattern, setting, digits);
    memcpy(out, t->text, t->len);
    for (unsigned i = 0; i < t->patches; i++) {
        char *at = out + t->patch[i].at;

        if (t->patch[i].what == 'U')
            write_decimal(at, digits, r->user);
        else if (t->patch[i].what == 'B')
            write_pair(at, slot, number);
        else if (t->patch[i].what == 'I')
            write_pair(at, r->user, r->sequence);
        else
            write_decimal(at, CSEQ_DIGITS, CSEQ_FIRST + r->sequence);
    }
    if (!has_body(r->kind))
        return t->len;
    body_write(out + t->len, setting->body,
               &(struct body){ setting->run, r->user, r->sequence, false });
    return t->len + setting->body;
}

bool
request_read_branch(struct slice branch, uint32_t run, uint32_t *slot, uint32_t *number)
{
    const struct slice prefix = SLICE("z9hG4bKsl");
    const char *at = branch.at + prefix.len;
    uint32_t of_run;

    return branch.len == prefix.len + 3 * HEX_DIGITS && slice_starts(branch, prefix) &&
           hex_read(at, &of_run) && of_run == run && hex_read(at + HEX_DIGITS, slot) &&
           hex_read(at + 2 * HEX_DIGITS, number);
}

void
request_texts_close(struct request_texts *texts)
{
    for (unsigned kind = 0; kind < REQUEST_KINDS; kind++)
        for (unsigned digits = 0; digits <= REQUEST_DIGITS; digits++)
            free(texts->text[kind][digits].text);
}
