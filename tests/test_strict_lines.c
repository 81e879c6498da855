/* Header lines: names, doubles, line ends, folds, NULs. */
#include "tests/strict.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* RFC 3261 7.3.1, 7.3.3. */
static void
a_header_that_is_no_list_comes_once(void **state)
{
    static const struct strict_row rows[] = {
        REPEATED(MORE, "Content-Disposition",
                 "Content-Disposition: 1\r\nContent-Disposition: 1\r\n",
                 "RFC 3261 7.3.1: no list, and twice"),
        REPEATED(MORE, "Content-Type", "Content-Type: 1\r\nContent-Type: 1\r\n",
                 "RFC 3261 7.3.1: no list, and twice"),
        REPEATED(MORE, "Date", "Date: 1\r\nDate: 1\r\n",
                 "RFC 3261 7.3.1: no list, and twice"),
        REPEATED(MORE, "Expires", "Expires: 1\r\nExpires: 1\r\n",
                 "RFC 3261 7.3.1: no list, and twice"),
        REPEATED(MORE, "MIME-Version", "MIME-Version: 1\r\nMIME-Version: 1\r\n",
                 "RFC 3261 7.3.1: no list, and twice"),
        REPEATED(MORE, "Min-Expires", "Min-Expires: 1\r\nMin-Expires: 1\r\n",
                 "RFC 3261 7.3.1: no list, and twice"),
        REPEATED(MORE, "Priority", "Priority: 1\r\nPriority: 1\r\n",
                 "RFC 3261 7.3.1: no list, and twice"),
        REPEATED(MORE, "Reply-To", "Reply-To: 1\r\nReply-To: 1\r\n",
                 "RFC 3261 7.3.1: no list, and twice"),
        REPEATED(MORE, "Retry-After", "Retry-After: 1\r\nRetry-After: 1\r\n",
                 "RFC 3261 7.3.1: no list, and twice"),
        REPEATED(MORE, "Subject", "Subject: 1\r\nSubject: 1\r\n",
                 "RFC 3261 7.3.1: no list, and twice"),
        REPEATED(MORE, "Content-Disposition",
                 "Content-Disposition: 1\r\nX: 2\r\nCONTENT-DISPOSITION:\r\n",
                 "RFC 3261 7.3.1: the other in capitals, and empty"),
        REPEATED(MORE, "Content-Type", "Content-Type: 1\r\nX: 2\r\nCONTENT-TYPE:\r\n",
                 "RFC 3261 7.3.1: the other in capitals, and empty"),
        REPEATED(MORE, "Date", "Date: 1\r\nX: 2\r\nDATE:\r\n",
                 "RFC 3261 7.3.1: the other in capitals, and empty"),
        REPEATED(MORE, "Expires", "Expires: 1\r\nX: 2\r\nEXPIRES:\r\n",
                 "RFC 3261 7.3.1: the other in capitals, and empty"),
        REPEATED(MORE, "MIME-Version", "MIME-Version: 1\r\nX: 2\r\nMIME-VERSION:\r\n",
                 "RFC 3261 7.3.1: the other in capitals, and empty"),
        REPEATED(MORE, "Min-Expires", "Min-Expires: 1\r\nX: 2\r\nMIN-EXPIRES:\r\n",
                 "RFC 3261 7.3.1: the other in capitals, and empty"),
        REPEATED(MORE, "Priority", "Priority: 1\r\nX: 2\r\nPRIORITY:\r\n",
                 "RFC 3261 7.3.1: the other in capitals, and empty"),
        REPEATED(MORE, "Reply-To", "Reply-To: 1\r\nX: 2\r\nREPLY-TO:\r\n",
                 "RFC 3261 7.3.1: the other in capitals, and empty"),
        REPEATED(MORE, "Retry-After", "Retry-After: 1\r\nX: 2\r\nRETRY-AFTER:\r\n",
                 "RFC 3261 7.3.1: the other in capitals, and empty"),
        REPEATED(MORE, "Subject", "Subject: 1\r\nX: 2\r\nSUBJECT:\r\n",
                 "RFC 3261 7.3.1: the other in capitals, and empty"),
        REPEATED(MORE, "Content-Type", "Content-Type: 1\r\nc: 1\r\n",
                 "RFC 3261 7.3.3: long and compact"),
        REPEATED(MORE, "Content-Type", "C: 1\r\nContent-Type: 1\r\n",
                 "RFC 3261 7.3.3: compact and long"),
        REPEATED(MORE, "Subject", "Subject: 1\r\ns: 1\r\n",
                 "RFC 3261 7.3.3: long and compact"),
        REPEATED(MORE, "Subject", "S: 1\r\nSubject: 1\r\n",
                 "RFC 3261 7.3.3: compact and long"),
        REPEATED(MORE, "From", "From: <sip:alice@example.net>;tag=a1\r\n",
                 "RFC 3261 7.3.1: twice the same"),
        REPEATED(MORE, "From", "f: <sip:alice@example.net>;tag=a1\r\n",
                 "RFC 3261 7.3.3: long and compact"),
        REPEATED(FROM, "From",
                 "f: <sip:alice@example.net>;tag=a1\r\nFrom: "
                 "<sip:alice@example.net>;tag=a1\r\n",
                 "RFC 3261 7.3.3: compact and long"),
        REPEATED(MORE, "From", "from : \r\n", "RFC 3261 7.3.1: the second is empty"),
        REPEATED(MORE, "To", "To: <sip:bob@example.com>;tag=b1\r\n",
                 "RFC 3261 7.3.1: twice the same"),
        REPEATED(MORE, "To", "t: <sip:bob@example.com>;tag=b1\r\n",
                 "RFC 3261 7.3.3: long and compact"),
        REPEATED(
            TO, "To",
            "t: <sip:bob@example.com>;tag=b1\r\nTo: <sip:bob@example.com>;tag=b1\r\n",
            "RFC 3261 7.3.3: compact and long"),
        REPEATED(MORE, "To", "to : \r\n", "RFC 3261 7.3.1: the second is empty"),
        REPEATED(MORE, "Call-ID", "Call-ID: c1@192.0.2.33\r\n",
                 "RFC 3261 7.3.1: twice the same"),
        REPEATED(MORE, "Call-ID", "i: c1@192.0.2.33\r\n",
                 "RFC 3261 7.3.3: long and compact"),
        REPEATED(ID, "Call-ID", "i: c1@192.0.2.33\r\nCall-ID: c1@192.0.2.33\r\n",
                 "RFC 3261 7.3.3: compact and long"),
        REPEATED(MORE, "Call-ID", "call-id : \r\n",
                 "RFC 3261 7.3.1: the second is empty"),
        REPEATED(MORE, "CSeq", "CSeq: 7 MESSAGE\r\n", "RFC 3261 7.3.1"),
        REPEATED(MORE, "CSeq", "CSEQ: 8 MESSAGE\r\n", "RFC 3261 7.3.1"),
        REPEATED(MORE, "Max-Forwards", "Max-Forwards: 70\r\n", "RFC 3261 7.3.1"),
        REPEATED(MORE, "Max-Forwards", "max-forwards:\r\n", "RFC 3261 7.3.1"),
        ACCEPTED(MORE, "User-Agent: a\r\nUser-Agent: b\r\n", "lines", "9", "harmless"),
        ACCEPTED(MORE, "X: a\r\nX: a\r\n", "lines", "9", "RFC 3261 7.3.1: unknown to us"),
        ACCEPTED(MORE, "Route: <sip:1>\r\nRoute: <sip:2>, <sip:3>\r\n", "routes", "3",
                 "RFC 3261 7.3.1: a list"),
        ACCEPTED(MORE, "v: SIP/2.0/UDP h2\r\nVia: SIP/2.0/UDP h3,SIP/2.0/UDP h4\r\n",
                 "via_count", "4", "RFC 3261 7.3.1: a list"),
    };

    (void)state;
    strict_expect(STRICT_MESSAGE, rows, sizeof rows / sizeof rows[0]);
}

