#include "bench/load/transaction.h"

#include "bench/load/clock.h"
#include "bench/load/memory.h"

enum {
    T1_MS = 500,
    T2_MS = 4000,
};

/* How long each stage lasts; together they last as long as the timeout. */
static void
plan(struct transactions *a, bool reliable, uint64_t timeout_ns)
{
    uint64_t interval = reliable ? timeout_ns : T1_MS * NS_PER_MS;

    for (a->stages = 0; timeout_ns > 0 && a->stages < TRANSACTION_STAGES; a->stages++) {
        uint64_t delay = interval < timeout_ns ? interval : timeout_ns;

        queue_start(&a->queue[a->stages]);
        a->delay_ns[a->stages] = delay;
        timeout_ns -= delay;
        interval = interval < T2_MS * NS_PER_MS / 2 ? 2 * interval : T2_MS * NS_PER_MS;
    }
}

void
transactions_open(struct transactions *a, uint32_t room, bool reliable,
                  uint64_t timeout_ns)
{
    *a = (struct transactions){ .room = room };
    a->table = memory_take(room, sizeof *a->table);
    a->links = memory_take(room, sizeof *a->links);
    queue_start(&a->free);
    for (uint32_t i = 0; i < room; i++) {
        a->table[i].slot = i;
        queue_in(&a->free, a->links, i);
    }
    plan(a, reliable, timeout_ns);
}

void
transactions_close(struct transactions *a)
{
    free(a->table);
    free(a->links);
}

static void
wait_in_stage(struct transactions *a, struct transaction *t, uint32_t stage,
              uint64_t now_ns)
{
    t->stage = stage;
    t->due_ns = now_ns + a->delay_ns[stage];
    queue_in(&a->queue[stage], a->links, t->slot);
}

struct transaction *
transaction_start(struct transactions *a, const struct request *request,
                  uint64_t began_ns, uint64_t now_ns)
{
    struct transaction *t;

    if (a->free.first == QUEUE_NONE)
        return NULL;
    t = &a->table[a->free.first];
    queue_out(&a->free, a->links, t->slot);
    a->open++;
    t->request = *request;
    t->number = ++a->number;
    t->began_ns = began_ns;
    t->open = true;
    wait_in_stage(a, t, 0, now_ns);
    return t;
}

struct transaction *
transaction_find(struct transactions *a, uint32_t slot, uint32_t number)
{
    if (slot >= a->room || !a->table[slot].open || a->table[slot].number != number)
        return NULL;
    return &a->table[slot];
}

void
transaction_end(struct transactions *a, struct transaction *t)
{
    queue_out(&a->queue[t->stage], a->links, t->slot);
    queue_in(&a->free, a->links, t->slot);
    t->open = false;
    a->open--;
}

struct transaction *
transactions_due(struct transactions *a, uint64_t now_ns)
{
    for (unsigned i = 0; i < a->stages; i++) {
        uint32_t first = a->queue[i].first;

        if (first != QUEUE_NONE && a->table[first].due_ns <= now_ns)
            return &a->table[first];
    }
    return NULL;
}

bool
transaction_is_over(const struct transactions *a, const struct transaction *t)
{
    return t->stage + 1 >= a->stages;
}

void
transaction_sent_again(struct transactions *a, struct transaction *t, uint64_t now_ns)
{
    queue_out(&a->queue[t->stage], a->links, t->slot);
    wait_in_stage(a, t, t->stage + 1, now_ns);
}

uint64_t
transactions_next_ns(const struct transactions *a)
{
    uint64_t next = UINT64_MAX;

    for (unsigned i = 0; i < a->stages; i++) {
        uint32_t first = a->queue[i].first;

        if (first != QUEUE_NONE && a->table[first].due_ns < next)
            next = a->table[first].due_ns;
    }
    return next;
}
