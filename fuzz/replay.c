/* replay - runs a fuzz target over files, without a fuzzer.
 *
 *   replay_WHAT [FILE | FOLDER]...
 *
 * Without arguments over fuzz/corpus/WHAT. Prints each name first, so that after a crash
 * the last one is the culprit, and a line of TAP for tests/run. An input that takes
 * longer than SECONDS_MAX is a find as well.
 */
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SECONDS_MAX = 20, /* for one input, under sanitizers and beside other programs */
    PATH_ROOM = 4096,
};

static unsigned long count;

static void
fail(const char *path)
{
    printf("not ok 1 - %s: %s\n", path, strerror(errno));
    exit(1);
}

static void
replay_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size);

    if (file == NULL || (data == NULL && size > 0) || fread(data, 1, size, file) != size)
        fail(path);
    fclose(file);
    printf("# %s\n", path);
    alarm(SECONDS_MAX);
    LLVMFuzzerTestOneInput(data, size);
    alarm(0);
    free(data);
    count++;
}

static int
is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void
replay(const char *path)
{
    struct dirent **entries;
    struct stat status;
    int entry_count;

    if (stat(path, &status) != 0)
        fail(path);
    if (!S_ISDIR(status.st_mode)) {
        replay_file(path, (size_t)status.st_size);
        return;
    }
    entry_count = scandir(path, &entries, is_visible, alphasort);
    if (entry_count < 0)
        fail(path);
    for (int i = 0; i < entry_count; i++) {
        char inner[PATH_ROOM];

        snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
        replay(inner);
        free(entries[i]);
    }
    free(entries);
}

/* build/check/replay_via replays fuzz/corpus/via. */
static void
replay_own_corpus(const char *program)
{
    const char *what = strstr(program, "replay_");
    char path[PATH_ROOM];

    snprintf(path, sizeof path, "fuzz/corpus/%s", what == NULL ? "" : what + 7);
    replay(path);
}

int
main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    fuzz_is_thorough = true;
    if (argc == 1)
        replay_own_corpus(argv[0]);
    for (int i = 1; i < argc; i++)
        replay(argv[i]);
    printf("ok 1 - what has to hold does for %lu inputs\n", count);
    return 0;
}
