#include "parser/via.h"

#include "parser/params.h"
#include "parser/scan.h"
#include "parser/sent_by.h"

/* "SIP" SLASH "2.0" SLASH transport LWS */
static bool
take_protocol(struct slice *rest, struct via *via)
{
    if (scan_starts(*rest, "sip/2.0/udp ")) {
        via->transport = slice_of(rest->at + 8, 3);
        scan_take_head(rest, 11);
        return true;
    }
    if (!scan_is_word(scan_take(rest, SCAN_TOKEN), "sip") || !scan_separator(rest, '/') ||
        !scan_is_word(scan_take(rest, SCAN_TOKEN), "2.0") || !scan_separator(rest, '/'))
        return false;
    via->transport = scan_take(rest, SCAN_TOKEN);
    return via->transport.len > 0 && rest->len > 0 && scan_is(rest->at[0], SCAN_LWS);
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
read_via_param(struct via *via, struct slice name, struct slice value)
{
    if (scan_is_word(name, "branch"))
        return set_once(&via->branch, value);
    if (scan_is_word(name, "rport"))
        return set_rport(via, value);
    if (scan_is_word(name, "received"))
        return set_once(&via->received, value);
    if (scan_is_word(name, "maddr"))
        return set_once(&via->maddr, value);
    return true;
}

/* ";branch=x;rport" or the other way round, without blanks: all that most Vias have. Whatever is
 * not so is left to the grammar. */
static void
take_plain_params(struct slice *rest, struct via *via)
{
    for (int i = 0; i < 2; i++)
        if (!via->has_rport && scan_starts(*rest, ";rport") &&
            (rest->len == 6 || rest->at[6] == ';')) {
            via->has_rport = true;
            scan_take_head(rest, 6);
        } else if (!slice_is_absent(via->branch) ||
                   !params_take_plain(rest, SCAN_PADDED(";branch="), &via->branch))
            return;
}

static bool
read_via_params(struct slice rest, struct via *via)
{
    struct slice name, value;
    enum param_taken taken;

    scan_lws(&rest);
    via->params = rest;
    take_plain_params(&rest, via);
    if (rest.len == 0)
        return true;
    while ((taken = params_take(&rest, &name, &value)) == PARAM_TAKEN)
        if (!read_via_param(via, name, value))
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
    return read_via_params(rest, via) ? NULL : "Bad parameter of Via";
}

enum parse_status
via_parse(struct slice text, struct via *out, const char **why)
{
    const char *fault;

    scan_clear(out, sizeof *out);
    out->text = text;
    fault = read_via(out->text, out);
    if (fault == NULL)
        return PARSE_OK;
    scan_clear(out, sizeof *out);
    *why = fault;
    return PARSE_BAD;
}
