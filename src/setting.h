/* setting - one row of the table of settings, and the kinds of values there are.
 *
 * For settings*.c and its test alone; everybody else reads struct settings.
 */
#ifndef SETTING_H
#define SETTING_H

#include "src/settings.h"

/* One assignment, and why it was refused. */
struct assignment {
    struct settings *settings;
    const struct setting *setting;
    char why[256]; /* "'0' is not in 1..86400" */
};

/* A value as a file has it, growing while it is printed. */
struct setting_text {
    char *at; /* owned */
    size_t len, room;
    bool failed; /* out of memory */
};

struct setting_kind {
    /* False: a->why is set and the setting is as before. */
    bool (*read)(struct assignment *a, struct slice value);
    /* False: it is not set, and has no text. */
    bool (*print)(const struct settings *settings, const struct setting *setting,
                  struct setting_text *out);
};

/* What a word stands for. Words that a later version will know are told apart from
 * nonsense, since the manual of another version is easily read. */
struct setting_word {
    const char *word; /* NULL ends the list */
    uint32_t value;
    bool is_missing; /* "not available in this version" */
};

struct setting {
    const char *key; /* "msilo.expire_time" */
    const struct setting_kind *kind;
    const char *value; /* the default, as a file would have it; NULL: not set */
    const char *unit;
    const char *help;
    size_t offset, width; /* the member of struct settings; width 0: none */
    uint64_t min, max;    /* of a number; of a text: its bytes */
    const struct setting_word *words;
};

extern const struct setting settings_table[];
extern const size_t settings_table_count;

extern const struct setting_kind kind_number, kind_bytes, kind_flag, kind_word,
    kind_statuses, kind_listeners, kind_aliases, kind_networks, kind_types,
    kind_content_type, kind_url, kind_table_name, kind_address_of_record, kind_proxy,
    kind_template;

/* NULL: there is no such key. */
const struct setting *
settings_find(struct slice key);

/* Takes blanks and a pair of quotes off the value and sets it. False: a->why is set. */
bool
settings_assign(struct assignment *a, struct slice value);

/* Sets a->why to the value, escaped and cut, and words about it. Always false, for the
 * caller to return. */
bool
setting_refuse(struct assignment *a, struct slice value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The member of struct settings that a row stands for. Writing through it is for the kinds,
 * whose settings are not const. */
static inline char *
setting_member(const struct settings *settings, const struct setting *setting)
{
    return (char *)(uintptr_t)settings + setting->offset;
}

static inline bool
ascii_is_alphanumeric(char c)
{
    c = ascii_lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* token "/" token (RFC 3261 25.1, media-type), without parameters. */
bool
setting_is_media_type(struct slice text);

/* Splits a list and shows each element to `take`, which fills `list`, one of its own: the
 * setting changes when all were taken. "none" is the empty list, where there may be one. */
bool
setting_read_list(struct assignment *a, struct slice value, void *list,
                  bool (*take)(struct assignment *a, void *list, uint32_t index,
                               struct slice element),
                  uint32_t *count);

/* A copy that lives as long as the settings, NUL behind its end; absent: out of memory. */
struct slice
settings_keep(struct settings *settings, struct slice text);

void
setting_text_add(struct setting_text *text, struct slice bytes);

void
setting_text_number(struct setting_text *text, uint64_t number);

/* ", " before every element of a list but the first. */
void
setting_text_separate(struct setting_text *text, uint32_t index);

#endif
