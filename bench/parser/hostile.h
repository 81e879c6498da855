/* hostile - messages that are made to be slow to read.
 *
 * A REGISTER with all that it needs, one place of which is grown by repeating something: a
 * quoted string that does not end, ten thousand parameters, folds and nothing else. A parser
 * whose time per octet grows with the size looks at something more than once.
 */
#ifndef BENCH_PARSER_HOSTILE_H
#define BENCH_PARSER_HOSTILE_H

#include <stddef.h>

/* "quoted string without end". NULL behind the last. */
const char *
hostile_name(size_t n);

/* Writes the message, `size` octets or a little less; returns its length. */
size_t
hostile_write(size_t n, size_t size, char *out);

#endif
