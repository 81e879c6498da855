/* request - the texts of what a load sends, made beforehand, with a few numbers to fill in.
 *
 * Shape   Users are sip:userN@DOMAIN; those who write to them sip:siloadN@DOMAIN. A Via's
 *         branch names the run, the transaction's slot and its number, so an answer finds its
 *         way back by the branch alone. All numbers but the user's have a fixed width; of each
 *         text there is one for each number of digits that a user may have.
 * Source  RFC 3261 8.1.1, 10.2 (a user's REGISTERs have one Call-ID and rising CSeqs), RFC 3428.
 */
#ifndef BENCH_LOAD_REQUEST_H
#define BENCH_LOAD_REQUEST_H

#include "parser/slice.h"

#include <stdint.h>

enum request_kind {
    REQUEST_STORE,  /* MESSAGE to a user who is offline */
    REQUEST_ONLINE, /* MESSAGE to a user who is online */
    REQUEST_REGISTER,
    REQUEST_UNREGISTER,
    REQUEST_OPTIONS,
    REQUEST_KINDS,
};

struct request {
    enum request_kind kind;
    uint32_t user;
    uint32_t sequence; /* of a message to this user; of a REGISTER; of an OPTIONS */
};

/* What is the same in all that one end of the wire sends. */
struct request_setting {
    const char *domain, *local; /* local: HOST:PORT of that end */
    bool tcp;
    uint32_t run, body; /* body: octets */
};

enum {
    REQUEST_DIGITS = 8,
    REQUEST_HEAD_MAX = 2048, /* octets before the body */
    REQUEST_PATCHES = 12,
};

struct request_text {
    char *text; /* owned; NULL: not made yet */
    size_t len;
    unsigned patches;
    struct {
        size_t at;
        char what;
    } patch[REQUEST_PATCHES];
};

struct request_texts {
    struct request_setting of[2]; /* senders, phones */
    struct request_text text[REQUEST_KINDS][REQUEST_DIGITS + 1];
};

/* Writes the request; returns its length, at most REQUEST_HEAD_MAX and the body. */
size_t
request_write(struct request_texts *texts, const struct request *request, uint32_t slot,
              uint32_t number, char *out);

/* What a branch says; false: it is not of this run. */
bool
request_read_branch(struct slice branch, uint32_t run, uint32_t *slot, uint32_t *number);

/* REGISTERs are the phones', all else the senders'. */
bool
request_is_phones(enum request_kind kind);

const char *
request_name(enum request_kind kind);

void
request_texts_close(struct request_texts *texts);

#endif
