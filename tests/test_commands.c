#include "src/cli/command.h"
#include "tests/memory_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <inttypes.h>
#include <stdlib.h>
#include <cmocka.h>

enum {
    NOW_S = 1700000000,
};

/* A store of memory, and what a command said on it. */
struct desk {
    struct memory_contents *contents;
    struct command c;
    char *out, *err; /* owned, filled by the streams */
    size_t out_len, err_len;
};

static void
desk_open(struct desk *d)
{
    struct store_options options = { .place = "",
                                     .prefix = "silo",
                                     .role = STORE_IMPORT };
    char why[128];

    memset(d, 0, sizeof *d);
    d->contents = memory_contents_new();
    assert_non_null(d->contents);
    assert_int_equal(
        memory_store_open(d->contents, &options, &d->c.store, why, sizeof why), STORE_OK);
    d->c.now_s = NOW_S;
    d->c.out = open_memstream(&d->out, &d->out_len);
    d->c.err = open_memstream(&d->err, &d->err_len);
}

static void
desk_close(struct desk *d)
{
    fclose(d->c.out);
    fclose(d->c.err);
    free(d->out);
    free(d->err);
    store_close(d->c.store);
    memory_contents_free(d->contents);
}

/* What was said since the last time; the stream begins anew. */
static const char *
said(FILE **stream, char **text, size_t *len)
{
    static char copy[65536];

    fclose(*stream);
    snprintf(copy, sizeof copy, "%s", *text);
    free(*text);
    *stream = open_memstream(text, len);
    assert_non_null(*stream);
    return copy;
}

static const char *
out_of(struct desk *d)
{
    return said(&d->c.out, &d->out, &d->out_len);
}

static const char *
err_of(struct desk *d)
{
    return said(&d->c.err, &d->err, &d->err_len);
}

static void
put_one(struct desk *d, const char *aor, const char *body, int64_t exp_time_s)
{
    static uint32_t count;
    struct record record = {
        .inc_time_s = NOW_S - 60,
        .exp_time_s = exp_time_s,
        .aor = slice_of(aor, strlen(aor)),
        .r_uri = SLICE("sip:r@example.org"),
        .src_addr = SLICE("sip:alice@example.org"),
        .dst_addr = SLICE("sip:to@example.org"),
        .ctype = SLICE("text/plain"),
        .call_id = SLICE("c1"),
        .headers = SLICE("Subject: \x1b[31mred\r\n"),
        .body = slice_of(body, strlen(body)),
    };
    struct batch batch;

    count++;
    memcpy(record.origin.bytes, &count, sizeof count);
    batch_init(&batch);
    assert_non_null(batch_put(&batch, &record));
    assert_int_equal(store_commit(d->c.store, &batch, NOW_S - 60), STORE_OK);
    assert_int_equal(batch.puts[0].result, PUT_STORED);
    batch_free(&batch);
}

static size_t
lines_of(const char *text)
{
    size_t lines = 0;

    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

static int
import_text(struct desk *d, const char *text, size_t len)
{
    FILE *in = fmemopen((void *)(uintptr_t)text, len, "r");
    int code;

    assert_non_null(in);
    code = import_run(&d->c, in);
    fclose(in);
    return code;
}

static void
messages_are_listed_oldest_first_without_the_expired(void **state)
{
    struct desk d;
    (void)state;

    desk_open(&d);
    put_one(&d, "bob@example.org", "one", NOW_S + 60);
    put_one(&d, "eve@example.org", "gone", NOW_S);
    put_one(&d, "carol@example.org", "three", NOW_S + 60);

    assert_int_equal(list_run(&d.c, NULL, false), COMMAND_OK);
    assert_string_equal(out_of(&d),
                        "       1  2023-11-14T22:12:20Z  2023-11-14T22:14:20Z       3  "
                        "sip:alice@example.org  bob@example.org  text/plain\n"
                        "       3  2023-11-14T22:12:20Z  2023-11-14T22:14:20Z       5  "
                        "sip:alice@example.org  carol@example.org  text/plain\n");
    desk_close(&d);
}

/* AoRs compare by user, with case, and host, without; scheme, port and parameters play no
 * part. */
static void
an_aor_is_taken_as_people_write_it(void **state)
{
    static const struct {
        const char *aor;
        int code;
        size_t lines;
    } rows[] = {
        { "bob@example.org", COMMAND_OK, 1 },
        { "sip:bob@EXAMPLE.org:5060;transport=tcp", COMMAND_OK, 1 },
        { "sips:%62ob@example.org", COMMAND_OK, 1 },
        { "Bob@example.org", COMMAND_OK, 0 },
        { "example.org", COMMAND_FAILED, 0 },
        { "tel:+15551234", COMMAND_FAILED, 0 },
        { "", COMMAND_FAILED, 0 },
        { "bob@exa\nmple", COMMAND_FAILED, 0 },
    };
    struct desk d;
    (void)state;

    desk_open(&d);
    put_one(&d, "bob@example.org", "one", NOW_S + 60);
    put_one(&d, "carol@example.org", "two", NOW_S + 60);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(list_run(&d.c, rows[i].aor, true), rows[i].code);
        assert_int_equal(lines_of(out_of(&d)), rows[i].lines);
        assert_int_equal(lines_of(err_of(&d)), rows[i].code == COMMAND_OK ? 0 : 1);
    }
    desk_close(&d);
}

