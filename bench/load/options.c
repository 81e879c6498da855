#include "bench/load/options.h"

#include "bench/load/body.h"
#include "bench/load/clock.h"
#include "bench/load/option_value.h"

#include <getopt.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const workloads[WORKLOADS] = {
    "store", "dump", "register", "online", "mixed", "answer",
};

static const char help[] =
    "usage: siload [options] WORKLOAD HOST:PORT\n"
    "\n"
    "Loads any SIP message silo, over the wire alone, and checks what it delivers.\n"
    "\n"
    "  store      MESSAGEs to users who are offline\n"
    "  dump       stores first (unmeasured); then users register, and what waits is "
    "delivered\n"
    "  register   users register (unmeasured); then they do so again\n"
    "  online     users register (unmeasured); then MESSAGEs to them, answered by their "
    "phones:\n"
    "             what counts is what arrives\n"
    "  mixed      a day: all of that by chance, users come and go; at the end all is "
    "collected\n"
    "  answer     no load: a silo on HOST:PORT that says 202 to MESSAGE and 200 to all "
    "else\n"
    "\n"
    "how much and how fast\n"
    "  -n COUNT       requests; messages that a dump stores first (20000, or what -s "
    "allows)\n"
    "  -s SECONDS     send for so long\n"
    "  -u USERS       user0@DOMAIN and so on (2000)\n"
    "  -w WINDOW      so many requests open at a time (64); with -r at most so many "
    "(10000)\n"
    "  -r RATE        open loop: so many a second (users a second, in a dump), at times "
    "fixed\n"
    "                 beforehand; latency counts from the time that was meant\n"
    "  -a USERS       users that are registering or in a dump at a time (64)\n"
    "  -b OCTETS      of a body, 61 to 60000 (128)\n"
    "      --mix WHAT=WEIGHT,...  of mixed (store=45,online=40,register=10,options=5)\n"
    "      --seed N   of what mixed draws (1)\n"
    "the wire\n"
    "  -t udp|tcp     (udp)\n"
    "  -c COUNT       connections of senders, and as many of phones (1); over UDP one "
    "socket\n"
    "                 each, as behind a proxy\n"
    "      --domain NAME      of the users' addresses (HOST)\n"
    "      --timeout SECONDS  for an answer (32); until then a request is sent again "
    "over UDP,\n"
    "                         after 500 ms, 1 s, 2 s, then each 4 s\n"
    "      --patience SECONDS a phone to which nothing comes for so long is given up, "
    "and what\n"
    "                         waits for it is lost (10)\n"
    "      --run HEX  what tells this run's messages from those of others (from time and "
    "pid)\n"
    "      --strict   a body with something put before or behind it is damaged, too: "
    "msilo does\n"
    "                 that by design (\"[Offline message - ...]\")\n"
    "what is told (latency: of answers 2xx; who had none counts as long as he waited)\n"
    "  -p PID[,PID]   processes of the server: their CPU time and memory\n"
    "      --json FILE        all figures; - is standard output, and the tables go to "
    "stderr\n"
    "  -q             no line a second on standard error\n"
    "\n"
    "Exit code 0; 1: a message was lost, doubled, corrupted, out of order or given to "
    "somebody\n"
    "else; 2: nothing succeeded, or no socket; 3: a request had no final response; 64: "
    "usage;\n"
    "130: interrupted, with the result so far.\n";

enum {
    OPTION_MIX = 256,
    OPTION_SEED,
    OPTION_DOMAIN,
    OPTION_TIMEOUT,
    OPTION_PATIENCE,
    OPTION_RUN,
    OPTION_STRICT,
    OPTION_JSON,
};

