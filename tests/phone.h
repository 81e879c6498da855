/* phone - a user agent of the simulated world: registers, sends MESSAGE, answers it.
 *
 * Shape   Its requests are non-INVITE client transactions of their own (RFC 3261 17.1.2: timer
 *         E over UDP, timer F), written apart from src/sip. A request that it gets again is
 *         answered again (17.2.2).
 * Answers Every request gets `answer`, or what `choose` says, where it is set.
 * Memory  Phones, calls and receipts live as long as the world.
 */
#ifndef TESTS_PHONE_H
#define TESTS_PHONE_H

#include "tests/event_queue.h"
#include "tests/wire.h"

enum lie {
    LIE_NONE,
    LIE_BRANCH, /* of the topmost Via */
    LIE_METHOD, /* in CSeq */
    LIE_NO_VIA, /* the topmost one is missing */
    LIE_CUT,    /* in front of CSeq */
    LIE_CALL_ID,
    LIE_CSEQ,    /* the number */
    LIE_EARLIER, /* 200 to one that came earlier instead */
    LIES,
};

struct answer {
    unsigned status;
    enum lie lie; /* tests/liar.h says it */
    uint32_t delay_ms;
    bool is_mute;        /* no final answer at all */
    bool is_provisional; /* 100 first */
    unsigned copies;     /* of the final answer, beyond the first */
    const char *headers; /* more lines, each with its CRLF; NULL: none */
};

/* A request of the phone's. */
struct call {
    struct phone *phone;
    enum protocol protocol;
    char *request; /* owned */
    size_t len;
    struct slice branch, method, call_id; /* in the request */
    uint64_t started_ms;
    uint64_t answered_ms; /* the first final response */
    unsigned status;      /* of it; 0: none yet */
    uint32_t interval_ms; /* timer E */
    unsigned sent;        /* times */
    bool is_over;         /* answered, or given up */
    uint32_t number;      /* the caller's */
    struct call *next;
};

/* A request that the phone got. */
struct receipt {
    char *bytes; /* owned: as it came first */
    size_t len;
    struct slice branch, method; /* in the bytes */
    enum protocol protocol;
    uint64_t at_ms;
    unsigned times;
    struct answer answer;
    bool is_answered;
    bool is_forgotten; /* the phone has been restarted since */
    struct receipt *next;
};

struct phone {
    struct world *world;
    struct peer peer;
    enum protocol protocol;
    char user[40];
    char contact[64];
    char call_id[32];
    uint32_t cseq;
    uint32_t
        expires_s; /* of the last REGISTER that was answered 200; 0: not registered */

    bool says_message; /* in the Allow of its REGISTERs */
    struct answer answer;
    void *chooser;
    struct answer (*choose)(void *chooser, struct phone *phone, struct slice request);
    void *listener;
    /* A response to one of its requests came; the first or a later one. */
    void (*heard)(void *listener, struct call *call, unsigned status);
    /* The phone answers with a final status, for the first time. */
    void (*answered)(void *listener, struct phone *phone, const struct receipt *receipt);

    struct call *calls;       /* owned; newest first */
    struct receipt *receipts; /* owned; newest first */
    bool keeps_inbox;
    char *inbox; /* owned: the last message that came; NUL behind it */
    unsigned inbox_count;
    unsigned last_final; /* of a response, until world_status takes it */
    struct phone *next;
};

/* user is the left side of "user@example.org". */
struct phone *
phone_new(struct world *w, const char *user, enum protocol protocol);

/* REGISTER with this Expires; 0 removes the binding. */
struct call *
phone_register(struct phone *phone, uint32_t expires_s);

/* MESSAGE to uri; `headers` are whole lines or "", ctype may be NULL with an empty body. */
struct call *
phone_message(struct phone *phone, const char *uri, const char *headers,
              const char *ctype, struct slice body);

/* Gone without a word, until phone_wake; with `refuses` the server hears of it. */
void
phone_die(struct phone *phone, bool refuses);

void
phone_wake(struct phone *phone);

/* Gone and back at once: its connection, its transactions and its Call-IDs are not. */
void
phone_restart(struct phone *phone);

/* The response of that status; its length. */
size_t
phone_write_response(const struct receipt *receipt, unsigned status, char *out,
                     size_t room);

/* How many MESSAGE requests it got, retransmissions not counted. */
unsigned
phone_received(const struct phone *phone);

/* Sends once, without a transaction. */
void
phone_send_raw(struct phone *phone, struct slice bytes);

void
phone_free(struct phone *phone);

#endif
