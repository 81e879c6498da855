/* Looking into text that a parser has accepted: not on the way of a message in, so there is one
 * kind of these, for all variants. */
#include "parser/params.h"
#include "parser/scan.h"
#include "parser/uri.h"
#include "parser/via.h"

/* Where an unquoted run ends: at the next ';' or LWS, and a name at '=' too. */
static struct slice
take_loose(struct slice *rest, char also)
{
    size_t i = 0;

    while (i < rest->len && rest->at[i] != ';' && rest->at[i] != also &&
           !scan_is(rest->at[i], SCAN_LWS))
        i++;
    return scan_take_head(rest, i);
}

/* Looser than params_take, since a URI's parameters have other octets. */
bool
params_next(struct slice *rest, struct slice *name, struct slice *value)
{
    if (!scan_separator(rest, ';'))
        return false;
    *name = take_loose(rest, '=');
    *value = slice_absent();
    if (scan_separator(rest, '=') && !scan_take_quoted(rest, value))
        *value = take_loose(rest, ';');
    return true;
}

struct slice
params_find(struct slice params, struct slice name)
{
    struct slice each, value;

    while (params_next(&params, &each, &value))
        if (slice_equal_nocase(each, name))
            return slice_is_absent(value) ? slice_head(each, 0) : value;
    return slice_absent();
}

bool
list_next(struct slice *rest, struct slice *element)
{
    struct slice each;

    while (list_cut(rest, &each)) {
        if (each.len == 0)
            continue;
        *element = each;
        return true;
    }
    return false;
}

bool
number_parse(struct slice digits, uint32_t *out)
{
    return scan_number(digits, out);
}

struct slice
uri_param(const struct uri *uri, struct slice name)
{
    return params_find(uri->params, name);
}

bool
via_has_cookie(const struct via *via)
{
    /* Without case: some stacks write it so, and it is a token (7.3.1). */
    return via->branch.len > 7 &&
           slice_equal_nocase(slice_head(via->branch, 7), SLICE("z9hG4bK"));
}
