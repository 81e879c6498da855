/* Random operations on a store and on a list in memory: both must answer the same. */
#include "tests/random.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

enum {
    STEPS = 2500,
    MESSAGES = 20000,
    AORS = 7,
    BODY_MAX = 40,
    LARGE_BODY_MAX = 6000,
};

struct message {
    uint64_t id, origin;
    int aor;
    int64_t inc_time_s, exp_time_s, stored_s;
    size_t size;
    bool gone, imported;
};

struct model {
    struct stores *t;
    uint64_t random;
    struct message messages[MESSAGES];
    size_t count;
    uint64_t last_id;
    bool small_map;   /* puts may be refused for want of room */
    uint64_t refused; /* so many were */
};

static const char *const aors[AORS] = {
    "a@example.org", "b@example.org", "c@example.org", "d@example.org",
    "e@example.org", "f@example.org", "G@example.org",
};

/* xorshift64*: the seed is all there is to a run. */
static uint64_t
draw(struct model *m, uint64_t below)
{
    m->random ^= m->random >> 12;
    m->random ^= m->random << 25;
    m->random ^= m->random >> 27;
    return (m->random * 0x2545f4914f6cdd1du >> 11) % below;
}

static bool
waits(const struct model *m, const struct message *message)
{
    return !message->gone && message->exp_time_s > m->t->now_s;
}

static bool
is_repeated(const struct model *m, const struct put *put, uint64_t origin)
{
    for (size_t i = 0; i < m->count; i++) {
        const struct message *message = &m->messages[i];

        if (message->origin != origin)
            continue;
        if (!message->imported && m->t->now_s - message->stored_s <= 64)
            return true;
        if (message->imported && put->remember && message->exp_time_s > m->t->now_s)
            return true;
    }
    return false;
}

static enum put_result
expected_result(const struct model *m, const struct put *put, int aor, uint64_t origin)
{
    uint64_t count = 0, bytes = 0;

    if (is_repeated(m, put, origin))
        return PUT_REPEATED;
    for (size_t i = 0; i < m->count; i++) {
        if (m->messages[i].aor != aor || !waits(m, &m->messages[i]))
            continue;
        count++;
        bytes += m->messages[i].size;
    }
    if (put->max_messages > 0 && count + 1 > put->max_messages)
        return PUT_AOR_FULL;
    if (put->max_bytes > 0 && bytes + put->body_bytes > put->max_bytes)
        return PUT_AOR_FULL;
    return PUT_STORED;
}

struct planned {
    int aor;
    uint64_t origin;
};

static struct planned
plan_put(struct model *m, uint64_t *next_origin)
{
    char body[LARGE_BODY_MAX + 1];
    size_t size = draw(m, m->small_map ? LARGE_BODY_MAX : BODY_MAX);
    struct planned plan = { (int)draw(m, AORS), ++*next_origin };
    struct put *put;

    if (m->count > 0 && draw(m, 6) == 0)
        plan.origin =
            m->messages[m->count - 1 - draw(m, m->count < 40 ? m->count : 40)].origin;
    memset(body, 'x', size);
    body[size] = '\0';
    put = stores_put(m->t, aors[plan.aor], body, m->t->now_s + (int64_t)draw(m, 400) - 2);
    put->origin = stores_origin(plan.origin + 1000000);
    put->remember = draw(m, 5) == 0;
    if (draw(m, 2) == 0)
        put->max_messages = 1 + draw(m, 40);
    if (draw(m, 3) == 0)
        put->max_bytes = 1 + draw(m, 600);
    return plan;
}

static void
note_put(struct model *m, const struct put *put, struct planned plan)
{
    enum put_result expected = expected_result(m, put, plan.aor, plan.origin);

    if (m->small_map && put->result == PUT_NO_SPACE) {
        assert_int_equal(expected, PUT_STORED);
        m->refused++;
        return;
    }
    assert_int_equal(put->result, expected);
    if (expected != PUT_STORED)
        return;
    assert_true(put->id > m->last_id);
    assert_true(m->count < MESSAGES);
    m->last_id = put->id;
    m->messages[m->count++] = (struct message){ .id = put->id,
                                                .origin = plan.origin,
                                                .aor = plan.aor,
                                                .inc_time_s = m->t->now_s,
                                                .exp_time_s = put->exp_time_s,
                                                .stored_s = m->t->now_s,
                                                .size = put->body_bytes,
                                                .imported = put->remember };
}

static void
note_removal(struct model *m, uint64_t id)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->messages[i].id == id)
            m->messages[i].gone = true;
}

static void
commit(struct model *m)
{
    static uint64_t next_origin;
    struct planned plans[10];
    size_t puts = draw(m, 10), removals = draw(m, 8);
    uint64_t removable = m->last_id;

    for (size_t i = 0; i < puts; i++)
        plans[i] = plan_put(m, &next_origin);
    for (size_t i = 0; i < removals; i++)
        assert_true(batch_remove(&m->t->batch, 1 + draw(m, removable + 2), NULL));
    stores_commit(m->t);
    for (size_t i = 0; i < puts; i++)
        note_put(m, &m->t->batch.puts[i], plans[i]);
    for (size_t i = 0; i < removals; i++)
        note_removal(m, m->t->batch.removals[i].id);
    batch_reset(&m->t->batch);
}

