/* registration - one REGISTER while it is worked on (RFC 3261 10.3 steps 6 and 7).
 *
 * Contacts are judged in order against a copy of the AoR's bindings; only a request that is
 * good to its end reaches the location. The registrar fills it, has the contacts judged and
 * applies what is left: nobody else looks in here.
 *
 * Memory  Items point into the request and into the location, which both stay as they are
 *         until the registrar applies.
 */
#ifndef SIP_REGISTRATION_H
#define SIP_REGISTRATION_H

#include "src/sip/registrar.h"

/* One binding of the AoR while a REGISTER is worked on: as it stands in the location, or as
 * the request leaves it. */
struct item {
    const struct binding *old; /* borrowed; NULL: it is new */
    struct binding binding;
    struct uri uri;  /* the contact, parsed */
    bool is_set;     /* by this request */
    bool is_removed; /* by this request */
};

struct registration {
    const struct registrar_settings *settings;
    const struct message *request;
    const struct flow *flow;
    struct moment now;
    bool is_verified;
    bool takes_message; /* as far as Allow says */
    bool says_message;  /* Allow names it */
    struct slice path;  /* joined; lies in path_bytes */
    char *path_bytes;   /* owned */
    struct item *items; /* owned; room for the bindings there are and all contacts */
    size_t count;       /* of items */
    size_t before;      /* how many of them were there before */
    unsigned status;    /* 200 until something is wrong */
    struct slice reason;
};

/* The status and reason to answer with. */
void
registration_refuse(struct registration *r, unsigned status, struct slice reason);

/* 400, with a parser's words: static memory. */
void
registration_refuse_why(struct registration *r, const char *why);

/* Marks the items as the request's contacts want it; `contacts` says how many there are.
 * Ends at the first that is refused. */
void
registration_judge_contacts(struct registration *r, size_t contacts);

#endif
