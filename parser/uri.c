#include "parser/uri.h"

#include "parser/params.h"
#include "parser/scan.h"
#include "parser/sent_by.h"

static enum uri_scheme
scheme_of(struct slice name)
{
    if (slice_equal_nocase(name, SLICE("sip")))
        return URI_SIP;
    if (slice_equal_nocase(name, SLICE("sips")))
        return URI_SIPS;
    if (slice_equal_nocase(name, SLICE("tel")))
        return URI_TEL;
    return URI_OTHER;
}

static bool
is_scheme_octet(char octet)
{
    return octet == '+' || (scan_is(octet, SCAN_HOST) && octet != '_');
}

/* ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) ":" */
static bool
take_scheme(struct slice *rest, struct uri *uri)
{
    size_t i = 0;

    while (i < rest->len && is_scheme_octet(rest->at[i]))
        i++;
    if (i == 0 || ascii_lower(rest->at[0]) < 'a' || i == rest->len || rest->at[i] != ':')
        return false;
    uri->scheme_name = slice_head(*rest, i);
    uri->scheme = scheme_of(uri->scheme_name);
    *rest = slice_skip(*rest, i + 1);
    return true;
}

/* No '@' may stand raw anywhere else in a SIP URI, so the first one ends the user part. */
static bool
take_userinfo(struct slice *rest, struct uri *uri)
{
    size_t at = slice_find(*rest, '@');
    struct slice info = slice_head(*rest, at);

    if (at == rest->len)
        return true;
    uri->user = scan_take_head(&info, scan_escaped(info, SCAN_USER));
    if (scan_byte(&info, ':'))
        uri->password = scan_take_head(&info, scan_escaped(info, SCAN_PASSWORD));
    *rest = slice_skip(*rest, at + 1);
    return uri->user.len > 0 && info.len == 0;
}

/* *( ";" pname [ "=" pvalue ] ). An empty value is let through: nothing hangs on it. */
static bool
take_params(struct slice *rest, struct uri *uri)
{
    struct slice ahead = *rest;

    while (scan_byte(&ahead, ';')) {
        size_t name = scan_escaped(ahead, SCAN_PARAM);

        if (name == 0)
            return false;
        ahead = slice_skip(ahead, name);
        if (scan_byte(&ahead, '='))
            ahead = slice_skip(ahead, scan_escaped(ahead, SCAN_PARAM));
    }
    uri->params = scan_take_head(rest, rest->len - ahead.len);
    return true;
}

static bool
take_headers(struct slice *rest, struct uri *uri)
{
    if (!scan_byte(rest, '?'))
        return true;
    uri->headers = scan_take_head(rest, scan_escaped(*rest, SCAN_HNV));
    return uri->headers.len > 0;
}

/* What is wrong with a sip or sips URI; NULL: nothing. */
static const char *
read_sip(struct slice rest, struct uri *uri)
{
    if (!take_userinfo(&rest, uri))
        return "Bad user part in URI";
    if (!host_take(&rest, &uri->host))
        return "Bad host in URI";
    if (scan_byte(&rest, ':') && !port_take(&rest, &uri->port))
        return "Bad port in URI";
    if (!take_params(&rest, uri))
        return "Bad parameter in URI";
    if (!take_headers(&rest, uri))
        return "Bad header in URI";
    return rest.len == 0 ? NULL : "Bad octet in URI";
}

static const char *
read_tel(struct slice rest, struct uri *uri)
{
    uri->user = scan_take(&rest, SCAN_TEL);
    if (uri->user.len == 0)
        return "Bad number in URI";
    if (!take_params(&rest, uri))
        return "Bad parameter in URI";
    return rest.len == 0 ? NULL : "Bad octet in URI";
}

static const char *
read_other(struct slice rest, struct uri *uri)
{
    size_t run = scan_escaped(rest, SCAN_URIC);

    uri->params = slice_skip(rest, rest.len);
    return run > 0 && run == rest.len ? NULL : "Bad octet in URI";
}

static const char *
read_uri(struct slice rest, struct uri *uri)
{
    if (!take_scheme(&rest, uri))
        return "URI without scheme";
    switch (uri->scheme) {
    case URI_SIP:
    case URI_SIPS:
        return read_sip(rest, uri);
    case URI_TEL:
        return read_tel(rest, uri);
    case URI_OTHER:
        break;
    }
    return read_other(rest, uri);
}

enum parse_status
uri_parse(struct slice text, struct uri *out, const char **why)
{
    struct uri uri = { .text = text };
    const char *fault = read_uri(text, &uri);

    if (fault != NULL) {
        *why = fault;
        return PARSE_BAD;
    }
    *out = uri;
    return PARSE_OK;
}

struct slice
uri_param(const struct uri *uri, struct slice name)
{
    return params_find(uri->params, name);
}