static void
a_message_is_shown_without_what_steers_a_terminal(void **state)
{
    struct desk d;
    (void)state;

    desk_open(&d);
    put_one(&d, "bob@example.org", "one\r\n\x1b[2Jtwo\rthree\n\nend", NOW_S);

    assert_int_equal(show_run(&d.c, 1, false), COMMAND_OK);
    assert_string_equal(out_of(&d), "mid: 1\n"
                                    "aor: bob@example.org\n"
                                    "inc_time: 2023-11-14T22:12:20Z\n"
                                    "exp_time: 2023-11-14T22:13:20Z\n"
                                    "Request-URI: sip:r@example.org\n"
                                    "From: <sip:alice@example.org>\n"
                                    "To: <sip:to@example.org>\n"
                                    "Call-ID: c1\n"
                                    "Subject: \\x1b[31mred\n"
                                    "Content-Type: text/plain\n"
                                    "Content-Length: 23\n"
                                    "\n"
                                    "one\n\\x1b[2Jtwo\\x0dthree\n\nend\n");
    desk_close(&d);
}

static void
a_long_body_is_shown_whole(void **state)
{
    char body[5001];
    struct desk d;
    const char *shown;
    (void)state;

    for (size_t i = 0; i < 5000; i++)
        body[i] = (char)('a' + i % 26);
    body[5000] = '\0';
    desk_open(&d);
    put_one(&d, "bob@example.org", body, NOW_S + 60);

    assert_int_equal(show_run(&d.c, 1, false), COMMAND_OK);
    shown = out_of(&d);
    assert_non_null(strstr(shown, body));
    assert_null(strstr(shown, "..."));
    desk_close(&d);
}

static void
an_unknown_message_is_told(void **state)
{
    struct desk d;
    (void)state;

    desk_open(&d);
    assert_int_equal(show_run(&d.c, 7, true), COMMAND_FAILED);
    assert_string_equal(err_of(&d), "sipsilo: there is no message 7\n");
    assert_string_equal(out_of(&d), "");
    desk_close(&d);
}

static void
messages_are_deleted_by_number_once(void **state)
{
    const uint64_t mids[] = { 2, 9, 2 };
    struct desk d;
    (void)state;

    desk_open(&d);
    for (int i = 0; i < 3; i++)
        put_one(&d, "bob@example.org", "x", NOW_S + 60);

    assert_int_equal(delete_run(&d.c, mids, 3), COMMAND_FAILED);
    assert_string_equal(out_of(&d), "1 removed\n");
    assert_string_equal(err_of(&d), "sipsilo: there is no message 9\n");
    assert_int_equal(delete_run(&d.c, (const uint64_t[]){ 3 }, 1), COMMAND_OK);
    assert_string_equal(out_of(&d), "1 removed\n");
    assert_int_equal(list_run(&d.c, NULL, true), COMMAND_OK);
    assert_int_equal(lines_of(out_of(&d)), 1);
    desk_close(&d);
}

static void
a_users_messages_are_deleted_expired_or_not(void **state)
{
    struct desk d;
    (void)state;

    desk_open(&d);
    put_one(&d, "carol@example.org", "x", NOW_S + 60);
    put_one(&d, "bob@example.org", "x", NOW_S - 1);
    for (int i = 0; i < 300; i++) /* more than a page */
        put_one(&d, "bob@example.org", "x", NOW_S + 60);

    assert_int_equal(delete_aor_run(&d.c, "sip:bob@example.org"), COMMAND_OK);
    assert_string_equal(out_of(&d), "301 removed\n");
    assert_int_equal(delete_aor_run(&d.c, "bob@example.org"), COMMAND_OK);
    assert_string_equal(out_of(&d), "0 removed\n");
    assert_int_equal(d.contents->message_count, 1);
    desk_close(&d);
}

