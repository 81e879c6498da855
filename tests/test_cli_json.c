#include "src/cli/message_json.h"

#include "src/cli/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static const struct record bobs = {
    .id = 42,
    .inc_time_s = 1289690940,
    .exp_time_s = 1289950140,
    .date_s = 1289690930,
    .origin = { { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98,
                  0x76, 0x54, 0x32, 0x10 } },
    .aor = SLICE_INIT("bob@example.org"),
    .r_uri = SLICE_INIT("sip:bob@example.org;transport=tcp"),
    .src_addr = SLICE_INIT("sip:alice@example.org"),
    .src_name = SLICE_INIT("\"Alice \\\" A.\""),
    .dst_addr = SLICE_INIT("sip:Bob@example.org"),
    .ctype = SLICE_INIT("text/plain; charset=utf-8"),
    .call_id = SLICE_INIT("a84b4c76e66710@pc33"),
    .headers = SLICE_INIT("Subject: hello\r\nX-Empty: \r\n"),
    .body = SLICE_INIT("Gr\xc3\xbc\xc3\x9f\r\n"),
};

static void
assert_same_text(struct slice a, struct slice b)
{
    assert_int_equal(slice_is_absent(a), slice_is_absent(b));
    assert_int_equal(a.len, b.len);
    if (a.len > 0)
        assert_memory_equal(a.at, b.at, a.len);
}

static void
assert_same_record(const struct record *a, const struct record *b)
{
    assert_true(a->inc_time_s == b->inc_time_s);
    assert_true(a->exp_time_s == b->exp_time_s);
    assert_true(a->date_s == b->date_s);
    assert_memory_equal(&a->origin, &b->origin, sizeof a->origin);
    assert_same_text(a->aor, b->aor);
    assert_same_text(a->r_uri, b->r_uri);
    assert_same_text(a->src_addr, b->src_addr);
    assert_same_text(a->src_name, b->src_name);
    assert_same_text(a->dst_addr, b->dst_addr);
    assert_same_text(a->dst_name, b->dst_name);
    assert_same_text(a->ctype, b->ctype);
    assert_same_text(a->call_id, b->call_id);
    assert_same_text(a->headers, b->headers);
    assert_same_text(a->body, b->body);
}

/* Writes a record as one line of text, reads that line, and looks for the same record. */
static void
goes_there_and_back(const struct record *record)
{
    struct message_json_memory *memory = message_json_memory_new();
    json_t *object = message_json_whole(record), *again;
    char *line, why[MESSAGE_WHY] = "";
    struct record read;

    assert_non_null(object);
    assert_non_null(memory);
    line = json_dumps(object, JSON_COMPACT);
    assert_non_null(line);
    assert_null(strchr(line, '\n'));
    again = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(again);
    if (!message_json_read(again, memory, &read, why))
        fail_msg("%s: %s", why, line);
    assert_same_record(record, &read);
    free(line);
    json_decref(object);
    json_decref(again);
    message_json_memory_free(memory);
}

static void
a_record_that_is_exported_and_imported_is_the_same(void **state)
{
    struct record r = bobs;
    (void)state;

    goes_there_and_back(&r);
    r.src_name = r.ctype = slice_absent();
    r.dst_name = SLICE("Bob");
    r.body = r.headers = SLICE("");
    r.date_s = 0;
    goes_there_and_back(&r);
    r.body = SLICE("a\0b");
    goes_there_and_back(&r);
    r.body = SLICE("\xff\xfe\x00\x80");
    r.headers = SLICE("Subject: caf\xe9\r\nX-Esc: \x1b[1m\t\"x\"\r\n");
    r.ctype = SLICE("text/plain; x=\"\xe9\"");
    goes_there_and_back(&r);
    r.aor = SLICE("a%25%40b%20c@[2001:db8::1]");
    r.src_addr = SLICE("tel:+15551234");
    goes_there_and_back(&r);
}

static void
the_largest_body_goes_there_and_back(void **state)
{
    struct record r = bobs;
    char *body = malloc(65535);
    (void)state;

    assert_non_null(body);
    for (size_t i = 0; i < 65535; i++)
        body[i] = (char)(i * 31);
    r.body = slice_of(body, 65535);
    goes_there_and_back(&r);
    free(body);
}

/* RFC 3261 7.3.1: a folded header field means what one with SP means. */
static void
folds_from_the_wire_are_written_as_one_blank(void **state)
{
    struct message_json_memory *memory = message_json_memory_new();
    struct record r = bobs, read;
    char why[MESSAGE_WHY];
    json_t *object;
    (void)state;

    assert_non_null(memory);
    r.ctype = SLICE("text/plain;\r\n charset=utf-8");
    r.src_name = SLICE("Alice\r\n\t A.");
    object = message_json_whole(&r);
    assert_non_null(object);
    assert_true(message_json_read(object, memory, &read, why));
    assert_same_text(read.ctype, SLICE("text/plain; charset=utf-8"));
    assert_same_text(read.src_name, SLICE("Alice A."));
    json_decref(object);
    message_json_memory_free(memory);
}