/* RFC 3261 8.1.1. */
static void
what_every_message_needs_is_there(void **state)
{
    static const struct strict_row rows[] = {
        MISSING(VIA, "Via", "", "RFC 3261 8.1.1"),
        MISSING(FROM, "From", "", "RFC 3261 8.1.1"),
        MISSING(TO, "To", "", "RFC 3261 8.1.1"),
        MISSING(ID, "Call-ID", "", "RFC 3261 8.1.1"),
        MISSING(CSEQ, "CSeq", "", "RFC 3261 8.1.1"),
        BAD(VIA, "Via", "Via:\r\n", "RFC 3261 25.1: empty"),
        BAD(FROM, "From", "From:\r\n", "RFC 3261 25.1: empty"),
        BAD(TO, "To", "To:\r\n", "RFC 3261 25.1: empty"),
        BAD(ID, "Call-ID", "Call-ID:\r\n", "RFC 3261 25.1: empty"),
        BAD(CSEQ, "CSeq", "CSeq:\r\n", "RFC 3261 25.1: empty"),
        BAD(HOPS, "Max-Forwards", "Max-Forwards:\r\n", "RFC 3261 25.1: empty"),
        BAD(LENGTH, "Content-Length", "Content-Length:\r\n", "RFC 3261 25.1: empty"),
        BAD(VIA, "Via", "Via: \r\n\t\r\n \r\n", "RFC 3261 7.3.1: nothing but folds"),
        BAD(FROM, "From", "From: \r\n\t\r\n \r\n", "RFC 3261 7.3.1: nothing but folds"),
        BAD(TO, "To", "To: \r\n\t\r\n \r\n", "RFC 3261 7.3.1: nothing but folds"),
        BAD(ID, "Call-ID", "Call-ID: \r\n\t\r\n \r\n",
            "RFC 3261 7.3.1: nothing but folds"),
        BAD(CSEQ, "CSeq", "CSeq: \r\n\t\r\n \r\n", "RFC 3261 7.3.1: nothing but folds"),
        BAD(HOPS, "Max-Forwards", "Max-Forwards: \r\n\t\r\n \r\n",
            "RFC 3261 7.3.1: nothing but folds"),
        BAD(LENGTH, "Content-Length", "Content-Length: \r\n\t\r\n \r\n",
            "RFC 3261 7.3.1: nothing but folds"),
    };

    (void)state;
    strict_expect(STRICT_MESSAGE, rows, sizeof rows / sizeof rows[0]);
}

