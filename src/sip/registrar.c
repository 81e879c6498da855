#include "src/sip/registrar.h"

#include "src/sip/registration.h"

#include <stdlib.h>

static size_t
count_elements(const struct message *m, enum header_id id)
{
    struct header_walk walk = message_walk(m, id);
    struct slice element;
    size_t count = 0;

    while (header_walk_next(&walk, &element))
        count++;
    return count;
}

/* RFC 3327 5.3: the elements in order, over all lines, as the Route set to come. */
static void
join_path(struct registration *r)
{
    struct header_walk walk = message_walk(r->request, HEADER_PATH);
    struct slice element;
    struct writer w;

    r->path = slice_absent();
    if (slice_is_absent(message_header(r->request, HEADER_PATH)))
        return;
    r->path_bytes = malloc(BINDING_TEXT_MAX);
    if (r->path_bytes == NULL) {
        registration_refuse(r, 500, SLICE("Out of Memory"));
        return;
    }
    writer_init(&w, r->path_bytes, BINDING_TEXT_MAX);
    while (header_walk_next(&walk, &element)) {
        struct name_addr address;
        const char *why = NULL;

        if (name_addr_parse(element, &address, &why) != PARSE_OK) {
            registration_refuse_why(r, why);
            return;
        }
        if (w.len > 0)
            writer_bytes(&w, SLICE(","));
        writer_value(&w, element);
    }
    r->path = writer_done(&w);
    if (slice_is_absent(r->path))
        registration_refuse(r, 400, SLICE("Path Too Long"));
}

/* A contact that was accepted once is accepted again; if not, its binding matches nothing
 * and goes when it expires. */
static void
take_bindings(struct registration *r, const struct binding *first)
{
    for (const struct binding *b = first; b != NULL; b = b->next) {
        struct item *item = &r->items[r->count++];
        const char *why;

        *item = (struct item){ .old = b, .binding = *b };
        if (uri_parse(b->contact, &item->uri, &why) != PARSE_OK)
            item->uri = (struct uri){ .scheme = URI_OTHER, .text = b->contact };
    }
    r->before = r->count;
}

/* More contacts than could remove all that is there and add all that may be are not looked
 * at one by one: each is compared with each. */
static void
begin(struct registration *r, const struct binding *first, size_t contacts)
{
    size_t bindings = 0;

    for (const struct binding *b = first; b != NULL; b = b->next)
        bindings++;
    if (contacts > bindings + r->settings->max_contacts) {
        registration_refuse(r, 503, SLICE("Too Many Contacts"));
        return;
    }
    r->items = calloc(bindings + contacts + 1, sizeof *r->items);
    if (r->items == NULL) {
        registration_refuse(r, 500, SLICE("Out of Memory"));
        return;
    }
    take_bindings(r, first);
    join_path(r);
}

/* What was there before the limit was lowered may stay, but not grow. */
static void
judge_count(struct registration *r)
{
    size_t left = 0;

    for (size_t i = 0; i < r->count; i++)
        left += !r->items[i].is_removed;
    if (left > r->settings->max_contacts && left > r->before)
        registration_refuse(r, 503, SLICE("Too Many Contacts"));
}

/* Returns how many changes there are; `changes` has room for all items. */
static size_t
list_changes(const struct registration *r, struct binding_change *changes)
{
    size_t count = 0;

    for (size_t i = 0; i < r->count; i++) {
        const struct item *item = &r->items[i];
        bool is_changed = item->is_removed ? item->old != NULL : item->is_set;

        if (is_changed)
            changes[count++] = (struct binding_change){
                .old = item->old,
                .binding = item->binding,
                .remove = item->is_removed,
            };
    }
    return count;
}

