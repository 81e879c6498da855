#include "src/log.h"

#include "src/escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <jansson.h>

struct sink {
    char text[16384];
    size_t len;
    int calls, lines;
};

static void
count_only(void *self, struct slice lines)
{
    struct sink *sink = self;

    sink->calls++;
    for (; lines.len > 0; sink->lines++)
        lines = slice_skip(lines, slice_find(lines, '\n') + 1);
}

static void
keep(void *self, struct slice lines)
{
    struct sink *sink = self;

    assert_true(lines.len < sizeof sink->text - sink->len);
    memcpy(sink->text + sink->len, lines.at, lines.len);
    sink->len += lines.len;
    sink->text[sink->len] = '\0';
    count_only(self, lines);
}

/* A value in exactly its own memory, so that one octet of overreading is seen. */
static void
write_value(struct sink *sink, enum log_format format, struct slice value)
{
    char *copy = malloc(value.len == 0 ? 1 : value.len);

    assert_non_null(copy);
    memcpy(copy, value.at, value.len);
    memset(sink, 0, sizeof *sink);
    log_configure(LOG_INFO, format, keep, sink);
    LOG(LOG_INFO, "t.e", LOG_TEXT("v", slice_of(copy, value.len)));
    free(copy);
}

static void
an_event_is_one_line_level_name_then_fields(void **state)
{
    struct sink sink = { .len = 0 };
    (void)state;

    log_set_time(1289690940);
    log_configure(LOG_INFO, LOG_FORMAT_LOGFMT, keep, &sink);
    LOG(LOG_INFO, "silo.stored", LOG_TEXT("aor", SLICE("sip:bob@example.org")),
        LOG_NUMBER("mid", 42), LOG_STRING("why", "no room"));
    LOG(LOG_WARN, "bare");

    assert_string_equal(sink.text,
                        "2010-11-13T23:29:00Z info  silo.stored aor=sip:bob@example.org"
                        " mid=42 why=\"no room\"\n2010-11-13T23:29:00Z warn  bare\n");
    assert_int_equal(sink.lines, 2);
}

static void
lines_that_are_held_come_together_when_the_turn_ends(void **state)
{
    struct sink sink = { .len = 0 };
    (void)state;

    log_configure(LOG_INFO, LOG_FORMAT_LOGFMT, keep, &sink);
    log_hold(true);
    LOG(LOG_INFO, "t.first");
    LOG(LOG_INFO, "t.second", LOG_NUMBER("n", INT64_MIN));
    assert_int_equal(sink.lines, 0);
    log_flush();
    assert_int_equal(sink.calls, 1);
    assert_int_equal(sink.lines, 2);
    assert_non_null(strstr(sink.text, "t.second n=-9223372036854775808\n"));

    log_flush();
    assert_int_equal(sink.calls, 1);
    log_hold(false);
}

/* The next step may be the one that ends the process. */
static void
a_line_that_tells_of_trouble_is_not_held(void **state)
{
    struct sink sink = { .len = 0 };
    (void)state;

    log_configure(LOG_INFO, LOG_FORMAT_LOGFMT, keep, &sink);
    log_hold(true);
    LOG(LOG_INFO, "t.before");
    LOG(LOG_WARN, "t.trouble");
    assert_int_equal(sink.lines, 2);
    assert_true(strstr(sink.text, "t.before") < strstr(sink.text, "t.trouble"));
    log_hold(false);
}

static void
what_is_held_is_bounded_and_none_of_it_lost(void **state)
{
    enum { LINES = 5000 };
    static struct sink sink;
    (void)state;

    memset(&sink, 0, sizeof sink);
    log_configure(LOG_INFO, LOG_FORMAT_LOGFMT, count_only, &sink);
    log_hold(true);
    for (int i = 0; i < LINES; i++)
        LOG(LOG_INFO, "t.e", LOG_NUMBER("n", i));
    assert_true(sink.lines > 0);
    log_hold(false);
    assert_int_equal(sink.lines, LINES);
    log_configure(LOG_INFO, LOG_FORMAT_LOGFMT, keep, &sink);
}

