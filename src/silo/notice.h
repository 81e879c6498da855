/* notice - tells a sender that his message was stored (msilo.registrar, offline_message).
 *
 * One MESSAGE from msilo.registrar: to the Contact of the request (use_contact) or to its
 * From URI, through location or outbound_proxy. Best effort: a notice is never stored, never
 * repeated, and its failure changes nothing. A sender gets at most one about the same
 * recipient in LIMIT_NOTICE_SILENCE_S; when too many pairs are remembered, silence is the
 * safe side.
 *
 * An address that has not shown that it receives gets none, unless auth.message is none:
 * otherwise one datagram with a false source would make us send many.
 */
#ifndef SILO_NOTICE_H
#define SILO_NOTICE_H

#include "src/silo/silo.h"

/* What a notice needs of the request it speaks of; lives in the open batch. */
struct notice_order;

struct notices *
notices_new(const struct hash_key *key);

/* Notices whose address is still being looked up are forgotten. */
void
notices_free(struct silo *silo, struct notices *notices);

/* NULL: no notice is wanted for this request, or there is no room. */
struct notice_order *
notice_order(struct silo *silo, const struct incoming *in, struct slice aor);

void
notice_send(struct silo *silo, const struct notice_order *order, struct moment now);

#endif
