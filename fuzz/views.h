/* views - what holds for every reading: its views lie in the text that was read, and two
 * readings of one text are the same. */
#ifndef FUZZ_VIEWS_H
#define FUZZ_VIEWS_H

#include "parser/message.h"

void
expect_uri_within(const struct uri *uri, struct slice whole);

void
expect_via_within(const struct via *via, struct slice whole);

void
expect_name_addr_within(const struct name_addr *address, struct slice whole);

void
expect_message_within(const struct message *m, struct slice whole);

/* A walk over them sees all of them: nothing else stands between or behind. */
void
expect_whole_params(struct slice params);

/* Two readings of one text at one place: views are the same when they lie in the same
 * octets. */
void
expect_same_uri(const struct uri *a, const struct uri *b);

void
expect_same_via(const struct via *a, const struct via *b);

void
expect_same_name_addr(const struct name_addr *a, const struct name_addr *b);

void
expect_same_contact(const struct contact *a, const struct contact *b);

/* Every field, the lines and their index too. */
void
expect_same_message(const struct message *a, const struct message *b);

/* The same when folds are undone: neither is copied by the code under test. */
void
expect_same_value(struct slice a, struct slice b, const char *name);

#endif
