#include "parser/date.h"

#include "tests/exact.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    DAY_S = 86400,
};

/* RFC 3261 20.17; the seconds are those of `date -u -d ... +%s`. */
static void
dates_in_gmt_become_seconds_and_back(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } rows[] = {
        { "Sat, 13 Nov 2010 23:29:00 GMT", 1289690940 },
        { "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
        { "Wed, 31 Dec 1969 23:59:59 GMT", -1 },
        { "Tue, 29 Feb 2000 12:00:00 GMT", 951825600 },
        { "Thu, 29 Feb 2024 23:59:59 GMT", 1709251199 },
        { "Fri, 01 Mar 2024 00:00:00 GMT", 1709251200 },
        { "Tue, 19 Jan 2038 03:14:08 GMT", 2147483648 },
        { "Fri, 31 Dec 9999 23:59:59 GMT", 253402300799 },
        { "Sat, 01 Jan 0000 00:00:00 GMT", -62167219200 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice text = exact_text(rows[i].text);
        char written[DATE_BYTES];
        int64_t seconds = 1;

        begin_row(rows[i].text);
        assert_true(date_parse(text, &seconds));
        assert_int_equal(seconds, rows[i].seconds);
        date_write(rows[i].seconds, written);
        expect_slice(slice_of(written, sizeof written), rows[i].text);
        exact_free(text);
    }
}

static void
what_is_no_date_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "Sat, 13 Nov 2010 23:29:00 EST",
        "Fri, 01 Jan 2010 16:00:00 GMX",
        "Sat, 13 Nov 2010 23:29:00 GM",
        "Sat, 13 Nov 2010 23:29:00 GMT ",
        "Sat, 00 Nov 2010 23:29:00 GMT",
        "Sat, 31 Nov 2010 23:29:00 GMT",
        "Mon, 29 Feb 2010 23:29:00 GMT",
        "Mon, 29 Feb 1900 23:29:00 GMT",
        "Sat, 13 Nov 2010 24:00:00 GMT",
        "Sat, 13 Nov 2010 23:60:00 GMT",
        "Sat, 13 Nov 2010 23:29:60 GMT",
        "Sat, 1x Nov 2010 23:29:00 GMT",
        "Sat, 13 Nox 2010 23:29:00 GMT",
        "Say, 13 Nov 2010 23:29:00 GMT",
        "Sat  13 Nov 2010 23:29:00 GMT",
        "Sat, 13 Nov +010 23:29:00 GMT",
        "Saturday, 13-Nov-10 23:29:0GMT",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice text = exact_text(rows[i]);
        int64_t seconds = 7;

        begin_row(rows[i]);
        assert_false(date_parse(text, &seconds));
        assert_int_equal(seconds, 7);
        exact_free(text);
    }
}

static void
every_day_of_eight_centuries_comes_back(void **state)
{
    static const char *const weekdays[] = { "Thu", "Fri", "Sat", "Sun",
                                            "Mon", "Tue", "Wed" };
    char written[DATE_BYTES];
    int64_t back;

    (void)state;
    for (int64_t day = 0; day < 8 * 36525; day += 3) {
        int64_t seconds = day * DAY_S + day % DAY_S;

        date_write(seconds, written);
        assert_true(date_parse(slice_of(written, DATE_BYTES), &back));
        assert_int_equal(back, seconds);
        assert_memory_equal(written, weekdays[day % 7], 3);
    }
}

static void
times_beyond_the_years_of_four_digits_are_cut(void **state)
{
    char written[DATE_BYTES];

    (void)state;
    date_write(INT64_MAX, written);
    expect_slice(slice_of(written, DATE_BYTES), "Fri, 31 Dec 9999 23:59:59 GMT");
    date_write(INT64_MIN, written);
    expect_slice(slice_of(written, DATE_BYTES), "Sat, 01 Jan 0000 00:00:00 GMT");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_in_gmt_become_seconds_and_back),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(every_day_of_eight_centuries_comes_back),
        cmocka_unit_test(times_beyond_the_years_of_four_digits_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