/* One text may have what a message may have; all of them together no more than the store
 * takes as one record. */
static void
a_record_that_the_store_would_not_take_is_refused(void **state)
{
    struct message_json_memory *memory = message_json_memory_new();
    struct record r = bobs, read;
    char why[MESSAGE_WHY] = "", *uri = malloc(65535);
    json_t *object;
    (void)state;

    assert_non_null(memory);
    assert_non_null(uri);
    memset(uri, 'a', 65535);
    memcpy(uri, "sip:", 4);
    r.src_addr = r.dst_addr = slice_of(uri, 65535);
    object = message_json_whole(&r);
    assert_true(message_json_read(object, memory, &read, why));
    json_decref(object);

    r.r_uri = r.call_id = r.src_addr;
    object = message_json_whole(&r);
    assert_false(message_json_read(object, memory, &read, why));
    assert_string_equal(why, "larger than 262144 bytes");
    json_decref(object);
    message_json_memory_free(memory);
    free(uri);
}

/* Contract, section 1: the column names of the msilo table. */
static void
columns_carry_the_names_of_the_msilo_table(void **state)
{
    json_t *object = message_json_columns(&bobs);
    char *line;
    (void)state;

    assert_non_null(object);
    line = json_dumps(object, JSON_COMPACT);
    assert_string_equal(line, "{\"mid\":42,\"src_addr\":\"sip:alice@example.org\","
                              "\"dst_addr\":\"sip:Bob@example.org\","
                              "\"r_uri\":\"sip:bob@example.org;transport=tcp\","
                              "\"username\":\"bob\",\"domain\":\"example.org\","
                              "\"inc_time\":1289690940,\"exp_time\":1289950140,"
                              "\"ctype\":\"text/plain; charset=utf-8\","
                              "\"callid\":\"a84b4c76e66710@pc33\",\"size\":8}");
    free(line);
    json_decref(object);
}

/* Reads `text`, after it was cut to its own memory. */
static bool
read_line(const char *text, size_t len, struct record *out, char why[MESSAGE_WHY])
{
    struct message_json_memory *memory = message_json_memory_new();
    json_t *object = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
    bool done;

    assert_non_null(memory);
    if (object == NULL)
        fail_msg("not JSON: %s", text);
    done = message_json_read(object, memory, out, why);
    json_decref(object);
    message_json_memory_free(memory);
    return done;
}

/* Security: what is imported was written by others. Each row changes one thing of a line
 * that is good. */
