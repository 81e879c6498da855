#include "parser/start_line.h"

#include "parser/scan.h"

static bool
is_version_like(struct slice word)
{
    return slice_equal_nocase(slice_head(word, 4), SLICE("SIP/"));
}

static bool
is_version(struct slice word)
{
    return slice_equal_nocase(word, SLICE("SIP/2.0"));
}

static void
blame(struct start_line *line, unsigned fault, const char *why)
{
    if (line->fault == 0) {
        line->fault = fault;
        line->why = why;
    }
}

/* 3DIGIT, 100 to 699; 0 for anything else. */
static unsigned
status_of(struct slice digits)
{
    unsigned status = 0;

    if (digits.len != 3)
        return 0;
    for (size_t i = 0; i < 3; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9')
            return 0;
        status = status * 10 + (unsigned)(digits.at[i] - '0');
    }
    return status >= 100 && status <= 699 ? status : 0;
}

/* The reason may be empty (RFC 4475 3.1.1.13), and some leave its SP out too. */
static struct start_line
read_response(struct slice text)
{
    struct start_line line = { .kind = START_LINE_RESPONSE };
    size_t version = slice_find(text, ' ');
    struct slice rest = slice_skip(text, version + 1);
    struct slice code = slice_head(rest, slice_find(rest, ' '));

    line.status = status_of(code);
    line.reason = slice_skip(rest, code.len + 1);
    if (!is_version(slice_head(text, version)))
        blame(&line, 505, "SIP Version Not Supported");
    if (line.status == 0)
        blame(&line, 400, "Bad status code");
    if (scan_run(line.reason, SCAN_TEXT) < line.reason.len)
        blame(&line, 400, "Bad reason phrase");
    return line;
}

/* Where the last word of the text starts; words are apart by SP or HTAB. */
static size_t
last_word(struct slice text)
{
    size_t i = text.len;

    while (i > 0 && text.at[i - 1] != ' ' && text.at[i - 1] != '\t')
        i--;
    return i;
}

/* One SP on either side of the Request-URI, and none within or behind (7.1). */
static struct start_line
read_request(struct slice text)
{
    struct start_line line = { .kind = START_LINE_NONE };
    struct slice trimmed = slice_trim(text);
    size_t version = last_word(trimmed);
    struct slice rest = slice_head(trimmed, version);

    if (!is_version_like(slice_skip(trimmed, version)))
        return line;
    line.kind = START_LINE_REQUEST;
    line.method = scan_take(&rest, SCAN_TOKEN);
    if (!is_version(slice_skip(trimmed, version)))
        blame(&line, 505, "SIP Version Not Supported");
    if (line.method.len == 0 || !scan_byte(&rest, ' ') || rest.len == 0 ||
        rest.at[rest.len - 1] != ' ' || trimmed.len != text.len)
        blame(&line, 400, "Bad Request-Line");
    line.uri = slice_head(rest, rest.len == 0 ? 0 : rest.len - 1);
    return line;
}

struct start_line
start_line_parse(struct slice line)
{
    return is_version_like(line) ? read_response(line) : read_request(line);
}
