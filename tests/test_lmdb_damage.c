/* Bits that flipped anywhere in a store's file: whoever opens it gets an answer.
 *
 *     DAMAGES=20000 build/check/test_lmdb_damage     more copies
 *     SEED=4711 build/check/test_lmdb_damage         others
 */
#include "src/net/process.h"
#include "tests/random.h"
#include "tests/stores.h"

#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    COPIES = 300,
    HANGS_AFTER_S = 20,
    EDGE = 64, /* octets at both ends of a page: heads and last entries */
    PAGE = 4096,

    /* How a server ended, as its exit code. ENDED: a signal, and a line for it. */
    SERVED = 0,
    ENDED = 1,
    SERVED_LESS = 10, /* or failed with a status */
    REFUSED = 11,
    REFUSED_WITHOUT_WORDS = 12,
};

static uint64_t
number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static char whole[1 << 22];
static size_t whole_len;
static char *all_bodies;

/* Something in every table, folded and not, with long values, gone and expired ones. */
static void
fill(struct stores *t)
{
    char aor[64], body[4000];

    t->options.fold_at = 150;
    stores_open_server(t);
    for (int i = 0; i < 360; i++) {
        snprintf(aor, sizeof aor, "user%d@example.org", i % 37);
        memset(body, 'a' + i % 26, sizeof body);
        snprintf(body + (i % 60 == 0 ? 3000 : 20 + i % 50), 16, "-%d", i);
        stores_put(t, aor, body, i % 11 == 0 ? NOW + 5 : LATER)->remember = i % 9 == 0;
        if (i % 5 == 4)
            stores_commit(t), batch_reset(&t->batch);
        if (i % 40 == 39)
            stores_remove(t, (uint64_t)i / 2);
        if (i == 200 || i == 300)
            stores_tidy(t, false, 64);
    }
    for (int i = 0; i < 40; i++) {
        snprintf(aor, sizeof aor, "user%d@example.org", i);
        assert_true(batch_save_binding(&t->batch, text(aor), text("a binding"), NULL));
    }
    stores_commit(t);
    batch_reset(&t->batch);
    all_bodies = strdup(stores_bodies(t, NULL, 50));
    store_close(t->store);
    t->store = NULL;
}

static void
path_of_data(const struct stores *t, char out[300])
{
    snprintf(out, 300, "%s/data.mdb", t->directory);
}

/* Without what is allocated in advance: where nothing lies, nothing is damaged. */
static size_t
used_len(size_t len)
{
    while (len > PAGE && whole[len - 1] == '\0')
        len--;
    return (len + PAGE - 1) / PAGE * PAGE;
}

static void
take_whole(const struct stores *t)
{
    char path[300];
    FILE *file;

    path_of_data(t, path);
    file = fopen(path, "r");
    assert_non_null(file);
    whole_len = fread(whole, 1, sizeof whole, file);
    assert_true(whole_len > 20 * PAGE && whole_len < sizeof whole);
    whole_len = used_len(whole_len);
    fclose(file);
}

/* Every other flip is at the edge of a page, where what LMDB trusts stands close together. */
static size_t
place_of_flip(struct random *random)
{
    size_t page = random_below(random, (uint32_t)(whole_len / PAGE)) * (size_t)PAGE;
    size_t at = random_below(random, PAGE);

    if (random_below(random, 2) == 0)
        at = at % EDGE + (at & 1 ? PAGE - EDGE : 0);
    return page + at;
}

static void
write_damaged(const struct stores *t, struct random *random)
{
    static char copy[sizeof whole];
    uint32_t flips = 1 + random_below(random, 3) / 2 * 2;
    char path[300];
    int fd;

    memcpy(copy, whole, whole_len);
    for (uint32_t i = 0; i < flips; i++) {
        size_t at = place_of_flip(random);

        copy[at] = (char)(copy[at] ^ 1 << random_below(random, 8));
    }
    path_of_data(t, path);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, copy, whole_len), whole_len);
    close(fd);
}

static void
count(void *visitor, const struct store_finding *finding)
{
    assert_non_null(finding->table);
    assert_non_null(finding->what);
    ++*(uint64_t *)visitor;
}

/* Whether there is anything wrong, in the words of a verify. */
static bool
is_noticed(struct stores *t)
{
    struct store_verdict verdict;
    uint64_t shown = 0;

    if (stores_open(t, STORE_VERIFY) != STORE_OK) {
        assert_true(strlen(t->why) > 0 && strchr(t->why, '\n') == NULL);
        return true;
    }
    if (store_verify(t->store, &shown, count, &verdict) != STORE_OK)
        shown = verdict.findings = 1;
    assert_int_equal(shown, verdict.findings);
    store_close(t->store);
    t->store = NULL;
    return shown > 0;
}

/* All bodies as stores_bodies has them; false: a read failed, or they are others. */
static bool
has_all(struct stores *t)
{
    struct read_request r = { .now_s = t->now_s,
                              .max_messages = 50,
                              .max_bytes = SIZE_MAX };
    const char *at = all_bodies;
    bool same = true;

    do {
        struct record record;
        size_t offset = 0;

        if (store_read(t->store, &r, 1) != STORE_OK)
            return false;
        while (same && page_next(&r.page, &offset, &record)) {
            r.after = record.id;
            same = strncmp(at, record.body.at, record.body.len) == 0;
            at += record.body.len;
            at += *at == ' ';
        }
    } while (same && !r.at_end && r.page.count > 0);
    page_free(&r.page);
    return same && *at == '\0';
}

