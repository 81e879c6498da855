#include "src/silo/dump.h"

#include "src/sip/hash_table.h"
#include "src/silo/delivered.h"
#include "src/silo/dump_request.h"
#include "src/silo/dump_target.h"

#include <stdlib.h>

enum {
    MEMORY_RETRY_MS = 1000, /* there was none for a removal: again, until there is */
};

enum dump_state {
    DUMP_READING,
    DUMP_LOCATING,
    DUMP_SENDING,
    DUMP_REMOVING, /* enough was delivered that is not durably removed yet, or the dump is
                      over and waits for that */
    DUMP_WAITING,
};

struct dump {
    struct hash_link link;
    struct silo *silo;
    enum dump_state state;
    struct timer
        timer; /* waiting: the next try; removing: no memory for a removal, again;
                           locating: an end to it */
    struct page_wait page_wait;
    struct hop_wait hop_wait;
    struct delivered delivered;
    struct client_transaction *transaction; /* while sending; borrowed */
    struct page page;                       /* owned */
    size_t offset;                          /* into the page */
    bool page_is_last;
    bool read_again; /* something was stored since the page was asked for */
    bool is_stale;   /* something was removed since then, or others wait for room */
    bool hurry;      /* a REGISTER came during this round: another follows a failure */
    uint64_t after;  /* the last id that is dealt with */
    struct record record; /* the one in hand; lies in the page */
    char *contact;        /* preferred; owned; NULL: any */
    size_t contact_len;
    char *sent_to; /* the contact of the message in flight; owned */
    size_t sent_to_len;
    bool was_refused;     /* the last answer was 405 or 501 */
    bool has_passed_over; /* in this round: the silo still holds it */
    bool is_holding;      /* waiting, and nothing but what was passed over is left */
    bool is_over;         /* removing, and nothing else is left to be done */
    bool is_prepared;     /* over, and bindings are being saved: it stays for those */
    uint32_t retry_s;     /* the last wait; 0: none yet */
    size_t aor_len;
    char aor[];
};

struct dumps {
    struct hash_table table;
    struct hash_key key;
    size_t busy; /* sending or removing */
};

static void
next_message(struct dump *dump, struct moment now);

struct dumps *
dumps_new(const struct hash_key *key)
{
    struct dumps *dumps = calloc(1, sizeof *dumps);

    if (dumps == NULL || !hash_table_init(&dumps->table)) {
        free(dumps);
        return NULL;
    }
    dumps->key = *key;
    return dumps;
}

size_t
dumps_count(const struct dumps *dumps)
{
    return dumps->table.count;
}

bool
dumps_are_quiet(const struct dumps *dumps)
{
    return dumps->busy == 0;
}

static struct slice
aor_of(const struct dump *dump)
{
    return slice_of(dump->aor, dump->aor_len);
}

static bool
is_busy(enum dump_state state)
{
    return state == DUMP_SENDING || state == DUMP_REMOVING;
}

static void
enter(struct dump *dump, enum dump_state state)
{
    struct dumps *dumps = dump->silo->dumps;

    dumps->busy += is_busy(state);
    dumps->busy -= is_busy(dump->state);
    dump->state = state;
}

static void
drop_page(struct dump *dump)
{
    reader_free_page(&dump->silo->reader, &dump->page);
    dump->offset = 0;
}

static void
free_dump(struct dump *dump)
{
    struct silo *silo = dump->silo;

    enter(dump, DUMP_WAITING);
    delivered_free(&dump->delivered);
    timer_stop(silo->wheel, &dump->timer);
    hop_wait_cancel(silo->hops, &dump->hop_wait);
    if (dump->transaction != NULL)
        client_transaction_abandon(dump->transaction);
    hash_table_remove(&silo->dumps->table, &dump->link);
    drop_page(dump);
    free(dump->contact);
    free(dump->sent_to);
    free(dump);
}

void
dumps_free(struct dumps *dumps)
{
    struct hash_link *link;
    size_t bucket = 0;

    if (dumps == NULL)
        return;
    while ((link = hash_table_any(&dumps->table, &bucket)) != NULL)
        free_dump(CONTAINER_OF(link, struct dump, link));
    hash_table_free(&dumps->table);
    free(dumps);
}

