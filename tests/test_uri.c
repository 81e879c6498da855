#include "parser/uri.h"

#include "tests/exact.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static enum parse_status
parse(const char *text, struct uri *uri)
{
    const char *why = NULL;
    enum parse_status status = uri_parse(slice_of(text, strlen(text)), uri, &why);

    assert_int_equal(status == PARSE_BAD, why != NULL);
    return status;
}

/* RFC 3261 19.1.1, RFC 3966 3. */
static void
a_uri_is_taken_apart(void **state)
{
    static const struct {
        const char *text;
        enum uri_scheme scheme;
        const char *user, *password, *host;
        uint16_t port;
        const char *params, *headers;
    } rows[] = {
        { "sip:h", URI_SIP, NULL, NULL, "h", 0, "", NULL },
        { "SIPS:bob@h:5061", URI_SIPS, "bob", NULL, "h", 5061, "", NULL },
        { "sip:bob:pw@h;lr;x=1?a=b&c=", URI_SIP, "bob", "pw", "h", 0, ";lr;x=1",
          "a=b&c=" },
        { "sip:bob:@h", URI_SIP, "bob", "", "h", 0, "", NULL },
        { "sip:a;b?c/d,e=&f@h", URI_SIP, "a;b?c/d,e=&f", NULL, "h", 0, "", NULL },
        { "sip:%40%00@[2001:db8::1]:65535", URI_SIP, "%40%00", NULL, "[2001:db8::1]",
          65535, "", NULL },
        { "sip:u@h.example.", URI_SIP, "u", NULL, "h.example.", 0, "", NULL },
        { "sip:u@my_host;maddr=[::1];x=%3B", URI_SIP, "u", NULL, "my_host", 0,
          ";maddr=[::1];x=%3B", NULL },
        { "sip:[2001:db8:::192.0.2.1]", URI_SIP, NULL, NULL, "[2001:db8:::192.0.2.1]", 0,
          "", NULL },
        { "tel:+1-(41)5.5;phone-context=x", URI_TEL, "+1-(41)5.5", NULL, NULL, 0,
          ";phone-context=x", NULL },
        { "mailto:bob@example.com", URI_OTHER, NULL, NULL, NULL, 0, "", NULL },
        { "soap.beep://192.0.2.1:3002", URI_OTHER, NULL, NULL, NULL, 0, "", NULL },
        { "urn:service:sos", URI_OTHER, NULL, NULL, NULL, 0, "", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice text = exact_text(rows[i].text);
        struct uri uri;
        const char *why;

        begin_row(rows[i].text);
        assert_int_equal(uri_parse(text, &uri, &why), PARSE_OK);
        assert_int_equal(uri.scheme, rows[i].scheme);
        expect_slice(uri.user, rows[i].user);
        expect_slice(uri.password, rows[i].password);
        expect_slice(uri.host, rows[i].host);
        assert_int_equal(uri.port, rows[i].port);
        expect_slice(uri.params, rows[i].params);
        expect_slice(uri.headers, rows[i].headers);
        assert_true(slice_equal(uri.text, text));
        exact_free(text);
    }
}

static void
what_is_no_uri_is_bad(void **state)
{
    static const char *const rows[] = {
        "",
        ":",
        "sip",
        "sip:",
        "bob@h",
        "1sip:h",
        "s p:h",
        "sip: h",
        "sip:h ",
        " sip:h",
        "sip:@h",
        "sip::pw@h",
        "sip:a@",
        "sip:a@b@c",
        "sip:a b@h",
        "sip:a%4@h",
        "sip:a%zz@h",
        "sip:a%",
        "sip:a@h%",
        "sip:a\x01@h",
        "sip:\xc3\xa9@h",
        "sip:<a>@h",
        "sip:\"a\"@h",
        "sip:a@h:",
        "sip:a@h:x",
        "sip:a@h:0",
        "sip:a@h:65536",
        "sip:a@h:4294972356",
        "sip:a@h:-1",
        "sip:a@h:5060x",
        "sip:a@[]",
        "sip:a@[::1",
        "sip:a@[fe80::1%25eth0]",
        "sip:a@[192.0.2.1]",
        "sip:a@2001:db8::1",
        "sip:a@.h",
        "sip:a@h..",
        "sip:a@-h",
        "sip:a@h;",
        "sip:a@h;;lr",
        "sip:a@h;=x",
        "sip:a@h;x=%4",
        "sip:a@h;x=\"q\"",
        "sip:a@h?",
        "sip:a@h?a b",
        "sip:a@h;x=a,b",
        "tel:",
        "tel:abcx",
        "tel:+1;",
        "tel:+1@h",
        "mailto:",
        "mailto:a b",
        "x:<y>",
        "*",
        "sip:a@h\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice text = exact_text(rows[i]);
        struct uri uri = { .port = 7 };
        const char *why = NULL;

        begin_row(rows[i]);
        expect_slice(text, uri_parse(text, &uri, &why) == PARSE_BAD ? rows[i] : "bad");
        assert_non_null(why);
        assert_int_equal(uri.port, 0);
        exact_free(text);
    }
}

static void
parameters_are_found_without_case(void **state)
{
    struct uri uri;

    (void)state;
    assert_int_equal(parse("sip:h;LR;Transport=tcp;x=", &uri), PARSE_OK);
    expect_slice(uri_param(&uri, SLICE("lr")), "");
    expect_slice(uri_param(&uri, SLICE("transport")), "tcp");
    expect_slice(uri_param(&uri, SLICE("x")), "");
    expect_slice(uri_param(&uri, SLICE("maddr")), NULL);
}

/* RFC 3261 19.1.4, its examples first. */
static void
uris_are_equal_as_the_standard_says(void **state)
{
    static const struct {
        const char *a, *b;
        bool equal;
    } rows[] = {
        { "sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp",
          true },
        { "sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true },
        { "sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5", true },
        { "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
          "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true },
        { "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
          "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true },
        { "SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP",
          false },
        { "sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false },
        { "sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false },
        { "sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false },
        { "sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting",
          false },
        { "sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false },
        { "sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off",
          false },
        { "sip:a@h", "sips:a@h", false },
        { "sip:a@h", "sip:h", false },
        { "sip:a@h", "sip:a:@h", false },
        { "sip:a@h;user=phone", "sip:a@h", false },
        { "sip:a@h;ttl=1", "sip:a@h", false },
        { "sip:a@h;maddr=1.2.3.4", "sip:a@h", false },
        { "sip:a%3Bb@h", "sip:a;b@h", false },
        { "sip:a%3bb@h", "sip:a%3Bb@h", true },
        { "sip:a@h;x=%41", "sip:a@h;x=a", true },
        { "sip:a%00@h", "sip:a@h", false },
        { "tel:+1", "tel:+1", true },
        { "tel:+1", "tel:+1;x=y", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct uri a, b;

        begin_row(rows[i].a);
        assert_int_equal(parse(rows[i].a, &a), PARSE_OK);
        assert_int_equal(parse(rows[i].b, &b), PARSE_OK);
        expect_slice(uri_equal(&a, &b) ? a.text : SLICE("different"),
                     rows[i].equal ? rows[i].a : "different");
        assert_int_equal(uri_equal(&b, &a), rows[i].equal);
        assert_true(uri_equal(&a, &a));
    }
}

/* A comparison of thousands of parameters is not worth its time. */
static void
too_many_parameters_equal_only_themselves(void **state)
{
    static char left[4096] = "sip:h", right[4096] = "sip:h";
    struct uri a, b;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        strcat(left, ";a");
        strcat(right, i == 999 ? ";b" : ";a");
    }
    parse(left, &a);
    parse(right, &b);
    assert_true(uri_equal(&a, &a));
    assert_false(uri_equal(&a, &b));
}

/* RFC 3261 10.3 step 5; ports and parameters play no part. */
static void
an_address_of_record_has_one_form(void **state)
{
    static const struct {
        const char *uri, *aor; /* NULL: it has none */
    } rows[] = {
        { "sip:bob@example.org", "bob@example.org" },
        { "SIPS:bob:pw@EXAMPLE.org.:5062;transport=tcp?x=y", "bob@example.org" },
        { "sip:%62o%62@example.org", "bob@example.org" },
        { "sip:BOB@example.org", "BOB@example.org" },
        { "sip:b%40c%25d%00@h", "b%40c%25d%00@h" },
        { "sip:%c3%a9%2F%3b%3A@h", "%C3%A9/;%3A@h" },
        { "sip:%20%22%3c%0d%0A@h", "%20%22%3C%0D%0A@h" },
        { "sip:%2540@h", "%2540@h" },
        { "sip:a;b@h", "a;b@h" },
        { "sip:a@[2001:DB8::1]:5060", "a@[2001:db8::1]" },
        { "sip:h", NULL },
        { "tel:+1", NULL },
        { "mailto:a@h", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[AOR_MAX];
        struct uri uri;
        size_t len;

        begin_row(rows[i].uri);
        assert_int_equal(parse(rows[i].uri, &uri), PARSE_OK);
        len = uri_canonical_aor(&uri, out, sizeof out);
        expect_slice(slice_of(out, len), rows[i].aor == NULL ? "" : rows[i].aor);
    }
}

static void
an_address_that_does_not_fit_has_no_form(void **state)
{
    static char text[2 * AOR_MAX] = "sip:";
    static char out[2 * AOR_MAX];
    struct uri uri;

    (void)state;
    parse("sip:bob@h", &uri);
    assert_int_equal(uri_canonical_aor(&uri, out, 5), 5);
    assert_int_equal(uri_canonical_aor(&uri, out, 4), 0);
    assert_int_equal(uri_canonical_aor(&uri, out, 0), 0);
    memset(text + 4, 'x', AOR_MAX - 2);
    strcat(text, "@h");
    parse(text, &uri);
    assert_int_equal(uri_canonical_aor(&uri, out, sizeof out), AOR_MAX);
    text[4 + AOR_MAX - 2] = 'x';
    strcpy(text + 4 + AOR_MAX - 1, "@h");
    parse(text, &uri);
    assert_int_equal(uri_canonical_aor(&uri, out, sizeof out), 0);
}

static uint32_t
next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 16;
}

/* Any octets as a user, escaped at whim: the form is printable, holds one '@', is its own
 * form, and two users have the same one exactly when their octets are the same. */
static void
the_form_of_a_form_is_itself(void **state)
{
    static const char plain[] = "aZ0-_.!~*'()&=+$,;?/";
    static const char *const hex[] = { "0123456789abcdef", "0123456789ABCDEF" };
    uint32_t seed = 7;

    (void)state;
    for (int round = 0; round < 30000; round++) {
        char text[256], other[256], first[AOR_MAX], again[AOR_MAX], swapped[AOR_MAX];
        size_t len = 4, other_len = 4, n, m;
        struct slice copy;
        struct uri uri;
        const char *why;

        memcpy(text, "sip:", 4);
        memcpy(other, "sip:", 4);
        for (uint32_t left = 1 + next_random(&seed) % 20; left > 0; left--) {
            unsigned char octet = (unsigned char)next_random(&seed);
            const char *digits = hex[next_random(&seed) % 2];

            if (next_random(&seed) % 2 == 0) {
                octet = (unsigned char)plain[next_random(&seed) % (sizeof plain - 1)];
                text[len++] = (char)octet;
            } else {
                text[len++] = '%';
                text[len++] = digits[octet >> 4];
                text[len++] = digits[octet & 15];
            }
            other[other_len++] = '%';
            other[other_len++] = hex[0][octet >> 4];
            other[other_len++] = hex[1][octet & 15];
        }
        memcpy(text + len, "@Ex.ORG", 7);
        memcpy(other + other_len, "@ex.org.", 8);
        copy = exact(slice_of(text, len + 7));
        assert_int_equal(uri_parse(copy, &uri, &why), PARSE_OK);
        n = uri_canonical_aor(&uri, first, sizeof first);
        exact_free(copy);
        assert_true(n > 0);
        for (size_t i = 0, ats = 0; i < n; i++) {
            ats += first[i] == '@';
            assert_true(first[i] > ' ' && first[i] < 0x7f && ats <= 1);
        }
        memcpy(text + 4, first, n);
        assert_int_equal(uri_parse(slice_of(text, n + 4), &uri, &why), PARSE_OK);
        m = uri_canonical_aor(&uri, again, sizeof again);
        assert_true(slice_equal(slice_of(first, n), slice_of(again, m)));
        assert_int_equal(uri_parse(slice_of(other, other_len + 8), &uri, &why), PARSE_OK);
        m = uri_canonical_aor(&uri, swapped, sizeof swapped);
        assert_true(slice_equal(slice_of(first, n), slice_of(swapped, m)));
        other[5] = other[5] == '4' ? '5' : '4'; /* another octet */
        assert_int_equal(uri_parse(slice_of(other, other_len + 8), &uri, &why), PARSE_OK);
        m = uri_canonical_aor(&uri, swapped, sizeof swapped);
        assert_false(slice_equal(slice_of(first, n), slice_of(swapped, m)));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_uri_is_taken_apart),
        cmocka_unit_test(what_is_no_uri_is_bad),
        cmocka_unit_test(parameters_are_found_without_case),
        cmocka_unit_test(uris_are_equal_as_the_standard_says),
        cmocka_unit_test(too_many_parameters_equal_only_themselves),
        cmocka_unit_test(an_address_of_record_has_one_form),
        cmocka_unit_test(an_address_that_does_not_fit_has_no_form),
        cmocka_unit_test(the_form_of_a_form_is_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
