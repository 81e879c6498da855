/* message_json - a stored message as a JSON object, and back.
 *
 * Shape   Keys are the columns of the msilo table: mid, src_addr, dst_addr, r_uri, username,
 *         domain, inc_time, exp_time, ctype, callid, size. A whole message has besides
 *         src_name, dst_name, date, origin (hex), headers (an array of {"name", "value"})
 *         and body. A text that JSON cannot hold (not UTF-8, or a NUL) stands under its key
 *         and "_base64" instead; an absent one is null.
 * Memory  A record that was read points into the object and into the message_json_memory.
 * Errors  What is read is not trusted: whoever wrote it may have meant to put lines of his
 *         own into a request. `why` says what is wrong in a few words.
 * Limits  A text or body MESSAGE_BYTES_MAX, headers MESSAGE_HEADERS_MAX, all of it RECORD_MAX.
 */
#ifndef CLI_MESSAGE_JSON_H
#define CLI_MESSAGE_JSON_H

#include "store/record.h"

#include <jansson.h>

enum {
    MESSAGE_HEADERS_MAX = 128 * 1024, /* compact names are longer when they are stored */
    MESSAGE_WHY = 128,
};

/* The columns alone. NULL: out of memory. */
json_t *
message_json_columns(const struct record *record);

/* All of it: what message_json_read makes the same record of. */
json_t *
message_json_whole(const struct record *record);

/* The octets that a record needs besides what the JSON object holds. */
struct message_json_memory;

struct message_json_memory *
message_json_memory_new(void);

void
message_json_memory_free(struct message_json_memory *memory);

/* False: `why` is set. `memory` serves one record at a time. mid and size are not looked at;
 * without origin it is computed; headers that are never kept are left out. */
bool
message_json_read(const json_t *object, struct message_json_memory *memory,
                  struct record *out, char why[MESSAGE_WHY]);

#endif
