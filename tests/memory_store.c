#include "tests/memory_store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct memory_store {
    struct store store;
    struct memory_contents *contents;
    enum store_role role;
    bool owns_contents;
};

static struct memory_contents *
contents_of(struct store *store)
{
    return ((struct memory_store *)(void *)store)->contents;
}

/* Room for one more element. Tests have memory: without it they end here. */
static void *
room_for_one(void *array, size_t count, size_t *room, size_t element)
{
    if (count < *room)
        return array;
    *room = *room == 0 ? 16 : *room * 2;
    array = realloc(array, *room * element);
    assert(array != NULL);
    return array;
}

/* Copies both into one block, which is returned. */
static char *
copy_pair(struct slice *a, struct slice *b)
{
    char *bytes = malloc(a->len + b->len + 1);

    assert(bytes != NULL);
    if (a->len > 0)
        memcpy(bytes, a->at, a->len);
    if (b->len > 0)
        memcpy(bytes + a->len, b->at, b->len);
    *a = slice_of(bytes, a->len);
    *b = slice_of(bytes + a->len, b->len);
    return bytes;
}

struct memory_contents *
memory_contents_new(void)
{
    struct memory_contents *c = calloc(1, sizeof *c);

    assert(c != NULL);
    c->window_s = MEMORY_ORIGIN_WINDOW_S;
    return c;
}

void
memory_contents_free(struct memory_contents *c)
{
    for (size_t i = 0; i < c->message_count; i++)
        free(c->messages[i].bytes);
    for (size_t i = 0; i < c->binding_count; i++)
        free(c->bindings[i].bytes);
    free(c->messages);
    free(c->origins);
    free(c->bindings);
    free(c);
}

static void *
copy_array(const void *array, size_t count, size_t element)
{
    void *copy = malloc((count + 1) * element);

    assert(copy != NULL);
    if (count > 0)
        memcpy(copy, array, count * element);
    return copy;
}

struct memory_contents *
memory_contents_copy(const struct memory_contents *from)
{
    struct memory_contents *c = memory_contents_new();

    *c = *from;
    c->has_server = false;
    c->messages = copy_array(from->messages, from->message_count, sizeof *c->messages);
    c->origins = copy_array(from->origins, from->origin_count, sizeof *c->origins);
    c->bindings = copy_array(from->bindings, from->binding_count, sizeof *c->bindings);
    c->message_room = from->message_count;
    c->origin_room = from->origin_count;
    c->binding_room = from->binding_count;
    for (size_t i = 0; i < c->message_count; i++)
        c->messages[i].bytes = copy_pair(&c->messages[i].aor, &c->messages[i].value);
    for (size_t i = 0; i < c->binding_count; i++)
        c->bindings[i].bytes = copy_pair(&c->bindings[i].aor, &c->bindings[i].value);
    return c;
}

const struct memory_message *
memory_contents_find(const struct memory_contents *c, uint64_t id)
{
    for (size_t i = 0; i < c->message_count; i++)
        if (c->messages[i].id == id)
            return &c->messages[i];
    return NULL;
}

static void
remove_at(struct memory_contents *c, size_t i)
{
    free(c->messages[i].bytes);
    c->message_count--;
    memmove(&c->messages[i], &c->messages[i + 1],
            (c->message_count - i) * sizeof c->messages[0]);
}

static void
remove_id(struct memory_contents *c, uint64_t id)
{
    const struct memory_message *message = memory_contents_find(c, id);

    if (message != NULL)
        remove_at(c, (size_t)(message - c->messages));
}

static bool
origin_is_known(const struct memory_contents *c, const struct hash128 *origin,
                int64_t now_s)
{
    for (size_t i = 0; i < c->origin_count; i++)
        if (memcmp(&c->origins[i].origin, origin, sizeof *origin) == 0 &&
            now_s < c->origins[i].until_s)
            return true;
    return false;
}

static bool
aor_is_full(const struct memory_contents *c, const struct put *put, int64_t now_s)
{
    uint64_t messages = 1, bytes = put->body_bytes;

    for (size_t i = 0; i < c->message_count; i++) {
        const struct memory_message *m = &c->messages[i];
        if (m->exp_time_s > now_s && slice_equal(m->aor, put->aor)) {
            messages++;
            bytes += m->body_bytes;
        }
    }
    return (put->max_messages > 0 && messages > put->max_messages) ||
           (put->max_bytes > 0 && bytes > put->max_bytes);
}

static uint64_t
used_bytes(const struct memory_contents *c)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < c->message_count; i++)
        bytes += c->messages[i].value.len;
    return bytes;
}

static enum put_result
judge(const struct memory_contents *c, const struct put *put, int64_t now_s)
{
    if (origin_is_known(c, &put->origin, now_s))
        return PUT_REPEATED;
    if (aor_is_full(c, put, now_s))
        return PUT_AOR_FULL;
    if (c->room_bytes > 0 && used_bytes(c) + put->value.len > c->room_bytes)
        return PUT_NO_SPACE;
    return PUT_STORED;
}