/* One page, of one AoR or (-1) all. */
static void
check_page(struct model *m, int aor)
{
    struct read_request r = { .aor = text(aor < 0 ? NULL : aors[aor]),
                              .after = draw(m, 2) ? 0 : draw(m, m->last_id + 2),
                              .now_s = m->t->now_s,
                              .max_messages = 1 + (uint32_t)draw(m, 30),
                              .max_bytes = draw(m, 2) ? SIZE_MAX : 1 + draw(m, 2000) };
    size_t offset = 0, at = 0;
    struct record record;

    assert_int_equal(store_read(m->t->store, &r, 1), STORE_OK);
    assert_int_equal(r.damaged, 0);
    for (;; at++) {
        while (at < m->count &&
               (m->messages[at].id <= r.after || !waits(m, &m->messages[at]) ||
                (aor >= 0 && m->messages[at].aor != aor)))
            at++;
        if (!page_next(&r.page, &offset, &record))
            break;
        assert_true(at < m->count);
        assert_int_equal(record.id, m->messages[at].id);
        assert_int_equal(record.body.len, m->messages[at].size);
    }
    assert_int_equal(r.at_end, at == m->count);
    assert_true(r.page.count > 0 || r.at_end);
    page_free(&r.page);
}

static void
check_get(struct model *m)
{
    const struct message *message = &m->messages[draw(m, m->count + 1) % MESSAGES];
    struct page page = { 0 };
    enum store_status status;

    if (message->id == 0)
        return;
    status = store_get(m->t->store, message->id, &page);
    if (message->gone)
        assert_int_equal(status, STORE_NOT_FOUND);
    else if (waits(m, message))
        assert_int_equal(status, STORE_OK);
    page_free(&page);
}

static void
check_facts(struct model *m)
{
    struct store_facts facts = stores_facts(m->t);
    uint64_t count = 0, bytes = 0;
    int64_t oldest_s = 0;

    for (size_t i = 0; i < m->count; i++) {
        if (!waits(m, &m->messages[i]))
            continue;
        if (count++ == 0)
            oldest_s = m->messages[i].inc_time_s;
        bytes += m->messages[i].size;
    }
    assert_int_equal(facts.messages, count);
    assert_int_equal(facts.bytes, bytes);
    assert_int_equal(facts.oldest_s, oldest_s);
}

static void
step(struct model *m)
{
    struct tidy_result tidied;
    uint64_t what = draw(m, 100);

    if (what < 30)
        commit(m);
    else if (what < 60)
        assert_int_equal(store_tidy(m->t->store, m->t->now_s, draw(m, 2),
                                    1 + (uint32_t)draw(m, 20), &tidied),
                         STORE_OK);
    else if (what < 80)
        check_page(m, (int)draw(m, AORS + 1) - 1);
    else if (what < 88)
        check_get(m);
    else if (what < 92)
        check_facts(m);
    else if (what < 98)
        m->t->now_s += (int64_t)draw(m, 12);
    else
        stores_reopen(m->t);
}

/* In so small a map what is held back is some twenty pages: it may have grown, as the last
 * resort, but not for stores. */
static void
check_small_map(struct model *m)
{
    char path[300];
    struct stat st;

    snprintf(path, sizeof path, "%s/data.mdb", m->t->directory);
    assert_int_equal(stat(path, &st), 0);
    assert_true((uint64_t)st.st_size <= m->t->options.map_bytes * 2);
    assert_true(m->refused > 0);
    stores_store(m->t, aors[0], "again");
}

static void
run_model(struct stores *t, uint32_t fold_at, uint64_t map_bytes)
{
    struct model *m = calloc(1, sizeof *m);
    uint64_t seed = random_seed_given() | 1;

    assert_non_null(m);
    print_message("SEED=%#llx\n", (unsigned long long)seed);
    m->t = t;
    m->random = seed;
    t->options.fold_at = fold_at;
    if (map_bytes > 0)
        t->options.map_bytes = map_bytes;
    m->small_map = map_bytes > 0;
    stores_open_server(t);
    for (int i = 0; i < STEPS; i++)
        step(m);
    t->now_s += 1000;
    stores_tidy(t, true, 7);
    stores_tidy(t, true, 7);
    assert_string_equal(stores_bodies(t, NULL, 10), "");
    check_facts(m);
    if (m->small_map)
        check_small_map(m);
    free(m);
}

static void
a_store_that_folds_all_the_time_is_a_plain_list(void **state)
{
    run_model(*state, 5, 0);
}

static void
a_store_that_folds_now_and_then_is_a_plain_list(void **state)
{
    run_model(*state, 150, 0);
}

static void
a_store_that_is_often_full_is_a_plain_list(void **state)
{
    run_model(*state, 20, 512 * 1024);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_store_that_folds_all_the_time_is_a_plain_list,
                                        stores_setup, stores_teardown),
        cmocka_unit_test_setup_teardown(a_store_that_folds_now_and_then_is_a_plain_list,
                                        stores_setup, stores_teardown),
        cmocka_unit_test_setup_teardown(a_store_that_is_often_full_is_a_plain_list,
                                        stores_setup, stores_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
