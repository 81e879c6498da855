/* input - the messages that parsers are measured with.
 *
 * "message", "register", "invite" and "folded" are one message each, of bench/corpus; a message
 * that is parsed again and again is learnt by the branch predictor. "mix512" is 512 different
 * MESSAGE and REGISTER requests in an order without pattern: the honest number. It is made
 * from a fixed seed, the same on every machine.
 *
 * Memory  Each message starts at a multiple of 64 and has MESSAGE_SLACK octets behind it.
 */
#ifndef BENCH_PARSER_INPUT_H
#define BENCH_PARSER_INPUT_H

#include "parser/slice.h"

struct input {
    const char *name;
    size_t count;
    struct slice *message; /* so many; owned */
    size_t bytes;          /* of all of them */
    char *memory;          /* owned */
};

/* The names, in the order of tables. NULL behind the last. */
const char *
input_name(size_t n);

/* Ends the program, with a reason, where the input is unknown or cannot be read. */
struct input
input_open(const char *name);

void
input_close(struct input *input);

#endif
