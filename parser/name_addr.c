#include "parser/name_addr.h"

#include "parser/params.h"
#include "parser/scan.h"

/* [ display-name ] in front of '<'. What ends at ':' is the scheme of an addr-spec. */
static bool
take_display(struct slice *rest, struct slice *display)
{
    struct slice ahead = *rest, found;

    if (!scan_take_quoted(&ahead, &found))
        found = slice_trim(scan_take(&ahead, SCAN_DISPLAY));
    scan_lws(&ahead);
    if (ahead.len == 0 || ahead.at[0] != '<')
        return false;
    *display = found.len > 0 ? found : slice_absent();
    *rest = ahead;
    return true;
}

static const char *
read_bracketed(struct slice *rest, struct name_addr *out)
{
    size_t close = slice_find(*rest, '>');
    const char *why;

    if (close == rest->len)
        return "Unclosed bracket in address";
    if (uri_parse(slice_skip(slice_head(*rest, close), 1), &out->uri, &why) != PARSE_OK)
        return why;
    *rest = slice_skip(*rest, close + 1);
    return NULL;
}

/* RFC 3261 20: a URI with a comma or a question mark must be in brackets, and a semicolon
 * is the header's. */
static const char *
read_addr_spec(struct slice *rest, struct name_addr *out)
{
    size_t end = 0;
    const char *why;

    while (end < rest->len && rest->at[end] != ';' && !scan_is(rest->at[end], SCAN_LWS)) {
        if (rest->at[end] == ',' || rest->at[end] == '?')
            return "Address needs brackets";
        end++;
    }
    if (uri_parse(slice_head(*rest, end), &out->uri, &why) != PARSE_OK)
        return why;
    *rest = slice_skip(*rest, end);
    return NULL;
}

/* A second tag would let two readers see two dialogs. */
static const char *
read_params(struct slice rest, struct name_addr *out)
{
    struct slice name, value;
    enum param_taken taken;

    scan_lws(&rest);
    out->params = rest;
    while ((taken = params_take(&rest, &name, &value)) == PARAM_TAKEN) {
        if (!slice_equal_nocase(name, SLICE("tag")))
            continue;
        if (!slice_is_absent(out->tag))
            return "Repeated tag";
        if (slice_is_absent(value))
            return "Empty tag";
        out->tag = value;
    }
    scan_lws(&rest);
    return taken == PARAM_BAD || rest.len > 0 ? "Bad parameter of address" : NULL;
}

static const char *
read_name_addr(struct slice text, struct name_addr *out)
{
    struct slice rest = text;
    const char *fault = take_display(&rest, &out->display) ? read_bracketed(&rest, out)
                                                           : read_addr_spec(&rest, out);

    return fault != NULL ? fault : read_params(rest, out);
}

enum parse_status
name_addr_parse(struct slice text, struct name_addr *out, const char **why)
{
    struct name_addr address = { .text = slice_trim(text) };
    const char *fault = read_name_addr(address.text, &address);

    if (fault != NULL) {
        *why = fault;
        return PARSE_BAD;
    }
    *out = address;
    return PARSE_OK;
}
