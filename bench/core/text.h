/* text - the requests of the bench's phones, and their answers.
 *
 * Users have numbers and are called "user00042@example.org". A request's number tells it
 * apart from all others.
 *
 * Memory  MESSAGE_SLACK octets lie behind a text.
 */
#ifndef BENCH_CORE_TEXT_H
#define BENCH_CORE_TEXT_H

#include "parser/message.h"
#include "src/sip/transport.h"

enum {
    TEXT_MAX = 2048,
    TEXT_BODY = 128,
};

struct text {
    size_t len;
    char bytes[TEXT_MAX + MESSAGE_SLACK];
};

struct slice
text_bytes(const struct text *text);

/* Where the user's phone is. */
struct flow
text_flow(uint32_t user);

/* From somebody who writes to all. */
void
text_message(struct text *text, uint32_t number, uint32_t user);

/* The `number`th one of this phone, from 1. */
void
text_register(struct text *text, uint32_t number, uint32_t user);

/* To the server itself. */
void
text_options(struct text *text, uint32_t number);

/* 200 to a request that the server wrote. */
void
text_ok(struct text *text, struct slice request);

/* Of a response; 0: it is a request. */
unsigned
text_status(struct slice message);

/* Whose AoR it is. */
uint32_t
text_user(struct slice aor);

#endif
