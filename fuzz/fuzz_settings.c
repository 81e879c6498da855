/* A configuration file: what is accepted prints as a file that means the same. */
#include "src/settings.h"

#include "fuzz/fuzz.h"

enum {
    PRINTED_ROOM = 256 * 1024, /* what does not fit is not compared */
};

struct printed {
    char text[PRINTED_ROOM];
    size_t len;
};

/* The defaults, read once: their texts are never given back. */
static struct settings
defaults(void)
{
    static struct settings defaults;
    static bool read;
    struct settings copy;

    if (!read)
        expect(settings_init(&defaults), "out of memory");
    read = true;
    copy = defaults;
    copy.texts = NULL; /* which settings_free ends */
    return copy;
}

static void
check_why(const char *why)
{
    size_t len = strnlen(why, SETTINGS_WHY);

    expect(len > 0 && len < SETTINGS_WHY, "an error is a line");
    expect(memchr(why, '\n', len) == NULL && memchr(why, '\r', len) == NULL,
           "an error is one line");
}

static void
print(void *self, struct slice line)
{
    struct printed *printed = self;

    if (line.len > PRINTED_ROOM - printed->len)
        return;
    memcpy(printed->text + printed->len, line.at, line.len);
    printed->len += line.len;
}

static bool
read_text(struct settings *settings, struct slice text)
{
    char why[SETTINGS_WHY] = "";

    *settings = defaults();
    if (settings_read_text(settings, "memory", text, why))
        return true;
    check_why(why);
    settings_free(settings);
    return false;
}

static void
check_printed(const struct settings *settings)
{
    static struct printed first, second;
    struct settings again;

    first.len = second.len = 0;
    settings_print(settings, &first, print);
    if (first.len == PRINTED_ROOM)
        return;
    expect(read_text(&again, slice_of(first.text, first.len)), "what is printed is read");
    settings_print(&again, &second, print);
    expect_same(slice_of(first.text, first.len), slice_of(second.text, second.len),
                "settings");
    settings_free(&again);
}

static void
check_file(struct slice text)
{
    struct settings settings;
    char why[SETTINGS_WHY] = "";

    if (!read_text(&settings, text))
        return;
    if (!settings_check(&settings, why))
        check_why(why);
    check_printed(&settings);
    settings_free(&settings);
}

/* The text as an argument of -o. */
static void
check_override(struct slice text)
{
    struct slice copy = fuzz_copy(text, 1);
    struct settings settings = defaults();
    char why[SETTINGS_WHY] = "";

    if (!settings_override(&settings, copy.at, why))
        check_why(why);
    settings_free(&settings);
    fuzz_free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = fuzz_input(data, size);

    if (slice_find(text, '\n') < size)
        check_file(text);
    else
        check_override(text);
    return 0;
}
