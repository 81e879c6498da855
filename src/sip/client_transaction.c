#include "src/sip/client_transaction.h"

#include "src/sip/hash_table.h"

#include <stdlib.h>

enum client_state {
    CLIENT_TRYING,
    CLIENT_PROCEEDING,
    CLIENT_COMPLETED,
    CLIENT_LATE, /* not in the figure: the outcome was told, a final response still counts */
    CLIENT_TERMINATED,
    CLIENT_STATES,
};

enum client_event {
    CLIENT_TIMER_E,
    CLIENT_TIMER_F,
    CLIENT_TIMER_K,
    CLIENT_TIMER_LATE,
    CLIENT_RX_1XX,
    CLIENT_RX_FINAL,
    CLIENT_SEND_FAILED,
    CLIENT_EVENTS,
};

struct client_transaction {
    struct hash_link by_branch, by_flow;
    struct client_table *table;
    struct timer timer_e;
    struct timer timer_end; /* F, then K or the end of listening */
    enum client_state state;
    uint32_t interval_ms; /* of timer E, when it is started next */
    uint64_t started_ms;
    struct client_request request;          /* its slices lie in `bytes` */
    struct client_transaction *next_failed; /* borrowed; within flow_failed */
    char bytes[];
};

struct client_table {
    const struct transport *transport; /* borrowed */
    struct timer_wheel *wheel;         /* borrowed */
    struct hash_key key;
    size_t limit;
    struct hash_table by_branch; /* owns the transactions */
    struct hash_table by_flow;
};

typedef void
action(struct client_transaction *t, const struct message *response, struct moment now);

struct step {
    enum client_state next;
    action *act;
};

static action resend, slow_down, answer, time_out, lose_flow, answer_late, stop_listening,
    end;

/* RFC 3261 figure 6, and CLIENT_LATE. An empty cell: stay, do nothing. */
static const struct step figure_6[CLIENT_STATES][CLIENT_EVENTS] = {
    [CLIENT_TRYING] = {
        [CLIENT_TIMER_E]     = { CLIENT_TRYING,     resend },
        [CLIENT_TIMER_F]     = { CLIENT_LATE,       time_out },
        [CLIENT_RX_1XX]      = { CLIENT_PROCEEDING, slow_down },
        [CLIENT_RX_FINAL]    = { CLIENT_COMPLETED,  answer },
        [CLIENT_SEND_FAILED] = { CLIENT_LATE,       lose_flow },
    },
    [CLIENT_PROCEEDING] = {
        [CLIENT_TIMER_E]     = { CLIENT_PROCEEDING, resend },
        [CLIENT_TIMER_F]     = { CLIENT_LATE,       time_out },
        [CLIENT_RX_FINAL]    = { CLIENT_COMPLETED,  answer },
        [CLIENT_SEND_FAILED] = { CLIENT_LATE,       lose_flow },
    },
    [CLIENT_COMPLETED] = {
        [CLIENT_TIMER_K]     = { CLIENT_TERMINATED, end },
    },
    [CLIENT_LATE] = {
        [CLIENT_RX_FINAL]    = { CLIENT_COMPLETED,  answer_late },
        [CLIENT_TIMER_LATE]  = { CLIENT_TERMINATED, stop_listening },
    },
};

static void
step(struct client_transaction *t, enum client_event event,
     const struct message *response, struct moment now)
{
    const struct step *found = &figure_6[t->state][event];

    if (found->act == NULL)
        return;
    t->state = found->next;
    found->act(t, response, now);
}

static void
timer_e_fired(struct timer *timer, struct moment now)
{
    step(CONTAINER_OF(timer, struct client_transaction, timer_e), CLIENT_TIMER_E, NULL,
         now);
}

static void
timer_f_fired(struct timer *timer, struct moment now)
{
    step(CONTAINER_OF(timer, struct client_transaction, timer_end), CLIENT_TIMER_F, NULL,
         now);
}

static void
timer_k_fired(struct timer *timer, struct moment now)
{
    step(CONTAINER_OF(timer, struct client_transaction, timer_end), CLIENT_TIMER_K, NULL,
         now);
}

static void
timer_late_fired(struct timer *timer, struct moment now)
{
    step(CONTAINER_OF(timer, struct client_transaction, timer_end), CLIENT_TIMER_LATE,
         NULL, now);
}

static bool
is_reliable(const struct client_transaction *t)
{
    return protocol_is_reliable(t->request.flow.protocol);
}

static void
start_end(struct client_transaction *t, uint64_t due_ms,
          void (*fire)(struct timer *, struct moment))
{
    t->timer_end.fire = fire;
    timer_start(t->table->wheel, &t->timer_end, due_ms);
}

