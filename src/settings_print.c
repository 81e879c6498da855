#include "src/setting.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void
setting_text_add(struct setting_text *text, struct slice bytes)
{
    if (text->failed || bytes.len == 0)
        return;
    if (bytes.len > text->room - text->len) {
        size_t room = 2 * text->room + bytes.len + 128;
        char *at = realloc(text->at, room);
        if (at == NULL) {
            text->failed = true;
            return;
        }
        text->at = at;
        text->room = room;
    }
    memcpy(text->at + text->len, bytes.at, bytes.len);
    text->len += bytes.len;
}

void
setting_text_number(struct setting_text *text, uint64_t number)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, number);

    setting_text_add(text, slice_of(digits, (size_t)len));
}

void
setting_text_separate(struct setting_text *text, uint32_t index)
{
    if (index > 0)
        setting_text_add(text, SLICE(", "));
}

static struct slice
section_of(const struct setting *setting)
{
    struct slice key = slice_of_string(setting->key);

    return slice_head(key, slice_find(key, '.'));
}

/* What reading would take off has to be put on: blanks at an end, and a pair of quotes. */
static bool
needs_quotes(struct slice value)
{
    return slice_trim(value).len != value.len || value.len == 0 || value.at[0] == '"';
}

static void
add_assignment(struct setting_text *line, const struct setting *setting,
               struct slice value)
{
    struct slice quote = needs_quotes(value) ? SLICE("\"") : SLICE("");

    setting_text_add(line, slice_of_string(setting->key + section_of(setting).len + 1));
    setting_text_add(line, SLICE(" = "));
    setting_text_add(line, quote);
    setting_text_add(line, value);
    setting_text_add(line, quote);
}

void
settings_print(const struct settings *settings, void *self,
               void (*print)(void *self, struct slice line))
{
    struct setting_text line = { .len = 0 }, value = { .len = 0 };
    struct slice section = slice_absent();

    for (size_t i = 0; i < settings_table_count; i++) {
        const struct setting *setting = &settings_table[i];
        bool is_set;

        line.len = value.len = 0;
        if (!slice_equal(section, section_of(setting))) {
            section = section_of(setting);
            setting_text_add(&line, SLICE("["));
            setting_text_add(&line, section);
            setting_text_add(&line, SLICE("]\n"));
        }
        is_set = setting->kind->print(settings, setting, &value);
        if (!is_set)
            setting_text_add(&line, SLICE("# not set: "));
        add_assignment(&line, setting, slice_of(value.len ? value.at : "", value.len));
        setting_text_add(&line, SLICE("\n"));
        if (!line.failed && !value.failed)
            print(self, slice_of(line.at, line.len));
    }
    free(line.at);
    free(value.at);
}

/* "0..2", "none or trusted", or nothing where the meaning says it all. */
static void
add_choice(struct setting_text *line, const struct setting *setting)
{
    if (setting->words != NULL) {
        for (const struct setting_word *w = setting->words; w->word != NULL; w++) {
            if (w->is_missing)
                continue;
            setting_text_add(line, w == setting->words ? SLICE("") : SLICE(" | "));
            setting_text_add(line, slice_of_string(w->word));
        }
    } else if (setting->kind == &kind_number || setting->kind == &kind_flag ||
               setting->kind == &kind_bytes) {
        setting_text_number(line, setting->min);
        setting_text_add(line, SLICE(".."));
        setting_text_number(line, setting->max);
    }
}

/* "(1..3600 s)", "(list)", or nothing. */
static void
add_brackets(struct setting_text *line, const struct setting *setting)
{
    struct setting_text choice = { .len = 0 };
    struct slice unit = slice_of_string(setting->unit);

    add_choice(&choice, setting);
    if (choice.len > 0 || unit.len > 0) {
        setting_text_add(line, SLICE(" ("));
        setting_text_add(line, slice_of(choice.at, choice.len));
        setting_text_add(line, choice.len > 0 && unit.len > 0 ? SLICE(" ") : SLICE(""));
        setting_text_add(line, unit);
        setting_text_add(line, SLICE(")"));
    }
    free(choice.at);
}

void
settings_help(void *self, void (*print)(void *self, struct slice line))
{
    struct setting_text line = { .len = 0 };

    for (size_t i = 0; i < settings_table_count; i++) {
        const struct setting *setting = &settings_table[i];

        line.len = 0;
        setting_text_add(&line, SLICE("  "));
        setting_text_add(&line, slice_of_string(setting->key));
        setting_text_add(&line, SLICE(" = "));
        setting_text_add(&line, slice_of_string(setting->value ? setting->value : ""));
        setting_text_add(&line, SLICE("\n      "));
        setting_text_add(&line, slice_of_string(setting->help));
        add_brackets(&line, setting);
        setting_text_add(&line, SLICE("\n"));
        if (!line.failed)
            print(self, slice_of(line.at, line.len));
    }
    free(line.at);
}
