#include "src/setting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

/* A key by its text; the value that a file would have, in static memory. */
static const char *
value_of(const struct settings *settings, const char *key)
{
    static char text[65536];
    const struct setting *setting = settings_find(slice_of_string(key));
    struct setting_text value = { .len = 0 };
    bool is_set;

    assert_non_null(setting);
    is_set = setting->kind->print(settings, setting, &value);
    assert_false(value.failed);
    snprintf(text, sizeof text, "%.*s", is_set ? (int)value.len : 9,
             is_set ? value.at : "(not set)");
    free(value.at);
    return text;
}

/* In exactly its own memory, so that one octet of overreading is seen. */
static bool
override(struct settings *settings, const char *key, const char *value,
         char why[SETTINGS_WHY])
{
    size_t room = strlen(key) + strlen(value) + 2;
    char *assignment = malloc(room);
    bool done;

    assert_non_null(assignment);
    snprintf(assignment, room, "%s=%s", key, value);
    done = settings_override(settings, assignment, why);
    free(assignment);
    return done;
}

static bool
read_text(struct settings *settings, const char *text, size_t len, char why[SETTINGS_WHY])
{
    char path[] = "/tmp/sipsilo-test-XXXXXX";
    int fd = mkstemp(path);
    bool done;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), (ssize_t)len);
    close(fd);
    done = settings_read_file(settings, path, why);
    unlink(path);
    if (!done) { /* the name changes, what follows does not */
        assert_memory_equal(why, path, strlen(path));
        memmove(why, why + strlen(path), strlen(why + strlen(path)) + 1);
    }
    return done;
}

/* Contract, section 2: the table of keys and defaults. */
static void
every_key_has_its_default(void **state)
{
    static const struct {
        const char *key, *value;
    } rows[] = {
        { "core.listen", "udp:127.0.0.1:5060, tcp:127.0.0.1:5060" },
        { "core.alias", "localhost" },
        { "core.log_level", "info" },
        { "core.log_format", "logfmt" },
        { "core.max_message_size", "65535" },
        { "core.max_forwards", "10" },
        { "core.relay", "none" },
        { "core.trusted", "none" },
        { "core.tcp_max_connections", "2048" },
        { "core.tcp_connection_lifetime", "120" },
        { "tm.fr_timer", "10" },
        { "tm.wt_timer", "32" },
        { "registrar.default_expires", "3600" },
        { "registrar.min_expires", "60" },
        { "registrar.max_expires", "86400" },
        { "registrar.max_contacts", "10" },
        { "usrloc.db_mode", "0" },
        { "msilo.db_url", "lmdb:./silo.db" },
        { "msilo.db_table", "silo" },
        { "msilo.map_size", "1 GiB" },
        { "msilo.registrar", "none" },
        { "msilo.expire_time", "259200" },
        { "msilo.check_time", "30" },
        { "msilo.clean_period", "5" },
        { "msilo.use_contact", "1" },
        { "msilo.store_mode", "0" },
        { "msilo.failure_mode", "1" },
        { "msilo.store_on",
          "404, 405, 408, 410, 430, 480, 486, 487, 500, 501, 502, 503, 504" },
        { "msilo.offline_message", "Your message to $ru is stored and will be delivered"
                                   " when that user comes online." },
        { "msilo.content_type", "text/plain" },
        { "msilo.max_messages", "0" },
        { "msilo.max_bytes", "0" },
        { "msilo.nostore_types", "application/im-iscomposing+xml" },
        { "msilo.outbound_proxy", "none" },
        { "msilo.add_date", "0" },
        { "auth.register", "(not set)" },
        { "auth.message", "(not set)" },
    };
    struct settings settings;
    char why[SETTINGS_WHY];
    (void)state;

    assert_true(settings_init(&settings));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(value_of(&settings, rows[i].key), rows[i].value);
    assert_int_equal(settings_table_count, sizeof rows / sizeof rows[0]);
    assert_true(settings_check(&settings, why));
    settings_free(&settings);
}