#define BAD_NAME(text, because) \
    REFUSED(MORE, text "\r\n", 400, "Bad header field name", "RFC 3261 25.1: " because)

/* RFC 3261 7.3.1, 25.1. */
static void
a_header_line_has_a_token_and_a_colon(void **state)
{
    static const struct strict_row rows[] = {
        BAD_NAME("no colon", "no colon"),
        BAD_NAME("nocolon", "no colon"),
        BAD_NAME(": x", "no name"),
        BAD_NAME("a b: x", "two words"),
        BAD_NAME("a\r\n : x", "a fold before the colon"),
        BAD_NAME("a \r\n\t:x", "a fold before the colon"),
        BAD_NAME("a\"b: x", "a quote"),
        BAD_NAME("a/b: x", "a slash"),
        BAD_NAME("a@b: x", "an @"),
        BAD_NAME("(a): x", "parentheses"),
        BAD_NAME("a\177b: x", "DEL"),
        BAD_NAME("a\001b: x", "a control octet"),
        BAD_NAME("a\200b: x", "a high octet"),
        BAD_NAME("\303\244: x", "UTF-8"),
        BAD_NAME("[a]: x", "brackets"),
        BAD_NAME("a;b: x", "a semicolon"),
        BAD_NAME("a,b: x", "a comma"),
        BAD_NAME("a=b: x", "an ="),
        BAD_NAME("Content-Length 5", "a blank for a colon"),
        BAD_NAME("Content-Length; 5", "a semicolon for a colon"),
        BAD_NAME("GET / HTTP/1.1", "another protocol"),
        BAD_NAME("MESSAGE sip:eve@example.com SIP/2.0", "a second start line"),
        REFUSED(FIRST, " X: y\r\n", 400, "Bad header field name",
                "RFC 3261 7.3.1: a fold before any line"),
        REFUSED(FIRST, "\tX: y\r\n", 400, "Bad header field name",
                "RFC 3261 7.3.1: a fold before any line"),
        REFUSED(FIRST, " \r\n", 400, "Bad header field name",
                "RFC 3261 7.3.1: a blank fold before any line"),
        REFUSED(FIRST, " X: y\r\n Z: w\r\n", 400, "Bad header field name",
                "RFC 3261 7.3.1: two folds before any line"),
        ACCEPTED(MORE, "!%*_+`'~.-09azAZ: x\r\n", "lines", "8",
                 "RFC 3261 25.1: every token octet"),
        ACCEPTED(MORE, "a:\r\n", "lines", "8", "RFC 3261 25.1: an empty value"),
        ACCEPTED(MORE, "a \t :x\r\n", "lines", "8",
                 "RFC 3261 25.1: LWS before the colon"),
        ACCEPTED(MORE, "a:b:c\r\n", "lines", "8", "RFC 3261 25.1: a second colon"),
        ACCEPTED(MORE, "a\t:\r\n", "lines", "8", "RFC 3261 25.1: LWS"),
        ACCEPTED(MORE, "Subject2: x\r\n", "lines", "8",
                 "RFC 3261 25.1: a longer name than one of ours"),
        ACCEPTED(MORE, "Contact\t:x\r\nSub: y\r\n", "lines", "9",
                 "RFC 3261 25.1: a prefix of one of ours"),
    };

    (void)state;
    strict_expect(STRICT_MESSAGE, rows, sizeof rows / sizeof rows[0]);
}

