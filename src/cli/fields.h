/* fields - the members of a JSON object that a stranger wrote, taken out one by one.
 *
 * Memory  Texts point into the object, or into the memory where they were in base64.
 * Errors  False: `why` is set, and the output is not to be looked at.
 */
#ifndef CLI_FIELDS_H
#define CLI_FIELDS_H

#include "src/cli/message_json.h"

enum {
    FIELDS_OCTETS = 1024 * 1024, /* a line that is read has no more */
};

struct message_json_memory {
    char octets[FIELDS_OCTETS];
    size_t used;
};

struct fields {
    const json_t *object;
    struct message_json_memory *memory;
    char *why; /* MESSAGE_WHY bytes */
};

/* Sets why. Always false, for the caller to return. */
bool
fields_refuse(struct fields *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Room for `len` octets that live as long as the record; NULL: there is none. */
char *
fields_take(struct fields *r, size_t len);

/* The text under `key`, or under its base64 form; absent where neither is there. `object` is
 * r->object or one within it. */
bool
fields_octets(struct fields *r, const json_t *object, const char *key, size_t max,
              struct slice *out);

/* As fields_octets, and fit for a line of a request: a break would begin the next one. */
bool
fields_text(struct fields *r, const json_t *object, const char *key, size_t max,
            struct slice *out);

/* Seconds since 1970, not before `from`. Without the key *out stays as it is. */
bool
fields_time(struct fields *r, const char *key, int64_t from, int64_t *out);

/* False, and why is not set, when it is not 32 hex digits. */
bool
fields_hex(struct slice hex, struct hash128 *out);

#endif
