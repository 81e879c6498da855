/* delivered - what the phone of one dump has, and the store not yet durably removed.
 *
 * A death would repeat these messages, so they are bounded: while delivered_may_grow says no
 * nothing more is sent.
 *
 *     if (!delivered_add(&dump->delivered, record.id, record.call_id, now)) ... no memory
 *     ...
 *     removed(&dump->delivered, id, call_id, now)      of each, when its removal is durable
 *
 * Memory  One block a message, owned by the list. The list lies in its owner's, who outlives it
 *         or calls delivered_free.
 * Limits  LIMIT_UNREMOVED.
 */
#ifndef SILO_DELIVERED_H
#define SILO_DELIVERED_H

#include "src/silo/silo.h"

struct delivered_message;

struct delivered {
    struct silo *silo;
    struct delivered_message *first; /* owned */
    uint32_t count;
    /* As the last thing. `call_id` lives until it returns. */
    void (*removed)(struct delivered *delivered, uint64_t id, struct slice call_id,
                    struct moment now);
};

/* False: out of memory; nothing was begun. */
bool
delivered_add(struct delivered *delivered, uint64_t id, struct slice call_id,
              struct moment now);

/* Nothing more may be while the store takes no removals, either. */
bool
delivered_may_grow(const struct delivered *delivered);

/* At the end of the server: nothing is called any more. */
void
delivered_free(struct delivered *delivered);

#endif
