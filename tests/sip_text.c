#include "tests/sip_text.h"
#include "tests/exact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    TEXT_MAX = 65536,
};

struct parsed {
    struct message m;   /* first: it is what the test holds */
    struct slice bytes; /* owned */
};

static size_t
with_crlf(const char *text, char *out)
{
    size_t len = 0;

    for (; *text != '\0'; text++) {
        if (*text == '\n')
            out[len++] = '\r';
        out[len++] = *text;
    }
    out[len++] = '\r';
    out[len++] = '\n';
    return len;
}

static struct parsed *
parse(const char *format, va_list values, enum parse_status *status)
{
    char *text = malloc(TEXT_MAX), *wire = malloc(2 * TEXT_MAX);
    struct parsed *parsed = calloc(1, sizeof *parsed);
    size_t len;

    assert_in_range(vsnprintf(text, TEXT_MAX, format, values), 1, TEXT_MAX - 3);
    len = with_crlf(text, wire);
    parsed->bytes = exact_message(slice_of(wire, len));
    *status = message_parse(&parsed->m, parsed->bytes, MESSAGE_DATAGRAM);
    free(text);
    free(wire);
    return parsed;
}

struct message *
sip_text(const char *format, ...)
{
    enum parse_status status;
    struct parsed *parsed;
    va_list values;

    va_start(values, format);
    parsed = parse(format, values, &status);
    va_end(values);
    if (status != PARSE_OK)
        print_error("%s\n", parsed->m.why);
    assert_int_equal(status, PARSE_OK);
    return &parsed->m;
}

struct message *
sip_text_any(const char *format, ...)
{
    enum parse_status status;
    struct parsed *parsed;
    va_list values;

    va_start(values, format);
    parsed = parse(format, values, &status);
    va_end(values);
    return &parsed->m;
}

void
sip_text_free(struct message *m)
{
    struct parsed *parsed = (struct parsed *)(void *)m;

    exact_free(parsed->bytes);
    free(parsed);
}
