/* scan - classes of octets, and the loops over them (RFC 3261 25.1).
 *
 * Shape   A "take" cuts what it finds off the front of *rest and returns it; what it does
 *         not find, it leaves. Slices that are scanned are present, if empty.
 * Memory  Slices point into the text that was given.
 *
 * The parsers look at octets through this header only. The inner loops come in two kinds, one
 * octet at a time and 32 of them, with the same results; the grammar above them is the same
 * text, compiled once for each (parser/variant.h). The scalar ones read nothing behind the
 * end of a slice, the others up to SCAN_SLACK octets.
 */
#ifndef PARSER_SCAN_H
#define PARSER_SCAN_H

#include "parser/slice.h"

#include <stdint.h>

/* Where a class is a part of a URI, its escapes (%HH) are left to scan_escaped. */
enum scan_class {
    SCAN_TOKEN = 1 << 0,
    SCAN_USER = 1 << 1, /* unreserved, user-unreserved */
    SCAN_PASSWORD = 1 << 2,
    SCAN_HOST = 1 << 3,     /* of a host name; with '_', which real ones have */
    SCAN_IPV6 = 1 << 4,     /* between the brackets */
    SCAN_PARAM = 1 << 5,    /* paramchar, of a URI's parameters */
    SCAN_HNV = 1 << 6,      /* a URI's headers, with their '=' and '&' */
    SCAN_URIC = 1 << 7,     /* any other scheme's URI */
    SCAN_VALUE = 1 << 8,    /* a header parameter's value without quotes: token, host, and
                             what is seen in tags, "=/@&$?()" */
    SCAN_QUOTED = 1 << 9,   /* qdtext, LWS included */
    SCAN_LWS = 1 << 10,     /* SP, HTAB, and the CR and LF of a fold */
    SCAN_HEX = 1 << 11,     /* of either case */
    SCAN_DISPLAY = 1 << 12, /* tokens and LWS; UTF-8, which real clients do not quote */
    SCAN_VISIBLE = 1 << 13, /* ASCII that prints, without SP */
    SCAN_TEL = 1 << 14,     /* number of a tel URI (RFC 3966 3) */
    SCAN_TEXT = 1 << 15,    /* of a reason phrase */
    SCAN_DIGIT = 1 << 16,
    SCAN_SCHEME = 1 << 17, /* of a URI, behind its first letter */
    SCAN_SPEC = 1 << 18,   /* all but LWS and ",;?", which end an address without <> */
    SCAN_LIST = 1 << 19,   /* all but ",<" and '"' */
    SCAN_INSIDE = 1 << 20, /* all but '"' and '\\' */
    SCAN_CLASSES = 21,

    /* Those that hold all octets from 0x80 on; the others hold none of them. */
    SCAN_HIGH =
        SCAN_QUOTED | SCAN_DISPLAY | SCAN_TEXT | SCAN_SPEC | SCAN_LIST | SCAN_INSIDE,
};

extern const uint32_t scan_classes[256];

static inline bool
scan_is(char octet, unsigned classes)
{
    return (scan_classes[(unsigned char)octet] & classes) != 0;
}

/* The inner loops:
 *
 *     scan_fill(at, octet, size)
 *                            as memset; size: a constant, 32 or more
 *     scan_run(s, kind)      how many octets at the front belong to the class
 *     scan_long_run(s, kind) the same, of what is mostly long
 *     scan_find(s, octet)    index of the first such octet; s.len where there is none
 *     scan_find_near(s, octet)
 *                            the same, where it is mostly close
 *     scan_same(a, b)        the same octets
 *     scan_is_word(s, "lr")  a literal of up to 16 octets in lower case, letters in any case
 *     scan_starts(s, "sip/") the same of the front
 *     scan_twice(s, octet)   that octet comes twice in a row
 *     scan_number(s, &n)     1*DIGIT and nothing else, saturating at UINT32_MAX
 *     scan_take_number(&rest, &n)
 *                            the digits at the front; nothing is taken where there are none
 *     scan_plain_line(s, &colon, &end)
 *                            the first ':' is at `colon`, the CRLF that ends the line at `end`,
 *                            no octet up to CR is before that, and no fold behind it. False
 *                            where it is another line, or hard to tell
 */
#define scan_is_word(s, literal) scan_is_padded(s, SCAN_PADDED(literal))
#define scan_starts(s, literal)  scan_starts_padded(s, SCAN_PADDED(literal))

/* Two arguments: a literal of up to 16 octets, with so much behind it that eight octets may be loaded from any
 * of its own, and its length. */
#define SCAN_PADDED(literal) literal "\0\0\0\0\0\0\0", sizeof(literal) - 1

/* Octet by octet. Of either kind of loops, where nothing shorter will do. */
static inline bool
scan_any_number(struct slice digits, uint32_t *out);

static inline bool
scan_take_any_number(struct slice *rest, uint32_t *out);

