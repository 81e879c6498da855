/* params - lists and ";name=value" parameters, aware of quotes and brackets (RFC 3261 25.1). */
#ifndef PARSER_PARAMS_H
#define PARSER_PARAMS_H

#include "parser/slice.h"

#include <stdint.h>

/* The next ";name" or ";name=value" of *rest, which moves behind it. A value that was quoted
 * comes with its quotes; a flag has an absent value. False at the end. Linear over the
 * whole walk. Expects text that a parser has accepted. */
bool
params_next(struct slice *rest, struct slice *name, struct slice *value);

/* The value of the first parameter of that name (any case): absent where there is none,
 * empty for a flag. */
struct slice
params_find(struct slice params, struct slice name);

/* The next element of a comma-separated list, trimmed; commas within quotes and <> do not
 * separate. False at the end. */
bool
list_next(struct slice *rest, struct slice *element);

/* 1*DIGIT, without sign or blank; saturates at UINT32_MAX. False when it is anything else. */
bool
number_parse(struct slice digits, uint32_t *out);

#endif