#undef BAD_NAME

#define BAD_OCTET(text, because)                                 \
    REFUSED(MORE, text "\r\n", 400, "Bad octet in header field", \
            "RFC 3261 25.1, a NUL: " because)

/* RFC 3261 25.1. */
static void
a_nul_has_one_place_in_a_header(void **state)
{
    static const struct strict_row rows[] = {
        BAD_OCTET("a\000: x", "in a name"),
        BAD_OCTET("a: \000", "as a value"),
        BAD_OCTET("a: x\000", "behind a value"),
        BAD_OCTET("\000", "alone"),
        BAD_OCTET("\000a: x", "before a name"),
        BAD_OCTET("a\000", "without colon"),
        BAD_OCTET("a: x\r\n\000 y", "for a fold"),
        BAD_OCTET("Subject: a\\\000b", "escaped, in no quoted string"),
        BAD_OCTET("a: \"\\\000\"", "escaped, where nobody looks"),
        BAD_OCTET("Content-Type: text/plain\000", "behind a type"),
        BAD_OCTET("Contact: <sip:a\000@h>", "in a URI"),
        BAD_OCTET("Expires: 1\000", "behind a number"),
        REFUSED(VIA, "Via: SIP/2.0/UDP h\000;branch=z9hG4bKx\r\n", 400,
                "Bad octet in header field", "RFC 3261 25.1, a NUL: in Via"),
        REFUSED(FROM, "From: <sip:alice\000@example.net>;tag=a1\r\n", 400,
                "Bad octet in header field", "RFC 3261 25.1, a NUL: in From"),
        REFUSED(TO, "To: \"B\000b\" <sip:bob@example.com>\r\n", 400,
                "Bad octet in header field", "RFC 3261 25.1, a NUL: in a display name"),
        REFUSED(TO, "To: <sip:bob@example.com>;tag=b1\000\r\n", 400,
                "Bad octet in header field", "RFC 3261 25.1, a NUL: behind a tag"),
        REFUSED(ID, "Call-ID: c1\000\r\n", 400, "Bad octet in header field",
                "RFC 3261 25.1, a NUL: in Call-ID"),
        REFUSED(CSEQ, "CSeq: 7 MESSAGE\000\r\n", 400, "Bad octet in header field",
                "RFC 3261 25.1, a NUL: in CSeq"),
        REFUSED(HOPS, "Max-Forwards: 70\000\r\n", 400, "Bad octet in header field",
                "RFC 3261 25.1, a NUL: in Max-Forwards"),
        REFUSED(VIA, "Via: SIP/2.0/UDP h;a=\"\\\000\"\r\n", 400,
                "Bad octet in header field", "RFC 3261 25.1, a NUL: escaped, in Via"),
        REFUSED(ID, "Call-ID: \\\000\r\n", 400, "Bad octet in header field",
                "RFC 3261 25.1, a NUL: escaped, in Call-ID"),
        BAD(TO, "To", "To: \"\\\\\000\" <sip:bob@example.com>\r\n",
            "RFC 3261 25.1, a NUL: behind an escaped backslash"),
        BAD(TO, "To", "To: \\\000 <sip:bob@example.com>\r\n",
            "RFC 3261 25.1, a NUL: escaped, outside of quotes"),
        BAD(TO, "To", "To: <sip:\\\000@example.com>\r\n",
            "RFC 3261 25.1, a NUL: escaped, in a URI"),
        ACCEPTED(TO, "To: \"\\\000\\\000\" <sip:bob@example.com>\r\n", "to.user", "bob",
                 "RFC 4475 3.1.1.2: escaped, in a quoted string"),
        ACCEPTED(BODY, "\000\000\000\000\000", "body_len", "5",
                 "a body may hold anything"),
    };

    (void)state;
    strict_expect(STRICT_MESSAGE, rows, sizeof rows / sizeof rows[0]);
}

