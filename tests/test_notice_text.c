/* The template of a notice's body. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/silo/notice_text.h"

static struct slice
expand(const char *text, char *out, size_t room)
{
    const struct notice_words words = {
        .aor = SLICE("bob@example.org"),
        .r_uri = SLICE("sip:bob@example.org;transport=udp"),
        .from_uri = SLICE("sip:alice@example.org"),
        .to_uri = SLICE("sip:robert@example.org"),
        .now_s = 0,
    };
    struct writer w;

    writer_init(&w, out, room);
    notice_expand(&w, slice_of(text, strlen(text)), &words);
    return writer_done(&w);
}

static void
every_variable_is_filled_in(void **state)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        { "", "" },
        { "plain", "plain" },
        { "$rU", "bob" },
        { "$rd", "example.org" },
        { "$ru", "sip:bob@example.org;transport=udp" },
        { "$fu", "sip:alice@example.org" },
        { "$tu", "sip:robert@example.org" },
        { "$T", "Thu, 01 Jan 1970 00:00:00 GMT" },
        { "$rU@$rd.", "bob@example.org." },
        { "costs $$5", "costs $5" },
        { "$", "$" },
        { "$x $rX", "$x $rX" },
        { "$$rU", "$rU" },
    };
    char out[256];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice got = expand(rows[i].text, out, sizeof out);

        assert_int_equal(got.len, strlen(rows[i].expected));
        assert_memory_equal(got.at, rows[i].expected, got.len);
    }
}

static void
a_body_that_does_not_fit_is_none_at_all(void **state)
{
    char out[8];

    (void)state;
    assert_true(slice_is_absent(expand("for $ru", out, sizeof out)));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_variable_is_filled_in),
        cmocka_unit_test(a_body_that_does_not_fit_is_none_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
