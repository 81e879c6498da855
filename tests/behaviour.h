/* behaviour - short words for tests of the whole server in the simulated world.
 *
 *     struct world *w = scene_with("msilo.max_messages=1", NULL);
 *     assert_int_equal(ask(w, &(struct ask){ .uri = "sip:bob@example.org" }), 202);
 *     bob = phone_online(w, "bob", PROTOCOL_UDP);
 *     expect_bodies(bob, "hello");
 *
 * A test makes one scene; SCENE(test) in the list of tests ends it. Log lines are kept.
 */
#ifndef TESTS_BEHAVIOUR_H
#define TESTS_BEHAVIOUR_H

#include "tests/peer_text.h"
#include "tests/world.h"

/* A world as it is without settings of its own. */
struct world *
scene(void);

/* With these, "msilo.max_messages=1", up to the NULL. */
struct world *
scene_with(const char *override, ...) __attribute__((sentinel));

/* As cmocka's teardown: the world has not failed, and is freed. */
int
scene_end(void **state);

#define SCENE(test_) cmocka_unit_test_teardown(test_, scene_end)

/* The log lines since the scene began, or since scene_forget_log. */
const char *
scene_log(void);

void
scene_forget_log(void);

/* ---- requests ---- */

/* A request; what is NULL is as usual: a MESSAGE of the phone to sip:bob@example.org with the
 * body "hello". "" leaves a line out. */
struct ask {
    const char *method, *uri, *version;
    const char
        *via; /* the value; may be several lines, each but the last with its CRLF */
    const char *from; /* values, from here on */
    const char *to;
    const char *call_id;
    const char *cseq; /* "1 MESSAGE" */
    const char *max_forwards;
    const char *ctype;
    const char *length;  /* Content-Length */
    const char *headers; /* more lines, each with its CRLF */
    struct slice body;   /* absent: "hello" in a MESSAGE, nothing in another */
};

/* The request as text, of the phone; in memory that lives until the scene's end. */
struct slice
ask_text(struct phone *phone, const struct ask *ask);

/* Sends it once and runs until a final response has come, for a minute at most: its status, 0
 * without. */
unsigned
ask_by(struct phone *phone, const struct ask *ask);

/* The same by the tester of the world. */
unsigned
ask(struct world *w, const struct ask *ask);

/* Bytes as they are, from the tester; NULs and all. */
unsigned
ask_bytes(struct world *w, struct slice bytes);

/* Sends, and does not wait. */
void
ask_only(struct phone *phone, const struct ask *ask);

/* Stores a message for user@example.org: 202. */
void
store_body(struct world *w, const char *user, const char *body);

/* Sends a message to user@example.org that a phone takes: 200. */
void
relay_body(struct world *w, const char *user, const char *body);

/* ---- answers ---- */

/* The phone's last answer; absent without. */
struct slice
answer_of(const struct phone *phone);

/* The header's value, in static memory; "" without. */
const char *
answer_header(const struct phone *phone, const char *name);

/* "Not Found" of "SIP/2.0 404 Not Found", in static memory. */
const char *
answer_reason(const struct phone *phone);

/* ---- phones ---- */

/* Keeps its inbox; is not registered. */
struct phone *
phone_offline(struct world *w, const char *user, enum protocol protocol);

/* Registered for an hour, and a second has gone by. */
struct phone *
phone_online(struct world *w, const char *user, enum protocol protocol);

/* The index-th MESSAGE that it got, from 0, oldest first; NULL without. */
const struct receipt *
phone_receipt(const struct phone *phone, unsigned index);

struct slice
receipt_text(const struct receipt *receipt);

/* A header of it, in static memory; "" without. */
const char *
receipt_header(const struct receipt *receipt, const char *name);

/* The bodies of the MESSAGEs that it got, in order, joined by blanks. */
void
expect_bodies(const struct phone *phone, const char *bodies);

/* ---- the store ---- */

size_t
stored_count(const struct world *w);

/* The index-th message that waits, oldest first; its slices lie in the store. */
struct record
stored_record(const struct world *w, size_t index);

/* ---- what the server sent ---- */

/* Those requests of that method, or responses with method "SIP/2.0". */
const struct sent *
sent_at(const struct world *w, const char *method, unsigned index);

#endif
