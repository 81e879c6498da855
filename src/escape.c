#include "src/escape.h"

static bool
is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* RFC 3629 4: which lead octets there are, and what each allows as its second one; this
 * alone keeps out overlong forms, surrogates, and what lies above U+10FFFF. */
static const struct lead {
    unsigned char from, to, second_from, second_to, length;
} leads[] = {
    { 0x00, 0x7f, 0x00, 0x00, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 },
    { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
    { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
    { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
    { 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

static const struct lead *
lead_of(unsigned char octet)
{
    for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++)
        if (octet >= leads[i].from && octet <= leads[i].to)
            return &leads[i];
    return NULL;
}

size_t
utf8_length(struct slice text)
{
    const struct lead *lead;

    if (text.len == 0)
        return 0;
    lead = lead_of((unsigned char)text.at[0]);
    if (lead == NULL || lead->length > text.len)
        return 0;
    if (lead->length == 1)
        return 1;
    if ((unsigned char)text.at[1] < lead->second_from ||
        (unsigned char)text.at[1] > lead->second_to)
        return 0;
    for (size_t i = 2; i < lead->length; i++)
        if (!is_continuation(text.at[i]))
            return 0;
    return lead->length;
}

bool
utf8_is_valid(struct slice text)
{
    size_t length;

    for (; text.len > 0; text = slice_skip(text, length)) {
        length = utf8_length(text);
        if (length == 0)
            return false;
    }
    return true;
}

/* Characters of several octets that are not for a line: C1 controls (a terminal takes U+009B
 * for ESC [), U+200E and U+200F, U+2028 to U+202E, U+2066 to U+2069. */
static bool
is_steering(struct slice character)
{
    const unsigned char *c = (const unsigned char *)character.at;

    if (character.len == 2)
        return c[0] == 0xc2 && c[1] < 0xa0;
    if (character.len != 3 || c[0] != 0xe2)
        return false;
    if (c[1] == 0x80)
        return c[2] == 0x8e || c[2] == 0x8f || (c[2] >= 0xa8 && c[2] <= 0xae);
    return c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9;
}

size_t
escape_printable(struct slice text)
{
    size_t length = utf8_length(text);

    if (length == 1)
        return (unsigned char)text.at[0] >= 0x20 && text.at[0] != 0x7f ? 1 : 0;
    return is_steering(slice_head(text, length)) ? 0 : length;
}

/* One character, or one octet that is none: its length in *taken, its form in `out`. */
static size_t
escape_one(struct slice text, const char *special, char out[4], size_t *taken)
{
    static const char hex[] = "0123456789abcdef";
    size_t length = escape_printable(text);
    unsigned char octet = (unsigned char)text.at[0];

    *taken = length == 0 ? 1 : length;
    if (length == 0) {
        memcpy(out, (const char[]){ '\\', 'x', hex[octet >> 4], hex[octet & 15] }, 4);
        return 4;
    }
    if (length == 1 && strchr(special, text.at[0]) != NULL) {
        out[0] = '\\';
        out[1] = text.at[0];
        return 2;
    }
    memcpy(out, text.at, length);
    return length;
}

enum {
    MARK_BYTES = 3, /* "..." */
};

size_t
escape_text(struct slice text, const char *special, char *out, size_t room)
{
    size_t len = 0, safe = 0, taken;
    char form[4];

    for (; text.len > 0; text = slice_skip(text, taken)) {
        size_t bytes = escape_one(text, special, form, &taken);
        if (bytes > room - len) {
            if (room < MARK_BYTES)
                return 0;
            memcpy(out + safe, "...", MARK_BYTES);
            return safe + MARK_BYTES;
        }
        memcpy(out + len, form, bytes);
        len += bytes;
        if (room >= MARK_BYTES && len <= room - MARK_BYTES)
            safe = len;
    }
    return len;
}
