#include "src/sip/registration.h"

#include "parser/params.h"

void
registration_refuse(struct registration *r, unsigned status, struct slice reason)
{
    r->status = status;
    r->reason = reason;
}

void
registration_refuse_why(struct registration *r, const char *why)
{
    registration_refuse(r, 400, slice_of(why, strlen(why)));
}

/* RFC 3261 10.3 step 7, P57: a request that is not newer than what it changes. Without this
 * a REGISTER that was overtaken by a later one would undo it. */
static bool
is_out_of_order(struct registration *r, const struct item *item)
{
    if (item->is_set || item->old->cseq < r->request->cseq ||
        !slice_equal(item->old->call_id, r->request->call_id))
        return false;
    registration_refuse(r, 400, SLICE("CSeq Out of Order"));
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

/* RFC 3261 10.3 step 7: the parameter, else the header, else ours. Only what was asked for
 * can be too brief. */
static bool
choose_expires(struct registration *r, const struct contact *contact, uint32_t *out_s)
{
    int64_t asked_s =
        contact->expires_s >= 0 ? contact->expires_s : r->request->expires_s;
    uint32_t expires_s =
        asked_s >= 0 ? (uint32_t)asked_s : r->settings->default_expires_s;

    if (asked_s >= 0 && expires_s != 0 && expires_s < r->settings->min_expires_s) {
        registration_refuse(r, 423, SLICE("Interval Too Brief"));
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

/* Nothing but the word itself overrules what the UA has answered. */
static bool
says_message(const struct registration *r, const struct contact *contact)
{
    return r->says_message ||
           (!slice_is_absent(contact->methods) && names_message(contact->methods));
}

static void
set_contact(struct registration *r, const struct contact *contact, uint32_t expires_s)
{
    struct binding binding = binding_of(r, contact, expires_s);
    struct item *item = find_uri(r, &contact->address.uri);

    if (binding.contact.len + binding.path.len + binding.instance.len +
            binding.call_id.len >
        BINDING_TEXT_MAX) {
        registration_refuse(r, 400, SLICE("Contact, Path and Call-ID Too Long"));
        return;
    }
    if (item == NULL)
        item = find_instance(r, contact->instance);
    if (item != NULL && is_out_of_order(r, item))
        return;
    remove_others_of_instance(r, item, contact->instance);
    if (item == NULL)
        item = &r->items[r->count++];
    else if (item->binding.refused_message && !says_message(r, contact)) {
        binding.takes_message = false;
        binding.refused_message = true;
    }
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
    if (contacts != 1 || r->request->expires_s != 0) {
        registration_refuse(r, 400,
                            SLICE("Contact * Needs Expires 0 and No Other Contact"));
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
        registration_refuse(r, 400, SLICE("Contact Is Not a SIP URI"));
    else if (choose_expires(r, contact, &expires_s)) {
        if (expires_s == 0)
            remove_contact(r, contact);
        else
            set_contact(r, contact, expires_s);
    }
}

void
registration_judge_contacts(struct registration *r, size_t contacts)
{
    struct contact_walk walk;
    const struct contact *contact;
    enum contact_taken found;

    contact_walk_start(&walk, r->request);
    while (r->status == 200 &&
           (found = contact_walk_next(&walk, &contact)) != CONTACT_NONE) {
        if (found == CONTACT_BAD)
            registration_refuse_why(r, header_why(HEADER_CONTACT, HEADER_BAD));
        else if (contact->is_star)
            remove_all(r, contacts);
        else
            judge_contact(r, contact);
    }
}
