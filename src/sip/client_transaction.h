/* client_transaction - the non-INVITE client machine (RFC 3261 17.1.2, figure 6).
 *
 *     transaction = client_transaction_start(table, &request, now);
 *     ...
 *     request.answered(owner, result, now)      exactly once, unless abandoned
 *
 * Timers  E starts at T1 and doubles to T2 over UDP, and is T2 after a provisional response;
 *         F is `timeout_ms`; K absorbs what still comes over UDP for T4. Streams have neither
 *         E nor K. When F or the transport ended the wait before 64*T1, and `late` was given,
 *         the transaction goes on listening until 64*T1 after its start.
 *         While half of the table is taken neither K nor that is waited for: what comes then
 *         is a response to nothing, and dropped.
 * Memory  One block a transaction, with the request's bytes; owned by the table. It is freed
 *         by its timers, never by its owner.
 * Errors  NULL from start: the table is full, out of memory, or the first send failed;
 *         nothing will be called.
 * Limits  LIMIT_CLIENT_TRANSACTIONS.
 */
#ifndef SIP_CLIENT_TRANSACTION_H
#define SIP_CLIENT_TRANSACTION_H

#include "parser/message.h"
#include "src/sip/timer_wheel.h"

enum {
    TIMER_T1_MS = 500,
    TIMER_T2_MS = 4000,
    TIMER_T4_MS = 5000,
    TIMER_64_T1_MS = 64 * TIMER_T1_MS, /* timer F of the standard */
};

enum client_outcome {
    CLIENT_ANSWERED, /* a final response: `response` is set */
    CLIENT_TIMEOUT,  /* timer F */
    CLIENT_NO_FLOW,  /* the transport failed */
};

struct client_result {
    enum client_outcome outcome;
    const struct message *response; /* CLIENT_ANSWERED alone; valid during the call */
    bool listens;                   /* `late` will be called, once */
};

struct client_request {
    struct flow flow;
    struct slice branch; /* of our Via in `bytes`: what the response must carry; copied */
    enum method method;
    struct slice bytes; /* copied */
    uint32_t timeout_ms;
    void *owner;
    /* Called once, as the last thing. The owner may start another transaction in it. */
    void (*answered)(void *owner, const struct client_result *result, struct moment now);
    /* After an outcome that said that it listens: the final response that came late, or NULL
     * when 64*T1 are over without. Once, as the last thing. NULL: not wanted. */
    void (*late)(void *owner, const struct message *response, struct moment now);
};

struct client_transaction;
struct client_table;

/* NULL: out of memory. At most `limit` transactions, those that only listen included. */
struct client_table *
client_table_new(const struct transport *transport, struct timer_wheel *wheel,
                 const struct hash_key *key, size_t limit);

/* Calls nobody. */
void
client_table_free(struct client_table *table);

size_t
client_table_count(const struct client_table *table);

struct client_transaction *
client_transaction_start(struct client_table *table, const struct client_request *request,
                         struct moment now);

/* Its owner goes away: nothing is called any more. The transaction still ends by itself. The
 * pointer is good until `answered` is called, and if that said that it listens until `late`
 * is. */
void
client_transaction_abandon(struct client_transaction *transaction);

/* Hands a response to its transaction: by the top Via's branch and the CSeq method (17.1.3),
 * whatever flow it came over. False when there is none. */
bool
client_table_receive(struct client_table *table, const struct message *response,
                     struct moment now);

/* The transport failed: every transaction over that connection, or over UDP to that peer,
 * that still waits ends with CLIENT_NO_FLOW. One that was sent with connection 0 is found by
 * the peer, so a broken stream is reported with its peer as well as its connection. */
void
client_table_flow_failed(struct client_table *table, const struct flow *flow,
                         struct moment now);

#endif
