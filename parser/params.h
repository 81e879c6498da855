/* params - lists and ";name=value" parameters, aware of quotes and brackets (RFC 3261 25.1). */
#ifndef PARSER_PARAMS_H
#define PARSER_PARAMS_H

#include "parser/slice.h"

#include <stdint.h>

/* Takes the next ";name" or ";name=value" off *rest, judging it by the grammar: a value is a
 * quoted string or a run of what may stand without quotes, and is not empty. PARAM_NONE:
 * something other than ';' comes next, and nothing is taken. PARAM_BAD: nothing is taken. */
enum param_taken {
    PARAM_NONE,
    PARAM_TAKEN,
    PARAM_BAD,
};

enum param_taken
params_take(struct slice *rest, struct slice *name, struct slice *value);

/* Takes a parameter off *rest that begins so, with ";name=" in lower case, and goes on with a
 * value without quotes or blanks: what there mostly is. False, and nothing taken, otherwise.
 *     params_take_plain(&rest, SCAN_PADDED(";tag="), &value)          see parser/scan.h */
bool
params_take_plain(struct slice *rest, const char *start, size_t len, struct slice *value);

/* The next ";name" or ";name=value" of *rest, which moves behind it. A value that was quoted
 * comes with its quotes; a flag has an absent value. False at the end. Linear over the
 * whole walk. Expects text that a parser has accepted. */
bool
params_next(struct slice *rest, struct slice *name, struct slice *value);

/* The value of the first parameter of that name (any case): absent where there is none,
 * empty for a flag. */
struct slice
params_find(struct slice params, struct slice name);

/* A quoted value without its quotes; anything else as it is. */
struct slice
params_unquoted(struct slice value);

/* The next element of a comma-separated list, trimmed; commas within quotes and <> do not
 * separate. Empty elements are left out. False at the end. */
bool
list_next(struct slice *rest, struct slice *element);

/* The same with the empty elements, for lists that may have none: "a," has two. Absent *rest
 * is the end; an empty list has one empty element. */
bool
list_cut(struct slice *rest, struct slice *element);

/* 1*DIGIT, without sign or blank; saturates at UINT32_MAX. False when it is anything else. */
bool
number_parse(struct slice digits, uint32_t *out);

#endif
