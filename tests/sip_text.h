/* sip_text - messages for tests, parsed by the parser from memory of exactly their size.
 *
 * sip_text(...) takes a printf format whose lines end with "\n"; each becomes CRLF. The
 * empty line at the end of the header is added. Fails the test when it does not parse.
 */
#ifndef TESTS_SIP_TEXT_H
#define TESTS_SIP_TEXT_H

#include "parser/message.h"

struct message *
sip_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Good or bad, as the parser left it. */
struct message *
sip_text_any(const char *format, ...) __attribute__((format(printf, 1, 2)));

void
sip_text_free(struct message *m);

#endif