/* `why` NULL: it is taken, and then printed as `shown`. */
static const struct {
    const char *key, *value, *shown, *why;
} value_rows[] = {
    { "core.listen", "udp:192.0.2.1:5060", "udp:192.0.2.1:5060", NULL },
    { "core.listen", " TCP:[::1]:0 , udp:localhost:65535",
      "tcp:[::1]:0, udp:localhost:65535", NULL },
    { "core.listen", "udp:127.0.0.1:0,udp:127.0.0.1:0",
      "udp:127.0.0.1:0, udp:127.0.0.1:0", NULL },
    { "core.listen", "udp:0.0.0.0:5060,tcp:[::]:5060", "udp:0.0.0.0:5060, tcp:[::]:5060",
      NULL },
    { "core.listen", "", NULL, "'' is an empty element of the list" },
    { "core.listen", "none", NULL, "'none' is not udp:HOST:PORT or tcp:HOST:PORT" },
    { "core.listen", "udp:127.0.0.1:5060,", NULL, "'' is an empty element of the list" },
    { "core.listen", "tls:127.0.0.1:5061", NULL,
      "'tls:127.0.0.1:5061' is not available in this version: udp or tcp" },
    { "core.listen", "ws:127.0.0.1:80", NULL,
      "'ws:127.0.0.1:80' is not available in this version: udp or tcp" },
    { "core.listen", "wss:127.0.0.1:443", NULL,
      "'wss:127.0.0.1:443' is not available in this version: udp or tcp" },
    { "core.listen", "sctp:127.0.0.1:5060", NULL,
      "'sctp:127.0.0.1:5060' is not udp:HOST:PORT or tcp:HOST:PORT" },
    { "core.listen", "udp:127.0.0.1", NULL,
      "'udp:127.0.0.1' has no HOST:PORT, IPv6 in brackets, port to 65535" },
    { "core.listen", "udp::5060", NULL,
      "'udp::5060' has no HOST:PORT, IPv6 in brackets, port to 65535" },
    { "core.listen", "udp:", NULL,
      "'udp:' has no HOST:PORT, IPv6 in brackets, port to 65535" },
    { "core.listen", "udp:127.0.0.1:", NULL,
      "'udp:127.0.0.1:' has no HOST:PORT, IPv6 in brackets, port to 65535" },
    { "core.listen", "udp:127.0.0.1:65536", NULL,
      "'udp:127.0.0.1:65536' has no HOST:PORT, IPv6 in brackets, port to 65535" },
    { "core.listen", "udp:127.0.0.1:99999999999999999999", NULL,
      "'udp:127.0.0.1:99999999999999999999' has no HOST:PORT, IPv6 in brackets, port to"
      " 65535" },
    { "core.listen", "udp:127.0.0.1:-1", NULL,
      "'udp:127.0.0.1:-1' has no HOST:PORT, IPv6 in brackets, port to 65535" },
    { "core.listen", "udp:::1:5060", NULL,
      "'udp:::1:5060' has no HOST:PORT, IPv6 in brackets, port to 65535" },
    { "core.listen", "udp:[127.0.0.1]:5060", NULL,
      "'udp:[127.0.0.1]:5060' has no HOST:PORT, IPv6 in brackets, port to 65535" },
    { "core.listen", "udp:[::1:5060", NULL,
      "'udp:[::1:5060' has no IP address: names but localhost are not looked up" },
    { "core.listen", "udp:sip.example.org:5060", NULL,
      "'udp:sip.example.org:5060' has no IP address: names but localhost are not looked"
      " up" },
    { "core.listen", "udp:127.0.0.1:5060,udp:127.0.0.1:5060", NULL,
      "'udp:127.0.0.1:5060' is there twice" },

    { "core.alias", "Example.ORG, [2001:DB8::1],192.0.2.1,under_score",
      "example.org, [2001:db8::1], 192.0.2.1, under_score", NULL },
    { "core.alias", "example.org.", "example.org", NULL },
    { "core.alias", "example.org..", NULL,
      "'example.org..' is not a domain, without a port" },
    { "core.alias", "a..b", NULL, "'a..b' is not a domain, without a port" },
    { "core.alias", ".", NULL, "'.' is not a domain, without a port" },
    { "core.alias", "none", "none", NULL },
    { "core.alias", "example.org:5060", NULL,
      "'example.org:5060' is not a domain, without a port" },
    { "core.alias", "bob@example.org", NULL,
      "'bob@example.org' is not a domain, without a port" },
    { "core.alias", "[::1", NULL, "'[::1' is not a domain, without a port" },
    { "core.alias", "a,,b", NULL, "'' is an empty element of the list" },

    { "core.log_level", "debug", "debug", NULL },
    { "core.log_level", "loud", NULL, "'loud' is not one of error, warn, info, debug" },
    { "core.log_level", "", NULL, "'' is not one of error, warn, info, debug" },
    { "core.log_format", "json", "json", NULL },
    { "core.log_format", "xml", NULL, "'xml' is not one of logfmt, json" },
    { "core.relay", "none", "none", NULL },
    { "core.relay", "all", "all", NULL },
    { "core.relay", "trusted", "trusted", NULL },
    { "core.relay", "some", NULL, "'some' is not one of none, trusted, all" },
    { "core.max_forwards", "1", "1", NULL },
    { "core.max_forwards", "255", "255", NULL },
    { "core.max_forwards", "0", NULL, "'0' is not in 1..255" },
    { "core.max_forwards", "256", NULL, "'256' is not in 1..255" },
    { "msilo.failure_mode", "2", "2", NULL },
    { "msilo.failure_mode", "3", NULL, "'3' is not in 0..2" },
    { "msilo.store_on", "all", "all", NULL },
    { "msilo.store_on", "none", "none", NULL },
    { "msilo.store_on", "480,404 , 699", "404, 480, 699", NULL },
    { "msilo.store_on", "200", NULL, "'200' is not a final status in 300..699, or all" },
    { "msilo.store_on", "700", NULL, "'700' is not a final status in 300..699, or all" },
    { "msilo.store_on", "4xx", NULL, "'4xx' is not a final status in 300..699, or all" },

    { "core.max_message_size", "1024", "1 KiB", NULL },
    { "core.max_message_size", "65535", "65535", NULL },
    { "core.max_message_size", "1023", NULL, "'1023' is not in 1024..65535" },
    { "core.max_message_size", "65536", NULL, "'65536' is not in 1024..65535" },
    { "core.max_message_size", "64K", NULL, "'64K' is not in 1024..65535" },
    { "core.max_message_size", "big", NULL,
      "'big' is not a size such as 65536, 64K, 64 KiB, 2M, 1G" },

    { "core.trusted", "192.0.2.0/24, 2001:db8::/32,198.51.100.7",
      "192.0.2.0/24, 2001:db8::/32, 198.51.100.7/32", NULL },
    { "core.trusted", "0.0.0.0/0", "0.0.0.0/0", NULL },
    { "core.trusted", "none", "none", NULL },
    { "core.trusted", "192.0.2.0/33", NULL,
      "'192.0.2.0/33' is not a network such as 192.0.2.0/24, 2001:db8::/32" },
    { "core.trusted", "example.org", NULL,
      "'example.org' is not a network such as 192.0.2.0/24, 2001:db8::/32" },

    { "core.tcp_max_connections", "1", "1", NULL },
    { "core.tcp_max_connections", "1000000", "1000000", NULL },
    { "core.tcp_max_connections", "0", NULL, "'0' is not in 1..1000000" },
    { "core.tcp_max_connections", "1000001", NULL, "'1000001' is not in 1..1000000" },
    { "core.tcp_connection_lifetime", "31536000", "31536000", NULL },
    { "core.tcp_connection_lifetime", "31536001", NULL,
      "'31536001' is not in 1..31536000" },
    { "core.tcp_connection_lifetime", "0", NULL, "'0' is not in 1..31536000" },

    { "tm.fr_timer", "1", "1", NULL },
    { "tm.fr_timer", "3600", "3600", NULL },
    { "tm.fr_timer", "0", NULL, "'0' is not in 1..3600" },
    { "tm.fr_timer", "3601", NULL, "'3601' is not in 1..3600" },
    { "tm.fr_timer", "10s", NULL, "'10s' is not a number in 1..3600" },
    { "tm.fr_timer", "-1", NULL, "'-1' is not a number in 1..3600" },
    { "tm.fr_timer", "+1", NULL, "'+1' is not a number in 1..3600" },
    { "tm.fr_timer", "", NULL, "'' is not a number in 1..3600" },
    { "tm.fr_timer", "0x10", NULL, "'0x10' is not a number in 1..3600" },
    { "tm.wt_timer", "3600", "3600", NULL },
    { "tm.wt_timer", "0", NULL, "'0' is not in 1..3600" },
    { "tm.wt_timer", "4294967328", NULL, "'4294967328' is not in 1..3600" },
    { "tm.wt_timer", "18446744073709551648", NULL,
      "'18446744073709551648' is not in 1..3600" },

    { "registrar.default_expires", "31536000", "31536000", NULL },
    { "registrar.default_expires", "0", NULL, "'0' is not in 1..31536000" },
    { "registrar.min_expires", "1", "1", NULL },
    { "registrar.min_expires", "31536001", NULL, "'31536001' is not in 1..31536000" },
    { "registrar.max_expires", "31536000", "31536000", NULL },
    { "registrar.max_expires", "0", NULL, "'0' is not in 1..31536000" },
    { "registrar.max_contacts", "1000", "1000", NULL },
    { "registrar.max_contacts", "0", NULL, "'0' is not in 1..1000" },
    { "registrar.max_contacts", "1001", NULL, "'1001' is not in 1..1000" },
    { "usrloc.db_mode", "1", "1", NULL },
    { "usrloc.db_mode", "2", NULL, "'2' is not in 0..1" },

    { "msilo.db_url", "lmdb:/var/lib/sipsilo", "lmdb:/var/lib/sipsilo", NULL },
    { "msilo.db_url", "lmdb:", NULL, "'lmdb:' is not lmdb:DIRECTORY" },
    { "msilo.db_url", "/var/lib/sipsilo", NULL,
      "'/var/lib/sipsilo' is not lmdb:DIRECTORY" },
    { "msilo.db_url", "mysql://u:p@h/d", NULL,
      "'mysql://u:p@h/d' is not available in this version: lmdb:DIRECTORY" },
    { "msilo.db_table", "silo_2", "silo_2", NULL },
    { "msilo.db_table", "", NULL, "'' is empty" },
    { "msilo.db_table", "sixty_three_letters_sixty_three_letters_sixty_three_letters_six",
      "sixty_three_letters_sixty_three_letters_sixty_three_letters_six", NULL },
    { "msilo.db_table",
      "sixty_four_letters__sixty_four_letters__sixty_four_letters__sixt", NULL,
      "'sixty_four_letters__sixty_four_letters__sixty_four_letters__sixt' is longer than"
      " 63 bytes" },
    { "msilo.db_table", "a b", NULL, "'a b' may hold letters, digits and _ alone" },
    { "msilo.map_size", "1048576", "1 MiB", NULL },
    { "msilo.map_size", "10GiB", "10 GiB", NULL },
    { "msilo.map_size", "64m", "64 MiB", NULL },
    { "msilo.map_size", "16T", "16 TiB", NULL },
    { "msilo.map_size", "1000000000", "1000000000", NULL },
    { "msilo.map_size", "1048575", NULL, "'1048575' is not in 1048576..17592186044416" },
    { "msilo.map_size", "17592186044417", NULL,
      "'17592186044417' is not in 1048576..17592186044416" },
    { "msilo.map_size", "18446744073709551615T", NULL,
      "'18446744073709551615T' is not in 1048576..17592186044416" },
    { "msilo.map_size", "1GB", NULL,
      "'1GB' is not a size such as 65536, 64K, 64 KiB, 2M, 1G" },
    { "msilo.map_size", "GiB", NULL,
      "'GiB' is not a size such as 65536, 64K, 64 KiB, 2M, 1G" },

    { "msilo.registrar", "sip:silo@example.org", "sip:silo@example.org", NULL },
    { "msilo.registrar", "none", "none", NULL },
    { "msilo.registrar", "sip:example.org", NULL,
      "'sip:example.org' has no user part: sip:USER@DOMAIN is wanted" },
    { "msilo.registrar", "tel:+15551234", NULL, "'tel:+15551234' is not a sip: URI" },
    { "msilo.registrar", "", NULL, "'' is empty" },
    { "msilo.registrar", "sip:a@b?Subject=x", NULL,
      "'sip:a@b?Subject=x' may not hold headers (behind '?')" },
    { "msilo.outbound_proxy", "sip:192.0.2.1:5060;transport=TCP",
      "sip:192.0.2.1:5060;transport=TCP", NULL },
    { "msilo.outbound_proxy", "none", "none", NULL },
    { "msilo.outbound_proxy", "sips:example.org", NULL,
      "'sips:example.org' is not a sip: URI" },
    { "msilo.outbound_proxy", "sip:example.org;transport=tls", NULL,
      "'sip:example.org;transport=tls' has a transport that is not udp or tcp" },

    { "msilo.expire_time", "1", "1", NULL },
    { "msilo.expire_time", "31536000", "31536000", NULL },
    { "msilo.expire_time", "0", NULL, "'0' is not in 1..31536000" },
    { "msilo.expire_time", "31536001", NULL, "'31536001' is not in 1..31536000" },
    { "msilo.check_time", "86400", "86400", NULL },
    { "msilo.check_time", "0", NULL, "'0' is not in 1..86400" },
    { "msilo.check_time", "86401", NULL, "'86401' is not in 1..86400" },
    { "msilo.clean_period", "1", "1", NULL },
    { "msilo.clean_period", "0", NULL, "'0' is not in 1..1000000" },
    { "msilo.use_contact", "0", "0", NULL },
    { "msilo.use_contact", "yes", NULL, "'yes' is not 0 or 1" },
    { "msilo.use_contact", "2", NULL, "'2' is not 0 or 1" },
    { "msilo.add_date", "1", "1", NULL },
    { "msilo.store_mode", "2", "2", NULL },
    { "msilo.store_mode", "3", NULL, "'3' is not in 0..2" },

    { "msilo.offline_message", "$fu to $rU@$rd, $tu on $T", "$fu to $rU@$rd, $tu on $T",
      NULL },
    { "msilo.offline_message", "costs $$5 $$", "costs $$5 $$", NULL },
    { "msilo.offline_message", "a $$$", NULL,
      "'$' is not one of $rU, $rd, $ru, $fu, $tu, $T, $$" },
    { "msilo.offline_message", "costs $5", NULL,
      "'$5' is not one of $rU, $rd, $ru, $fu, $tu, $T, $$" },
    { "msilo.offline_message", "a $", NULL,
      "'$' is not one of $rU, $rd, $ru, $fu, $tu, $T, $$" },
    { "msilo.offline_message", "", NULL, "'' is empty" },
    { "msilo.offline_message", "a\nb", NULL, "'a\\x0ab' is not a line of UTF-8 text" },
    { "msilo.offline_message", "a\xff", NULL, "'a\\xff' is not a line of UTF-8 text" },
    { "msilo.content_type", "text/plain; charset=utf-8", "text/plain; charset=utf-8",
      NULL },
    { "msilo.content_type", "text", NULL,
      "'text' is not a media type such as text/plain" },
    { "msilo.content_type", "text/", NULL,
      "'text/' is not a media type such as text/plain" },
    { "msilo.max_messages", "1000000000", "1000000000", NULL },
    { "msilo.max_messages", "1000000001", NULL, "'1000000001' is not in 0..1000000000" },
    { "msilo.max_bytes", "1M", "1 MiB", NULL },
    { "msilo.max_bytes", "17592186044417", NULL,
      "'17592186044417' is not in 0..17592186044416" },
    { "msilo.nostore_types", "image/*,a/b", "image/*, a/b", NULL },
    { "msilo.nostore_types", "none", "none", NULL },
    { "msilo.nostore_types", "text", NULL,
      "'text' is not a media type such as text/plain" },

    { "auth.register", "none", "none", NULL },
    { "auth.register", "trusted", "trusted", NULL },
    { "auth.register", "digest", NULL, "'digest' is not available in this version" },
    { "auth.message", "trusted", "trusted", NULL },
    { "auth.message", "all", NULL, "'all' is not one of none, trusted" },
};

