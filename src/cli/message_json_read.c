#include "src/cli/message_json.h"

#include "parser/header.h"
#include "parser/message.h"
#include "parser/name_addr.h"
#include "src/cli/fields.h"

#include <inttypes.h>
#include <stdio.h>

static bool
get_required(struct fields *r, const char *key, struct slice *out)
{
    if (!fields_text(r, r->object, key, MESSAGE_BYTES_MAX, out))
        return false;
    return out->len > 0 || fields_refuse(r, "%s is missing", key);
}

/* Of the year 0, the first that a Date can say. */
#define FIRST_SECOND INT64_C(-62167219200)

static bool
get_times(struct fields *r, struct record *record)
{
    record->inc_time_s = record->exp_time_s = -1;
    if (!fields_time(r, "inc_time", 0, &record->inc_time_s) ||
        !fields_time(r, "exp_time", 0, &record->exp_time_s) ||
        !fields_time(r, "date", FIRST_SECOND, &record->date_s))
        return false;
    if (record->inc_time_s < 0)
        return fields_refuse(r, "inc_time is missing");
    return record->exp_time_s >= 0 || fields_refuse(r, "exp_time is missing");
}

/* "sip:" USER "@" DOMAIN has to be a URI of which these are user and host. */
static bool
get_aor(struct fields *r, struct slice *out)
{
    struct slice user, domain;
    const char *why = "no URI";
    struct uri uri;
    char *text, *aor = fields_take(r, AOR_MAX);
    size_t len;

    if (!get_required(r, "username", &user) || !get_required(r, "domain", &domain))
        return false;
    len = strlen("sip:") + user.len + 1 + domain.len;
    text = fields_take(r, len);
    if (aor == NULL || text == NULL)
        return fields_refuse(r, "username and domain are too long");
    memcpy(text, "sip:", 4);
    memcpy(text + 4, user.at, user.len);
    text[4 + user.len] = '@';
    memcpy(text + 4 + user.len + 1, domain.at, domain.len);
    if (uri_parse(slice_of(text, len), &uri, &why) != PARSE_OK)
        return fields_refuse(r, "username and domain: %s", why);
    if (!slice_equal(uri.user, user) || !slice_equal_nocase(uri.host, domain))
        return fields_refuse(r, "username and domain are more than user and host");
    len = uri_canonical_aor(&uri, aor, AOR_MAX);
    *out = slice_of(aor, len);
    return len > 0 || fields_refuse(r, "username and domain are no address of record");
}

/* Display name and URI as they will stand in From and To: read as one, they must come out
 * as they went in, or the one could end the other. */
static bool
get_address(struct fields *r, const char *uri_key, const char *name_key,
            struct slice *uri, struct slice *name)
{
    struct name_addr address;
    const char *why = "no URI";
    struct slice end = slice_absent();
    char *text;
    size_t len;

    if (!get_required(r, uri_key, uri) ||
        !fields_text(r, r->object, name_key, MESSAGE_BYTES_MAX, name))
        return false;
    len = name->len + 2 + uri->len + 1;
    text = fields_take(r, len);
    if (text == NULL)
        return fields_refuse(r, "%s is too long", uri_key);
    if (name->len > 0)
        memcpy(text, name->at, name->len);
    memcpy(text + name->len, " <", 2);
    memcpy(text + name->len + 2, uri->at, uri->len);
    text[len - 1] = '>';
    if (name_addr_parse(slice_trim(slice_of(text, len)), &address, &why) != PARSE_OK)
        return fields_refuse(r, "%s: %s", uri_key, why);
    if (!slice_is_absent(address.display))
        end = slice_trim(*name);
    if (!slice_equal(address.uri.text, *uri) || !slice_equal(address.display, end) ||
        address.params.len > 0)
        return fields_refuse(r, "%s and %s are more than a name and a URI", name_key,
                             uri_key);
    return true;
}

static bool
get_r_uri(struct fields *r, struct slice *out)
{
    const char *why = "no URI";
    struct uri uri;

    if (!get_required(r, "r_uri", out))
        return false;
    return uri_parse(*out, &uri, &why) == PARSE_OK || fields_refuse(r, "r_uri: %s", why);
}

/* RFC 3261 25.1, token: what a header name is made of. */
static bool
is_token(struct slice text)
{
    if (text.len == 0)
        return false;
    for (; text.len > 0; text = slice_skip(text, 1)) {
        char c = ascii_lower(text.at[0]);
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
            (c == '\0' || strchr("-.!%*_+`'~", c) == NULL))
            return false;
    }
    return true;
}

/* What the silo writes itself, and what is never kept of a message: a second one of these
 * would make the request say two things. */
