#include "bench/load/report.h"

#include "bench/load/verdict.h"
#include "bench/parser/table.h"

enum {
    USERS_SHOWN = 10,
};

static struct table table;

static void
print_head(const struct run *run, FILE *out)
{
    const struct options *o = run->options;

    fprintf(out, "siload %s %s over %s: %u users, bodies of %u octets, ",
            options_workload(o), o->target, o->tcp ? "TCP" : "UDP", o->users, o->body);
    if (o->rate > 0)
        fprintf(out, "%.0f a second, at most %u open", o->rate, o->window);
    else
        fprintf(out, "%u open at a time", o->window);
    fprintf(out, ", %u users at once, run %08x\n\n", o->at_once, o->run);
}

static void
add_phase(const struct phase *phase)
{
    double count = (double)phase_count(phase), seconds = phase_seconds(phase);
    char name[TABLE_TEXT_MAX];

    snprintf(name, sizeof name, phase->measured ? "%s" : "(%s)", phase->name);
    table_row(&table, name);
    table_cell(&table, "%.0f", count);
    table_cell(&table, "%.3f", seconds);
    table_cell(&table, "%.0f", seconds > 0 ? count / seconds : 0);
    if (phase->server.is_known && count > 0)
        table_cell(&table, "%.2f", phase->server.cpu_s * 1e6 / count);
    else
        table_cell(&table, "-");
    table_cell(&table, "%.2f", count > 0 ? phase->own_s * 1e6 / count : 0);
}

static void
print_phases(const struct run *run, FILE *out)
{
    table_start(&table, "phase");
    table_head(&table, "count");
    table_head(&table, "seconds");
    table_head(&table, "a second");
    table_head(&table, "server CPU us each");
    table_head(&table, "own CPU us each");
    for (unsigned i = 0; i < run->result.phases; i++)
        add_phase(&run->result.phase[i]);
    table_print(&table, out);
}

static void
add_latency(const struct histogram *h)
{
    static const double parts[] = { 0.5, 0.9, 0.99, 0.999, 1 };

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        table_cell(&table, "%.0f", (double)histogram_at(h, parts[i]) / 1e3);
    table_cell(&table, "%.0f", histogram_mean_ns(h) / 1e3);
}

static void
add_requests(const struct phase *phase, unsigned kind)
{
    const struct tally *tally = &phase->tally[kind];
    const char *name = request_name((enum request_kind)kind);
    char text[TABLE_TEXT_MAX];

    if (tally->sent == 0)
        return;
    snprintf(text, sizeof text, phase->measured ? "%s: %s" : "(%s: %s)", phase->name,
             name);
    table_row(&table, text);
    table_cell(&table, "%llu", (unsigned long long)tally->sent);
    table_cell(&table, "%llu", (unsigned long long)tally->succeeded);
    table_cell(&table, "%llu", (unsigned long long)tally->failed);
    table_cell(&table, "%llu", (unsigned long long)tally->timed_out);
    table_cell(&table, "%llu", (unsigned long long)tally->resent);
    add_latency(&tally->latency);
}

static void
add_deliveries(const struct phase *phase)
{
    char text[TABLE_TEXT_MAX];

    if (phase->gap.count == 0)
        return;
    snprintf(text, sizeof text, phase->measured ? "%s: delivered" : "(%s: delivered)",
             phase->name);
    table_row(&table, text);
    table_cell(&table, "-");
    table_cell(&table, "%llu", (unsigned long long)phase->arrived);
    for (unsigned i = 0; i < 3; i++)
        table_cell(&table, "-");
    add_latency(&phase->gap);
}

static void
print_requests(const struct run *run, FILE *out)
{
    static const char *const heads[] = { "sent",  "2xx",    "other", "none",
                                         "again", "p50 us", "p90",   "p99",
                                         "p99.9", "max",    "mean" };

    table_start(&table, "requests");
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        table_head(&table, heads[i]);
    for (unsigned i = 0; i < run->result.phases; i++) {
        for (unsigned kind = 0; kind < REQUEST_KINDS; kind++)
            add_requests(&run->result.phase[i], kind);
        add_deliveries(&run->result.phase[i]);
    }
    table_print(&table, out);
}

static bool
is_worth_telling(const struct tally *tally)
{
    unsigned different = 0;

    for (unsigned status = 200; status < RESULT_STATUSES; status++)
        different += tally->status[status] > 0;
    return tally->failed > 0 || tally->late > 0 || tally->provisional > 0 ||
           different > 1;
}

