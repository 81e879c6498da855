#include "tests/power/check.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An image while it is looked at: the store in it, and a model that it has to agree with. */
struct image {
    struct store *store, *model;
    const struct memory_contents *contents; /* the model's */
    int64_t now_s;
    const char *why; /* it does not; NULL: it does */
};

static struct store *
open_model(struct memory_contents *contents)
{
    struct store_options options = { .role = STORE_IMPORT };
    struct store *model;
    enum store_status status = memory_store_open(contents, &options, &model, NULL, 0);

    assert(status == STORE_OK);
    return model;
}

void
check_begin(struct check *check, const struct work *work)
{
    *check = (struct check){ .work = work,
                             .acked = memory_contents_copy(work->start),
                             .begun = memory_contents_copy(work->start) };
}

void
check_free(struct check *check)
{
    memory_contents_free(check->acked);
    memory_contents_free(check->begun);
}

static void
apply(struct memory_contents *contents, struct work_op *op)
{
    struct store *model = open_model(contents);

    store_commit(model, &op->batch, op->now_s);
    store_close(model);
}

void
check_advance(struct check *check, uint32_t at)
{
    const struct work *w = check->work;

    for (; check->begun_ops < w->count && w->ops[check->begun_ops].began < at;
         check->begun_ops++) {
        apply(check->begun, &w->ops[check->begun_ops]);
        check->now_s = w->ops[check->begun_ops].now_s;
    }
    for (; check->acked_ops < w->count && w->ops[check->acked_ops].returned < at;
         check->acked_ops++)
        apply(check->acked, &w->ops[check->acked_ops]);
}

static bool
fails(struct image *image, const char *why)
{
    image->why = why;
    return false;
}

/* Of one AoR, or of all with NULL: both stores hold the same records in the same order. */
static bool
reads_agree(struct image *image, const char *aor)
{
    struct read_request r[2];
    bool equal;

    for (int i = 0; i < 2; i++)
        r[i] = (struct read_request){ .aor = text(aor),
                                      .now_s = image->now_s,
                                      .max_messages = UINT32_MAX,
                                      .max_bytes = SIZE_MAX };
    equal = store_read(image->store, &r[0], 1) == STORE_OK &&
            store_read(image->model, &r[1], 1) == STORE_OK && r[0].damaged == 0 &&
            r[0].at_end && r[0].page.count == r[1].page.count &&
            r[0].page.len == r[1].page.len &&
            (r[0].page.len == 0 ||
             memcmp(r[0].page.bytes, r[1].page.bytes, r[0].page.len) == 0);
    page_free(&r[0].page);
    page_free(&r[1].page);
    return equal;
}

static bool
facts_agree(struct image *image)
{
    struct store_facts have, want;

    return store_facts(image->store, image->now_s, &have) == STORE_OK &&
           store_facts(image->model, image->now_s, &want) == STORE_OK &&
           have.messages == want.messages && have.bytes == want.bytes &&
           have.oldest_s == want.oldest_s;
}

/* How many of a kind were shown, and whether each is the model's. */
struct shown {
    const struct memory_contents *contents;
    size_t count;
    bool agree;
};

static bool
show_binding(void *visitor, struct slice aor, struct slice value)
{
    struct shown *shown = visitor;
    bool found = false;

    for (size_t i = 0; i < shown->contents->binding_count; i++)
        found = found || (slice_equal(shown->contents->bindings[i].aor, aor) &&
                          slice_equal(shown->contents->bindings[i].value, value));
    shown->count++;
    shown->agree = shown->agree && found;
    return true;
}

static bool
bindings_agree(struct image *image)
{
    struct shown shown = { image->contents, 0, true };

    return store_bindings(image->store, &shown, show_binding) == STORE_OK &&
           shown.agree && shown.count == image->contents->binding_count;
}

static void
show_origin(void *visitor, const struct hash128 *origin)
{
    struct shown *shown = visitor;
    bool found = false;

    for (size_t i = 0; i < shown->contents->origin_count; i++)
        found = found ||
                memcmp(&shown->contents->origins[i].origin, origin, sizeof *origin) == 0;
    shown->count++;
    shown->agree = shown->agree && found;
}

/* Of imports the store knows as well, and does not show them; see fill. */
static bool
origins_agree(struct image *image)
{
    struct shown shown = { image->contents, 0, true };
    size_t known = 0;

    for (size_t i = 0; i < image->contents->origin_count; i++)
        known += image->contents->origins[i].until_s > image->now_s &&
                 !image->contents->origins[i].is_import;
    return store_repeats(image->store, image->now_s, &shown, show_origin) == STORE_OK &&
           shown.agree && shown.count == known;
}

static bool
agrees(struct image *image)
{
    if (!reads_agree(image, NULL))
        return fails(image, "the messages are others");
    for (int i = 0; i < WORK_AORS; i++)
        if (!reads_agree(image, work_aors[i]))
            return fails(image, "an AoR's messages are others");
    if (!facts_agree(image))
        return fails(image, "the sums are others");
    if (!bindings_agree(image))
        return fails(image, "the bindings are others");
    if (!origins_agree(image))
        return fails(image, "the origins of repeats are others");
    return true;
}

/* The oldest, which is in the indexes if any is, and the newest, of which a fold that was cut
 * short may have left entries in the indexes. */
static void
remove_some(struct batch *batch, const struct memory_contents *contents)
{
    for (size_t i = 0; i < contents->message_count; i++)
        if (i == 0 || i + 3 > contents->message_count)
            batch_remove(batch, contents->messages[i].id, NULL);
}

/* A sender who got no answer sends the same again; beside that a new message that stays for
 * long, removals, a binding. */
