/* Every variant of the parser gives the answer of the scalar one, whatever the octets. */
#include "parser/variant.h"

#include "tests/exact.h"
#include "tests/same_message.h"
#include "tests/verdicts.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    YARD = 256 * 1024,
    CUTS = 60,                   /* a longer message is cut at so many places */
    BLOCK = 64,                  /* octets that a variant may take at a time */
    MOVED_MAX = 4096,            /* a longer message is not moved through a block */
    OCTETS_MUTATED = 160 * 1024, /* of one message, all its mutations together */
};

static struct message reference, m;
static char *yard_end; /* the octet there cannot be read */

static int
build_yard(void **state)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *yard = mmap(NULL, YARD + page, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)state;
    assert_ptr_not_equal(yard, MAP_FAILED);
    yard_end = yard + YARD;
    return mprotect(yard_end, page, PROT_NONE);
}

/* A copy that ends, with what may be loaded behind it, where the process may not look. */
static struct slice
in_yard(struct slice text, size_t slack)
{
    char *at = yard_end - slack - text.len;

    assert_true(text.len + slack <= YARD);
    if (text.len > 0)
        memcpy(at, text.at, text.len);
    exact_fill(at + text.len, slack);
    return slice_of(at, text.len);
}

static void
expect_one_answer(struct slice text, enum message_framing framing, const char *name)
{
    struct slice copy = exact(text);
    enum parse_status expected = message_parse_scalar(&reference, copy, framing), status;
    const struct variant *variant;
    const char *field;

    for (size_t n = 0; (variant = variant_at(n)) != NULL; n++) {
        struct slice guarded = in_yard(text, variant->slack);

        status = variant->parse(&m, guarded, framing);
        if (status != expected)
            fail_msg("%s: %s says %d, not %d: %.*s", name, variant->name, status,
                     expected, SLICE_ARG(text));
        if (status != PARSE_PARTIAL &&
            !same_message(&reference, &m, copy.at, guarded.at, &field))
            fail_msg("%s: %s has another %s: %.*s", name, variant->name, field,
                     SLICE_ARG(text));
    }
    exact_free(copy);
}

static void
expect_one_answer_framed_either_way(struct slice text, const char *name)
{
    expect_one_answer(text, MESSAGE_DATAGRAM, name);
    expect_one_answer(text, MESSAGE_STREAM, name);
}

static bool
next_case(struct verdicts *all, struct verdict *out, char name[128])
{
    if (!verdicts_next(all, out))
        return false;
    snprintf(name, 128, "%.*s", SLICE_ARG(out->name));
    return true;
}

static void
variants_agree_on_every_case_and_its_prefixes(void **state)
{
    struct verdicts all;
    struct verdict verdict;
    char name[128];

    (void)state;
    verdicts_open(&all);
    while (next_case(&all, &verdict, name)) {
        size_t len = verdict.message.len, step = 1 + len / CUTS;

        expect_one_answer_framed_either_way(verdict.message, name);
        for (size_t n = 0; n < len; n += step)
            expect_one_answer_framed_either_way(slice_head(verdict.message, n), name);
    }
    verdicts_close(&all);
}

/* Each of these ends, opens or breaks something somewhere. */
static void
mutate(struct slice message, size_t from, size_t step, const char *name)
{
    static const struct slice odd = SLICE_INIT("\0\r\n\t \"<>;,:\\=@\x7f\x80\xff");
    char *at = (char *)(uintptr_t)message.at;

    for (size_t i = from; i < message.len; i += step) {
        char whole = at[i];

        for (size_t k = 0; k < odd.len; k++) {
            at[i] = odd.at[k];
            expect_one_answer(message, i % 2 == 0 ? MESSAGE_DATAGRAM : MESSAGE_STREAM,
                              name);
        }
        at[i] = whole;
    }
}

static void
variants_agree_on_every_case_with_one_octet_changed(void **state)
{
    struct verdicts all;
    struct verdict verdict;
    char name[128];
    size_t turn = 0;

    (void)state;
    verdicts_open(&all);
    while (next_case(&all, &verdict, name)) {
        size_t len = verdict.message.len, step = 1 + len * len * 17 / OCTETS_MUTATED;

        mutate(verdict.message, turn++ % step, step, name);
    }
    verdicts_close(&all);
}

/* The text with one more line behind its first, which moves all others by so many octets. */
static struct slice
moved(struct slice text, size_t octets, char out[MOVED_MAX + 2 * BLOCK])
{
    size_t line = slice_find(text, '\n');
    char *at = out;

    slice_pack(&at, slice_head(text, line + 1));
    slice_pack(&at, SLICE("a:"));
    memset(at, 'x', octets);
    at += octets;
    slice_pack(&at, SLICE("\n"));
    slice_pack(&at, slice_skip(text, line + 1));
    return slice_of(out, (size_t)(at - out));
}

static void
variants_agree_wherever_in_a_block_something_stands(void **state)
{
    static char text[MOVED_MAX + 2 * BLOCK];
    struct verdicts all;
    struct verdict verdict;
    char name[128];

    (void)state;
    verdicts_open(&all);
    while (next_case(&all, &verdict, name))
        for (size_t n = 0; n < BLOCK && verdict.message.len <= MOVED_MAX; n++)
            expect_one_answer(moved(verdict.message, n, text),
                              n % 2 == 0 ? MESSAGE_DATAGRAM : MESSAGE_STREAM, name);
    verdicts_close(&all);
}

/* The comparison itself: what differs is told, and by its name. */
static void
two_readings_that_differ_are_told_apart(void **state)
{
    static const struct {
        const char *a, *b, *field;
    } rows[] = {
#define HEAD "OPTIONS sip:a@h SIP/2.0\r\n"
        { HEAD "\r\n", "OPTIONS sip:ab@h SIP/2.0\r\n\r\n", "request_uri" },
        { HEAD "X: 1\r\n\r\n", HEAD "X:1 \r\n\r\n", "line" },
        { HEAD "X: 1\r\n\r\n", HEAD "Y: 1\r\n\r\n", NULL },
        { HEAD "i: 1\r\n\r\n", HEAD "X: 1\r\n\r\n", "call_id" },
        { HEAD "t: <sip:b@h>\r\n\r\n", HEAD "t: <sip:b@h>;tag=1\r\n\r\n", "to.text" },
        { HEAD "CSeq: 1 A\r\n\r\n", HEAD "CSeq: 2 A\r\n\r\n", "cseq" },
        { HEAD "v: SIP/2.0/T h;received\r\n\r\n", HEAD "v: SIP/2.0/T h;maddr=x1\r\n\r\n",
          "via.text" },
        { HEAD "X: 1\r\n\r\nab", HEAD "l: 2\r\n\r\nab", "first" },
#undef HEAD
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice a = exact_text(rows[i].a), b = exact_text(rows[i].b);
        const char *field = NULL;

        message_parse_scalar(&reference, a, MESSAGE_DATAGRAM);
        message_parse_scalar(&m, b, MESSAGE_DATAGRAM);
        assert_int_equal(same_message(&reference, &m, a.at, b.at, &field),
                         rows[i].field == NULL);
        if (rows[i].field != NULL)
            assert_string_equal(field, rows[i].field);
        exact_free(a);
        exact_free(b);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variants_agree_on_every_case_and_its_prefixes),
        cmocka_unit_test(variants_agree_on_every_case_with_one_octet_changed),
        cmocka_unit_test(variants_agree_wherever_in_a_block_something_stands),
        cmocka_unit_test(two_readings_that_differ_are_told_apart),
    };

    return cmocka_run_group_tests(tests, build_yard, NULL);
}
