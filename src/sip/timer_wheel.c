#include "src/sip/timer_wheel.h"

#include <assert.h>

/* Where a timer lies follows from its deadline and from now alone: the highest byte in which
 * the two differ names the level, that byte of the deadline the slot. So every slot in use
 * lies ahead of now on its level, lower levels are due before higher ones, and nothing has
 * to be remembered in the timer. */

enum {
    SLOT_BITS = 8,
    WINDOW_BITS = SLOT_BITS * WHEEL_LEVELS, /* beyond lies `far` */
};

static unsigned
slot_at(uint64_t ms, int level)
{
    return (unsigned)(ms >> (SLOT_BITS * level)) % WHEEL_SLOTS;
}

/* 0 to WHEEL_LEVELS - 1; WHEEL_LEVELS or more: beyond the window. */
static int
level_of(uint64_t due_ms, uint64_t now_ms)
{
    return (63 - __builtin_clzll(due_ms ^ now_ms)) / SLOT_BITS;
}

static struct timer **
head_of(struct timer_wheel *wheel, uint64_t due_ms)
{
    int level;

    if (due_ms <= wheel->now_ms)
        return &wheel->due;
    level = level_of(due_ms, wheel->now_ms);
    return level < WHEEL_LEVELS ? &wheel->slots[level][slot_at(due_ms, level)]
                                : &wheel->far;
}

/* Says in the bitmaps whether the list of that deadline holds anything. */
static void
mark(struct timer_wheel *wheel, uint64_t due_ms, bool used)
{
    int level;
    unsigned slot;
    uint64_t bit;

    if (due_ms <= wheel->now_ms || level_of(due_ms, wheel->now_ms) >= WHEEL_LEVELS)
        return;
    level = level_of(due_ms, wheel->now_ms);
    slot = slot_at(due_ms, level);
    bit = UINT64_C(1) << (slot % 64);
    if (used)
        wheel->used[level][slot / 64] |= bit;
    else
        wheel->used[level][slot / 64] &= ~bit;
}

static void
put(struct timer_wheel *wheel, struct timer *timer)
{
    struct timer **head = head_of(wheel, timer->due_ms);

    timer->next = *head;
    if (timer->next != NULL)
        timer->next->link = &timer->next;
    timer->link = head;
    *head = timer;
    mark(wheel, timer->due_ms, true);
}

static void
take(struct timer_wheel *wheel, struct timer *timer)
{
    *timer->link = timer->next;
    if (timer->next != NULL)
        timer->next->link = timer->link;
    timer->next = NULL;
    timer->link = NULL;
    if (*head_of(wheel, timer->due_ms) == NULL)
        mark(wheel, timer->due_ms, false);
}

void
timer_wheel_init(struct timer_wheel *wheel, uint64_t now_ms)
{
    memset(wheel, 0, sizeof *wheel);
    wheel->now_ms = now_ms;
}

void
timer_init(struct timer *timer, void (*fire)(struct timer *timer, struct moment now))
{
    *timer = (struct timer){ .fire = fire };
}

bool
timer_is_running(const struct timer *timer)
{
    return timer->link != NULL;
}

void
timer_start(struct timer_wheel *wheel, struct timer *timer, uint64_t due_ms)
{
    timer_stop(wheel, timer);
    timer->due_ms = due_ms;
    put(wheel, timer);
    wheel->running++;
}

void
timer_stop(struct timer_wheel *wheel, struct timer *timer)
{
    if (!timer_is_running(timer))
        return;
    take(wheel, timer);
    wheel->running--;
}

/* The first slot in use behind `slot` on that level; WHEEL_SLOTS when there is none. */
static unsigned
next_used(const struct timer_wheel *wheel, int level, unsigned slot)
{
    const uint64_t *used = wheel->used[level];

    for (unsigned word = (slot + 1) / 64; word < WHEEL_SLOTS / 64; word++) {
        uint64_t bits = used[word];

        if (word == (slot + 1) / 64)
            bits &= ~UINT64_C(0) << ((slot + 1) % 64);
        if (bits != 0)
            return word * 64 + (unsigned)__builtin_ctzll(bits);
    }
    return WHEEL_SLOTS;
}

/* When the next list has to be looked at; UINT64_MAX when all are empty. `due` apart. */
static uint64_t
next_turn(const struct timer_wheel *wheel)
{
    for (int level = 0; level < WHEEL_LEVELS; level++) {
        unsigned slot = next_used(wheel, level, slot_at(wheel->now_ms, level));
        int span_bits = SLOT_BITS * (level + 1);

        if (slot < WHEEL_SLOTS)
            return (wheel->now_ms >> span_bits << span_bits) | (uint64_t)slot
                                                                   << (SLOT_BITS * level);
    }
    if (wheel->far != NULL)
        return ((wheel->now_ms >> WINDOW_BITS) + 1) << WINDOW_BITS;
    return UINT64_MAX;
}

/* Moves to the start of the list that next_turn found, and puts what waits there nearer. */
static void
turn(struct timer_wheel *wheel, uint64_t turn_ms)
{
    struct timer **head = head_of(wheel, turn_ms);
    struct timer *timer = *head;

    *head = NULL;
    mark(wheel, turn_ms, false);
    wheel->now_ms = turn_ms;
    while (timer != NULL) {
        struct timer *next = timer->next;

        put(wheel, timer);
        timer = next;
    }
}

struct timer *
timer_wheel_next_due(struct timer_wheel *wheel, uint64_t now_ms)
{
    struct timer *timer;

    while (wheel->due == NULL) {
        uint64_t turn_ms = next_turn(wheel);

        if (turn_ms > now_ms || wheel->running == 0) {
            if (now_ms > wheel->now_ms)
                wheel->now_ms = now_ms;
            return NULL;
        }
        turn(wheel, turn_ms);
    }
    timer = wheel->due;
    timer_stop(wheel, timer);
    return timer;
}

uint64_t
timer_wheel_next_deadline(const struct timer_wheel *wheel)
{
    return wheel->due != NULL ? wheel->now_ms : next_turn(wheel);
}
