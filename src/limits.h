/* limits - every bound of the server, and the answer given at it.
 *
 * What an operator should choose is a setting; the rest stands here.
 */
#ifndef LIMITS_H
#define LIMITS_H

enum {
    LIMIT_LISTENERS = 64,                /* more in core.listen: a bad setting */
    LIMIT_ALIASES = 256,                 /* more in core.alias: a bad setting */
    LIMIT_TRUSTED = 256,                 /* more in core.trusted: a bad setting */
    LIMIT_NOSTORE_TYPES = 64,            /* more in msilo.nostore_types: a bad setting */
    LIMIT_SERVER_TRANSACTIONS = 4194304, /* requests remembered; past it 503 */
    LIMIT_CLIENT_TRANSACTIONS =
        65536,                /* requests of ours in flight; past it dumps wait */
    LIMIT_BINDINGS = 1048576, /* in all; past it 503 to a REGISTER that adds one */
    LIMIT_RELAY_BYTES =
        268435456, /* of requests being relayed; past it they are stored */
    LIMIT_KEPT_RESPONSE_BYTES = 67108864, /* passed on, for repetitions; then by status */
    LIMIT_DUMPS = 65536,   /* AoRs being dumped; others wait for check_time */
    LIMIT_NOTICES = 65536, /* (sender, recipient) pairs remembered for silence */
    LIMIT_LOOKUPS = 1024,  /* host names being looked up; past it: no address */
    LIMIT_CONNECTION_OUT_BYTES =
        1048576,                /* queued on one stream; past it: it is closed */
    LIMIT_DATAGRAMS_OUT = 4096, /* queued on one socket; past it: dropped, counted */
    LIMIT_PAGE_BYTES = 32768,   /* of a dump's page of records */
    LIMIT_PAGE_MESSAGES = 32,
    LIMIT_UNREMOVED = 8,   /* delivered of an AoR, not durably removed: its dump waits */
    LIMIT_TIDY_STEP = 512, /* records a housekeeping step touches */
    LIMIT_RETRY_AFTER_S = 5,      /* Retry-After of a 503 for want of room */
    LIMIT_RETRY_MAX_S = 3600,     /* the longest wait between dumps to a phone */
    LIMIT_NOTICE_SILENCE_S = 600, /* between notices to one sender about one recipient */
};

#endif