#undef BAD_OCTET

#define BAD_OCTET(text, because)                                 \
    REFUSED(MORE, text "\r\n", 400, "Bad octet in header field", \
            "RFC 3261 7, a bare CR: " because)

/* RFC 3261 7: a line ends with CRLF, or with LF where somebody left the CR out. */
static void
a_bare_cr_ends_nothing(void **state)
{
    static const struct strict_row rows[] = {
        BAD_OCTET("a: x\ry", "in a value"),
        BAD_OCTET("a\r: x", "in a name"),
        BAD_OCTET("a:\rx", "behind the colon"),
        BAD_OCTET("a: x\r", "before the line end"),
        BAD_OCTET("a: x\r\n\r y", "for a fold"),
        BAD_OCTET("\ra: x", "before a name"),
        BAD_OCTET("a: x\r b: y", "for a line end"),
        BAD_OCTET("a: \"\\\r\"", "escaped"),
        BAD_OCTET("a: x\r\n \r y", "in a fold"),
        BAD_OCTET("a: x\n\rb: y", "the other way round"),
        BAD_OCTET("a: x\r\n\r", "before the empty line"),
        REFUSED(FIRST, "\rX: y\r\n", 400, "Bad octet in header field",
                "RFC 3261 7, a bare CR: first"),
        REFUSED(VIA, "Via: SIP/2.0/UDP h\r;branch=z9hG4bKx\r\n", 400,
                "Bad octet in header field", "RFC 3261 7, a bare CR: in Via"),
        REFUSED(FROM, "From: \"A\rB\" <sip:alice@example.net>\r\n", 400,
                "Bad octet in header field", "RFC 3261 7, a bare CR: in a quoted string"),
        REFUSED(TO, "To: <sip:bob@example.com>\r;tag=b1\r\n", 400,
                "Bad octet in header field", "RFC 3261 7, a bare CR: before a parameter"),
        REFUSED(ID, "Call-ID: c1\r\r\n", 400, "Bad octet in header field",
                "RFC 3261 7, a bare CR: behind Call-ID"),
        REFUSED(CSEQ, "CSeq: 7\rMESSAGE\r\n", 400, "Bad octet in header field",
                "RFC 3261 7, a bare CR: for a blank"),
        REFUSED(LENGTH, "Content-Length: 5\r\r\n", 400, "Bad octet in header field",
                "RFC 3261 7, a bare CR: behind a number"),
        REFUSED(LENGTH, "Content-Length:\r5\r\n", 400, "Bad octet in header field",
                "RFC 3261 7, a bare CR: before a number"),
        REFUSED(LENGTH, "Content-Length: 5\rX: y\r\n", 400, "Bad octet in header field",
                "RFC 3261 7, a bare CR: for a line end"),
    };

    (void)state;
    strict_expect(STRICT_MESSAGE, rows, sizeof rows / sizeof rows[0]);
}