static void
a_value_is_taken_within_its_bounds_and_refused_past_them(void **state)
{
    (void)state;

    for (size_t i = 0; i < sizeof value_rows / sizeof value_rows[0]; i++) {
        const char *key = value_rows[i].key;
        char expected[SETTINGS_WHY], why[SETTINGS_WHY] = "", before[1024];
        struct settings settings;

        assert_true(settings_init(&settings));
        snprintf(before, sizeof before, "%s", value_of(&settings, key));
        bool taken = override(&settings, key, value_rows[i].value, why);
        snprintf(expected, sizeof expected, "-o %s: %s", key,
                 value_rows[i].why ? value_rows[i].why : "");
        if (value_rows[i].why == NULL && !taken)
            fail_msg("%s=%s: %s", key, value_rows[i].value, why);
        if (value_rows[i].why != NULL)
            assert_string_equal(why, expected);
        assert_true(taken == (value_rows[i].why == NULL));
        assert_string_equal(value_of(&settings, key),
                            taken ? value_rows[i].shown : before);
        settings_free(&settings);
    }
}

static void
a_list_is_bounded(void **state)
{
    static const struct {
        const char *key, *before, *behind; /* of the number in an element */
        int limit;
    } rows[] = {
        { "core.listen", "udp:127.0.0.1:", "", LIMIT_LISTENERS },
        { "core.alias", "d", ".example.org", LIMIT_ALIASES },
        { "core.trusted", "192.0.", ".0/24", LIMIT_TRUSTED },
        { "msilo.nostore_types", "text/x-", "", LIMIT_NOSTORE_TYPES },
    };
    (void)state;

    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        char value[20000] = "", why[SETTINGS_WHY], expected[SETTINGS_WHY];
        int len = 0, last = 0;
        struct settings settings;

        assert_true(settings_init(&settings));
        for (int i = 0; i <= rows[row].limit; i++) {
            if (i == rows[row].limit)
                assert_true(override(&settings, rows[row].key, value, why));
            len += snprintf(value + len, sizeof value - (size_t)len, i == 0 ? "" : ",");
            last = len;
            len += snprintf(value + len, sizeof value - (size_t)len, "%s%d%s",
                            rows[row].before, i % 256, rows[row].behind);
        }
        snprintf(expected, sizeof expected, "-o %s: '%s' is more than %d elements",
                 rows[row].key, value + last, rows[row].limit);
        assert_false(override(&settings, rows[row].key, value, why));
        assert_string_equal(why, expected);
        settings_free(&settings);
    }
}

