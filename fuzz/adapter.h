/* adapter - another SIP parser, to be compared with this one.
 *
 * An adapter is one file that says adapter_name and adapter_parse; fuzz/adapter_osip.c is
 * an example. fuzz_compare gives both parsers the same octets:
 *
 *     make fuzz TARGET=compare ADAPTER=mine.c ADAPTER_LIBS=-lmine
 *
 * Shape   Each field is said, with a text or as absent, or it is not said: then it is not
 *         compared.
 * Memory  Texts live until adapter_parse is called again.
 */
#ifndef FUZZ_ADAPTER_H
#define FUZZ_ADAPTER_H

#include "parser/slice.h"

enum adapter_field {
    ADAPTER_METHOD,
    ADAPTER_STATUS,      /* "200" */
    ADAPTER_USER,        /* of the Request-URI, escapes undone */
    ADAPTER_HOST,        /* of the Request-URI, IPv6 without brackets */
    ADAPTER_CALL_ID,     /* whole */
    ADAPTER_CSEQ,        /* "1" */
    ADAPTER_CSEQ_METHOD, /* "MESSAGE" */
    ADAPTER_FROM_TAG,
    ADAPTER_TO_TAG,
    ADAPTER_VIA_HOST, /* of the topmost Via, IPv6 without brackets */
    ADAPTER_VIA_BRANCH,
    ADAPTER_BODY,
    ADAPTER_FIELDS
};

struct adapter_message {
    bool is_said[ADAPTER_FIELDS];
    struct slice field[ADAPTER_FIELDS];
};

static inline void
adapter_say(struct adapter_message *m, enum adapter_field field, struct slice text)
{
    m->is_said[field] = true;
    m->field[field] = text;
}

/* The same for a C string; NULL is absent. */
static inline void
adapter_say_string(struct adapter_message *m, enum adapter_field field, const char *text)
{
    adapter_say(m, field, text == NULL ? slice_absent() : slice_of(text, strlen(text)));
}

extern const char adapter_name[];

/* One datagram. False: it is no SIP message. No field of *out is said before. */
bool
adapter_parse(struct slice message, struct adapter_message *out);

#endif