/* Replaces an owned text; out of memory leaves the old one. */
static void
keep_text(char **text, size_t *len, struct slice value)
{
    char *copy;

    if (slice_equal(slice_of(*text, *len), value))
        return;
    copy = malloc(value.len);
    if (copy == NULL)
        return;
    memcpy(copy, value.at, value.len);
    free(*text);
    *text = copy;
    *len = value.len;
}

static void
read_page(struct dump *dump)
{
    struct reader *reader = &dump->silo->reader;

    drop_page(dump);
    dump->read_again = dump->is_stale = false;
    dump->page_wait.request = (struct read_request){
        .aor = aor_of(dump),
        .after = dump->after,
        .max_messages = reader_is_short(reader) ? 1 : LIMIT_PAGE_MESSAGES,
        .max_bytes = LIMIT_PAGE_BYTES,
    };
    enter(dump, DUMP_READING);
    reader_want(reader, &dump->page_wait);
}

static void
start_over(struct dump *dump)
{
    timer_stop(dump->silo->wheel, &dump->timer);
    dump->after = 0;
    dump->hurry = dump->is_holding = dump->has_passed_over = false;
    dump->is_over = dump->is_prepared = false;
    read_page(dump);
}

/* Nobody is left to send to, or nothing to send. It stays for its removals, so that what comes
 * meanwhile finds it. */
static void
end_dump(struct dump *dump)
{
    if (dump->delivered.count == 0) {
        free_dump(dump);
        return;
    }
    timer_stop(dump->silo->wheel, &dump->timer);
    drop_page(dump);
    dump->is_over = true;
    enter(dump, DUMP_REMOVING);
}

/* A round that ends with 405 or 501 has shown that the UA does not know MESSAGE; one such
 * answer among others may have spoken of its message. False: there was no such end. */
static bool
learn_refusal(struct dump *dump)
{
    struct slice contact = slice_of(dump->sent_to, dump->sent_to_len);
    bool was_refused = dump->was_refused;

    dump->was_refused = false;
    return was_refused &&
           location_refuse_message(dump->silo->location, aor_of(dump), contact);
}

/* What was passed over stays for the next dump, and what is new goes behind it: the dump stays
 * for as long as there is somebody to send to. */
static void
hold(struct dump *dump, struct moment now)
{
    drop_page(dump);
    dump->is_holding = true;
    enter(dump, DUMP_WAITING);
    timer_start(dump->silo->wheel, &dump->timer,
                now.ms + (uint64_t)LIMIT_RETRY_MAX_S * 1000);
}

/* Nothing is left to be tried; after a refusal another contact may do better. */
static void
end_round(struct dump *dump, struct moment now)
{
    bool was_refused = learn_refusal(dump);

    if (dump->silo->is_stopping ||
        dump_binding(dump->silo, aor_of(dump), slice_absent()) == NULL)
        end_dump(dump);
    else if (was_refused)
        start_over(dump);
    else if (dump->has_passed_over)
        hold(dump, now);
    else
        end_dump(dump);
}

/* Ends this round. What is left waits: for a REGISTER, and while the contact stays for
 * check_time, then twice as long each time. */
static void
back_off(struct dump *dump, struct moment now)
{
    uint32_t first_s = dump->silo->settings->check_time_s;

    learn_refusal(dump);
    dump->is_holding = false;
    if (dump->hurry) {
        start_over(dump);
        return;
    }
    drop_page(dump);
    dump->retry_s = dump->retry_s == 0                       ? first_s
                    : dump->retry_s >= LIMIT_RETRY_MAX_S / 2 ? LIMIT_RETRY_MAX_S
                                                             : dump->retry_s * 2;
    enter(dump, DUMP_WAITING);
    timer_start(dump->silo->wheel, &dump->timer, now.ms + (uint64_t)dump->retry_s * 1000);
}

static void
go_on(struct dump *dump, struct moment now)
{
    if (delivered_may_grow(&dump->delivered))
        next_message(dump, now);
    else
        enter(dump, DUMP_REMOVING);
}

