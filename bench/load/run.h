/* run - a load on its way: phases of requests, what comes back, and what is delivered.
 *
 *     run_open(&run, &options);
 *     run_phase(&run, &(struct plan){ ... });
 *     run_linger(&run);
 *
 * Shape   One thread. A phase sends what its source gives at the pace that is asked for, until
 *         all is sent and answered. Whatever phase it is, phones answer what is delivered to
 *         them with 200, and the ledger takes note.
 */
#ifndef BENCH_LOAD_RUN_H
#define BENCH_LOAD_RUN_H

#include "bench/load/ledger.h"
#include "bench/load/net.h"
#include "bench/load/options.h"
#include "bench/load/pace.h"
#include "bench/load/population.h"
#include "bench/load/queue.h"
#include "bench/load/result.h"
#include "bench/load/transaction.h"

struct run;

struct source {
    /* The next request; false: there is none just now. */
    bool (*next)(struct run *run, struct request *out);
    /* How many are open of what the window bounds; NULL: transactions. */
    uint32_t (*open)(const struct run *run);
};

struct plan {
    const char *name;
    const struct source *source;
    bool measured, delivers;
    uint64_t count;
    double rate, seconds; /* 0: closed loop, no bound */
    uint32_t window;
};

/* Whose phones a dump is for. */
enum dump_users {
    DUMP_ALL,
    DUMP_WAITING, /* for whom something waits */
    DUMP_SERVED,  /* who got all that they were sent, and some was */
};

/* A user's phone. */
struct phone {
    uint32_t registrations; /* sent, each with a CSeq of its own */
    bool busy;              /* one of them is open */
    bool dumping;           /* gets what waits, see dump.h */
    bool given_up;          /* once, while something waited */
    uint64_t word_ns;       /* when it last told the silo something that lets it go on */
    uint64_t meant_ns; /* when it should have: what a delivery's latency counts from */
};

struct run {
    const struct options *options;
    struct net net;
    struct request_texts texts;
    struct transactions transactions;
    struct ledger ledger;
    struct population population;
    struct result result;
    struct phone *phones;         /* owned */
    struct queue_link *idle_link; /* owned */
    struct queue idle; /* phones that are dumping, longest without news first */
    uint32_t dumping;

    /* Of the present phase. */
    struct phase *phase;
    const struct source *source;
    struct pace pace;
    uint64_t cursor;        /* the source's */
    uint64_t meant_ns;      /* when the request was to be sent that it is asked for */
    bool exhausted;         /* says the source: nothing more will come */
    enum dump_users dumped; /* see dump.h */
    uint64_t now_ns, told_ns, chance;
};

/* False after a line on standard error. */
bool
run_open(struct run *run, const struct options *options);

void
run_close(struct run *run);

/* Returns when it is over, or run_stop was called. */
void
run_phase(struct run *run, const struct plan *plan);

/* Takes what still comes, for so long. */
void
run_linger(struct run *run, uint64_t ns);

/* A number that nobody foresees, but the same for the same --seed. */
uint64_t
run_chance(struct run *run);

/* The load ends now. May be called by a signal handler. */
void
run_stop(void);
bool
run_is_stopped(void);

#endif
