/* What fails a test, apart from the memory, which fuzz targets use as well. */
#include "tests/exact.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

static const char *row;

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
