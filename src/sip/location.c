#include "src/sip/location.h"

#include "src/sip/hash_table.h"

#include <assert.h>
#include <stdlib.h>

enum {
    HOST_MAX = 255, /* of a host that is hashed: what differs behind it shares a chain */
};

struct entry {
    struct binding binding; /* what callers see; its texts lie in `bytes` */
    struct location *location;
    struct timer expiry;
    struct hash_link by_aor;        /* in the table when it is the first of its AoR */
    struct hash_link by_connection; /* in the table when it has a connection */
    struct hash_link by_contact;
    struct entry *next_overdue, **overdue_at; /* of the list; overdue_at NULL: in none */
    char bytes[];
};

struct location {
    struct timer_wheel *wheel; /* borrowed */
    struct hash_key key;
    size_t limit, count;
    size_t limit_bytes, bytes; /* of texts */
    struct hash_table by_aor;  /* owns the entries: the first, and behind it the others */
    struct hash_table by_connection;
    struct hash_table by_contact;
    struct entry *overdue; /* borrowed: a list */
    void *watcher;
    void (*keep)(void *watcher, uint64_t connection, bool has_binding);
};

static struct entry *
entry_of(const struct binding *binding)
{
    return CONTAINER_OF(binding, struct entry, binding);
}

static void
keep_nothing(void *watcher, uint64_t connection, bool has_binding)
{
    (void)watcher;
    (void)connection;
    (void)has_binding;
}

struct location *
location_new(struct timer_wheel *wheel, const struct hash_key *key, size_t limit,
             size_t limit_bytes)
{
    struct location *location = calloc(1, sizeof *location);

    if (location == NULL)
        return NULL;
    location->wheel = wheel;
    location->key = *key;
    location->limit = limit;
    location->limit_bytes = limit_bytes;
    location->keep = keep_nothing;
    if (!hash_table_init(&location->by_aor) ||
        !hash_table_init(&location->by_connection) ||
        !hash_table_init(&location->by_contact)) {
        location_free(location);
        return NULL;
    }
    return location;
}

/* Those that were never put in the table, or were taken out of it. */
static void
free_list(struct binding *binding)
{
    while (binding != NULL) {
        struct entry *entry = entry_of(binding);

        binding = binding->next;
        free(entry);
    }
}

void
location_free(struct location *location)
{
    struct hash_link *link;
    size_t bucket = 0;

    if (location == NULL)
        return;
    while ((link = hash_table_any(&location->by_aor, &bucket)) != NULL) {
        struct entry *first = CONTAINER_OF(link, struct entry, by_aor);
        struct binding *b = &first->binding;

        for (; b != NULL; b = b->next)
            timer_stop(location->wheel, &entry_of(b)->expiry);
        hash_table_remove(&location->by_aor, link);
        free_list(&first->binding);
    }
    hash_table_free(&location->by_aor);
    hash_table_free(&location->by_connection);
    hash_table_free(&location->by_contact);
    free(location);
}

size_t
location_count(const struct location *location)
{
    return location->count;
}

void
location_watch_connections(struct location *location, void *self,
                           void (*keep)(void *self, uint64_t connection,
                                        bool has_binding))
{
    location->watcher = self;
    location->keep = keep;
}

static struct entry *
find_first(const struct location *location, struct slice aor, uint64_t hash)
{
    struct hash_link *link = hash_table_find(&location->by_aor, hash);

    for (; link != NULL; link = hash_link_next(link)) {
        struct entry *entry = CONTAINER_OF(link, struct entry, by_aor);

        if (slice_equal(entry->binding.aor, aor))
            return entry;
    }
    return NULL;
}

const struct binding *
location_find(const struct location *location, struct slice aor)
{
    struct entry *first = find_first(location, aor, tablehash64(&location->key, aor));

    return first == NULL ? NULL : &first->binding;
}

