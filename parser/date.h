/* date - the Date header: "Sat, 13 Nov 2010 23:29:00 GMT" (RFC 3261 20.17, RFC 1123).
 *
 * Units  Seconds since 1970 UTC.
 */
#ifndef PARSER_DATE_H
#define PARSER_DATE_H

#include "parser/slice.h"

#include <stdint.h>

enum {
    DATE_BYTES = 29,
};

/* False when it is not an rfc1123-date in GMT, or no such day exists. */
bool
date_parse(struct slice text, int64_t *out_s);

/* Writes DATE_BYTES bytes, no NUL. Years 0 to 9999. */
void
date_write(int64_t time_s, char out[DATE_BYTES]);

#endif