static void
a_later_assignment_replaces_the_whole_list(void **state)
{
    struct settings settings;
    char why[SETTINGS_WHY];
    const char text[] = "[core]\nalias = a, b, c\n";
    (void)state;

    assert_true(settings_init(&settings));
    assert_true(read_text(&settings, text, strlen(text), why));
    assert_true(override(&settings, "core.alias", "d", why));
    assert_string_equal(value_of(&settings, "core.alias"), "d");
    settings_free(&settings);
}

static void
an_override_that_is_none_says_so(void **state)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        { "msilo.expire_time", "-o 'msilo.expire_time': SECTION.KEY=VALUE is wanted" },
        { "msilo.expires=5", "-o msilo.expires: there is no such setting" },
        { "expire_time=5", "-o expire_time: there is no such setting" },
        { "=5", "-o : there is no such setting" },
        { "a\x1b[1m=5", "-o a\\x1b[1m: there is no such setting" },
    };
    struct settings settings;
    char why[SETTINGS_WHY];
    (void)state;

    assert_true(settings_init(&settings));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_false(settings_override(&settings, rows[i].text, why));
        assert_string_equal(why, rows[i].why);
    }
    settings_free(&settings);
}

static void
a_file_has_sections_keys_comments_and_quotes(void **state)
{
    const char text[] = "\xef\xbb\xbf# a comment\r\n"
                        "; another\n"
                        "\n"
                        "  [ core ]  \r\n"
                        "log_level=debug\r\n"
                        "\talias =  a.example , b.example  \n"
                        "[msilo]\n"
                        "offline_message = \"  for $rU; # no comment \"\n"
                        "content_type = text/plain;charset=utf-8\n"
                        "[core]\n"
                        "log_format = json"; /* no newline at the end */
    struct settings settings;
    char why[SETTINGS_WHY];
    (void)state;

    assert_true(settings_init(&settings));
    assert_true(read_text(&settings, text, strlen(text), why));
    assert_string_equal(value_of(&settings, "core.log_level"), "debug");
    assert_string_equal(value_of(&settings, "core.alias"), "a.example, b.example");
    assert_string_equal(value_of(&settings, "core.log_format"), "json");
    assert_string_equal(value_of(&settings, "msilo.offline_message"),
                        "  for $rU; # no comment ");
    assert_string_equal(value_of(&settings, "msilo.content_type"),
                        "text/plain;charset=utf-8");
    settings_free(&settings);
}

