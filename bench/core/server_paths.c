#include "bench/core/core.h"
#include "bench/core/counted.h"
#include "bench/core/path.h"
#include "src/limits.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    USERS = 2048,     /* in rotation */
    ONLINE = 1024,    /* the same, where all of them have to register first */
    WAITING = 8,      /* messages for each user who is dumped */
    DUMPED = 16384,   /* users, at most */
    OTHERS = 1 << 20, /* numbers of messages from here on */
};

/* Those who write to everybody come through one proxy. */
static struct flow
proxy(void)
{
    struct flow flow = { .protocol = PROTOCOL_UDP };

    address_parse(SLICE("192.0.2.7"), 5060, &flow.peer);
    return flow;
}

/* A round of messages of these numbers, which may have come before. */
static void
receive_messages(struct core *core, uint32_t first, uint32_t users)
{
    struct flow flow = proxy();

    for (uint32_t i = first; i < first + CORE_ROUND; i++) {
        text_message(&core->text, i, i % users);
        core_receive(core, &flow);
    }
}

static void
expect_answers(struct core *core, unsigned status)
{
    core_expect(core, CORE_ROUND, status);
    core_forget(core);
}

static void *
open_core(void)
{
    return core_new();
}

static void
close_core(void *core)
{
    core_free(core);
}

static void
step_store(void *self, uint32_t n)
{
    receive_messages(self, n * CORE_ROUND, USERS);
    core_turn(self);
    expect_answers(self, 202);
}

/* Repeated before the commit: swallowed. */
static void
step_swallow(void *self, uint32_t n)
{
    bool was = counting(false);

    receive_messages(self, n * CORE_ROUND, USERS);
    counting(was);
    receive_messages(self, n * CORE_ROUND, USERS);
    counting(false);
    core_turn(self);
    counting(was);
    expect_answers(self, 202);
}

/* Repeated behind it: answered again. */
static void
step_repeat(void *self, uint32_t n)
{
    bool was = counting(false);

    step_store(self, n);
    counting(was);
    receive_messages(self, n * CORE_ROUND, USERS);
    expect_answers(self, 202);
}

/* As many wait for their commit as may. */
static void *
open_full(void)
{
    struct core *core = core_new();

    for (uint32_t i = 0; i < LIMIT_UNCOMMITTED_MESSAGES; i += CORE_ROUND)
        receive_messages(core, OTHERS + i, USERS);
    core_expect(core, 0, 0);
    return core;
}

static void
step_refuse(void *self, uint32_t n)
{
    receive_messages(self, n * CORE_ROUND, USERS);
    expect_answers(self, 503);
}

static void
step_register(void *self, uint32_t n)
{
    core_register(self, 1, n * CORE_ROUND, CORE_ROUND);
    expect_answers(self, 200);
}

static void *
open_online(void)
{
    struct core *core = core_new();

    for (uint32_t user = 0; user < ONLINE; user += CORE_ROUND) {
        core_register(core, 1, user, CORE_ROUND);
        expect_answers(core, 200);
    }
    return core;
}

static void
step_refresh(void *self, uint32_t n)
{
    core_register(self, n + 2, n * CORE_ROUND % ONLINE, CORE_ROUND);
    expect_answers(self, 200);
}

static void
step_relay(void *self, uint32_t n)
{
    receive_messages(self, n * CORE_ROUND, ONLINE);
    core_expect(self, CORE_ROUND, 0);
    core_answer(self);
    core_turn(self);
    expect_answers(self, 200);
}

static void *
open_waiting(void)
{
    struct core *core = core_new();

    shelf_fill(&core->shelf, WAITING, DUMPED);
    return core;
}

static void
step_dump(void *self, uint32_t n)
{
    struct core *core = self;

    core_register(core, 1, n * CORE_ROUND, CORE_ROUND);
    core_expect(core, CORE_ROUND, 200);
    for (unsigned i = 0; i < WAITING; i++) {
        core_expect(core, CORE_ROUND, 0);
        core_answer(core);
        core_turn(core);
    }
    core_expect(core, 0, 0);
    core_forget(core);
}

static void
step_options(void *self, uint32_t n)
{
    struct core *core = self;
    struct flow flow = proxy();

    for (uint32_t i = 0; i < CORE_ROUND; i++) {
        text_options(&core->text, n * CORE_ROUND + i);
        core_receive(core, &flow);
    }
    core_turn(core);
    expect_answers(core, 200);
}

#define ROUNDS .parses = true, .each = CORE_ROUND, .warm = CORE_WARM, .close = close_core

const struct path server_paths[] = {
    {
        .name = "store",
        .what = "a MESSAGE, its put, its commit, 202",
        ROUNDS,
        .counted = 16,
        .open = open_core,
        .step = step_store,
    },
    {
        .name = "swallow",
        .what = "the same MESSAGE before the commit",
        ROUNDS,
        .counted = 8,
        .open = open_core,
        .step = step_swallow,
    },
    {
        .name = "repeat",
        .what = "the same MESSAGE after it, 202 again",
        ROUNDS,
        .counted = 8,
        .open = open_core,
        .step = step_repeat,
    },
    {
        .name = "refuse",
        .what = "a MESSAGE more than may wait for the commit, 503",
        ROUNDS,
        .counted = 8,
        .open = open_full,
        .step = step_refuse,
    },
    {
        .name = "dump",
        .what = "a message delivered: an eighth of REGISTER and page; out, 200, removal",
        .parses = true,
        .each = CORE_ROUND * WAITING,
        .warm = 2,
        .counted = 2,
        .open = open_waiting,
        .step = step_dump,
        .close = close_core,
    },
    {
        .name = "register",
        .what = "a phone's first REGISTER, 200, a look at the empty silo",
        ROUNDS,
        .counted = 16,
        .open = open_core,
        .step = step_register,
    },
    {
        .name = "refresh",
        .what = "its next one",
        ROUNDS,
        .counted = 16,
        .open = open_online,
        .step = step_refresh,
    },
    {
        .name = "relay",
        .what = "a MESSAGE, out to the phone, its 200, 200",
        ROUNDS,
        .counted = 16,
        .open = open_online,
        .step = step_relay,
    },
    {
        .name = "options",
        .what = "OPTIONS, 200",
        ROUNDS,
        .counted = 8,
        .open = open_core,
        .step = step_options,
    },
    { 0 },
};
