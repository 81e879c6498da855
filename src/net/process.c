#include "src/net/process.h"

#include <signal.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    DESCRIPTORS_BESIDE = 256, /* listeners, the store, libuv, standard streams */
};

#define BUS_WHY "SIGBUS: the store's file was cut, or its disk failed"

static const struct slice bus_lines[] = {
    [LOG_FORMAT_LOGFMT] = SLICE_INIT("error store.damaged why=\"" BUS_WHY "\"\n"),
    [LOG_FORMAT_JSON] = SLICE_INIT("{\"level\":\"error\",\"event\":\"store.damaged\","
                                   "\"why\":\"" BUS_WHY "\"}\n"),
};
static struct slice bus_line;

/* Only async-signal-safe calls: the loop or a thread of the pool is anywhere. */
static void
on_bus_error(int number)
{
    ssize_t ignored = write(STDERR_FILENO, bus_line.at, bus_line.len);

    (void)number;
    (void)ignored;
    _exit(1);
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

void
process_prepare(const struct settings *settings)
{
    struct sigaction action = { .sa_handler = SIG_IGN };

    sigaction(SIGPIPE, &action, NULL);
    bus_line = bus_lines[settings->log_format];
    action.sa_handler = on_bus_error;
    sigaction(SIGBUS, &action, NULL);
    raise_descriptors((rlim_t)settings->tcp_max_connections + DESCRIPTORS_BESIDE);
}

bool
process_draw_key(struct hash_key *out)
{
    return getrandom(out->bytes, sizeof out->bytes, 0) == (ssize_t)sizeof out->bytes;
}
