#include "src/silo/kept_headers.h"

#include "parser/writer.h"

enum rule {
    KEEP,
    DROP,
    KEEP_IF_TRUSTED,
};

/* An empty cell is KEEP. What is dropped spoke of the way (Via, Route), of the transaction
 * (CSeq, Require), of the sender's own abilities (Allow), or stands in a place of its own. */
static const unsigned char rules[HEADER_COUNT] = {
    [HEADER_ACCEPT] = DROP,
    [HEADER_ALLOW] = DROP,
    [HEADER_AUTHORIZATION] = DROP,
    [HEADER_CALL_ID] = DROP,
    [HEADER_CONTACT] = DROP,
    [HEADER_CONTENT_LENGTH] = DROP,
    [HEADER_CONTENT_TYPE] = DROP,
    [HEADER_CSEQ] = DROP,
    [HEADER_DATE] = DROP,
    [HEADER_EXPIRES] = DROP,
    [HEADER_FROM] = DROP,
    [HEADER_MAX_FORWARDS] = DROP,
    [HEADER_MIN_EXPIRES] = DROP,
    [HEADER_P_ACCESS_NETWORK_INFO] = DROP,
    [HEADER_P_ASSERTED_IDENTITY] = KEEP_IF_TRUSTED,
    [HEADER_PATH] = DROP,
    [HEADER_PRIVACY] = KEEP_IF_TRUSTED,
    [HEADER_PROXY_AUTHENTICATE] = DROP,
    [HEADER_PROXY_AUTHORIZATION] = DROP,
    [HEADER_PROXY_REQUIRE] = DROP,
    [HEADER_RECORD_ROUTE] = DROP,
    [HEADER_REQUIRE] = DROP,
    [HEADER_RETRY_AFTER] = DROP,
    [HEADER_ROUTE] = DROP,
    [HEADER_SUPPORTED] = DROP,
    [HEADER_TO] = DROP,
    [HEADER_UNSUPPORTED] = DROP,
    [HEADER_VIA] = DROP,
    [HEADER_WWW_AUTHENTICATE] = DROP,
};

/* P-Preferred-Identity is for the first proxy alone (RFC 3325 9.2). */
static bool
is_dropped_by_name(struct slice name)
{
    static const struct slice dropped[] = {
        SLICE_INIT("Accept-Encoding"),
        SLICE_INIT("Accept-Language"),
        SLICE_INIT("P-Preferred-Identity"),
        SLICE_INIT("Timestamp"),
    };

    for (size_t i = 0; i < sizeof dropped / sizeof dropped[0]; i++)
        if (slice_equal_nocase(name, dropped[i]))
            return true;
    return slice_equal_nocase(slice_head(name, 6), SLICE("Proxy-"));
}

bool
header_is_kept(const struct header_line *line, bool from_trusted)
{
    if (line->id == HEADER_OTHER)
        return !is_dropped_by_name(line->name);
    return rules[line->id] == KEEP ||
           (rules[line->id] == KEEP_IF_TRUSTED && from_trusted);
}

size_t
kept_headers_room(const struct message *m)
{
    enum { LINE_GROWS = 32 }; /* by the longest long name, at most */

    return m->size + (size_t)m->lines * LINE_GROWS;
}

size_t
kept_headers_write(const struct message *m, bool from_trusted, char *out, size_t room)
{
    struct writer w;

    writer_init(&w, out, room);
    for (int i = 0; i < m->lines; i++) {
        const struct header_line *line = &m->line[i];
        struct slice name = line->id == HEADER_OTHER ? line->name : header_name(line->id);

        if (header_is_kept(line, from_trusted))
            writer_header(&w, name, line->value);
    }
    return writer_done(&w).len;
}
