#include "bench/load/run.h"

#include "bench/load/clock.h"
#include "bench/load/dump.h"
#include "bench/load/exchange.h"
#include "bench/load/memory.h"
#include "bench/load/progress.h"

#include <signal.h>

enum {
    STARTS_PER_TURN = 32, /* then what came in is looked at */
    BLOCKED_MS = 1,       /* the source has nothing: look again after that */
    GROWTH = 4096,        /* what a silo may add to a message */
};

static volatile sig_atomic_t stopped; /* set by a signal */

void
run_stop(void)
{
    stopped = 1;
}

bool
run_is_stopped(void)
{
    return stopped != 0;
}

static struct request_setting
setting_of(const struct run *run, enum net_end end)
{
    const struct options *o = run->options;

    return (struct request_setting){ .domain = o->domain,
                                     .local = run->net.local[end],
                                     .tcp = o->tcp,
                                     .run = o->run,
                                     .body = o->body };
}

bool
run_open(struct run *run, const struct options *o)
{
    uint32_t room = o->window > o->at_once ? o->window : o->at_once;

    *run = (struct run){ .options = o, .chance = o->seed };
    run->net.take = exchange_take;
    run->net.context = run;
    if (!net_open(&run->net, &o->address, o->tcp, o->connections,
                  REQUEST_HEAD_MAX + GROWTH + o->body))
        return false;
    run->texts.of[0] = setting_of(run, NET_SENDERS);
    run->texts.of[1] = setting_of(run, NET_PHONES);
    transactions_open(&run->transactions, room, o->tcp, o->timeout_ns);
    ledger_open(&run->ledger, o->users, o->run);
    population_open(&run->population, o->users);
    run->phones = memory_take(o->users, sizeof *run->phones);
    run->idle_link = memory_take(o->users, sizeof *run->idle_link);
    queue_start(&run->idle);
    run->result.phase = memory_take(RESULT_PHASES_MAX, sizeof *run->result.phase);
    return true;
}

void
run_close(struct run *run)
{
    net_close(&run->net);
    request_texts_close(&run->texts);
    transactions_close(&run->transactions);
    ledger_close(&run->ledger);
    population_close(&run->population);
    free(run->phones);
    free(run->idle_link);
    free(run->result.phase);
}

/* splitmix64. */
uint64_t
run_chance(struct run *run)
{
    uint64_t x = run->chance += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static uint32_t
open_now(const struct run *run)
{
    return run->source->open == NULL ? run->transactions.open : run->source->open(run);
}

static bool
all_is_sent(const struct run *run)
{
    return run->exhausted || ledger_is_full(&run->ledger) ||
           pace_is_over(&run->pace, run->now_ns);
}

static bool
is_over(const struct run *run)
{
    return all_is_sent(run) && run->transactions.open == 0 && open_now(run) == 0;
}

enum start {
    START_NO,      /* not before its time, or until something is answered */
    START_BLOCKED, /* the source has nothing */
    START_MORE,
};

static enum start
start_some(struct run *run)
{
    struct request request;

    for (unsigned i = 0; i < STARTS_PER_TURN; i++) {
        if (all_is_sent(run) || run->transactions.open == run->transactions.room ||
            !pace_allows(&run->pace, run->now_ns, open_now(run)))
            return START_NO;
        run->meant_ns = pace_intended_ns(&run->pace, run->now_ns);
        if (!run->source->next(run, &request))
            return START_BLOCKED;
        exchange_send(run, &request, run->meant_ns);
        run->pace.started++;
    }
    return START_MORE;
}

static uint64_t
least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* How long nothing happens by itself. */
static uint64_t
quiet_ns(const struct run *run, enum start start)
{
    uint64_t next = least(transactions_next_ns(&run->transactions), dump_next_ns(run));

    if (start == START_MORE || is_over(run))
        return 0;
    next = least(next, run->told_ns + NS_PER_S);
    if (start == START_BLOCKED)
        next = least(next, run->now_ns + BLOCKED_MS * NS_PER_MS);
    else if (!all_is_sent(run) && open_now(run) < run->pace.window &&
             run->transactions.open < run->transactions.room)
        next = least(next, pace_intended_ns(&run->pace, run->now_ns));
    return next > run->now_ns ? next - run->now_ns : 0;
}

static void
turn(struct run *run)
{
    enum start start;

    run->now_ns = clock_ns();
    exchange_resend(run);
    dump_give_up(run);
    start = start_some(run);
    net_flush(&run->net);
    if (run->now_ns >= run->told_ns + NS_PER_S)
        progress_tell(run);
    net_wait(&run->net, quiet_ns(run, start));
}

static void
begin(struct run *run, const struct plan *plan)
{
    struct phase *phase = &run->result.phase[run->result.phases++];

    run->now_ns = clock_ns();
    phase->name = plan->name;
    phase->measured = plan->measured;
    phase->delivers = plan->delivers;
    phase->began_ns = phase->last_ns = run->now_ns;
    run->phase = phase;
    run->source = plan->source;
    run->cursor = 0;
    run->exhausted = false;
    run->told_ns = run->now_ns;
    run->pace = (struct pace){
        .began_ns = run->now_ns,
        .deadline_ns = plan->seconds <= 0
                           ? UINT64_MAX
                           : run->now_ns + (uint64_t)(plan->seconds * (double)NS_PER_S),
        .interval_ns = plan->rate <= 0 ? 0 : (double)NS_PER_S / plan->rate,
        .count = plan->count,
        .window = plan->window,
    };
}

/* While nothing came a phase has lasted, too. */
static void
count_silence(struct run *run)
{
    uint64_t end_ns = least(run->now_ns, run->pace.deadline_ns);

    if ((stopped || phase_timeouts(run->phase) > 0) && run->phase->last_ns < end_ns)
        run->phase->last_ns = end_ns;
}

void
run_phase(struct run *run, const struct plan *plan)
{
    const struct options *o = run->options;
    struct usage before = usage_of(o->pid, o->pids), after;
    double own_before = usage_own_s();

    begin(run, plan);
    while (!stopped && !is_over(run))
        turn(run);
    after = usage_of(o->pid, o->pids);
    run->now_ns = clock_ns();
    exchange_note_open(run);
    count_silence(run);
    run->phase->own_s = usage_own_s() - own_before;
    run->phase->server = usage_since(&before, &after);
}

void
run_linger(struct run *run, uint64_t ns)
{
    uint64_t end = clock_ns() + ns;

    run->exhausted = true;
    for (run->now_ns = clock_ns(); !stopped && run->now_ns < end;
         run->now_ns = clock_ns()) {
        net_flush(&run->net);
        net_wait(&run->net, end - run->now_ns);
    }
    net_flush(&run->net);
}
