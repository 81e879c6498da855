/* worst - what hostile messages cost an octet, by size: it must not grow with it.
 *
 * Each of sipsilo's variants parses the message whole. The stream is given to parser/framing.h
 * octet by octet, with a look after each, as the slowest of senders would have it.
 */
#ifndef BENCH_PARSER_WORST_H
#define BENCH_PARSER_WORST_H

#include <stdbool.h>
#include <stdio.h>

/* Measures and prints. Ends the program where variants disagree about a message. False where
 * an octet costs much more in a long message than in a short one. */
bool
worst_print(FILE *out[], size_t outs);

#endif