static void
end(struct client_transaction *t, const struct message *response, struct moment now)
{
    struct client_table *table = t->table;

    (void)response;
    (void)now;
    timer_stop(table->wheel, &t->timer_e);
    timer_stop(table->wheel, &t->timer_end);
    hash_table_remove(&table->by_branch, &t->by_branch);
    hash_table_remove(&table->by_flow, &t->by_flow);
    free(t);
}

static enum send_status
send_request(const struct client_transaction *t)
{
    const struct transport *transport = t->table->transport;

    return transport->send(transport->self, &t->request.flow, t->request.bytes);
}

/* RFC 3261 17.1.2.2: E goes T1, 2*T1, 4*T1 and so on up to T2; in Proceeding it is T2. */
static void
resend(struct client_transaction *t, const struct message *response, struct moment now)
{
    (void)response;
    if (send_request(t) != SEND_OK) {
        step(t, CLIENT_SEND_FAILED, NULL, now);
        return;
    }
    t->interval_ms = t->interval_ms * 2 < TIMER_T2_MS ? t->interval_ms * 2 : TIMER_T2_MS;
    timer_start(t->table->wheel, &t->timer_e, now.ms + t->interval_ms);
}

/* The E that runs is not cut short or drawn out; from the next one on it is T2. */
static void
slow_down(struct client_transaction *t, const struct message *response, struct moment now)
{
    (void)response;
    (void)now;
    t->interval_ms = TIMER_T2_MS;
}

/* Half of the table is for those that wait for an answer. */
static bool
needs_room(const struct client_table *table)
{
    return client_table_count(table) > table->limit / 2;
}

/* What comes again over UDP is absorbed for K; over a stream K is zero. Transactions that wait
 * for an answer need the room more. */
static void
complete(struct client_transaction *t, struct moment now)
{
    timer_stop(t->table->wheel, &t->timer_e);
    if (is_reliable(t) || needs_room(t->table))
        end(t, NULL, now);
    else
        start_end(t, now.ms + TIMER_T4_MS, timer_k_fired);
}

/* What the owner asked for may be gone with the transaction: it is copied first. */
static void
answer(struct client_transaction *t, const struct message *response, struct moment now)
{
    const struct client_result result = { CLIENT_ANSWERED, response, false };
    const struct client_request request = t->request;

    complete(t, now);
    if (request.answered != NULL)
        request.answered(request.owner, &result, now);
}

static void
answer_late(struct client_transaction *t, const struct message *response,
            struct moment now)
{
    const struct client_request request = t->request;

    complete(t, now);
    if (request.late != NULL)
        request.late(request.owner, response, now);
}

static void
stop_listening(struct client_transaction *t, const struct message *response,
               struct moment now)
{
    const struct client_request request = t->request;

    (void)response;
    end(t, NULL, now);
    if (request.late != NULL)
        request.late(request.owner, NULL, now);
}

/* RFC 3261 has the transaction gone by now. But a 2xx that comes within 64*T1, the client's
 * own timer F in the standard, is still true: the message arrived. */
static void
give_up(struct client_transaction *t, enum client_outcome outcome, struct moment now)
{
    const struct client_request request = t->request;
    uint64_t until_ms = t->started_ms + TIMER_64_T1_MS;
    bool listens = request.late != NULL && until_ms > now.ms && !needs_room(t->table);
    const struct client_result result = { outcome, NULL, listens };

    timer_stop(t->table->wheel, &t->timer_e);
    if (listens)
        start_end(t, until_ms, timer_late_fired);
    else
        end(t, NULL, now);
    if (request.answered != NULL)
        request.answered(request.owner, &result, now);
}

static void
time_out(struct client_transaction *t, const struct message *response, struct moment now)
{
    (void)response;
    give_up(t, CLIENT_TIMEOUT, now);
}

static void
lose_flow(struct client_transaction *t, const struct message *response, struct moment now)
{
    (void)response;
    give_up(t, CLIENT_NO_FLOW, now);
}

struct client_table *
client_table_new(const struct transport *transport, struct timer_wheel *wheel,
                 const struct hash_key *key, size_t limit)
{
    struct client_table *table = calloc(1, sizeof *table);

    if (table == NULL)
        return NULL;
    table->transport = transport;
    table->wheel = wheel;
    table->key = *key;
    table->limit = limit;
    if (!hash_table_init(&table->by_branch) || !hash_table_init(&table->by_flow)) {
        client_table_free(table);
        return NULL;
    }
    return table;
}

void
client_table_free(struct client_table *table)
{
    struct hash_link *link;
    size_t bucket = 0;

    if (table == NULL)
        return;
    while ((link = hash_table_any(&table->by_branch, &bucket)) != NULL)
        end(CONTAINER_OF(link, struct client_transaction, by_branch), NULL,
            (struct moment){ 0 });
    hash_table_free(&table->by_branch);
    hash_table_free(&table->by_flow);
    free(table);
}

size_t
client_table_count(const struct client_table *table)
{
    return table->by_branch.count;
}

