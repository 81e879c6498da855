/* oracle - knows every message of a simulated world and what was promised about it, and fails
 * the world as soon as the server breaks a promise.
 *
 *     kept        what was answered 202 is delivered, in the store, or over its time
 *     order       first attempts of an AoR's messages go out in the order of storing
 *     once        what was confirmed is not sent again; after a death LIMIT_UNREMOVED of an
 *                 AoR at most
 *     repeated    one request is stored once, however often it comes
 *     bytes       body, Content-Type and kept headers arrive as they were; one Call-ID
 *     durable     202 comes after the commit was reported durable
 *     window      never two MESSAGE transactions of a dump to one AoR at a time
 *     answer      one final status for one request
 *     removed     nothing leaves the store without a 2xx or the end of its time
 *     expired     what is over its time is not sent
 *     store       what a death leaves holds as many messages as should be there
 *     live        what oracle_live.h says of messages that go straight to phones
 *
 * Shape   A message carries its number in an X-Number header: kept headers are a promise too.
 *         What the server forwards has two Vias, what it dumps has one.
 *         In memory an origin is known for ever. LMDB knows one for REPEATS_S of the wall
 *         clock: a request that comes again when it shows more than that, by a jump mostly,
 *         may be stored once more. Of such a pair only `window` and `bytes` are held, and the
 *         count of `store` may be off by it.
 */
#ifndef TESTS_ORACLE_H
#define TESTS_ORACLE_H

#include "tests/world.h"

enum {
    ORACLE_TEXT = 96,
    ORACLE_STATUSES = 700,
};

/* One MESSAGE of a sender. */
struct posted {
    uint32_t number;
    char user[ORACLE_TEXT]; /* whom it is for */
    char ctype[ORACLE_TEXT];
    char subject[ORACLE_TEXT];
    char *body; /* owned */
    size_t body_len;
    struct call *call; /* borrowed */
    bool is_for_now;   /* Expires: 0 */

    uint64_t id; /* 0: never written */
    int64_t exp_time_s, stored_s;
    bool is_told;        /* a server knows that it is durable */
    bool is_removed;     /* durably */
    bool is_cleaned;     /* that since its time was over: it may be under way meanwhile */
    bool may_come_again; /* a jump of the clock made the engine forget its origin */
    bool is_twofold;     /* and it came: of its two copies less is known */

    bool was_accepted;  /* 202 was sent */
    bool was_attempted; /* by a dump */
    bool was_delivered; /* a phone answered 2xx */
    bool was_forwarded; /* the server got a 2xx to what it forwarded, within 64*T1 */
    uint32_t forwarded_life;
    bool heard[ORACLE_STATUSES]; /* the server got that answer to what it forwarded */
    bool was_confirmed;          /* the server got a 2xx to its dump, in time */
    uint32_t confirmed_life;
    char dump_call_id[ORACLE_TEXT];

    unsigned final; /* the status that was sent */
    uint64_t final_ms;
    uint32_t final_life;
};

/* A MESSAGE transaction of the server's. */
struct attempt {
    struct posted *posted;
    char branch[ORACLE_TEXT];
    struct flow flow;
    uint64_t started_ms;
    uint32_t life;
    bool is_dump;
    bool is_open;
    bool is_refused; /* a later 2xx on the same branch is none (RFC 3261 17.1.2.2) */
};

struct oracle {
    struct world *world;
    struct posted **posted; /* owned */
    size_t posted_count, posted_room;
    struct attempt *attempts; /* owned */
    size_t attempt_count, attempt_room;
    int64_t latest_s; /* the latest that the wall clock ever showed */
    int64_t seen_s;   /* what it showed last */

    /* Others send, too, and register whom they like: what has no number is nobody's. */
    bool has_strangers;
};

/* Becomes the world's watch. */
void
oracle_init(struct oracle *oracle, struct world *w);

void
oracle_free(struct oracle *oracle);

/* After every step of the world. */
void
oracle_step(struct oracle *oracle);

/* Has the sender send a message of its own to user, with headers and body of its choice. */
struct posted *
oracle_post(struct oracle *oracle, struct phone *sender, const char *user,
            const char *headers, struct slice body);

/* Makes the oracle listen to what this phone gets and answers. */
void
oracle_watch_phone(struct oracle *oracle, struct phone *phone);

/* A phone shows what it got. */
void
oracle_check_request(struct oracle *oracle, struct slice request);

/* At the end. */
void
oracle_check_kept(struct oracle *oracle);

/* In the store and not over its time, as far as anybody can know. */
bool
oracle_is_waiting(const struct oracle *oracle, const struct posted *posted);

/* Unexpired messages that still wait. */
size_t
oracle_count_waiting(const struct oracle *oracle);

#endif
