#include "parser/framing.h"

#include "parser/lines.h"
#include "parser/params.h"
#include "parser/scan.h"
#include "parser/start_line.h"

void
framer_init(struct framer *framer, size_t max_bytes)
{
    *framer = (struct framer){ .max_bytes = max_bytes };
}

static enum frame_kind
take(enum frame_kind kind, size_t octets, size_t *used)
{
    *used = octets;
    return kind;
}

/* What stands where a message may start; FRAME_MESSAGE: one does. A CRLF waits for what
 * follows, since a second one makes it a ping (RFC 5626 3.5.1). */
static enum frame_kind
look_between(struct slice unread, size_t *used)
{
    if (unread.len == 0)
        return FRAME_PARTIAL;
    if (unread.at[0] == '\n')
        return take(FRAME_BLANK, 1, used);
    if (unread.at[0] != '\r')
        return scan_is(unread.at[0], SCAN_TOKEN) ? FRAME_MESSAGE
                                                 : take(FRAME_BAD, unread.len, used);
    if (unread.len == 1)
        return FRAME_PARTIAL;
    if (unread.at[1] != '\n')
        return take(FRAME_BAD, unread.len, used);
    if (unread.len == 2 || (unread.len == 3 && unread.at[2] == '\r'))
        return FRAME_PARTIAL;
    if (unread.at[2] == '\r' && unread.at[3] == '\n')
        return take(FRAME_PING, 4, used);
    return take(FRAME_BLANK, 2, used);
}

/* Octets of the header, its empty line included; 0 where that is not there yet. *looked
 * moves to the LF that is still to be decided on, or to the end. */
static size_t
find_header_end(struct slice s, size_t *looked)
{
    for (;;) {
        size_t lf = *looked + slice_find(slice_skip(s, *looked), '\n');
        struct slice after = slice_skip(s, lf + 1);

        *looked = lf;
        if (after.len == 0 || (after.len == 1 && after.at[0] == '\r'))
            return 0;
        if (after.at[0] == '\n')
            return lf + 2;
        if (after.at[0] == '\r' && after.at[1] == '\n')
            return lf + 3;
        *looked = lf + 1;
    }
}

static bool
is_sip(struct slice unread, size_t lf)
{
    size_t end = lf > 0 && unread.at[lf - 1] == '\r' ? lf - 1 : lf;

    return start_line_parse(slice_head(unread, end)).kind != START_LINE_NONE;
}

/* False: the header does not say without doubt how long the body is. */
static bool
read_body_bytes(struct slice header, size_t *body_bytes)
{
    struct slice rest = slice_skip(header, slice_find(header, '\n') + 1);
    struct slice length = slice_absent();
    struct header_line line;
    enum line_kind kind;
    uint32_t number;

    while ((kind = lines_next(&rest, &line)) != LINE_END) {
        if (kind == LINE_BAD_OCTET || kind == LINE_PARTIAL)
            return false;
        if (kind == LINE_BAD_NAME || line.id != HEADER_CONTENT_LENGTH)
            continue;
        if (!slice_is_absent(length))
            return false;
        length = line.value;
    }
    if (!number_parse(length, &number))
        return false;
    *body_bytes = number;
    return true;
}

/* FRAME_MESSAGE: the lengths are known now. */
static enum frame_kind
read_header(struct framer *framer, struct slice unread, size_t *used)
{
    struct slice allowed = slice_head(unread, framer->max_bytes);
    size_t lf = framer->is_sip ? 0 : framer->looked, end;

    if (!framer->is_sip) {
        lf += slice_find(slice_skip(allowed, lf), '\n');
        if (lf < allowed.len && !is_sip(allowed, lf))
            return take(FRAME_BAD, unread.len, used);
        framer->is_sip = lf < allowed.len;
    }
    end = find_header_end(allowed, &framer->looked);
    if (end == 0 && allowed.len == framer->max_bytes)
        return take(FRAME_TOO_LONG, unread.len, used);
    if (end == 0)
        return FRAME_PARTIAL;
    if (!read_body_bytes(slice_head(unread, end), &framer->body_bytes))
        return take(FRAME_BAD, end, used);
    if (framer->body_bytes > framer->max_bytes - end)
        return take(FRAME_TOO_LONG, end, used);
    framer->header_bytes = end;
    return FRAME_MESSAGE;
}

enum frame_kind
framer_next(struct framer *framer, struct slice unread, size_t *used)
{
    enum frame_kind kind = FRAME_MESSAGE;

    *used = 0;
    if (framer->looked == 0)
        kind = look_between(unread, used);
    if (kind == FRAME_MESSAGE && framer->header_bytes == 0)
        kind = read_header(framer, unread, used);
    if (kind != FRAME_MESSAGE)
        return kind;
    if (unread.len - framer->header_bytes < framer->body_bytes)
        return FRAME_PARTIAL;
    *used = framer->header_bytes + framer->body_bytes;
    framer_init(framer, framer->max_bytes);
    return FRAME_MESSAGE;
}
