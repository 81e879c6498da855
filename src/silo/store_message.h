/* store_message - m_store: a MESSAGE is taken for later, and 202 says so once it is durable.
 *
 * The request is copied once, into the open batch, together with the answer that it will get.
 * When the batch's commit comes back the answer is sent: 202 when the message is on stable
 * storage or was before (the same Call-ID, CSeq and From tag), else 503 with the reason.
 */
#ifndef SILO_STORE_MESSAGE_H
#define SILO_STORE_MESSAGE_H

#include "src/silo/silo.h"

/* Why a MESSAGE ended as it did: the index of a reason phrase, kept in its transaction. */
enum store_outcome {
    OUTCOME_ACCEPTED,
    OUTCOME_NO_AOR,
    OUTCOME_REGISTRAR,
    OUTCOME_AOR_FULL,
    OUTCOME_STORE_FULL,
    OUTCOME_STORE_FAILED,
    OUTCOME_BUSY,
    OUTCOME_STORE_HANGS,
    OUTCOME_STOPPING,
    OUTCOME_TOO_LARGE,
    OUTCOME_NOT_STORED_TYPE,
    OUTCOME_NOT_STORED_EXPIRED,
    OUTCOME_COUNT
};

unsigned
store_outcome_status(enum store_outcome outcome);

struct slice
store_outcome_reason(enum store_outcome outcome);

/* Those who are refused together are not to come back together. By the request: a repetition
 * is told the same. */
uint32_t
store_retry_after_s(const struct server_key *key);

/* Answers the request, whose transaction was looked up, as `outcome` says, at once; Retry-After
 * where waiting may help. */
void
store_answer(struct silo *silo, const struct incoming *in, enum store_outcome outcome);

/* The same for one whose transaction is in state Trying and was sent to nobody: counts it, and
 * completes that. */
void
store_refuse(struct silo *silo, const struct incoming *in, enum store_outcome outcome);

struct store_order {
    const struct incoming *in; /* its transaction is in state Trying */
    uint32_t mode;             /* msilo.store_mode or failure_mode */
    const struct uri *new_uri; /* what look-up made of the Request-URI; NULL: nothing */
    bool was_tried; /* the user was not reached just now: no dump starts at once */
    struct live_copy *copy; /* of a relay that may still succeed; NULL: of none */
};

/* Stores a MESSAGE and completes its transaction, now or when the commit is back. */
void
store_message(struct silo *silo, const struct store_order *order);

/* Whether this very request was stored lately: it is answered as then. */
bool
store_has_seen(const struct silo *silo, const struct incoming *in);

/* Whether it could be stored at all: else it is delivered now or never. */
bool
store_is_possible(const struct silo *silo, const struct incoming *in);

#endif
