/* through - short words for tests of what passes through the server: who got a copy of it, and
 * what came back.
 *
 * A test of the scenes of behaviour.h uses them beside those.
 */
#ifndef TESTS_THROUGH_H
#define TESTS_THROUGH_H

#include "tests/behaviour.h"

/* ---- registering ---- */

/* The phone registers user@example.org with these lines, Contact among them: 200. */
void
register_as(struct phone *phone, const char *user, const char *lines);

/* A peer at the server's own address over UDP: what is sent there comes back, as from the
 * server itself. Lives until the scene ends. */
void
add_mirror(struct world *w);

/* ---- phones ---- */

/* A phone's answers, one MESSAGE after the other; then the last one for ever. */
struct script {
    struct answer answers[4];
    unsigned count, next;
};

/* The script lives longer than the phone's last answer. */
void
follow(struct phone *phone, struct script *script);

/* Registers for an hour what has not answered as it shall when phone_online returns. */
void
come_online(struct phone *phone);

/* ---- requests that phones got ---- */

/* The index-th request of that method that it got, from 0, oldest first; NULL without. */
const struct receipt *
request_at(const struct phone *phone, const char *method, unsigned index);

/* How many of them, repetitions not counted. */
unsigned
count_requests(const struct phone *phone, const char *method);

/* How many MESSAGEs it answered 2xx. */
unsigned
count_taken(const struct phone *phone);

/* The branch on top, in static memory. */
const char *
receipt_branch(const struct receipt *receipt);

/* ---- answers by hand ---- */

/* A response as from the phone, "180 Ringing", to a request that it got. */
void
reply(struct phone *phone, const struct receipt *receipt, const char *status_line);

/* ---- what the server sent ---- */

/* The index-th final response to a MESSAGE that went to that phone; NULL without. */
const struct sent *
final_at(const struct world *w, const struct phone *phone, unsigned index);

/* All of them are the same, byte for byte: their status; 0: there is none. */
unsigned
only_final(const struct world *w, const struct phone *phone);

/* How many responses with that status went to that phone. */
unsigned
count_responses(const struct world *w, const struct phone *phone, unsigned status);

#endif
