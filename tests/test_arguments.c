#include "src/arguments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

enum {
    WORDS_MAX = 8,
};

static int
count(const char *const words[WORDS_MAX])
{
    int n = 0;

    while (n < WORDS_MAX && words[n] != NULL)
        n++;
    return n;
}

static void
commands_take_options_and_operands_in_any_order(void **state)
{
    static const struct {
        const char *words[WORDS_MAX];
        enum command_id command;
        const char *config;
        size_t overrides, operands;
        bool as_json;
    } rows[] = {
        { { "sipsilo", "serve" }, COMMAND_SERVE, NULL, 0, 0, false },
        { { "sipsilo", "serve", "-c", "f", "-o", "a=b", "-oc=d" },
          COMMAND_SERVE,
          "f",
          2,
          0,
          false },
        { { "sipsilo", "-cf", "check" }, COMMAND_CHECK, "f", 0, 0, false },
        { { "sipsilo", "list" }, COMMAND_LIST, NULL, 0, 0, false },
        { { "sipsilo", "list", "--json", "bob@a" }, COMMAND_LIST, NULL, 0, 1, true },
        { { "sipsilo", "list", "bob@a", "--json" }, COMMAND_LIST, NULL, 0, 1, true },
        { { "sipsilo", "list", "--", "--json" }, COMMAND_LIST, NULL, 0, 1, false },
        { { "sipsilo", "show", "7" }, COMMAND_SHOW, NULL, 0, 1, false },
        { { "sipsilo", "delete", "1", "2", "3" }, COMMAND_DELETE, NULL, 0, 3, false },
        { { "sipsilo", "export" }, COMMAND_EXPORT, NULL, 0, 0, false },
        { { "sipsilo", "import", "-" }, COMMAND_IMPORT, NULL, 0, 1, false },
        { { "sipsilo", "verify", "--json" }, COMMAND_VERIFY, NULL, 0, 0, true },
        { { "sipsilo", "--help" }, COMMAND_HELP, NULL, 0, 0, false },
        { { "sipsilo", "serve", "-h" }, COMMAND_HELP, NULL, 0, 0, false },
        { { "sipsilo", "--version" }, COMMAND_VERSION, NULL, 0, 0, false },
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arguments a;
        char why[ARGUMENTS_WHY];

        assert_true(
            arguments_parse(count(rows[i].words), (char *const *)rows[i].words, &a, why));
        assert_int_equal(a.command, rows[i].command);
        assert_int_equal(a.override_count, rows[i].overrides);
        assert_int_equal(a.operand_count, rows[i].operands);
        assert_true(a.as_json == rows[i].as_json);
        assert_true((a.config == NULL) == (rows[i].config == NULL));
        if (a.config != NULL)
            assert_string_equal(a.config, rows[i].config);
        arguments_free(&a);
    }
}

static void
a_wrong_command_line_is_told_in_one_line(void **state)
{
    static const struct {
        const char *words[WORDS_MAX];
        const char *why;
    } rows[] = {
        { { "sipsilo" }, "a command is missing; see sipsilo --help" },
        { { "sipsilo", "-c", "f" }, "a command is missing; see sipsilo --help" },
        { { "sipsilo", "stats" }, "unknown command 'stats'; see sipsilo --help" },
        { { "sipsilo", "top" }, "unknown command 'top'; see sipsilo --help" },
        { { "sipsilo", "a\nb" }, "unknown command 'a\\x0ab'; see sipsilo --help" },
        { { "sipsilo", "serve", "-x" }, "unknown option '-x'; see sipsilo --help" },
        { { "sipsilo", "serve", "-c" },
          "a value is missing behind '-c'; see sipsilo --help" },
        { { "sipsilo", "serve", "-o" },
          "a value is missing behind '-o'; see sipsilo --help" },
        { { "sipsilo", "serve", "-ca", "-cb" },
          "only one file may be given; the second is 'b'; see sipsilo --help" },
        { { "sipsilo", "serve", "now" },
          "usage: sipsilo serve [-c FILE] [-o SECTION.KEY=VALUE]..." },
        { { "sipsilo", "serve", "--json" },
          "usage: sipsilo serve [-c FILE] [-o SECTION.KEY=VALUE]..." },
        { { "sipsilo", "list", "a", "b" },
          "usage: sipsilo list [-c FILE] [-o SECTION.KEY=VALUE]... [AOR] [--json]" },
        { { "sipsilo", "show" },
          "usage: sipsilo show [-c FILE] [-o SECTION.KEY=VALUE]... MID [--json]" },
        { { "sipsilo", "show", "0" },
          "a message has a number, not '0'; see sipsilo --help" },
        { { "sipsilo", "show", "1x" },
          "a message has a number, not '1x'; see sipsilo --help" },
        { { "sipsilo", "show", "18446744073709551616" },
          "a message has a number, not '18446744073709551616'; see sipsilo --help" },
        { { "sipsilo", "delete" },
          "usage: sipsilo delete [-c FILE] [-o SECTION.KEY=VALUE]... MID... | --aor "
          "AOR" },
        { { "sipsilo", "delete", "1", "--aor", "bob@a" },
          "usage: sipsilo delete [-c FILE] [-o SECTION.KEY=VALUE]... MID... | --aor "
          "AOR" },
        { { "sipsilo", "delete", "--aor" },
          "an address of record is missing behind '--aor'; see sipsilo --help" },
        { { "sipsilo", "list", "--aor", "bob@a" },
          "usage: sipsilo list [-c FILE] [-o SECTION.KEY=VALUE]... [AOR] [--json]" },
        { { "sipsilo", "import" },
          "usage: sipsilo import [-c FILE] [-o SECTION.KEY=VALUE]... FILE|-" },
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arguments a;
        char why[ARGUMENTS_WHY] = "";

        assert_false(
            arguments_parse(count(rows[i].words), (char *const *)rows[i].words, &a, why));
        assert_string_equal(why, rows[i].why);
    }
}

static void
the_largest_mid_is_a_number_too(void **state)
{
    const char *const words[] = { "sipsilo", "delete", "18446744073709551615", "3" };
    struct arguments a;
    char why[ARGUMENTS_WHY];
    (void)state;

    assert_true(arguments_parse(4, (char *const *)words, &a, why));
    assert_true(a.mids[0] == UINT64_MAX);
    assert_true(a.mids[1] == 3);
    arguments_free(&a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_take_options_and_operands_in_any_order),
        cmocka_unit_test(a_wrong_command_line_is_told_in_one_line),
        cmocka_unit_test(the_largest_mid_is_a_number_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
