/* escape - text of strangers, made fit for one line of a log or a terminal.
 *
 * Well-formed UTF-8 (RFC 3629) stays as it is, but for what steers a terminal or reorders
 * the line: C0 and C1 controls, DEL, line and paragraph separators, and the marks of
 * bidirectional text. Those, and octets that are not UTF-8, are written as \xNN.
 */
#ifndef ESCAPE_H
#define ESCAPE_H

#include "parser/slice.h"

/* Octets of the character at the start; 0 when it is not well-formed UTF-8. */
size_t
utf8_length(struct slice text);

bool
utf8_is_valid(struct slice text);

/* As utf8_length; 0 also for a character that has to be escaped. */
size_t
escape_printable(struct slice text);

/* Writes the text, with a backslash before each character of `special`. Returns the bytes
 * written, without NUL; what does not fit is cut at a character, and "..." shows it. */
size_t
escape_text(struct slice text, const char *special, char *out, size_t room);

#endif