/* It was over, and its last removal is durable. */
static void
finish(struct dump *dump)
{
    bool is_wanted = dump->hurry || dump->read_again;

    if (dump->silo->is_stopping ||
        dump_binding(dump->silo, aor_of(dump), slice_absent()) == NULL) {
        free_dump(dump);
    } else if (is_wanted) {
        start_over(dump);
    } else if (dump->is_prepared) {
        dump->is_over = dump->is_prepared = false;
        enter(dump, DUMP_WAITING); /* as dump_prepare would have made it */
    } else {
        free_dump(dump);
    }
}

/* A page that was read before this may still show the message. */
static void
removed(struct delivered *delivered, uint64_t id, struct slice call_id, struct moment now)
{
    struct dump *dump = CONTAINER_OF(delivered, struct dump, delivered);

    dump->silo->counters.dumped++;
    dump->retry_s = 0;
    LOG(LOG_INFO, "silo.dumped", LOG_TEXT("aor", aor_of(dump)), LOG_NUMBER("mid", id),
        LOG_TEXT("call-id", call_id));
    if (id > dump->after)
        dump->is_stale = true;
    if (dump->state != DUMP_REMOVING || timer_is_running(&dump->timer))
        return;
    if (!dump->is_over)
        go_on(dump, now);
    else if (delivered->count == 0)
        finish(dump);
}

/* The phone has the message in hand. */
static void
remove_message(struct dump *dump, struct moment now)
{
    if (delivered_add(&dump->delivered, dump->record.id, dump->record.call_id, now)) {
        go_on(dump, now);
        return;
    }
    enter(dump, DUMP_REMOVING);
    timer_start(dump->silo->wheel, &dump->timer, now.ms + MEMORY_RETRY_MS);
}

/* A name server may never answer. */
static void
give_up_locating(struct dump *dump, struct moment now)
{
    hop_wait_cancel(dump->silo->hops, &dump->hop_wait);
    back_off(dump, now);
}

static void
timer_fired(struct timer *timer, struct moment now)
{
    struct dump *dump = CONTAINER_OF(timer, struct dump, timer);
    struct slice contact = slice_of(dump->contact, dump->contact_len);

    if (dump->state == DUMP_REMOVING)
        remove_message(dump, now);
    else if (dump->state == DUMP_LOCATING)
        give_up_locating(dump, now);
    else if (dump_binding(dump->silo, aor_of(dump), contact) == NULL)
        end_dump(dump);
    else if (dump->is_holding)
        hold(dump, now);
    else
        start_over(dump);
}

static void
pass_over(struct dump *dump, struct moment now)
{
    dump->has_passed_over = true;
    next_message(dump, now);
}

/* RFC 3428 8 and the contract: these speak of the phone, any other of the message. */
static bool
ends_the_dump(unsigned status)
{
    return status == 408 || status == 480 || status == 500 || status == 503;
}

/* While others wait for a page, a slow phone has one for no more than a message. */
static void
answered(void *owner, const struct client_result *result, struct moment now)
{
    struct dump *dump = owner;
    unsigned status = result->outcome == CLIENT_ANSWERED ? result->response->status : 0;

    dump->transaction = NULL;
    if (reader_is_short(&dump->silo->reader))
        dump->is_stale = true;
    dump->was_refused = status == 405 || status == 501;
    if (status >= 200 && status < 300) {
        remove_message(dump, now);
        return;
    }
    dump->silo->counters.failed++;
    LOG(LOG_INFO, "silo.undelivered", LOG_TEXT("aor", aor_of(dump)),
        LOG_NUMBER("mid", dump->record.id), LOG_NUMBER("status", status),
        LOG_TEXT("call-id", dump->record.call_id));
    if (status == 0 || ends_the_dump(status))
        back_off(dump, now);
    else
        pass_over(dump, now);
}

static void
send_message(struct dump *dump, const struct binding *binding, const struct flow *flow,
             struct moment now)
{
    struct silo *silo = dump->silo;
    struct message_out message = { .flow = *flow, .owner = dump, .answered = answered };

