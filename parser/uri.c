#include "parser/uri.h"

#include "parser/params.h"
#include "parser/scan.h"
#include "parser/sent_by.h"

static enum uri_scheme
scheme_of(struct slice name)
{
    if (scan_is_word(name, "sip"))
        return URI_SIP;
    if (scan_is_word(name, "sips"))
        return URI_SIPS;
    if (scan_is_word(name, "tel"))
        return URI_TEL;
    return URI_OTHER;
}

/* ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) ":" */
static bool
take_scheme(struct slice *rest, struct uri *uri)
{
    struct slice ahead = *rest, name;

    if (scan_starts(*rest, "sip:")) {
        uri->scheme = URI_SIP;
        uri->scheme_name = scan_take_head(rest, 3);
        scan_take_head(rest, 1);
        return true;
    }
    name = scan_take(&ahead, SCAN_SCHEME);
    if (name.len == 0 || ascii_lower(name.at[0]) < 'a' || !scan_byte(&ahead, ':'))
        return false;
    uri->scheme_name = name;
    uri->scheme = scheme_of(name);
    *rest = ahead;
    return true;
}

/* No '@' may stand raw anywhere else in a SIP URI, so the first one ends the user part. */
static bool
take_userinfo(struct slice *rest, struct uri *uri)
{
    struct slice ahead = *rest, info = scan_take(&ahead, SCAN_USER);
    size_t at;

    if (info.len > 0 && scan_byte(&ahead, '@')) {
        uri->user = info;
        *rest = ahead;
        return true;
    }
    ahead = slice_of(rest->at, scan_find(*rest, '>')); /* which is in no URI */
    at = scan_find(ahead, '@');
    if (at == ahead.len)
        return true;
    info = slice_of(rest->at, at);
    uri->user = scan_take_head(&info, scan_escaped(info, SCAN_USER));
    if (scan_byte(&info, ':'))
        uri->password = scan_take_head(&info, scan_escaped(info, SCAN_PASSWORD));
    scan_take_head(rest, at + 1);
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
        scan_take_head(&ahead, name);
        if (scan_byte(&ahead, '='))
            scan_take_head(&ahead, scan_escaped(ahead, SCAN_PARAM));
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
take_sip(struct slice *rest, struct uri *uri)
{
    if (!take_userinfo(rest, uri))
        return "Bad user part in URI";
    if (!host_take(rest, &uri->host))
        return "Bad host in URI";
    if (scan_byte(rest, ':') && !port_take(rest, &uri->port))
        return "Bad port in URI";
    if (!take_params(rest, uri))
        return "Bad parameter in URI";
    return take_headers(rest, uri) ? NULL : "Bad header in URI";
}

static const char *
take_tel(struct slice *rest, struct uri *uri)
{
    uri->user = scan_take(rest, SCAN_TEL);
    if (uri->user.len == 0)
        return "Bad number in URI";
    return take_params(rest, uri) ? NULL : "Bad parameter in URI";
}

static const char *
take_other(struct slice *rest, struct uri *uri)
{
    size_t run = scan_escaped(*rest, SCAN_URIC);

    scan_take_head(rest, run);
    uri->params = slice_of(rest->at, 0);
    return run > 0 ? NULL : "Bad octet in URI";
}

static const char *
take_uri(struct slice *rest, struct uri *uri)
{
    if (!take_scheme(rest, uri))
        return "URI without scheme";
    switch (uri->scheme) {
    case URI_SIP:
    case URI_SIPS:
        return take_sip(rest, uri);
    case URI_TEL:
        return take_tel(rest, uri);
    case URI_OTHER:
        break;
    }
    return take_other(rest, uri);
}

static enum parse_status
refuse_uri(struct uri *out, const char *fault, const char **why)
{
    scan_clear(out, sizeof *out);
    *why = fault;
    return PARSE_BAD;
}

enum parse_status
uri_take(struct slice *rest, struct uri *out, const char **why)
{
    struct slice ahead = *rest;
    const char *fault;

    scan_clear(out, sizeof *out);
    fault = take_uri(&ahead, out);
    if (fault != NULL)
        return refuse_uri(out, fault, why);
    out->text = scan_take_head(rest, rest->len - ahead.len);
    return PARSE_OK;
}

enum parse_status
uri_parse(struct slice text, struct uri *out, const char **why)
{
    struct slice rest = text;

    if (uri_take(&rest, out, why) != PARSE_OK)
        return PARSE_BAD;
    return rest.len == 0 ? PARSE_OK : refuse_uri(out, "Bad octet in URI", why);
}