static void
what_is_exported_is_imported_once(void **state)
{
    struct desk from, to;
    char *lines;
    (void)state;

    desk_open(&from);
    desk_open(&to);
    for (int i = 0; i < 255; i++)
        put_one(&from, i % 2 ? "bob@example.org" : "carol@example.org", "\xff body",
                NOW_S + 86400);
    assert_int_equal(export_run(&from.c, NULL), COMMAND_OK);
    fflush(from.c.out);
    lines = from.out;

    assert_int_equal(import_text(&to, lines, from.out_len), COMMAND_OK);
    assert_string_equal(out_of(&to),
                        "255 stored, 0 known already, 0 expired, 0 refused\n");
    to.c.now_s += 3600; /* longer than a request is remembered */
    assert_int_equal(import_text(&to, lines, from.out_len), COMMAND_OK);
    assert_string_equal(out_of(&to),
                        "0 stored, 255 known already, 0 expired, 0 refused\n");
    assert_int_equal(to.contents->message_count, 255);
    for (size_t i = 0; i < 255; i++) {
        struct slice a = from.contents->messages[i].value,
                     b = to.contents->messages[i].value;
        assert_int_equal(a.len, b.len);
        assert_memory_equal(a.at, b.at, a.len);
    }
    desk_close(&from);
    desk_close(&to);
}

#define GOOD(aor_, call_id_, exp_)                                           \
    "{\"username\":\"" aor_ "\",\"domain\":\"example.org\","                 \
    "\"src_addr\":\"sip:a@example.org\",\"dst_addr\":\"sip:b@example.org\"," \
    "\"r_uri\":\"sip:b@example.org\",\"inc_time\":1699999999,"               \
    "\"exp_time\":" exp_ ",\"callid\":\"" call_id_ "\",\"body\":\"x\"}"

static void
a_bad_line_is_told_and_the_rest_goes_on(void **state)
{
    static const char text[] = GOOD(
        "bob", "1",
        "1800000000") "\n"
                      "INSERT INTO silo VALUES (1)\n"
                      "\n"
                      "  " GOOD(
                          "bob", "2",
                          "1700000000") "\r\n"
                                        "[1,2]\n"
                                        "{\"username\":\"bob\",\"username\":\"eve\"}"
                                        "\n" GOOD("bob", "1", "1800000000") "\n" GOOD(
                                            "bob\\r\\n", "3",
                                            "1800000000") "\n" GOOD("bob", "4",
                                                                    "1800000000") " x"
                                                                                  "\n" GOOD(
                                                                                      "bo"
                                                                                      "b",
                                                                                      "5",
                                                                                      "18"
                                                                                      "00"
                                                                                      "00"
                                                                                      "00"
                                                                                      "0"
                                                                                      "0");
    struct desk d;
    (void)state;

    desk_open(&d);
    assert_int_equal(import_text(&d, text, sizeof text - 1), COMMAND_FAILED);
    assert_string_equal(out_of(&d), "2 stored, 1 known already, 1 expired, 5 refused\n");
    assert_string_equal(err_of(&d),
                        "sipsilo: line 2: not one JSON object\n"
                        "sipsilo: line 5: not a JSON object\n"
                        "sipsilo: line 6: not one JSON object\n"
                        "sipsilo: line 8: username holds a line break or a NUL\n"
                        "sipsilo: line 9: not one JSON object\n");
    assert_int_equal(d.contents->message_count, 2);
    desk_close(&d);
}

static void
a_line_is_bounded(void **state)
{
    size_t len = 3 * 1024 * 1024;
    char *text = malloc(len + 1024);
    struct desk d;
    (void)state;

    assert_non_null(text);
    memset(text, ' ', len);
    text[0] = '{';
    text[len] = '\n';
    strcpy(text + len + 1, GOOD("bob", "1", "1800000000"));
    desk_open(&d);

    assert_int_equal(import_text(&d, text, strlen(text)), COMMAND_FAILED);
    assert_string_equal(out_of(&d), "1 stored, 0 known already, 0 expired, 1 refused\n");
    assert_string_equal(err_of(&d), "sipsilo: line 1: longer than 1 MiB\n");
    desk_close(&d);
    free(text);
}

