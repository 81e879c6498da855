/* bench_location - what a binding costs in the location table: time and memory.
 *
 *   bench_location [-n MOST] [-r ROUNDS] [-j FILE]
 *
 * 1000, 10,000, .. MOST (a million) users have a binding each, with a contact, a Call-ID and a
 * peer of their own. Each round does 512 of each, for users picked at random:
 *
 *   add        the first binding of a user who has none
 *   find       the bindings of a user, by AoR
 *   miss       the same of a user who has none
 *   contact    the binding that a contact names
 *   refresh    a REGISTER again: find, then replace
 *   expire     the wheel turns, and those that were added go by themselves
 *
 * Nanoseconds of this thread, with the timer of each binding in them. Bytes are what malloc
 * gave out and what the process grew by, the text of a binding (AoR, contact, Call-ID)
 * included; each size is measured in a process of its own.
 */
#include "bench/micro/figures.h"
#include "bench/micro/memory.h"
#include "bench/micro/options.h"
#include "bench/parser/clock.h"
#include "src/sip/location.h"
#include "tests/random.h"

#include <assert.h>
#include <stdlib.h>

enum {
    BATCH = 512,
    ROUNDS = 51,
    TEXT = 64,
    SHORT_MS = 60000, /* of what expires while it is measured */
    LONG_MS = 86400000,
};

enum measure {
    ADD,
    FIND,
    MISS,
    CONTACT,
    REFRESH,
    EXPIRE,
    ALLOCATED,
    RESIDENT,
    TEXTS,
    MEASURES,
};

static const char *const measure_name[MEASURES] = {
    [ADD] = "add",
    [FIND] = "find",
    [MISS] = "miss",
    [CONTACT] = "contact",
    [REFRESH] = "refresh",
    [EXPIRE] = "expire",
    [ALLOCATED] = "allocated",
    [RESIDENT] = "resident",
    [TEXTS] = "text",
};

/* A user as a REGISTER brings him. */
struct user {
    struct binding_change change;
    struct uri contact;
    char aor[TEXT], contact_text[TEXT], call_id[TEXT];
};

struct bench {
    struct timer_wheel wheel;
    struct location *location;
    struct random random;
    struct moment now;
    uint32_t size;
    uint32_t calls; /* so that no two Call-IDs are the same */
    struct user user[BATCH];
    struct figure figure[MEASURES];
};

static struct slice
text_of(const char *text)
{
    return slice_of(text, strlen(text));
}

static void
name_user(struct bench *b, struct user *user, uint32_t number, uint64_t expires_ms)
{
    struct binding *binding = &user->change.binding;
    struct address peer = { .ip = { [10] = 0xff, [11] = 0xff, [12] = 10 }, .port = 5060 };
    const char *why;

    peer.ip[13] = (uint8_t)(number >> 16);
    peer.ip[14] = (uint8_t)(number >> 8);
    peer.ip[15] = (uint8_t)number;
    snprintf(user->aor, sizeof user->aor, "user%07u@silo.example.org", number);
    snprintf(user->contact_text, sizeof user->contact_text,
             "sip:user%07u@10.%u.%u.%u:5060", number, peer.ip[13], peer.ip[14],
             peer.ip[15]);
    snprintf(user->call_id, sizeof user->call_id,
             "%08x-7dec-11d0-a765-00a0c91e6bf6@10.0.0.1", b->calls++);
    user->change = (struct binding_change){ .old = NULL };
    binding->aor = text_of(user->aor);
    binding->contact = text_of(user->contact_text);
    binding->call_id = text_of(user->call_id);
    binding->cseq = 1;
    binding->q_thousandths = 1000;
    binding->takes_message = true;
    binding->flow.peer = peer;
    binding->expires_ms = expires_ms;
    if (uri_parse(binding->contact, &user->contact, &why) != PARSE_OK)
        abort();
}

/* Users with a number from `first` on, at random, or one after the other. */
static void
name_any(struct bench *b)
{
    for (uint32_t i = 0; i < BATCH; i++)
        name_user(b, &b->user[i], random_below(&b->random, b->size),
                  b->now.ms + LONG_MS + random_below(&b->random, LONG_MS));
}

static void
name_others(struct bench *b)
{
    for (uint32_t i = 0; i < BATCH; i++)
        name_user(b, &b->user[i], b->size + i,
                  b->now.ms + 1 + random_below(&b->random, SHORT_MS));
}

static void
apply(struct bench *b, const struct user *user)
{
    if (!location_apply(b->location, user->change.binding.aor, &user->change, 1, b->now))
        abort();
}

