/* options - what the command line asks for. */
#ifndef BENCH_LOAD_OPTIONS_H
#define BENCH_LOAD_OPTIONS_H

#include "bench/load/net.h"
#include "bench/load/request.h"

enum workload {
    WORKLOAD_STORE,
    WORKLOAD_DUMP,
    WORKLOAD_REGISTER,
    WORKLOAD_ONLINE,
    WORKLOAD_MIXED,
    WORKLOAD_ANSWER,
    WORKLOADS,
};

enum {
    OPTIONS_PIDS_MAX = 64,
    OPTIONS_USERS_MAX = 10000000,
    OPTIONS_BODY_MAX = 60000,
};

struct options {
    int argc;
    char **argv;
    enum workload workload;
    const char *target; /* HOST:PORT */
    struct net_address address;
    const char *domain;
    uint64_t count; /* UINT64_MAX: as many as the time allows */
    double seconds; /* 0: no bound */
    double rate;    /* a second; 0: closed loop */
    uint32_t users, window, at_once, connections, body, run;
    uint64_t seed, timeout_ns, patience_ns;
    uint32_t mix[REQUEST_KINDS]; /* weights */
    long pid[OPTIONS_PIDS_MAX];
    unsigned pids;
    bool tcp, quiet, strict;
    const char *json; /* a path; NULL: none */
};

/* False after a line on standard error. Exits by itself for --help. */
bool
options_read(int argc, char **argv, struct options *out);

const char *
options_workload(const struct options *options);

#endif
