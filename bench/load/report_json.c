#include "bench/load/report.h"

#include "bench/load/json.h"
#include "bench/load/verdict.h"

static void
write_settings(struct json *json, const struct run *run)
{
    const struct options *o = run->options;
    char text[16];

    snprintf(text, sizeof text, "%08x", o->run);
    json_open(json, "settings", '{');
    json_text(json, "target", o->target);
    json_text(json, "domain", o->domain);
    json_text(json, "transport", o->tcp ? "tcp" : "udp");
    json_text(json, "run", text);
    json_count(json, "count", o->count);
    json_number(json, "duration_s", o->seconds);
    json_count(json, "users", o->users);
    json_count(json, "window", o->window);
    json_number(json, "rate", o->rate);
    json_count(json, "users_at_once", o->at_once);
    json_count(json, "connections", o->connections);
    json_count(json, "body_octets", o->body);
    json_count(json, "seed", o->seed);
    json_number(json, "timeout_s", (double)o->timeout_ns / 1e9);
    json_number(json, "patience_s", (double)o->patience_ns / 1e9);
    json_truth(json, "strict", o->strict);
    json_open(json, "mix", '{');
    for (unsigned kind = 0; kind < REQUEST_KINDS; kind++)
        if (kind != REQUEST_UNREGISTER)
            json_count(json, request_name((enum request_kind)kind), o->mix[kind]);
    json_close(json, '}');
    json_close(json, '}');
}

static void
write_latency(struct json *json, const char *name, const struct histogram *h)
{
    json_open(json, name, '{');
    json_count(json, "count", h->count);
    json_number(json, "min", (double)h->min_ns / 1e3);
    json_number(json, "mean", histogram_mean_ns(h) / 1e3);
    json_number(json, "p50", (double)histogram_at(h, 0.5) / 1e3);
    json_number(json, "p90", (double)histogram_at(h, 0.9) / 1e3);
    json_number(json, "p99", (double)histogram_at(h, 0.99) / 1e3);
    json_number(json, "p99.9", (double)histogram_at(h, 0.999) / 1e3);
    json_number(json, "max", (double)h->max_ns / 1e3);
    json_close(json, '}');
}

static void
write_tally(struct json *json, const char *name, const struct tally *tally)
{
    char text[8];

    json_open(json, name, '{');
    json_count(json, "sent", tally->sent);
    json_count(json, "succeeded", tally->succeeded);
    json_count(json, "failed", tally->failed);
    json_count(json, "timed_out", tally->timed_out);
    json_count(json, "sent_again", tally->resent);
    json_count(json, "provisional", tally->provisional);
    json_count(json, "retry_after", tally->retry_after);
    json_count(json, "sent_late", tally->late);
    json_open(json, "statuses", '{');
    for (unsigned status = 200; status < RESULT_STATUSES; status++)
        if (tally->status[status] > 0) {
            snprintf(text, sizeof text, "%u", status);
            json_count(json, text, tally->status[status]);
        }
    json_close(json, '}');
    write_latency(json, "latency_us", &tally->latency);
    write_latency(json, "refusal_us", &tally->refusal);
    json_close(json, '}');
}

static void
write_usage(struct json *json, const struct phase *phase)
{
    double count = (double)phase_count(phase);

    json_open(json, "server", '{');
    json_number(json, "cpu_s", phase->server.cpu_s);
    json_number(json, "cpu_user_s", phase->server.user_s);
    json_number(json, "cpu_system_s", phase->server.system_s);
    json_number(json, "cpu_us_each", count > 0 ? phase->server.cpu_s * 1e6 / count : 0);
    json_count(json, "rss_bytes", phase->server.rss_bytes);
    json_count(json, "pss_bytes", phase->server.pss_bytes);
    json_close(json, '}');
}

