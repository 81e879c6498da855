#include "src/sip/registrar.h"

#include "parser/params.h"

#include <stdlib.h>

/* One binding of the AoR while a REGISTER is worked on: as it stands in the location, or as
 * the request leaves it. Contacts are judged against these, in order, and only a request
 * that is good to its end reaches the location. */
struct item {
    const struct binding *old; /* borrowed; NULL: it is new */
    struct binding binding;
    struct uri uri;  /* the contact, parsed */
    bool is_set;     /* by this request */
    bool is_removed; /* by this request */
};

struct registration {
    const struct registrar_settings *settings;
    const struct message *request;
    const struct flow *flow;
    struct moment now;
    bool is_verified;
    bool takes_message; /* what Allow says, or would */
    struct slice path;  /* joined; lies in path_bytes */
    char *path_bytes;   /* owned */
    struct item *items; /* owned; room for the bindings there are and all contacts */
    size_t count;       /* of items */
    size_t before;      /* how many of them were there before */
    unsigned status;    /* 200 until something is wrong */
    struct slice reason;
};

static void
refuse(struct registration *r, unsigned status, struct slice reason)
{
    r->status = status;
    r->reason = reason;
}

static void
refuse_why(struct registration *r, const char *why)
{
    refuse(r, 400, slice_of(why, strlen(why)));
}

/* RFC 3261 10.3 step 7, P57: a request that is not newer than what it changes. Without this
 * a REGISTER that was overtaken by a later one would undo it. */
static bool
is_out_of_order(struct registration *r, const struct item *item)
{
    if (item->is_set || item->old->cseq < r->request->cseq ||
        !slice_equal(item->old->call_id, r->request->call_id))
        return false;
    refuse(r, 400, SLICE("CSeq Out of Order"));
    return true;
}

static struct item *
find_uri(struct registration *r, const struct uri *uri)
{
    for (size_t i = 0; i < r->count; i++)
        if (!r->items[i].is_removed && uri_equal(&r->items[i].uri, uri))
            return &r->items[i];
    return NULL;
}

/* A URN compares without case where it matters here: urn:uuid (RFC 8141 3.1, RFC 9562 4). */
static bool
is_of_instance(const struct item *item, struct slice instance)
{
    return !item->is_removed && !slice_is_absent(instance) &&
           !slice_is_absent(item->binding.instance) &&
           slice_equal_nocase(item->binding.instance, instance);
}

static struct item *
find_instance(struct registration *r, struct slice instance)
{
    for (size_t i = 0; i < r->count; i++)
        if (is_of_instance(&r->items[i], instance))
            return &r->items[i];
    return NULL;
}

/* The Expires header; what is malformed counts as absent (RFC 3261 10.2.1.1, 20.19). */
static bool
header_expires(const struct message *m, uint32_t *out_s)
{
    return number_parse(slice_trim(message_header(m, HEADER_EXPIRES)), out_s);
}

/* RFC 3261 10.3 step 7: the parameter, else the header, else ours. Only what was asked for
 * can be too brief. */
static bool
choose_expires(struct registration *r, const struct contact *contact, uint32_t *out_s)
{
    uint32_t expires_s = r->settings->default_expires_s;
    bool is_asked = true;

    if (contact->expires_s >= 0)
        expires_s = (uint32_t)contact->expires_s;
    else
        is_asked = header_expires(r->request, &expires_s);
    if (is_asked && expires_s != 0 && expires_s < r->settings->min_expires_s) {
        refuse(r, 423, SLICE("Interval Too Brief"));
        return false;
    }
    if (expires_s > r->settings->max_expires_s)
        expires_s = r->settings->max_expires_s;
    *out_s = expires_s;
    return true;
}

static bool
names_message(struct slice methods)
{
    struct slice method;

    while (list_next(&methods, &method))
        if (method_of(method) == METHOD_MESSAGE)
            return true;
    return false;
}

/* Without Allow a UA is taken at its best (RFC 3261 20.5). */
static bool
allows_message(const struct message *m)
{
    struct header_walk walk = message_walk(m, HEADER_ALLOW);
    struct slice element;

    while (header_walk_next(&walk, &element))
        if (method_of(element) == METHOD_MESSAGE)
            return true;
    return slice_is_absent(message_header(m, HEADER_ALLOW));
}

static struct binding
binding_of(const struct registration *r, const struct contact *contact,
           uint32_t expires_s)
{
    bool takes_message =
        slice_is_absent(contact->methods) || names_message(contact->methods);

    return (struct binding){
        .contact = contact->address.uri.text,
        .path = r->path,
        .instance = contact->instance,
        .call_id = r->request->call_id,
        .cseq = r->request->cseq,
        .q_thousandths =
            (uint16_t)(contact->q_thousandths < 0 ? 1000 : contact->q_thousandths),
        .takes_message = r->takes_message && takes_message,
        .is_verified = r->is_verified,
        .flow = *r->flow,
        .expires_ms = r->now.ms + (uint64_t)expires_s * 1000,
    };
}

