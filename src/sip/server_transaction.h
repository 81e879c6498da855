/* server_transaction - requests that were seen already (RFC 3261 17.2.2, figure 8; 17.2.3).
 *
 * A retransmitted request carries all that its response needs, so only the outcome is kept:
 * a few dozen bytes a request. The To tag is a keyed hash of its key, the same each time.
 *
 * States  Trying: being worked on, a repetition is swallowed. Completed: a repetition is
 *         answered again from `outcome` until timer J (UDP). Over a stream an entry goes
 *         when it completes.
 * Memory  32 bytes a request, its share of the index included. The table grows by slabs of
 *         4096 entries up to `limit` and splits one bucket a request, so that no request
 *         pays for the whole table; it keeps its slabs. J is the same for all, so entries
 *         leave in the order in which they completed.
 * Limits  `limit` entries, or no memory for a slab: a new request is refused with 503. Those
 *         that were refused for want of room are `refused_limit` at most, and make room for
 *         others: who sends more than can be served does not fill the table with that.
 */
#ifndef SIP_SERVER_TRANSACTION_H
#define SIP_SERVER_TRANSACTION_H

#include "parser/message.h"
#include "src/sip/transport.h"

/* What a repetition is answered with. `detail` is the caller's: which reason phrase, or
 * that the response has to be made again from what he knows. */
struct server_outcome {
    uint16_t status;
    uint16_t detail;
};

enum server_match {
    SERVER_NEW,        /* an entry was made, in state Trying */
    SERVER_TRYING,     /* swallow it */
    SERVER_COMPLETED,  /* answer again from *outcome */
    SERVER_TABLE_FULL, /* and nothing was changed */
};

/* Names one entry: what the table files it under. */
struct server_key {
    struct hash128 hash;
};

struct server_table;

/* NULL: out of memory. */
struct server_table *
server_table_new(const struct hash_key *key, size_t limit, uint32_t refused_limit,
                 uint32_t timer_j_ms);

void
server_table_free(struct server_table *table);

size_t
server_table_count(const struct server_table *table);

/* Branch with cookie, sent-by and method; without a cookie the RFC 2543 rule: Request-URI,
 * From tag, To tag, Call-ID, CSeq and the top Via (17.2.3). ACK is never looked up. Call-ID
 * and CSeq number count beside a cookie too: a repetition has the same ones anyway, and a
 * client that uses one branch twice does not have its second message swallowed. */
struct server_key
server_key_of(const struct server_table *table, const struct message *request);

/* Looks the request up and makes an entry if there is none. Drops what timer J has ended, in
 * bounded steps: after a burst an entry may stay a little longer than J. *outcome is set on
 * SERVER_COMPLETED alone. */
enum server_match
server_table_receive(struct server_table *table, const struct server_key *key,
                     struct server_outcome *outcome, struct moment now);

/* Trying becomes Completed; over a stream the entry goes at once. outcome.status is not 0.
 * What is not there, or completed already, stays as it is. */
void
server_table_complete(struct server_table *table, const struct server_key *key,
                      struct server_outcome outcome, enum protocol protocol,
                      struct moment now);

/* The same for a request that was refused for want of room: its entry goes before J where there
 * are too many of them, the one that was refused first before the others. */
void
server_table_refuse(struct server_table *table, const struct server_key *key,
                    struct server_outcome outcome, enum protocol protocol,
                    struct moment now);

/* Forgets an entry in state Trying: a repetition is a new request again. */
void
server_table_forget(struct server_table *table, const struct server_key *key);

enum {
    TO_TAG_BYTES = 16,
};

/* The To tag of our responses to the request of that key, the same for a repetition (RFC 3261
 * 8.2.7). Writes TO_TAG_BYTES hex digits, no NUL. */
void
server_to_tag(const struct server_table *table, const struct server_key *key,
              char out[TO_TAG_BYTES]);

#endif
