/* uri - SIP, SIPS and tel URIs; the address of record (RFC 3261 19.1, 10.3 step 5; RFC 3966).
 *
 * Memory  Slices point into the text that was parsed. Escapes stay as they are.
 * Errors  PARSE_BAD with *why; the output is then all zero.
 */
#ifndef PARSER_URI_H
#define PARSER_URI_H

#include "parser/parse.h"
#include "parser/slice.h"

#include <stdint.h>

enum uri_scheme {
    URI_SIP,
    URI_SIPS,
    URI_TEL,
    URI_OTHER, /* a well-formed scheme that is none of these: 416 in a Request-URI */
};

struct uri {
    struct slice text; /* the whole URI */
    enum uri_scheme scheme;
    struct slice scheme_name;
    struct slice user;     /* absent without '@'; of tel: the number */
    struct slice password; /* absent without ':' */
    struct slice host;     /* IPv6 with its brackets */
    uint16_t port;         /* 0: none given */
    struct slice params;   /* from the first ';' on, that included; empty without */
    struct slice headers;  /* behind '?'; absent without */
};

enum parse_status
uri_parse(struct slice text, struct uri *out, const char **why);

/* Takes a URI off the front of *rest, up to an octet that cannot go on with it. */
enum parse_status
uri_take(struct slice *rest, struct uri *out, const char **why);

/* The value of a parameter: absent where there is none, empty for a flag such as ;lr.
 * Names compare without case. */
struct slice
uri_param(const struct uri *uri, struct slice name);

/* RFC 3261 19.1.4, for sip and sips; other schemes compare byte for byte. */
bool
uri_equal(const struct uri *a, const struct uri *b);

enum {
    AOR_MAX =
        1024, /* bytes of a canonical AoR; RFC 3261 sets no bound, one line of a log does */
};

/* The canonical address of record, "user@host": the user with every needless escape undone
 * and every other octet outside RFC 3261's `unreserved` and `user-unreserved` escaped in
 * upper-case hex, so it is printable and holds one '@'; the host in lower case without a
 * trailing dot. Scheme, password, port, parameters and headers play no part. Two URIs name
 * one silo exactly when their canonical forms are the same bytes. Returns the length; 0 when
 * the URI is not sip or sips, has no user or an empty one, or does not fit. */
size_t
uri_canonical_aor(const struct uri *uri, char *out, size_t room);

#endif
