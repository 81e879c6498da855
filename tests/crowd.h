/* crowd - one server and more peers than a world could hold: what it sends is counted, and the
 * silos it reads are made up.
 *
 *     struct crowd *c = crowd_new(overrides);
 *     crowd_register(c, 17, 3600);            the phone of u17@example.org
 *     crowd_message(c, 18, 17, 100);          u18 writes him a hundred octets
 *     assert_int_equal(c->last_status, 200);
 *     crowd_free(c);
 *
 * Network Each user has an address of his own. Requests are answered 200 at once, or later where
 *         `answers_wait`, or never where the crowd `is_mute`. No name is ever found.
 * Disk    Takes no time, unless it `is_slow`. What is stored is counted and not kept; each
 *         user of the first `silos` has `waiting` messages, until they are removed.
 * Time    Stands still but in crowd_advance.
 */
#ifndef TESTS_CROWD_H
#define TESTS_CROWD_H

#include "src/server.h"

struct crowd_answer;

struct crowd {
    struct settings settings;
    struct server *server; /* owned */
    struct moment now;
    uint64_t number; /* of the last request: its branch, Call-ID and CSeq */

    bool is_mute;
    bool answers_half; /* every second request alone */
    bool answers_wait; /* for crowd_answer */
    unsigned answer_status;
    size_t answer_bytes;                /* bodies of the answers */
    struct crowd_answer *first, **last; /* owned: answers on their way */

    uint64_t statuses[700]; /* responses of the server, 1xx as well */
    uint64_t requests;      /* that it sent, retransmissions too */
    uint64_t resolved;      /* names that it asked for */
    unsigned last_status;
    char *sent; /* owned: what it sent last; NUL behind it */
    size_t sent_len;

    bool is_slow;                             /* commits do not come back */
    enum store_status disk_status;            /* of commits */
    uint64_t commits, stored, removed, saved; /* AoRs, with usrloc.db_mode 1 */
    uint32_t silos, waiting;
    size_t waiting_bytes; /* bodies of what waits */
    uint32_t most_in_page;
    size_t most_page_bytes;
    bool *gone;                 /* owned: by id */
    bool *asked;                /* owned: by user of a silo */
    uint32_t asked_count;       /* so many of them got a request */
    struct batch *batch;        /* borrowed: out; NULL: none */
    struct read_request *reads; /* borrowed, in the same way */
    size_t read_count;
    bool is_tidying;
};

/* `overrides` as world_new takes them. */
struct crowd *
crowd_new(const char *const *overrides);

void
crowd_free(struct crowd *c);

/* The silos of users 0 to `silos`, with so many messages in each. */
void
crowd_fill_silos(struct crowd *c, uint32_t silos, uint32_t waiting, size_t body_bytes);

/* So many milliseconds more, with all that the server's timers do. */
void
crowd_advance(struct crowd *c, uint64_t ms);

/* All that can happen without time; called by all that follow. */
void
crowd_settle(struct crowd *c);

/* What is asked is answered; what is asked by then, by the next call. */
void
crowd_answer(struct crowd *c);

/* Whole, as it stands, from that user's address. */
void
crowd_send(struct crowd *c, uint32_t user, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A REGISTER with these lines beneath those that each has: Contact, Path; its status. */
unsigned
crowd_register_as(struct crowd *c, uint32_t user, const char *lines, ...)
    __attribute__((format(printf, 3, 4)));

/* Expires 0 takes the binding away; its status. */
unsigned
crowd_register(struct crowd *c, uint32_t user, uint32_t expires_s);

/* A MESSAGE; the status of an answer that it had at once, 0: none yet. */
unsigned
crowd_message(struct crowd *c, uint32_t from, uint32_t to, size_t body_bytes);

/* What the process has taken from malloc and not given back. */
uint64_t
crowd_allocated_kib(void);

#endif