/* One instance has one binding: a phone that comes back from another port or address does not
 * get everything twice. */
static void
remove_others_of_instance(struct registration *r, const struct item *kept,
                          struct slice instance)
{
    for (size_t i = 0; i < r->count; i++) {
        struct item *item = &r->items[i];

        if (item == kept || !is_of_instance(item, instance))
            continue;
        if (is_out_of_order(r, item))
            return;
        item->is_removed = true;
    }
}

static void
set_contact(struct registration *r, const struct contact *contact, uint32_t expires_s)
{
    struct binding binding = binding_of(r, contact, expires_s);
    struct item *item = find_uri(r, &contact->address.uri);

    if (binding.contact.len + binding.path.len + binding.instance.len +
            binding.call_id.len >
        BINDING_TEXT_MAX) {
        refuse(r, 400, SLICE("Contact, Path and Call-ID Too Long"));
        return;
    }
    if (item == NULL)
        item = find_instance(r, contact->instance);
    if (item != NULL && is_out_of_order(r, item))
        return;
    remove_others_of_instance(r, item, contact->instance);
    if (item == NULL)
        item = &r->items[r->count++];
    item->binding = binding;
    item->uri = contact->address.uri;
    item->is_set = true;
}

/* Of an instance that this request has just set, only the very URI is removed: a phone that
 * moves may name its old address after the new one. */
static void
remove_contact(struct registration *r, const struct contact *contact)
{
    struct item *item = find_uri(r, &contact->address.uri);

    if (item == NULL) {
        item = find_instance(r, contact->instance);
        if (item != NULL && item->is_set)
            return;
    }
    if (item != NULL && !is_out_of_order(r, item))
        item->is_removed = true;
}

/* RFC 3261 10.3 step 6: "*" stands alone, with Expires: 0. */
static void
remove_all(struct registration *r, size_t contacts)
{
    uint32_t expires_s;

    if (contacts != 1 || !header_expires(r->request, &expires_s) || expires_s != 0) {
        refuse(r, 400, SLICE("Contact * Needs Expires 0 and No Other Contact"));
        return;
    }
    for (size_t i = 0; i < r->count; i++) {
        if (is_out_of_order(r, &r->items[i]))
            return;
        r->items[i].is_removed = true;
    }
}

static void
judge_contact(struct registration *r, const struct contact *contact)
{
    enum uri_scheme scheme = contact->address.uri.scheme;
    uint32_t expires_s;

    if (scheme != URI_SIP && scheme != URI_SIPS)
        refuse(r, 400, SLICE("Contact Is Not a SIP URI"));
    else if (choose_expires(r, contact, &expires_s)) {
        if (expires_s == 0)
            remove_contact(r, contact);
        else
            set_contact(r, contact, expires_s);
    }
}

static void
judge_contacts(struct registration *r, size_t contacts)
{
    struct header_walk walk = message_walk(r->request, HEADER_CONTACT);
    struct slice element;

    while (r->status == 200 && header_walk_next(&walk, &element)) {
        struct contact contact;
        const char *why = NULL;

        if (contact_parse(element, &contact, &why) != PARSE_OK)
            refuse_why(r, why);
        else if (contact.is_star)
            remove_all(r, contacts);
        else
            judge_contact(r, &contact);
    }
}

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
        refuse(r, 500, SLICE("Out of Memory"));
        return;
    }
    writer_init(&w, r->path_bytes, BINDING_TEXT_MAX);
    while (header_walk_next(&walk, &element)) {
        struct name_addr address;
        const char *why = NULL;

        if (name_addr_parse(element, &address, &why) != PARSE_OK) {
            refuse_why(r, why);
            return;
        }
        if (w.len > 0)
            writer_bytes(&w, SLICE(","));
        writer_value(&w, element);
    }
    r->path = writer_done(&w);
    if (slice_is_absent(r->path))
        refuse(r, 400, SLICE("Path Too Long"));
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
        refuse(r, 503, SLICE("Too Many Contacts"));
        return;
    }
    r->items = calloc(bindings + contacts + 1, sizeof *r->items);
    if (r->items == NULL) {
        refuse(r, 500, SLICE("Out of Memory"));
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
        refuse(r, 503, SLICE("Too Many Contacts"));
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
        refuse(r, 500, SLICE("Out of Memory"));
        return false;
    }
    count = list_changes(r, changes);
    ok = location_apply(location, aor, changes, count, r->now);
    free(changes);
    if (!ok)
        refuse(r, 503, SLICE("Too Many Bindings"));
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
        .status = 200,
        .reason = SLICE("OK"),
    };

    begin(&r, location_find(location, aor), contacts);
    if (r.status == 200)
        judge_contacts(&r, contacts);
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