#ifdef PARSER_AVX2
#include "parser/scan_avx2.h"
#else
#include "parser/scan_scalar.h"
#endif

static inline bool
scan_any_number(struct slice digits, uint32_t *out)
{
    uint64_t number = 0;

    if (digits.len == 0)
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        if (!scan_is(digits.at[i], SCAN_DIGIT))
            return false;
        number = number * 10 + (uint64_t)(digits.at[i] - '0');
        if (number > UINT32_MAX)
            number = UINT32_MAX;
    }
    *out = (uint32_t)number;
    return true;
}

static inline bool
scan_take_any_number(struct slice *rest, uint32_t *out)
{
    size_t run = scan_run(*rest, SCAN_DIGIT);

    if (!scan_any_number(slice_of(rest->at, run), out))
        return false;
    *rest = slice_of(rest->at + run, rest->len - run);
    return true;
}

static inline void
scan_clear(void *at, size_t size)
{
    scan_fill(at, 0, size);
}

static inline bool
scan_is_padded(struct slice s, const char *word, size_t len)
{
    return s.len == len && scan_starts_padded(s, word, len);
}

/* The first n octets, of as many or more. */
static inline struct slice
scan_take_head(struct slice *rest, size_t n)
{
    struct slice head = { rest->at, n };

    rest->at += n;
    rest->len -= n;
    return head;
}

static inline struct slice
scan_take(struct slice *rest, enum scan_class kind)
{
    return scan_take_head(rest, scan_run(*rest, kind));
}

static inline struct slice
scan_take_long(struct slice *rest, enum scan_class kind)
{
    return scan_take_head(rest, scan_long_run(*rest, kind));
}

/* One SP is what there mostly is, if anything. */
static inline void
scan_lws(struct slice *rest)
{
    if (rest->len == 0 || (unsigned char)rest->at[0] > ' ')
        return;
    if (rest->at[0] == ' ' && rest->len > 1 && (unsigned char)rest->at[1] > ' ')
        scan_take_head(rest, 1);
    else
        scan_take(rest, SCAN_LWS);
}

/* As slice_trim. */
static inline struct slice
scan_trim(struct slice s)
{
    scan_lws(&s);
    while (s.len > 0 && (unsigned char)s.at[s.len - 1] <= ' ' &&
           scan_is(s.at[s.len - 1], SCAN_LWS))
        s.len--;
    return s;
}

/* Takes that octet where it comes next. */
static inline bool
scan_byte(struct slice *rest, char octet)
{
    if (rest->len == 0 || rest->at[0] != octet)
        return false;
    scan_take_head(rest, 1);
    return true;
}

/* The same with LWS on either side: EQUAL, SEMI, SLASH, COLON of the grammar. Nothing is
 * taken where the octet does not follow. */
static inline bool
scan_separator(struct slice *rest, char octet)
{
    struct slice ahead = *rest;

    scan_lws(&ahead);
    if (!scan_byte(&ahead, octet))
        return false;
    scan_lws(&ahead);
    *rest = ahead;
    return true;
}

/* 0 to 15; -1 for what is no hex digit. */
static inline int
scan_hex_digit(char octet)
{
    if (octet >= '0' && octet <= '9')
        return octet - '0';
    if (scan_is(octet, SCAN_HEX))
        return ascii_lower(octet) - 'a' + 10;
    return -1;
}

/* As scan_run, with the escapes %HH between them. */
static inline size_t
scan_escaped(struct slice s, enum scan_class kind)
{
    size_t i = scan_run(s, kind);

    while (s.len - i >= 3 && s.at[i] == '%' && scan_is(s.at[i + 1], SCAN_HEX) &&
           scan_is(s.at[i + 2], SCAN_HEX)) {
        i += 3;
        i += scan_run(slice_skip(s, i), kind);
    }
    return i;
}

/* RFC 3261 25.1, quoted-pair: any octet of ASCII but CR and LF. */
static inline bool
scan_quoted_pair(struct slice *rest)
{
    if (rest->len < 2 || rest->at[0] != '\\' || (rest->at[1] & 0x80) != 0 ||
        rest->at[1] == '\r' || rest->at[1] == '\n')
        return false;
    *rest = slice_skip(*rest, 2);
    return true;
}

/* A quoted string, its quotes included. False where none starts, or it does not end, or it
 * holds control octets outside of a quoted-pair. */
static inline bool
scan_take_quoted(struct slice *rest, struct slice *quoted)
{
    struct slice ahead = *rest;

    if (!scan_byte(&ahead, '"'))
        return false;
    do
        scan_take(&ahead, SCAN_QUOTED);
    while (scan_quoted_pair(&ahead));
    if (!scan_byte(&ahead, '"'))
        return false;
    *quoted = scan_take_head(rest, rest->len - ahead.len);
    return true;
}

#endif
