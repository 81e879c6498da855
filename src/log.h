/* log - one event, one line: level, stable name, then key=value.
 *
 *     LOG(LOG_INFO, "silo.stored", LOG_TEXT("aor", aor), LOG_NUMBER("mid", id));
 *
 * Wire text is escaped: control bytes, quotes, and whatever is not UTF-8. Bodies are never
 * logged. Nothing is built when the level is off.
 */
#ifndef LOG_H
#define LOG_H

#include "parser/slice.h"

#include <stdint.h>

enum log_level {
    LOG_ERROR, /* a person must act */
    LOG_WARN,  /* a peer or the machine is odd */
    LOG_INFO,  /* the life of a message */
    LOG_DEBUG,
};

enum log_format {
    LOG_FORMAT_LOGFMT,
    LOG_FORMAT_JSON,
};

struct log_field {
    const char *key;
    bool is_number;
    struct slice text;
    int64_t number;
};

#define LOG_TEXT(key_, slice_)          \
    {                                   \
        .key = (key_), .text = (slice_) \
    }
#define LOG_STRING(key_, string_)                       \
    {                                                   \
        .key = (key_), .text = slice_of_string(string_) \
    }
#define LOG_NUMBER(key_, number_)                                      \
    {                                                                  \
        .key = (key_), .is_number = true, .number = (int64_t)(number_) \
    }

#define LOG(level, name, ...)                                       \
    do {                                                            \
        if (log_is_on(level)) {                                     \
            const struct log_field log_fields_[] = { __VA_ARGS__ }; \
            log_write(level, name, log_fields_,                     \
                      sizeof log_fields_ / sizeof log_fields_[0]);  \
        }                                                           \
    } while (0)

static inline struct slice
slice_of_string(const char *string)
{
    return string == NULL ? slice_absent() : slice_of(string, strlen(string));
}

bool
log_is_on(enum log_level level);

void
log_write(enum log_level level, const char *name, const struct log_field *fields,
          size_t count);

/* The time that lines carry: seconds since 1970 UTC, set by the loop at each turn. */
void
log_set_time(int64_t now_s);

/* Where lines go, one or several whole ones; the default writes to stderr. A line ends with a
 * newline. */
typedef void
log_sink(void *self, struct slice lines);

void
log_configure(enum log_level level, enum log_format format, log_sink *sink, void *self);

/* While it holds, lines of LOG_INFO and LOG_DEBUG gather until log_flush, until one of LOG_WARN
 * or LOG_ERROR comes behind them, or until there is no room: so the loop pays for one system
 * call a turn instead of one a message. Not held at first. */
void
log_hold(bool holds);

void
log_flush(void);

/* A gate for what peers can repeat: true for the first `per_minute` calls of a minute; the
 * first of the next minute that passes puts what was held back into *missed. */
struct log_gate {
    int64_t minute;
    uint32_t count;
    uint32_t missed;
};

bool
log_gate_pass(struct log_gate *gate, uint32_t per_minute, int64_t now_s,
              uint32_t *missed);

#endif
