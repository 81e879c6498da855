#include "src/setting.h"

#include "src/escape.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    FILE_MAX = 1024 * 1024,
    FIRST_ROOM = 8192, /* most are shorter */
    ROWS_MAX = 128,    /* settings there may ever be */
};

/* A configuration file while it is read. */
struct reading {
    struct settings *settings;
    const char *path;
    unsigned line;
    char section[32];
    unsigned seen[ROWS_MAX]; /* the line that set it; 0: none yet */
    char *why;
};

static bool
fail(const struct reading *r, const char *what, struct slice name, const char *words)
{
    char shown[96];
    size_t len = escape_text(name, "'\\", shown, sizeof shown);

    snprintf(r->why, SETTINGS_WHY, "%.160s:%u: %s%.*s%s", r->path, r->line, what,
             (int)len, shown, words);
    return false;
}

static bool
is_section(struct slice name)
{
    for (size_t i = 0; i < settings_table_count; i++) {
        struct slice key = slice_of_string(settings_table[i].key);
        if (slice_equal(slice_head(key, slice_find(key, '.')), name))
            return true;
    }
    return false;
}

static bool
read_section(struct reading *r, struct slice line)
{
    struct slice name;

    if (line.at[line.len - 1] != ']')
        return fail(r, "a section ends with ']': ", line, "");
    name = slice_trim(slice_of(line.at + 1, line.len - 2));
    if (!is_section(name))
        return fail(r, "there is no section [", name, "]");
    assert(name.len < sizeof r->section);
    memcpy(r->section, name.at, name.len);
    r->section[name.len] = '\0';
    return true;
}

static const struct setting *
find_in_section(const struct reading *r, struct slice name)
{
    char key[96];
    int len = snprintf(key, sizeof key, "%s.", r->section);

    if (name.len > sizeof key - (size_t)len)
        return NULL;
    memcpy(key + len, name.at, name.len);
    return settings_find(slice_of(key, (size_t)len + name.len));
}

static bool
read_value(struct reading *r, const struct setting *setting, struct slice value)
{
    struct assignment a = { .settings = r->settings, .setting = setting };
    unsigned *seen = &r->seen[setting - settings_table];

    if (*seen != 0) {
        snprintf(r->why, SETTINGS_WHY, "%.160s:%u: %s: is set on line %u already",
                 r->path, r->line, setting->key, *seen);
        return false;
    }
    *seen = r->line;
    if (settings_assign(&a, value))
        return true;
    snprintf(r->why, SETTINGS_WHY, "%.160s:%u: %s: %s", r->path, r->line, setting->key,
             a.why);
    return false;
}

static bool
read_key(struct reading *r, struct slice line)
{
    const struct setting *setting;
    struct slice name, value;

    if (!slice_cut(line, '=', &name, &value))
        return fail(r, "KEY = VALUE is wanted: ", line, "");
    name = slice_trim(name);
    if (r->section[0] == '\0')
        return fail(r, "", name, ": stands before the first [section]");
    setting = find_in_section(r, name);
    if (setting == NULL) {
        char what[sizeof r->section + 2];
        snprintf(what, sizeof what, "%s.", r->section);
        return fail(r, what, name, ": there is no such setting");
    }
    return read_value(r, setting, value);
}

static bool
read_line(struct reading *r, struct slice line)
{
    line = slice_trim(line);
    if (line.len == 0 || line.at[0] == '#' || line.at[0] == ';')
        return true;
    return line.at[0] == '[' ? read_section(r, line) : read_key(r, line);
}

static bool
read_lines(struct reading *r, struct slice text)
{
    struct slice line;

    if (slice_starts(text, SLICE("\xef\xbb\xbf"))) /* the mark that some editors put */
        text = slice_skip(text, 3);
    while (text.len > 0) {
        r->line++;
        if (!slice_cut(text, '\n', &line, &text)) {
            line = text;
            text = slice_absent();
        }
        if (!read_line(r, line))
            return false;
    }
    return true;
}

/* More of the file, up to `room` bytes in all; returns what went wrong, or NULL. */
static const char *
read_on(FILE *file, size_t room, char **text, size_t *len)
{
    char *grown = realloc(*text, room);

    if (grown == NULL)
        return "out of memory";
    *text = grown;
    *len += fread(grown + *len, 1, room - *len, file);
    return ferror(file) ? strerror(errno) : NULL;
}

/* The whole file, at most FILE_MAX bytes of it; returns what is wrong with it, or NULL. The
 * text is the caller's in any case. */
static const char *
load(const char *path, char **text, size_t *len)
{
    FILE *file = fopen(path, "re");
    const char *why = file == NULL ? strerror(errno) : NULL;
    size_t room = FIRST_ROOM;

    for (; why == NULL; room *= 2) {
        why = read_on(file, room, text, len);
        if (why == NULL && *len > FILE_MAX)
            why = "is longer than a configuration can be (1 MiB)";
        if (*len < room)
            break;
    }
    if (file != NULL)
        fclose(file);
    return why;
}

bool
settings_read_text(struct settings *settings, const char *name, struct slice text,
                   char why[SETTINGS_WHY])
{
    struct reading r = { .settings = settings, .path = name, .why = why };

    assert(settings_table_count <= ROWS_MAX);
    return read_lines(&r, text);
}

bool
settings_read_file(struct settings *settings, const char *path, char why[SETTINGS_WHY])
{
    char *text = NULL;
    size_t len = 0;
    const char *failure = load(path, &text, &len);
    bool done = false;

    if (failure == NULL)
        done = settings_read_text(settings, path, slice_of(text, len), why);
    else
        snprintf(why, SETTINGS_WHY, "%.160s: %s", path, failure);
    free(text);
    return done;
}