static void
an_error_in_a_file_names_file_line_key_and_value(void **state)
{
    static const struct {
        struct slice text;
        const char *why;
    } rows[] = {
        { SLICE_INIT("[msilo]\n\nexpire_time = 0\n"),
          ":3: msilo.expire_time: '0' is not in 1..31536000" },
        { SLICE_INIT("[msilo]\nexpires = 5"),
          ":2: msilo.expires: there is no such setting" },
        { SLICE_INIT("[core]\nexpire_time = 5"),
          ":2: core.expire_time: there is no such setting" },
        { SLICE_INIT("[tls]\n"), ":1: there is no section [tls]" },
        { SLICE_INIT("[]\n"), ":1: there is no section []" },
        { SLICE_INIT("[core.listen]\n"), ":1: there is no section [core.listen]" },
        { SLICE_INIT("[core\n"), ":1: a section ends with ']': [core" },
        { SLICE_INIT("["), ":1: a section ends with ']': [" },
        { SLICE_INIT("log_level = info\n"),
          ":1: log_level: stands before the first [section]" },
        { SLICE_INIT("core.log_level = info\n"),
          ":1: core.log_level: stands before the first [section]" },
        { SLICE_INIT("[core]\nlog_level info\n"),
          ":2: KEY = VALUE is wanted: log_level info" },
        { SLICE_INIT("[core]\nlog_level = info\n[tm]\n[core]\nlog_level = warn\n"),
          ":5: core.log_level: is set on line 2 already" },
        { SLICE_INIT("[core]\nlog_level = a\0b\n"),
          ":2: core.log_level: 'a\\x00b' is not a line of UTF-8 text" },
        { SLICE_INIT("[core]\n\x1b[2J = a\n"),
          ":2: core.\\x1b[2J: there is no such setting" },
        { SLICE_INIT("[core]\n= a\n"), ":2: core.: there is no such setting" },
    };
    char why[SETTINGS_WHY];
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct settings settings;
        assert_true(settings_init(&settings));
        assert_false(read_text(&settings, rows[i].text.at, rows[i].text.len, why));
        assert_string_equal(why, rows[i].why);
        settings_free(&settings);
    }
}

