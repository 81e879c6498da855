#include "src/net/lane.h"

#include <assert.h>
#include <stdio.h>

/* On the thread of the pool: store_why speaks of the last call, which was this one. */
static void
set_status(struct lane_job *job, struct store *store, enum store_status status)
{
    job->status = status;
    job->why[0] = '\0';
    if (status != STORE_OK)
        snprintf(job->why, sizeof job->why, "%s", store_why(store));
}

/* On the thread of the pool. */
static void
note_safe(void *self)
{
    struct lane *lane = self;

    atomic_store(&lane->is_safe, true);
    uv_async_send(&lane->news);
}

/* Whatever woke it: it asks whether the commit that is out is safe, and was not told so. */
static void
on_news(uv_async_t *news)
{
    struct lane *lane = news->data;

    if (atomic_exchange(&lane->is_safe, false) && !lane->is_closed)
        lane->events.safe(lane->events.self);
}

static void
commit_work(uv_work_t *work)
{
    struct lane *lane = work->data;

    set_status(&lane->commit, lane->store,
               store_commit(lane->store, lane->batch, lane->commit.now_s));
}

static void
read_work(uv_work_t *work)
{
    struct lane *lane = work->data;

    set_status(&lane->read, lane->store,
               store_read(lane->store, lane->requests, lane->request_count));
}

static void
tidy_work(uv_work_t *work)
{
    struct lane *lane = work->data;

    set_status(&lane->tidy, lane->store,
               store_tidy(lane->store, lane->tidy.now_s, lane->expire, LIMIT_TIDY_STEP,
                          &lane->result));
}

static void
on_committed(uv_work_t *work, int status);

static void
on_read_done(uv_work_t *work, int status);

static void
on_tidied(uv_work_t *work, int status);

static void
start(struct lane *lane, struct lane_job *job, uv_work_cb run, uv_after_work_cb done)
{
    job->state = LANE_OUT;
    job->work.data = lane;
    uv_queue_work(&lane->loop->uv, &job->work, run, done);
}

/* A writer has come back, or one was handed out. At most one waits then: the other was the
 * one that came back, and cannot be handed out again before this call. So they take turns. */
static void
start_writer(struct lane *lane)
{
    if (lane->commit.state == LANE_OUT || lane->tidy.state == LANE_OUT)
        return;
    if (lane->tidy.state == LANE_WAITING)
        start(lane, &lane->tidy, tidy_work, on_tidied);
    else if (lane->commit.state == LANE_WAITING)
        start(lane, &lane->commit, commit_work, on_committed);
}

static void
on_committed(uv_work_t *work, int status)
{
    struct lane *lane = work->data;
    struct lane_job job = lane->commit; /* a copy: the owner may hand out the next one */

    (void)status;
    on_news(&lane->news); /* it may be on its way behind this */
    lane->commit.state = LANE_FREE;
    start_writer(lane);
    if (lane->is_closed)
        uv_close((uv_handle_t *)&lane->news, NULL);
    else
        lane->events.committed(lane->events.self, job.status, job.why);
}

static void
on_read_done(uv_work_t *work, int status)
{
    struct lane *lane = work->data;
    struct lane_job job = lane->read; /* a copy: the owner may hand out the next one */

    (void)status;
    lane->read.state = LANE_FREE;
    if (!lane->is_closed)
        lane->events.read_done(lane->events.self, job.status, job.why);
}

static void
on_tidied(uv_work_t *work, int status)
{
    struct lane *lane = work->data;
    struct tidy_result result = lane->result;

    (void)status;
    lane->tidy.state = LANE_FREE;
    start_writer(lane);
    if (lane->tidy.status != STORE_OK)
        LOG(LOG_WARN, "store.tidy_failed", LOG_STRING("why", lane->tidy.why));
    if (!lane->is_closed)
        lane->events.tidied(lane->events.self, lane->tidy.status, &result);
}

static void
lane_commit(void *self, struct batch *batch)
{
    struct lane *lane = self;

    assert(lane->commit.state == LANE_FREE);
    lane->batch = batch;
    batch->safe = note_safe;
    batch->safe_self = lane;
    lane->commit.state = LANE_WAITING;
    lane->commit.now_s = loop_now(lane->loop).s;
    start_writer(lane);
}

static void
lane_read(void *self, struct read_request *requests, size_t count)
{
    struct lane *lane = self;

    assert(lane->read.state == LANE_FREE);
    lane->requests = requests;
    lane->request_count = count;
    start(lane, &lane->read, read_work, on_read_done);
}

static void
lane_tidy(void *self, bool expire)
{
    struct lane *lane = self;

    assert(lane->tidy.state == LANE_FREE);
    lane->expire = expire;
    lane->tidy.state = LANE_WAITING;
    lane->tidy.now_s = loop_now(lane->loop).s;
    memset(&lane->result, 0, sizeof lane->result);
    start_writer(lane);
}

int
lane_init(struct lane *lane, struct loop *loop, struct store *store,
          const struct lane_events *events)
{
    int error;

    memset(lane, 0, sizeof *lane);
    error = uv_async_init(&loop->uv, &lane->news, on_news);
    if (error != 0)
        return error;
    uv_unref((uv_handle_t *)&lane->news);
    lane->news.data = lane;
    lane->loop = loop;
    lane->store = store;
    lane->events = *events;
    return 0;
}

void
lane_close(struct lane *lane)
{
    if (lane->loop == NULL || lane->is_closed)
        return;
    lane->is_closed = true;
    if (lane->commit.state == LANE_FREE)
        uv_close((uv_handle_t *)&lane->news, NULL);
}

struct disk
lane_disk(struct lane *lane)
{
    return (struct disk){
        .self = lane,
        .commit = lane_commit,
        .read = lane_read,
        .tidy = lane_tidy,
    };
}

bool
lane_is_idle(const struct lane *lane)
{
    return lane->commit.state == LANE_FREE && lane->read.state == LANE_FREE &&
           lane->tidy.state == LANE_FREE;
}