static void
values_of_strangers_cannot_break_a_line(void **state)
{
    static const struct {
        struct slice value;
        const char *logfmt, *json;
    } rows[] = {
        { SLICE_INIT("plain"), "plain", "\"plain\"" },
        { SLICE_INIT(""), "\"\"", "\"\"" },
        { SLICE_INIT("two words"), "\"two words\"", "\"two words\"" },
        { SLICE_INIT("a=b"), "\"a=b\"", "\"a=b\"" },
        { SLICE_INIT("say \"hi\""), "\"say \\\"hi\\\"\"", "\"say \\\"hi\\\"\"" },
        { SLICE_INIT("back\\slash"), "\"back\\\\slash\"", "\"back\\\\slash\"" },
        { SLICE_INIT("a\r\nb"), "\"a\\x0d\\x0ab\"", "\"a\\\\x0d\\\\x0ab\"" },
        { SLICE_INIT("nul\0"), "\"nul\\x00\"", "\"nul\\\\x00\"" },
        { SLICE_INIT("\x1b[31m"), "\"\\x1b[31m\"", "\"\\\\x1b[31m\"" },
        { SLICE_INIT("\x7f"), "\"\\x7f\"", "\"\\\\x7f\"" },
        { SLICE_INIT("gr\xc3\xbc\xc3\x9f"), "\"gr\xc3\xbc\xc3\x9f\"",
          "\"gr\xc3\xbc\xc3\x9f\"" },
        { SLICE_INIT("\xff\xc3"), "\"\\xff\\xc3\"", "\"\\\\xff\\\\xc3\"" },
        { SLICE_INIT("\xc0\xaf"), "\"\\xc0\\xaf\"", "\"\\\\xc0\\\\xaf\"" },
        { SLICE_INIT("\xed\xa0\x80"), "\"\\xed\\xa0\\x80\"",
          "\"\\\\xed\\\\xa0\\\\x80\"" },
        { SLICE_INIT("\xc2\x9b"), "\"\\xc2\\x9b\"", "\"\\\\xc2\\\\x9b\"" },
        { SLICE_INIT("\xe2\x80\xae"), "\"\\xe2\\x80\\xae\"",
          "\"\\\\xe2\\\\x80\\\\xae\"" },
        { SLICE_INIT("\xf0\x9f\x98\x80"), "\"\xf0\x9f\x98\x80\"",
          "\"\xf0\x9f\x98\x80\"" },
    };
    char expected[512];
    struct sink sink;
    (void)state;

    log_set_time(1289690940);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_value(&sink, LOG_FORMAT_LOGFMT, rows[i].value);
        snprintf(expected, sizeof expected, "2010-11-13T23:29:00Z info  t.e v=%s\n",
                 rows[i].logfmt);
        assert_string_equal(sink.text, expected);

        write_value(&sink, LOG_FORMAT_JSON, rows[i].value);
        snprintf(
            expected, sizeof expected,
            "{\"time\":\"2010-11-13T23:29:00Z\",\"level\":\"info\",\"event\":\"t.e\","
            "\"v\":%s}\n",
            rows[i].json);
        assert_string_equal(sink.text, expected);
    }
}

static void
an_absent_text_is_left_out(void **state)
{
    struct sink sink = { .len = 0 };
    (void)state;

    log_set_time(1289690940);
    log_configure(LOG_INFO, LOG_FORMAT_JSON, keep, &sink);
    LOG(LOG_INFO, "t.e", LOG_STRING("gone", NULL), LOG_NUMBER("n", -1));

    assert_string_equal(sink.text,
                        "{\"time\":\"2010-11-13T23:29:00Z\",\"level\":\"info\","
                        "\"event\":\"t.e\",\"n\":-1}\n");
}

