#include "parser/start_line.h"

#include "parser/scan.h"

static bool
is_version_like(struct slice word)
{
    return scan_starts(word, "sip/");
}

static bool
is_version(struct slice word)
{
    return scan_is_word(word, "sip/2.0");
}

static void
fault_line(struct start_line *line, unsigned fault, const char *why)
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
static void
read_response(struct slice text, struct start_line *line)
{
    size_t version = scan_find(text, ' ');
    struct slice rest = slice_skip(text, version + 1);
    struct slice code = slice_head(rest, scan_find(rest, ' '));

    line->kind = START_LINE_RESPONSE;
    line->status = status_of(code);
    line->reason = slice_skip(rest, code.len + 1);
    if (!is_version(slice_head(text, version)))
        fault_line(line, 505, "SIP Version Not Supported");
    if (line->status == 0)
        fault_line(line, 400, "Bad status code");
    if (scan_run(line->reason, SCAN_TEXT) < line->reason.len)
        fault_line(line, 400, "Bad reason phrase");
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
static void
read_request(struct slice text, struct start_line *line)
{
    struct slice trimmed = scan_trim(text);
    size_t version = last_word(trimmed);
    struct slice rest = slice_head(trimmed, version);

    if (!is_version_like(slice_skip(trimmed, version)))
        return;
    line->kind = START_LINE_REQUEST;
    line->method = scan_take(&rest, SCAN_TOKEN);
    if (!is_version(slice_skip(trimmed, version)))
        fault_line(line, 505, "SIP Version Not Supported");
    if (line->method.len == 0 || !scan_byte(&rest, ' ') || rest.len == 0 ||
        rest.at[rest.len - 1] != ' ' || trimmed.len != text.len)
        fault_line(line, 400, "Bad Request-Line");
    line->uri = slice_head(rest, rest.len == 0 ? 0 : rest.len - 1);
}

bool
start_line_plain(struct slice text, struct slice *method, struct slice *uri)
{
    struct slice rest, name;

    if (text.len < 8 || !scan_starts(slice_of(text.at + text.len - 8, 8), " sip/2.0"))
        return false;
    rest = slice_of(text.at, text.len - 8);
    name = scan_take(&rest, SCAN_TOKEN);
    if (name.len == 0 || !scan_byte(&rest, ' ') || rest.len == 0)
        return false;
    *method = name;
    *uri = rest;
    return true;
}

void
start_line_parse(struct slice text, struct start_line *line)
{
    *line = (struct start_line){ .kind = START_LINE_NONE };
    if (is_version_like(text))
        read_response(text, line);
    else
        read_request(text, line);
}
