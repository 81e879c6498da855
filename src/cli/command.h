/* command - what the commands share: the store they work on, and how they walk it.
 *
 * Every command returns an exit code: 0, or 1 after it has written a line to `err` that says
 * what went wrong. What it writes for a person is escaped: a message is a stranger's text.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "store/store.h"

#include <jansson.h>
#include <stdio.h>

struct command {
    struct store *store;
    int64_t now_s;
    FILE *out, *err;
    uint64_t max_messages, max_bytes; /* of one AoR, for import; 0: no limit */
};

enum {
    COMMAND_OK = 0,
    COMMAND_FAILED = 1,
};

/* Writes "sipsilo: " and the words as one line. Returns COMMAND_FAILED. */
int
command_fail(const struct command *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What the store says about its last call. */
int
command_store_failed(const struct command *c, const char *doing);

/* Whether all that was written has gone out; to be asked at the end. */
int
command_flush(const struct command *c);

/* The text escaped; '-' where it is absent. */
void
command_print(FILE *file, struct slice text);

/* "2010-11-13T23:29:00Z" */
void
command_print_time(FILE *file, int64_t time_s);

/* "sip:bob@example.org" or "bob@example.org" to its canonical form in `room`. False: an
 * error was written. */
bool
command_aor(const struct command *c, const char *text, char room[], struct slice *out);

/* Shows every message of an AoR (absent: of all), oldest first and page by page, that has not
 * expired at `now_s`. A visitor that returns false ends it; that is COMMAND_FAILED. */
int
command_each(const struct command *c, struct slice aor, int64_t now_s, void *visitor,
             bool (*visit)(void *visitor, const struct record *record));

/* Writes the object as one line and frees it. NULL, or a write that fails: false, and an
 * error was written or is for command_flush to tell. */
bool
command_print_json(const struct command *c, json_t *object);

int
list_run(const struct command *c, const char *aor, bool as_json);

int
show_run(const struct command *c, uint64_t mid, bool as_json);

int
delete_run(const struct command *c, const uint64_t *mids, size_t count);

int
delete_aor_run(const struct command *c, const char *aor);

int
export_run(const struct command *c, const char *aor);

int
import_run(const struct command *c, FILE *in);

/* One line for each thing that is wrong with a store opened with STORE_VERIFY, and one that
 * sums up. COMMAND_FAILED: something is. */
int
verify_run(const struct command *c, bool as_json);

#endif
