/* field - a value of a message by the name that tables of cases give it: "from.tag", "ruri.host",
 * "via.branch", "contact.0.expires", "cseq", "body_len".
 *
 * Errors  A name that is none fails the test.
 */
#ifndef TESTS_FIELD_H
#define TESTS_FIELD_H

#include "parser/message.h"

enum {
    FIELD_ROOM = 1024,
};

/* A view into the message, or what was written to `out`. */
struct slice
message_field(const struct message *m, struct slice name, char out[FIELD_ROOM]);

/* "%4a" is "J". */
struct slice
escapes_undone(struct slice text, char out[FIELD_ROOM]);

#endif
