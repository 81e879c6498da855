#include "parser/via.h"

#include "parser/params.h"
#include "parser/scan.h"
#include "parser/sent_by.h"

/* "SIP" SLASH "2.0" SLASH transport LWS */
static bool
take_protocol(struct slice *rest, struct via *via)
{
    if (!slice_equal_nocase(scan_take(rest, SCAN_TOKEN), SLICE("SIP")) ||
        !scan_separator(rest, '/') ||
        !slice_equal(scan_take(rest, SCAN_TOKEN), SLICE("2.0")) ||
        !scan_separator(rest, '/'))
        return false;
    via->transport = scan_take(rest, SCAN_TOKEN);
    return via->transport.len > 0 && scan_run(*rest, SCAN_LWS) > 0;
}

/* A value may come once: which of two branches would be the transaction's? */
static bool
set_once(struct slice *place, struct slice value)
{
    if (!slice_is_absent(*place) || slice_is_absent(value))
        return false;
    *place = value;
    return true;
}

static bool
set_rport(struct via *via, struct slice value)
{
    uint16_t port = 0;

    if (via->has_rport)
        return false;
    if (!slice_is_absent(value) && (!port_take(&value, &port) || value.len > 0))
        return false;
    via->has_rport = true;
    via->rport = port;
    return true;
}

static bool
read_param(struct via *via, struct slice name, struct slice value)
{
    if (slice_equal_nocase(name, SLICE("branch")))
        return set_once(&via->branch, value);
    if (slice_equal_nocase(name, SLICE("rport")))
        return set_rport(via, value);
    if (slice_equal_nocase(name, SLICE("received")))
        return set_once(&via->received, value);
    if (slice_equal_nocase(name, SLICE("maddr")))
        return set_once(&via->maddr, value);
    return true;
}

static bool
read_params(struct slice rest, struct via *via)
{
    struct slice name, value;
    enum param_taken taken;

    scan_lws(&rest);
    via->params = rest;
    while ((taken = params_take(&rest, &name, &value)) == PARAM_TAKEN)
        if (!read_param(via, name, value))
            return false;
    scan_lws(&rest);
    return taken == PARAM_NONE && rest.len == 0;
}

/* What is wrong with it; NULL: nothing. */
static const char *
read_via(struct slice rest, struct via *via)
{
    if (!take_protocol(&rest, via))
        return "Bad protocol in Via";
    scan_lws(&rest);
    if (!host_take(&rest, &via->host))
        return "Bad host in Via";
    if (scan_separator(&rest, ':') && !port_take(&rest, &via->port))
        return "Bad port in Via";
    return read_params(rest, via) ? NULL : "Bad parameter of Via";
}

enum parse_status
via_parse(struct slice text, struct via *out, const char **why)
{
    struct via via = { .text = slice_trim(text) };
    const char *fault = read_via(via.text, &via);

    if (fault != NULL) {
        *why = fault;
        return PARSE_BAD;
    }
    *out = via;
    return PARSE_OK;
}

bool
via_has_cookie(const struct via *via)
{
    /* Without case: some stacks write it so, and it is a token (7.3.1). */
    return via->branch.len > 7 &&
           slice_equal_nocase(slice_head(via->branch, 7), SLICE("z9hG4bK"));
}