static void
a_line_of_a_file_may_be_long_and_an_error_stays_short(void **state)
{
    char text[9000] = "[core]\nalias = a", why[SETTINGS_WHY];
    struct settings settings;
    (void)state;

    for (int i = 0; i < 200; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 ", domain%d.example.org", i);
    assert_true(settings_init(&settings));
    assert_true(read_text(&settings, text, strlen(text), why));
    assert_int_equal(settings.alias_count, 201);

    memset(text + 15, 'x', 8000);
    assert_false(read_text(&settings, text, 8000, why));
    assert_true(strlen(why) < 200);
    assert_null(strchr(why, '\n'));
    settings_free(&settings);
}

static void
a_file_that_cannot_be_read_says_why(void **state)
{
    struct settings settings;
    char why[SETTINGS_WHY];
    (void)state;

    assert_true(settings_init(&settings));
    assert_false(settings_read_file(&settings, "/nonexistent/sipsilo.conf", why));
    assert_string_equal(why, "/nonexistent/sipsilo.conf: No such file or directory");
    assert_false(settings_read_file(&settings, "/tmp", why));
    assert_string_equal(why, "/tmp: Is a directory");
    assert_false(settings_read_file(&settings, "/dev/zero", why));
    assert_string_equal(why, "/dev/zero: is longer than a configuration can be (1 MiB)");
    settings_free(&settings);
}

