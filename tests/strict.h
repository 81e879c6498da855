/* strict - one odd piece in a message that is good otherwise.
 *
 *     static const struct strict_row rows[] = {
 *         REFUSED(CSEQ, "CSeq: -1 MESSAGE\r\n", 400, "Bad CSeq header field",
 *                 "RFC 3261 25.1: 1*DIGIT has no sign"),
 *         ACCEPTED(CSEQ, "CSeq: 007 MESSAGE\r\n", "cseq", "7", "RFC 3261 25.1: 1*DIGIT"),
 *     };
 *     strict_expect(STRICT_MESSAGE, rows, sizeof rows / sizeof rows[0]);
 *
 * The row's text takes the place of one piece of the message. Every variant of the parser
 * reads it, as a datagram and off a stream, and the framer cuts it off a stream in which the
 * same message follows. Beside what the row says this must hold: a message that is refused
 * shows all the same what an answer needs, where that was not the piece; what is refused is not
 * accepted when more octets come; framer and parser see one end.
 */
#ifndef TESTS_STRICT_H
#define TESTS_STRICT_H

#include "parser/message.h"

enum strict_kind {
    STRICT_MESSAGE,
    STRICT_REGISTER,
    STRICT_RESPONSE,
};

/* The pieces, in their order. FIRST and MORE are empty, and so is CONTACT but in a REGISTER. */
enum strict_place {
    STRICT_START,
    STRICT_FIRST, /* behind the start line */
    STRICT_VIA,
    STRICT_FROM,
    STRICT_TO,
    STRICT_ID,
    STRICT_CSEQ,
    STRICT_HOPS, /* Max-Forwards */
    STRICT_MORE, /* one more header line */
    STRICT_CONTACT,
    STRICT_LENGTH, /* Content-Length: 5 */
    STRICT_END,    /* the empty line */
    STRICT_BODY,   /* "Hello" */
    STRICT_PLACES,
};

struct strict_row {
    enum strict_place place;
    struct slice text;
    bool is_accepted;
    unsigned fault;  /* of one that is refused */
    const char *why; /* the same */
    const char *field,
        *value;          /* of one that is accepted: see tests/field.h; NULL: absent */
    const char *because; /* the section, and what is odd */
};

#define ACCEPTED(place, text, field, value, because)                           \
    {                                                                          \
        STRICT_##place, SLICE_INIT(text), true, 0, NULL, field, value, because \
    }
#define REFUSED(place, text, fault, why, because)                                \
    {                                                                            \
        STRICT_##place, SLICE_INIT(text), false, fault, why, NULL, NULL, because \
    }

/* The reasons that header fields have in common. */
#define MISSING(place, name, text, because) \
    REFUSED(place, text, 400, "Missing " name " header field", because)
#define REPEATED(place, name, text, because) \
    REFUSED(place, text, 400, "Repeated " name " header field", because)
#define BAD(place, name, text, because) \
    REFUSED(place, text, 400, "Bad " name " header field", because)

/* Fails the test at the first row that does not hold. */
void
strict_expect(enum strict_kind kind, const struct strict_row *rows, size_t count);

/* The message itself, in `out`. */
struct slice
strict_text(enum strict_kind kind, enum strict_place place, struct slice text, char *out,
            size_t room);

#endif
