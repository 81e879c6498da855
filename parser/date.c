#include "parser/date.h"

#include "parser/params.h"

/* Places in "Sat, 13 Nov 2010 23:29:00 GMT". */
enum {
    DAY = 5,
    MONTH = 8,
    YEAR = 12,
    HOUR = 17,
    MINUTE = 20,
    SECOND = 23,
    DAY_SECONDS = 86400,
    FOUR_CENTURIES = 146097, /* days */
    EPOCH = 719468,          /* days from 1 March of the year 0 to 1 January 1970 */
};

/* Digits and names are 0, the rest stands as it must. */
static const char pattern[] = "000, 00 000 0000 00:00:00 GMT";
static const char weekdays[] =
    "ThuFriSatSunMonTueWed"; /* 1 January 1970 was a Thursday */
static const char months[] = "MarAprMayJunJulAugSepOctNovDecJanFeb";

static bool
has_form(struct slice text)
{
    if (text.len != DATE_BYTES)
        return false;
    for (size_t i = 0; i < DATE_BYTES; i++)
        if (pattern[i] != '0' && text.at[i] != pattern[i])
            return false;
    return true;
}

/* The index of a name of three letters in `names`; `count` where it is not there. */
static unsigned
index_of(struct slice name, const char *names, unsigned count)
{
    unsigned i = 0;

    while (i < count && !slice_equal_nocase(name, slice_of(names + 3 * (size_t)i, 3)))
        i++;
    return i;
}

/* Years start in March, so that the leap day is the last. */
static int64_t
days_of(int64_t year, unsigned month, unsigned day)
{
    int64_t shifted = month >= 10 ? year - 1 : year;
    int64_t century = (shifted < 0 ? shifted - 399 : shifted) / 400;
    int64_t in_century = shifted - century * 400;
    int64_t in_year = (153 * (int64_t)month + 2) / 5 + day - 1;

    return century * FOUR_CENTURIES + in_century * 365 + in_century / 4 -
           in_century / 100 + in_year - EPOCH;
}

static bool
is_leap(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned
days_in(unsigned month, unsigned year)
{
    static const unsigned char days[12] = {
        31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 28
    };

    return days[month] + (month == 11 && is_leap(year) ? 1U : 0U);
}

static bool
number_at(struct slice text, size_t at, size_t digits, uint32_t *out)
{
    return number_parse(slice_head(slice_skip(text, at), digits), out);
}

bool
date_parse(struct slice text, int64_t *out_s)
{
    uint32_t day, year, hour, minute, second;
    unsigned month;

    /* The weekday is a name, but not held against the date: nothing hangs on it. */
    if (!has_form(text) || index_of(slice_head(text, 3), weekdays, 7) == 7)
        return false;
    month = index_of(slice_head(slice_skip(text, MONTH), 3), months, 12);
    if (month == 12 || !number_at(text, DAY, 2, &day) ||
        !number_at(text, YEAR, 4, &year) || !number_at(text, HOUR, 2, &hour) ||
        !number_at(text, MINUTE, 2, &minute) || !number_at(text, SECOND, 2, &second))
        return false;
    if (day < 1 || day > days_in(month, year) || hour > 23 || minute > 59 || second > 59)
        return false;
    *out_s = days_of(year, month, day) * DAY_SECONDS + hour * 3600 + minute * 60 + second;
    return true;
}

static void
write_digits(char *at, unsigned digits, int64_t number)
{
    while (digits-- > 0) {
        at[digits] = (char)('0' + number % 10);
        number /= 10;
    }
}

static int64_t
clamp(int64_t time_s)
{
    const int64_t first = days_of(0, 10, 1) * DAY_SECONDS;
    const int64_t end = days_of(10000, 10, 1) * DAY_SECONDS;

    return time_s < first ? first : time_s >= end ? end - 1 : time_s;
}

void
date_write(int64_t time_s, char out[DATE_BYTES])
{
    int64_t time = clamp(time_s);
    int64_t day = time / DAY_SECONDS - (time % DAY_SECONDS < 0 ? 1 : 0);
    int64_t second = time - day * DAY_SECONDS;
    int64_t year = (day + EPOCH) / 366 - 1;
    unsigned month = 11;

    /* Days only grow with years and months: the estimate is short by a few years. */
    while (days_of(year + 1, 0, 1) <= day)
        year++;
    while (days_of(month >= 10 ? year + 1 : year, month, 1) > day)
        month--;
    if (month >= 10)
        year++;
    memcpy(out, pattern, DATE_BYTES);
    memcpy(out, weekdays + 3 * (((day % 7) + 7) % 7), 3);
    write_digits(out + DAY, 2, day - days_of(year, month, 1) + 1);
    memcpy(out + MONTH, months + 3 * (size_t)month, 3);
    write_digits(out + YEAR, 4, year);
    write_digits(out + HOUR, 2, second / 3600);
    write_digits(out + MINUTE, 2, second / 60 % 60);
    write_digits(out + SECOND, 2, second % 60);
}