static void
write_phase(struct json *json, const struct phase *phase)
{
    double count = (double)phase_count(phase), seconds = phase_seconds(phase);

    json_open(json, NULL, '{');
    json_text(json, "name", phase->name);
    json_truth(json, "measured", phase->measured);
    json_count(json, "count", phase_count(phase));
    json_number(json, "seconds", seconds);
    json_number(json, "a_second", seconds > 0 ? count / seconds : 0);
    json_number(json, "own_cpu_s", phase->own_s);
    json_number(json, "own_cpu_us_each", count > 0 ? phase->own_s * 1e6 / count : 0);
    if (phase->server.is_known)
        write_usage(json, phase);
    json_count(json, "arrived", phase->arrived);
    json_open(json, "requests", '{');
    for (unsigned kind = 0; kind < REQUEST_KINDS; kind++)
        if (phase->tally[kind].sent > 0)
            write_tally(json, request_name((enum request_kind)kind), &phase->tally[kind]);
    json_close(json, '}');
    if (phase->gap.count > 0)
        write_latency(json, "delivery_us", &phase->gap);
    json_close(json, '}');
}

static void
write_messages(struct json *json, const struct run *run)
{
    const struct ledger *l = &run->ledger;

    json_open(json, "messages", '{');
    json_count(json, "sent", l->sent);
    json_count(json, "accepted", l->accepted);
    json_count(json, "arrived", l->arrived);
    json_count(json, "waiting", l->waiting - verdict_lost(run));
    json_count(json, "lost", verdict_lost(run));
    json_count(json, "doubled", l->doubled);
    json_count(json, "corrupted", l->corrupted);
    json_count(json, "reordered", l->reordered);
    json_count(json, "misdelivered", l->misdelivered);
    json_count(json, "changed", l->changed);
    json_count(json, "repeated", l->repeated);
    json_count(json, "stale", l->stale);
    json_count(json, "foreign", l->foreign);
    json_close(json, '}');
}

static void
write_users(struct json *json, const struct run *run)
{
    json_open(json, "damaged_users", '[');
    for (uint32_t i = 0; i < run->ledger.user_count; i++) {
        const struct ledger_user *u = &run->ledger.users[i];

        if (!verdict_is_user_damaged(run, i))
            continue;
        json_open(json, NULL, '{');
        json_count(json, "user", i);
        json_count(json, "lost", verdict_user_lost(run, i));
        json_count(json, "doubled", u->doubled);
        json_count(json, "corrupted", u->corrupted);
        json_count(json, "reordered", u->reordered);
        json_count(json, "misdelivered", u->misdelivered);
        json_count(json, "changed", u->changed);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void
write_wire(struct json *json, const struct run *run)
{
    json_open(json, "wire", '{');
    json_count(json, "stray_answers", run->result.strays);
    json_count(json, "other_requests", run->result.others);
    json_count(json, "users_given_up", run->result.given_up);
    json_count(json, "no_sip", run->net.broken + run->net.tcp.wrong);
    json_count(json, "connections_ended", run->net.tcp.lost);
    json_count(json, "own_socket_full", net_drops(&run->net));
    json_count(json, "not_sent", net_unsent(&run->net));
    json_close(json, '}');
}

void
report_print_json(const struct run *run, FILE *out)
{
    const struct options *o = run->options;
    struct json json = { .out = out };

    json_open(&json, NULL, '{');
    json_open(&json, "command", '[');
    for (int i = 0; i < o->argc; i++)
        json_text(&json, NULL, o->argv[i]);
    json_close(&json, ']');
    json_text(&json, "workload", options_workload(o));
    json_text(&json, "verdict", verdict_word(run));
    json_truth(&json, "interrupted", run->result.interrupted);
    write_settings(&json, run);
    json_open(&json, "phases", '[');
    for (unsigned i = 0; i < run->result.phases; i++)
        write_phase(&json, &run->result.phase[i]);
    json_close(&json, ']');
    write_messages(&json, run);
    write_users(&json, run);
    write_wire(&json, run);
    json_close(&json, '}');
    fflush(out);
}
