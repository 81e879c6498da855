/* What is small and harmless, thousands of times: read or refused as one of it would be, in
 * time that grows with the octets alone. */
#include "tests/strict.h"

#include "parser/variant.h"
#include "tests/exact.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

enum {
    SMALL = 12 * 1024,
    LARGE = 4 * SMALL,
    ROOM = 64 * 1024,
    RUNS = 7,
    RUNS_MAX = 60,  /* on a machine that does other things too */
    SLOWER_MAX = 8, /* LARGE against SMALL: linear is 4, quadratic 16 */
};

/* `unit` again and again between `before` and `after`. */
struct large {
    enum strict_kind kind;
    enum strict_place place;
    const char *before, *unit, *after;
    const char *why; /* NULL: accepted */
    const char *what;
};

#define MANY(kind, place, before, unit, after, why, what)             \
    {                                                                 \
        STRICT_##kind, STRICT_##place, before, unit, after, why, what \
    }

#define VIA     "Via: SIP/2.0/UDP h"
#define FROM    "From: <sip:a@h>;tag=a1"
#define URI     "MESSAGE sip:b@h"
#define VERSION " SIP/2.0\r\n"
#define STAR    "Contact: <sip:a@h>"

static const struct large rows[] = {
    MANY(MESSAGE, START, "", "\r\n", "MESSAGE sip:b@h SIP/2.0\r\n", NULL, "CRLFs before"),
    MANY(MESSAGE, START, "MESSAGE sip:", "b", "@h" VERSION, NULL, "a user"),
    MANY(MESSAGE, START, "MESSAGE sip:", "%41", "@h" VERSION, NULL, "escapes"),
    MANY(MESSAGE, START, "MESSAGE sip:", "%", "@h" VERSION, "Bad Request-URI", "halves"),
    MANY(MESSAGE, START, "MESSAGE sip:", "b@", "h" VERSION, "Bad Request-URI", "users"),
    MANY(MESSAGE, START, "MESSAGE sip:", ":", "h" VERSION, "Bad Request-URI", "colons"),
    MANY(MESSAGE, START, "MESSAGE sip:b@", "h.", VERSION, NULL, "labels"),
    MANY(MESSAGE, START, "MESSAGE sip:b@[", ":", "]" VERSION, NULL, "colons of IPv6"),
    MANY(MESSAGE, START, URI ":", "0", "5060" VERSION, NULL, "digits of a port"),
    MANY(MESSAGE, START, URI, ";a=b", VERSION, NULL, "parameters"),
    MANY(MESSAGE, START, URI, ";", VERSION, "Bad Request-URI", "semicolons"),
    MANY(MESSAGE, START, URI "?a=b", "&a=b", VERSION, NULL, "headers of a URI"),
    MANY(MESSAGE, START, "MESSAGE ", " ", "sip:b@h" VERSION, "Bad Request-URI", "blanks"),
    MANY(MESSAGE, VIA, VIA, ";a", ";branch=z9hG4bKx\r\n", NULL, "flags"),
    MANY(MESSAGE, VIA, VIA, ";a=b", ";branch=z9hG4bKx\r\n", NULL, "parameters"),
    MANY(MESSAGE, VIA, VIA, ";a=\"\\\"\"", "\r\n", NULL, "quoted parameters"),
    MANY(MESSAGE, VIA, VIA, ";", "\r\n", "Bad Via header field", "semicolons"),
    MANY(MESSAGE, VIA, VIA ";branch=", "a", "\r\n", NULL, "a branch"),
    MANY(MESSAGE, VIA, VIA, ", SIP/2.0/UDP h", "\r\n", NULL, "elements"),
    MANY(MESSAGE, VIA, VIA, ",", "\r\n", NULL, "commas"),
    MANY(MESSAGE, VIA, VIA ";a=\"", ",", "\"\r\n", NULL, "commas in quotes"),
    MANY(MESSAGE, VIA, VIA ";a=\"", "\\\\", "\"\r\n", NULL, "backslashes in quotes"),
    MANY(MESSAGE, VIA, VIA ";a=\"", "\\\"", "\r\n", "Bad Via header field",
         "open quotes"),
    MANY(MESSAGE, VIA, VIA ",", "<", "\r\n", NULL, "brackets"),
    MANY(MESSAGE, VIA, "Via: SIP/2.0/UDP", " ", "h\r\n", NULL, "blanks"),
    MANY(MESSAGE, VIA, "Via: SIP/2.0/UDP", "\r\n\t", "h\r\n", NULL, "folds"),
    MANY(MESSAGE, FROM, "From: \"", "a", "\" <sip:a@h>\r\n", NULL, "a display name"),
    MANY(MESSAGE, FROM, "From: \"", "\\\"", "\" <sip:a@h>\r\n", NULL, "escaped quotes"),
    MANY(MESSAGE, FROM, "From: \"", "\\\"", "\r\n", "Bad From header field",
         "escaped quotes, and none that closes"),
    MANY(MESSAGE, FROM, "From: ", "\"\" ", "<sip:a@h>\r\n", "Bad From header field",
         "quoted strings"),
    MANY(MESSAGE, FROM, "From: ", "\"", "\r\n", "Bad From header field", "quotes"),
    MANY(MESSAGE, FROM, "From: ", "<", "\r\n", "Bad From header field", "brackets"),
    MANY(MESSAGE, FROM, "From: ", "a ", "<sip:a@h>\r\n", NULL, "words"),
    MANY(MESSAGE, FROM, "From: ", "a ", "\r\n", "Bad From header field",
         "words, and no address"),
    MANY(MESSAGE, FROM, "From: ", "\r\n ", "<sip:a@h>\r\n", NULL, "folds"),
    MANY(MESSAGE, FROM, FROM, ";a=\"<,>\"", "\r\n", NULL, "quoted parameters"),
    MANY(MESSAGE, FROM, FROM, ";tag=a", "\r\n", "Bad From header field", "tags"),
    MANY(MESSAGE, ID, "Call-ID: ", "a", "\r\n", NULL, "a Call-ID"),
    MANY(MESSAGE, CSEQ, "CSeq: ", "0", "7 MESSAGE\r\n", NULL, "leading zeros"),
    MANY(MESSAGE, CSEQ, "CSeq: ", "9", " MESSAGE\r\n", "Bad CSeq header field", "nines"),
    MANY(MESSAGE, CSEQ, "CSeq: 7", " \t", "MESSAGE\r\n", NULL, "blanks"),
    MANY(MESSAGE, HOPS, "Max-Forwards: ", "9", "\r\n", "Bad Max-Forwards header field",
         "nines"),
    MANY(MESSAGE, LENGTH, "Content-Length: ", "0", "5\r\n", NULL, "leading zeros"),
    MANY(MESSAGE, MORE, "", "a:\r\n", "", "Too many header fields", "lines"),
    MANY(MESSAGE, MORE, "", "To: x\r\n", "", "Repeated To header field", "To"),
    MANY(MESSAGE, MORE, "", "a\r\n", "", "Bad header field name", "lines without colon"),
    MANY(MESSAGE, MORE, "", "\r", "a: b\r\n", "Bad octet in header field", "CRs"),
    MANY(MESSAGE, MORE, "a:", "\r\r\n ", "\r\n", "Bad octet in header field",
         "folds, each with a CR too many"),
    MANY(MESSAGE, MORE, "Subject:", "\r\n ", "\r\n", NULL, "empty folds"),
    MANY(MESSAGE, MORE, "Subject: a\r\n", " b\n", "", NULL, "folds"),
    MANY(MESSAGE, MORE, "", "a", ": b\r\n", NULL, "a name"),
    MANY(MESSAGE, MORE, "a", " ", ": b\r\n", NULL, "blanks before the colon"),
    MANY(MESSAGE, MORE, "Route: <sip:a@h>", ", <sip:a@h>", "\r\n", NULL, "elements"),
    MANY(REGISTER, CONTACT, STAR, ", <sip:a@h>", "\r\n", NULL, "Contacts"),
    MANY(REGISTER, CONTACT, STAR, ",", "\r\n", "Bad Contact header field", "commas"),
    MANY(REGISTER, CONTACT, STAR ";a=\"", ",", "\"\r\n", NULL, "commas in quotes"),
    MANY(REGISTER, CONTACT, STAR, ";expires=\"\\\"\"", "\r\n", NULL, "parameters"),
    MANY(REGISTER, CONTACT, STAR ",", "\"", "\r\n", "Bad Contact header field", "quotes"),
    MANY(REGISTER, CONTACT, STAR ",", "\",", "\r\n", "Bad Contact header field",
         "quotes and commas"),
    MANY(REGISTER, CONTACT, STAR ",", "<,", "\r\n", "Bad Contact header field",
         "brackets and commas"),
    MANY(REGISTER, CONTACT, STAR ",", "\\,", "\r\n", "Bad Contact header field",
         "backslashes and commas"),
    MANY(REGISTER, CONTACT, "Contact: ", "*,", "<sip:a@h>\r\n", NULL, "stars"),
    MANY(RESPONSE, START, "SIP/2.0 200 ", "a ", "\r\n", NULL, "a reason phrase"),
    MANY(RESPONSE, START, "SIP/2.0 2", "0", " OK\r\n", "Bad status code", "zeros"),
};

