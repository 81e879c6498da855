#include "parser/header.h"

#include "tests/exact.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* RFC 3261 7.3.1: names compare without case. */
static void
every_name_is_found_in_any_case(void **state)
{
    (void)state;
    for (int id = HEADER_OTHER + 1; id < HEADER_COUNT; id++) {
        struct slice copy = exact(header_name((enum header_id)id));
        char *at = (char *)(uintptr_t)copy.at;

        assert_int_equal(header_id_of(copy), id);
        for (size_t i = 0; i < copy.len; i++)
            at[i] = i % 2 == 0
                        ? ascii_lower(at[i])
                        : (char)(at[i] >= 'a' && at[i] <= 'z' ? at[i] - 32 : at[i]);
        assert_int_equal(header_id_of(copy), id);
        exact_free(copy);
    }
}

/* RFC 3261 7.3.3. */
static void
compact_names_stand_for_their_long_ones(void **state)
{
    static const char letters[] = "vftimlcsekVFTIMLCSEK";
    static const enum header_id ids[] = {
        HEADER_VIA,          HEADER_FROM,    HEADER_TO,
        HEADER_CALL_ID,      HEADER_CONTACT, HEADER_CONTENT_LENGTH,
        HEADER_CONTENT_TYPE, HEADER_SUBJECT, HEADER_CONTENT_ENCODING,
        HEADER_SUPPORTED,
    };

    (void)state;
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(header_id_of(slice_of(letters + i, 1)), ids[i % 10]);
}

static void
other_names_are_other(void **state)
{
    static const char *const rows[] = {
        "",
        "x",
        "Vias",
        "Vi",
        "Call_ID",
        "C%6Fntact",
        "From\r",
        "Content-Lengt\xc8",
        "A-Name-That-Is-Longer-Than-Any-Other",
        "Tm",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice name = exact_text(rows[i]);

        assert_int_equal(header_id_of(name), HEADER_OTHER);
        exact_free(name);
    }
    assert_true(slice_is_absent(header_name(HEADER_OTHER)));
}

static void
faults_are_told_in_words_for_a_reason_phrase(void **state)
{
    (void)state;
    assert_string_equal(header_why(HEADER_CALL_ID, HEADER_MISSING),
                        "Missing Call-ID header field");
    assert_string_equal(header_why(HEADER_FROM, HEADER_REPEATED),
                        "Repeated From header field");
    assert_string_equal(header_why(HEADER_CSEQ, HEADER_BAD), "Bad CSeq header field");
}

/* RFC 3261 7.3.1: only what is a list may come twice. */
static void
lists_may_come_again_and_single_values_not(void **state)
{
    (void)state;
    assert_true(header_is_single(HEADER_FROM));
    assert_true(header_is_single(HEADER_CONTENT_LENGTH));
    assert_false(header_is_single(HEADER_VIA));
    assert_false(header_is_single(HEADER_CONTACT));
    assert_false(header_is_single(HEADER_AUTHORIZATION));
    assert_false(header_is_single(HEADER_OTHER));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_found_in_any_case),
        cmocka_unit_test(compact_names_stand_for_their_long_ones),
        cmocka_unit_test(other_names_are_other),
        cmocka_unit_test(faults_are_told_in_words_for_a_reason_phrase),
        cmocka_unit_test(lists_may_come_again_and_single_values_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
