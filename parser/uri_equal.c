/* Equality of URIs (RFC 3261 19.1.4). */
#include "parser/params.h"
#include "parser/scan.h"
#include "parser/uri.h"

enum {
    /* Parameters are compared each with each; a URI of more is equal to its own text only,
     * so that a peer cannot make one comparison cost millions. */
    PARTS_MAX = 32,
};

/* A parameter or a header of a URI. */
struct part {
    struct slice name, value;
};

struct parts {
    struct part part[PARTS_MAX];
    size_t count;
};

/* One octet of a URI, unescaped. */
struct octet {
    char value;
    bool was_escaped;
};

static struct octet
take_octet(struct slice *rest)
{
    struct octet octet = { rest->at[0], false };

    if (octet.value == '%' && rest->len >= 3) {
        octet.value =
            (char)(scan_hex_digit(rest->at[1]) << 4 | scan_hex_digit(rest->at[2]));
        octet.was_escaped = true;
        *rest = slice_skip(*rest, 2);
    }
    *rest = slice_skip(*rest, 1);
    return octet;
}

/* RFC 2396 2.2: escaped or not makes a difference for these. */
static bool
is_reserved(char octet)
{
    return slice_find(SLICE(";/?:@&=+$,"), octet) < 10;
}

/* "Characters other than those in the reserved set are equivalent to their encoding." */
static bool
text_equal(struct slice a, struct slice b, bool any_case)
{
    while (a.len > 0 && b.len > 0) {
        struct octet x = take_octet(&a), y = take_octet(&b);

        if (x.value != y.value &&
            (!any_case || ascii_lower(x.value) != ascii_lower(y.value)))
            return false;
        if (x.was_escaped != y.was_escaped && is_reserved(x.value))
            return false;
    }
    return a.len == 0 && b.len == 0;
}

static bool
userinfo_equal(const struct uri *a, const struct uri *b)
{
    return slice_is_absent(a->user) == slice_is_absent(b->user) &&
           slice_is_absent(a->password) == slice_is_absent(b->password) &&
           text_equal(a->user, b->user, false) &&
           text_equal(a->password, b->password, false);
}

static bool
split_params(struct slice params, struct parts *out)
{
    struct slice name, value;

    out->count = 0;
    while (params_next(&params, &name, &value)) {
        if (out->count == PARTS_MAX)
            return false;
        out->part[out->count++] = (struct part){ name, value };
    }
    return true;
}

static bool
split_headers(struct slice headers, struct parts *out)
{
    struct slice each, rest;

    out->count = 0;
    while (headers.len > 0) {
        struct part part = { .value = slice_absent() };

        if (!slice_cut(headers, '&', &each, &rest)) {
            each = headers;
            rest = slice_absent();
        }
        if (!slice_cut(each, '=', &part.name, &part.value))
            part.name = each;
        if (out->count == PARTS_MAX)
            return false;
        out->part[out->count++] = part;
        headers = rest;
    }
    return true;
}

static const struct part *
find_part(const struct parts *parts, struct slice name)
{
    for (size_t i = 0; i < parts->count; i++)
        if (text_equal(parts->part[i].name, name, true))
            return &parts->part[i];
    return NULL;
}

/* The text names user, ttl, method and maddr; its examples ("can resolve to different
 * transports") add transport. */
static bool
must_be_in_both(struct slice name)
{
    static const struct slice names[] = {
        SLICE_INIT("user"),  SLICE_INIT("ttl"),       SLICE_INIT("method"),
        SLICE_INIT("maddr"), SLICE_INIT("transport"),
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (text_equal(name, names[i], true))
            return true;
    return false;
}

/* Every parameter of a is in b with the same value, or may be missing there. */
static bool
params_allow(const struct parts *a, const struct parts *b)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct part *other = find_part(b, a->part[i].name);

        if (other == NULL ? must_be_in_both(a->part[i].name)
                          : !text_equal(a->part[i].value, other->value, true))
            return false;
    }
    return true;
}

static bool
params_equal(struct slice a, struct slice b)
{
    struct parts x, y;

    if (slice_equal(a, b))
        return true;
    return split_params(a, &x) && split_params(b, &y) && params_allow(&x, &y) &&
           params_allow(&y, &x);
}

/* Headers are never ignored, whatever their order. */
static bool
headers_within(const struct parts *a, const struct parts *b)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct part *other = find_part(b, a->part[i].name);

        if (other == NULL || !text_equal(a->part[i].value, other->value, false))
            return false;
    }
    return true;
}

static bool
headers_equal(struct slice a, struct slice b)
{
    struct parts x, y;

    if (slice_equal(a, b))
        return true;
    return split_headers(a, &x) && split_headers(b, &y) && x.count == y.count &&
           headers_within(&x, &y) && headers_within(&y, &x);
}

bool
uri_equal(const struct uri *a, const struct uri *b)
{
    if (a->scheme != b->scheme)
        return false;
    if (a->scheme != URI_SIP && a->scheme != URI_SIPS)
        return slice_equal(a->text, b->text);
    return userinfo_equal(a, b) && slice_equal_nocase(a->host, b->host) &&
           a->port == b->port && params_equal(a->params, b->params) &&
           headers_equal(a->headers, b->headers);
}