/* The piece, of about so many octets. */
static struct slice
large_piece(const struct large *row, size_t octets, char *out)
{
    size_t unit = strlen(row->unit), units = octets / unit;
    char *at = out;

    slice_pack(&at, slice_of(row->before, strlen(row->before)));
    for (size_t i = 0; i < units; i++)
        slice_pack(&at, slice_of(row->unit, unit));
    slice_pack(&at, slice_of(row->after, strlen(row->after)));
    assert_true(at - out < ROOM - SMALL / 8);
    return slice_of(out, (size_t)(at - out));
}

static void
what_comes_by_the_thousand_is_judged_as_one_is(void **state)
{
    static char piece[ROOM];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct strict_row row = {
            .place = rows[i].place,
            .text = large_piece(&rows[i], LARGE, piece),
            .is_accepted = rows[i].why == NULL,
            .fault = rows[i].kind == STRICT_RESPONSE ? 0 : 400,
            .why = rows[i].why,
            .field = "body",
            .value = "Hello",
            .because = rows[i].what,
        };

        if (rows[i].why != NULL && strcmp(rows[i].why, "Too many header fields") == 0)
            row.fault = 513;
        strict_expect(rows[i].kind, &row, 1);
    }
}

/* RFC 3261 sets no bound; ours is told, and exact. */
static void
one_header_line_more_than_the_bound_is_513(void **state)
{
    static char piece[ROOM];

    (void)state;
    for (int more = 0; more < 2; more++) {
        struct large lines = MANY(MESSAGE, MORE, "", "a:\n", "", NULL, "lines");
        size_t count = (size_t)(MESSAGE_LINES_MAX - 7 + more); /* 7 are there */
        struct strict_row row = {
            .place = STRICT_MORE,
            .text = large_piece(&lines, 3 * count, piece),
            .is_accepted = more == 0,
            .fault = 513,
            .why = "Too many header fields",
            .field = "lines",
            .value = "1024",
            .because = "MESSAGE_LINES_MAX",
        };

        strict_expect(STRICT_MESSAGE, &row, 1);
    }
}