#undef BAD_OCTET

/* RFC 3261 7. */
static void
a_bare_lf_ends_a_line(void **state)
{
    static const struct strict_row rows[] = {
        ACCEPTED(START, "MESSAGE sip:bob@example.com SIP/2.0\n", "ruri.user", "bob",
                 "a bare LF: the start line"),
        ACCEPTED(MORE, "a: x\nb: y\n", "lines", "9", "a bare LF: header lines"),
        ACCEPTED(END, "\n", "body", "Hello", "a bare LF: the empty line"),
        ACCEPTED(LENGTH, "Content-Length: 5\n", "body", "Hello",
                 "a bare LF: before CRLF"),
        ACCEPTED(MORE, "a: x\n y\n\tz\n", "lines", "8", "a bare LF: folds"),
        ACCEPTED(MORE, "a: \"x\n y\"\n", "lines", "8", "a bare LF: a fold in quotes"),
        REFUSED(FROM, "From: \"A\nB\" <sip:alice@example.net>\r\n", 400,
                "Bad header field name", "RFC 3261 25.1: a line end in a quoted string"),
        REFUSED(FROM, "From: \"A\r\nB\" <sip:alice@example.net>\r\n", 400,
                "Bad header field name", "RFC 3261 25.1: a line end in a quoted string"),
        REFUSED(MORE, "a: x\\\nb\n", 400, "Bad header field name",
                "RFC 3261 25.1: an LF cannot be escaped"),
    };

    (void)state;
    strict_expect(STRICT_MESSAGE, rows, sizeof rows / sizeof rows[0]);
}

