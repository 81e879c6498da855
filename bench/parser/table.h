/* table - columns of text, laid out so that a terminal and Markdown both show them well.
 *
 *     table_start(&t, "parser");
 *     table_head(&t, "ns");
 *     table_row(&t, "sipsilo");
 *     table_cell(&t, "%.1f", ns);
 *     table_print(&t, stdout);
 *
 * Limits  TABLE_ROWS_MAX, TABLE_COLUMNS_MAX; a longer text is cut at TABLE_TEXT_MAX.
 */
#ifndef BENCH_PARSER_TABLE_H
#define BENCH_PARSER_TABLE_H

#include <stddef.h>
#include <stdio.h>

enum {
    TABLE_ROWS_MAX = 64,
    TABLE_COLUMNS_MAX = 12,
    TABLE_TEXT_MAX = 40,
};

struct table {
    size_t rows, columns; /* with the head and the names */
    size_t filled;        /* cells of the last row */
    char text[TABLE_ROWS_MAX][TABLE_COLUMNS_MAX][TABLE_TEXT_MAX];
};

/* Forgets what was there. `name` is the head of the first column, that of the rows' names. */
void
table_start(struct table *table, const char *name);

/* One more column. All heads come before the first row. */
void
table_head(struct table *table, const char *head);

void
table_row(struct table *table, const char *name);

/* The next cell of the row that was started last. */
__attribute__((format(printf, 2, 3))) void
table_cell(struct table *table, const char *format, ...);

void
table_print(const struct table *table, FILE *out);

#endif
