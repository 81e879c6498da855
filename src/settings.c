#include "src/setting.h"

#include "src/escape.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define AT(member) offsetof(struct settings, member), sizeof((struct settings *)0)->member

enum {
    DAY_S = 86400,
    YEAR_S = 365 * DAY_S,
    TEXT_MAX = 4096,
};

static const struct setting_word log_levels[] = {
    { "error", LOG_ERROR, false },
    { "warn", LOG_WARN, false },
    { "info", LOG_INFO, false },
    { "debug", LOG_DEBUG, false },
    { NULL, 0, false },
};

static const struct setting_word log_formats[] = {
    { "logfmt", LOG_FORMAT_LOGFMT, false },
    { "json", LOG_FORMAT_JSON, false },
    { NULL, 0, false },
};

static const struct setting_word relays[] = {
    { "none", RELAY_NONE, false },
    { "trusted", RELAY_TRUSTED, false },
    { "all", RELAY_ALL, false },
    { NULL, 0, false },
};

static const struct setting_word policies[] = {
    { "none", AUTH_NONE, false },
    { "trusted", AUTH_TRUSTED, false },
    { "digest", 0, true },
    { NULL, 0, false },
};

/* clang-format off: a row has its key, kind, default and unit; what it means; where it lies,
 * from and to. */