static uint64_t
hash_of_branch(const struct client_table *table, struct slice branch, enum method method)
{
    const char method_byte = (char)method;
    const struct slice parts[] = { branch, slice_of(&method_byte, 1) };

    return tablehash64_parts(&table->key, parts, 2);
}

/* By what a failure will name it: the connection, or while that is not known the peer. */
static uint64_t
hash_of_flow(const struct client_table *table, const struct flow *flow)
{
    uint64_t id = flow->connection;

    return id != 0 ? tablehash64(&table->key, slice_of((const char *)&id, sizeof id))
                   : address_hash(&table->key, &flow->peer);
}

static struct slice
copy(char *to, struct slice bytes)
{
    if (bytes.len > 0)
        memcpy(to, bytes.at, bytes.len);
    return slice_of(to, bytes.len);
}

static struct client_transaction *
transaction_new(struct client_table *table, const struct client_request *request,
                struct moment now)
{
    size_t room = request->branch.len + request->bytes.len;
    struct client_transaction *t = calloc(1, sizeof *t + room);

    if (t == NULL)
        return NULL;
    t->table = table;
    t->state = CLIENT_TRYING;
    t->interval_ms = TIMER_T1_MS;
    t->started_ms = now.ms;
    t->request = *request;
    t->request.branch = copy(t->bytes, request->branch);
    t->request.bytes = copy(t->bytes + request->branch.len, request->bytes);
    timer_init(&t->timer_e, timer_e_fired);
    timer_init(&t->timer_end, timer_f_fired);
    return t;
}

struct client_transaction *
client_transaction_start(struct client_table *table, const struct client_request *request,
                         struct moment now)
{
    struct client_transaction *t;

    if (client_table_count(table) >= table->limit)
        return NULL;
    t = transaction_new(table, request, now);
    if (t == NULL)
        return NULL;
    if (send_request(t) != SEND_OK) {
        free(t);
        return NULL;
    }
    hash_table_insert(&table->by_branch, &t->by_branch,
                      hash_of_branch(table, request->branch, request->method));
    hash_table_insert(&table->by_flow, &t->by_flow, hash_of_flow(table, &request->flow));
    start_end(t, now.ms + request->timeout_ms, timer_f_fired);
    if (!is_reliable(t))
        timer_start(table->wheel, &t->timer_e, now.ms + t->interval_ms);
    return t;
}

void
client_transaction_abandon(struct client_transaction *transaction)
{
    transaction->request.answered = NULL;
    transaction->request.late = NULL;
}

/* RFC 3261 17.1.3: the branch of the top Via and the method of CSeq. */
static struct client_transaction *
find(const struct client_table *table, const struct message *response)
{
    struct slice branch = response->via.branch;
    struct hash_link *link = hash_table_find(
        &table->by_branch, hash_of_branch(table, branch, response->method));

    for (; link != NULL; link = hash_link_next(link)) {
        struct client_transaction *t =
            CONTAINER_OF(link, struct client_transaction, by_branch);

        if (slice_equal(t->request.branch, branch) &&
            t->request.method == response->method)
            return t;
    }
    return NULL;
}

bool
client_table_receive(struct client_table *table, const struct message *response,
                     struct moment now)
{
    struct client_transaction *t = find(table, response);

    if (t == NULL)
        return false;
    step(t, response->status < 200 ? CLIENT_RX_1XX : CLIENT_RX_FINAL, response, now);
    return true;
}

static bool
is_over(const struct client_transaction *t, const struct flow *failed)
{
    const struct flow *flow = &t->request.flow;

    return flow->protocol == failed->protocol && flow->connection == failed->connection &&
           (flow->connection != 0 || address_equal(&flow->peer, &failed->peer));
}

/* Puts those over that very flow in front of *failed; step() knows which of them wait. */
static void
gather(struct client_table *table, const struct flow *flow,
       struct client_transaction **failed)
{
    struct hash_link *link = hash_table_find(&table->by_flow, hash_of_flow(table, flow));

    for (; link != NULL; link = hash_link_next(link)) {
        struct client_transaction *t =
            CONTAINER_OF(link, struct client_transaction, by_flow);

        if (is_over(t, flow)) {
            t->next_failed = *failed;
            *failed = t;
        }
    }
}

/* All are found before the first is told, since its owner may start another one over the
 * same flow. None of them is freed meanwhile: abandoning one frees nothing. */
void
client_table_flow_failed(struct client_table *table, const struct flow *flow,
                         struct moment now)
{
    struct client_transaction *failed = NULL;
    struct flow to_peer = *flow;

    to_peer.connection = 0;
    gather(table, &to_peer, &failed);
    if (flow->connection != 0)
        gather(table, flow, &failed);
    while (failed != NULL) {
        struct client_transaction *t = failed;

        failed = t->next_failed;
        step(t, CLIENT_SEND_FAILED, NULL, now);
    }
}
