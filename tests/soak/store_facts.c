/* store_facts - what a store holds and takes, as one line of JSON; a server may have it open.
 *
 *   store_facts lmdb:DIRECTORY
 *   {"messages": 12, "bytes": 1536, "oldest_s": 1750000000, "used": 131072, "map": 1073741824}
 *
 * `used` is in octets: pages that hold something, not those that are free for the next write.
 */
#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

enum {
    WHY_ROOM = 256,
    MAP_BYTES = 1 << 30, /* no bound for who only reads: the store has its own */
};

static int
print_facts(struct store *store, int64_t now_s)
{
    struct store_facts facts;

    if (store_facts(store, now_s, &facts) != STORE_OK) {
        fprintf(stderr, "store_facts: %s\n", store_why(store));
        return 1;
    }
    printf("{\"messages\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"oldest_s\": %" PRId64
           ", \"used\": %" PRIu64 ", \"map\": %" PRIu64 "}\n",
           facts.messages, facts.bytes, facts.oldest_s, facts.map_used_bytes,
           facts.map_bytes);
    return 0;
}

int
main(int argc, char **argv)
{
    struct store_options options = {
        .prefix = "silo",
        .map_bytes = MAP_BYTES,
        .role = STORE_COMMAND,
        .now_s = time(NULL),
    };
    struct store *store;
    char why[WHY_ROOM];
    int code;

    if (argc != 2) {
        fputs("usage: store_facts lmdb:DIRECTORY\n", stderr);
        return 64;
    }
    if (store_open(argv[1], &options, &store, why, sizeof why) != STORE_OK) {
        fprintf(stderr, "store_facts: %s\n", why);
        return 1;
    }
    code = print_facts(store, options.now_s);
    store_close(store);
    return code;
}
