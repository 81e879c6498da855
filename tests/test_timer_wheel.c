#include "src/sip/timer_wheel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    TIMERS = 64,
    NEVER = 0,
};

static const uint64_t day_ms = UINT64_C(86400000);

struct alarm {
    int id;
    uint64_t fired_ms;
    unsigned times;
    struct timer timer;
};

static void
alarm_fired(struct timer *timer, struct moment now)
{
    struct alarm *alarm = CONTAINER_OF(timer, struct alarm, timer);

    assert_false(timer_is_running(timer));
    alarm->fired_ms = now.ms;
    alarm->times++;
}

static void
run_until(struct timer_wheel *wheel, uint64_t ms)
{
    struct timer *timer;

    while ((timer = timer_wheel_next_due(wheel, ms)) != NULL)
        timer->fire(timer, (struct moment){ .ms = ms });
}

/* As a loop does it: sleeps until the next deadline that the wheel names. */
static uint64_t
run_to_deadline(struct timer_wheel *wheel)
{
    uint64_t ms = timer_wheel_next_deadline(wheel);

    run_until(wheel, ms);
    return ms;
}

static void
a_timer_fires_at_its_millisecond_and_not_before(void **state)
{
    const uint64_t starts[] = { 0,     1,         255,        256,
                                65535, 123456789, UINT32_MAX, (UINT64_C(1) << 32) - 1 };
    const uint64_t waits[] = { 1,
                               2,
                               255,
                               256,
                               257,
                               500,
                               65535,
                               65536,
                               16777215,
                               16777216,
                               32000,
                               UINT32_MAX,
                               UINT64_C(1) << 32,
                               60 * day_ms };

    (void)state;
    for (size_t s = 0; s < sizeof starts / sizeof starts[0]; s++)
        for (size_t w = 0; w < sizeof waits / sizeof waits[0]; w++) {
            struct timer_wheel wheel;
            struct alarm alarm = { 0 };
            uint64_t due = starts[s] + waits[w];

            timer_wheel_init(&wheel, starts[s]);
            timer_init(&alarm.timer, alarm_fired);
            timer_start(&wheel, &alarm.timer, due);
            run_until(&wheel, due - 1);
            assert_int_equal(alarm.times, 0);
            assert_true(timer_is_running(&alarm.timer));
            run_until(&wheel, due);
            assert_int_equal(alarm.times, 1);
            assert_int_equal(timer_wheel_next_deadline(&wheel), UINT64_MAX);
        }
}

static void
a_deadline_in_the_past_is_due_at_once(void **state)
{
    struct timer_wheel wheel;
    struct alarm alarm = { 0 };

    (void)state;
    timer_wheel_init(&wheel, 1000);
    timer_init(&alarm.timer, alarm_fired);
    timer_start(&wheel, &alarm.timer, 7);
    assert_int_equal(timer_wheel_next_deadline(&wheel), 1000);
    run_until(&wheel, 1000);
    assert_int_equal(alarm.times, 1);
}

static void
a_stopped_timer_does_not_fire(void **state)
{
    struct timer_wheel wheel;
    struct alarm alarm = { 0 };

    (void)state;
    timer_wheel_init(&wheel, 0);
    timer_init(&alarm.timer, alarm_fired);
    timer_stop(&wheel, &alarm.timer);
    timer_start(&wheel, &alarm.timer, 300);
    timer_stop(&wheel, &alarm.timer);
    assert_int_equal(timer_wheel_next_deadline(&wheel), UINT64_MAX);
    run_until(&wheel, day_ms);
    assert_int_equal(alarm.times, 0);
    assert_int_equal(wheel.running, 0);
}

static void
starting_a_running_timer_moves_it(void **state)
{
    struct timer_wheel wheel;
    struct alarm alarm = { 0 };

    (void)state;
    timer_wheel_init(&wheel, 0);
    timer_init(&alarm.timer, alarm_fired);
    timer_start(&wheel, &alarm.timer, 300);
    timer_start(&wheel, &alarm.timer, 70000);
    assert_int_equal(wheel.running, 1);
    run_until(&wheel, 69999);
    assert_int_equal(alarm.times, 0);
    run_until(&wheel, 70000);
    assert_int_equal(alarm.times, 1);
}

static void
the_next_deadline_leads_to_a_timer_in_few_steps(void **state)
{
    struct timer_wheel wheel;
    struct alarm alarm = { 0 };
    unsigned steps = 0;

    (void)state;
    timer_wheel_init(&wheel, 12345);
    timer_init(&alarm.timer, alarm_fired);
    timer_start(&wheel, &alarm.timer, 12345 + 200 * day_ms);
    while (alarm.times == 0 && steps < 100) {
        run_to_deadline(&wheel);
        steps++;
    }
    assert_int_equal(alarm.fired_ms, 12345 + 200 * day_ms);
    assert_true(steps <= WHEEL_LEVELS + 200 / 49 + 1);
}

static void
the_end_of_time_is_no_deadline(void **state)
{
    struct timer_wheel wheel;
    struct alarm alarm = { 0 };

    (void)state;
    timer_wheel_init(&wheel, UINT64_MAX - 10);
    timer_init(&alarm.timer, alarm_fired);
    timer_start(&wheel, &alarm.timer, UINT64_MAX - 1);
    run_until(&wheel, UINT64_MAX - 2);
    assert_int_equal(alarm.times, 0);
    run_until(&wheel, UINT64_MAX);
    assert_int_equal(alarm.times, 1);
    run_until(&wheel, UINT64_MAX);
}

/* A timer that starts itself again, as a resend does. */
static struct timer_wheel beating_wheel;