static void
join_overdue(struct location *location, struct entry *entry)
{
    entry->next_overdue = location->overdue;
    entry->overdue_at = &location->overdue;
    if (entry->next_overdue != NULL)
        entry->next_overdue->overdue_at = &entry->next_overdue;
    location->overdue = entry;
}

static void
leave_overdue(struct entry *entry)
{
    if (entry->overdue_at == NULL)
        return;
    *entry->overdue_at = entry->next_overdue;
    if (entry->next_overdue != NULL)
        entry->next_overdue->overdue_at = entry->overdue_at;
    entry->overdue_at = NULL;
}

/* The binding that bears the note need not be the best one any more. */
static struct entry *
find_overdue(const struct location *location, struct slice aor)
{
    const struct binding *b =
        location->overdue == NULL ? NULL : location_find(location, aor);

    while (b != NULL && entry_of(b)->overdue_at == NULL)
        b = b->next;
    return b == NULL ? NULL : entry_of(b);
}

void
location_set_overdue(struct location *location, struct slice aor, bool overdue)
{
    struct entry *noted = find_overdue(location, aor);
    const struct binding *first = location_find(location, aor);

    if (noted != NULL && !overdue)
        leave_overdue(noted);
    else if (noted == NULL && overdue && first != NULL)
        join_overdue(location, entry_of(first));
}

/* The binding leaves its AoR, which may have others. */
static void
pass_on_overdue(struct location *location, struct entry *entry)
{
    if (entry->overdue_at == NULL)
        return;
    leave_overdue(entry);
    location_set_overdue(location, entry->binding.aor, true);
}

bool
location_is_overdue(const struct location *location, struct slice aor)
{
    return find_overdue(location, aor) != NULL;
}

struct slice
location_any_overdue(const struct location *location)
{
    return location->overdue == NULL ? slice_absent() : location->overdue->binding.aor;
}

static uint64_t
hash_of_connection(const struct location *location, uint64_t connection)
{
    return tablehash64(&location->key,
                       slice_of((const char *)&connection, sizeof connection));
}

static struct entry *
find_connection(const struct location *location, uint64_t connection)
{
    struct hash_link *link = hash_table_find(&location->by_connection,
                                             hash_of_connection(location, connection));

    for (; link != NULL; link = hash_link_next(link)) {
        struct entry *entry = CONTAINER_OF(link, struct entry, by_connection);

        if (entry->binding.flow.connection == connection)
            return entry;
    }
    return NULL;
}

bool
location_connection_has_binding(const struct location *location, uint64_t connection)
{
    return find_connection(location, connection) != NULL;
}

/* A contact that cannot be read is found by its text alone. */
static uint64_t
hash_of_contact(const struct location *location, const struct uri *uri)
{
    const uint16_t port = uri->port;
    char host[HOST_MAX];
    size_t len = uri->host.len < HOST_MAX ? uri->host.len : HOST_MAX;
    const struct slice parts[] = { uri->user, slice_of(host, len),
                                   slice_of((const char *)&port, sizeof port) };

    for (size_t i = 0; i < len; i++)
        host[i] = ascii_lower(uri->host.at[i]);
    return tablehash64_parts(&location->key, parts, 3);
}

static bool
names_contact(const struct binding *binding, const struct uri *uri)
{
    struct uri own;
    const char *why;

    return uri_parse(binding->contact, &own, &why) == PARSE_OK &&
           slice_equal(own.user, uri->user) && slice_equal_nocase(own.host, uri->host) &&
           own.port == uri->port;
}

const struct binding *
location_find_contact(const struct location *location, const struct uri *contact,
                      struct slice aor)
{
    struct hash_link *link =
        hash_table_find(&location->by_contact, hash_of_contact(location, contact));
    const struct binding *found = NULL;
    bool is_claimed_twice = false;

