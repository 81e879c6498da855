#include "tests/sip_text.h"

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
    struct message m; /* first: it is what the test holds */
    char *bytes;      /* owned */
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

struct message *
sip_text(const char *format, ...)
{
    char *text = malloc(TEXT_MAX), *wire = malloc(2 * TEXT_MAX);
    struct parsed *parsed = calloc(1, sizeof *parsed);
    enum parse_status status;
    size_t len;
    va_list values;

    va_start(values, format);
    assert_in_range(vsnprintf(text, TEXT_MAX, format, values), 1, TEXT_MAX - 3);
    va_end(values);
    len = with_crlf(text, wire);
    parsed->bytes = malloc(len);
    memcpy(parsed->bytes, wire, len);
    status = message_parse(&parsed->m, slice_of(parsed->bytes, len), MESSAGE_DATAGRAM);
    if (status != PARSE_OK)
        print_error("%s\n%s", parsed->m.why, text);
    assert_int_equal(status, PARSE_OK);
    free(text);
    free(wire);
    return &parsed->m;
}

void
sip_text_free(struct message *m)
{
    struct parsed *parsed = (struct parsed *)(void *)m;

    free(parsed->bytes);
    free(parsed);
}
