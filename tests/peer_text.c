#include "tests/peer_text.h"

/* By memchr: the sanitizer's memmem looks at all that is left, for each line. */
static bool
next_line(struct slice *rest, struct slice *line)
{
    size_t len = 0;

    while (rest->len - len >= 2) {
        const char *end = memchr(rest->at + len, '\r', rest->len - len - 1);

        if (end == NULL)
            return false;
        len = (size_t)(end - rest->at);
        if (end[1] == '\n') {
            *line = slice_head(*rest, len);
            *rest = slice_skip(*rest, len + 2);
            return true;
        }
        len++;
    }
    return false;
}

static struct slice
word(struct slice message, unsigned index)
{
    struct slice line, head;

    if (!next_line(&message, &line))
        return slice_absent();
    for (; slice_cut(line, ' ', &head, &line); index--)
        if (index == 0)
            return head;
    return index == 0 ? line : slice_absent();
}

unsigned
peer_text_status(struct slice message)
{
    if (!slice_starts(message, SLICE("SIP/2.0 ")))
        return 0;
    return (unsigned)peer_text_number(word(message, 1));
}

struct slice
peer_text_method(struct slice message)
{
    return word(message, 0);
}

struct slice
peer_text_request_uri(struct slice message)
{
    return word(message, 1);
}

/* The next line of that name. Most have another: they are left at its first octet. */
static bool
next_header(struct slice *rest, struct slice name, struct slice *value)
{
    struct slice line, head;

    while (next_line(rest, &line) && line.len > 0)
        if (slice_equal_nocase(slice_head(line, name.len), name) &&
            slice_cut(line, ':', &head, value) && slice_trim(head).len == name.len)
            return true;
    return false;
}

struct slice
peer_text_header(struct slice message, const char *name, unsigned index)
{
    struct slice wanted = slice_of(name, strlen(name)), line, value;

    next_line(&message, &line);
    while (next_header(&message, wanted, &value))
        if (index-- == 0)
            return slice_trim(value);
    return slice_absent();
}

unsigned
peer_text_count(struct slice message, const char *name)
{
    struct slice wanted = slice_of(name, strlen(name)), line, value;
    unsigned count = 0;

    next_line(&message, &line);
    while (next_header(&message, wanted, &value))
        count++;
    return count;
}

struct slice
peer_text_param(struct slice value, const char *name)
{
    struct slice wanted = slice_of(name, strlen(name)), rest, head, text;

    if (!slice_cut(value, ';', &head, &rest))
        return slice_absent();
    while (rest.len > 0) {
        if (!slice_cut(rest, ';', &head, &rest))
            head = rest, rest = slice_absent();
        if (slice_cut(head, '=', &head, &text) && slice_equal_nocase(head, wanted))
            return text;
    }
    return slice_absent();
}

struct slice
peer_text_branch(struct slice message)
{
    return peer_text_param(peer_text_header(message, "Via", 0), "branch");
}

struct slice
peer_text_cseq_method(struct slice message)
{
    struct slice cseq = peer_text_header(message, "CSeq", 0), number, method;

    return slice_cut(cseq, ' ', &number, &method) ? slice_trim(method) : slice_absent();
}

struct slice
peer_text_body(struct slice message)
{
    const char *end =
        message.len < 4 ? NULL : memmem(message.at, message.len, "\r\n\r\n", 4);

    if (end == NULL)
        return slice_absent();
    return slice_skip(message, (size_t)(end - message.at) + 4);
}

uint64_t
peer_text_number(struct slice text)
{
    uint64_t number = 0;

    for (size_t i = 0; i < text.len && text.at[i] >= '0' && text.at[i] <= '9'; i++)
        number = number * 10 + (uint64_t)(text.at[i] - '0');
    return number;
}
