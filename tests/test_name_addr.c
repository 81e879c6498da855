#include "parser/name_addr.h"

#include "tests/exact.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* RFC 3261 20.10, 20.20, 20.39. */
static void
an_address_is_taken_apart(void **state)
{
    static const struct {
        const char *text, *display, *uri, *params, *tag;
    } rows[] = {
        { "<sip:a@h>", NULL, "sip:a@h", "", NULL },
        { "\"A. B\" <sip:a@h>;tag=1", "\"A. B\"", "sip:a@h", ";tag=1", "1" },
        { "\"<sip:no@no>;tag=no\" <sip:a@h>;tag=1", "\"<sip:no@no>;tag=no\"", "sip:a@h",
          ";tag=1", "1" },
        { "\"a\\\"\\\\\"<sip:a@h>", "\"a\\\"\\\\\"", "sip:a@h", "", NULL },
        { "Alice B <sip:a@h;tag=uri>;x;TAG=2", "Alice B", "sip:a@h;tag=uri", ";x;TAG=2",
          "2" },
        { "caller<sip:a@h>", "caller", "sip:a@h", "", NULL },
        { "Jos\xc3\xa9 <sip:a@h>", "Jos\xc3\xa9", "sip:a@h", "", NULL },
        { "sip:a@h;tag=3;x=y", NULL, "sip:a@h", ";tag=3;x=y", "3" },
        { "sip:a@h", NULL, "sip:a@h", "", NULL },
        { "sip:a@h \r\n ; tag \r\n = 4", NULL, "sip:a@h", "; tag \r\n = 4", "4" },
        { "\"A\r\n B\"\r\n <sip:a@h>\r\n ;\r\n tag=5", "\"A\r\n B\"", "sip:a@h",
          ";\r\n tag=5", "5" },
        { "<sip:a@h>;x=\">;tag=no\";tag=6", NULL, "sip:a@h", ";x=\">;tag=no\";tag=6",
          "6" },
        { "<tel:+1>;tag=7", NULL, "tel:+1", ";tag=7", "7" },
        { "<sip:a@h?x=y>", NULL, "sip:a@h?x=y", "", NULL },
        { "\"\" <urn:x:y>", "\"\"", "urn:x:y", "", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice text = exact_text(rows[i].text);
        struct name_addr address;
        const char *why = rows[i].text;

        begin_row(rows[i].text);
        assert_int_equal(name_addr_parse(text, &address, &why), PARSE_OK);
        expect_slice(address.display, rows[i].display);
        expect_slice(address.uri.text, rows[i].uri);
        expect_slice(address.params, rows[i].params);
        expect_slice(address.tag, rows[i].tag);
        exact_free(text);
    }
}

static void
what_is_no_address_is_bad(void **state)
{
    static const char *const rows[] = {
        "",
        " ",
        "<>",
        "<sip:a@h",
        "sip:a@h>",
        "< sip:a@h>",
        "<sip:a@h >",
        "<a@h>",
        "a@h",
        "<sip:a@h>x",
        "<sip:a@h> <sip:b@h>",
        "<sip:a@h>,",
        "<sip:a@h>,<sip:b@h>",
        "Bell, A <sip:a@h>",
        "\"A <sip:a@h>",
        "\"A\\",
        "\"A\\\"",
        "\"A\"",
        "\"A\" sip:a@h",
        "\"A\x01\" <sip:a@h>",
        "\"A\\\r\n B\" <sip:a@h>",
        "A\x01 <sip:a@h>",
        "<sip:a@h>;",
        "<sip:a@h>;;x",
        "<sip:a@h>;tag",
        "<sip:a@h>;tag=",
        "<sip:a@h>;tag=1;tag=1",
        "<sip:a@h>;x=\"open",
        "<sip:a@h>;x=\"\\",
        "sip:a@h?x=y",
        "sip:a,b@h",
        "sip:a;b@h",
        "sip:a@h,sip:b@h",
        "*",
        "sip:a@h x",
        "/nothing",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice text = exact_text(rows[i]);
        struct name_addr address = { .tag = SLICE("old") };
        const char *why = NULL;

        begin_row(rows[i]);
        expect_slice(text, name_addr_parse(text, &address, &why) == PARSE_BAD ? rows[i]
                                                                              : "bad");
        assert_non_null(why);
        expect_slice(address.tag, NULL);
        exact_free(text);
    }
}

/* One, and nothing behind it. */
static bool
is_contact(struct slice text, struct contact *contact)
{
    return contact_cut(&text, contact) == CONTACT_TAKEN && slice_is_absent(text);
}

/* RFC 3261 20.10, 20.19; RFC 5626 11.1; RFC 3840 9. */
static void
a_contact_has_its_parameters(void **state)
{
    static const struct {
        const char *text;
        int q_thousandths;
        int64_t expires_s;
        const char *instance, *methods;
    } rows[] = {
        { "<sip:a@h>", -1, -1, NULL, NULL },
        { "<sip:a@h>;q=0.7;expires=60", 700, 60, NULL, NULL },
        { "sip:a@h;Expires=0;Q=1.000", 1000, 0, NULL, NULL },
        { "<sip:a@h>;q=0.;expires=4294967296", 0, UINT32_MAX, NULL, NULL },
        { "<sip:a@h>;q=0.005;expires=abc", 5, -1, NULL, NULL },
        { "<sip:a@h>;expires=\"60\"", -1, -1, NULL, NULL },
        { "<sip:a@h>;expires", -1, -1, NULL, NULL },
        { "<sip:a@h>;expires=1;expires=2", -1, 1, NULL, NULL },
        { "<sip:a@h;q=0.1;expires=5>", -1, -1, NULL, NULL },
        { "<sip:a@h>;+sip.instance=\"<urn:uuid:1,2>\";reg-id=1;methods=\"INVITE, "
          "MESSAGE\"",
          -1, -1, "<urn:uuid:1,2>", "INVITE, MESSAGE" },
        { "<sip:a@h>;methods=MESSAGE", -1, -1, NULL, "MESSAGE" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice text = exact_text(rows[i].text);
        struct contact contact;

        begin_row(rows[i].text);
        assert_true(is_contact(text, &contact));
        assert_false(contact.is_star);
        assert_int_equal(contact.q_thousandths, rows[i].q_thousandths);
        assert_int_equal(contact.expires_s, rows[i].expires_s);
        expect_slice(contact.instance, rows[i].instance);
        expect_slice(contact.methods, rows[i].methods);
        exact_free(text);
    }
}

/* RFC 3261 10.2.2: the star stands alone. */
static void
a_star_is_a_contact_without_anything_else(void **state)
{
    struct contact contact;

    (void)state;
    assert_true(is_contact(SLICE("*"), &contact));
    assert_true(contact.is_star);
    expect_slice(contact.address.text, NULL);
    assert_false(is_contact(SLICE("*;expires=0"), &contact));
    assert_false(is_contact(SLICE("<*>"), &contact));
    assert_false(is_contact(SLICE("**"), &contact));
}

/* A list of a registrar's may have no empty one; elsewhere they are left out. */
static void
contacts_are_cut_off_a_list(void **state)
{
    static const char list[] =
        " <sip:a@h> ;q=0.1 ,\t* , sip:b ,\"c,d\" <sip:c,d@h>;x=\"e,f\",,;,";
    static const struct {
        enum contact_taken taken;
        const char *text, *params;
    } rows[] = {
        { CONTACT_TAKEN, "<sip:a@h> ;q=0.1", ";q=0.1" },
        { CONTACT_TAKEN, NULL, NULL },
        { CONTACT_TAKEN, "sip:b", "" },
        { CONTACT_TAKEN, "\"c,d\" <sip:c,d@h>;x=\"e,f\"", ";x=\"e,f\"" },
        { CONTACT_BAD, NULL, NULL },
        { CONTACT_BAD, NULL, NULL },
        { CONTACT_BAD, NULL, NULL },
        { CONTACT_NONE, NULL, NULL },
    };
    struct slice strict = exact_text(list), lax = strict, text = strict;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct contact contact;

        assert_int_equal(contact_cut(&strict, &contact), rows[i].taken);
        if (rows[i].taken == CONTACT_NONE)
            break;
        expect_slice(contact.address.text, rows[i].text);
        expect_slice(contact.address.params, rows[i].params);
        if (i == 4 || i == 6) /* ",," and the end */
            continue;
        assert_int_equal(contact_take(&lax, &contact), rows[i].taken);
        expect_slice(contact.address.text, rows[i].text);
    }
    assert_int_equal(contact_take(&lax, &(struct contact){ 0 }), CONTACT_NONE);
    exact_free(text);
}

/* RFC 3261 25.1, qvalue: three decimals, from 0 to 1. */
static void
a_bad_q_makes_a_contact_bad(void **state)
{
    static const char *const rows[] = {
        "<sip:a@h>;q",       "<sip:a@h>;q=1.5",     "<sip:a@h>;q=0.0001",
        "<sip:a@h>;q=2",     "<sip:a@h>;q=.5",      "<sip:a@h>;q=0,5",
        "<sip:a@h>;q=-0",    "<sip:a@h>;q=\"0.5\"", "<sip:a@h>;q=0.x",
        "<sip:a@h>;q=1.001",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice text = exact_text(rows[i]);
        struct contact contact;

        assert_false(is_contact(text, &contact));
        exact_free(text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_taken_apart),
        cmocka_unit_test(what_is_no_address_is_bad),
        cmocka_unit_test(a_contact_has_its_parameters),
        cmocka_unit_test(contacts_are_cut_off_a_list),
        cmocka_unit_test(a_star_is_a_contact_without_anything_else),
        cmocka_unit_test(a_bad_q_makes_a_contact_bad),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