const struct setting settings_table[] = {
    { "core.listen", &kind_listeners, "udp:127.0.0.1:5060, tcp:127.0.0.1:5060", "list",
      "where to listen: udp:HOST:PORT or tcp:HOST:PORT, IPv6 in brackets", AT(listen), 1,
      LIMIT_LISTENERS, NULL },
    { "core.alias", &kind_aliases, "localhost", "list",
      "the domains that are ours; the listen addresses always are", AT(alias), 0,
      LIMIT_ALIASES, NULL },
    { "core.log_level", &kind_word, "info", "",
      "the least important events that are logged", AT(log_level), 0, 0, log_levels },
    { "core.log_format", &kind_word, "logfmt", "",
      "one event a line, as key=value or as JSON", AT(log_format), 0, 0, log_formats },
    { "core.max_message_size", &kind_bytes, "65535", "bytes",
      "a longer SIP message is refused", AT(max_message_size), 1024, 65535, NULL },
    { "core.max_forwards", &kind_number, "10", "",
      "what a relayed request without Max-Forwards gets", AT(max_forwards), 1, 255,
      NULL },
    { "core.relay", &kind_word, "none", "",
      "requests for foreign domains: none refuses them, trusted relays those of "
      "core.trusted",
      AT(relay), 0, 0, relays },
    { "core.trusted", &kind_networks, "none", "list",
      "networks of trusted peers, such as 192.0.2.0/24, 2001:db8::/32", AT(trusted), 0,
      LIMIT_TRUSTED, NULL },
    { "core.tcp_max_connections", &kind_number, "2048", "",
      "more connections are closed at once", AT(tcp_max_connections), 1, 1000000, NULL },
    { "core.tcp_connection_lifetime", &kind_number, "120", "s",
      "a connection without a binding may be idle for so long",
      AT(tcp_connection_lifetime_s), 1, YEAR_S, NULL },

    { "tm.fr_timer", &kind_number, "10", "s",
      "wait so long for the final response to a request of ours", AT(fr_timer_s), 1, 3600,
      NULL },
    { "tm.wt_timer", &kind_number, "32", "s",
      "answer a request that is repeated over UDP for so long (timer J)", AT(wt_timer_s),
      1, 3600, NULL },

    { "registrar.default_expires", &kind_number, "3600", "s",
      "how long a binding lives when REGISTER does not say", AT(default_expires_s), 1,
      YEAR_S, NULL },
    { "registrar.min_expires", &kind_number, "60", "s",
      "a shorter wish, and not 0, is refused with 423", AT(min_expires_s), 1, YEAR_S,
      NULL },
    { "registrar.max_expires", &kind_number, "86400", "s", "a longer wish is shortened",
      AT(max_expires_s), 1, YEAR_S, NULL },
    { "registrar.max_contacts", &kind_number, "10", "",
      "contacts that an address of record may have", AT(max_contacts), 1, 1000, NULL },

    { "usrloc.db_mode", &kind_number, "0", "", "1: bindings survive a restart",
      AT(db_mode), 0, 1, NULL },

    { "msilo.db_url", &kind_url, "lmdb:./silo.db", "",
      "where messages are stored: lmdb:DIRECTORY", AT(db_url), 1, TEXT_MAX, NULL },
    { "msilo.db_table", &kind_table_name, "silo", "",
      "prefix of the names of the store's tables", AT(db_table), 1, 63, NULL },
    { "msilo.map_size", &kind_bytes, "1 GiB", "bytes", "upper bound of the store",
      AT(map_bytes), 1048576, (uint64_t)16 << 40, NULL },
    { "msilo.registrar", &kind_address_of_record, "none", "",
      "the SIP address that notifications come from; none: no notifications",
      AT(registrar), 1, TEXT_MAX, NULL },
    { "msilo.expire_time", &kind_number, "259200", "s", "how long a message is kept",
      AT(expire_time_s), 1, YEAR_S, NULL },
    { "msilo.check_time", &kind_number, "30", "s",
      "between two passes over what was dumped", AT(check_time_s), 1, DAY_S, NULL },
    { "msilo.clean_period", &kind_number, "5", "passes",
      "every so many passes expired messages are deleted", AT(clean_period), 1, 1000000,
      NULL },
    { "msilo.use_contact", &kind_flag, "1", "",
      "1: notifications go to the sender's Contact, where there is one", AT(use_contact),
      0, 1, NULL },
    { "msilo.store_mode", &kind_number, "0", "",
      "whose message it is, in order. 0: new, Request, To URI; 1: Request, To; 2: To",
      AT(store_mode), 0, 2, NULL },
    { "msilo.failure_mode", &kind_number, "1", "", "the same after a relay that failed",
      AT(failure_mode), 0, 2, NULL },
    { "msilo.store_on", &kind_statuses,
      "404, 405, 408, 410, 430, 480, 486, 487, 500, 501, 502, 503, 504", "list",
      "final responses to a relayed message after which it is stored; all: any but 2xx",
      AT(store_on), 0, STATUS_COUNT, NULL },
    { "msilo.offline_message", &kind_template,
      "Your message to $ru is stored and will be delivered when that user comes online.",
      "template", "what a notification says; $rU $rd $ru $fu $tu $T are filled in",
      AT(offline_message), 1, TEXT_MAX, NULL },
    { "msilo.content_type", &kind_content_type, "text/plain", "",
      "Content-Type of a notification", AT(content_type), 1, 255, NULL },
    { "msilo.max_messages", &kind_number, "0", "",
      "messages that may wait for one address of record; 0: no limit", AT(max_messages),
      0, 1000000000, NULL },
    { "msilo.max_bytes", &kind_bytes, "0", "bytes",
      "the same in octets of bodies; 0: no limit", AT(max_bytes), 0, (uint64_t)16 << 40,
      NULL },
    { "msilo.nostore_types", &kind_types, "application/im-iscomposing+xml", "list",
      "content types that are never stored", AT(nostore_types), 0, LIMIT_NOSTORE_TYPES,
      NULL },
    { "msilo.outbound_proxy", &kind_proxy, "none", "",
      "SIP URI; what the silo itself sends goes there", AT(outbound_proxy), 1, TEXT_MAX,
      NULL },
    { "msilo.add_date", &kind_flag, "0", "",
      "1: text/plain bodies are delivered with the date in front", AT(add_date), 0, 1,
      NULL },

    { "auth.register", &kind_word, NULL, "",
      "who may REGISTER: none asks nobody, trusted takes core.trusted alone",
      AT(auth_register), 0, 0, policies },
    { "auth.message", &kind_word, NULL, "",
      "who may send a MESSAGE: none asks nobody, trusted takes core.trusted alone",
      AT(auth_message), 0, 0, policies },
};
/* clang-format on */

const size_t settings_table_count = sizeof settings_table / sizeof settings_table[0];