/* The answers to one kind of requests, where they are not all alike. */
static void
print_statuses(const struct phase *phase, unsigned kind, FILE *out)
{
    const struct tally *tally = &phase->tally[kind];

    if (!is_worth_telling(tally))
        return;
    fprintf(out, "%s: %s answered", phase->name, request_name((enum request_kind)kind));
    for (unsigned status = 200; status < RESULT_STATUSES; status++)
        if (tally->status[status] > 0)
            fprintf(out, "  %u: %llu", status, (unsigned long long)tally->status[status]);
    if (tally->provisional > 0)
        fprintf(out, "  1xx: %llu", (unsigned long long)tally->provisional);
    if (tally->retry_after > 0)
        fprintf(out, "  (Retry-After in 503: %llu)",
                (unsigned long long)tally->retry_after);
    if (tally->late > 0)
        fprintf(out, "  (sent over 1 ms late: %llu)", (unsigned long long)tally->late);
    fputc('\n', out);
}

/* Where there is something to tell. */
static void
print_count(FILE *out, uint64_t count, const char *what)
{
    if (count > 0)
        fprintf(out, "%llu %s\n", (unsigned long long)count, what);
}

static void
print_oddities(const struct run *run, FILE *out)
{
    const struct ledger *l = &run->ledger;

    for (unsigned i = 0; i < run->result.phases; i++)
        for (unsigned kind = 0; kind < REQUEST_KINDS; kind++)
            print_statuses(&run->result.phase[i], kind, out);
    print_count(out, l->repeated, "deliveries were retransmissions");
    print_count(out, l->stale, "messages of an earlier run arrived: CPU is theirs, too");
    print_count(out, l->foreign, "messages that are not ours arrived");
    print_count(out, run->result.others, "other requests arrived, answered 200");
    print_count(out, run->result.strays, "answers came to nothing that was open");
    print_count(out, run->result.given_up, "users were given up, nothing came for them");
    print_count(out, run->net.broken + run->net.tcp.wrong, "times what came was no SIP");
    print_count(out, run->net.tcp.lost, "connections ended");
    print_count(out, net_drops(&run->net), "datagrams found our own socket full");
    print_count(out, net_unsent(&run->net), "datagrams could not be sent");
}

static void
print_users(const struct run *run, FILE *out)
{
    uint32_t shown = 0, damaged = 0;

    for (uint32_t i = 0; i < run->ledger.user_count; i++) {
        const struct ledger_user *u = &run->ledger.users[i];

        if (!verdict_is_user_damaged(run, i) || ++damaged > USERS_SHOWN)
            continue;
        shown++;
        fprintf(out,
                "user%u: lost %llu, doubled %u, corrupted %u, out of order %u, "
                "another's %u, changed %u\n",
                i, (unsigned long long)verdict_user_lost(run, i), u->doubled,
                u->corrupted, u->reordered, u->misdelivered, u->changed);
    }
    if (damaged > shown)
        fprintf(out, "and %u users more\n", damaged - shown);
}

static void
print_messages(const struct run *run, FILE *out)
{
    const struct ledger *l = &run->ledger;

    if (l->sent == 0)
        return;
    fprintf(out, "messages: %llu sent, %llu accepted, %llu arrived, %llu waiting\n",
            (unsigned long long)l->sent, (unsigned long long)l->accepted,
            (unsigned long long)l->arrived,
            (unsigned long long)(l->waiting - verdict_lost(run)));
    print_users(run, out);
    fprintf(out,
            "%s: lost %llu, doubled %llu, corrupted %llu, out of order %llu, another's "
            "%llu, changed %llu\n",
            verdict_is_damaged(run) ? "DAMAGED" : "nothing damaged",
            (unsigned long long)verdict_lost(run), (unsigned long long)l->doubled,
            (unsigned long long)l->corrupted, (unsigned long long)l->reordered,
            (unsigned long long)l->misdelivered, (unsigned long long)l->changed);
}

void
report_print(const struct run *run, FILE *out)
{
    const struct usage *usage;

    print_head(run, out);
    print_phases(run, out);
    print_requests(run, out);
    print_oddities(run, out);
    if (run->options->pids > 0 && run->result.phases > 0) {
        usage = &run->result.phase[run->result.phases - 1].server;
        fprintf(out, "server memory at the end: RSS %.1f MB, PSS %.1f MB\n",
                (double)usage->rss_bytes / 1e6, (double)usage->pss_bytes / 1e6);
    }
    print_messages(run, out);
    if (run->result.interrupted)
        fprintf(out, "interrupted: this is what was counted so far\n");
    else if (!verdict_has_succeeded(run))
        fprintf(out, "FAILED: nothing of what was to be measured succeeded\n");
    else if (verdict_exit_code(run) == VERDICT_UNANSWERED)
        fprintf(out, "UNANSWERED: requests had no final response\n");
    fflush(out);
}