static const struct option longs[] = {
    { "mix", required_argument, NULL, OPTION_MIX },
    { "seed", required_argument, NULL, OPTION_SEED },
    { "domain", required_argument, NULL, OPTION_DOMAIN },
    { "timeout", required_argument, NULL, OPTION_TIMEOUT },
    { "patience", required_argument, NULL, OPTION_PATIENCE },
    { "run", required_argument, NULL, OPTION_RUN },
    { "strict", no_argument, NULL, OPTION_STRICT },
    { "json", required_argument, NULL, OPTION_JSON },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

static bool
read_option(int option, const char *text, struct options *o)
{
    switch (option) {
    case 'n':
        return option_read_count("-n", text, 1, UINT64_MAX - 1, &o->count);
    case 's':
        return option_read_real("-s", text, 1e7, &o->seconds);
    case 'u':
        return option_read_small("-u", text, 1, OPTIONS_USERS_MAX, &o->users);
    case 'w':
        return option_read_small("-w", text, 1, 1000000, &o->window);
    case 'r':
        return option_read_real("-r", text, 1e7, &o->rate);
    case 'a':
        return option_read_small("-a", text, 1, 1000000, &o->at_once);
    case 'b':
        return option_read_small("-b", text, BODY_HEAD, OPTIONS_BODY_MAX, &o->body);
    case 't':
        return option_read_transport(text, &o->tcp);
    case 'c':
        return option_read_small("-c", text, 1, 10000, &o->connections);
    case 'p':
        return option_read_pids(text, o);
    case 'q':
        o->quiet = true;
        return true;
    case OPTION_MIX:
        return option_read_mix(text, o->mix);
    case OPTION_SEED:
        return option_read_count("--seed", text, 0, UINT64_MAX, &o->seed);
    case OPTION_DOMAIN:
        o->domain = text;
        return true;
    case OPTION_TIMEOUT:
        return option_read_seconds("--timeout", text, &o->timeout_ns);
    case OPTION_PATIENCE:
        return option_read_seconds("--patience", text, &o->patience_ns);
    case OPTION_RUN:
        return option_read_run(text, &o->run);
    case OPTION_STRICT:
        o->strict = true;
        return true;
    case OPTION_JSON:
        o->json = text;
        return true;
    case 'h':
        fputs(help, stdout);
        exit(0);
    default: /* getopt has said it */
        return false;
    }
}

static bool
read_workload(const char *text, enum workload *out)
{
    for (unsigned i = 0; i < WORKLOADS; i++)
        if (strcmp(workloads[i], text) == 0) {
            *out = (enum workload)i;
            return true;
        }
    return option_refuse("there is no workload '%s'", text);
}

/* HOST:PORT; an IPv6 address stands in brackets. */
static bool
read_target(const char *text, struct options *o)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM };
    static char host[256], domain[256];
    const char *colon = strrchr(text, ':');
    struct addrinfo *found;
    size_t len;
    int error;

    if (colon == NULL || colon == text || (len = (size_t)(colon - text)) >= sizeof host)
        return option_refuse("the target is HOST:PORT, not '%s'", text);
    memcpy(domain, text, len);
    if (text[0] == '[' && text[len - 1] == ']')
        memcpy(host, text + 1, len - 2);
    else
        memcpy(host, text, len);
    error = getaddrinfo(host, colon + 1, &hints, &found);
    if (error != 0)
        return option_refuse("%s: %s", text, gai_strerror(error));
    memcpy(&o->address.storage, found->ai_addr, found->ai_addrlen);
    o->address.len = found->ai_addrlen;
    freeaddrinfo(found);
    o->target = text;
    if (o->domain == NULL)
        o->domain = domain;
    return true;
}

static void
set_defaults(struct options *o)
{
    bool by_time = o->seconds > 0 && o->workload != WORKLOAD_DUMP;

    if (o->count == 0)
        o->count = by_time ? UINT64_MAX : 20000;
    if (o->window == 0)
        o->window = o->rate > 0 ? 10000 : 64;
}

bool
options_read(int argc, char **argv, struct options *o)
{
    int option;

    *o = (struct options){
        .argc = argc,
        .argv = argv,
        .users = 2000,
        .at_once = 64,
        .connections = 1,
        .body = 128,
        .seed = 1,
        .run = (uint32_t)time(NULL) * 2654435761u ^ (uint32_t)getpid(),
        .timeout_ns = 32 * NS_PER_S,
        .patience_ns = 10 * NS_PER_S,
        .mix = { [REQUEST_STORE] = 45,
                 [REQUEST_ONLINE] = 40,
                 [REQUEST_REGISTER] = 10,
                 [REQUEST_OPTIONS] = 5 },
    };
    while ((option = getopt_long(argc, argv, "n:s:u:w:r:a:b:t:c:p:qh", longs, NULL)) !=
           -1)
        if (!read_option(option, optarg, o))
            return false;
    if (argc - optind != 2)
        return option_refuse("a WORKLOAD and HOST:PORT are needed");
    if (!read_workload(argv[optind], &o->workload) || !read_target(argv[optind + 1], o))
        return false;
    set_defaults(o);
    return true;
}

const char *
options_workload(const struct options *o)
{
    return workloads[o->workload];
}
