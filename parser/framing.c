#include "parser/framing.h"

#include "parser/lines.h"
#include "parser/params.h"
#include "parser/scan.h"
#include "parser/start_line.h"

enum {
    SHORT_LINE = 64, /* octets; longer ones are searched faster than octet by octet */
};

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

static bool
is_sip(struct slice text)
{
    struct start_line line;

    if (text.len > 0 && text.at[text.len - 1] == '\r')
        text.len--;
    start_line_parse(text, &line);
    return line.kind != START_LINE_NONE;
}

/* FRAME_MESSAGE: the start line is whole, and one. */
static enum frame_kind
read_start_line(struct framer *framer, struct slice unread, struct slice allowed,
                size_t *used)
{
    size_t lf = framer->looked + slice_find(slice_skip(allowed, framer->looked), '\n');

    framer->looked = lf;
    if (lf == allowed.len)
        return FRAME_PARTIAL;
    if (!is_sip(slice_head(allowed, lf)))
        return take(FRAME_BAD, unread.len, used);
    framer->line = lf + 1;
    framer->looked = 0;
    return FRAME_MESSAGE;
}

static bool
may_be_length(struct slice name)
{
    return name.len == 1 ? ascii_lower(name.at[0]) == 'l'
                         : name.len == strlen("Content-Length");
}

/* A short line without folds that is no Content-Length and leaves no doubt, seen in one pass: a
 * stream of those alone costs most an octet. False: it takes a closer look. */
static bool
says_nothing(struct slice text)
{
    size_t i = 0;

    if (text.len > SHORT_LINE)
        return false;
    while (scan_is(text.at[i], SCAN_TOKEN))
        i++;
    if (i == 0 || text.at[i] != ':' || may_be_length(slice_head(text, i)))
        return false;
    do
        i++;
    while ((unsigned char)text.at[i] >= ' ');
    i += text.at[i] == '\r';
    return i + 1 == text.len;
}

/* One line with its folds, and the LF at its end. It leaves no doubt when it can be read, and
 * says the length at most once. */
static void
read_line(struct framer *framer, struct slice text)
{
    struct header_line line;
    uint32_t number;

    if (says_nothing(text))
        return;
    if (lines_read(text, &line) != LINE_FIELD)
        framer->is_doubtful = true;
    else if (line.id == HEADER_CONTENT_LENGTH) {
        if (framer->has_length || !number_parse(line.value, &number))
            framer->is_doubtful = true;
        else
            framer->body_bytes = number;
        framer->has_length = true;
    }
}

/* The first octet of a line is there and no more: where a stream trickles in, behind each. */
static bool
has_begun(struct framer *framer, struct slice rest)
{
    if (rest.len != 1 || rest.at[0] == '\n')
        return false;
    framer->looked = 1;
    return true;
}

/* As lines_length; of a stream that trickles in, the LF is what comes next. */
static size_t
line_length(struct framer *framer, struct slice rest)
{
    size_t lf = framer->looked;

    if (rest.len > lf + 1 && rest.at[lf] == '\n' && rest.at[lf + 1] != ' ' &&
        rest.at[lf + 1] != '\t')
        return lf + 1;
    return lines_length(rest, &framer->looked);
}

/* Line by line, as lines_next does. Octets of the header; 0: its end is not there. */
static size_t
read_lines(struct framer *framer, struct slice s)
{
    struct slice rest = slice_skip(s, framer->line);
    size_t empty, length;

    while ((empty = lines_empty(rest)) == 0) {
        if (has_begun(framer, rest))
            return 0;
        length = line_length(framer, rest);
        if (length == 0)
            return 0;
        read_line(framer, scan_take_head(&rest, length));
        framer->line += length;
        framer->looked = 0;
    }
    return framer->line + empty;
}

/* FRAME_MESSAGE: the lengths are known now. */
static enum frame_kind
read_header(struct framer *framer, struct slice unread, size_t *used)
{
    struct slice allowed = slice_head(unread, framer->max_bytes);
    enum frame_kind kind = FRAME_MESSAGE;
    size_t end = 0;

    if (framer->line == 0)
        kind = read_start_line(framer, unread, allowed, used);
    if (kind == FRAME_MESSAGE)
        end = read_lines(framer, allowed);
    if (kind == FRAME_BAD)
        return kind;
    if (end == 0 && allowed.len == framer->max_bytes)
        return take(FRAME_TOO_LONG, unread.len, used);
    if (end == 0)
        return FRAME_PARTIAL;
    if (framer->is_doubtful || !framer->has_length)
        return take(FRAME_BAD, end, used);
    if (framer->body_bytes > framer->max_bytes - end)
        return take(FRAME_TOO_LONG, end, used);
    framer->header_bytes = end;
    return FRAME_MESSAGE;
}

/* One octet came, and it ends nothing: what a stream that trickles in mostly brings. The LF of
 * a header line that is not empty ends it only together with what follows, and a blank there
 * goes on with the line. */
static bool
goes_on(struct framer *framer, struct slice unread)
{
    size_t looked = framer->line + framer->looked;
    bool may_fold = framer->line > 0 && framer->looked > 1;
    const char *at = unread.at;

    if (looked == 0 || framer->header_bytes > 0 || unread.len >= framer->max_bytes)
        return false;
    if (unread.len == looked + 1 && (at[looked] != '\n' || may_fold)) {
        framer->looked += at[looked] != '\n';
        return true;
    }
    if (unread.len == looked + 2 && may_fold && at[looked] == '\n' &&
        (at[looked + 1] == ' ' || at[looked + 1] == '\t')) {
        framer->looked += 2;
        return true;
    }
    return false;
}

/* Apart from what follows, which then needs to save no register for an octet that ends nothing. */
static __attribute__((noinline)) enum frame_kind
read_on(struct framer *framer, struct slice unread, size_t *used)
{
    enum frame_kind kind = FRAME_MESSAGE;

    if (framer->looked == 0 && framer->line == 0)
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

enum frame_kind
framer_next(struct framer *framer, struct slice unread, size_t *used)
{
    *used = 0;
    return goes_on(framer, unread) ? FRAME_PARTIAL : read_on(framer, unread, used);
}
