/* settings - what an operator may choose: the contract's table, one row a setting.
 *
 * Shape   An INI file under -c, then -o SECTION.KEY=VALUE in order; the last one wins. Lists
 *         are comma-separated.
 * Units   In the names. Sizes may be written with K, M or G (1024), or "GiB" and its like.
 * Errors  One line that names file, line, key, value and what is allowed. Unknown sections
 *         and keys are errors.
 * Memory  Texts live as long as the settings; settings_free ends them.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "src/limits.h"
#include "src/log.h"
#include "src/sip/transport.h"

struct listener {
    enum protocol protocol;
    struct address address; /* port 0: any free one */
    struct slice host;      /* as written, IPv6 with its brackets */
};

/* Who may have requests for foreign domains relayed. */
enum relay_policy {
    RELAY_NONE,
    RELAY_TRUSTED, /* peers in core.trusted */
    RELAY_ALL,
};

enum {
    STATUS_FIRST = 300, /* of a final response that is no success */
    STATUS_COUNT = 400,
};

enum auth_policy {
    AUTH_UNSET,   /* not written down: allowed while every listener is on loopback */
    AUTH_NONE,    /* everybody may */
    AUTH_TRUSTED, /* peers in core.trusted may */
};

struct settings {
    struct listener listen[LIMIT_LISTENERS];
    uint32_t listen_count;
    struct slice alias[LIMIT_ALIASES]; /* lower case */
    uint32_t alias_count;
    struct network trusted[LIMIT_TRUSTED];
    uint32_t trusted_count;
    enum log_level log_level;
    enum log_format log_format;
    uint32_t max_message_size;
    uint32_t max_forwards; /* of a request that has none */
    enum relay_policy relay;
    uint32_t tcp_max_connections;
    uint32_t tcp_connection_lifetime_s;

    uint32_t fr_timer_s;
    uint32_t wt_timer_s;

    uint32_t default_expires_s, min_expires_s, max_expires_s, max_contacts;
    uint32_t db_mode;

    struct slice db_url;   /* NUL behind its end */
    struct slice db_table; /* the same */
    uint64_t map_bytes;
    struct slice registrar; /* absent: no notices */
    uint32_t expire_time_s, check_time_s, clean_period;
    bool use_contact;
    uint32_t store_mode, failure_mode;
    bool store_on[STATUS_COUNT]; /* by status, from STATUS_FIRST on */
    struct slice offline_message;
    struct slice content_type;
    uint64_t max_messages, max_bytes; /* 0: no limit */
    struct slice nostore_types[LIMIT_NOSTORE_TYPES];
    uint32_t nostore_type_count;
    struct slice outbound_proxy; /* absent: none */
    bool add_date;

    enum auth_policy auth_register, auth_message;

    struct settings_text *texts; /* owned */
};

enum {
    SETTINGS_WHY = 512, /* room for an error line */
};

/* The defaults alone. False: out of memory. */
bool
settings_init(struct settings *settings);

/* False: `why` holds the line. The settings are then good for settings_free alone. */
bool
settings_read_file(struct settings *settings, const char *path, char why[SETTINGS_WHY]);

/* The same for a text in memory; `name` is what errors call it. */
bool
settings_read_text(struct settings *settings, const char *name, struct slice text,
                   char why[SETTINGS_WHY]);

/* "msilo.expire_time=36000". */
bool
settings_override(struct settings *settings, const char *assignment,
                  char why[SETTINGS_WHY]);

/* What holds between settings: limits in order, auth written down when off loopback. */
bool
settings_check(const struct settings *settings, char why[SETTINGS_WHY]);

/* The effective configuration, as a file that settings_read_file reads back. */
void
settings_print(const struct settings *settings, void *self,
               void (*print)(void *self, struct slice line));

/* The table of settings for --help: key, default, unit and meaning, a line each. */
void
settings_help(void *self, void (*print)(void *self, struct slice line));

void
settings_free(struct settings *settings);

/* Whether a MESSAGE is stored when a relay of it ended with that final response. */
bool
settings_stores_on(const struct settings *settings, unsigned status);

bool
settings_is_trusted(const struct settings *settings, const struct address *peer);

#endif