static void
fill(struct batch *batch, const struct check *check, const struct image *image)
{
    const struct work *w = check->work;
    uint32_t last = check->begun_ops;
    struct record record;

    while (last > 0 && w->ops[last - 1].batch.put_count == 0)
        last--;
    for (size_t i = 0; last > 0 && i < w->ops[last - 1].batch.put_count; i++) {
        const struct put *put = &w->ops[last - 1].batch.puts[i];
        struct put *again;

        assert(record_decode(put->value, 0, &record) == RECORD_OK);
        again = batch_put(batch, &record);
        assert(again != NULL);
        again->origin = put->origin;
        again->remember = put->remember;
    }
    record = (struct record){ .inc_time_s = image->now_s,
                              .exp_time_s = image->now_s + 10 * WORK_LONG_S,
                              .origin = stores_origin(UINT64_MAX),
                              .aor = text(work_aors[1]),
                              .body = text("after the power came back") };
    assert(batch_put(batch, &record) != NULL);
    remove_some(batch, image->contents);
    batch_save_binding(batch, text(work_aors[2]), text("bound again"), NULL);
}

static bool
commits_agree(struct image *image, struct batch *batch)
{
    enum put_result *results;
    bool agree = true;

    if (store_commit(image->store, batch, image->now_s) != STORE_OK)
        return fails(image, "it takes no commit");
    work_drop_refused(batch);
    results = calloc(batch->put_count + 1, sizeof *results);
    assert(results != NULL);
    for (size_t i = 0; i < batch->put_count; i++)
        results[i] = batch->puts[i].result;
    store_commit(image->model, batch, image->now_s);
    for (size_t i = 0; agree && i < batch->put_count; i++)
        if (batch->puts[i].result != results[i])
            agree = fails(image, "what comes again is not known, or is by mistake");
    free(results);
    return agree;
}

static bool
folds(struct image *image)
{
    struct tidy_result result;

    do {
        if (store_tidy(image->store, image->now_s, true, 1000, &result) != STORE_OK)
            return fails(image, "it does not fold");
    } while (result.more);
    return true;
}

/* At last the time of all messages but one is over: an entry of an index too many or a sum
 * that is wrong shows by then. */
static bool
works(struct image *image, const struct check *check)
{
    struct batch batch;
    bool agree;

    batch_init(&batch);
    fill(&batch, check, image);
    agree = commits_agree(image, &batch);
    batch_free(&batch);
    agree = agree && folds(image) && agrees(image);
    image->now_s += 2 * WORK_LONG_S;
    return agree && folds(image) && agrees(image);
}

static enum store_status
open_as(struct check *check, const char *directory, enum store_role role,
        struct store **out)
{
    struct store_options options = check->work->t->options;
    char url[600];

    options.role = role;
    options.now_s = check->now_s;
    snprintf(url, sizeof url, "lmdb:%s", directory);
    *out = NULL;
    return store_open(url, &options, out, check->why, sizeof check->why);
}

static struct store *
open_store(struct check *check, const char *directory)
{
    struct store *store;

    open_as(check, directory, STORE_SERVER, &store);
    return store;
}

/* Whether it is what the contents are. */
static bool
is(struct image *image, struct memory_contents *contents)
{
    bool agree;

    image->contents = contents;
    image->model = open_model(contents);
    agree = agrees(image);
    store_close(image->model);
    return agree;
}

/* With a copy of the contents, since the work changes them. */
static bool
goes_on(struct check *check, struct image *image, const char *directory,
        const struct memory_contents *contents, bool thoroughly)
{
    struct memory_contents *copy = memory_contents_copy(contents);
    bool agree;

    image->contents = copy;
    image->model = open_model(copy);
    agree = works(image, check);
    if (agree && thoroughly) {
        store_close(image->store);
        image->store = open_store(check, directory);
        agree =
            image->store != NULL ? agrees(image) : fails(image, "it does not open again");
    }
    store_close(image->model);
    memory_contents_free(copy);
    if (!agree)
        snprintf(check->why, sizeof check->why, "after some work: %s", image->why);
    return agree;
}

/* What was under way is there or not, and then nothing of it. */
static struct memory_contents *
find_contents(struct check *check, struct image *image)
{
    const char *why;

    if (is(image, check->acked))
        return check->acked;
    why = image->why;
    if (check->begun_ops == check->acked_ops) {
        snprintf(check->why, sizeof check->why, "%s", why);
        return NULL;
    }
    if (is(image, check->begun))
        return check->begun;
    snprintf(check->why, sizeof check->why, "without what was under way: %s; with it: %s",
             why, image->why);
    return NULL;
}

/* One that comes before any server reads the same, or finds no store yet. */
static bool
command_agrees(struct check *check, const char *directory)
{
    struct image image = { .now_s = check->now_s };
    enum store_status status = open_as(check, directory, STORE_COMMAND, &image.store);
    bool agree;

    if (status == STORE_NOT_FOUND && check->acked->last_id == 0)
        return true;
    agree = status == STORE_OK && find_contents(check, &image) != NULL;
    store_close(image.store);
    return agree;
}

struct memory_contents *
check_find(struct check *check, const char *directory)
{
    struct image image = { .store = open_store(check, directory), .now_s = check->now_s };
    struct memory_contents *contents = NULL;

    if (image.store != NULL)
        contents = find_contents(check, &image);
    store_close(image.store);
    return contents;
}

bool
check_image(struct check *check, const char *directory, bool thoroughly)
{
    struct image image = { .now_s = check->now_s };
    struct memory_contents *contents;
    bool agree;

    if (thoroughly && !command_agrees(check, directory))
        return false;
    image.store = open_store(check, directory);
    if (image.store == NULL)
        return false;
    contents = find_contents(check, &image);
    agree = contents != NULL && goes_on(check, &image, directory, contents, thoroughly);
    store_close(image.store);
    return agree;
}
