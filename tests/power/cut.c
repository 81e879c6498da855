#include "tests/power/cut.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    NAMES_MAX = 64,
    STALE = 0xa5,
};

struct name {
    int directory, target;
    const char *word;
};

struct names {
    struct name all[NAMES_MAX];
    int count;
};

void
cut_begin(struct cut *cut, const struct trace *trace)
{
    *cut = (struct cut){ .trace = trace };
    cut->synced = calloc((size_t)trace->nodes, sizeof *cut->synced);
    assert(cut->synced != NULL);
}

void
cut_free(struct cut *cut)
{
    for (int i = 0; i < cut->trace->nodes; i++)
        free(cut->synced[i].bytes);
    free(cut->synced);
    free(cut->pending);
}

static void
resize(struct cut_file *file, size_t len, int fill)
{
    if (len > file->room) {
        file->room = len * 2;
        file->bytes = realloc(file->bytes, file->room);
        assert(file->bytes != NULL);
    }
    if (len > file->len)
        memset(file->bytes + file->len, fill, len - file->len);
    file->len = len;
}

/* Which sectors of a torn write came: some in front, some at the end, or any. */
static bool
is_there(uint64_t tear, size_t sector, size_t sectors)
{
    uint64_t mixed = (tear ^ sector) * 0x9e3779b97f4a7c15u;

    switch (tear % 3) {
    case 0:
        return sector < tear / 3 % (sectors + 1);
    case 1:
        return sector >= tear / 3 % (sectors + 1);
    default:
        return (mixed >> 40 & 1) != 0;
    }
}

static void
put(struct cut_file *file, const struct trace_event *event, bool is_torn, uint64_t tear)
{
    const size_t first = event->at / CUT_SECTOR;
    const size_t end = event->at + event->len;
    const size_t sectors = (end + CUT_SECTOR - 1) / CUT_SECTOR - first;

    if (end > file->len)
        resize(file, end, 0);
    for (size_t i = 0; i < sectors; i++) {
        size_t from = (first + i) * CUT_SECTOR, to = from + CUT_SECTOR;

        if (is_torn && !is_there(tear, i, sectors))
            continue;
        if (from < event->at)
            from = event->at;
        if (to > end)
            to = end;
        memcpy(file->bytes + from, event->bytes + (from - event->at), to - from);
    }
}

/* What is pending of a node is on the disk. A name stays among the pending ones, as sure:
 * there are few. */
static void
sync_node(struct cut *cut, int node)
{
    struct cut_file *file = &cut->synced[node];
    uint32_t kept = 0;

    for (uint32_t i = 0; i < cut->count; i++) {
        struct cut_pending *p = &cut->pending[i];

        if (p->event->node == node && p->event->kind == TRACE_WRITE) {
            put(file, p->event, false, 0);
        } else if (p->event->node == node && p->event->kind == TRACE_RESIZE) {
            resize(file, p->event->len, 0);
        } else {
            p->is_sure = p->is_sure || p->event->node == node;
            cut->pending[kept++] = *p;
        }
    }
    cut->count = kept;
}

static void
finish(struct cut *cut, const struct trace_event *event)
{
    if (event->kind == TRACE_SYNC)
        sync_node(cut, event->node);
    else if (event->at_once)
        cut->pending[cut->count - 1].is_sure = true;
}

static void
begin(struct cut *cut, const struct trace_event *event)
{
    if (event->kind == TRACE_SYNC || event->kind == TRACE_MARK)
        return;
    if (cut->count == cut->room) {
        cut->room = cut->room == 0 ? 64 : cut->room * 2;
        cut->pending = realloc(cut->pending, cut->room * sizeof *cut->pending);
        assert(cut->pending != NULL);
    }
    cut->pending[cut->count++] = (struct cut_pending){ event, false };
}

bool
cut_next(struct cut *cut)
{
    if (cut->at > 0)
        finish(cut, &cut->trace->events[cut->at - 1]);
    if (cut->at == cut->trace->count)
        return false;
    begin(cut, &cut->trace->events[cut->at++]);
    return true;
}

bool
cut_is_another(const struct cut *cut)
{
    return cut->at > 0 && cut->trace->events[cut->at - 1].kind != TRACE_SYNC;
}

static enum cut_came
came(const struct cut *cut, const struct cut_choice *choice, uint32_t i)
{
    return cut->pending[i].is_sure ? CUT_CAME : (enum cut_came)choice->came[i];
}

static size_t
later_size(const struct trace_event *event, size_t size)
{
    if (event->kind == TRACE_RESIZE)
        return event->len;
    return event->at + event->len > size ? event->at + event->len : size;
}

static size_t
size_of(const struct cut *cut, const struct cut_choice *choice, int node)
{
    size_t size = cut->synced[node].len;

    for (uint32_t i = 0; i < cut->count; i++) {
        const struct cut_pending *p = &cut->pending[i];

        if (p->event->node != node || p->event->kind == TRACE_NAME)
            continue;
        if (p->is_sure || choice->size == CUT_SIZE_NEW ||
            (choice->size == CUT_SIZE_FITS && came(cut, choice, i) != CUT_LOST))
            size = later_size(p->event, size);
    }
    return size;
}