static void
remember_origin(struct memory_contents *c, const struct put *put, int64_t now_s)
{
    int64_t until_s = INT64_MAX - c->window_s < now_s ? INT64_MAX : now_s + c->window_s;

    if (put->remember && put->exp_time_s > until_s)
        until_s = put->exp_time_s;
    c->origins =
        room_for_one(c->origins, c->origin_count, &c->origin_room, sizeof *c->origins);
    c->origins[c->origin_count++] = (struct memory_origin){ .origin = put->origin,
                                                            .until_s = until_s,
                                                            .is_import = put->remember };
}

static void
forget_origins(struct memory_contents *c, int64_t now_s)
{
    size_t kept = 0;

    for (size_t i = 0; i < c->origin_count; i++)
        if (now_s < c->origins[i].until_s)
            c->origins[kept++] = c->origins[i];
    c->origin_count = kept;
}

static void
append(struct memory_contents *c, struct put *put)
{
    struct memory_message *m;

    c->messages = room_for_one(c->messages, c->message_count, &c->message_room,
                               sizeof *c->messages);
    m = &c->messages[c->message_count++];
    *m = (struct memory_message){ .id = ++c->last_id,
                                  .exp_time_s = put->exp_time_s,
                                  .body_bytes = put->body_bytes,
                                  .aor = put->aor,
                                  .value = put->value };
    m->bytes = copy_pair(&m->aor, &m->value);
    put->id = m->id;
}

static void
save_binding(struct memory_contents *c, const struct saved_binding *saved)
{
    struct memory_binding *b;
    size_t i = 0;

    while (i < c->binding_count && !slice_equal(c->bindings[i].aor, saved->aor))
        i++;
    if (i < c->binding_count) {
        free(c->bindings[i].bytes);
        c->bindings[i] = c->bindings[--c->binding_count];
    }
    if (slice_is_absent(saved->value))
        return;
    c->bindings = room_for_one(c->bindings, c->binding_count, &c->binding_room,
                               sizeof *c->bindings);
    b = &c->bindings[c->binding_count++];
    *b = (struct memory_binding){ .aor = saved->aor, .value = saved->value };
    b->bytes = copy_pair(&b->aor, &b->value);
}

static enum store_status
memory_commit(struct store *store, struct batch *batch, int64_t now_s)
{
    struct memory_contents *c = contents_of(store);

    forget_origins(c, now_s);
    for (size_t i = 0; i < batch->removal_count; i++)
        remove_id(c, batch->removals[i].id);
    for (size_t i = 0; i < batch->put_count; i++) {
        struct put *put = &batch->puts[i];
        put->result = judge(c, put, now_s);
        if (put->result != PUT_STORED)
            continue;
        append(c, put);
        remember_origin(c, put, now_s);
    }
    for (size_t i = 0; i < batch->binding_count; i++)
        save_binding(c, &batch->bindings[i]);
    return STORE_OK;
}

static bool
is_wanted(const struct memory_message *m, const struct read_request *r)
{
    return m->id > r->after && m->exp_time_s > r->now_s &&
           (slice_is_absent(r->aor) || slice_equal(m->aor, r->aor));
}

static enum store_status
read_one(const struct memory_contents *c, struct read_request *r)
{
    r->at_end = false;
    r->damaged = 0;
    r->is_incomplete = false;
    for (size_t i = 0; i < c->message_count; i++) {
        if (!is_wanted(&c->messages[i], r))
            continue;
        if (r->page.count == r->max_messages ||
            (r->page.count > 0 && r->page.len >= r->max_bytes))
            return STORE_OK;
        if (!page_add(&r->page, c->messages[i].id, c->messages[i].value))
            return STORE_NO_MEMORY;
    }
    r->at_end = true;
    return STORE_OK;
}

static enum store_status
memory_read(struct store *store, struct read_request *requests, size_t count)
{
    for (size_t i = 0; i < count; i++)
        requests[i].status = read_one(contents_of(store), &requests[i]);
    return STORE_OK;
}

static enum store_status
memory_get(struct store *store, uint64_t id, struct page *out)
{
    const struct memory_message *m = memory_contents_find(contents_of(store), id);

    if (m == NULL)
        return STORE_NOT_FOUND;
    return page_add(out, m->id, m->value) ? STORE_OK : STORE_NO_MEMORY;
}

static enum store_status
memory_tidy(struct store *store, int64_t now_s, bool expire, uint32_t bound,
            struct tidy_result *out)
{
    struct memory_contents *c = contents_of(store);
    struct tidy_result result = { 0 };