static void
beat(struct timer *timer, struct moment now)
{
    struct alarm *alarm = CONTAINER_OF(timer, struct alarm, timer);

    alarm->times++;
    timer_start(&beating_wheel, timer, now.ms + 500);
}

static void
a_timer_may_start_itself_again(void **state)
{
    struct alarm alarm = { 0 };

    (void)state;
    timer_wheel_init(&beating_wheel, 0);
    timer_init(&alarm.timer, beat);
    timer_start(&beating_wheel, &alarm.timer, 500);
    for (unsigned i = 1; i <= 100; i++) {
        uint64_t at_ms = 0;

        while (alarm.times < i)
            at_ms = run_to_deadline(&beating_wheel);
        assert_int_equal(at_ms, 500 * i);
    }
}

/* Against the plainest model: an array of deadlines. */
struct model {
    struct timer_wheel wheel;
    struct alarm alarms[TIMERS];
    uint64_t due_ms[TIMERS]; /* NEVER: not running */
    uint64_t now_ms;
    uint64_t chance;
};

static uint64_t
draw(struct model *m, uint64_t below)
{
    m->chance ^= m->chance << 13;
    m->chance ^= m->chance >> 7;
    m->chance ^= m->chance << 17;
    return m->chance % below;
}

static uint64_t
earliest(const struct model *m)
{
    uint64_t least = UINT64_MAX;

    for (int i = 0; i < TIMERS; i++)
        if (m->due_ms[i] != NEVER && m->due_ms[i] < least)
            least = m->due_ms[i];
    return least;
}

/* Every timer that is due comes, earliest first, and no other one. */
static void
advance(struct model *m, uint64_t to_ms)
{
    struct timer *timer;

    while ((timer = timer_wheel_next_due(&m->wheel, to_ms)) != NULL) {
        struct alarm *alarm = CONTAINER_OF(timer, struct alarm, timer);

        assert_true(earliest(m) <= to_ms);
        assert_true(m->due_ms[alarm->id] == earliest(m) ||
                    m->due_ms[alarm->id] <= m->now_ms);
        m->due_ms[alarm->id] = NEVER;
    }
    m->now_ms = to_ms;
    assert_true(earliest(m) > to_ms);
}

static uint64_t
some_span(struct model *m)
{
    static const uint64_t spans[] = { 2, 300, 5000, 70000, 20000000, 5000000000 };

    return draw(m, spans[draw(m, sizeof spans / sizeof spans[0])]);
}

static void
one_step(struct model *m)
{
    uint64_t what = draw(m, 10);
    int id = (int)draw(m, TIMERS);

    if (what < 5) {
        m->due_ms[id] = m->now_ms + some_span(m) + 1;
        timer_start(&m->wheel, &m->alarms[id].timer, m->due_ms[id]);
    } else if (what < 7) {
        m->due_ms[id] = NEVER;
        timer_stop(&m->wheel, &m->alarms[id].timer);
    } else if (what < 9) {
        advance(m, m->now_ms + some_span(m));
    } else if (earliest(m) != UINT64_MAX) {
        advance(m, timer_wheel_next_deadline(&m->wheel));
    }
}

static void
the_wheel_agrees_with_a_sorted_list(void **state)
{
    struct model *m = calloc(1, sizeof *m);

    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        memset(m, 0, sizeof *m);
        m->chance = seed * UINT64_C(0x9e3779b97f4a7c15);
        m->now_ms = draw(m, UINT64_C(1) << (8 + seed));
        timer_wheel_init(&m->wheel, m->now_ms);
        for (int i = 0; i < TIMERS; i++) {
            m->alarms[i].id = i;
            timer_init(&m->alarms[i].timer, alarm_fired);
        }
        for (int i = 0; i < 5000; i++) {
            uint64_t next;

            one_step(m);
            next = timer_wheel_next_deadline(&m->wheel);
            assert_true(next <= earliest(m));
            assert_int_equal(next == UINT64_MAX, earliest(m) == UINT64_MAX);
            for (int k = 0; k < TIMERS; k++)
                assert_int_equal(timer_is_running(&m->alarms[k].timer),
                                 m->due_ms[k] != NEVER);
        }
    }
    free(m);
}

static void
a_million_timers_start_stop_and_fire(void **state)
{
    enum { MANY = 1000000 };
    struct timer_wheel wheel;
    struct timer *timers = calloc(MANY, sizeof *timers);
    unsigned fired = 0;

    (void)state;
    timer_wheel_init(&wheel, 0);
    for (uint32_t i = 0; i < MANY; i++) {
        timer_init(&timers[i], alarm_fired);
        timer_start(&wheel, &timers[i], 1 + (uint64_t)i * 7919 % 3600000);
    }
    assert_int_equal(wheel.running, MANY);
    for (uint32_t i = 0; i < MANY; i += 2)
        timer_stop(&wheel, &timers[i]);
    assert_int_equal(wheel.running, MANY / 2);
    while (timer_wheel_next_due(&wheel, 3600000) != NULL)
        fired++;
    assert_int_equal(fired, MANY / 2);
    assert_int_equal(wheel.running, 0);
    free(timers);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timer_fires_at_its_millisecond_and_not_before),
        cmocka_unit_test(a_deadline_in_the_past_is_due_at_once),
        cmocka_unit_test(a_stopped_timer_does_not_fire),
        cmocka_unit_test(starting_a_running_timer_moves_it),
        cmocka_unit_test(the_next_deadline_leads_to_a_timer_in_few_steps),
        cmocka_unit_test(the_end_of_time_is_no_deadline),
        cmocka_unit_test(a_timer_may_start_itself_again),
        cmocka_unit_test(the_wheel_agrees_with_a_sorted_list),
        cmocka_unit_test(a_million_timers_start_stop_and_fire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
