#include "src/cli/message_json.h"

#include "parser/writer.h"
#include "src/cli/base64.h"
#include "src/escape.h"

#include <stdio.h>
#include <stdlib.h>

static bool
fits_json(struct slice text)
{
    return utf8_is_valid(text) && slice_find(text, '\0') == text.len;
}

static json_t *
base64_string(struct slice octets)
{
    size_t len = base64_encoded_size(octets.len);
    char *letters = malloc(len + 1);
    json_t *string;

    if (letters == NULL)
        return NULL;
    base64_encode(octets, letters);
    string = json_stringn_nocheck(letters, len);
    free(letters);
    return string;
}

/* jansson takes NULL as a value that failed: one check at the end of a chain is enough. */
static bool
set(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0;
}

static bool
set_text(json_t *object, const char *key, struct slice text)
{
    char other[32];

    if (slice_is_absent(text))
        return set(object, key, json_null());
    if (fits_json(text))
        return set(object, key, json_stringn_nocheck(text.at, text.len));
    snprintf(other, sizeof other, "%s_base64", key);
    return set(object, other, base64_string(text));
}

/* A text of one header field. From the wire it may come folded over lines (RFC 3261 7.3.1);
 * a fold means what one SP means, and is written as one, so that import takes it. */
static bool
set_line(json_t *object, const char *key, struct slice text)
{
    struct writer w;
    char *unfolded;
    bool done;

    if (slice_find(text, '\r') == text.len && slice_find(text, '\n') == text.len)
        return set_text(object, key, text);
    unfolded = malloc(text.len);
    if (unfolded == NULL)
        return false;
    writer_init(&w, unfolded, text.len);
    writer_value(&w, text);
    done = set_text(object, key, writer_done(&w));
    free(unfolded);
    return done;
}

static bool
set_columns(json_t *object, const struct record *record)
{
    struct slice user = record->aor, domain = SLICE("");

    slice_cut(record->aor, '@', &user, &domain);
    return set(object, "mid", json_integer((json_int_t)record->id)) &&
           set_text(object, "src_addr", record->src_addr) &&
           set_text(object, "dst_addr", record->dst_addr) &&
           set_text(object, "r_uri", record->r_uri) &&
           set_text(object, "username", user) && set_text(object, "domain", domain) &&
           set(object, "inc_time", json_integer(record->inc_time_s)) &&
           set(object, "exp_time", json_integer(record->exp_time_s)) &&
           set_line(object, "ctype", record->ctype) &&
           set_line(object, "callid", record->call_id) &&
           set(object, "size", json_integer((json_int_t)record->body.len));
}

static bool
append_header(json_t *array, struct slice line)
{
    struct slice name, value;
    json_t *object;

    if (!slice_cut(line, ':', &name, &value))
        return true; /* no header: nothing that was kept looks so */
    object = json_object();
    if (object != NULL && set_text(object, "name", slice_trim(name)) &&
        set_text(object, "value", slice_trim(value)))
        return json_array_append_new(array, object) == 0;
    json_decref(object);
    return false;
}

static bool
set_headers(json_t *object, struct slice headers)
{
    json_t *array = json_array();
    struct slice line;

    if (!set(object, "headers", array)) /* owns the array from here on */
        return false;
    while (slice_cut(headers, '\n', &line, &headers))
        if (!append_header(array, line))
            return false;
    return true;
}

static bool
set_origin(json_t *object, const struct hash128 *origin)
{
    char hex[2 * sizeof origin->bytes + 1];

    for (size_t i = 0; i < sizeof origin->bytes; i++)
        snprintf(hex + 2 * i, 3, "%02x", origin->bytes[i]);
    return set(object, "origin", json_string(hex));
}

json_t *
message_json_columns(const struct record *record)
{
    json_t *object = json_object();

    if (object != NULL && set_columns(object, record))
        return object;
    json_decref(object);
    return NULL;
}

json_t *
message_json_whole(const struct record *record)
{
    json_t *object = json_object();

    if (object != NULL && set_columns(object, record) &&
        set_line(object, "src_name", record->src_name) &&
        set_line(object, "dst_name", record->dst_name) &&
        set(object, "date", json_integer(record->date_s)) &&
        set_origin(object, &record->origin) && set_headers(object, record->headers) &&
        set_text(object, "body", record->body))
        return object;
    json_decref(object);
    return NULL;
}
