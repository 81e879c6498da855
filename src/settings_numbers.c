#include "src/setting.h"

#include <assert.h>
#include <inttypes.h>
#include <stdint.h>

static void
set_number(struct assignment *a, uint64_t number)
{
    uint32_t narrow = (uint32_t)number;

    if (a->setting->width == sizeof narrow)
        memcpy(setting_member(a->settings, a->setting), &narrow, sizeof narrow);
    else if (a->setting->width == sizeof number)
        memcpy(setting_member(a->settings, a->setting), &number, sizeof number);
    else
        assert(a->setting->width == 0);
}

static uint64_t
get_number(const struct settings *settings, const struct setting *setting)
{
    uint64_t number = 0;
    uint32_t narrow = 0;

    if (setting->width == sizeof number) {
        memcpy(&number, setting_member(settings, setting), sizeof number);
        return number;
    }
    memcpy(&narrow, setting_member(settings, setting), setting->width);
    return narrow;
}

/* Digits at the start; saturates. The length of them, 0 without. */
static size_t
digits(struct slice text, uint64_t *out)
{
    uint64_t number = 0;
    size_t i;

    for (i = 0; i < text.len && text.at[i] >= '0' && text.at[i] <= '9'; i++) {
        uint64_t digit = (uint64_t)(text.at[i] - '0');
        if (number > (UINT64_MAX - digit) / 10)
            number = UINT64_MAX / 10; /* stays above every bound */
        else
            number = number * 10 + digit;
    }
    *out = number;
    return i;
}

static bool
set_in_bounds(struct assignment *a, struct slice value, uint64_t number)
{
    const struct setting *s = a->setting;

    if (number < s->min || number > s->max)
        return setting_refuse(a, value, "is not in %" PRIu64 "..%" PRIu64, s->min,
                              s->max);
    set_number(a, number);
    return true;
}

static bool
read_number(struct assignment *a, struct slice value)
{
    uint64_t number;
    size_t len = digits(value, &number);

    if (len == 0 || len != value.len)
        return setting_refuse(a, value, "is not a number in %" PRIu64 "..%" PRIu64,
                              a->setting->min, a->setting->max);
    return set_in_bounds(a, value, number);
}

static bool
print_number(const struct settings *settings, const struct setting *setting,
             struct setting_text *out)
{
    setting_text_number(out, get_number(settings, setting));
    return true;
}

const struct setting_kind kind_number = { read_number, print_number };

/* "K", "KiB" and so on; the power of 1024 it stands for, or -1. */
static int
binary_unit(struct slice unit)
{
    static const char letters[] = "KMGT";

    if (unit.len == 0)
        return 0;
    if (unit.len != 1 && !slice_equal_nocase(slice_skip(unit, 1), SLICE("iB")))
        return -1;
    for (int i = 0; letters[i] != '\0'; i++)
        if (ascii_lower(unit.at[0]) == ascii_lower(letters[i]))
            return i + 1;
    return -1;
}

static bool
read_bytes(struct assignment *a, struct slice value)
{
    uint64_t number;
    size_t len = digits(value, &number);
    int power = binary_unit(slice_trim(slice_skip(value, len)));

    if (len == 0 || power < 0)
        return setting_refuse(a, value,
                              "is not a size such as 65536, 64K, 64 KiB, 2M, 1G");
    for (; power > 0; power--)
        number = number > UINT64_MAX / 1024 ? UINT64_MAX : number * 1024;
    return set_in_bounds(a, value, number);
}

static bool
print_bytes(const struct settings *settings, const struct setting *setting,
            struct setting_text *out)
{
    static const struct slice units[] = { SLICE_INIT(""), SLICE_INIT(" KiB"),
                                          SLICE_INIT(" MiB"), SLICE_INIT(" GiB"),
                                          SLICE_INIT(" TiB") };
    uint64_t number = get_number(settings, setting);
    size_t power = 0;

    for (; number != 0 && number % 1024 == 0 && power < 4; power++)
        number /= 1024;
    setting_text_number(out, number);
    setting_text_add(out, units[power]);
    return true;
}

const struct setting_kind kind_bytes = { read_bytes, print_bytes };

static bool
read_flag(struct assignment *a, struct slice value)
{
    bool flag = slice_equal(value, SLICE("1"));

    if (!flag && !slice_equal(value, SLICE("0")))
        return setting_refuse(a, value, "is not 0 or 1");
    assert(a->setting->width == sizeof flag);
    memcpy(setting_member(a->settings, a->setting), &flag, sizeof flag);
    return true;
}

static bool
print_flag(const struct settings *settings, const struct setting *setting,
           struct setting_text *out)
{
    setting_text_number(out, *setting_member(settings, setting) != 0);
    return true;
}

const struct setting_kind kind_flag = { read_flag, print_flag };

static bool
refuse_word(struct assignment *a, struct slice value)
{
    char list[128] = "";

    for (const struct setting_word *w = a->setting->words; w->word != NULL; w++) {
        if (w->is_missing)
            continue;
        if (w != a->setting->words)
            strncat(list, ", ", sizeof list - strlen(list) - 1);
        strncat(list, w->word, sizeof list - strlen(list) - 1);
    }
    return setting_refuse(a, value, "is not one of %s", list);
}

static bool
read_word(struct assignment *a, struct slice value)
{
    const struct setting_word *w = a->setting->words;

    while (w->word != NULL && !slice_equal(slice_of_string(w->word), value))
        w++;
    if (w->word == NULL)
        return refuse_word(a, value);
    if (w->is_missing)
        return setting_refuse(a, value, "is not available in this version");
    set_number(a, w->value);
    return true;
}

static bool
print_word(const struct settings *settings, const struct setting *setting,
           struct setting_text *out)
{
    uint64_t value = get_number(settings, setting);

    for (const struct setting_word *w = setting->words; w->word != NULL; w++) {
        if (!w->is_missing && w->value == value) {
            setting_text_add(out, slice_of_string(w->word));
            return true;
        }
    }
    return false;
}

const struct setting_kind kind_word = { read_word, print_word };