    if (departure_is_under_way(silo, dump->record.id)) {
        next_message(dump, now); /* its phone said so while a name was looked up */
        return;
    }
    dump_request_fill(silo, &dump->record, binding, &message);
    switch (message_out_send(silo, &message, &dump->transaction, now)) {
    case MESSAGE_OUT_SENT:
        keep_text(&dump->sent_to, &dump->sent_to_len, binding->contact);
        enter(dump, DUMP_SENDING);
        break;
    case MESSAGE_OUT_TOO_BIG:
        LOG(LOG_WARN, "silo.too-big", LOG_TEXT("aor", aor_of(dump)),
            LOG_NUMBER("mid", dump->record.id));
        pass_over(dump, now);
        break;
    case MESSAGE_OUT_FAILED:
        back_off(dump, now);
        break;
    }
}

static void
located(struct hop_wait *wait, const struct flow *flow, struct moment now)
{
    struct dump *dump = CONTAINER_OF(wait, struct dump, hop_wait);
    struct slice contact = slice_of(dump->contact, dump->contact_len);
    const struct binding *binding = dump_binding(dump->silo, aor_of(dump), contact);

    timer_stop(dump->silo->wheel, &dump->timer);
    if (binding == NULL || dump->silo->is_stopping)
        end_dump(dump);
    else if (flow == NULL)
        back_off(dump, now);
    else
        send_message(dump, binding, flow, now);
}

static void
locate(struct dump *dump, struct moment now)
{
    struct slice contact = slice_of(dump->contact, dump->contact_len);
    const struct binding *binding = dump_binding(dump->silo, aor_of(dump), contact);
    struct flow flow;

    if (binding == NULL || dump->silo->is_stopping) {
        end_dump(dump);
        return;
    }
    enter(dump, DUMP_LOCATING);
    switch (dump_flow(dump->silo, binding, &flow, &dump->hop_wait)) {
    case HOP_FOUND:
        send_message(dump, binding, &flow, now);
        break;
    case HOP_WAITING:
        timer_start(dump->silo->wheel, &dump->timer,
                    now.ms + (uint64_t)dump->silo->settings->fr_timer_s * 1000);
        break;
    case HOP_NONE:
        back_off(dump, now);
        break;
    }
}

/* Takes the next message that is still worth sending in hand; ends the dump, or reads on,
 * where the page holds no more. */
static void
next_message(struct dump *dump, struct moment now)
{
    while (!dump->is_stale && page_next(&dump->page, &dump->offset, &dump->record)) {
        dump->after = dump->record.id;
        if (dump->record.exp_time_s > now.s &&
            !departure_is_under_way(dump->silo, dump->record.id)) {
            locate(dump, now);
            return;
        }
    }
    if (!dump->page_is_last || dump->read_again || dump->is_stale)
        read_page(dump);
    else
        end_round(dump, now);
}

static void
page_read(struct page_wait *wait, struct moment now)
{
    struct dump *dump = CONTAINER_OF(wait, struct dump, page_wait);
    const struct read_request *request = &wait->request;

    dump->page = request->page;
    dump->page_is_last = request->at_end;
    if (request->damaged > 0)
        LOG(LOG_ERROR, "store.damaged", LOG_STRING("table", "messages"),
            LOG_TEXT("aor", aor_of(dump)), LOG_NUMBER("mid", request->damaged_id),
            LOG_NUMBER("count", request->damaged));
    if (request->status != STORE_OK)
        back_off(dump, now);
    else
        next_message(dump, now);
}

static struct dump *
find_dump(const struct dumps *dumps, struct slice aor)
{
    struct hash_link *link =
        hash_table_find(&dumps->table, tablehash64(&dumps->key, aor));

    for (; link != NULL; link = hash_link_next(link)) {
        struct dump *dump = CONTAINER_OF(link, struct dump, link);

        if (slice_equal(aor_of(dump), aor))
            return dump;
    }
    return NULL;
}

/* Any contact will do where there is no memory for it. */
static void
prefer(struct dump *dump, struct slice contact)
{
    if (contact.len > 0)
        keep_text(&dump->contact, &dump->contact_len, contact);
}

