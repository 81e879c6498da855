/* ledger - what was sent to whom, what was promised, and what arrived.
 *
 * Shape   A user's messages are numbered from 0. Each is sent, perhaps accepted (answered 2xx),
 *         and should arrive once when it was accepted.
 * Order   One message comes before another where it was accepted before the other was sent for
 *         the first time: nothing else is a server's fault. `reordered` counts those that arrive
 *         behind one which comes after them.
 * Twice   What arrives again with the branch it had is a transaction's retransmission, which a
 *         phone answers and forgets: `repeated`. With another branch it is `doubled`.
 * Limits  2^32 sends and accepts, of which the last are left for what is open when the ledger is
 *         full; 16 octets a message.
 */
#ifndef BENCH_LOAD_LEDGER_H
#define BENCH_LOAD_LEDGER_H

#include "bench/load/body.h"

#include <stdint.h>

struct ledger_message {
    uint32_t sent_at,
        accepted_at; /* on the ledger's own clock, which counts events; 0: not */
    uint32_t branch; /* a digest of the one it arrived with */
    bool arrived;
};

struct ledger_user {
    struct ledger_message *messages; /* owned */
    uint32_t count, room;
    uint32_t latest;  /* when that was sent which was sent last, of all that arrived */
    uint32_t waiting; /* accepted, not arrived */
    uint32_t doubled, corrupted, reordered, misdelivered, changed;
};

struct ledger {
    struct ledger_user *users; /* owned */
    uint32_t user_count, run, now;
    uint64_t sent, accepted, arrived, waiting;
    uint64_t repeated, doubled, corrupted, reordered, misdelivered, changed, stale,
        foreign;
};

void
ledger_open(struct ledger *ledger, uint32_t users, uint32_t run);

void
ledger_close(struct ledger *ledger);

/* No more should be sent. */
bool
ledger_is_full(const struct ledger *ledger);

/* The number of a new message for this user. */
uint32_t
ledger_send(struct ledger *ledger, uint32_t user);

/* It was answered 2xx. */
void
ledger_accept(struct ledger *ledger, uint32_t user, uint32_t sequence);

/* `body` arrived at a phone of the user `at`, where it is known; else UINT32_MAX. `mine` says
 * that the sender is ours, even if the body does not. True where it is a message that had not
 * arrived before. */
bool
ledger_arrive(struct ledger *ledger, uint32_t at, struct slice body, bool mine,
              uint32_t branch);

#endif