    for (size_t i = 0; expire && i < c->message_count;) {
        if (c->messages[i].exp_time_s > now_s) {
            i++;
        } else if (result.expired < bound) {
            remove_at(c, i);
            result.expired++;
        } else {
            result.more = true;
            break;
        }
    }
    *out = result;
    return STORE_OK;
}

static enum store_status
memory_facts(struct store *store, int64_t now_s, struct store_facts *out)
{
    const struct memory_contents *c = contents_of(store);
    struct store_facts facts = { .map_used_bytes = used_bytes(c),
                                 .map_bytes = c->room_bytes };
    struct record record;

    for (size_t i = 0; i < c->message_count; i++) {
        const struct memory_message *m = &c->messages[i];
        if (m->exp_time_s <= now_s)
            continue;
        facts.messages++;
        facts.bytes += m->body_bytes;
        if (record_decode(m->value, m->id, &record) == RECORD_OK &&
            (facts.oldest_s == 0 || record.inc_time_s < facts.oldest_s))
            facts.oldest_s = record.inc_time_s;
    }
    *out = facts;
    return STORE_OK;
}

static enum store_status
memory_repeats(struct store *store, int64_t now_s, void *visitor,
               void (*visit)(void *visitor, const struct hash128 *origin))
{
    const struct memory_contents *c = contents_of(store);

    for (size_t i = 0; i < c->origin_count; i++)
        if (c->origins[i].until_s > now_s)
            visit(visitor, &c->origins[i].origin);
    return STORE_OK;
}

static enum store_status
memory_bindings(struct store *store, void *visitor,
                bool (*visit)(void *visitor, struct slice aor, struct slice value))
{
    const struct memory_contents *c = contents_of(store);

    for (size_t i = 0; i < c->binding_count; i++)
        if (!visit(visitor, c->bindings[i].aor, c->bindings[i].value))
            break;
    return STORE_OK;
}

/* Records decode and ids ascend. */
static enum store_status
memory_verify(struct store *store, void *visitor,
              void (*found)(void *visitor, const struct store_finding *finding),
              struct store_verdict *out)
{
    const struct memory_contents *c = contents_of(store);
    uint64_t before = 0;

    *out = (struct store_verdict){ .messages = c->message_count };
    for (size_t i = 0; i < c->message_count; i++) {
        const struct memory_message *m = &c->messages[i];
        struct store_finding finding = { .table = "messages",
                                         .id = m->id,
                                         .aor = m->aor };
        struct record record;

        if (record_decode(m->value, m->id, &record) != RECORD_OK) {
            finding.what = "the record is damaged";
            out->damaged++;
        } else if (m->id <= before || m->id > c->last_id) {
            finding.what = "the id is out of order";
        }
        before = m->id;
        if (finding.what == NULL)
            continue;
        out->findings++;
        found(visitor, &finding);
    }
    return STORE_OK;
}

static const char *
memory_why(const struct store *store)
{
    (void)store;
    return "";
}

static void
memory_close(struct store *store)
{
    struct memory_store *s = (struct memory_store *)(void *)store;

    if (s->role == STORE_SERVER)
        s->contents->has_server = false;
    if (s->owns_contents)
        memory_contents_free(s->contents);
    free(s);
}

enum store_status
memory_store_open(struct memory_contents *c, const struct store_options *options,
                  struct store **out, char *why, size_t why_room)
{
    struct memory_store *s;

    if (options->role == STORE_COMMAND && !c->is_made) {
        snprintf(why, why_room, "no store in memory");
        return STORE_NOT_FOUND;
    }
    if (options->role == STORE_SERVER && c->has_server) {
        snprintf(why, why_room, "another server has the store");
        return STORE_BUSY;
    }
    if (!c->is_made)
        c->secret = options->secret;
    s = calloc(1, sizeof *s);
    assert(s != NULL);
    c->is_made = true;
    c->has_server = c->has_server || options->role == STORE_SERVER;
    *s = (struct memory_store){ .store = { &memory_engine, c->secret },
                                .contents = c,
                                .role = options->role };
    *out = &s->store;
    return STORE_OK;
}

static enum store_status
memory_open(const struct store_options *options, struct store **out, char *why,
            size_t why_room)
{
    struct memory_contents *c = memory_contents_new();
    enum store_status status = memory_store_open(c, options, out, why, why_room);

    if (status == STORE_OK)
        ((struct memory_store *)(void *)*out)->owns_contents = true;
    else
        memory_contents_free(c);
    return status;
}

const struct store_engine memory_engine = {
    .scheme = "memory",
    .open = memory_open,
    .commit = memory_commit,
    .read = memory_read,
    .get = memory_get,
    .tidy = memory_tidy,
    .facts = memory_facts,
    .bindings = memory_bindings,
    .repeats = memory_repeats,
    .verify = memory_verify,
    .why = memory_why,
    .close = memory_close,
};