struct text {
    char at[65536];
    size_t len;
};

static void
keep(void *self, struct slice line)
{
    struct text *text = self;

    assert_true(line.len < sizeof text->at - text->len);
    assert_int_equal(line.at[line.len - 1], '\n');
    memcpy(text->at + text->len, line.at, line.len);
    text->len += line.len;
    text->at[text->len] = '\0';
}

static void
what_is_printed_reads_back_the_same(void **state)
{
    static const char *const assignments[] = {
        "core.listen=udp:[::1]:0, tcp:localhost:5070",
        "core.alias=A.example,b.example",
        "core.trusted=10.0.0.0/8,::1,::/0,0.0.0.0/0",
        "core.log_format=json",
        "usrloc.db_mode=1",
        "msilo.map_size=3000K",
        "msilo.registrar=sip:silo@a.example;x=y",
        "msilo.offline_message=\"\" quoted $rU \" \"",
        "msilo.outbound_proxy=sip:[::1]:5080",
        "msilo.use_contact=0",
        "auth.register=trusted",
    };
    static struct text first, second;
    struct settings settings;
    char why[SETTINGS_WHY];
    (void)state;

    first.len = second.len = 0;
    assert_true(settings_init(&settings));
    for (size_t i = 0; i < sizeof assignments / sizeof assignments[0]; i++)
        assert_true(settings_override(&settings, assignments[i], why));
    settings_print(&settings, &first, keep);
    settings_free(&settings);

    assert_true(settings_init(&settings));
    assert_true(read_text(&settings, first.at, first.len, why));
    settings_print(&settings, &second, keep);
    assert_string_equal(first.at, second.at);
    assert_string_equal(value_of(&settings, "msilo.offline_message"),
                        "\" quoted $rU \" ");
    assert_string_equal(value_of(&settings, "core.listen"),
                        "udp:[::1]:0, tcp:localhost:5070");
    settings_free(&settings);
}

/* Contract, section 8. */
static void
auth_must_be_written_down_off_loopback(void **state)
{
    static const struct {
        const char *listen, *reg, *message, *why;
    } rows[] = {
        { "udp:127.0.0.1:5060,tcp:[::1]:5060", NULL, NULL, NULL },
        { "udp:127.0.0.2:5060", NULL, NULL, NULL },
        { "udp:127.0.0.1:5060,udp:192.0.2.1:5060", NULL, NULL,
          "auth.register: must be written down, since core.listen has udp:192.0.2.1:5060,"
          " which is not on loopback: trusted (core.trusted alone) or none (everybody"
          " may)" },
        { "tcp:[::]:5060", "none", NULL,
          "auth.message: must be written down, since core.listen has tcp:[::]:5060,"
          " which is not on loopback: trusted (core.trusted alone) or none (everybody"
          " may)" },
        { "udp:0.0.0.0:5060", "none", "trusted", NULL },
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct settings settings;
        char why[SETTINGS_WHY] = "";

        assert_true(settings_init(&settings));
        assert_true(override(&settings, "core.listen", rows[i].listen, why));
        if (rows[i].reg != NULL)
            assert_true(override(&settings, "auth.register", rows[i].reg, why));
        if (rows[i].message != NULL)
            assert_true(override(&settings, "auth.message", rows[i].message, why));
        assert_true(settings_check(&settings, why) == (rows[i].why == NULL));
        assert_string_equal(why, rows[i].why ? rows[i].why : "");
        settings_free(&settings);
    }
}

/* RFC 3261 10.3 step 7: a wish lies between min and max. */
static void
limits_of_expiry_are_in_order(void **state)
{
    static const struct {
        const char *key, *value, *why;
    } rows[] = {
        { "registrar.max_expires", "60", NULL },
        { "registrar.max_expires", "59",
          "registrar.max_expires: '59' is below registrar.min_expires 60" },
        { "registrar.default_expires", "59",
          "registrar.default_expires: '59' is below registrar.min_expires 60" },
        { "registrar.default_expires", "100000", NULL },
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct settings settings;
        char why[SETTINGS_WHY] = "";

        assert_true(settings_init(&settings));
        assert_true(override(&settings, rows[i].key, rows[i].value, why));
        assert_true(settings_check(&settings, why) == (rows[i].why == NULL));
        assert_string_equal(why, rows[i].why ? rows[i].why : "");
        settings_free(&settings);
    }
}

static void
a_peer_is_trusted_by_its_network(void **state)
{
    struct settings settings;
    struct address peer;
    char why[SETTINGS_WHY];
    (void)state;

    assert_true(settings_init(&settings));
    assert_true(address_parse(SLICE("192.0.2.7"), 5060, &peer));
    assert_false(settings_is_trusted(&settings, &peer));
    assert_true(override(&settings, "core.trusted", "::1, 192.0.2.0/24", why));
    assert_true(settings_is_trusted(&settings, &peer));
    assert_true(address_parse(SLICE("192.0.3.7"), 5060, &peer));
    assert_false(settings_is_trusted(&settings, &peer));
    settings_free(&settings);
}