/* RFC 8259: whatever the octets and however many, a line is one JSON object. */
static void
a_long_hostile_line_is_still_json_and_bounded(void **state)
{
    char *octets = malloc(65535);
    struct slice text = slice_of(octets, 65535);
    struct sink sink = { .len = 0 };
    (void)state;

    assert_non_null(octets);
    for (size_t i = 0; i < 65535; i++)
        octets[i] = (char)(i * 7);
    log_configure(LOG_INFO, LOG_FORMAT_JSON, keep, &sink);
    LOG(LOG_INFO, "t.e", LOG_TEXT("a", text), LOG_TEXT("b", text), LOG_TEXT("c", text),
        LOG_TEXT("d", text), LOG_TEXT("e", text), LOG_TEXT("f", text),
        LOG_TEXT("g", text), LOG_TEXT("h", text), LOG_NUMBER("last", 1));
    json_t *object = json_loadb(sink.text, sink.len, 0, NULL);

    assert_non_null(object);
    assert_int_equal(sink.lines, 1);
    assert_true(sink.len <= 8192);
    assert_non_null(json_object_get(object, "a"));
    json_decref(object);
    free(octets);
}

static void
nothing_is_built_below_the_level(void **state)
{
    struct sink sink = { .len = 0 };
    (void)state;

    log_configure(LOG_WARN, LOG_FORMAT_LOGFMT, keep, &sink);
    LOG(LOG_INFO, "t.e", LOG_NUMBER("n", 1));
    assert_int_equal(sink.lines, 0);
    LOG(LOG_WARN, "t.e", LOG_NUMBER("n", 1));
    LOG(LOG_ERROR, "t.e", LOG_NUMBER("n", 1));

    assert_int_equal(sink.lines, 2);
    assert_false(log_is_on(LOG_DEBUG));
}

static void
a_gate_lets_so_many_through_each_minute_and_counts_the_rest(void **state)
{
    struct log_gate gate = { 0, 0, 0 };
    uint32_t missed = 99;
    (void)state;

    for (int i = 0; i < 3; i++) {
        assert_true(log_gate_pass(&gate, 3, 600, &missed));
        assert_int_equal(missed, 0);
    }
    for (int i = 0; i < 5; i++)
        assert_false(log_gate_pass(&gate, 3, 659, &missed));
    assert_true(log_gate_pass(&gate, 3, 660, &missed));
    assert_int_equal(missed, 5);
    assert_true(log_gate_pass(&gate, 3, 661, &missed));
    assert_int_equal(missed, 0);
}

static void
a_text_that_does_not_fit_is_cut_at_a_character(void **state)
{
    static const struct {
        struct slice text;
        size_t room;
        const char *expected;
    } rows[] = {
        { SLICE_INIT("abcdef"), 6, "abcdef" },
        { SLICE_INIT("abcdefg"), 6, "abc..." },
        { SLICE_INIT("ab\xc3\xbc"
                     "defg"),
          6, "ab..." },
        { SLICE_INIT("a\n\n\n"), 8, "a\\x0a..." },
        { SLICE_INIT("a\\b"), 4, "a\\\\b" },
        { SLICE_INIT("abcd"), 2, "" },
        { SLICE_INIT(""), 0, "" },
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *out = malloc(rows[i].room == 0 ? 1 : rows[i].room);
        assert_non_null(out);
        size_t len = escape_text(rows[i].text, "\\", out, rows[i].room);
        assert_int_equal(len, strlen(rows[i].expected));
        assert_memory_equal(out, rows[i].expected, len);
        free(out);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_one_line_level_name_then_fields),
        cmocka_unit_test(lines_that_are_held_come_together_when_the_turn_ends),
        cmocka_unit_test(a_line_that_tells_of_trouble_is_not_held),
        cmocka_unit_test(what_is_held_is_bounded_and_none_of_it_lost),
        cmocka_unit_test(values_of_strangers_cannot_break_a_line),
        cmocka_unit_test(an_absent_text_is_left_out),
        cmocka_unit_test(a_long_hostile_line_is_still_json_and_bounded),
        cmocka_unit_test(nothing_is_built_below_the_level),
        cmocka_unit_test(a_gate_lets_so_many_through_each_minute_and_counts_the_rest),
        cmocka_unit_test(a_text_that_does_not_fit_is_cut_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
