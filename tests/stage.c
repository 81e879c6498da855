#include "tests/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    UTC_AT_START_S = 1700000000,
};

const struct hash_key stage_key = { "fifteen octets." };

static enum send_status
stage_send(void *self, const struct flow *flow, struct slice bytes)
{
    struct stage *s = self;

    if (s->status != SEND_OK)
        return s->status;
    if (s->sent < STAGE_SENDS)
        s->sent_at_ms[s->sent] = s->now.ms;
    s->sent++;
    s->flow = *flow;
    assert_in_range(bytes.len, 0, STAGE_BYTES);
    memcpy(s->bytes, bytes.at, bytes.len);
    s->len = bytes.len;
    return SEND_OK;
}

struct stage *
stage_new(void)
{
    struct stage *s = calloc(1, sizeof *s);

    assert_non_null(s);
    s->now = (struct moment){ 0, UTC_AT_START_S };
    s->transport = (struct transport){ .self = s, .send = stage_send };
    timer_wheel_init(&s->wheel, 0);
    return s;
}

void
stage_free(struct stage *s)
{
    assert_int_equal(s->wheel.running, 0);
    free(s);
}

static void
move_to(struct stage *s, uint64_t ms)
{
    struct timer *timer;

    s->now.ms = ms;
    s->now.s = UTC_AT_START_S + (int64_t)(ms / 1000);
    while ((timer = timer_wheel_next_due(&s->wheel, ms)) != NULL)
        timer->fire(timer, s->now);
}

void
stage_advance(struct stage *s, uint64_t to_ms)
{
    uint64_t next;

    while ((next = timer_wheel_next_deadline(&s->wheel)) <= to_ms)
        move_to(s, next);
    move_to(s, to_ms);
}

struct flow
stage_flow(uint8_t host, uint64_t connection)
{
    struct flow flow = {
        .protocol = connection == 0 ? PROTOCOL_UDP : PROTOCOL_TCP,
        .connection = connection,
        .peer = { .ip = { [10] = 0xff, [11] = 0xff, 192, 0, 2, host }, .port = 5060 },
    };

    return flow;
}