static void
a_hostile_line_is_refused_with_its_reason(void **state)
{
    static const struct {
        const char *key, *value, *why; /* value NULL: without the key; why NULL: good */
    } rows[] = {
        { "none", "1", NULL },
        { "username", NULL, "username is missing" },
        { "username", "\"\"", "username is missing" },
        { "username", "7", "username is not a string" },
        { "username", "\"a\\r\\nVia: x\"", "username holds a line break or a NUL" },
        { "username", "\"a\\u0000\"", "username holds a line break or a NUL" },
        { "username", "\"a:secret\"", "username and domain are more than user and host" },
        { "username", "\"%62ob\"", NULL },
        { "domain", "\"example.org:5060\"",
          "username and domain are more than user and host" },
        { "domain", "\"example.org;x=y\"",
          "username and domain are more than user and host" },
        { "domain", "\"example.org?Subject=x\"",
          "username and domain are more than user and host" },
        { "domain", "\"EXAMPLE.org\"", NULL },
        { "src_addr", NULL, "src_addr is missing" },
        { "src_addr", "\"sip:a@b\\r\\nTo: x\"", "src_addr holds a line break or a NUL" },
        { "src_addr", "\"sip:a@b>;tag=1\"", "" },
        { "src_addr", "\"a\"", "" },
        { "src_name", "\"<sip:evil@b>,\"", "" },
        { "src_name", "\"\\\"open\"", "" },
        { "src_name", "\"A\\nB\"", "src_name holds a line break or a NUL" },
        { "dst_addr", "null", "dst_addr is missing" },
        { "r_uri", "\"sip:bob@example.org SIP/2.0\"", "" },
        { "r_uri", "\"sip:bob@example.org\\r\"", "r_uri holds a line break or a NUL" },
        { "inc_time", NULL, "inc_time is missing" },
        { "inc_time", "\"1\"", "inc_time is not a whole number" },
        { "inc_time", "1.5", "inc_time is not a whole number" },
        { "inc_time", "-1", "inc_time is not a time" },
        { "exp_time", NULL, "exp_time is missing" },
        { "exp_time", "9223372036854775807", "exp_time is not a time" },
        { "exp_time", "253402300799", NULL },
        { "exp_time", "253402300800", "exp_time is not a time" },
        { "date", "-62167219200", NULL },
        { "date", "-62167219201", "date is not a time" },
        { "date", "true", "date is not a whole number" },
        { "ctype", "\"text/plain\\r\\n\\r\\nx\"", "ctype holds a line break or a NUL" },
        { "ctype", "null", NULL },
        { "callid", "\"a\\nb\"", "callid holds a line break or a NUL" },
        { "callid", "[]", "callid is not a string" },
        { "origin", "\"0123\"", "origin is not 32 hex digits" },
        { "origin", "\"0123456789abcdef0123456789abcdeg\"",
          "origin is not 32 hex digits" },
        { "origin", "\"0123456789ABCDEF0123456789abcdef\"", NULL },
        { "body", "5", "body is not a string" },
        { "body_base64", "\"YQ\"", "body_base64 is not base64" },
        { "body_base64", "\"YQ==\"", NULL },
        { "body_base64", "7", "body is not a string" },
        { "headers", "{}", "headers is not an array" },
        { "headers", "[1]", "headers has an element that is not an object" },
        { "headers", "[{\"name\":\"A\"}]", NULL },
        { "headers", "[{\"value\":\"A\"}]", "headers has a name that is none" },
        { "headers", "[{\"name\":\"A:\",\"value\":\"b\"}]",
          "headers has a name that is none" },
        { "headers", "[{\"name\":\"A b\",\"value\":\"b\"}]",
          "headers has a name that is none" },
        { "headers", "[{\"name\":\"A\\r\\nB\",\"value\":\"b\"}]",
          "name holds a line break or a NUL" },
        { "headers", "[{\"name\":\"A\",\"value\":\"b\\r\\n\\r\\nc\"}]",
          "value holds a line break or a NUL" },
        { "headers", "[{\"name\":\"A\",\"value\":\"b\\u0000\"}]",
          "value holds a line break or a NUL" },
        { "headers", "[{\"name\":\"A\",\"value_base64\":\"YQ0KYg==\"}]",
          "value holds a line break or a NUL" },
    };
    static const char *const good[][2] = {
        { "username", "\"bob\"" },
        { "domain", "\"example.org\"" },
        { "src_addr", "\"sip:alice@example.org\"" },
        { "dst_addr", "\"sip:bob@example.org\"" },
        { "r_uri", "\"sip:bob@example.org\"" },
        { "inc_time", "1289690940" },
        { "exp_time", "1289950140" },
        { "callid", "\"a\"" },
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[2048] = "{\"mid\":1", why[MESSAGE_WHY] = "";
        struct record record;
        size_t len;

        for (size_t k = 0; k < sizeof good / sizeof good[0]; k++)
            if (strcmp(good[k][0], rows[i].key) != 0)
                snprintf(line + strlen(line), sizeof line - strlen(line), ",\"%s\":%s",
                         good[k][0], good[k][1]);
        if (rows[i].value != NULL)
            snprintf(line + strlen(line), sizeof line - strlen(line), ",\"%s\":%s",
                     rows[i].key, rows[i].value);
        strcat(line, "}");
        len = strlen(line);
        if (read_line(line, len, &record, why) != (rows[i].why == NULL))
            fail_msg("%s: %s", line, why);
        if (rows[i].why != NULL && rows[i].why[0] != '\0')
            assert_string_equal(why, rows[i].why);
    }
}

static const char plain_line[] =
    "{\"username\":\"bob\",\"domain\":\"EXAMPLE.org\",\"src_addr\":\"sip:a@b\","
    "\"dst_addr\":\"sip:bob@c\",\"r_uri\":\"sip:bob@c\",\"inc_time\":5,\"exp_time\":9,"
    "\"callid\":\"x\",\"body\":\"%s\",\"headers\":[{\"name\":\"Content-Length\","
    "\"value\":\"0\"},{\"name\":\"v\",\"value\":\"SIP/2.0/UDP x\"},"
    "{\"name\":\"Subject\",\"value\":\"s\"}]}";

static void
headers_that_are_never_kept_are_left_out(void **state)
{
    struct message_json_memory *memory = message_json_memory_new();
    json_t *object = json_loads(plain_line, 0, NULL);
    struct record record;
    char why[MESSAGE_WHY];
    (void)state;

    assert_non_null(memory);
    assert_true(message_json_read(object, memory, &record, why));
    assert_same_text(record.headers, SLICE("Subject: s\r\n"));
    assert_same_text(record.aor, SLICE("bob@example.org"));
    assert_true(slice_is_absent(record.ctype));
    json_decref(object);
    message_json_memory_free(memory);
}

