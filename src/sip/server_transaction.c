#include "src/sip/server_transaction.h"

#include "src/limits.h"
#include "src/sip/branch.h"
#include "src/sip/hash_table.h"

#include <assert.h>
#include <stdlib.h>

enum {
    SLAB_ENTRIES = LIMIT_SERVER_SLAB,
    HASH_WORDS =
        3, /* 96 of the 128 bits: two of 2^22 requests meet once in 2^52 tables */
    DROPS_A_CALL = 64, /* a call adds one, so any backlog of ended entries melts */
    NONE = UINT32_MAX, /* no entry */
    STATUS_TRYING = 0,
};

struct entry {
    uint32_t hash[HASH_WORDS];
    uint32_t next;     /* of the same bucket */
    uint32_t after;    /* Completed: the next of its line; free: the next free one */
    uint32_t ended_ms; /* low half of the time: J is far below 49 days */
    struct server_outcome outcome;
};

/* As many buckets as entries: one slab brings both. */
struct slab {
    struct entry entries[SLAB_ENTRIES];
    uint32_t buckets[SLAB_ENTRIES];
};

static_assert(sizeof(struct slab) == 32 * (size_t)SLAB_ENTRIES, "32 bytes a request");

/* Completed ones in the order in which they completed. */
struct line {
    uint32_t oldest, newest; /* NONE: there is none */
    uint32_t count;
};

struct server_table {
    struct hash_key key;
    uint32_t limit, refused_limit;
    uint32_t timer_j_ms;
    uint32_t count;
    uint32_t slab_count;
    uint32_t entries_used; /* the rest of the slabs was never touched */
    uint32_t buckets_used; /* as in hash_table.h */
    uint32_t first_free;
    struct line answered, refused;
    struct slab *slabs[]; /* owned; room for all that `limit` may need */
};

static struct entry *
entry_at(const struct server_table *table, uint32_t i)
{
    return &table->slabs[i / SLAB_ENTRIES]->entries[i % SLAB_ENTRIES];
}

static uint32_t *
bucket_at(const struct server_table *table, size_t i)
{
    return &table->slabs[i / SLAB_ENTRIES]->buckets[i % SLAB_ENTRIES];
}

static uint32_t *
bucket_of(const struct server_table *table, const uint32_t hash[HASH_WORDS])
{
    return bucket_at(table, hash_bucket(hash[0], table->buckets_used));
}

static bool
add_slab(struct server_table *table)
{
    struct slab *slab = malloc(sizeof *slab);

    if (slab == NULL)
        return false;
    table->slabs[table->slab_count++] = slab;
    return true;
}

struct server_table *
server_table_new(const struct hash_key *key, size_t limit, uint32_t refused_limit,
                 uint32_t timer_j_ms)
{
    size_t slabs = limit / SLAB_ENTRIES + 1;
    struct server_table *table;

    assert(limit < NONE);
    table = calloc(1, sizeof *table + slabs * sizeof(struct slab *));
    if (table == NULL)
        return NULL;
    table->key = *key;
    table->limit = (uint32_t)limit;
    table->refused_limit = refused_limit;
    table->timer_j_ms = timer_j_ms;
    table->first_free = NONE;
    table->answered = table->refused = (struct line){ NONE, NONE, 0 };
    if (!add_slab(table)) {
        free(table);
        return NULL;
    }
    *bucket_at(table, 0) = NONE;
    table->buckets_used = 1;
    return table;
}

void
server_table_free(struct server_table *table)
{
    if (table == NULL)
        return;
    for (uint32_t i = 0; i < table->slab_count; i++)
        free(table->slabs[i]);
    free(table);
}

size_t
server_table_count(const struct server_table *table)
{
    return table->count;
}

static struct slice
bytes_of_u32(const uint32_t *number)
{
    return slice_of((const char *)number, sizeof *number);
}

static struct server_key
key_of_branch(const struct server_table *table, const struct message *m)
{
    uint32_t port = m->via.port;
    const struct slice parts[] = {
        SLICE("3261"),          m->via.branch,  m->via.host,
        bytes_of_u32(&port),    m->method_name, m->call_id,
        bytes_of_u32(&m->cseq),
    };

    return (struct server_key){ tablehash128_parts(&table->key, parts,
                                                   sizeof parts / sizeof parts[0]) };
}

static struct server_key
key_of_fields(const struct server_table *table, const struct message *m)
{
    const struct slice parts[] = {
        SLICE("2543"), m->request_uri,         m->from.tag,    m->to.tag,
        m->call_id,    bytes_of_u32(&m->cseq), m->method_name, m->via.text,
    };

    return (struct server_key){ tablehash128_parts(&table->key, parts,
                                                   sizeof parts / sizeof parts[0]) };
}

struct server_key
server_key_of(const struct server_table *table, const struct message *request)
{
    return via_has_cookie(&request->via) ? key_of_branch(table, request)
                                         : key_of_fields(table, request);
}

/* The link that names the entry, in its bucket or in the entry before it; at the end of the
 * bucket a link that is NONE. */
static uint32_t *
link_of(const struct server_table *table, const uint32_t hash[HASH_WORDS])
{
    uint32_t *link = bucket_of(table, hash);

    while (*link != NONE) {
        struct entry *entry = entry_at(table, *link);

        if (memcmp(entry->hash, hash, sizeof entry->hash) == 0)
            break;
        link = &entry->next;
    }
    return link;
}

static uint32_t *
find(const struct server_table *table, const struct server_key *key)
{
    uint32_t hash[HASH_WORDS];

    memcpy(hash, key->hash.bytes, sizeof hash);
    return link_of(table, hash);
}