static const bool never_kept[HEADER_COUNT] = {
    [HEADER_ACCEPT] = true,
    [HEADER_ALLOW] = true,
    [HEADER_AUTHORIZATION] = true,
    [HEADER_CALL_ID] = true,
    [HEADER_CONTACT] = true,
    [HEADER_CONTENT_LENGTH] = true,
    [HEADER_CONTENT_TYPE] = true,
    [HEADER_CSEQ] = true,
    [HEADER_DATE] = true,
    [HEADER_EXPIRES] = true,
    [HEADER_FROM] = true,
    [HEADER_MAX_FORWARDS] = true,
    [HEADER_MIN_EXPIRES] = true,
    [HEADER_P_ACCESS_NETWORK_INFO] = true,
    [HEADER_PATH] = true,
    [HEADER_PROXY_AUTHENTICATE] = true,
    [HEADER_PROXY_AUTHORIZATION] = true,
    [HEADER_PROXY_REQUIRE] = true,
    [HEADER_RECORD_ROUTE] = true,
    [HEADER_REQUIRE] = true,
    [HEADER_RETRY_AFTER] = true,
    [HEADER_ROUTE] = true,
    [HEADER_SUPPORTED] = true,
    [HEADER_TO] = true,
    [HEADER_UNSUPPORTED] = true,
    [HEADER_VIA] = true,
    [HEADER_WWW_AUTHENTICATE] = true,
};

static bool
is_kept(struct slice name)
{
    return !never_kept[header_id_of(name)] &&
           !slice_equal_nocase(slice_head(name, 6), SLICE("Proxy-"));
}

/* Appends one line to the `*len` octets at `room`. */
static bool
add_header(struct fields *r, const json_t *object, char *room, size_t *len)
{
    struct slice name, value;
    size_t added;

    if (!json_is_object(object))
        return fields_refuse(r, "headers has an element that is not an object");
    if (!fields_text(r, object, "name", MESSAGE_BYTES_MAX, &name) ||
        !fields_text(r, object, "value", MESSAGE_BYTES_MAX, &value))
        return false;
    if (!is_token(name))
        return fields_refuse(r, "headers has a name that is none");
    if (!is_kept(name))
        return true;
    value = slice_trim(value); /* as it is exported (RFC 3261 7.3.1) */
    added = name.len + 2 + value.len + 2;
    if (added > MESSAGE_HEADERS_MAX - *len)
        return fields_refuse(r, "headers are longer than %d bytes", MESSAGE_HEADERS_MAX);
    memcpy(room + *len, name.at, name.len);
    memcpy(room + *len + name.len, ": ", 2);
    if (value.len > 0)
        memcpy(room + *len + name.len + 2, value.at, value.len);
    memcpy(room + *len + added - 2, "\r\n", 2);
    *len += added;
    return true;
}

static bool
get_headers(struct fields *r, struct slice *out)
{
    const json_t *array = json_object_get(r->object, "headers");
    char *room = fields_take(r, MESSAGE_HEADERS_MAX);
    size_t len = 0;

    if (room == NULL)
        return fields_refuse(r, "headers are too long");
    if (array != NULL && !json_is_array(array))
        return fields_refuse(r, "headers is not an array");
    for (size_t i = 0; i < json_array_size(array); i++)
        if (!add_header(r, json_array_get(array, i), room, &len))
            return false;
    *out = slice_of(room, len);
    return true;
}

/* Rows that other programs wrote have no origin: one is made of what tells messages apart,
 * with a key that never changes, so that the same row makes the same origin tomorrow. */
static struct hash128
computed_origin(const struct record *record)
{
    static const struct hash_key key;
    char inc_time[24];
    int len = snprintf(inc_time, sizeof inc_time, "%" PRId64, record->inc_time_s);
    const struct slice parts[] = {
        record->aor,      record->src_addr,
        record->dst_addr, slice_of(inc_time, (size_t)len),
        record->call_id,  record->ctype,
        record->body,
    };

    return siphash128_parts(&key, parts, sizeof parts / sizeof parts[0]);
}

static bool
get_origin(struct fields *r, struct record *record)
{
    struct hash128 origin = { { 0 } };
    struct slice hex;

    if (!fields_text(r, r->object, "origin", MESSAGE_BYTES_MAX, &hex))
        return false;
    if (slice_is_absent(hex))
        origin = computed_origin(record);
    else if (!fields_hex(hex, &origin))
        return fields_refuse(r, "origin is not 32 hex digits");
    record->origin = origin;
    return true;
}

static bool
read_all(struct fields *r, struct record *record)
{
    if (!get_aor(r, &record->aor) ||
        !get_address(r, "src_addr", "src_name", &record->src_addr, &record->src_name) ||
        !get_address(r, "dst_addr", "dst_name", &record->dst_addr, &record->dst_name) ||
        !get_r_uri(r, &record->r_uri) || !get_times(r, record) ||
        !fields_text(r, r->object, "ctype", MESSAGE_BYTES_MAX, &record->ctype) ||
        !fields_text(r, r->object, "callid", MESSAGE_BYTES_MAX, &record->call_id) ||
        !fields_octets(r, r->object, "body", MESSAGE_BYTES_MAX, &record->body) ||
        !get_headers(r, &record->headers))
        return false;
    if (slice_is_absent(record->body))
        record->body = SLICE("");
    if (slice_is_absent(record->call_id))
        record->call_id = SLICE("");
    return get_origin(r, record);
}

bool
message_json_read(const json_t *object, struct message_json_memory *memory,
                  struct record *out, char why[MESSAGE_WHY])
{
    struct fields r = { .object = object, .memory = memory, .why = why };
    struct record record = { .id = 0 };

    memory->used = 0;
    if (!json_is_object(object))
        return fields_refuse(&r, "not a JSON object");
    if (!read_all(&r, &record))
        return false;
    if (record_size(&record) > RECORD_MAX)
        return fields_refuse(&r, "larger than %d bytes", RECORD_MAX);
    *out = record;
    return true;
}
