/* transaction - requests that wait for their answer, and when each is to be sent again.
 *
 * Shape   A table of slots. A request is known by its slot and a number, which grows with each,
 *         so that a late answer does not pass for that of a later request. All that were sent
 *         equally often wait in one queue in order of time: nothing costs more the more are
 *         open.
 * Source  RFC 3261 17.1.2: over UDP after T1 = 500 ms, then twice that, up to T2 = 4 s; over
 *         TCP never.
 */
#ifndef BENCH_LOAD_TRANSACTION_H
#define BENCH_LOAD_TRANSACTION_H

#include "bench/load/queue.h"
#include "bench/load/request.h"

enum {
    TRANSACTION_STAGES = 32, /* 32 times 4 s is more than any timeout */
};

struct transaction {
    struct request request;
    uint32_t slot, number;
    uint32_t stage; /* how often it was sent again */
    bool open;
    uint64_t began_ns; /* what its latency counts from */
    uint64_t due_ns;
};

struct transactions {
    struct transaction *table; /* owned */
    struct queue_link *links;  /* owned */
    uint32_t room, open, number;
    unsigned stages;
    uint64_t delay_ns[TRANSACTION_STAGES];
    struct queue queue[TRANSACTION_STAGES], free;
};

/* At most `room` at a time; after `timeout_ns` one is given up. */
void
transactions_open(struct transactions *all, uint32_t room, bool reliable,
                  uint64_t timeout_ns);

void
transactions_close(struct transactions *all);

/* NULL: there is no room. */
struct transaction *
transaction_start(struct transactions *all, const struct request *request,
                  uint64_t began_ns, uint64_t now_ns);

/* The open one; NULL: there is none. */
struct transaction *
transaction_find(struct transactions *all, uint32_t slot, uint32_t number);

void
transaction_end(struct transactions *all, struct transaction *transaction);

/* One whose time has come; NULL: none. The caller ends it if it is over, else sends it again and
 * says so. */
struct transaction *
transactions_due(struct transactions *all, uint64_t now_ns);
bool
transaction_is_over(const struct transactions *all,
                    const struct transaction *transaction);
void
transaction_sent_again(struct transactions *all, struct transaction *transaction,
                       uint64_t now_ns);

/* When the next is due; UINT64_MAX: none is open. */
uint64_t
transactions_next_ns(const struct transactions *all);

#endif
