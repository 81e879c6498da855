/* limits - every bound of the server, and the answer given at it.
 *
 * What an operator should choose is a setting; the rest stands here.
 *
 * For fuzz/fuzz_server.c, which counts lives in millions, many are small: a table that is made
 * as large as its bound costs more than all that such a life does, and what is done at a bound
 * is done often. Where the answer there is not one that tests/oracle.h can foresee (a 503 that
 * nobody remembers, a late 2xx to a transaction that had to go), a bound stays out of reach.
 */
#ifndef LIMITS_H
#define LIMITS_H

#ifdef LIMITS_ARE_SMALL
#define LIMIT_OF(usual, small) (small)
#else
#define LIMIT_OF(usual, small) (usual)
#endif

enum {
    LIMIT_LISTENERS = 64,     /* more in core.listen: a bad setting */
    LIMIT_ALIASES = 256,      /* more in core.alias: a bad setting */
    LIMIT_TRUSTED = 256,      /* more in core.trusted: a bad setting */
    LIMIT_NOSTORE_TYPES = 64, /* more in msilo.nostore_types: a bad setting */
    /* Requests remembered, and the slabs that they come in; past it 503. */
    LIMIT_SERVER_TRANSACTIONS = LIMIT_OF(4194304, 1024),
    LIMIT_SERVER_SLAB = LIMIT_OF(4096, 16),
    /* Of these, refused for want of room; past it the oldest is forgotten. */
    LIMIT_REFUSED_TRANSACTIONS = LIMIT_OF(131072, 64),
    LIMIT_UNCOMMITTED_MESSAGES = 4096, /* for the next commit; past it 503 */
    LIMIT_UNCOMMITTED_BYTES =
        12582912,           /* the same in octets; the rest of a batch is for bindings */
    LIMIT_COMMIT_MS = 8000, /* while one is out longer new messages are 503 */
    /* Requests of ours in flight; past it a message is stored and not relayed (500 to one for a
     * foreign domain), dumps wait for check_time, notices are left out. */
    LIMIT_CLIENT_TRANSACTIONS = 65536,
    /* In all; past it 503 to a REGISTER that adds one. */
    LIMIT_BINDINGS = LIMIT_OF(1048576, 8),
    LIMIT_BINDING_BYTES = 536870912, /* of their texts; past it the same */
    /* AoRs whose bindings the store had no room for; past it they are saved with their next
     * REGISTER. */
    LIMIT_UNSAVED = 65536,
    /* Of requests being relayed, and of refusals that wait for other branches; past it requests
     * are stored, 503 to one for a foreign domain, and a refusal is its status alone. */
    LIMIT_RELAY_BYTES = LIMIT_OF(268435456, 16384),
    /* Passed on, for repetitions; then by status. */
    LIMIT_KEPT_RESPONSE_BYTES = LIMIT_OF(67108864, 4096),
    LIMIT_DUMPS = LIMIT_OF(65536, 2), /* AoRs being dumped; others wait for check_time */
    /* (sender, recipient) pairs told; past it: no notice. */
    LIMIT_NOTICES = LIMIT_OF(65536, 16),
    LIMIT_RECENT = LIMIT_OF(65536, 256), /* stores of 64 seconds; past it for less long */
    /* Host names being looked up; past it: no address. */
    LIMIT_LOOKUPS = LIMIT_OF(1024, 2),
    /* Octets queued on one stream, which it may have whatever others have: two of the longest
     * messages, 256 MiB with core.tcp_max_connections at 2048. And at most, since the answers
     * of two full commits go over one; past that it is closed. */
    LIMIT_CONNECTION_OUT_BYTES = 131072,
    LIMIT_CONNECTION_OUT_MOST = 8388608,
    /* On all that have more than the first; past it that one of them is closed which has been
     * without progress for longest. */
    LIMIT_OUT_BYTES = 33554432,
    LIMIT_DATAGRAMS_OUT = 4096,    /* queued on one socket; past it: dropped, counted */
    LIMIT_PAGES_BYTES = 268435456, /* that dumps have read; past it they wait to read */
    LIMIT_PAGE_BYTES = LIMIT_OF(32768, 2048), /* of a dump's page of records */
    LIMIT_PAGE_MESSAGES = LIMIT_OF(32, 3),
    LIMIT_UNREMOVED = 8, /* delivered of an AoR, not durably removed: its dump waits */
    LIMIT_TIDY_STEP = LIMIT_OF(512, 4), /* records a housekeeping step touches */
    LIMIT_RETRY_AFTER_S = 5,      /* Retry-After of a 503 for want of room, at least */
    LIMIT_RETRY_SPREAD_S = 10,    /* of different lengths for so many messages */
    LIMIT_RETRY_MAX_S = 3600,     /* the longest wait between dumps to a phone */
    LIMIT_NOTICE_SILENCE_S = 600, /* between notices to one sender about one recipient */
};

#endif
