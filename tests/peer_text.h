/* peer_text - looks into whole, well-formed SIP messages, for phones of the simulated world.
 *
 * Written apart from parser/ on purpose: what the server says is judged by other code than
 * its own. Long header names only, one value a line, no folds: what our own side writes.
 */
#ifndef TESTS_PEER_TEXT_H
#define TESTS_PEER_TEXT_H

#include "parser/slice.h"

#include <stdint.h>

/* 0: a request, or nothing of ours. */
unsigned
peer_text_status(struct slice message);

/* The first word of the start line. */
struct slice
peer_text_method(struct slice message);

struct slice
peer_text_request_uri(struct slice message);

/* The value of the index-th line of that name; absent where there is none. */
struct slice
peer_text_header(struct slice message, const char *name, unsigned index);

unsigned
peer_text_count(struct slice message, const char *name);

/* "branch" of "SIP/2.0/UDP host;branch=z9hG4bK1;rport": "z9hG4bK1"; absent without. */
struct slice
peer_text_param(struct slice value, const char *name);

/* The branch of the topmost Via. */
struct slice
peer_text_branch(struct slice message);

/* The method in CSeq. */
struct slice
peer_text_cseq_method(struct slice message);

struct slice
peer_text_body(struct slice message);

/* The digits at the start of text, as a number. */
uint64_t
peer_text_number(struct slice text);

#endif
