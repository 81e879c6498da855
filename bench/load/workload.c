#include "bench/load/workload.h"

#include "bench/load/clock.h"
#include "bench/load/dump.h"
#include "bench/load/source.h"

enum {
    LINGER_MS = 300, /* for what would come twice */
    SETTLE_MS = 200, /* a silo may still look what waits for those who registered */
};

/* All that was asked for, of `source`. */
static struct plan
measured(const struct run *run, const char *name, const struct source *source)
{
    const struct options *o = run->options;

    return (struct plan){ .name = name,
                          .source = source,
                          .measured = true,
                          .count = o->count,
                          .rate = o->rate,
                          .seconds = o->seconds,
                          .window = o->window };
}

/* Closed loop, however the load itself is paced. */
static struct plan
preparation(const struct run *run, const char *name, const struct source *source,
            uint64_t count)
{
    return (struct plan){
        .name = name, .source = source, .count = count, .window = run->options->at_once
    };
}

static void
store(struct run *run)
{
    struct plan plan = measured(run, "store", &source_store);

    run_phase(run, &plan);
}

/* False where not everybody's turn came: the time was up. */
static bool
let_come(struct run *run, struct plan plan, enum dump_users dumped)
{
    bool all_had_their_turn;

    plan.count = UINT64_MAX;
    plan.delivers = true;
    plan.window = run->options->at_once;
    run->dumped = dumped;
    run_phase(run, &plan);
    all_had_their_turn = !run_is_stopped() && run->exhausted;
    run_linger(run, LINGER_MS * NS_PER_MS);
    return all_had_their_turn;
}

/* These users' phones get what waits for them. Then those who got all register once more: what
 * was not taken out of the silo comes again. */
static void
collect(struct run *run, struct plan plan, enum dump_users dumped)
{
    run->result.collected = let_come(run, plan, dumped);
    if (run->result.collected)
        let_come(run, preparation(run, "again", &dump_source, 0), DUMP_SERVED);
}

static void
dump(struct run *run)
{
    struct plan plan = preparation(run, "store", &source_store, run->options->count);

    plan.window = run->options->window;
    run_phase(run, &plan);
    if (!run_is_stopped())
        collect(run, measured(run, "dump", &dump_source), DUMP_ALL);
}

static void
registering(struct run *run)
{
    struct plan first = preparation(run, "first", &source_register, run->options->users);
    struct plan again = measured(run, "register", &source_register);

    run_phase(run, &first);
    if (!run_is_stopped())
        run_phase(run, &again);
}

/* `users` come online; then the load; then all that waits is collected. */
static void
deliver(struct run *run, uint32_t users, struct plan plan, enum dump_users dumped)
{
    struct plan first = preparation(run, "register", &source_register, users);

    run_phase(run, &first);
    run_linger(run, SETTLE_MS * NS_PER_MS);
    if (!run_is_stopped())
        run_phase(run, &plan);
    if (!run_is_stopped())
        collect(run, preparation(run, "collect", &dump_source, 0), dumped);
}

/* A contact that stays behind is one that nobody answers at: it would slow down who measures
 * next. Not where the server does not answer either. */
static void
leave(struct run *run)
{
    struct plan plan = preparation(run, "leave", &source_leave, UINT64_MAX);

    if (!run_is_stopped() && run->population.online > 0 &&
        phase_timeouts(run->phase) == 0)
        run_phase(run, &plan);
}

/* What counts is what arrives: a silo may answer 2xx and keep the message for later. */
static void
online(struct run *run)
{
    struct plan plan = measured(run, "online", &source_online);

    plan.delivers = true;
    deliver(run, run->options->users, plan, DUMP_WAITING);
}

static void
run_all(struct run *run)
{
    uint32_t users = run->options->users;

    switch (run->options->workload) {
    case WORKLOAD_STORE:
        store(run);
        break;
    case WORKLOAD_DUMP:
        dump(run);
        break;
    case WORKLOAD_REGISTER:
        registering(run);
        break;
    case WORKLOAD_ONLINE:
        online(run);
        break;
    case WORKLOAD_MIXED:
        deliver(run, (users + 1) / 2, measured(run, "mixed", &source_mixed), DUMP_ALL);
        break;
    case WORKLOAD_ANSWER:
    case WORKLOADS:
        break;
    }
}

void
workload_run(struct run *run)
{
    run_all(run);
    leave(run);
}
