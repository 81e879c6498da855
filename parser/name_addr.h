/* name_addr - From, To, Contact, Route, Path: display name, URI, parameters (RFC 3261 20.10).
 *
 * Memory  Slices point into the text that was parsed.
 * Errors  PARSE_BAD with *why; the output is then all zero.
 *
 * Without <> every ';' parameter belongs to the header, and the URI may hold no '?' or ','
 * (RFC 3261 20).
 */
#ifndef PARSER_NAME_ADDR_H
#define PARSER_NAME_ADDR_H

#include "parser/parse.h"
#include "parser/uri.h"

struct name_addr {
    struct slice text;    /* the whole element */
    struct slice display; /* as written, with its quotes; absent without */
    struct uri uri;
    struct slice params; /* of the header, from the first ';' on; empty without */
    struct slice tag;    /* absent without */
};

/* One element without blanks around it, as lists and lines of a message have them. */
enum parse_status
name_addr_parse(struct slice text, struct name_addr *out, const char **why);

/* The two halves of it, for who has parameters of his own. The first takes what is in front of
 * the parameters off *rest, and sets neither text nor params; the second is shown each of them.
 * Both say what is wrong; NULL: nothing. After a fault *out is good for nothing. */
const char *
name_addr_head(struct slice *rest, struct name_addr *out);

const char *
name_addr_param(struct name_addr *out, struct slice name, struct slice value);

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

enum contact_taken {
    CONTACT_NONE, /* the list is at its end */
    CONTACT_TAKEN,
    CONTACT_BAD, /* it is taken, and *out is all zero */
};

/* Takes the next one off a list, as list_cut does: an empty one is bad. */
enum contact_taken
contact_cut(struct slice *rest, struct contact *out);

/* The same as list_next does: empty ones are left out. */
typedef enum contact_taken
contact_taker(struct slice *rest, struct contact *out);

contact_taker contact_take;

#endif
