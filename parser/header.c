#include "parser/header.h"

/* A name with what is said of it in reason phrases. */
#define ROW(long_name, once)                                           \
    {                                                                  \
        .name = SLICE_INIT(long_name), .is_single = once,              \
        .why = {                                                       \
            [HEADER_MISSING] = "Missing " long_name " header field",   \
            [HEADER_REPEATED] = "Repeated " long_name " header field", \
            [HEADER_BAD] = "Bad " long_name " header field",           \
        },                                                             \
    }

/* Single is what RFC 3261 7.3.1 does not let be a list, and where the choice of one of two
 * would change what is done or stored. A second User-Agent harms nobody. */
static const struct {
    struct slice name;
    bool is_single;
    const char *why[3];
} headers[HEADER_COUNT] = {
    [HEADER_ACCEPT] = ROW("Accept", false),
    [HEADER_ALLOW] = ROW("Allow", false),
    [HEADER_AUTHORIZATION] = ROW("Authorization", false),
    [HEADER_CALL_ID] = ROW("Call-ID", true),
    [HEADER_CONTACT] = ROW("Contact", false),
    [HEADER_CONTENT_DISPOSITION] = ROW("Content-Disposition", true),
    [HEADER_CONTENT_ENCODING] = ROW("Content-Encoding", false),
    [HEADER_CONTENT_LANGUAGE] = ROW("Content-Language", false),
    [HEADER_CONTENT_LENGTH] = ROW("Content-Length", true),
    [HEADER_CONTENT_TYPE] = ROW("Content-Type", true),
    [HEADER_CSEQ] = ROW("CSeq", true),
    [HEADER_DATE] = ROW("Date", true),
    [HEADER_EXPIRES] = ROW("Expires", true),
    [HEADER_FROM] = ROW("From", true),
    [HEADER_IN_REPLY_TO] = ROW("In-Reply-To", false),
    [HEADER_MAX_FORWARDS] = ROW("Max-Forwards", true),
    [HEADER_MIME_VERSION] = ROW("MIME-Version", true),
    [HEADER_MIN_EXPIRES] = ROW("Min-Expires", true),
    [HEADER_P_ACCESS_NETWORK_INFO] = ROW("P-Access-Network-Info", false),
    [HEADER_P_ASSERTED_IDENTITY] = ROW("P-Asserted-Identity", false),
    [HEADER_PATH] = ROW("Path", false),
    [HEADER_PRIORITY] = ROW("Priority", true),
    [HEADER_PRIVACY] = ROW("Privacy", false),
    [HEADER_PROXY_AUTHENTICATE] = ROW("Proxy-Authenticate", false),
    [HEADER_PROXY_AUTHORIZATION] = ROW("Proxy-Authorization", false),
    [HEADER_PROXY_REQUIRE] = ROW("Proxy-Require", false),
    [HEADER_RECORD_ROUTE] = ROW("Record-Route", false),
    [HEADER_REPLY_TO] = ROW("Reply-To", true),
    [HEADER_REQUIRE] = ROW("Require", false),
    [HEADER_RETRY_AFTER] = ROW("Retry-After", true),
    [HEADER_ROUTE] = ROW("Route", false),
    [HEADER_SUBJECT] = ROW("Subject", true),
    [HEADER_SUPPORTED] = ROW("Supported", false),
    [HEADER_TO] = ROW("To", true),
    [HEADER_UNSUPPORTED] = ROW("Unsupported", false),
    [HEADER_USER_AGENT] = ROW("User-Agent", false),
    [HEADER_VIA] = ROW("Via", false),
    [HEADER_WWW_AUTHENTICATE] = ROW("WWW-Authenticate", false),
};

enum {
    LONGEST = 21,
    OF_ONE_LENGTH = 7, /* the most names of one length, and the end mark */
};

/* Few names share a length, so a walk over these few is all the search there is. */
static const unsigned char by_length[LONGEST + 1][OF_ONE_LENGTH] = {
    [2] = { HEADER_TO },
    [3] = { HEADER_VIA },
    [4] = { HEADER_FROM, HEADER_CSEQ, HEADER_DATE, HEADER_PATH },
    [5] = { HEADER_ALLOW, HEADER_ROUTE },
    [6] = { HEADER_ACCEPT },
    [7] = { HEADER_CALL_ID, HEADER_CONTACT, HEADER_EXPIRES, HEADER_SUBJECT,
            HEADER_REQUIRE, HEADER_PRIVACY },
    [8] = { HEADER_PRIORITY, HEADER_REPLY_TO },
    [9] = { HEADER_SUPPORTED },
    [10] = { HEADER_USER_AGENT },
    [11] = { HEADER_IN_REPLY_TO, HEADER_MIN_EXPIRES, HEADER_RETRY_AFTER,
             HEADER_UNSUPPORTED },
    [12] = { HEADER_CONTENT_TYPE, HEADER_MAX_FORWARDS, HEADER_RECORD_ROUTE,
             HEADER_MIME_VERSION },
    [13] = { HEADER_AUTHORIZATION, HEADER_PROXY_REQUIRE },
    [14] = { HEADER_CONTENT_LENGTH },
    [16] = { HEADER_CONTENT_ENCODING, HEADER_CONTENT_LANGUAGE, HEADER_WWW_AUTHENTICATE },
    [18] = { HEADER_PROXY_AUTHENTICATE },
    [19] = { HEADER_CONTENT_DISPOSITION, HEADER_P_ASSERTED_IDENTITY,
             HEADER_PROXY_AUTHORIZATION },
    [21] = { HEADER_P_ACCESS_NETWORK_INFO },
};

/* RFC 3261 20; the ones of its extensions stand for headers that we do not look into. */
static enum header_id
compact(char letter)
{
    switch (ascii_lower(letter)) {
    case 'c':
        return HEADER_CONTENT_TYPE;
    case 'e':
        return HEADER_CONTENT_ENCODING;
    case 'f':
        return HEADER_FROM;
    case 'i':
        return HEADER_CALL_ID;
    case 'k':
        return HEADER_SUPPORTED;
    case 'l':
        return HEADER_CONTENT_LENGTH;
    case 'm':
        return HEADER_CONTACT;
    case 's':
        return HEADER_SUBJECT;
    case 't':
        return HEADER_TO;
    case 'v':
        return HEADER_VIA;
    default:
        return HEADER_OTHER;
    }
}

enum header_id
header_id_of(struct slice name)
{
    const unsigned char *id;

    if (name.len == 1)
        return compact(name.at[0]);
    if (name.len > LONGEST)
        return HEADER_OTHER;
    for (id = by_length[name.len]; *id != HEADER_OTHER; id++)
        if (slice_equal_nocase(name, headers[*id].name))
            return (enum header_id) * id;
    return HEADER_OTHER;
}

struct slice
header_name(enum header_id id)
{
    return headers[id].name;
}

bool
header_is_single(enum header_id id)
{
    return headers[id].is_single;
}

const char *
header_why(enum header_id id, enum header_fault fault)
{
    return headers[id].why[fault];
}
