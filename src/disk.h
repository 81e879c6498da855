/* disk - how the core sees the store: work handed out, completions that come back.
 *
 * At most one commit, one read and one tidy are out at a time; each comes back to the server
 * as server_committed, server_read_done, server_tidied. Until then what was handed out is
 * not touched. None of these calls back before it returns.
 *
 * A commit may be safe before it is done: server_safe, at most once, before server_committed.
 * What it wrote cannot be lost any more then, and its results are set; but until it has come
 * back a read may not see it, so none is handed out between the two. Where it comes back failed
 * all the same, the next commit or tidy that works makes up for it.
 */
#ifndef DISK_H
#define DISK_H

#include "store/store.h"

struct disk {
    void *self;
    void (*commit)(void *self, struct batch *batch);
    void (*read)(void *self, struct read_request *requests, size_t count);
    void (*tidy)(void *self, bool expire);
};

#endif
