/* world_disk - the simulated disk: commits, reads and tidying take time and may fail.
 *
 * Shape   Work is handed out at one moment, done at a later one, reported at a third. A server
 *         that dies before the second has not written, one that dies after it has. An early
 *         commit is told to be safe between the two.
 */
#ifndef TESTS_WORLD_DISK_H
#define TESTS_WORLD_DISK_H

#include "src/disk.h"

struct world;

/* Chances are per mille. */
struct disk_faults {
    uint32_t delay_ms, jitter_ms; /* until it is done, and again until it is reported */
    uint32_t full, failed;        /* commits: nothing is written */
    uint32_t lied;                /* commits: written, and reported as failed */
    uint32_t early;               /* commits: safe before they are reported */
    uint32_t read_failed;
    uint32_t tidy_failed;
};

struct world_disk {
    struct batch *batch; /* borrowed: out */
    enum store_status batch_status;
    bool batch_is_written; /* will be */
    bool batch_is_done;
    bool batch_is_early; /* will be told to be safe */
    bool batch_is_safe;  /* was */
    bool is_owing;       /* one that was comes back failed: a read may not see it */
    struct read_request *reads;  /* borrowed: out */
    struct read_request *shadow; /* owned: filled first, copied when reported */
    size_t read_count;
    enum store_status read_status;
    bool is_tidying, expire;
    enum store_status tidy_status;
    struct tidy_result tidied;
};

struct disk
world_disk(struct world *world);

/* A commit that is out is done now, unless it is to fail. */
void
world_disk_write(struct world *world);

/* What was out is forgotten. */
void
world_disk_server_died(struct world *world);

#endif