/* In static memory, which the next call uses again. */
static const struct cut_file *
content(const struct cut *cut, const struct cut_choice *choice, int node)
{
    static struct cut_file file;
    const struct cut_file *synced = &cut->synced[node];
    size_t size = size_of(cut, choice, node);

    file.len = 0;
    resize(&file, synced->len, 0);
    if (synced->len > 0)
        memcpy(file.bytes, synced->bytes, synced->len);
    resize(&file, size > synced->len ? size : synced->len, choice->is_stale ? STALE : 0);
    for (uint32_t i = 0; i < cut->count; i++) {
        const struct trace_event *event = cut->pending[i].event;
        enum cut_came how = came(cut, choice, i);

        if (event->node == node && event->kind == TRACE_WRITE && how != CUT_LOST)
            put(&file, event, how == CUT_TORN, choice->tear + i);
    }
    resize(&file, size, 0);
    return &file;
}

static struct name *
find(struct names *names, int directory, const char *word)
{
    for (int i = 0; i < names->count; i++)
        if (names->all[i].directory == directory && strcmp(names->all[i].word, word) == 0)
            return &names->all[i];
    return NULL;
}

static void
set_name(struct names *names, int directory, const char *word, int target)
{
    struct name *name = find(names, directory, word);

    if (name == NULL) {
        assert(names->count < NAMES_MAX);
        name = &names->all[names->count++];
    }
    *name = (struct name){ directory, target, word };
}

static void
gather_names(const struct cut *cut, const struct cut_choice *choice, struct names *names)
{
    names->count = 0;
    for (uint32_t i = 0; i < cut->count; i++) {
        const struct trace_event *event = cut->pending[i].event;

        if (event->kind != TRACE_NAME || came(cut, choice, i) == CUT_LOST)
            continue;
        if (event->old_name[0] != '\0')
            set_name(names, event->node, event->old_name, TRACE_NOBODY);
        set_name(names, event->node, event->name, event->target);
    }
}

static void
write_file(const char *path, const struct cut_file *file)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert(fd >= 0);
    assert(pwrite(fd, file->bytes, file->len, 0) == (ssize_t)file->len);
    close(fd);
}

static bool
is_directory(const struct cut *cut, int node)
{
    for (uint32_t i = 0; i < cut->trace->count; i++)
        if (cut->trace->events[i].kind == TRACE_NAME &&
            cut->trace->events[i].node == node)
            return true;
    return false;
}

/* One directory and those below it. */
static void
lay(const struct cut *cut, const struct cut_choice *choice, const struct names *names,
    int directory, const char *path)
{
    for (int i = 0; i < names->count; i++) {
        const struct name *name = &names->all[i];
        char below[512];

        if (name->directory != directory || name->target == TRACE_NOBODY)
            continue;
        snprintf(below, sizeof below, "%s/%s", path, name->word);
        if (is_directory(cut, name->target)) {
            assert(mkdir(below, 0700) == 0);
            lay(cut, choice, names, name->target, below);
        } else {
            write_file(below, content(cut, choice, name->target));
        }
    }
}

void
cut_lay(const struct cut *cut, const struct cut_choice *choice, const char *directory)
{
    struct names names;

    gather_names(cut, choice, &names);
    lay(cut, choice, &names, TRACE_ROOT, directory);
}

static bool
is_equal(const char *path, const struct cut_file *file)
{
    static char bytes[1 << 16];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t at = 0;
    ssize_t got = 0;
    bool equal = fd >= 0;

    while (equal && (got = pread(fd, bytes, sizeof bytes, (off_t)at)) > 0) {
        equal = (size_t)got <= file->len - at &&
                memcmp(bytes, file->bytes + at, (size_t)got) == 0;
        at += (size_t)got;
    }
    close(fd);
    return equal && got == 0 && at == file->len;
}

static const char *
differs_below(const struct cut *cut, const struct cut_choice *all,
              const struct names *names, int directory, const char *path)
{
    static char below[512];

    for (int i = 0; i < names->count; i++) {
        const struct name *name = &names->all[i];
        const char *differs = NULL;

        if (name->directory != directory || name->target == TRACE_NOBODY)
            continue;
        snprintf(below, sizeof below, "%s/%s", path, name->word);
        if (is_directory(cut, name->target)) {
            char deeper[sizeof below];

            memcpy(deeper, below, sizeof deeper);
            differs = differs_below(cut, all, names, name->target, deeper);
        } else if (!is_equal(below, content(cut, all, name->target))) {
            differs = below;
        }
        if (differs != NULL)
            return differs;
    }
    return NULL;
}

const char *
cut_differs(const struct cut *cut, const char *root)
{
    struct cut_choice all = { .count = cut->count };
    struct names names;
    const char *differs;

    all.came = calloc(cut->count + 1, 1);
    assert(all.came != NULL);
    gather_names(cut, &all, &names);
    differs = differs_below(cut, &all, &names, TRACE_ROOT, root);
    free(all.came);
    return differs;
}
