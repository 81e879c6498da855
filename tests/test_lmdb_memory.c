/* The LMDB engine without memory: one run through all that store.h offers, made again and again
 * while another allocation fails, of the engine or of LMDB itself. A call that fails says so and
 * leaves the store as it was; the same call works when memory is back. */
#include "tests/failing_memory.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define BOB "bob@example.org"

enum {
    ALL = 1000000,
    CONTENTS = 8192,
    STEPS_MAX = 32,
};

/* ---- steps; memory may fail between arm and disarm ---- */

struct step {
    const char *what;
    void (*prepare)(struct stores *t); /* NULL: nothing */
    enum store_status (*go)(struct stores *t);
};

static enum store_status
open_it(struct stores *t)
{
    return stores_open(t, STORE_SERVER);
}

static enum store_status
close_it(struct stores *t)
{
    store_close(t->store);
    t->store = NULL;
    return STORE_OK;
}

static void
add_put(struct stores *t, const char *aor, const char *body, int64_t exp_time_s)
{
    struct put *put = stores_put(t, aor, body, exp_time_s);

    put->max_messages = 100;
    put->max_bytes = 100000;
}

static void
some_puts(struct stores *t)
{
    static char large[6000];

    memset(large, 'x', sizeof large - 1);
    for (int i = 0; i < 20; i++)
        add_put(t, BOB, "one", LATER);
    add_put(t, "carol@example.org", "short", NOW + 10);
    add_put(t, "carol@example.org", large, LATER);
}

static void
an_import(struct stores *t)
{
    add_put(t, BOB, "imported", NOW + 20);
    t->batch.puts[0].remember = true;
}

static void
removals(struct stores *t)
{
    for (uint64_t id = 3; id < 12; id += 2)
        assert_true(batch_remove(&t->batch, id, NULL));
    add_put(t, BOB, "two", LATER);
}

static void
bindings(struct stores *t)
{
    assert_true(batch_save_binding(&t->batch, SLICE(BOB), SLICE("here"), NULL));
}

static void
later(struct stores *t)
{
    t->now_s = NOW + 30;
}

static void
much_later(struct stores *t)
{
    t->now_s = LATER + 100;
}

static enum store_status
commit_it(struct stores *t)
{
    return store_commit(t->store, &t->batch, t->now_s);
}

static enum store_status
tidy_it(struct stores *t)
{
    struct tidy_result result;
    enum store_status status;

    do
        status = store_tidy(t->store, t->now_s, true, 8, &result);
    while (status == STORE_OK && result.more);
    return status;
}

static enum store_status
read_it(struct stores *t)
{
    struct read_request requests[2] = {
        { .aor = SLICE(BOB), .max_messages = 9, .max_bytes = SIZE_MAX },
        { .max_messages = 99, .max_bytes = SIZE_MAX },
    };
    enum store_status status;

    requests[0].now_s = requests[1].now_s = t->now_s;
    status = store_read(t->store, requests, 2);
    for (int i = 0; i < 2; i++) {
        if (status == STORE_OK)
            status = requests[i].status;
        page_free(&requests[i].page);
    }
    return status;
}

static enum store_status
get_it(struct stores *t)
{
    struct page page = { 0 };
    enum store_status status = store_get(t->store, 22, &page);

    page_free(&page);
    return status;
}

static enum store_status
facts_of_it(struct stores *t)
{
    struct store_facts facts;

    return store_facts(t->store, t->now_s, &facts);
}

static bool
see_binding(void *visitor, struct slice aor, struct slice value)
{
    (void)visitor;
    return aor.len + value.len > 0;
}

static enum store_status
bindings_of_it(struct stores *t)
{
    return store_bindings(t->store, NULL, see_binding);
}

static void
see_origin(void *visitor, const struct hash128 *origin)
{
    (void)visitor;
    (void)origin;
}

static enum store_status
repeats_of_it(struct stores *t)
{
    return store_repeats(t->store, t->now_s, NULL, see_origin);
}

static const struct step steps[] = {
    { "the first open", NULL, open_it },
    { "a commit of puts", some_puts, commit_it },
    { "a read", NULL, read_it },
    { "a get", NULL, get_it },
    { "facts", NULL, facts_of_it },
    { "a commit of an import", an_import, commit_it },
    { "a commit of removals and a put", removals, commit_it },
    { "a commit of bindings", bindings, commit_it },
    { "bindings", NULL, bindings_of_it },
    { "repeats", NULL, repeats_of_it },
    { "a close", NULL, close_it },
    { "a second open", NULL, open_it },
    { "a fold and expiry", later, tidy_it },
    { "a read of what was folded", NULL, read_it },
    { "a close", NULL, close_it },
    { "a third open", NULL, open_it },
    { "a commit of more puts", some_puts, commit_it },
    { "expiry of all", much_later, tidy_it },
    { "a close", NULL, close_it },
};

