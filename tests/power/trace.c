#include "tests/power/trace.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    NODES_MAX = 64,
    DESCRIPTORS = 1024,
};

static struct {
    bool is_on, is_mapped;
    struct trace all;
    struct stat nodes[NODES_MAX];
    bool at_once[DESCRIPTORS];
} trace;

static struct trace_event *
add(enum trace_kind kind, int node)
{
    struct trace *t = &trace.all;

    if (t->count == t->room) {
        t->room = t->room == 0 ? 256 : t->room * 2;
        t->events = realloc(t->events, t->room * sizeof *t->events);
        assert(t->events != NULL);
    }
    t->events[t->count] = (struct trace_event){ .kind = kind, .node = node };
    return &t->events[t->count++];
}

/* The newest first: a number of an inode is used again. */
static int
node_of(const struct stat *st)
{
    for (int i = trace.all.nodes - 1; i >= 0; i--)
        if (trace.nodes[i].st_dev == st->st_dev && trace.nodes[i].st_ino == st->st_ino)
            return i;
    return TRACE_NOBODY;
}

static int
node_of_fd(int fd)
{
    struct stat st;

    if (!trace.is_on || fstat(fd, &st) != 0)
        return TRACE_NOBODY;
    return node_of(&st);
}

static int
new_node(const struct stat *st)
{
    assert(trace.all.nodes < NODES_MAX);
    trace.nodes[trace.all.nodes] = *st;
    return trace.all.nodes++;
}

/* The directory that a path is in, and its last word. Nothing of a lock file has to survive:
 * it is no part of the trace. */
static int
directory_of(const char *path, char word[TRACE_NAME_MAX])
{
    const char *slash = strrchr(path, '/');
    char directory[512];
    struct stat st;

    if (!trace.is_on || slash == NULL || (size_t)(slash - path) >= sizeof directory ||
        strstr(slash, "lock") != NULL)
        return TRACE_NOBODY;
    snprintf(directory, sizeof directory, "%.*s", (int)(slash - path), path);
    snprintf(word, TRACE_NAME_MAX, "%s", slash + 1);
    return stat(directory, &st) == 0 ? node_of(&st) : TRACE_NOBODY;
}

static void
add_name(const char *path, int target)
{
    char word[TRACE_NAME_MAX];
    int directory = directory_of(path, word);
    struct trace_event *event;

    if (directory == TRACE_NOBODY)
        return;
    event = add(TRACE_NAME, directory);
    event->target = target;
    memcpy(event->name, word, sizeof word);
}

static void
add_new(const char *path)
{
    char word[TRACE_NAME_MAX];
    struct stat st;

    if (directory_of(path, word) != TRACE_NOBODY && stat(path, &st) == 0)
        add_name(path, new_node(&st));
}

static void
take_in_file(const char *path)
{
    static char bytes[1 << 16];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t at = 0;
    ssize_t got;

    assert(fd >= 0);
    add_new(path);
    while ((got = pread(fd, bytes, sizeof bytes, (off_t)at)) > 0) {
        trace_written(fd, bytes, (size_t)got, at);
        at += (size_t)got;
    }
    trace_synced(fd);
    close(fd);
}

static void
take_in(const char *path, int node)
{
    DIR *directory = opendir(path);
    struct dirent *entry;

    assert(directory != NULL);
    while ((entry = readdir(directory)) != NULL) {
        char below[512];

        if (entry->d_name[0] == '.' || strstr(entry->d_name, "lock") != NULL)
            continue;
        snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        if (entry->d_type == DT_DIR) {
            add_new(below);
            take_in(below, trace.all.nodes - 1);
        } else {
            take_in_file(below);
        }
    }
    closedir(directory);
    add(TRACE_SYNC, node);
}

void
trace_begin(const char *root)
{
    struct stat st;

    trace_free();
    assert(stat(root, &st) == 0);
    new_node(&st);
    trace.is_on = true;
    take_in(root, TRACE_ROOT);
}

void
trace_end(void)
{
    trace.is_on = false;
}

void
trace_free(void)
{
    for (uint32_t i = 0; i < trace.all.count; i++)
        free(trace.all.events[i].bytes);
    free(trace.all.events);
    memset(&trace, 0, sizeof trace);
}

const struct trace *
trace_get(void)
{
    return &trace.all;
}

uint32_t
trace_mark(void)
{
    add(TRACE_MARK, TRACE_NOBODY);
    return trace.all.count - 1;
}

bool
trace_is_mapped(void)
{
    return trace.is_mapped;
}

void
trace_opened(int fd, const char *path, bool at_once, bool is_new)
{
    if (fd < DESCRIPTORS)
        trace.at_once[fd] = at_once;
    if (is_new)
        add_new(path);
}

void
trace_written(int fd, const void *bytes, size_t len, size_t at)
{
    int node = node_of_fd(fd);
    struct trace_event *event;

    if (node == TRACE_NOBODY || len == 0)
        return;
    event = add(TRACE_WRITE, node);
    event->at = at;
    event->len = len;
    event->at_once = fd < DESCRIPTORS && trace.at_once[fd];
    event->bytes = malloc(len);
    assert(event->bytes != NULL);
    memcpy(event->bytes, bytes, len);
}

void
trace_resized(int fd, size_t len)
{
    int node = node_of_fd(fd);

    if (node != TRACE_NOBODY)
        add(TRACE_RESIZE, node)->len = len;
}

void
trace_synced(int fd)
{
    int node = node_of_fd(fd);

    if (node != TRACE_NOBODY)
        add(TRACE_SYNC, node);
}

void
trace_made_directory(const char *path)
{
    add_new(path);
}

void
trace_renamed(const char *from, const char *to)
{
    char word[TRACE_NAME_MAX];
    struct stat st;

    if (directory_of(from, word) == TRACE_NOBODY || stat(to, &st) != 0)
        return;
    add_name(to, node_of(&st));
    memcpy(trace.all.events[trace.all.count - 1].old_name, word, sizeof word);
}

void
trace_removed(const char *path)
{
    add_name(path, TRACE_NOBODY);
}

void
trace_mapped(int fd)
{
    if (node_of_fd(fd) != TRACE_NOBODY)
        trace.is_mapped = true;
}