static void
help_names_every_setting_with_default_and_bounds(void **state)
{
    static struct text help;
    (void)state;

    help.len = 0;
    settings_help(&help, keep);
    for (size_t i = 0; i < settings_table_count; i++)
        assert_non_null(strstr(help.at, settings_table[i].key));
    assert_non_null(strstr(help.at, "  tm.fr_timer = 10\n"));
    assert_non_null(strstr(help.at, "(1..3600 s)\n"));
    assert_non_null(strstr(help.at, "(none | trusted)\n"));
    assert_non_null(strstr(help.at, "IPv6 in brackets (list)\n"));
    assert_null(strstr(help.at, "()"));
}

/* The texts of people and the table of the program do not part. */
static void
load(const char *path, struct text *text)
{
    FILE *file = fopen(path, "r");

    if (file == NULL)
        fail_msg("%s is missing: tests run at the top of the source", path);
    text->len = fread(text->at, 1, sizeof text->at - 1, file);
    text->at[text->len] = '\0';
    fclose(file);
}

/* In sipsilo.conf(5) each setting is a line ".It core.listen" or the like; in the example a
 * line "key = value" behind '#'. */
static size_t
count_lines(const char *text, const char *start)
{
    size_t count = 0;

    for (const char *at = text; (at = strstr(at, start)) != NULL; at++)
        count += at == text || at[-1] == '\n';
    return count;
}

static void
manual_example_and_readme_have_exactly_the_keys_of_the_table(void **state)
{
    static struct text manual, example, readme;
    char line[128];
    (void)state;

    load("dist/sipsilo.conf.5", &manual);
    load("dist/sipsilo.conf", &example);
    load("README.md", &readme);
    for (size_t i = 0; i < settings_table_count; i++) {
        const char *key = settings_table[i].key;
        snprintf(line, sizeof line, ".SS %s\n", key);
        if (count_lines(manual.at, line) != 1)
            fail_msg("sipsilo.conf.5 has not one line .SS %s", key);
        snprintf(line, sizeof line, "#%s = ", strchr(key, '.') + 1);
        if (count_lines(example.at, line) != 1)
            fail_msg("sipsilo.conf has not one line %s", line);
        snprintf(line, sizeof line, "| %s | ", key);
        if (count_lines(readme.at, line) != 1)
            fail_msg("README.md has not one line %s", line);
    }
    assert_int_equal(count_lines(manual.at, ".SS "), settings_table_count);
}

/* With every '#' before a key taken away it must still be a good configuration, with the
 * defaults. */
static void
the_example_shows_the_defaults(void **state)
{
    static struct text example, shown, defaults;
    struct settings settings;
    char why[SETTINGS_WHY];
    size_t len = 0;
    (void)state;

    load("dist/sipsilo.conf", &example);
    for (size_t i = 0; i < example.len; i++)
        if (example.at[i] != '#' || (i > 0 && example.at[i - 1] != '\n') ||
            example.at[i + 1] == ' ' || example.at[i + 1] == '\n')
            example.at[len++] = example.at[i];
    shown.len = defaults.len = 0;

    assert_true(settings_init(&settings));
    settings_print(&settings, &defaults, keep);
    if (!read_text(&settings, example.at, len, why))
        fail_msg("dist/sipsilo.conf%s", why);
    settings.auth_register = settings.auth_message = AUTH_UNSET;
    settings_print(&settings, &shown, keep);
    assert_string_equal(shown.at, defaults.at);
    settings_free(&settings);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_has_its_default),
        cmocka_unit_test(a_value_is_taken_within_its_bounds_and_refused_past_them),
        cmocka_unit_test(a_list_is_bounded),
        cmocka_unit_test(a_later_assignment_replaces_the_whole_list),
        cmocka_unit_test(an_override_that_is_none_says_so),
        cmocka_unit_test(a_file_has_sections_keys_comments_and_quotes),
        cmocka_unit_test(an_error_in_a_file_names_file_line_key_and_value),
        cmocka_unit_test(a_line_of_a_file_may_be_long_and_an_error_stays_short),
        cmocka_unit_test(a_file_that_cannot_be_read_says_why),
        cmocka_unit_test(what_is_printed_reads_back_the_same),
        cmocka_unit_test(auth_must_be_written_down_off_loopback),
        cmocka_unit_test(limits_of_expiry_are_in_order),
        cmocka_unit_test(a_peer_is_trusted_by_its_network),
        cmocka_unit_test(help_names_every_setting_with_default_and_bounds),
        cmocka_unit_test(manual_example_and_readme_have_exactly_the_keys_of_the_table),
        cmocka_unit_test(the_example_shows_the_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