static void
an_address_that_is_full_refuses_its_lines(void **state)
{
    static const char text[] = GOOD("bob", "1", "1800000000") "\n" GOOD(
        "bob", "2", "1800000000") "\n" GOOD("eve", "3", "1800000000") "\n";
    struct desk d;
    (void)state;

    desk_open(&d);
    d.c.max_messages = 1;
    assert_int_equal(import_text(&d, text, sizeof text - 1), COMMAND_FAILED);
    assert_string_equal(out_of(&d), "2 stored, 0 known already, 0 expired, 1 refused\n");
    assert_string_equal(err_of(&d), "sipsilo: line 2: its address of record has reached"
                                    " msilo.max_messages or msilo.max_bytes\n");
    desk_close(&d);
}

static void
a_full_store_ends_an_import(void **state)
{
    static const char text[] =
        GOOD("bob", "1", "1800000000") "\n" GOOD("bob", "2", "1800000000") "\n";
    struct desk d;
    (void)state;

    desk_open(&d);
    d.contents->room_bytes = 1;
    assert_int_equal(import_text(&d, text, sizeof text - 1), COMMAND_FAILED);
    assert_string_equal(out_of(&d), "0 stored, 0 known already, 0 expired, 2 refused\n");
    assert_string_equal(err_of(&d), "sipsilo: line 1: the store is full\n"
                                    "sipsilo: line 2: the store is full\n");
    desk_close(&d);
}

/* Whoever keeps an export as a backup must hear that it is not whole. */
static void
output_that_does_not_arrive_is_an_error(void **state)
{
    FILE *full = fopen("/dev/full", "w"), *kept;
    struct desk d;
    (void)state;

    assert_non_null(full);
    desk_open(&d);
    put_one(&d, "bob@example.org", "x", NOW_S + 60);
    kept = d.c.out;
    d.c.out = full;
    assert_int_equal(export_run(&d.c, NULL), COMMAND_FAILED);
    assert_string_equal(err_of(&d), "sipsilo: writing: No space left on device\n");
    d.c.out = kept;
    fclose(full);
    desk_close(&d);
}

static void
verify_sums_up_and_names_what_is_damaged(void **state)
{
    struct desk d;
    (void)state;

    desk_open(&d);
    put_one(&d, "bob@example.org", "one", NOW_S + 60);
    put_one(&d, "bo\x1b@example.org", "two", NOW_S + 60);
    assert_int_equal(verify_run(&d.c, false), COMMAND_OK);
    assert_string_equal(out_of(&d), "2 messages, 0 damaged; 0 findings\n");
    assert_string_equal(err_of(&d), "");

    d.contents->messages[1].bytes[d.contents->messages[1].aor.len + 20] ^= 4;
    assert_int_equal(verify_run(&d.c, false), COMMAND_FAILED);
    assert_string_equal(out_of(&d),
                        "messages 2 bo\\x1b@example.org: the record is damaged\n"
                        "2 messages, 1 damaged; 1 findings\n");
    assert_string_equal(err_of(&d), "sipsilo: the store is damaged: 1 findings\n");
    assert_int_equal(verify_run(&d.c, true), COMMAND_FAILED);
    assert_string_equal(out_of(&d),
                        "{\"table\":\"messages\",\"what\":\"the record is damaged\","
                        "\"mid\":2,\"aor\":\"bo\\u001B@example.org\"}\n"
                        "{\"messages\":2,\"damaged\":1,\"findings\":1}\n");
    desk_close(&d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_listed_oldest_first_without_the_expired),
        cmocka_unit_test(an_aor_is_taken_as_people_write_it),
        cmocka_unit_test(a_message_is_shown_without_what_steers_a_terminal),
        cmocka_unit_test(a_long_body_is_shown_whole),
        cmocka_unit_test(an_unknown_message_is_told),
        cmocka_unit_test(messages_are_deleted_by_number_once),
        cmocka_unit_test(a_users_messages_are_deleted_expired_or_not),
        cmocka_unit_test(what_is_exported_is_imported_once),
        cmocka_unit_test(a_bad_line_is_told_and_the_rest_goes_on),
        cmocka_unit_test(a_line_is_bounded),
        cmocka_unit_test(an_address_that_is_full_refuses_its_lines),
        cmocka_unit_test(a_full_store_ends_an_import),
        cmocka_unit_test(verify_sums_up_and_names_what_is_damaged),
        cmocka_unit_test(output_that_does_not_arrive_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
