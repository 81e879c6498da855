#include "bench/parser/table.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

static char *
next_cell(struct table *t)
{
    assert(t->filled < TABLE_COLUMNS_MAX);
    return t->text[t->rows - 1][t->filled++];
}

void
table_start(struct table *t, const char *name)
{
    memset(t, 0, sizeof *t);
    table_row(t, name);
    t->columns = 1;
}

void
table_head(struct table *t, const char *head)
{
    assert(t->rows == 1);
    table_cell(t, "%s", head);
    t->columns = t->filled;
}

void
table_row(struct table *t, const char *name)
{
    assert(t->rows < TABLE_ROWS_MAX);
    t->rows++;
    t->filled = 0;
    table_cell(t, "%s", name);
}

void
table_cell(struct table *t, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(next_cell(t), TABLE_TEXT_MAX, format, arguments);
    va_end(arguments);
}

static size_t
width_of(const struct table *t, size_t column)
{
    size_t width = 0;

    for (size_t row = 0; row < t->rows; row++) {
        size_t len = strlen(t->text[row][column]);

        width = len > width ? len : width;
    }
    return width;
}

/* Under the head: names to the left, figures to the right. */
static void
print_rule(const struct table *t, FILE *out)
{
    for (size_t column = 0; column < t->columns; column++) {
        fprintf(out, column == 0 ? "| " : " ");
        for (size_t i = width_of(t, column); i > 1; i--)
            fputc('-', out);
        fprintf(out, column == 0 ? "- |" : ": |");
    }
    fputc('\n', out);
}

void
table_print(const struct table *t, FILE *out)
{
    for (size_t row = 0; row < t->rows; row++) {
        fprintf(out, "| %-*s |", (int)width_of(t, 0), t->text[row][0]);
        for (size_t column = 1; column < t->columns; column++)
            fprintf(out, " %*s |", (int)width_of(t, column), t->text[row][column]);
        fputc('\n', out);
        if (row == 0)
            print_rule(t, out);
    }
    fputc('\n', out);
}
