/* liar - a phone whose answer is not what it should be.
 *
 * Kinds up to LIE_CUT answer nothing that was asked: the server may not take them for an
 * answer. The last three are answers, however odd, and the phone then has the message.
 */
#ifndef TESTS_LIAR_H
#define TESTS_LIAR_H

#include "tests/phone.h"

/* Says it with the status of receipt->answer. Over a stream, what nobody could find the end
 * of is the last that is said on it. */
void
liar_answer(struct phone *phone, struct receipt *receipt);

/* A 2xx to a MESSAGE that nobody has sent. */
void
liar_make_up(struct phone *phone);

/* Octets without any sense. */
void
liar_babble(struct phone *phone, enum protocol protocol);

#endif
