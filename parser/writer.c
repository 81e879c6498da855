#include "parser/writer.h"

#include "parser/scan.h"

void
writer_init(struct writer *w, char *at, size_t room)
{
    *w = (struct writer){ .at = at, .room = room };
}

struct slice
writer_done(const struct writer *w)
{
    return w->overflow ? slice_absent() : slice_of(w->at, w->len);
}

void
writer_bytes(struct writer *w, struct slice bytes)
{
    if (w->overflow || bytes.len > w->room - w->len) {
        w->overflow = true;
        return;
    }
    if (bytes.len > 0)
        memcpy(w->at + w->len, bytes.at, bytes.len);
    w->len += bytes.len;
}

static bool
breaks_out(char octet)
{
    return octet == '\r' || octet == '\n' || octet == '\0';
}

/* Whether one of these eight octets is below 14, as CR, LF and NUL are: the borrow of a
 * subtraction shows in the octet's highest bit, unless that was set before. */
static bool
may_break_out(const char *at)
{
    static const uint64_t ones = 0x0101010101010101;
    uint64_t octets;

    memcpy(&octets, at, sizeof octets);
    return ((octets - 14 * ones) & ~octets & 0x80 * ones) != 0;
}

/* How many octets of the value can be written as they are. */
static size_t
plain_run(struct slice value)
{
    size_t plain = 0;

    while (value.len - plain >= 8 && !may_break_out(value.at + plain))
        plain += 8;
    while (plain < value.len && !breaks_out(value.at[plain]))
        plain++;
    return plain;
}

/* How many octets at the end of what was written since `start` are `octet`. */
static size_t
written_run(const struct writer *w, size_t start, char octet)
{
    size_t count = 0;

    while (w->len - count > start && w->at[w->len - count - 1] == octet)
        count++;
    return count;
}

/* A NUL in a quoted-pair goes with its backslash, which would escape the next octet. */
static void
drop_nul(struct writer *w, size_t start)
{
    if (written_run(w, start, '\\') % 2 == 1)
        w->len--;
}

/* Takes a line break with the blanks around it; one SP is left of them, unless the value
 * starts or ends there. A line break without blanks is no fold, and leaves nothing. */
static void
drop_break(struct writer *w, size_t start, struct slice *value)
{
    size_t before = w->len, run = scan_run(*value, SCAN_LWS);
    bool has_blank = slice_find(slice_head(*value, run), ' ') < run ||
                     slice_find(slice_head(*value, run), '\t') < run;

    while (w->len > start && (w->at[w->len - 1] == ' ' || w->at[w->len - 1] == '\t'))
        w->len--;
    has_blank = has_blank || w->len < before;
    *value = slice_skip(*value, run);
    if (has_blank && w->len > start && value->len > 0)
        writer_bytes(w, SLICE(" "));
}

void
writer_value(struct writer *w, struct slice value)
{
    size_t start = w->len;

    while (value.len > 0 && !w->overflow) {
        writer_bytes(w, scan_take_head(&value, plain_run(value)));
        if (value.len == 0 || w->overflow)
            return;
        if (scan_byte(&value, '\0'))
            drop_nul(w, start);
        else
            drop_break(w, start, &value);
    }
}

size_t
digits_write(uint64_t number, char *out)
{
    char digits[DIGITS_MAX];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    memcpy(out, digits + at, sizeof digits - at);
    return sizeof digits - at;
}

void
writer_number(struct writer *w, uint64_t number)
{
    char digits[DIGITS_MAX];

    writer_bytes(w, slice_of(digits, digits_write(number, digits)));
}

void
writer_header(struct writer *w, struct slice name, struct slice value)
{
    writer_bytes(w, name);
    writer_bytes(w, SLICE(": "));
    writer_value(w, value);
    writer_bytes(w, SLICE("\r\n"));
}

void
writer_body(struct writer *w, struct slice body)
{
    writer_bytes(w, SLICE("Content-Length: "));
    writer_number(w, body.len);
    writer_bytes(w, SLICE("\r\n\r\n"));
    writer_bytes(w, body);
}

void
writer_request_line(struct writer *w, struct slice method, struct slice uri)
{
    writer_value(w, method);
    writer_bytes(w, SLICE(" "));
    writer_value(w, uri);
    writer_bytes(w, SLICE(" SIP/2.0\r\n"));
}
