/* scan - classes of octets, and the loops over them (RFC 3261 25.1).
 *
 * Shape   A "take" cuts what it finds off the front of *rest and returns it; what it does
 *         not find, it leaves.
 * Memory  Slices point into the text that was given.
 *
 * The parsers look at single octets through this header only, so a faster way to do it has
 * one place to go to.
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
};

extern const uint16_t scan_classes[256];

static inline bool
scan_is(char octet, unsigned classes)
{
    return (scan_classes[(unsigned char)octet] & classes) != 0;
}

/* How many octets at the front belong to `classes`. */
static inline size_t
scan_run(struct slice s, unsigned classes)
{
    size_t i = 0;

    while (i < s.len && scan_is(s.at[i], classes))
        i++;
    return i;
}

static inline struct slice
scan_take_head(struct slice *rest, size_t n)
{
    struct slice head = slice_head(*rest, n);

    *rest = slice_skip(*rest, n);
    return head;
}

static inline struct slice
scan_take(struct slice *rest, unsigned classes)
{
    return scan_take_head(rest, scan_run(*rest, classes));
}

static inline void
scan_lws(struct slice *rest)
{
    *rest = slice_skip(*rest, scan_run(*rest, SCAN_LWS));
}

/* As slice_trim. */
static inline struct slice
scan_trim(struct slice s)
{
    scan_lws(&s);
    while (s.len > 0 && scan_is(s.at[s.len - 1], SCAN_LWS))
        s.len--;
    return s;
}

/* Takes that octet where it comes next. */
static inline bool
scan_byte(struct slice *rest, char octet)
{
    if (rest->len == 0 || rest->at[0] != octet)
        return false;
    *rest = slice_skip(*rest, 1);
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
int
scan_hex_digit(char octet);

/* As scan_run, with the escapes %HH between them. */
size_t
scan_escaped(struct slice s, unsigned classes);

/* A quoted string, its quotes included. False where none starts, or it does not end, or it
 * holds control octets outside of a quoted-pair. */
bool
scan_take_quoted(struct slice *rest, struct slice *quoted);

#endif
