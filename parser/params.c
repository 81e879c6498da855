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
params_take_plain(struct slice *rest, const char *start, size_t len, struct slice *value)
{
    struct slice ahead = *rest, found;

    if (!scan_starts_padded(*rest, start, len))
        return false;
    scan_take_head(&ahead, len);
    found = scan_take_long(&ahead, SCAN_VALUE);
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