/* RFC 3261 7.3.1: blanks around a value are no part of it, and an export has none. */
static void
blanks_around_a_header_value_are_left_out(void **state)
{
    static const char *const line =
        "{\"username\":\"bob\",\"domain\":\"h\",\"src_addr\":\"sip:a@h\","
        "\"dst_addr\":\"sip:bob@h\",\"r_uri\":\"sip:bob@h\",\"inc_time\":1,\"exp_time\":"
        "2,"
        "\"headers\":[{\"name\":\"Subject\",\"value\":\" s, \"}]}";
    struct message_json_memory *memory = message_json_memory_new();
    json_t *object = json_loads(line, 0, NULL);
    struct record record;
    char why[MESSAGE_WHY];
    (void)state;

    assert_non_null(memory);
    assert_true(message_json_read(object, memory, &record, why));
    assert_same_text(record.headers, SLICE("Subject: s,\r\n"));
    goes_there_and_back(&record);
    json_decref(object);
    message_json_memory_free(memory);
}

/* Nothing is stored twice: rows without an origin get one that is always the same. */
static void
a_computed_origin_depends_on_the_message_alone(void **state)
{
    char line[1024], why[MESSAGE_WHY];
    struct record first, second, other;
    (void)state;

    snprintf(line, sizeof line, plain_line, "one");
    assert_true(read_line(line, strlen(line), &first, why));
    assert_true(read_line(line, strlen(line), &second, why));
    snprintf(line, sizeof line, plain_line, "two");
    assert_true(read_line(line, strlen(line), &other, why));

    assert_memory_equal(&first.origin, &second.origin, sizeof first.origin);
    assert_memory_not_equal(&first.origin, &other.origin, sizeof first.origin);
}

/* RFC 4648 10, and what 3.3 and 3.5 let a decoder refuse. */
static void
base64_is_that_of_the_rfc(void **state)
{
    static const struct {
        struct slice octets;
        const char *letters; /* NULL octets: to be refused */
    } rows[] = {
        { SLICE_INIT(""), "" },
        { SLICE_INIT("f"), "Zg==" },
        { SLICE_INIT("fo"), "Zm8=" },
        { SLICE_INIT("foo"), "Zm9v" },
        { SLICE_INIT("foob"), "Zm9vYg==" },
        { SLICE_INIT("fooba"), "Zm9vYmE=" },
        { SLICE_INIT("foobar"), "Zm9vYmFy" },
        { SLICE_INIT("\xff\xfb\x00"), "//sA" },
        { { NULL, 0 }, "Zg" },
        { { NULL, 0 }, "Zg=" },
        { { NULL, 0 }, "Zh==" },
        { { NULL, 0 }, "Zm9=" },
        { { NULL, 0 }, "Z===" },
        { { NULL, 0 }, "====" },
        { { NULL, 0 }, "Zg==Zg==" },
        { { NULL, 0 }, "Zm9v\n" },
        { { NULL, 0 }, "Zm-_" },
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t letters = strlen(rows[i].letters), len = 0;
        char *text = malloc(letters + 1), *octets = malloc(letters / 4 * 3 + 1);
        bool is_good = !slice_is_absent(rows[i].octets);

        assert_non_null(text);
        assert_non_null(octets);
        memcpy(text, rows[i].letters, letters);
        assert_true(base64_decode(slice_of(text, letters), octets, &len) == is_good);
        if (is_good) {
            assert_same_text(slice_of(octets, len), rows[i].octets);
            assert_int_equal(base64_encoded_size(len), letters);
            base64_encode(rows[i].octets, text);
            assert_memory_equal(text, rows[i].letters, letters);
        }
        free(text);
        free(octets);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_that_is_exported_and_imported_is_the_same),
        cmocka_unit_test(the_largest_body_goes_there_and_back),
        cmocka_unit_test(folds_from_the_wire_are_written_as_one_blank),
        cmocka_unit_test(a_record_that_the_store_would_not_take_is_refused),
        cmocka_unit_test(columns_carry_the_names_of_the_msilo_table),
        cmocka_unit_test(a_hostile_line_is_refused_with_its_reason),
        cmocka_unit_test(headers_that_are_never_kept_are_left_out),
        cmocka_unit_test(blanks_around_a_header_value_are_left_out),
        cmocka_unit_test(a_computed_origin_depends_on_the_message_alone),
        cmocka_unit_test(base64_is_that_of_the_rfc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