/* ---- time ---- */

static uint64_t
thread_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void
shorten(uint64_t *best, const struct variant *variant, struct slice text)
{
    static struct message m;
    uint64_t start = thread_ns(), taken;

    variant->parse(&m, text, MESSAGE_DATAGRAM);
    taken = thread_ns() - start;
    if (taken < *best)
        *best = taken;
}

/* The best of some runs, since others use the machine; of many where those do not convince. */
static bool
is_linear(const struct variant *variant, struct slice small, struct slice large)
{
    uint64_t best_small = UINT64_MAX, best_large = UINT64_MAX;

    for (int run = 1; run <= RUNS_MAX; run++) {
        shorten(&best_small, variant, small);
        shorten(&best_large, variant, large);
        if (run >= RUNS && best_large < SLOWER_MAX * best_small)
            return true;
    }
    return false;
}

static struct slice
large_text(const struct large *row, size_t octets)
{
    static char piece[ROOM], text[ROOM];

    return exact(strict_text(row->kind, row->place, large_piece(row, octets, piece), text,
                             sizeof text));
}

static void
time_grows_with_the_octets_alone(void **state)
{
    const struct variant *variant;

    (void)state;
    for (size_t n = 0; (variant = variant_at(n)) != NULL; n++) {
        exact_slack(variant->slack);
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            struct slice small = large_text(&rows[i], SMALL);
            struct slice large = large_text(&rows[i], LARGE);

            if (!is_linear(variant, small, large))
                fail_msg("%s: four times the %s take over %d times as long",
                         variant->name, rows[i].what, SLOWER_MAX);
            exact_free(small);
            exact_free(large);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_by_the_thousand_is_judged_as_one_is),
        cmocka_unit_test(one_header_line_more_than_the_bound_is_513),
        cmocka_unit_test(time_grows_with_the_octets_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
