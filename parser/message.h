/* message - start line, header fields, body of one SIP message (RFC 3261 7).
 *
 * One pass, no copy, no allocation: lines are indexed first, then the values that every
 * message needs are parsed. Everything else is a view that the caller looks into when he
 * wants it.
 *
 *     struct message m;
 *     if (message_parse(&m, bytes, MESSAGE_DATAGRAM) == PARSE_BAD)
 *         refuse(m.fault, m.why);
 *     subject = message_header(&m, HEADER_SUBJECT);
 *
 * Shape   Views into the bytes that were given.
 * Memory  Nothing is kept but the views. A struct message is large: own one, reuse it.
 * Errors  PARSE_BAD sets `fault` (the status to answer with) and `why` (its reason phrase),
 *         both of the first fault found; the rest is read all the same, so that an answer
 *         finds Via, From, To, Call-ID and CSeq, and the caller the method (an ACK gets no
 *         answer). What could not be read is zero. PARSE_PARTIAL only on streams.
 * Limits  MESSAGE_BYTES_MAX, MESSAGE_LINES_MAX.
 *
 * Line ends are as parser/lines.h says. In a value that is looked into, control octets are
 * BAD outside of a quoted-pair.
 */
#ifndef PARSER_MESSAGE_H
#define PARSER_MESSAGE_H

#include "parser/header.h"
#include "parser/lines.h"
#include "parser/name_addr.h"
#include "parser/parse.h"
#include "parser/uri.h"
#include "parser/via.h"

enum {
    MESSAGE_BYTES_MAX = 65535,
    MESSAGE_LINES_MAX = 1024,  /* header lines; more is 513 */
    MESSAGE_CONTACTS_KEPT = 4, /* further ones are parsed again at each walk */
    MESSAGE_SLACK = 96,        /* octets behind a message: loaded, never looked at */
};

enum method {
    METHOD_OTHER,
    METHOD_ACK,
    METHOD_BYE,
    METHOD_CANCEL,
    METHOD_INFO,
    METHOD_INVITE,
    METHOD_MESSAGE,
    METHOD_NOTIFY,
    METHOD_OPTIONS,
    METHOD_PRACK,
    METHOD_PUBLISH,
    METHOD_REFER,
    METHOD_REGISTER,
    METHOD_SUBSCRIBE,
    METHOD_UPDATE,
};

/* How the end of the body is known (RFC 3261 18.3). */
enum message_framing {
    MESSAGE_DATAGRAM, /* the datagram's end; Content-Length may cut it shorter */
    MESSAGE_STREAM,   /* Content-Length alone, and it must be there */
};

/* Walks the elements of a list header over all its lines, in order:
 *     struct header_walk w = message_walk(&m, HEADER_ROUTE);
 *     while (header_walk_next(&w, &element)) ... */
struct header_walk {
    const struct message *m;
    int line;
    struct slice rest;
};

struct message {
    bool is_request;
    enum method method; /* of a response: its CSeq's */
    struct slice method_name;
    struct slice request_uri; /* as written */
    unsigned status;          /* of a response */
    struct slice reason;

    struct uri target; /* the Request-URI, parsed; of a response not set */
    struct via via;    /* the topmost */
    struct name_addr from, to;
    struct slice call_id;
    uint32_t cseq;
    struct slice cseq_method;
    int max_forwards; /* -1: absent. Over 255 is BAD. */
    int64_t
        expires_s; /* of the header; -1: absent, or malformed, which counts as that (20.19) */
    int64_t content_length; /* -1: absent, bad, or not reached */
    struct slice body;
    size_t
        size; /* octets of the whole message, body included; of the header alone where the
                          body is what is too large (413): who goes on there reads body as SIP */
    struct slice text; /* all of them, as they came */
    int contacts_kept; /* of a REGISTER, since it was parsed anyway: see contact_walk */

    unsigned
        fault; /* after PARSE_BAD: the status to answer with; 0: not even SIP, drop */
    const char *why; /* after PARSE_BAD: "Missing Call-ID header field" */

    contact_taker *take_contact; /* who parsed the message parses its Contacts */
    int contacts_line;           /* where to go on behind those that are kept */
    struct slice contacts_rest;
    struct contact contact[MESSAGE_CONTACTS_KEPT];

    int lines;
    int16_t first[HEADER_COUNT]; /* into line[]; -1: none */
    int16_t last[HEADER_COUNT];  /* the same where there are several; -1: there are not */
    struct header_line
        line[MESSAGE_LINES_MAX + 1]; /* the last is read to, and not kept */
};

/* Parses the message at the start of `bytes`. Leading CRLFs are skipped (7.5). Octets behind
 * the message are left alone: m->size tells where it ends. Behind the end of `bytes`
 * MESSAGE_SLACK octets must be readable; what they hold makes no difference. */
enum parse_status
message_parse(struct message *m, struct slice bytes, enum message_framing framing);

/* The same as the standard's grammar has it, octet by octet: the reference for the variants of
 * parser/variant.h. Reads nothing behind the end. */
enum parse_status
message_parse_scalar(struct message *m, struct slice bytes, enum message_framing framing);

/* The value of the first line of that header; absent where there is none. */
static inline struct slice
message_header(const struct message *m, enum header_id id)
{
    int first = m->first[id];

    return first < 0 ? slice_absent() : m->line[first].value;
}

struct header_walk
message_walk(const struct message *m, enum header_id id);

bool
header_walk_next(struct header_walk *walk, struct slice *element);

/* Walks the Contacts in the same way, parsed:
 *     struct contact_walk w;
 *     contact_walk_start(&w, &m);
 *     while (contact_walk_next(&w, &contact) == CONTACT_TAKEN) ...
 * A contact lives until the next call, or as long as *m. Those that are not kept are parsed now:
 * the text is still there then, and MESSAGE_SLACK behind it. Where a REGISTER was PARSE_OK none
 * is CONTACT_BAD. */
struct contact_walk {
    struct header_walk rest;
    int kept; /* of which so many were shown */
    struct contact parsed;
};

void
contact_walk_start(struct contact_walk *walk, const struct message *m);

enum contact_taken
contact_walk_next(struct contact_walk *walk, const struct contact **contact);

enum method
method_of(struct slice name);

/* "MESSAGE"; absent for METHOD_OTHER. */
struct slice
method_name(enum method method);

#endif
