/* same_message - whether two readings of one text say the same.
 *
 * Everything that a caller may look at counts: numbers, faults and their reasons, the table of
 * lines and its index; slices by where they lie in their text, and absent is not empty. After
 * PARSE_PARTIAL nothing may be looked at, so there is nothing to compare.
 *
 * It needs no test library: fuzzers use it too.
 */
#ifndef TESTS_SAME_MESSAGE_H
#define TESTS_SAME_MESSAGE_H

#include "parser/message.h"

/* `base_a` is the first octet of the text that `a` was read from. False: *field names the
 * first that differs, "via.branch". */
bool
same_message(const struct message *a, const struct message *b, const char *base_a,
             const char *base_b, const char **field);

#endif
