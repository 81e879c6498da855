#include "src/sip/location.h"

#include <stdlib.h>

/* A value is: version byte, checksum, then the bindings of one AoR, best first. Numbers are
 * little-endian. A binding is its numbers and four texts, each behind its length. */

enum {
    VERSION = 1,
    CHECKSUM_AT = 1,
    BINDINGS_AT = CHECKSUM_AT + 8,
    TEXT_ABSENT = 0xffff,
    TEXTS = 4,
    NUMBERS_BYTES = 8 + 4 + 2 + 1 + 1 + 2 + 16 + 2,
    BINDING_BYTES_MIN = NUMBERS_BYTES + TEXTS * 2,
    TAKES_MESSAGE = 1, /* flags */
    IS_VERIFIED = 2,
    REFUSED_MESSAGE = 4,
};

/* Against damage, not against forgery: the key is no secret. */
static uint64_t
checksum(struct slice bytes)
{
    static const struct hash_key key = { "sipsilo location" };

    return siphash64(&key, bytes);
}

static void
put_number(char **at, uint64_t number, int bytes)
{
    for (int i = 0; i < bytes; i++)
        *(*at)++ = (char)(number >> (8 * i) & 0xff);
}

static void
put_text(char **at, struct slice text)
{
    put_number(at, slice_is_absent(text) ? TEXT_ABSENT : text.len, 2);
    if (text.len > 0)
        memcpy(*at, text.at, text.len);
    *at += text.len;
}

static int64_t
utc_of(uint64_t due_ms, struct moment now)
{
    uint64_t rest_ms = due_ms > now.ms ? due_ms - now.ms : 0;

    return now.s + (int64_t)((rest_ms + 999) / 1000);
}

static void
put_binding(char **at, const struct binding *b, struct moment now)
{
    unsigned flags = (b->takes_message ? TAKES_MESSAGE : 0) |
                     (b->is_verified ? IS_VERIFIED : 0) |
                     (b->refused_message ? REFUSED_MESSAGE : 0);

    put_number(at, (uint64_t)utc_of(b->expires_ms, now), 8);
    put_number(at, b->cseq, 4);
    put_number(at, b->q_thousandths, 2);
    put_number(at, flags, 1);
    put_number(at, b->flow.protocol, 1);
    put_number(at, b->flow.listener, 2);
    memcpy(*at, b->flow.peer.ip, sizeof b->flow.peer.ip);
    *at += sizeof b->flow.peer.ip;
    put_number(at, b->flow.peer.port, 2);
    put_text(at, b->contact);
    put_text(at, b->path);
    put_text(at, b->instance);
    put_text(at, b->call_id);
}

static size_t
binding_bytes(const struct binding *b)
{
    return BINDING_BYTES_MIN + b->contact.len + b->path.len + b->instance.len +
           b->call_id.len;
}

size_t
location_encoded_bytes(const struct location *location, struct slice aor)
{
    const struct binding *first = location_find(location, aor);
    size_t len = first == NULL ? 0 : BINDINGS_AT;

    for (const struct binding *b = first; b != NULL; b = b->next)
        len += binding_bytes(b);
    return len;
}

size_t
location_encode(const struct location *location, struct slice aor, struct moment now,
                char *out, size_t room)
{
    const struct binding *first = location_find(location, aor);
    size_t len = location_encoded_bytes(location, aor);
    char *at, *sum_at;

    if (first == NULL || len > room)
        return 0;
    at = out + BINDINGS_AT;
    sum_at = out + CHECKSUM_AT;
    for (const struct binding *b = first; b != NULL; b = b->next)
        put_binding(&at, b, now);
    out[0] = VERSION;
    put_number(&sum_at, checksum(slice_of(out + BINDINGS_AT, len - BINDINGS_AT)), 8);
    return len;
}

/* The caller has seen that so many bytes are there. */
static uint64_t
take_number(struct slice *rest, int bytes)
{
    uint64_t number = 0;

    for (int i = 0; i < bytes; i++)
        number |= (uint64_t)(unsigned char)rest->at[i] << (8 * i);
    *rest = slice_skip(*rest, (size_t)bytes);
    return number;
}

static bool
take_text(struct slice *rest, struct slice *text)
{
    uint64_t len;

    if (rest->len < 2)
        return false;
    len = take_number(rest, 2);
    *text = slice_absent();
    if (len == TEXT_ABSENT)
        return true;
    if (len > rest->len)
        return false;
    *text = slice_head(*rest, len);
    *rest = slice_skip(*rest, len);
    return true;
}

static uint64_t
monotonic_of(int64_t utc_s, struct moment now)
{
    return utc_s <= now.s ? now.ms : now.ms + (uint64_t)(utc_s - now.s) * 1000;
}

static bool
take_binding(struct slice *rest, struct moment now, struct binding *out)
{
    struct binding b = { .next = NULL };
    uint64_t flags, protocol;

    if (rest->len < NUMBERS_BYTES)
        return false;
    b.expires_ms = monotonic_of((int64_t)take_number(rest, 8), now);
    b.cseq = (uint32_t)take_number(rest, 4);
    b.q_thousandths = (uint16_t)take_number(rest, 2);
    flags = take_number(rest, 1);
    protocol = take_number(rest, 1);
    b.takes_message = (flags & TAKES_MESSAGE) != 0;
    b.is_verified = (flags & IS_VERIFIED) != 0;
    b.refused_message = (flags & REFUSED_MESSAGE) != 0;
    b.flow.protocol = (enum protocol)protocol;
    b.flow.listener = (uint16_t)take_number(rest, 2);
    memcpy(b.flow.peer.ip, rest->at, sizeof b.flow.peer.ip);
    *rest = slice_skip(*rest, sizeof b.flow.peer.ip);
    b.flow.peer.port = (uint16_t)take_number(rest, 2);
    if (!take_text(rest, &b.contact) || !take_text(rest, &b.path) ||
        !take_text(rest, &b.instance) || !take_text(rest, &b.call_id))
        return false;
    *out = b;
    return b.q_thousandths <= 1000 && protocol <= PROTOCOL_TCP &&
           !slice_is_absent(b.contact);
}

/* Fills changes from the end of the room, so that the best and newest is added last and
 * stands first again; *first is where they start. */
static bool
take_all(struct slice rest, struct moment now, struct binding_change *changes,
         size_t *first)
{
    while (rest.len > 0) {
        struct binding b;

        if (!take_binding(&rest, now, &b))
            return false;
        if (b.expires_ms > now.ms)
            changes[--*first] = (struct binding_change){ .binding = b };
    }
    return true;
}

bool
location_decode(struct location *location, struct slice aor, struct slice value,
                struct moment now)
{
    struct slice rest = slice_skip(value, CHECKSUM_AT);
    size_t room = value.len / BINDING_BYTES_MIN, first = room;
    struct binding_change *changes;
    bool ok;

    if (value.len < BINDINGS_AT || value.at[0] != VERSION)
        return false;
    if (take_number(&rest, 8) != checksum(rest))
        return false;
    changes = calloc(room + 1, sizeof *changes);
    if (changes == NULL)
        return false;
    ok = take_all(rest, now, changes, &first) &&
         location_apply(location, aor, changes + first, room - first, now);
    free(changes);
    return ok;
}