/* ---- what the store holds ---- */

struct text_of_bindings {
    char *at;
    size_t len;
};

static bool
write_binding(void *visitor, struct slice aor, struct slice value)
{
    struct text_of_bindings *out = visitor;

    out->len += (size_t)snprintf(out->at + out->len, CONTENTS - out->len, " %.*s=%.*s",
                                 SLICE_ARG(aor), SLICE_ARG(value));
    return true;
}

static void
contents_of(struct stores *t, char out[CONTENTS])
{
    struct text_of_bindings text = { out, 0 };
    struct store_facts facts;
    const char *bodies;

    out[0] = '\0';
    if (t->store == NULL)
        return;
    bodies = stores_bodies(t, NULL, 7);
    facts = stores_facts(t);
    text.len = (size_t)snprintf(out, CONTENTS, "%llu %llu %lld %zu %.100s",
                                (unsigned long long)facts.messages,
                                (unsigned long long)facts.bytes,
                                (long long)facts.oldest_s, strlen(bodies), bodies);
    assert_int_equal(store_bindings(t->store, &text, write_binding), STORE_OK);
}

/* What it holds after each step when nothing fails. */
static char expected[STEPS_MAX][CONTENTS];

/* A step that expires in steps of its own may have done some of them. */
static bool
is_gradual(size_t step)
{
    return steps[step].go == tidy_it;
}

static void
check(struct stores *t, size_t step, bool before)
{
    static char now[CONTENTS];
    const char *wanted = !before ? expected[step] : step == 0 ? "" : expected[step - 1];

    contents_of(t, now);
    if (before && is_gradual(step))
        return;
    assert_string_equal(now, wanted);
}

/* ---- runs ---- */

struct run {
    uint64_t allocations; /* that it asked for */
    uint64_t failures;    /* of calls */
};

/* A failed call is made again at once, with memory. */
static void
take_step(struct stores *t, size_t i, struct run *run)
{
    enum store_status status;

    if (steps[i].prepare != NULL)
        steps[i].prepare(t);
    status = steps[i].go(t);
    if (status == STORE_OK)
        return;
    run->allocations = failing_memory_count();
    run->failures++;
    failing_memory_never();
    if (status != STORE_NO_MEMORY)
        fail_msg("%s: status %d: %s", steps[i].what, (int)status,
                 t->store == NULL ? t->why : store_why(t->store));
    check(t, i, true);
    status = steps[i].go(t);
    if (status != STORE_OK)
        fail_msg("%s, again: status %d: %s", steps[i].what, (int)status,
                 t->store == NULL ? t->why : store_why(t->store));
}

static struct run
run_with(struct stores *t, uint64_t at, uint64_t times, bool learns)
{
    struct run run = { 0 };

    t->now_s = NOW;
    t->origins = 0;
    t->options.fold_at = 8;
    failing_memory_at(at, times);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        take_step(t, i, &run);
        batch_reset(&t->batch);
        if (run.failures == 0 && !learns)
            continue;
        if (learns)
            contents_of(t, expected[i]);
        else
            check(t, i, false);
    }
    if (run.failures == 0)
        run.allocations = failing_memory_count();
    failing_memory_never();
    stores_remove_files(t);
    return run;
}

static void
run_for_every_allocation(struct stores *t, uint64_t times)
{
    uint64_t count, failures = 0;

    run_with(t, ALL, 1, true);
    count = run_with(t, ALL, 1, false).allocations;
    assert_true(count > 50);
    for (uint64_t at = 1; at <= count; at++) {
        struct run run = run_with(t, at, times, false);

        if (failing_memory_failed() == 0)
            fail_msg("allocation %llu did not fail", (unsigned long long)at);
        failures += run.failures;
    }
    assert_true(failures > 0);
    print_message("%llu allocations, %llu calls failed\n", (unsigned long long)count,
                  (unsigned long long)failures);
}

static void
a_call_without_memory_leaves_the_store_as_it_was(void **state)
{
    run_for_every_allocation(*state, 1);
}

static void
a_while_without_memory_leaves_the_store_as_it_was(void **state)
{
    run_for_every_allocation(*state, ALL);
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(a_call_without_memory_leaves_the_store_as_it_was),
        ROW(a_while_without_memory_leaves_the_store_as_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
