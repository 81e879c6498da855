#include "parser/params.h"

#include "parser/scan.h"
#include "tests/exact.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* RFC 3261 25.1: generic-param, SEMI, EQUAL, quoted-string. */
static void
parameters_come_one_after_the_other(void **state)
{
    static const struct {
        const char *text, *name, *value; /* of the last one */
        int count;
    } rows[] = {
        { "", NULL, NULL, 0 },
        { ";lr", "lr", NULL, 1 },
        { ";a=1;b=2", "b", "2", 2 },
        { " ; a = 1 ; b = 2", "b", "2", 2 },
        { "\r\n ;tag\r\n =\r\n x", "tag", "x", 1 },
        { ";x=\"a;b=\\\"c,d\";y", "y", NULL, 2 },
        { ";x=\"a;b\\\\\"", "x", "\"a;b\\\\\"", 1 },
        { ";received=[2001:db8::1]", "received", "[2001:db8::1]", 1 },
        { ";received=2001:db8::1", "received", "2001:db8::1", 1 },
        { ";tag=a@b/c=", "tag", "a@b/c=", 1 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice text = exact_text(rows[i].text), rest = text, strict = text;
        struct slice name = slice_absent(), value = slice_absent(), n, v;
        int count = 0;

        begin_row(rows[i].text);
        while (params_next(&rest, &name, &value)) {
            assert_int_equal(params_take(&strict, &n, &v), PARAM_TAKEN);
            assert_true(slice_equal(n, name) && slice_equal(v, value));
            count++;
        }
        assert_int_equal(params_take(&strict, &n, &v), PARAM_NONE);
        assert_int_equal(count, rows[i].count);
        expect_slice(name, rows[i].name);
        expect_slice(value, rows[i].value);
        exact_free(text);
    }
}

static void
what_is_no_parameter_is_bad(void **state)
{
    static const char *const rows[] = {
        ";",      ";;a",  ";=x",   ";a=",         ";a=;b",  ";a=\"x", ";a=\"x\\\"",
        ";a=<x>", ";a=,", ";\xc3", ";a=\"\x01\"", ";a=\\x", "; ",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice text = exact_text(rows[i]), rest = text, name, value;

        begin_row(rows[i]);
        assert_int_equal(params_take(&rest, &name, &value), PARAM_BAD);
        expect_slice(rest, rows[i]);
        exact_free(text);
    }
}

static void
a_parameter_is_found_by_its_name_in_any_case(void **state)
{
    struct slice params = SLICE(";x=\";tag=no\";LR;Tag=yes;tag=late");

    (void)state;
    expect_slice(params_find(params, SLICE("tag")), "yes");
    expect_slice(params_find(params, SLICE("lr")), "");
    expect_slice(params_find(params, SLICE("ta")), NULL);
    expect_slice(params_find(slice_absent(), SLICE("x")), NULL);
}

/* RFC 3261 7.3.1: commas between quotes or brackets do not separate. */
static void
lists_are_cut_at_the_commas_that_separate(void **state)
{
    static const struct {
        const char *text;
        const char *elements[4];
    } rows[] = {
        { "", { NULL } },
        { " , ,", { NULL } },
        { "a", { "a" } },
        { " a ,\r\n b,", { "a", "b" } },
        { "\"a,b\" <sip:x>, c", { "\"a,b\" <sip:x>", "c" } },
        { "<sip:a,b@c>;q=1,<sip:d>", { "<sip:a,b@c>;q=1", "<sip:d>" } },
        { "\"x\\\",<no>\" <sip:1>,2", { "\"x\\\",<no>\" <sip:1>", "2" } },
        { "x=\"open, a", { "x=\"open, a" } },
        { "<open, a", { "<open, a" } },
        { "a,\"\\", { "a", "\"\\" } },
        { ";;,;;,;", { ";;", ";;", ";" } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice text = exact_text(rows[i].text), rest = text, element;
        size_t count = 0;

        begin_row(rows[i].text);
        while (list_next(&rest, &element)) {
            assert_true(count < 4);
            expect_slice(element, rows[i].elements[count++]);
        }
        assert_true(count == 4 || rows[i].elements[count] == NULL);
        exact_free(text);
    }
}

static void
a_cut_list_shows_its_empty_elements(void **state)
{
    struct slice rest = SLICE("a,,"), element;

    (void)state;
    assert_true(list_cut(&rest, &element));
    expect_slice(element, "a");
    assert_true(list_cut(&rest, &element));
    expect_slice(element, "");
    assert_true(list_cut(&rest, &element));
    expect_slice(element, "");
    assert_false(list_cut(&rest, &element));
}

static void
numbers_are_digits_and_do_not_wrap(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        uint32_t number;
    } rows[] = {
        { "0", true, 0 },
        { "0068", true, 68 },
        { "4294967295", true, UINT32_MAX },
        { "4294967296", true, UINT32_MAX },
        { "18446744073709551621", true, UINT32_MAX },
        { "1000000000000000000000000000000000000005", true, UINT32_MAX },
        { "", false, 0 },
        { "-1", false, 0 },
        { "+1", false, 0 },
        { " 1", false, 0 },
        { "1 ", false, 0 },
        { "0x1", false, 0 },
        { "1.0", false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice text = exact_text(rows[i].text);
        uint32_t number = 0;

        assert_int_equal(number_parse(text, &number), rows[i].ok);
        assert_int_equal(number, rows[i].number);
        exact_free(text);
    }
}

/* A quote or a parameter in every octet: 64 kB of it takes no longer per octet. */
static void
walks_are_linear(void **state)
{
    enum { PAIRS = 32000 };
    char *at = malloc(2 * PAIRS);
    struct slice rest, name, value;
    int count = 0;

    (void)state;
    assert_non_null(at);
    for (size_t i = 0; i < PAIRS; i++)
        memcpy(at + 2 * i, ";a", 2);
    rest = slice_of(at, 2 * PAIRS);
    while (params_take(&rest, &name, &value) == PARAM_TAKEN)
        count++;
    assert_int_equal(count, PAIRS);
    for (size_t i = 0; i < PAIRS; i++)
        memcpy(at + 2 * i, ",\"", 2);
    rest = slice_of(at, 2 * PAIRS);
    count = 0;
    while (list_next(&rest, &name))
        count++;
    assert_int_equal(count, PAIRS / 2);
    free(at);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_come_one_after_the_other),
        cmocka_unit_test(what_is_no_parameter_is_bad),
        cmocka_unit_test(a_parameter_is_found_by_its_name_in_any_case),
        cmocka_unit_test(lists_are_cut_at_the_commas_that_separate),
        cmocka_unit_test(a_cut_list_shows_its_empty_elements),
        cmocka_unit_test(numbers_are_digits_and_do_not_wrap),
        cmocka_unit_test(walks_are_linear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