    for (; link != NULL; link = hash_link_next(link)) {
        const struct binding *b = &CONTAINER_OF(link, struct entry, by_contact)->binding;

        if (!names_contact(b, contact))
            continue;
        if (slice_equal(b->aor, aor))
            return b;
        is_claimed_twice |= found != NULL && !slice_equal(found->aor, b->aor);
        found = b;
    }
    return is_claimed_twice ? NULL : found;
}

static void
join_contact(struct location *location, struct entry *entry)
{
    struct uri uri;
    const char *why;

    if (uri_parse(entry->binding.contact, &uri, &why) != PARSE_OK)
        uri = (struct uri){ .host = entry->binding.contact };
    hash_table_insert(&location->by_contact, &entry->by_contact,
                      hash_of_contact(location, &uri));
}

bool
location_refuse_message(struct location *location, struct slice aor, struct slice contact)
{
    struct entry *first = find_first(location, aor, tablehash64(&location->key, aor));

    for (struct binding *b = first == NULL ? NULL : &first->binding; b; b = b->next) {
        if (!slice_equal(b->contact, contact))
            continue;
        b->takes_message = false;
        b->refused_message = true;
        return true;
    }
    return false;
}

static void
join_connection(struct location *location, struct entry *entry)
{
    uint64_t connection = entry->binding.flow.connection;
    bool is_first;

    if (connection == 0)
        return;
    is_first = !location_connection_has_binding(location, connection);
    hash_table_insert(&location->by_connection, &entry->by_connection,
                      hash_of_connection(location, connection));
    if (is_first)
        location->keep(location->watcher, connection, true);
}

static void
leave_connection(struct location *location, struct entry *entry)
{
    uint64_t connection = entry->binding.flow.connection;

    if (connection == 0)
        return;
    hash_table_remove(&location->by_connection, &entry->by_connection);
    if (!location_connection_has_binding(location, connection))
        location->keep(location->watcher, connection, false);
}

static void
become_first(struct location *location, struct entry *entry)
{
    hash_table_insert(&location->by_aor, &entry->by_aor, entry->by_aor.hash);
}

/* In front of those of the same q: newest first. */
static void
join_aor(struct location *location, struct entry *entry)
{
    struct entry *first = find_first(location, entry->binding.aor, entry->by_aor.hash);
    struct binding *before;

    if (first == NULL || first->binding.q_thousandths <= entry->binding.q_thousandths) {
        if (first != NULL)
            hash_table_remove(&location->by_aor, &first->by_aor);
        entry->binding.next = first == NULL ? NULL : &first->binding;
        become_first(location, entry);
        return;
    }
    before = &first->binding;
    while (before->next != NULL &&
           before->next->q_thousandths > entry->binding.q_thousandths)
        before = before->next;
    entry->binding.next = before->next;
    before->next = &entry->binding;
}

static void
leave_aor(struct location *location, struct entry *entry)
{
    struct entry *first = find_first(location, entry->binding.aor, entry->by_aor.hash);
    struct binding *before = &first->binding;

    if (first == entry) {
        hash_table_remove(&location->by_aor, &entry->by_aor);
        if (entry->binding.next != NULL)
            become_first(location, entry_of(entry->binding.next));
        return;
    }
    while (before->next != &entry->binding) {
        before = before->next;
        assert(before !=
               NULL); /* a change named a binding of another AoR, or one twice */
    }
    before->next = entry->binding.next;
}

static size_t
text_of(const struct binding *b)
{
    return b->contact.len + b->path.len + b->instance.len + b->call_id.len;
}

static void
add(struct location *location, struct entry *entry)
{
    join_aor(location, entry);
    join_connection(location, entry);
    join_contact(location, entry);
    timer_start(location->wheel, &entry->expiry, entry->binding.expires_ms);
    location->count++;
    location->bytes += text_of(&entry->binding) + entry->binding.aor.len;
}

