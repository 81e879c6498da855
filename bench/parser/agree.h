/* agree - every parser takes every message of an input, and finds the same values in it.
 *
 * A benchmark of parsers that do different work says nothing.
 */
#ifndef BENCH_PARSER_AGREE_H
#define BENCH_PARSER_AGREE_H

#include "bench/parser/input.h"

/* Ends the program, naming parser, message and value, where they do not agree. */
void
agree(const struct input *input);

#endif
