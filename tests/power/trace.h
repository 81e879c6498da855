/* trace - what a program did to the files below one directory, in order.
 *
 * Shape   While it records, each write, change of size, name and sync is an event. Files and
 *         directories are nodes, numbered as they are met; the directory itself is node 0.
 * Syncs   In a program with calls.c in it no sync reaches the real disk: it is an event and
 *         nothing else, so that a test of thousands of commits waits for none of them.
 * Limits  One trace, one thread. Files with "lock" in their names are left out. Writes
 *         through a mapping are not seen: trace_is_mapped.
 */
#ifndef TESTS_POWER_TRACE_H
#define TESTS_POWER_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TRACE_NAME_MAX = 64,
    TRACE_ROOT = 0,
    TRACE_NOBODY = -1,
};

enum trace_kind {
    TRACE_MARK,   /* the test's own */
    TRACE_WRITE,  /* of `len` bytes at `at` */
    TRACE_RESIZE, /* to `len` */
    TRACE_NAME, /* in a directory: `name` is `target` from now on, `old_name` is nobody */
    TRACE_SYNC, /* of all of that node before it; a directory's are its names */
};

struct trace_event {
    enum trace_kind kind;
    int node;
    bool at_once; /* a write that returns when it is on the disk: O_DSYNC */
    size_t at, len;
    char *bytes; /* owned */
    int target;
    char name[TRACE_NAME_MAX], old_name[TRACE_NAME_MAX]; /* old: of a rename, else "" */
};

struct trace {
    struct trace_event *events; /* owned */
    uint32_t count, room;
    int nodes;
};

/* Begins a trace of what is done below `root`. What is there already comes first, as if it were
 * being made, and is synced. */
void
trace_begin(const char *root);

/* No more is written down; the events stay until trace_free. */
void
trace_end(void);

void
trace_free(void);

const struct trace *
trace_get(void);

/* Adds an event of the test's own: its number. */
uint32_t
trace_mark(void);

/* Whether a file was mapped to be written: the trace is not the whole truth then. */
bool
trace_is_mapped(void);

/* What calls.c has to tell. Other files than those below the root are not looked at. */
void
trace_opened(int fd, const char *path, bool at_once, bool is_new);

void
trace_written(int fd, const void *bytes, size_t len, size_t at);

void
trace_resized(int fd, size_t len);

void
trace_synced(int fd);

void
trace_made_directory(const char *path);

void
trace_renamed(const char *from, const char *to);

void
trace_removed(const char *path);

void
trace_mapped(int fd);

#endif
