#include "tests/power/work.h"
#include "tests/power/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    IMPORTED = 1000000, /* above the origins of what came in otherwise */
};

const char *const work_aors[WORK_AORS] = {
    "a@example.org", "b@example.org", "c@example.org", "D@example.org", "e@example.org",
};

void
work_begin(struct work *w, struct stores *t, uint64_t seed,
           struct memory_contents *contents)
{
    struct store_options options = { .secret = t->options.secret, .role = STORE_IMPORT };

    *w = (struct work){ .t = t, .contents = contents, .bodies = seed };
    w->start = memory_contents_copy(contents);
    random_seed(&w->random, seed);
    assert_int_equal(memory_store_open(w->contents, &options, &w->model, NULL, 0),
                     STORE_OK);
}

void
work_free(struct work *w)
{
    for (uint32_t i = 0; i < w->count; i++)
        batch_free(&w->ops[i].batch);
    free(w->ops);
    store_close(w->model);
    memory_contents_free(w->contents);
    memory_contents_free(w->start);
}

static void
begin(struct work *w)
{
    if (w->count == w->room) {
        w->room = w->room == 0 ? 64 : w->room * 2;
        w->ops = realloc(w->ops, w->room * sizeof *w->ops);
        assert_non_null(w->ops);
    }
    w->ops[w->count] = (struct work_op){ .now_s = w->t->now_s };
    batch_init(&w->ops[w->count].batch);
    w->ops[w->count].began = trace_mark();
}

/* A promise holds from the moment it is given, whatever comes of the call. */
static void
promised(void *self)
{
    struct work *w = self;

    w->ops[w->count].returned = trace_mark();
}

static void
returned(struct work *w)
{
    if (w->ops[w->count].returned == 0)
        promised(w);
    w->count++;
}

void
work_open(struct work *w)
{
    begin(w);
    store_close(w->t->store);
    stores_open_server(w->t);
    returned(w);
}

/* No two pages of two bodies are alike, so that none passes for another. */
static const char *
new_body(struct work *w, size_t size)
{
    static char body[WORK_BODY_MAX + 1];
    uint64_t n = ++w->bodies;

    assert_true(size <= WORK_BODY_MAX);
    for (size_t i = 0; i < size; i++) {
        n = n * 6364136223846793005u + 1442695040888963407u;
        body[i] = (char)('0' + (n >> 58));
    }
    body[size] = '\0';
    return body;
}

struct put *
work_put(struct work *w, int aor, size_t size, int64_t seconds)
{
    return stores_put(w->t, work_aors[aor], new_body(w, size), w->t->now_s + seconds);
}

void
work_remove(struct work *w, uint32_t n)
{
    const struct memory_contents *c = w->contents;

    if (n < c->message_count)
        assert_true(batch_remove(&w->t->batch, c->messages[n].id, NULL));
}

void
work_bind(struct work *w, int aor, size_t size)
{
    struct slice value = size == 0 ? slice_absent() : text(new_body(w, size));

    assert_true(batch_save_binding(&w->t->batch, text(work_aors[aor]), value, NULL));
}

size_t
work_drop_refused(struct batch *batch)
{
    size_t before = batch->put_count + batch->binding_count, kept = 0;

    for (size_t i = 0; i < batch->put_count; i++)
        if (batch->puts[i].result != PUT_NO_SPACE)
            batch->puts[kept++] = batch->puts[i];
    batch->put_count = kept;
    kept = 0;
    for (size_t i = 0; i < batch->binding_count; i++)
        if (batch->bindings[i].result != PUT_NO_SPACE)
            batch->bindings[kept++] = batch->bindings[i];
    batch->binding_count = kept;
    return before - batch->put_count - batch->binding_count;
}

struct answer {
    enum put_result result;
    uint64_t id;
};

void
work_commit(struct work *w)
{
    struct batch *batch = &w->t->batch;
    struct answer *answers = calloc(batch->put_count + 1, sizeof *answers);

    assert_non_null(answers);
    begin(w);
    batch->safe = promised;
    batch->safe_self = w;
    stores_commit(w->t);
    returned(w);
    w->refused += work_drop_refused(batch);
    for (size_t i = 0; i < batch->put_count; i++)
        answers[i] = (struct answer){ batch->puts[i].result, batch->puts[i].id };
    batch->safe = NULL;
    assert_int_equal(store_commit(w->model, batch, w->t->now_s), STORE_OK);
    for (size_t i = 0; i < batch->put_count; i++) {
        assert_int_equal(answers[i].result, batch->puts[i].result);
        if (answers[i].result == PUT_STORED)
            assert_int_equal(answers[i].id, batch->puts[i].id);
    }
    free(answers);
    w->ops[w->count - 1].batch = *batch;
    batch_init(batch);
}

void
work_tidy(struct work *w, bool expire, uint32_t bound)
{
    struct tidy_result result;

    begin(w);
    assert_int_equal(store_tidy(w->t->store, w->t->now_s, expire, bound, &result),
                     STORE_OK);
    returned(w);
}

/* Tens: the last second of a window is not the same one for store and model. */
void
work_wait(struct work *w, int64_t seconds)
{
    w->t->now_s += seconds / 10 * 10;
}

/* Mostly short, some empty, some of several pages. */
static size_t
draw_size(struct random *random)
{
    switch (random_below(random, 8)) {
    case 0:
        return 0;
    case 1:
        return random_below(random, WORK_BODY_MAX);
    case 2:
    case 3:
        return random_below(random, 4000);
    default:
        return random_below(random, 200);
    }
}

static void
draw_put(struct work *w)
{
    struct random *random = &w->random;
    int aor = (int)random_below(random, WORK_AORS);
    int64_t seconds = random_chance(random, 300) ? 30 : WORK_LONG_S;
    struct put *put = work_put(w, aor, draw_size(random), seconds);

    if (seconds == WORK_LONG_S && random_chance(random, 150)) {
        put->remember = true;
        put->origin = stores_origin(w->t->origins + IMPORTED);
    } else if (w->t->origins > 3 && random_chance(random, 100)) {
        put->origin = stores_origin(w->t->origins - random_below(random, 3));
    }
}

static void
draw_batch(struct work *w)
{
    struct random *random = &w->random;
    uint32_t puts = random_below(random, random_chance(random, 100) ? 30 : 4);
    uint32_t waiting = (uint32_t)w->contents->message_count;
    uint32_t removals = random_below(random, waiting > 40 ? 12 : 4);

    for (uint32_t i = 0; i < puts; i++)
        draw_put(w);
    for (uint32_t i = 0; i < removals && i < waiting; i++)
        work_remove(w, random_below(random, waiting));
    if (random_chance(random, 300))
        work_bind(w, (int)random_below(random, WORK_AORS), random_below(random, 300));
    if (!batch_is_empty(&w->t->batch))
        work_commit(w);
}

void
work_step(struct work *w)
{
    uint32_t what = random_below(&w->random, 100);

    if (what < 45)
        draw_batch(w);
    else if (what < 85)
        work_tidy(w, random_chance(&w->random, 400), 1 + random_below(&w->random, 40));
    else if (what < 96)
        work_wait(w, random_below(&w->random, 40));
    else
        work_open(w);
}
