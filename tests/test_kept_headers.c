/* Which header fields are stored with a message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/silo/kept_headers.h"

#include <stdio.h>
#include <stdlib.h>

static struct message m;

/* What is kept of one line; "" for nothing. */
static const char *
kept(const char *line, bool from_trusted)
{
    static char out[4096];
    char text[1024];
    int len = snprintf(text, sizeof text,
                       "MESSAGE sip:bob@example.org SIP/2.0\r\n"
                       "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
                       "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\n"
                       "CSeq: 1 MESSAGE\r\n%s\r\n\r\n",
                       line);
    size_t used;

    assert_int_equal(
        message_parse_scalar(&m, slice_of(text, (size_t)len), MESSAGE_DATAGRAM),
        PARSE_OK);
    used = kept_headers_write(&m, from_trusted, out, sizeof out);
    assert_true(used < sizeof out);
    out[used] = '\0';
    return out;
}

static void
what_belongs_to_the_message_is_kept(void **state)
{
    static const struct {
        const char *line, *expected;
    } rows[] = {
        { "Subject: lunch", "Subject: lunch\r\n" },
        { "s: lunch", "Subject: lunch\r\n" },
        { "e: gzip", "Content-Encoding: gzip\r\n" },
        { "Content-Disposition: render", "Content-Disposition: render\r\n" },
        { "Content-Language: fr", "Content-Language: fr\r\n" },
        { "MIME-Version: 1.0", "MIME-Version: 1.0\r\n" },
        { "In-Reply-To: 1@a", "In-Reply-To: 1@a\r\n" },
        { "Reply-To: <sip:x@y>", "Reply-To: <sip:x@y>\r\n" },
        { "Priority: urgent", "Priority: urgent\r\n" },
        { "X-Colour: blue, green", "X-Colour: blue, green\r\n" },
        { "Call-Info: <http://e.org/i.png>", "Call-Info: <http://e.org/i.png>\r\n" },
        { "Subject: a\r\n  fold", "Subject: a fold\r\n" },
        { "X-A: 1\r\nX-A: 2", "X-A: 1\r\nX-A: 2\r\n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(kept(rows[i].line, false), rows[i].expected);
}

static void
what_belongs_to_the_way_is_never_kept(void **state)
{
    static const char *const rows[] = {
        "Route: <sip:r;lr>",
        "Record-Route: <sip:r;lr>",
        "Path: <sip:p;lr>",
        "Contact: <sip:a@192.0.2.1>",
        "m: <sip:a@192.0.2.1>",
        "Max-Forwards: 70",
        "Expires: 60",
        "Require: path",
        "Authorization: Digest username=\"a\"",
        "Proxy-Authorization: Digest username=\"a\"",
        "Proxy-Require: x",
        "Proxy-Something: x",
        "P-Access-Network-Info: IEEE-802.11",
        "P-Preferred-Identity: <sip:a@b>",
        "Supported: path",
        "Allow: MESSAGE",
        "Content-Type: text/plain",
        "Content-Length: 0",
        "Date: Sat, 13 Nov 2010 23:29:00 GMT",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(kept(rows[i], true), "");
}

/* RFC 3325 5: an identity that is asserted by nobody we trust is no identity. */
static void
an_asserted_identity_is_kept_from_trusted_peers_alone(void **state)
{
    (void)state;
    assert_string_equal(kept("P-Asserted-Identity: <sip:a@b>", false), "");
    assert_string_equal(kept("P-Asserted-Identity: <sip:a@b>", true),
                        "P-Asserted-Identity: <sip:a@b>\r\n");
    assert_string_equal(kept("Privacy: id", false), "");
    assert_string_equal(kept("Privacy: id", true), "Privacy: id\r\n");
}

static void
the_room_that_is_asked_for_suffices(void **state)
{
    char *out;

    (void)state;
    kept("s: a\r\ne: b\r\ne:\r\ne:\r\ne:\r\ne:\r\ne:", false);
    out = malloc(kept_headers_room(&m));
    assert_true(kept_headers_write(&m, false, out, kept_headers_room(&m)) > 0);
    free(out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_belongs_to_the_message_is_kept),
        cmocka_unit_test(what_belongs_to_the_way_is_never_kept),
        cmocka_unit_test(an_asserted_identity_is_kept_from_trusted_peers_alone),
        cmocka_unit_test(the_room_that_is_asked_for_suffices),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