static void
add_all(struct bench *b)
{
    for (uint32_t i = 0; i < BATCH; i++)
        apply(b, &b->user[i]);
}

static void
find_all(struct bench *b)
{
    for (uint32_t i = 0; i < BATCH; i++)
        if (location_find(b->location, b->user[i].change.binding.aor) == NULL)
            abort();
}

static void
miss_all(struct bench *b)
{
    for (uint32_t i = 0; i < BATCH; i++)
        if (location_find(b->location, b->user[i].change.binding.aor) != NULL)
            abort();
}

static void
find_contacts(struct bench *b)
{
    for (uint32_t i = 0; i < BATCH; i++)
        if (location_find_contact(b->location, &b->user[i].contact,
                                  b->user[i].change.binding.aor) == NULL)
            abort();
}

static void
refresh_all(struct bench *b)
{
    for (uint32_t i = 0; i < BATCH; i++) {
        struct user *user = &b->user[i];

        user->change.old = location_find(b->location, user->change.binding.aor);
        apply(b, user);
    }
}

/* As the server's loop does: from deadline to deadline. */
static void
expire_all(struct bench *b)
{
    uint64_t until_ms = b->now.ms + SHORT_MS, deadline_ms;
    struct timer *timer;

    while ((deadline_ms = timer_wheel_next_deadline(&b->wheel)) <= until_ms) {
        b->now.ms = deadline_ms;
        while ((timer = timer_wheel_next_due(&b->wheel, b->now.ms)) != NULL)
            timer->fire(timer, b->now);
    }
    b->now.ms = until_ms;
}

static void
measure(struct bench *b, enum measure measure, void (*work)(struct bench *))
{
    double began_ns = clock_ns();

    work(b);
    figure_add(&b->figure[measure], (clock_ns() - began_ns) / BATCH);
}

/* The others come and go, so that there are `size` of them before and after. */
static void
run_round(struct bench *b)
{
    name_others(b);
    measure(b, MISS, miss_all);
    measure(b, ADD, add_all);
    name_any(b);
    measure(b, FIND, find_all);
    name_any(b);
    measure(b, CONTACT, find_contacts);
    name_any(b);
    measure(b, REFRESH, refresh_all);
    assert(location_count(b->location) == b->size + BATCH);
    measure(b, EXPIRE, expire_all);
    assert(location_count(b->location) == b->size);
}

/* The table, and all who stay; and what that took for each. */
static void
fill(struct bench *b)
{
    static const struct hash_key key = { "an unknown peer" };
    struct user *user = &b->user[0];
    double allocated = memory_allocated(), resident = memory_resident(), text = 0;

    b->location = location_new(&b->wheel, &key, b->size + BATCH, SIZE_MAX);
    if (b->location == NULL)
        abort();
    for (uint32_t i = 0; i < b->size; i++) {
        name_user(b, user, i, LONG_MS + random_below(&b->random, LONG_MS));
        text += (double)(user->change.binding.aor.len + user->change.binding.contact.len +
                         user->change.binding.call_id.len);
        apply(b, user);
    }
    figure_add(&b->figure[ALLOCATED], (memory_allocated() - allocated) / b->size);
    figure_add(&b->figure[RESIDENT], (memory_resident() - resident) / b->size);
    figure_add(&b->figure[TEXTS], text / b->size);
}

struct run {
    const struct figures *figures;
    uint32_t size, rounds;
};

static void
run_size(void *context)
{
    static struct bench b;
    const struct run *run = context;

    b.size = run->size;
    random_seed(&b.random, run->size);
    for (int m = 0; m < MEASURES; m++)
        b.figure[m] = (struct figure){ .subject = "location",
                                       .measure = measure_name[m],
                                       .unit = m < ALLOCATED ? "ns" : "bytes",
                                       .size = run->size };
    timer_wheel_init(&b.wheel, 0);
    fill(&b);
    for (uint32_t round = 0; round < run->rounds; round++)
        run_round(&b);
    location_free(b.location);
    for (int m = 0; m < MEASURES; m++)
        figures_print(run->figures, &b.figure[m]);
}

int
main(int argc, char **argv)
{
    struct options options = { .most = 1000000, .rounds = ROUNDS };
    struct figures figures;

    options_read(argc, argv, "bench_location [-n MOST] [-r ROUNDS] [-j FILE]", &options);
    figures_open(&figures, "location", &options);
    for (uint64_t size = SIZE_LEAST; size <= options.most; size *= 10) {
        struct run run = { &figures, (uint32_t)size, options.rounds };

        memory_run_alone(run_size, &run);
    }
    figures_close(&figures);
    return 0;
}