static void
drop(struct location *location, struct entry *entry)
{
    leave_aor(location, entry);
    leave_connection(location, entry);
    pass_on_overdue(location, entry);
    hash_table_remove(&location->by_contact, &entry->by_contact);
    timer_stop(location->wheel, &entry->expiry);
    location->count--;
    location->bytes -= text_of(&entry->binding) + entry->binding.aor.len;
    free(entry);
}

static void
expired(struct timer *timer, struct moment now)
{
    struct entry *entry = CONTAINER_OF(timer, struct entry, expiry);

    (void)now;
    drop(entry->location, entry);
}

/* NULL: out of memory, or too much text. */
static struct entry *
entry_new(struct location *location, struct slice aor, const struct binding *from)
{
    size_t text = text_of(from);
    struct entry *entry;
    char *at;

    if (text > BINDING_TEXT_MAX)
        return NULL;
    entry = calloc(1, sizeof *entry + text + aor.len);
    if (entry == NULL)
        return NULL;
    at = entry->bytes;
    entry->location = location;
    entry->binding = *from;
    entry->binding.aor = slice_pack(&at, aor);
    entry->binding.contact = slice_pack(&at, from->contact);
    entry->binding.path = slice_pack(&at, from->path);
    entry->binding.instance = slice_pack(&at, from->instance);
    entry->binding.call_id = slice_pack(&at, from->call_id);
    entry->binding.next = NULL;
    entry->by_aor.hash = tablehash64(&location->key, aor);
    timer_init(&entry->expiry, expired);
    return entry;
}

/* The new bindings of all changes, in order, in no table yet. False: out of memory. */
static bool
make_all(struct location *location, struct slice aor,
         const struct binding_change *changes, size_t count, struct binding **made)
{
    struct binding **end = made;

    *made = NULL;
    for (size_t i = 0; i < count; i++) {
        struct entry *entry;

        if (changes[i].remove)
            continue;
        entry = entry_new(location, aor, &changes[i].binding);
        if (entry == NULL) {
            free_list(*made);
            return false;
        }
        *end = &entry->binding;
        end = &entry->binding.next;
    }
    return true;
}

/* What there is too much of already may stay or shrink. */
static bool
fits(size_t count, size_t removed, size_t added, size_t limit)
{
    return added <= removed || count - removed + added <= limit;
}

static bool
has_room(const struct location *location, struct slice aor,
         const struct binding_change *changes, size_t count)
{
    size_t added = 0, removed = 0, added_bytes = 0, removed_bytes = 0;

    for (size_t i = 0; i < count; i++) {
        if (!changes[i].remove) {
            added++;
            added_bytes += text_of(&changes[i].binding) + aor.len;
        }
        if (changes[i].old != NULL) {
            removed++;
            removed_bytes += text_of(changes[i].old) + aor.len;
        }
    }
    return fits(location->count, removed, added, location->limit) &&
           fits(location->bytes, removed_bytes, added_bytes, location->limit_bytes);
}

/* All that can fail comes first. What is new is added before what is old is dropped, so that
 * a connection that keeps a binding never seems to be without one. */
bool
location_put_back(struct location *location, struct slice aor,
                  const struct binding_change *changes, size_t count)
{
    struct binding *made;

    if (!make_all(location, aor, changes, count, &made))
        return false;
    while (made != NULL) {
        struct entry *entry = entry_of(made);

        made = made->next;
        add(location, entry);
    }
    for (size_t i = 0; i < count; i++)
        if (changes[i].old != NULL)
            drop(location, entry_of(changes[i].old));
    return true;
}

bool
location_apply(struct location *location, struct slice aor,
               const struct binding_change *changes, size_t count, struct moment now)
{
    (void)now;
    return has_room(location, aor, changes, count) &&
           location_put_back(location, aor, changes, count);
}

void
location_connection_closed(struct location *location, uint64_t connection)
{
    struct entry *entry;

    while (connection != 0 && (entry = find_connection(location, connection)) != NULL) {
        hash_table_remove(&location->by_connection, &entry->by_connection);
        entry->binding.flow.connection = 0;
    }
}