static bool
reads_every_box(struct stores *t)
{
    bool done = true;

    for (int i = 0; i < 37; i++) {
        char aor[64];
        struct read_request r = { .now_s = t->now_s,
                                  .max_messages = 1000,
                                  .max_bytes = SIZE_MAX };

        snprintf(aor, sizeof aor, "user%d@example.org", i);
        r.aor = text(aor);
        done = store_read(t->store, &r, 1) == STORE_OK && r.damaged == 0 && done;
        page_free(&r.page);
    }
    return done;
}

static bool
stores_and_removes(struct stores *t)
{
    for (uint64_t i = 0; i < 30; i++) {
        stores_put(t, "new@example.org", "a new one", LATER);
        if (!batch_remove(&t->batch, 1 + i * 11, NULL) ||
            store_commit(t->store, &t->batch, t->now_s) != STORE_OK)
            return false;
        batch_reset(&t->batch);
    }
    return true;
}

static bool
tidies(struct stores *t)
{
    struct tidy_result result = { .more = true };

    t->now_s = NOW + 6;
    for (int i = 0; result.more && i < 1000; i++)
        if (store_tidy(t->store, t->now_s, true, 100, &result) != STORE_OK)
            return false;
    return !result.more;
}

/* A life of a server, in a process of its own. As a command it does not look at leaves, as a
 * server with a large file does not. */
static int
serve(struct stores *t, enum store_role role)
{
    struct store_facts facts;
    bool whole_life;

    alarm(HANGS_AFTER_S);
    if (stores_open(t, role) != STORE_OK)
        return strlen(t->why) > 0 ? REFUSED : REFUSED_WITHOUT_WORDS;
    whole_life = has_all(t);
    whole_life = reads_every_box(t) && whole_life;
    whole_life = store_facts(t->store, t->now_s, &facts) == STORE_OK && whole_life;
    whole_life = stores_and_removes(t) && whole_life;
    whole_life = tidies(t) && whole_life;
    store_close(t->store);
    t->store = NULL;
    return whole_life ? SERVED : SERVED_LESS;
}

/* What the sanitizers say of a library that believes a damaged page is no news. */
static void
quiet(void)
{
    int null = open("/dev/null", O_WRONLY);

    if (null >= 0)
        dup2(null, STDERR_FILENO);
}

static int
serve_in_a_child(struct stores *t, enum store_role role)
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0) {
        quiet();
        process_watch_store("", "");
        _exit(serve(t, role));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

struct tally {
    uint64_t noticed, served, served_less, refused, ended;
};

static void
damage_one(struct stores *t, uint64_t seed, struct tally *tally)
{
    struct random random;
    bool noticed;
    int end, command;

    random_seed(&random, seed);
    write_damaged(t, &random);
    noticed = is_noticed(t);
    end = serve_in_a_child(t, STORE_SERVER);
    if (end != SERVED && end != SERVED_LESS && end != REFUSED)
        fail_msg("seed %" PRIu64 ": the server ended with %d", seed, end);
    if (!noticed && end != SERVED)
        fail_msg("seed %" PRIu64 ": nothing noticed, but the server ended with %d", seed,
                 end);
    random_seed(&random, seed);
    write_damaged(t, &random);
    command = serve_in_a_child(t, STORE_COMMAND);
    if (command != SERVED && command != SERVED_LESS && command != REFUSED &&
        command != ENDED)
        fail_msg("seed %" PRIu64 ": the command ended with %d", seed, command);
    if (!noticed && command != SERVED)
        fail_msg("seed %" PRIu64 ": nothing noticed, but the command ended with %d", seed,
                 command);
    tally->ended += command == ENDED;
    tally->noticed += noticed;
    tally->served += end == SERVED;
    tally->served_less += end == SERVED_LESS;
    tally->refused += end == REFUSED;
}

static void
flipped_bits_get_an_answer_and_never_a_crash(void **state)
{
    struct stores *t = *state;
    uint64_t copies = number_from("DAMAGES", COPIES), seed = number_from("SEED", 1);
    struct tally tally = { 0 };

    fill(t);
    take_whole(t);
    assert_false(is_noticed(t));
    assert_int_equal(serve_in_a_child(t, STORE_SERVER), SERVED);
    for (uint64_t i = 0; i < copies; i++)
        damage_one(t, seed + i, &tally);
    print_message("# %" PRIu64 " copies: %" PRIu64 " noticed; servers: %" PRIu64
                  " whole, %" PRIu64 " in part, %" PRIu64 " refused; commands: %" PRIu64
                  " ended by a signal\n",
                  copies, tally.noticed, tally.served, tally.served_less, tally.refused,
                  tally.ended);
    assert_true(tally.noticed > copies / 4);
    free(all_bodies);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(flipped_bits_get_an_answer_and_never_a_crash,
                                        stores_setup, stores_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
