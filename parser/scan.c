#include "parser/scan.h"

enum {
    MARK = SCAN_USER | SCAN_PASSWORD | SCAN_PARAM | SCAN_HNV | SCAN_URIC,
    WORD = SCAN_TOKEN | SCAN_VALUE | SCAN_DISPLAY,
    ANY = SCAN_QUOTED | SCAN_VISIBLE | SCAN_TEXT,
    ALNUM = ANY | MARK | WORD | SCAN_HOST,
    HEX = ALNUM | SCAN_HEX | SCAN_IPV6 | SCAN_TEL,
    BLANK = SCAN_LWS | SCAN_QUOTED | SCAN_DISPLAY,
};

const uint16_t scan_classes[256] = {
    ['\t'] = BLANK | SCAN_TEXT,
    ['\n'] = BLANK,
    ['\r'] = BLANK,
    [' '] = BLANK | SCAN_TEXT,
    ['!'] = ANY | MARK | WORD,
    ['"'] = SCAN_VISIBLE | SCAN_TEXT,
    ['#'] = ANY | SCAN_TEL,
    ['$'] = ANY | MARK | SCAN_VALUE,
    ['%'] = ANY | WORD,
    ['&'] = ANY | MARK | SCAN_VALUE,
    ['\''] = ANY | MARK | WORD,
    ['('] = ANY | MARK | SCAN_VALUE | SCAN_TEL,
    [')'] = ANY | MARK | SCAN_VALUE | SCAN_TEL,
    ['*'] = ANY | MARK | WORD | SCAN_TEL,
    ['+'] = ANY | MARK | WORD | SCAN_TEL,
    [','] = ANY | SCAN_USER | SCAN_PASSWORD | SCAN_URIC,
    ['-'] = ANY | MARK | WORD | SCAN_HOST | SCAN_TEL,
    ['.'] = ANY | MARK | WORD | SCAN_HOST | SCAN_IPV6 | SCAN_TEL,
    ['/'] = ANY | SCAN_USER | SCAN_PARAM | SCAN_HNV | SCAN_URIC | SCAN_VALUE,
    ['0' ... '9'] = HEX,
    [':'] = ANY | SCAN_PARAM | SCAN_HNV | SCAN_URIC | SCAN_VALUE | SCAN_IPV6,
    [';'] = ANY | SCAN_USER | SCAN_URIC,
    ['<'] = ANY,
    ['='] = ANY | SCAN_USER | SCAN_PASSWORD | SCAN_HNV | SCAN_URIC | SCAN_VALUE,
    ['>'] = ANY,
    ['?'] = ANY | SCAN_USER | SCAN_HNV | SCAN_URIC | SCAN_VALUE,
    ['@'] = ANY | SCAN_URIC | SCAN_VALUE,
    ['A' ... 'F'] = HEX,
    ['G' ... 'Z'] = ALNUM,
    ['['] = ANY | SCAN_PARAM | SCAN_HNV | SCAN_URIC | SCAN_VALUE,
    ['\\'] = SCAN_VISIBLE | SCAN_TEXT,
    [']'] = ANY | SCAN_PARAM | SCAN_HNV | SCAN_URIC | SCAN_VALUE,
    ['^'] = ANY,
    ['_'] = ANY | MARK | WORD | SCAN_HOST,
    ['`'] = ANY | WORD,
    ['a' ... 'f'] = HEX,
    ['g' ... 'z'] = ALNUM,
    ['{'] = ANY,
    ['|'] = ANY,
    ['}'] = ANY,
    ['~'] = ANY | MARK | WORD,
    [0x80 ... 0xff] = SCAN_QUOTED | SCAN_DISPLAY | SCAN_TEXT,
};

int
scan_hex_digit(char octet)
{
    if (octet >= '0' && octet <= '9')
        return octet - '0';
    if (scan_is(octet, SCAN_HEX))
        return ascii_lower(octet) - 'a' + 10;
    return -1;
}

size_t
scan_escaped(struct slice s, unsigned classes)
{
    size_t i = scan_run(s, classes);

    while (s.len - i >= 3 && s.at[i] == '%' && scan_is(s.at[i + 1], SCAN_HEX) &&
           scan_is(s.at[i + 2], SCAN_HEX)) {
        i += 3;
        i += scan_run(slice_skip(s, i), classes);
    }
    return i;
}

/* RFC 3261 25.1, quoted-pair: any octet of ASCII but CR and LF. */
static bool
take_quoted_pair(struct slice *rest)
{
    if (rest->len < 2 || rest->at[0] != '\\' || (rest->at[1] & 0x80) != 0 ||
        rest->at[1] == '\r' || rest->at[1] == '\n')
        return false;
    *rest = slice_skip(*rest, 2);
    return true;
}

bool
scan_take_quoted(struct slice *rest, struct slice *quoted)
{
    struct slice ahead = *rest;

    if (!scan_byte(&ahead, '"'))
        return false;
    do
        scan_take(&ahead, SCAN_QUOTED);
    while (take_quoted_pair(&ahead));
    if (!scan_byte(&ahead, '"'))
        return false;
    *quoted = scan_take_head(rest, rest->len - ahead.len);
    return true;
}
