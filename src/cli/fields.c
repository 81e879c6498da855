#include "src/cli/fields.h"

#include "src/cli/base64.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct message_json_memory *
message_json_memory_new(void)
{
    return malloc(sizeof(struct message_json_memory));
}

void
message_json_memory_free(struct message_json_memory *memory)
{
    free(memory);
}

bool
fields_refuse(struct fields *r, const char *format, ...)
{
    va_list words;

    va_start(words, format);
    vsnprintf(r->why, MESSAGE_WHY, format, words);
    va_end(words);
    return false;
}

char *
fields_take(struct fields *r, size_t len)
{
    struct message_json_memory *memory = r->memory;

    if (len > sizeof memory->octets - memory->used)
        return NULL;
    memory->used += len;
    return memory->octets + memory->used - len;
}

static bool
decode(struct fields *r, const char *key, struct slice letters, struct slice *out)
{
    char *octets = fields_take(r, letters.len / 4 * 3);
    size_t len;

    if (octets == NULL)
        return fields_refuse(r, "%s_base64 is too long", key);
    if (!base64_decode(letters, octets, &len))
        return fields_refuse(r, "%s_base64 is not base64", key);
    *out = slice_of(octets, len);
    return true;
}

bool
fields_octets(struct fields *r, const json_t *object, const char *key, size_t max,
              struct slice *out)
{
    const json_t *plain = json_object_get(object, key), *value = plain;
    char other[32];

    *out = slice_absent();
    if (value == NULL || json_is_null(value)) {
        snprintf(other, sizeof other, "%s_base64", key);
        value = json_object_get(object, other);
    }
    if (value == NULL || json_is_null(value))
        return true;
    if (!json_is_string(value))
        return fields_refuse(r, "%s is not a string", key);
    *out = slice_of(json_string_value(value), json_string_length(value));
    if (value != plain && !decode(r, key, *out, out))
        return false;
    return out->len <= max || fields_refuse(r, "%s is longer than %zu bytes", key, max);
}

bool
fields_text(struct fields *r, const json_t *object, const char *key, size_t max,
            struct slice *out)
{
    if (!fields_octets(r, object, key, max, out))
        return false;
    for (struct slice s = *out; s.len > 0; s = slice_skip(s, 1))
        if (s.at[0] == '\r' || s.at[0] == '\n' || s.at[0] == '\0')
            return fields_refuse(r, "%s holds a line break or a NUL", key);
    return true;
}

/* Of the year 9999, the last that a Date can say. */
#define LAST_SECOND INT64_C(253402300799)

bool
fields_time(struct fields *r, const char *key, int64_t from, int64_t *out)
{
    const json_t *value = json_object_get(r->object, key);
    int64_t time_s;

    if (value == NULL)
        return true;
    if (!json_is_integer(value))
        return fields_refuse(r, "%s is not a whole number", key);
    time_s = json_integer_value(value);
    if (time_s < from || time_s > LAST_SECOND)
        return fields_refuse(r, "%s is not a time", key);
    *out = time_s;
    return true;
}

bool
fields_hex(struct slice hex, struct hash128 *out)
{
    static const char hex_digits[] = "0123456789abcdef";

    if (hex.len != 2 * sizeof out->bytes)
        return false;
    for (size_t i = 0; i < hex.len; i++) {
        const char *digit = memchr(hex_digits, ascii_lower(hex.at[i]), 16);
        if (digit == NULL)
            return false;
        out->bytes[i / 2] = (uint8_t)(out->bytes[i / 2] << 4 | (digit - hex_digits));
    }
    return true;
}