/* Out of its bucket and onto the free list. */
static void
drop(struct server_table *table, uint32_t *link)
{
    uint32_t i = *link;
    struct entry *entry = entry_at(table, i);

    *link = entry->next;
    entry->after = table->first_free;
    table->first_free = i;
    table->count--;
}

static void
drop_oldest(struct server_table *table, struct line *line)
{
    struct entry *entry = entry_at(table, line->oldest);

    line->oldest = entry->after;
    if (line->oldest == NONE)
        line->newest = NONE;
    line->count--;
    drop(table, link_of(table, entry->hash));
}

static void
drop_ended(struct server_table *table, struct line *line, struct moment now)
{
    for (int i = 0; i < DROPS_A_CALL && line->oldest != NONE; i++) {
        const struct entry *entry = entry_at(table, line->oldest);

        if ((uint32_t)now.ms - entry->ended_ms < table->timer_j_ms)
            return;
        drop_oldest(table, line);
    }
}

static void
split_one_bucket(struct server_table *table)
{
    uint32_t half = (uint32_t)1 << (31 - __builtin_clz(table->buckets_used));
    uint32_t *bucket = bucket_at(table, table->buckets_used - half);
    uint32_t i = *bucket;

    *bucket = NONE;
    *bucket_at(table, table->buckets_used) = NONE;
    table->buckets_used++;
    while (i != NONE) {
        struct entry *entry = entry_at(table, i);
        uint32_t next = entry->next;

        bucket = bucket_of(table, entry->hash);
        entry->next = *bucket;
        *bucket = i;
        i = next;
    }
}

/* An entry that is free; NONE: at the limit, or out of memory. */
static uint32_t
take_free(struct server_table *table)
{
    uint32_t i;

    if (table->count == table->limit && table->refused.count > 0)
        drop_oldest(table, &table->refused);
    if (table->count == table->limit)
        return NONE;
    i = table->first_free;
    if (i != NONE) {
        table->first_free = entry_at(table, i)->after;
        return i;
    }
    if (table->entries_used == table->slab_count * SLAB_ENTRIES && !add_slab(table))
        return NONE;
    return table->entries_used++;
}

static enum server_match
insert(struct server_table *table, const struct server_key *key)
{
    uint32_t i = take_free(table);
    struct entry *entry;
    uint32_t *bucket;

    if (i == NONE)
        return SERVER_TABLE_FULL;
    entry = entry_at(table, i);
    memcpy(entry->hash, key->hash.bytes, sizeof entry->hash);
    entry->outcome = (struct server_outcome){ STATUS_TRYING, 0 };
    bucket = bucket_of(table, entry->hash);
    entry->next = *bucket;
    *bucket = i;
    table->count++;
    if (table->count > table->buckets_used)
        split_one_bucket(table);
    return SERVER_NEW;
}

enum server_match
server_table_receive(struct server_table *table, const struct server_key *key,
                     struct server_outcome *outcome, struct moment now)
{
    uint32_t i;

    drop_ended(table, &table->answered, now);
    drop_ended(table, &table->refused, now);
    i = *find(table, key);
    if (i == NONE)
        return insert(table, key);
    if (entry_at(table, i)->outcome.status == STATUS_TRYING)
        return SERVER_TRYING;
    *outcome = entry_at(table, i)->outcome;
    return SERVER_COMPLETED;
}

static void
join(struct server_table *table, struct line *line, uint32_t i)
{
    entry_at(table, i)->after = NONE;
    if (line->newest == NONE)
        line->oldest = i;
    else
        entry_at(table, line->newest)->after = i;
    line->newest = i;
    line->count++;
}

/* RFC 3261 17.2.2: J is 64*T1 over UDP, and 0 over a stream. */
static void
complete(struct server_table *table, const struct server_key *key,
         struct server_outcome outcome, enum protocol protocol, struct line *line,
         struct moment now)
{
    uint32_t *link = find(table, key);
    uint32_t i = *link;
    struct entry *entry;

    assert(outcome.status != STATUS_TRYING);
    if (i == NONE || entry_at(table, i)->outcome.status != STATUS_TRYING)
        return;
    if (protocol_is_reliable(protocol)) {
        drop(table, link);
        return;
    }
    entry = entry_at(table, i);
    entry->outcome = outcome;
    entry->ended_ms = (uint32_t)now.ms;
    join(table, line, i);
}

void
server_table_complete(struct server_table *table, const struct server_key *key,
                      struct server_outcome outcome, enum protocol protocol,
                      struct moment now)
{
    complete(table, key, outcome, protocol, &table->answered, now);
}

void
server_table_refuse(struct server_table *table, const struct server_key *key,
                    struct server_outcome outcome, enum protocol protocol,
                    struct moment now)
{
    complete(table, key, outcome, protocol, &table->refused, now);
    if (table->refused.count > table->refused_limit)
        drop_oldest(table, &table->refused);
}

void
server_table_forget(struct server_table *table, const struct server_key *key)
{
    uint32_t *link = find(table, key);

    if (*link != NONE && entry_at(table, *link)->outcome.status == STATUS_TRYING)
        drop(table, link);
}

/* The key is seen by nobody; the tag, which everybody sees, tells nothing of it. */
void
server_to_tag(const struct server_table *table, const struct server_key *key,
              char out[TO_TAG_BYTES])
{
    const struct slice bytes =
        slice_of((const char *)key->hash.bytes, sizeof key->hash.bytes);

    hex64_write(siphash64(&table->key, bytes), out);
}