/* RFC 3261 7.3.1. */
static void
a_fold_is_a_blank_and_no_more(void **state)
{
    static const struct strict_row rows[] = {
        ACCEPTED(VIA,
                 "Via\t:\r\n SIP\r\n /\r\n 2.0\r\n /\r\n UDP\r\n h\r\n :\r\n 5060\r\n "
                 ";\r\n branch\r\n =\r\n z9hG4bKx\r\n",
                 "via.branch", "z9hG4bKx",
                 "RFC 3261 7.3.1, a fold: between all that may be apart"),
        ACCEPTED(VIA, "Via: SIP/2.0/UDP\r\n\th;branch=z9hG4bKx\r\n", "via.host", "h",
                 "RFC 3261 7.3.1, a fold: for the blank before the host"),
        ACCEPTED(VIA, "Via: SIP/2.0/UDP h,\r\n SIP/2.0/UDP h2\r\n", "via_count", "2",
                 "RFC 3261 7.3.1, a fold: behind a comma"),
        ACCEPTED(VIA, "Via: SIP/2.0/UDP h\r\n , \r\n SIP/2.0/UDP h2\r\n", "via_count",
                 "2", "RFC 3261 7.3.1, a fold: before a comma"),
        ACCEPTED(FROM,
                 "From:\r\n \"A\r\n B\"\r\n <sip:alice@example.net>\r\n ;\r\n tag\r\n "
                 "=\r\n a1\r\n",
                 "from.tag", "a1",
                 "RFC 3261 7.3.1, a fold: between all that may be apart"),
        ACCEPTED(FROM, "From: \"A\r\n B\"<sip:alice@example.net>;tag=a1\r\n",
                 "from.display", "\"A\r\n B\"",
                 "RFC 3261 7.3.1, a fold: in a quoted string"),
        ACCEPTED(FROM, "From: A\r\n B <sip:alice@example.net>;tag=a1\r\n", "from.display",
                 "A\r\n B", "RFC 3261 7.3.1, a fold: between words"),
        ACCEPTED(FROM, "From: sip:alice@example.net\r\n ;tag=a1\r\n", "from.tag", "a1",
                 "RFC 3261 7.3.1, a fold: behind an addr-spec"),
        ACCEPTED(TO, "To: <sip:bob@example.com>;tag=b1\r\n \r\n\t\r\n", "to.tag", "b1",
                 "RFC 3261 7.3.1, a fold: empty ones at the end"),
        ACCEPTED(ID, "Call-ID:\r\n \r\n c1\r\n", "call_id", "c1",
                 "RFC 3261 7.3.1, a fold: an empty one in front"),
        ACCEPTED(MORE, "Subject: a\r\n b\r\n\tc\r\n", "subject", "a\r\n b\r\n\tc",
                 "RFC 3261 7.3.1, a fold: they stay in the view"),
        ACCEPTED(MORE, "Route: <sip:1>\r\n ,\r\n <sip:2>\r\n", "routes", "2",
                 "RFC 3261 7.3.1, a fold: in a list"),
        ACCEPTED(MORE, "a:\r\n \r\n \r\n \r\n", "lines", "8",
                 "RFC 3261 7.3.1, a fold: nothing but empty ones"),
        ACCEPTED(LENGTH, "Content-Length:\r\n 5\r\n \r\n", "body", "Hello",
                 "RFC 3261 7.3.1, a fold: before the empty line"),
        ACCEPTED(MORE, "Subject: a\r\n Content-Length: 0\r\n", "lines", "8",
                 "RFC 3261 7.3.1, a fold: what looks like a header line is none"),
        ACCEPTED(MORE, "Subject: a\r\n \r\n Call-ID: x\r\n", "call_id", "c1@192.0.2.33",
                 "RFC 3261 7.3.1, a fold: what looks like a header line is none"),
        BAD(VIA, "Via", "Via: SIP/2.0/UDP h;bra\r\n nch=z9hG4bKx\r\n",
            "RFC 3261 7.3.1, a fold: in a name"),
        BAD(VIA, "Via", "Via: SIP/2.0/UDP ex\r\n ample.com\r\n",
            "RFC 3261 7.3.1, a fold: in a host"),
        BAD(VIA, "Via", "Via: SIP/2.\r\n 0/UDP h\r\n",
            "RFC 3261 7.3.1, a fold: in a version"),
        BAD(FROM, "From", "From: <sip:alice\r\n @example.net>;tag=a1\r\n",
            "RFC 3261 7.3.1, a fold: in a URI"),
        BAD(FROM, "From", "From: <\r\n sip:alice@example.net>;tag=a1\r\n",
            "RFC 3261 7.3.1, a fold: behind a bracket"),
        BAD(TO, "To", "To: <sip:bob@example.com\r\n >;tag=b1\r\n",
            "RFC 3261 7.3.1, a fold: before a bracket"),
        BAD(TO, "To", "To: <sip:bob@example.com>;tag=b1\r\n b2\r\n",
            "RFC 3261 7.3.1, a fold: in a tag"),
        BAD(TO, "To", "To: \"a\\\r\n b\" <sip:bob@example.com>\r\n",
            "RFC 3261 7.3.1, a fold: an escape before it"),
        BAD(ID, "Call-ID", "Call-ID: c1\r\n c2\r\n", "RFC 3261 7.3.1, a fold: in a word"),
        BAD(CSEQ, "CSeq", "CSeq: 7\r\n 1 MESSAGE\r\n",
            "RFC 3261 7.3.1, a fold: in a number"),
        BAD(HOPS, "Max-Forwards", "Max-Forwards: 7\r\n 0\r\n",
            "RFC 3261 7.3.1, a fold: in a number"),
        REFUSED(CSEQ, "CSeq\r\n : 7 MESSAGE\r\n", 400, "Bad header field name",
                "RFC 3261 7.3.1, a fold: before the colon"),
        REFUSED(LENGTH, "Content-Length\r\n : 5\r\n", 400, "Bad header field name",
                "RFC 3261 7.3.1, a fold: before the colon"),
    };

    (void)state;
    strict_expect(STRICT_MESSAGE, rows, sizeof rows / sizeof rows[0]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_that_is_no_list_comes_once),
        cmocka_unit_test(what_every_message_needs_is_there),
        cmocka_unit_test(a_header_line_has_a_token_and_a_colon),
        cmocka_unit_test(a_nul_has_one_place_in_a_header),
        cmocka_unit_test(a_bare_cr_ends_nothing),
        cmocka_unit_test(a_bare_lf_ends_a_line),
        cmocka_unit_test(a_fold_is_a_blank_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
