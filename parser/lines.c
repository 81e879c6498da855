#include "parser/lines.h"

#include "parser/scan.h"

size_t
lines_blank(struct slice bytes)
{
    struct slice rest = bytes;
    size_t empty;

    while ((empty = lines_empty(rest)) > 0)
        scan_take_head(&rest, empty);
    return bytes.len - rest.len;
}

/* Where the next such octet is; s.len where there is none. */
static size_t
find(struct slice s, size_t from, char octet)
{
    return from + scan_find_near(slice_of(s.at + from, s.len - from), octet);
}

size_t
lines_length(struct slice s, size_t *looked)
{
    do {
        size_t lf = find(s, *looked, '\n');

        *looked = lf;
        if (s.len - lf < 2)
            return 0;
        *looked = lf + 1;
    } while (s.at[*looked] == ' ' || s.at[*looked] == '\t');
    return *looked;
}

/* An escaped NUL is allowed where display names stand; the address parsers look closer. */
static bool
may_hold_escaped_nul(enum header_id id)
{
    return id == HEADER_FROM || id == HEADER_TO || id == HEADER_CONTACT;
}

static bool
has_bad_nul(struct slice text, enum header_id id)
{
    for (size_t i = 0; (i += scan_find(slice_skip(text, i), '\0')) < text.len; i++)
        if (i == 0 || text.at[i - 1] != '\\' || !may_hold_escaped_nul(id))
            return true;
    return false;
}

static bool
has_bare_cr(struct slice text)
{
    for (size_t i = 0; (i = find(text, i, '\r')) < text.len; i++)
        if (i + 1 == text.len || text.at[i + 1] != '\n')
            return true;
    return false;
}

/* HCOLON = *( SP / HTAB ) ":" SWS */
static bool
take_name(struct slice *rest, struct slice *name)
{
    *name = scan_take(rest, SCAN_TOKEN);
    while (scan_byte(rest, ' ') || scan_byte(rest, '\t'))
        ;
    return name->len > 0 && scan_byte(rest, ':');
}

enum line_kind
lines_read(struct slice text, struct header_line *line)
{
    struct slice rest = text, name;
    bool has_name = take_name(&rest, &name);
    enum header_id id = has_name ? header_id_of(name) : HEADER_OTHER;
    bool is_bad = has_bare_cr(text) || has_bad_nul(rest, id);

    if (!has_name && !is_bad)
        return LINE_BAD_NAME;
    line->name = name;
    line->id = id;
    line->value = scan_trim(rest);
    return is_bad ? LINE_BAD_OCTET : LINE_FIELD;
}

bool
lines_plain(struct slice *rest, struct header_line *line)
{
    const char *at = rest->at;
    size_t colon, from, end;
    struct slice name;

    if (!scan_plain_line(*rest, &colon, &end))
        return false;
    name = slice_of(at, colon);
    line->id = header_id_of(name);
    if (line->id == HEADER_OTHER &&
        (name.len == 0 || scan_run(name, SCAN_TOKEN) < name.len))
        return false;
    from = colon + 1 + (at[colon + 1] == ' ');
    if ((unsigned char)at[from] <= ' ' ||
        at[end - 1] == ' ') /* the CR, where it is empty */
        return false;
    line->name = name;
    line->value = slice_of(at + from, end - from);
    scan_take_head(rest, end + 2);
    return true;
}

enum line_kind
lines_next(struct slice *rest, struct header_line *line)
{
    size_t empty = lines_empty(*rest), looked = 0, length;

    if (empty > 0) {
        scan_take_head(rest, empty);
        return LINE_END;
    }
    length = lines_length(*rest, &looked);
    if (length == 0)
        return LINE_PARTIAL;
    return lines_read(scan_take_head(rest, length), line);
}
