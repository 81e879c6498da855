/* shelf - a disk for the server under measurement: all commits succeed, nothing is kept.
 *
 * Shape   What is asked for is noted, and done when shelf_turn is called. What waits for
 *         users is made when it is read: `each` messages for every user there is, less
 *         those that were removed.
 */
#ifndef BENCH_CORE_SHELF_H
#define BENCH_CORE_SHELF_H

#include "src/server.h"

struct shelf {
    uint32_t each;
    bool *removed; /* owned; by id; NULL: nothing waits */
    size_t id_count;
    uint64_t last_id;    /* of what was put */
    struct batch *batch; /* borrowed, as the next: out */
    struct read_request *reads;
    size_t read_count;
    bool is_tidying;
};

/* So many messages for each of so many users. */
void
shelf_fill(struct shelf *shelf, uint32_t each, uint32_t users);

void
shelf_free(struct shelf *shelf);

struct disk
shelf_disk(struct shelf *shelf);

/* Does what is out and tells the server. False: nothing is. */
bool
shelf_turn(struct shelf *shelf, struct server *server, struct moment now);

#endif
