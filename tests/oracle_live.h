/* oracle_live - what the oracle holds against messages that go straight to phones.
 *
 *     order       a message is not sent while one that was answered 202 before waits for its
 *                 first dump, unless it is for now or never (Expires: 0)
 *     once        one request goes to the phones once, while its transaction lives; and not
 *                 after it was stored. What a phone has taken in time is not dumped.
 *     answer      what is no 200, 202 or 503 was said by a phone, and is none of
 *                 msilo.store_on
 *
 * Shape   Called by oracle.c as things happen. A death in between excuses a repetition.
 */
#ifndef TESTS_ORACLE_LIVE_H
#define TESTS_ORACLE_LIVE_H

#include "tests/oracle.h"

/* A branch is sent for the first time; its attempt is not noted yet. */
void
oracle_live_sent(const struct oracle *oracle, const struct posted *posted);

/* The server hears a final response to a branch of this life. */
void
oracle_live_heard(const struct oracle *oracle, const struct attempt *attempt,
                  unsigned status);

/* The message is dumped for the first time, or anew. */
void
oracle_live_dumped(const struct oracle *oracle, const struct posted *posted);

/* The sender gets a final response. */
void
oracle_live_answered(const struct oracle *oracle, const struct posted *posted,
                     unsigned status);

#endif
