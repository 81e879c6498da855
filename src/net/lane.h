/* lane - the store's work on libuv's pool: struct disk for the core.
 *
 * Shape   At most one commit, one read and one tidy step are out. A read runs beside the
 *         others; a commit and a tidy step never at once, since the store has one writer.
 *         Where both wait they take turns.
 *         A commit is often safe before it is done; then that is told first.
 * Units   The store's now_s is that of the moment the work was handed out.
 * Errors  The store's status, with the words of store_why taken on the thread that failed.
 */
#ifndef NET_LANE_H
#define NET_LANE_H

#include "src/disk.h"
#include "src/limits.h"
#include "src/log.h"
#include "src/net/loop.h"

#include <stdatomic.h>

enum {
    LANE_WHY = 256,
};

struct lane_events {
    void *self;
    void (*safe)(void *self); /* the batch that is out is; it comes back all the same */
    void (*committed)(void *self, enum store_status status, const char *why);
    void (*read_done)(void *self, enum store_status status, const char *why);
    void (*tidied)(void *self, enum store_status status,
                   const struct tidy_result *result);
};

enum lane_job_state {
    LANE_FREE,
    LANE_WAITING, /* for the other writer */
    LANE_OUT,
};

struct lane_job {
    uv_work_t work;
    enum lane_job_state state;
    int64_t now_s;
    enum store_status status;
    char why[LANE_WHY];
};

struct lane {
    struct loop *loop;
    struct store *store; /* borrowed */
    struct lane_events events;
    struct lane_job commit, read, tidy;
    struct batch *batch;           /* of commit */
    uv_async_t news;               /* is_safe was set */
    atomic_bool is_safe;           /* by the thread that commits, and not told yet */
    struct read_request *requests; /* of read */
    size_t request_count;
    bool expire; /* of tidy */
    struct tidy_result result;
    bool is_closed; /* completions are told to nobody */
};

/* 0, or libuv's error. */
int
lane_init(struct lane *lane, struct loop *loop, struct store *store,
          const struct lane_events *events);

/* The three functions of the core's disk. */
struct disk
lane_disk(struct lane *lane);

/* Tells nothing any more. The handle is closed as soon as no commit is out: loop_close waits
 * for that. Of a lane that was not initialised, nothing is. */
void
lane_close(struct lane *lane);

/* Nothing is out, and nothing waits. */
bool
lane_is_idle(const struct lane *lane);

#endif
