#include "src/net/process.h"

#include "store/store.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    DESCRIPTORS_BESIDE = 256, /* listeners, the store, libuv, standard streams */
    LARGE_BYTES = 1048576,    /* a block that grows in place and is given back at once */
};

/* What a damaged file ends in, where the engine's library believes it. */
static const struct {
    int number;
    const char *why;
} faults[] = {
    { SIGBUS, "SIGBUS: the store's file was cut or damaged, or its disk failed" },
    { SIGSEGV, "SIGSEGV in the store: its file is damaged, or this is a bug" },
    { SIGFPE, "SIGFPE in the store: its file is damaged, or this is a bug" },
    { SIGABRT, "SIGABRT in the store: its file is damaged, or this is a bug" },
};

enum {
    FAULTS = sizeof faults / sizeof faults[0],
    LINE_ROOM = 192,
};

static char lines[FAULTS][LINE_ROOM];

/* Only async-signal-safe calls: the loop or a thread of the pool is anywhere. Outside of the
 * store these are what they always are, but SIGBUS: nothing else here is a mapped file. */
static void
on_fault(int number)
{
    if (number != SIGBUS && !store_is_at_work()) {
        signal(number, SIG_DFL);
        raise(number);
        return;
    }
    for (int i = 0; i < FAULTS; i++) {
        ssize_t ignored;

        if (faults[i].number == number) {
            ignored = write(STDERR_FILENO, lines[i], strlen(lines[i]));
            (void)ignored;
        }
    }
    _exit(1);
}

void
process_watch_store(const char *before, const char *behind)
{
    struct sigaction action = { .sa_handler = on_fault };

    for (int i = 0; i < FAULTS; i++) {
        snprintf(lines[i], LINE_ROOM, "%s%s%s\n", before, faults[i].why, behind);
        sigaction(faults[i].number, &action, NULL);
    }
}

static void
raise_descriptors(rlim_t wanted)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < wanted)
        LOG(LOG_WARN, "net.few_descriptors", LOG_NUMBER("have", limit.rlim_cur),
            LOG_NUMBER("wanted", wanted));
}

/* glibc would take large blocks from the heap once one has been freed: queues that grow by
 * doubling then leave holes as large as themselves. */
static void
keep_large_blocks_apart(void)
{
#ifdef M_MMAP_THRESHOLD
    mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    mallopt(M_TRIM_THRESHOLD, 2 * LARGE_BYTES);
#endif
}

void
process_prepare(const struct settings *settings)
{
    struct sigaction action = { .sa_handler = SIG_IGN };

    sigaction(SIGPIPE, &action, NULL);
    if (settings->log_format == LOG_FORMAT_JSON)
        process_watch_store("{\"level\":\"error\",\"event\":\"store.damaged\",\"why\":\"",
                            "\"}");
    else
        process_watch_store("error store.damaged why=\"", "\"");
    keep_large_blocks_apart();
    raise_descriptors((rlim_t)settings->tcp_max_connections + DESCRIPTORS_BESIDE);
}

bool
process_draw_key(struct hash_key *out)
{
    return getrandom(out->bytes, sizeof out->bytes, 0) == (ssize_t)sizeof out->bytes;
}