static bool
apply(struct registration *r, struct location *location, struct slice aor)
{
    struct binding_change *changes = calloc(r->count + 1, sizeof *changes);
    size_t count;
    bool ok;

    if (changes == NULL) {
        registration_refuse(r, 500, SLICE("Out of Memory"));
        return false;
    }
    count = list_changes(r, changes);
    ok = location_apply(location, aor, changes, count, r->now);
    free(changes);
    if (!ok)
        registration_refuse(r, 503, SLICE("Too Many Bindings"));
    return ok && count > 0;
}

static const struct item *
best_of_request(const struct registration *r)
{
    const struct item *best = NULL;

    for (size_t i = 0; i < r->count; i++) {
        const struct item *item = &r->items[i];

        if (item->is_set && !item->is_removed && item->binding.takes_message &&
            (best == NULL || item->binding.q_thousandths > best->binding.q_thousandths))
            best = item;
    }
    return best;
}

static struct registrar_result
finish(struct registration *r, struct location *location, struct slice aor)
{
    struct registrar_result result = { .contact = slice_absent() };
    const struct item *best = NULL;

    if (r->status == 200)
        judge_count(r);
    if (r->status == 200)
        result.changed = apply(r, location, aor);
    if (r->status == 200)
        best = best_of_request(r);
    if (best != NULL) {
        result.has_contact = true;
        result.contact = best->binding.contact;
    }
    result.status = r->status;
    result.reason = r->reason;
    free(r->items);
    free(r->path_bytes);
    return result;
}

static bool
names_message(const struct message *m)
{
    struct header_walk walk = message_walk(m, HEADER_ALLOW);
    struct slice element;

    while (header_walk_next(&walk, &element))
        if (method_of(element) == METHOD_MESSAGE)
            return true;
    return false;
}

/* Without Allow a UA is taken at its best (RFC 3261 20.5). */
static bool
allows_message(const struct message *m)
{
    return names_message(m) || slice_is_absent(message_header(m, HEADER_ALLOW));
}

struct registrar_result
registrar_process(struct location *location, const struct registrar_settings *settings,
                  const struct message *request, struct slice aor,
                  const struct flow *flow, bool verified, struct moment now)
{
    size_t contacts = count_elements(request, HEADER_CONTACT);
    struct registration r = {
        .settings = settings,
        .request = request,
        .flow = flow,
        .now = now,
        .is_verified = verified,
        .takes_message = allows_message(request),
        .says_message = names_message(request),
        .status = 200,
        .reason = SLICE("OK"),
    };

    begin(&r, location_find(location, aor), contacts);
    if (r.status == 200)
        registration_judge_contacts(&r, contacts);
    return finish(&r, location, aor);
}

static void
write_contact(struct writer *w, const struct binding *b, struct moment now)
{
    uint64_t rest_ms = b->expires_ms > now.ms ? b->expires_ms - now.ms : 0;

    writer_bytes(w, SLICE("Contact: <"));
    writer_value(w, b->contact);
    writer_bytes(w, SLICE(">;expires="));
    writer_number(w, (rest_ms + 999) / 1000);
    if (b->q_thousandths != 1000) {
        const char q[] = { '0', '.', (char)('0' + b->q_thousandths / 100),
                           (char)('0' + b->q_thousandths / 10 % 10),
                           (char)('0' + b->q_thousandths % 10) };

        writer_bytes(w, SLICE(";q="));
        writer_bytes(w, slice_of(q, sizeof q));
    }
    if (!slice_is_absent(b->instance)) {
        writer_bytes(w, SLICE(";+sip.instance=\""));
        writer_value(w, b->instance);
        writer_bytes(w, SLICE("\""));
    }
    writer_bytes(w, SLICE("\r\n"));
}

void
registrar_write_contacts(struct writer *w, const struct location *location,
                         const struct message *request, struct slice aor,
                         struct moment now)
{
    for (const struct binding *b = location_find(location, aor); b != NULL; b = b->next)
        write_contact(w, b, now);
    for (int i = request->first[HEADER_PATH]; i >= 0; i = request->line[i].next)
        writer_header(w, SLICE("Path"), request->line[i].value);
}
