#include "bench/load/exchange.h"

#include "bench/load/clock.h"
#include "bench/load/dump.h"
#include "bench/load/reply.h"
#include "store/crc32c.h"

#include <assert.h>

static struct tally *
tally_of(struct run *run, const struct request *request)
{
    return &run->phase->tally[request->kind];
}

static void
put(struct run *run, const struct transaction *t)
{
    const struct request *request = &t->request;
    enum net_end end = request_is_phones(request->kind) ? NET_PHONES : NET_SENDERS;
    char *room = net_room(&run->net, end, request->user,
                          REQUEST_HEAD_MAX + (size_t)run->options->body);

    net_put(&run->net, end, request->user,
            request_write(&run->texts, request, t->slot, t->number, room));
}

void
exchange_send(struct run *run, const struct request *request, uint64_t began_ns)
{
    struct transaction *t =
        transaction_start(&run->transactions, request, began_ns, run->now_ns);
    struct tally *tally = tally_of(run, request);

    assert(t != NULL); /* there is room for every window */
    tally->sent++;
    tally->late += run->now_ns > began_ns + NS_PER_MS;
    put(run, t);
}

static void
note_registration(struct run *run, const struct request *request, bool success)
{
    run->phones[request->user].busy = false;
    if (success)
        population_set(&run->population, request->user,
                       request->kind == REQUEST_REGISTER);
    dump_registered(run, request->user, success);
}

/* Status 0: none came in time. */
static void
count_end(struct tally *tally, int status, uint64_t took_ns)
{
    if (status == 0)
        tally->timed_out++;
    else if (status >= 300)
        tally->failed++;
    else
        tally->succeeded++;
    histogram_record(status >= 300 ? &tally->refusal : &tally->latency, took_ns);
}

static void
end_transaction(struct run *run, struct transaction *t, int status)
{
    const struct request request = t->request;
    bool success = status >= 200 && status < 300;

    count_end(tally_of(run, &request), status, run->now_ns - t->began_ns);
    transaction_end(&run->transactions, t);
    if (status != 0 && !run->phase->delivers)
        run->phase->last_ns = run->now_ns;
    if (request_is_phones(request.kind))
        note_registration(run, &request, success);
    else if (success && request.kind != REQUEST_OPTIONS)
        ledger_accept(&run->ledger, request.user, request.sequence);
}

void
exchange_resend(struct run *run)
{
    struct transaction *t;

    while ((t = transactions_due(&run->transactions, run->now_ns)) != NULL)
        if (transaction_is_over(&run->transactions, t)) {
            end_transaction(run, t, 0);
        } else {
            tally_of(run, &t->request)->resent++;
            put(run, t);
            transaction_sent_again(&run->transactions, t, run->now_ns);
        }
}

void
exchange_note_open(struct run *run)
{
    for (uint32_t slot = 0; slot < run->transactions.room; slot++) {
        const struct transaction *t = &run->transactions.table[slot];

        if (t->open)
            histogram_record(&tally_of(run, &t->request)->latency,
                             run->now_ns - t->began_ns);
    }
}

static void
take_response(struct run *run, const struct reading *message)
{
    struct transaction *t = NULL;
    uint32_t slot, number;
    struct tally *tally;

    if (request_read_branch(message->branch, run->ledger.run, &slot, &number))
        t = transaction_find(&run->transactions, slot, number);
    if (t == NULL) {
        run->result.strays++;
        return;
    }
    tally = tally_of(run, &t->request);
    if (message->status < 200) {
        tally->provisional++;
        return;
    }
    tally->status[message->status]++;
    tally->retry_after += message->status == 503 && message->retry_after;
    end_transaction(run, t, message->status);
}

static void
answer(struct run *run, const struct net_origin *origin, const struct reading *request)
{
    char *room = net_answer_room(&run->net, origin, request->len + REPLY_EXTRA);

    net_answer_put(&run->net, origin,
                   reply_write(room, request, origin->address,
                               SLICE("SIP/2.0 200 OK\r\n"), SLICE("")));
}

/* One without our mark is ours all the same where one of our senders is in its From. */
static bool
is_from_ours(const struct reading *message)
{
    struct slice from;

    if (message->from < 0)
        return false;
    from = message->copied[message->from];
    return memmem(from.at, from.len, "sip:siload", 10) != NULL;
}

static void
take_message(struct run *run, const struct reading *message)
{
    uint32_t user = reading_user(message->uri);

    bool is_new = ledger_arrive(&run->ledger, user, message->body, is_from_ours(message),
                                crc32c(message->branch));

    if (is_new) {
        run->phase->arrived++;
        if (run->phase->delivers)
            run->phase->last_ns = run->now_ns;
    }
    if (user < run->ledger.user_count)
        dump_arrived(run, user, is_new);
}

/* It is answered before anything is made of it, as a phone does: what follows may be long. */
static void
take_request(struct run *run, const struct net_origin *origin,
             const struct reading *message)
{
    if (slice_equal(message->method, SLICE("ACK")))
        return;
    answer(run, origin, message);
    if (slice_equal(message->method, SLICE("MESSAGE")))
        take_message(run, message);
    else
        run->result.others++;
}

void
exchange_take(void *context, const struct net_origin *origin,
              const struct reading *message)
{
    struct run *run = context;

    run->now_ns = run->net.now_ns;
    if (message->status > 0)
        take_response(run, message);
    else
        take_request(run, origin, message);
}
