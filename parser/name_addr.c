#include "parser/name_addr.h"

#include "parser/params.h"
#include "parser/scan.h"

/* [ display-name ] in front of '<'. What ends at ':' is the scheme of an addr-spec. */
static bool
take_display(struct slice *rest, struct slice *display)
{
    struct slice ahead = *rest, found;

    *display = slice_absent();
    if (rest->len > 0 && rest->at[0] == '<')
        return true;
    if (!scan_take_quoted(&ahead, &found))
        found = scan_trim(scan_take(&ahead, SCAN_DISPLAY));
    scan_lws(&ahead);
    if (ahead.len == 0 || ahead.at[0] != '<')
        return false;
    if (found.len > 0)
        *display = found;
    *rest = ahead;
    return true;
}

static const char *
read_bracketed(struct slice *rest, struct name_addr *out)
{
    const char *why;

    scan_take_head(rest, 1);
    if (uri_take(rest, &out->uri, &why) != PARSE_OK)
        return why;
    return scan_byte(rest, '>') ? NULL : "Bad octet in URI, or its bracket stays open";
}

/* RFC 3261 20: a URI with a comma or a question mark must be in brackets, and a semicolon
 * is the header's. What a comma means is the header's, too. */
static const char *
read_addr_spec(struct slice *rest, struct name_addr *out)
{
    struct slice spec = scan_take(rest, SCAN_SPEC);
    const char *why;

    if (rest->len > 0 && rest->at[0] == '?')
        return "Address needs brackets";
    return uri_parse(spec, &out->uri, &why) == PARSE_OK ? NULL : why;
}

const char *
name_addr_param(struct name_addr *out, struct slice name, struct slice value)
{
    if (!scan_is_word(name, "tag"))
        return NULL;
    if (!slice_is_absent(out->tag))
        return "Repeated tag";
    if (slice_is_absent(value))
        return "Empty tag";
    out->tag = value;
    return NULL;
}

static const char *
read_address_params(struct slice rest, struct name_addr *out)
{
    struct slice name, value;
    const char *fault = NULL;
    enum param_taken taken;

    if (params_take_plain(&rest, SCAN_PADDED(";tag="), &value))
        out->tag = value;
    if (rest.len == 0)
        return NULL;
    while (fault == NULL && (taken = params_take(&rest, &name, &value)) == PARAM_TAKEN)
        fault = name_addr_param(out, name, value);
    if (fault != NULL)
        return fault;
    scan_lws(&rest);
    return taken == PARAM_BAD || rest.len > 0 ? "Bad parameter of address" : NULL;
}

const char *
name_addr_head(struct slice *rest, struct name_addr *out)
{
    const char *fault = take_display(rest, &out->display) ? read_bracketed(rest, out)
                                                          : read_addr_spec(rest, out);

    out->tag = slice_absent();
    return fault;
}

enum parse_status
name_addr_parse(struct slice text, struct name_addr *out, const char **why)
{
    struct slice rest = text;
    const char *fault = name_addr_head(&rest, out);

    scan_lws(&rest);
    out->text = text;
    out->params = rest;
    if (fault == NULL)
        fault = read_address_params(rest, out);
    if (fault == NULL)
        return PARSE_OK;
    scan_clear(out, sizeof *out);
    *why = fault;
    return PARSE_BAD;
}
