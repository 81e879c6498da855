#include "bench/parser/hostile.h"

#include <assert.h>
#include <string.h>

/* The lines of the message; a kind takes the place of one of them, or comes as another one. */
enum line {
    START,
    VIA,
    FROM,
    TO,
    CALL_ID,
    CSEQ,
    LENGTH,
    LINES,
};

static const char *const plain[LINES] = {
    [START] = "REGISTER sip:example.org SIP/2.0\r\n",
    [VIA] = "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n",
    [FROM] = "From: <sip:bob@example.org>;tag=1\r\n",
    [TO] = "To: <sip:bob@example.org>\r\n",
    [CALL_ID] = "Call-ID: 1@192.0.2.1\r\n",
    [CSEQ] = "CSeq: 1 REGISTER\r\n",
    [LENGTH] = "Content-Length: 0\r\n",
};

/* `open`, so many times `unit`, `close`; without a line of the plain ones in front of To. */
static const struct {
    const char *name;
    enum line instead; /* LINES: of none */
    const char *open, *unit, *close;
} kinds[] = {
    { "quoted string without end", FROM, "From: \"", "a", "\r\n" },
    { "backslashes in quotes", FROM, "From: \"", "\\\\", "\" <sip:a@b>;tag=1\r\n" },
    { "quotes", FROM, "From: ", "\"", " <sip:a@b>;tag=1\r\n" },
    { "quoted parameters", FROM, "From: <sip:a@b>;tag=1", ";a=\"b\"", "\r\n" },
    { "words of a display name", FROM, "From: ", "a ", "<sip:a@b>;tag=1\r\n" },
    { "parameters of From", FROM, "From: <sip:a@b>;tag=1", ";a=b", "\r\n" },
    { "parameters of Via", VIA, "Via: SIP/2.0/UDP h;branch=z9hG4bK1", ";a=b", "\r\n" },
    { "parameters of a URI", FROM, "From: <sip:a@b", ";a=b", ">;tag=1\r\n" },
    { "headers of a URI", FROM, "From: <sip:a@b?a=b", "&a=b", ">;tag=1\r\n" },
    { "semicolons", FROM, "From: <sip:a@b>;tag=1", ";", "\r\n" },
    { "Vias in one line", VIA, "Via: SIP/2.0/UDP h;branch=z9hG4bK1", ",SIP/2.0/UDP h",
      "\r\n" },
    { "Vias in many lines", VIA, "", "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\n", "" },
    { "commas in Via", VIA, "Via: SIP/2.0/UDP h;branch=z9hG4bK1", ",", "\r\n" },
    { "commas in Contact", LINES, "Contact: <sip:a@b>", ",", "\r\n" },
    { "Contacts in one line", LINES, "Contact: <sip:a@b>", ",<sip:a@b>", "\r\n" },
    { "Contacts in many lines", LINES, "", "m:<sip:a@b>\r\n", "" },
    { "parameters of Contact", LINES, "Contact: <sip:a@b>", ";a=b", "\r\n" },
    { "Routes in one line", LINES, "Route: <sip:a;lr>", ",<sip:a;lr>", "\r\n" },
    { "Routes in many lines", LINES, "", "Route: <sip:a;lr>\r\n", "" },
    { "header lines", LINES, "", "X: y\r\n", "" },
    { "a header that comes once", LINES, "", "Call-ID: 1\r\n", "" },
    { "folds of Subject", LINES, "Subject: a", "\r\n ", "a\r\n" },
    { "folds of From", FROM, "From:", "\r\n ", "<sip:a@b>;tag=1\r\n" },
    { "folds between parameters", FROM, "From: <sip:a@b>;tag=1", "\r\n ;a", "\r\n" },
    { "blanks before a value", FROM, "From:", " ", "<sip:a@b>;tag=1\r\n" },
    { "blanks behind a value", FROM, "From: <sip:a@b>;tag=1", " ", "\r\n" },
    { "blanks around '='", FROM, "From: <sip:a@b>;tag=1;a", " ", "=b\r\n" },
    { "'<' in From", FROM, "From: ", "<", "sip:a@b>;tag=1\r\n" },
    { "'@' in a URI", FROM, "From: <sip:a", "@", "b>;tag=1\r\n" },
    { "':' in a URI", FROM, "From: <sip:a", ":", "@b>;tag=1\r\n" },
    { "'[' in a URI", FROM, "From: <sip:a@", "[", "::1]>;tag=1\r\n" },
    { "escapes of a user", FROM, "From: <sip:", "%41", "@b>;tag=1\r\n" },
    { "labels of a host", FROM, "From: <sip:a@", "a.", "b>;tag=1\r\n" },
    { "a long token", CALL_ID, "Call-ID: ", "a", "\r\n" },
    { "a long tag", FROM, "From: <sip:a@b>;tag=", "a", "\r\n" },
    { "a long method", START, "", "A", " sip:a@b SIP/2.0\r\n" },
    { "a long Request-URI", START, "REGISTER sip:", "a", " SIP/2.0\r\n" },
    { "a long header name", LINES, "", "a", ": b\r\n" },
    { "a header name, no colon", LINES, "", "a", "\r\n" },
    { "a long value", LINES, "Subject: ", "a", "\r\n" },
    { "digits of CSeq", CSEQ, "CSeq: ", "1", " REGISTER\r\n" },
    { "CRLFs in front", START, "", "\r\n", "REGISTER sip:example.org SIP/2.0\r\n" },
    { "bare CRs", LINES, "Subject: ", "\r", "\r\n" },
    { "NULs", LINES, "Subject: ", "\1", "\r\n" }, /* \1: see append */
};

const char *
hostile_name(size_t n)
{
    return n < sizeof kinds / sizeof kinds[0] ? kinds[n].name : NULL;
}

static char *
append(char *out, const char *text)
{
    size_t len = strlen(text);

    memcpy(out, text, len);
    if (len == 1 && text[0] == '\1') /* which stands for the octet no C string holds */
        out[0] = '\0';
    return out + len;
}

static size_t
rest_of(size_t n)
{
    size_t octets = strlen(kinds[n].open) + strlen(kinds[n].close) + strlen("\r\n");

    for (enum line line = START; line < LINES; line++)
        octets += line == kinds[n].instead ? 0 : strlen(plain[line]);
    return octets;
}

size_t
hostile_write(size_t n, size_t size, char *out)
{
    enum line place = kinds[n].instead == LINES ? TO : kinds[n].instead;
    char *at = out;

    assert(size > rest_of(n));
    for (enum line line = START; line < LINES; line++) {
        if (line == place) {
            at = append(at, kinds[n].open);
            for (size_t i = (size - rest_of(n)) / strlen(kinds[n].unit); i > 0; i--)
                at = append(at, kinds[n].unit);
            at = append(at, kinds[n].close);
        }
        if (line != kinds[n].instead)
            at = append(at, plain[line]);
    }
    return (size_t)(append(at, "\r\n") - out);
}
