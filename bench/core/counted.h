/* counted - the calls whose instructions are counted, and nothing around them.
 *
 * callgrind is told (--toggle-collect) to count between entry and return of the functions
 * whose names begin with "counted_", so that what makes requests, answers them and looks at
 * the outcome costs nothing. Until counting is on the same calls go past them: to warm up.
 */
#ifndef BENCH_CORE_COUNTED_H
#define BENCH_CORE_COUNTED_H

#include "parser/message.h"
#include "src/server.h"

/* Not at first. Whether it was on. */
bool
counting(bool is_on);

enum parse_status
call_parse(struct message *m, struct slice bytes);

void
call_receive(struct server *server, const struct flow *flow, struct slice bytes,
             struct moment now);

/* The end of a turn, the log's included. */
void
call_flush(struct server *server, struct moment now);

void
call_committed(struct server *server, struct moment now);

void
call_read_done(struct server *server, struct moment now);

void
call_tick(struct server *server, struct moment now);

enum store_status
call_store_commit(struct store *store, struct batch *batch, int64_t now_s);

enum store_status
call_store_read(struct store *store, struct read_request *request);

/* One step of folding. */
enum store_status
call_store_fold(struct store *store, int64_t now_s, uint32_t bound, bool *more);

#endif
