/* header - header field names and their compact forms (RFC 3261 7.3.3, 20). */
#ifndef PARSER_HEADER_H
#define PARSER_HEADER_H

#include "parser/slice.h"

enum header_id {
    HEADER_OTHER, /* a name we have no use for: kept, never looked into */
    HEADER_ACCEPT,
    HEADER_ALLOW,
    HEADER_AUTHORIZATION,
    HEADER_CALL_ID,
    HEADER_CONTACT,
    HEADER_CONTENT_DISPOSITION,
    HEADER_CONTENT_ENCODING,
    HEADER_CONTENT_LANGUAGE,
    HEADER_CONTENT_LENGTH,
    HEADER_CONTENT_TYPE,
    HEADER_CSEQ,
    HEADER_DATE,
    HEADER_EXPIRES,
    HEADER_FROM,
    HEADER_IN_REPLY_TO,
    HEADER_MAX_FORWARDS,
    HEADER_MIME_VERSION,
    HEADER_MIN_EXPIRES,
    HEADER_P_ACCESS_NETWORK_INFO,
    HEADER_P_ASSERTED_IDENTITY,
    HEADER_PATH,
    HEADER_PRIORITY,
    HEADER_PRIVACY,
    HEADER_PROXY_AUTHENTICATE,
    HEADER_PROXY_AUTHORIZATION,
    HEADER_PROXY_REQUIRE,
    HEADER_RECORD_ROUTE,
    HEADER_REPLY_TO,
    HEADER_REQUIRE,
    HEADER_RETRY_AFTER,
    HEADER_ROUTE,
    HEADER_SUBJECT,
    HEADER_SUPPORTED,
    HEADER_TO,
    HEADER_UNSUPPORTED,
    HEADER_USER_AGENT,
    HEADER_VIA,
    HEADER_WWW_AUTHENTICATE,
    HEADER_COUNT
};

/* Long and compact names, in any case. HEADER_OTHER when it is none of ours. */
enum header_id
header_id_of(struct slice name);

/* The long name as the RFC spells it, "Call-ID"; absent for HEADER_OTHER. */
struct slice
header_name(enum header_id id);

/* May appear once only: a second one makes a request ambiguous (RFC 3261 7.3.1). */
bool
header_is_single(enum header_id id);

enum header_fault {
    HEADER_MISSING,
    HEADER_REPEATED,
    HEADER_BAD,
};

/* A reason phrase: "Missing Call-ID header field". NULL for HEADER_OTHER. */
const char *
header_why(enum header_id id, enum header_fault fault);

#endif
