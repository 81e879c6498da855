#include "bench/load/reading.h"

enum header {
    HEADER_OTHER,
    HEADER_VIA,
    HEADER_FROM,
    HEADER_TO,
    HEADER_CALL_ID,
    HEADER_CSEQ,
    HEADER_CONTENT_LENGTH,
    HEADER_RETRY_AFTER,
};

static const struct {
    struct slice name;
    char compact;
    enum header header;
} headers[] = {
    { SLICE_INIT("Via"), 'v', HEADER_VIA },
    { SLICE_INIT("From"), 'f', HEADER_FROM },
    { SLICE_INIT("To"), 't', HEADER_TO },
    { SLICE_INIT("Call-ID"), 'i', HEADER_CALL_ID },
    { SLICE_INIT("CSeq"), '\0', HEADER_CSEQ },
    { SLICE_INIT("Content-Length"), 'l', HEADER_CONTENT_LENGTH },
    { SLICE_INIT("Retry-After"), '\0', HEADER_RETRY_AFTER },
};

static enum header
header_named(struct slice name)
{
    while (name.len > 0 &&
           (name.at[name.len - 1] == ' ' || name.at[name.len - 1] == '\t'))
        name.len--;
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        if (name.len == 1 ? ascii_lower(name.at[0]) == headers[i].compact
                          : slice_equal_nocase(name, headers[i].name))
            return headers[i].header;
    return HEADER_OTHER;
}

/* The next line with its end, and what is folded into it; absent where the end has not come. */
static struct slice
next_line(struct slice text)
{
    size_t len = 0;

    do {
        size_t found = slice_find(slice_skip(text, len), '\n');

        len += found + 1;
        if (len > text.len)
            return slice_absent();
    } while (len > 2 && len < text.len && (text.at[len] == ' ' || text.at[len] == '\t'));
    return slice_head(text, len);
}

static bool
read_start(struct slice line, struct reading *r)
{
    struct slice rest;

    if (slice_starts(line, SLICE("SIP/2.0 "))) {
        for (size_t i = 8; i < 11; i++) {
            if (i >= line.len || line.at[i] < '0' || line.at[i] > '9')
                return false;
            r->status = 10 * r->status + line.at[i] - '0';
        }
        return r->status >= 100 && r->status < 700;
    }
    return slice_cut(line, ' ', &r->method, &rest) &&
           slice_cut(rest, ' ', &r->uri, &rest);
}

static struct slice
branch_of(struct slice via)
{
    const char *at = memmem(via.at, via.len, ";branch=", 8);
    struct slice branch;
    size_t len = 0;

    if (at == NULL)
        return slice_absent();
    branch = slice_skip(via, (size_t)(at + 8 - via.at));
    while (len < branch.len && memchr(";, \t\r\n", branch.at[len], 6) == NULL)
        len++;
    return slice_head(branch, len);
}

static bool
keep_line(struct slice line, enum header header, struct reading *r)
{
    int index = (int)r->copied_count;

    if (r->copied_count == READING_COPIED)
        return false;
    r->copied[r->copied_count++] = line;
    if (header == HEADER_VIA && r->via < 0) {
        r->via = index;
        r->branch = branch_of(line);
    }
    if (header == HEADER_TO)
        r->to = index;
    if (header == HEADER_FROM)
        r->from = index;
    return true;
}

static bool
read_length(struct slice value, size_t *length)
{
    value = slice_trim(value);
    *length = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] < '0' || value.at[i] > '9' || i > 8)
            return false;
        *length = 10 * *length + (size_t)(value.at[i] - '0');
    }
    return value.len > 0;
}

static bool
read_line(struct slice line, struct reading *r, size_t *length)
{
    struct slice name, value;

    if (!slice_cut(line, ':', &name, &value))
        return false;
    switch (header_named(name)) {
    case HEADER_OTHER:
        return true;
    case HEADER_CONTENT_LENGTH:
        return read_length(value, length);
    case HEADER_RETRY_AFTER:
        r->retry_after = true;
        return true;
    default:
        return keep_line(line, header_named(name), r);
    }
}

static enum reading_status
read_body(struct slice rest, bool datagram, size_t length, struct reading *r)
{
    if (length == SIZE_MAX)
        length = datagram ? rest.len : 0;
    if (length > rest.len)
        return datagram ? READING_BAD : READING_PARTIAL;
    r->body = slice_head(rest, length);
    r->len += length;
    return READING_OK;
}

enum reading_status
reading_take(struct slice text, bool datagram, struct reading *r)
{
    const enum reading_status unfinished = datagram ? READING_BAD : READING_PARTIAL;
    struct slice rest = text, line = next_line(text);
    size_t length = SIZE_MAX;

    *r = (struct reading){ .via = -1, .to = -1, .from = -1 };
    if (slice_is_absent(line))
        return unfinished;
    if (!read_start(line, r))
        return READING_BAD;
    for (;;) {
        rest = slice_skip(rest, line.len);
        line = next_line(rest);
        if (slice_is_absent(line))
            return unfinished;
        r->len = (size_t)(line.at + line.len - text.at);
        if (line.at[0] == '\n' || (line.at[0] == '\r' && line.len == 2))
            return read_body(slice_skip(rest, line.len), datagram, length, r);
        if (!read_line(line, r, &length))
            return READING_BAD;
        if (datagram && r->status / 100 == 2 && r->via >= 0)
            return READING_OK;
    }
}

uint32_t
reading_user(struct slice uri)
{
    uint32_t user = 0;
    size_t i = 8;

    if (!slice_starts(uri, SLICE("sip:user")))
        return UINT32_MAX;
    for (; i < uri.len && uri.at[i] >= '0' && uri.at[i] <= '9' && i < 16; i++)
        user = 10 * user + (uint32_t)(uri.at[i] - '0');
    return i > 8 && i < uri.len && uri.at[i] == '@' ? user : UINT32_MAX;
}
