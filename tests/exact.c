#include "tests/exact.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *row;

struct slice
exact(struct slice text)
{
    char *at = malloc(text.len);

    assert_non_null(at);
    if (text.len > 0)
        memcpy(at, text.at, text.len);
    return slice_of(at, text.len);
}

struct slice
exact_text(const char *text)
{
    return exact(slice_of(text, strlen(text)));
}

void
exact_free(struct slice copy)
{
    free((void *)(uintptr_t)copy.at);
}

void
expect_slice(struct slice s, const char *text)
{
    if (text == NULL
            ? slice_is_absent(s)
            : !slice_is_absent(s) && slice_equal(s, slice_of(text, strlen(text))))
        return;
    fail_msg("row %s: \"%.*s\" is not \"%s\"", row == NULL ? "-" : row, SLICE_ARG(s),
             text == NULL ? "(absent)" : text);
}

void
expect_within(struct slice part, struct slice whole)
{
    if (slice_is_absent(part))
        return;
    assert_true(part.at >= whole.at);
    assert_true(part.len <= whole.len);
    assert_true(part.at + part.len <= whole.at + whole.len);
}

void
begin_row(const char *label)
{
    row = label;
}
