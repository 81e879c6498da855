#include "src/net/loop.h"

#include "src/log.h"

#include <time.h>

static void
on_timer(uv_timer_t *timer)
{
    struct loop *loop = timer->data;

    loop->armed_ms = UINT64_MAX;
    loop->work.due(loop->work.self);
}

static void
follow_deadline(struct loop *loop)
{
    uint64_t deadline_ms = loop->work.deadline(loop->work.self);
    uint64_t now_ms = uv_now(&loop->uv);

    if (deadline_ms == loop->armed_ms)
        return;
    loop->armed_ms = deadline_ms;
    if (deadline_ms == UINT64_MAX)
        uv_timer_stop(&loop->timer);
    else
        uv_timer_start(&loop->timer, on_timer,
                       deadline_ms > now_ms ? deadline_ms - now_ms : 0, 0);
}

/* libuv asks how long it may wait after this, so a timer started here counts. */
static void
on_prepare(uv_prepare_t *prepare)
{
    struct loop *loop = prepare->data;

    loop->work.end_turn(loop->work.self);
    follow_deadline(loop);
}

int
loop_init(struct loop *loop, const struct loop_work *work)
{
    int error;

    memset(loop, 0, sizeof *loop);
    loop->work = *work;
    loop->armed_ms = UINT64_MAX;
    error = uv_loop_init(&loop->uv);
    if (error != 0)
        return error;

    uv_timer_init(&loop->uv, &loop->timer);
    uv_prepare_init(&loop->uv, &loop->prepare);
    loop->timer.data = loop->prepare.data = loop;
    uv_prepare_start(&loop->prepare, on_prepare);
    loop_now(loop);
    return 0;
}

struct moment
loop_now(struct loop *loop)
{
    uint64_t ms = uv_now(&loop->uv);
    struct timespec utc;

    if (ms != loop->now.ms) {
        clock_gettime(CLOCK_REALTIME, &utc);
        loop->now = (struct moment){ .ms = ms, .s = utc.tv_sec };
        log_set_time(utc.tv_sec);
    }
    return loop->now;
}

void
loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void
loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

static void
on_overdue(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

bool
loop_close(struct loop *loop, uint64_t wait_ms)
{
    uv_close((uv_handle_t *)&loop->prepare, NULL);
    uv_update_time(&loop->uv);
    uv_timer_start(&loop->timer, on_overdue, wait_ms, 0);
    uv_unref((uv_handle_t *)&loop->timer);
    uv_run(&loop->uv, UV_RUN_DEFAULT);

    uv_close((uv_handle_t *)&loop->timer, NULL);
    uv_run(&loop->uv, UV_RUN_NOWAIT);
    return uv_loop_close(&loop->uv) == 0;
}