/* NULL: too many, out of memory, or the server stops. */
static struct dump *
dump_new(const struct silo *silo, struct slice aor)
{
    if (silo->dumps->table.count >= LIMIT_DUMPS || silo->is_stopping)
        return NULL;
    return calloc(1, sizeof(struct dump) + aor.len);
}

/* NULL: not now, and noted as overdue. */
static struct dump *
make_dump(struct silo *silo, struct slice aor)
{
    struct dumps *dumps = silo->dumps;
    struct dump *dump = dump_new(silo, aor);

    location_set_overdue(silo->location, aor, dump == NULL);
    if (dump == NULL)
        return NULL;
    dump->silo = silo;
    dump->delivered = (struct delivered){ .silo = silo, .removed = removed };
    dump->state = DUMP_WAITING;
    dump->page_wait.done = page_read;
    dump->hop_wait.found = located;
    timer_init(&dump->timer, timer_fired);
    dump->aor_len = aor.len;
    memcpy(dump->aor, aor.at, aor.len);
    hash_table_insert(&dumps->table, &dump->link, tablehash64(&dumps->key, aor));
    return dump;
}

static struct dump *
start_dump(struct silo *silo, struct slice aor)
{
    struct dump *dump = make_dump(silo, aor);

    if (dump != NULL)
        read_page(dump);
    return dump;
}

void
dump_registered(struct silo *silo, struct slice aor, struct slice contact)
{
    struct dump *dump = find_dump(silo->dumps, aor);

    if (dump == NULL) {
        dump = start_dump(silo, aor);
        if (dump != NULL)
            prefer(dump, contact);
        return;
    }
    prefer(dump, contact);
    dump->retry_s = 0;
    if (dump->state == DUMP_WAITING)
        start_over(dump);
    else
        dump->hurry = true;
}

void
dump_stored(struct silo *silo, struct slice aor)
{
    struct dump *dump = find_dump(silo->dumps, aor);

    if (dump != NULL && dump->is_holding)
        start_over(dump);
    else if (dump != NULL)
        dump->read_again = true;
    else if (dump_binding(silo, aor, slice_absent()) != NULL)
        start_dump(silo, aor);
}

void
dump_stored_for_later(struct silo *silo, struct slice aor, struct moment now)
{
    struct dump *dump = find_dump(silo->dumps, aor);

    if (dump == NULL && dump_binding(silo, aor, slice_absent()) != NULL)
        dump = make_dump(silo, aor);
    else if (dump != NULL && !dump->is_holding) {
        dump->read_again = true;
        return;
    }
    if (dump != NULL)
        back_off(dump, now);
}

bool
dump_is_there(const struct silo *silo, struct slice aor)
{
    return find_dump(silo->dumps, aor) != NULL ||
           location_is_overdue(silo->location, aor);
}

void
dumps_begin_overdue(struct silo *silo)
{
    struct slice aor = location_any_overdue(silo->location);

    while (!slice_is_absent(aor) && start_dump(silo, aor) != NULL)
        aor = location_any_overdue(silo->location);
}

void
dump_reread(struct silo *silo, struct slice aor)
{
    struct dump *dump = find_dump(silo->dumps, aor);

    if (dump != NULL)
        dump->is_stale = true;
}

void
dump_prepare(struct silo *silo, struct slice aor)
{
    struct dump *dump = find_dump(silo->dumps, aor);

    if (dump != NULL)
        dump->is_prepared = dump->is_over;
    else if (dump_binding(silo, aor, slice_absent()) != NULL)
        make_dump(silo, aor);
}

/* One that was only prepared waits for no timer; one that had nobody to send to has ended. */
void
dump_resume(struct silo *silo, struct slice aor)
{
    struct dump *dump = find_dump(silo->dumps, aor);
    bool is_online = dump_binding(silo, aor, slice_absent()) != NULL;

    if (dump == NULL && is_online) {
        start_dump(silo, aor);
        return;
    }
    if (dump != NULL && dump->is_over) {
        dump->is_prepared = false;
        dump->hurry = is_online;
        return;
    }
    if (dump == NULL || dump->state != DUMP_WAITING || timer_is_running(&dump->timer))
        return;
    if (is_online)
        start_over(dump);
    else
        end_dump(dump);
}
