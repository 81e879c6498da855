/* stage - a clock and a network for one part of the core.
 *
 *     struct stage *s = stage_new();
 *     table = client_table_new(&s->transport, &s->wheel, &stage_key, 10);
 *     stage_advance(s, 12000);        the timers fire, each at its millisecond
 *
 * What is sent is written down; nothing answers.
 */
#ifndef TESTS_STAGE_H
#define TESTS_STAGE_H

#include "src/sip/timer_wheel.h"

enum {
    STAGE_SENDS = 64, /* so many are written down, more are only counted */
    STAGE_BYTES = 2048,
};

struct stage {
    struct timer_wheel wheel;
    struct moment now;
    struct transport transport;
    enum send_status status; /* what sending gives */
    unsigned sent;
    uint64_t sent_at_ms[STAGE_SENDS];
    struct flow flow; /* of the last one */
    char bytes[STAGE_BYTES];
    size_t len;
};

extern const struct hash_key stage_key;

/* Monotonic time 0; UTC is far from it, so that they are not mistaken for each other. */
struct stage *
stage_new(void);

void
stage_free(struct stage *s);

/* Turns the wheel until that moment has come, in steps of its deadlines. */
void
stage_advance(struct stage *s, uint64_t to_ms);

/* 192.0.2.`host`:5060, over UDP, or over TCP when there is a connection. */
struct flow
stage_flow(uint8_t host, uint64_t connection);

#endif
