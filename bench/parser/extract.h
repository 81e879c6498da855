/* extract - what every parser is asked for: the values that a server needs of a message.
 *
 * Shape   Texts are views into the parser's own memory. A parser that keeps C strings gives
 *         extract_string(), so that nobody pays for a length that it never looked for.
 *         A text that is not there is absent; a port 0, another number -1.
 * Memory  Owns nothing. Lives until the parser forgets the message.
 */
#ifndef BENCH_PARSER_EXTRACT_H
#define BENCH_PARSER_EXTRACT_H

#include "parser/slice.h"

#include <stdint.h>

enum {
    EXTRACT_CONTACTS_MAX = 16,
};

struct extract_uri {
    struct slice user; /* of tel: absent */
    struct slice host; /* with or without the brackets of IPv6; of tel: the number */
    unsigned port;
};

struct extract_contact {
    struct extract_uri uri;
    int64_t expires_s;
};

struct extract {
    struct slice method;
    struct extract_uri target;                        /* the Request-URI */
    struct slice via_transport, via_host, via_branch; /* of the topmost Via */
    unsigned via_port;
    struct extract_uri from, to;
    struct slice from_tag, to_tag;
    struct slice call_id, call_id_host; /* the latter of who cuts a Call-ID at its '@' */
    int64_t cseq;
    struct slice cseq_method;
    int64_t max_forwards, expires_s, content_length;
    struct slice type,
        subtype; /* of Content-Type; with C strings type may go on behind '/' */
    struct slice body;
    size_t contacts;
    struct extract_contact contact[EXTRACT_CONTACTS_MAX]; /* so many of them are set */
};

/* A C string as a text; absent for NULL. */
static inline struct slice
extract_string(const char *string)
{
    return slice_of(string, string == NULL ? 0 : SIZE_MAX);
}

/* A C string of digits as a number; `without` for NULL. */
static inline int64_t
extract_number(const char *digits, int64_t without)
{
    int64_t number = 0;

    if (digits == NULL)
        return without;
    for (; *digits >= '0' && *digits <= '9'; digits++)
        number = number * 10 + (*digits - '0');
    return number;
}

/* Depends on all that was read, at next to no cost. */
uint64_t
extract_sum(const struct extract *x);

/* Both say the same. Else false, and *what is the name of the first that differs. */
bool
extract_same(const struct extract *a, const struct extract *b, const char **what);

#endif
