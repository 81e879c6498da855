#include "parser/params.h"

#include "parser/scan.h"

/* A value in or without quotes. False where it is empty or its quotes do not close. */
static bool
take_value(struct slice *rest, struct slice *value)
{
    if (rest->len > 0 && rest->at[0] == '"')
        return scan_take_quoted(rest, value);
    *value = scan_take(rest, SCAN_VALUE);
    return value->len > 0;
}

bool
params_take_value(struct slice *rest, size_t skip, struct slice *value)
{
    struct slice ahead = slice_of(rest->at + skip, rest->len - skip);
    struct slice found = scan_take(&ahead, SCAN_VALUE);

    if (found.len == 0)
        return false;
    *value = found;
    *rest = ahead;
    return true;
}

enum param_taken
params_take(struct slice *rest, struct slice *name, struct slice *value)
{
    struct slice ahead = *rest;

    if (!scan_separator(&ahead, ';'))
        return PARAM_NONE;
    *name = scan_take(&ahead, SCAN_TOKEN);
    *value = slice_absent();
    if (name->len == 0)
        return PARAM_BAD;
    if (scan_separator(&ahead, '=') && !take_value(&ahead, value))
        return PARAM_BAD;
    *rest = ahead;
    return PARAM_TAKEN;
}

/* Where an unquoted run ends: at the next ';' or LWS, and a name at '=' too. For text that was
 * accepted before: not on the way of a message in. */
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

struct slice
params_unquoted(struct slice value)
{
    if (value.len < 2 || value.at[0] != '"' || value.at[value.len - 1] != '"')
        return value;
    return slice_of(value.at + 1, value.len - 2);
}

/* The octets of the quoted string or the <> at the front; all of them where it stays open. */
static size_t
enclosed(struct slice s)
{
    size_t i = 1;

    if (s.at[0] == '<') {
        i = scan_find(s, '>');
        return i < s.len ? i + 1 : i;
    }
    while ((i += scan_run(slice_skip(s, i), SCAN_INSIDE)) < s.len && s.at[i] == '\\')
        i += s.len - i > 1 ? 2 : 1;
    return i < s.len ? i + 1 : i;
}

/* The index of the first comma that separates; s.len where there is none. */
static size_t
find_comma(struct slice s)
{
    size_t i = 0;

    if (scan_find(s, ',') == s.len)
        return s.len;
    while ((i += scan_run(slice_skip(s, i), SCAN_LIST)) < s.len && s.at[i] != ',')
        i += enclosed(slice_skip(s, i));
    return i;
}

bool
list_cut(struct slice *rest, struct slice *element)
{
    size_t comma;

    if (slice_is_absent(*rest))
        return false;
    comma = find_comma(*rest);
    *element = scan_trim(slice_head(*rest, comma));
    *rest = comma < rest->len ? slice_skip(*rest, comma + 1) : slice_absent();
    return true;
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