/* Texts that settings point to: a list, since none is given back before the end. */
struct settings_text {
    struct settings_text *next; /* owned */
    char bytes[];
};

struct slice
settings_keep(struct settings *settings, struct slice text)
{
    struct settings_text *copy = malloc(sizeof *copy + text.len + 1);

    if (copy == NULL)
        return slice_absent();
    if (text.len > 0)
        memcpy(copy->bytes, text.at, text.len);
    copy->bytes[text.len] = '\0';
    copy->next = settings->texts;
    settings->texts = copy;
    return slice_of(copy->bytes, text.len);
}

void
settings_free(struct settings *settings)
{
    struct settings_text *next;

    for (; settings->texts != NULL; settings->texts = next) {
        next = settings->texts->next;
        free(settings->texts);
    }
}

bool
settings_init(struct settings *settings)
{
    memset(settings, 0, sizeof *settings);
    for (size_t i = 0; i < settings_table_count; i++) {
        struct assignment a = { .settings = settings, .setting = &settings_table[i] };
        if (settings_table[i].value != NULL &&
            !settings_assign(&a, slice_of_string(settings_table[i].value))) {
            settings_free(settings);
            return false;
        }
    }
    return true;
}

/* Linear; a start looks up a few dozen. */
const struct setting *
settings_find(struct slice key)
{
    for (size_t i = 0; i < settings_table_count; i++)
        if (slice_equal(slice_of_string(settings_table[i].key), key))
            return &settings_table[i];
    return NULL;
}

bool
setting_refuse(struct assignment *a, struct slice value, const char *format, ...)
{
    char shown[96];
    size_t len = escape_text(value, "'\\", shown, sizeof shown);
    int used = snprintf(a->why, sizeof a->why, "'%.*s' ", (int)len, shown);
    va_list words;

    va_start(words, format);
    vsnprintf(a->why + used, sizeof a->why - (size_t)used, format, words);
    va_end(words);
    return false;
}

/* A value is one line of text, whichever way it came. */
static bool
is_line(struct slice value)
{
    for (struct slice s = value; s.len > 0; s = slice_skip(s, 1))
        if (((unsigned char)s.at[0] < 0x20 && s.at[0] != '\t') || s.at[0] == 0x7f)
            return false;
    return utf8_is_valid(value);
}

bool
settings_assign(struct assignment *a, struct slice value)
{
    value = slice_trim(value);
    if (value.len >= 2 && value.at[0] == '"' && value.at[value.len - 1] == '"')
        value = slice_of(value.at + 1, value.len - 2);
    if (!is_line(value))
        return setting_refuse(a, value, "is not a line of UTF-8 text");
    return a->setting->kind->read(a, value);
}

bool
settings_override(struct settings *settings, const char *assignment,
                  char why[SETTINGS_WHY])
{
    struct assignment a = { .settings = settings };
    struct slice key, value;
    char shown[96];
    size_t len;

    if (!slice_cut(slice_of_string(assignment), '=', &key, &value)) {
        len = escape_text(slice_of_string(assignment), "'\\", shown, sizeof shown);
        snprintf(why, SETTINGS_WHY, "-o '%.*s': SECTION.KEY=VALUE is wanted", (int)len,
                 shown);
        return false;
    }
    a.setting = settings_find(slice_trim(key));
    if (a.setting == NULL) {
        len = escape_text(slice_trim(key), "'\\", shown, sizeof shown);
        snprintf(why, SETTINGS_WHY, "-o %.*s: there is no such setting", (int)len, shown);
        return false;
    }
    if (settings_assign(&a, value))
        return true;
    snprintf(why, SETTINGS_WHY, "-o %s: %s", a.setting->key, a.why);
    return false;
}

bool
settings_stores_on(const struct settings *settings, unsigned status)
{
    return status >= STATUS_FIRST && status < STATUS_FIRST + STATUS_COUNT &&
           settings->store_on[status - STATUS_FIRST];
}

bool
settings_is_trusted(const struct settings *settings, const struct address *peer)
{
    for (uint32_t i = 0; i < settings->trusted_count; i++)
        if (network_contains(&settings->trusted[i], peer))
            return true;
    return false;
}
