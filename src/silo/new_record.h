/* new_record - the record that a MESSAGE becomes: what is stored of it, and until when.
 *
 * Memory  Texts lie in the request and the arena of the event.
 * Source  RFC 3428 7 (Expires, Date), 11.4 (Date is the sender's).
 */
#ifndef SILO_NEW_RECORD_H
#define SILO_NEW_RECORD_H

#include "src/silo/silo.h"

/* Until when it is kept, seconds UTC; at or before now: deliver it now or never. */
int64_t
new_record_expiry(const struct settings *settings, const struct message *m,
                  int64_t now_s);

/* What makes two requests the same one, across connections, branches and restarts. */
struct hash128
new_record_origin(const struct silo *silo, const struct message *m, struct slice aor);

/* False: out of memory. With exp_time_s at or before now it has expired on arrival. */
bool
new_record(struct silo *silo, const struct incoming *in, struct slice aor,
           struct record *out);

#endif
