/* dump_request - the request that a stored message becomes (contract of m_dump, RFC 3428 4).
 *
 * From is who sent it, To whom it was for, Date when: the request's own, else the arrival.
 * The Call-ID is made from the mid with the store's secret: the same at every attempt, after
 * a restart too, so that a receiver can know a repetition.
 */
#ifndef SILO_DUMP_REQUEST_H
#define SILO_DUMP_REQUEST_H

#include "src/silo/message_out.h"

/* Fills all but flow, owner and answered. Texts lie in the record, the binding and the arena
 * of the event. */
void
dump_request_fill(struct silo *silo, const struct record *record,
                  const struct binding *binding, struct message_out *out);

/* Whether the request fits into a datagram, whatever contact and Path it will go to. What does
 * not must not be promised. */
bool
dump_request_fits(const struct record *record);

#endif
