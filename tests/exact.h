/* exact - text in memory of exactly its size, so that one octet of overreading is caught. */
#ifndef TESTS_EXACT_H
#define TESTS_EXACT_H

#include "parser/slice.h"

/* A copy; exact_free gives it back. */
struct slice
exact(struct slice text);

/* From now on so many octets lie behind each copy. What they are changes from one copy to the
 * next: NULs, 0xff, line ends, digits. Nothing may depend on them. */
void
exact_slack(size_t octets);

/* Writes them, those of the next turn. */
void
exact_fill(char *at, size_t octets);

/* A copy with MESSAGE_SLACK octets of that kind behind it, for who hands it to message_parse. */
struct slice
exact_message(struct slice text);

struct slice
exact_text(const char *text);

void
exact_free(struct slice copy);

/* Fails the test where the slice is not the text. */
void
expect_slice(struct slice s, const char *text);

/* Fails where `part` is neither absent nor within `whole`. */
void
expect_within(struct slice part, struct slice whole);

/* A row of a table: the test says which one fails. */
void
begin_row(const char *label);

#endif
