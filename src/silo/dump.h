/* dump - m_dump: what waits for an AoR goes to its registered contact, oldest first.
 *
 * One dump of an AoR at a time, one message at a time (RFC 3428 8); the next one goes out
 * when the one before has been answered. After a 2xx its removal joins the next commit, and
 * while LIMIT_UNREMOVED of them are not durable yet the dump waits.
 *
 *     reading -> locating -> sending -> (removing ->) next message, or reading on
 *                               |
 *                             waiting: 408, 480, 500, 503, no answer, no flow; until the next
 *                             REGISTER, or check_time and then twice as long each time while
 *                             the contact stays registered
 *
 * Any other final response passes that message over until the next dump.
 *
 * Memory  One block an AoR with its texts, owned by the table; a page of records while it
 *         works.
 * Limits  LIMIT_DUMPS; past it, and without memory, a dump waits for the next REGISTER or for
 *         dumps_begin_overdue, and what is new goes behind it.
 */
#ifndef SILO_DUMP_H
#define SILO_DUMP_H

#include "src/silo/silo.h"

struct dumps *
dumps_new(const struct hash_key *key);

void
dumps_free(struct dumps *dumps);

size_t
dumps_count(const struct dumps *dumps);

/* A REGISTER left this contact: starts a dump to it, or hurries one that waits. */
void
dump_registered(struct silo *silo, struct slice aor, struct slice contact);

/* A message was stored: a registered user gets it now, behind what waits already. */
void
dump_stored(struct silo *silo, struct slice aor);

/* A message was stored since the user could not be reached: it waits for his next REGISTER, or
 * for check_time while a contact stays registered. */
void
dump_stored_for_later(struct silo *silo, struct slice aor, struct moment now);

/* The bindings of that AoR are being saved: what comes meanwhile already goes behind what waits.
 * dump_registered or dump_resume follows. */
void
dump_prepare(struct silo *silo, struct slice aor);

/* They could not be saved and are as before, so the dump is, too; or nobody is left to send
 * to. */
void
dump_resume(struct silo *silo, struct slice aor);

/* Whether one is at work for that AoR, waits or is overdue: what is new goes behind it. */
bool
dump_is_there(const struct silo *silo, struct slice aor);

/* Begins those that could not be begun before, as far as that is possible now. */
void
dumps_begin_overdue(struct silo *silo);

/* A message of that AoR has left the store by another way: pages that were read are old. */
void
dump_reread(struct silo *silo, struct slice aor);

/* None is between sending and the end of a removal: stopping now repeats nothing. */
bool
dumps_are_quiet(const struct dumps *dumps);

#endif
