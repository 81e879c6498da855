/* name_addr - From, To, Contact, Route, Path: display name, URI, parameters (RFC 3261 20.10).
 *
 * Memory  Slices point into the text that was parsed.
 * Errors  PARSE_BAD with *why; the output is then not written.
 *
 * Without <> every ';' parameter belongs to the header, and the URI may hold no '?' or ','
 * (RFC 3261 20).
 */
#ifndef PARSER_NAME_ADDR_H
#define PARSER_NAME_ADDR_H

#include "parser/parse.h"
#include "parser/uri.h"

struct name_addr {
    struct slice text;    /* the whole element, trimmed */
    struct slice display; /* as written, with its quotes; absent without */
    struct uri uri;
    struct slice params; /* of the header, from the first ';' on; empty without */
    struct slice tag;    /* absent without */
};

enum parse_status
name_addr_parse(struct slice text, struct name_addr *out, const char **why);

/* A Contact of a REGISTER (RFC 3261 20.10, RFC 5626 11.1, RFC 3840). */
struct contact {
    struct name_addr address;
    bool is_star;      /* "*": nothing else is set */
    int q_thousandths; /* 0 to 1000; -1 without */
    int64_t
        expires_s; /* saturates at UINT32_MAX; -1 without or malformed (20.19: as if absent) */
    struct slice instance; /* +sip.instance, without its quotes; absent without */
    struct slice methods;  /* methods="...", without its quotes; absent without */
};

enum parse_status
contact_parse(struct slice text, struct contact *out, const char **why);

#endif
