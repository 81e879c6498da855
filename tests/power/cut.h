/* cut - a moment at which the power goes, and what the disk may hold afterwards.
 *
 * Shape   A cut stands in a trace behind `at` events, the last of which is still on its way.
 *         What a finished sync covers is there. All else is pending: in an image each write,
 *         change of size or name came through or not, whatever became of the others; a write
 *         may be torn between sectors of 512 octets, and a file may have grown by what was
 *         written to it or not.
 * Source  POSIX fdatasync, O_DSYNC; Pillai et al., "All File Systems Are Not Created Equal",
 *         OSDI 2014, of what file systems do with the rest.
 */
#ifndef TESTS_POWER_CUT_H
#define TESTS_POWER_CUT_H

#include "tests/power/trace.h"

enum {
    CUT_SECTOR = 512,
};

struct cut_pending {
    const struct trace_event *event;
    bool is_sure; /* on the disk, and among those that are not */
};

struct cut_file {
    char *bytes; /* owned */
    size_t len, room;
};

struct cut {
    const struct trace *trace;
    uint32_t at;
    struct cut_pending *pending; /* owned; in order */
    uint32_t count, room;
    struct cut_file *synced; /* owned; by node */
};

enum cut_came {
    CUT_CAME,
    CUT_LOST,
    CUT_TORN,
};

enum cut_size {
    CUT_SIZE_FITS, /* of what came */
    CUT_SIZE_OLD,  /* what came behind the old end is not to be seen */
    CUT_SIZE_NEW,  /* of all that was written, come or not */
};

struct cut_choice {
    uint8_t *came; /* owned; by number of the pending one */
    uint32_t count;
    enum cut_size size;
    bool is_stale; /* where nothing came in a grown file: old blocks, not zeros */
    uint64_t tear; /* which sectors of torn ones came */
};

void
cut_begin(struct cut *cut, const struct trace *trace);

/* One event further on. False at the end, where every event is finished. */
bool
cut_next(struct cut *cut);

/* Whether anything can lie there that could not one event before: a sync makes no difference
 * before it is finished. */
bool
cut_is_another(const struct cut *cut);

void
cut_free(struct cut *cut);

/* Makes the files of that image below an empty directory. */
void
cut_lay(const struct cut *cut, const struct cut_choice *choice, const char *directory);

/* NULL: below `root` lies what all events add up to. Else the file that differs, in static
 * memory. */
const char *
cut_differs(const struct cut *cut, const char *root);

#endif
