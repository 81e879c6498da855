#include "src/log.h"

#include "src/escape.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

enum {
    LINE_BYTES = 8192,
    LINE_ENDING = 16,  /* kept free for what closes a line */
    TEXT_BYTES = 1024, /* of one value; the rest is cut */
    TIME_BYTES = 24,
};

struct line {
    char at[LINE_BYTES];
    size_t len;
    bool overflow;
};

static void
write_to_stderr(void *self, struct slice line)
{
    (void)self;
    fwrite(line.at, 1, line.len, stderr);
}

static struct {
    enum log_level level;
    enum log_format format;
    log_sink *sink;
    void *self;
    char time[TIME_BYTES]; /* empty until log_set_time */
    int64_t time_s;
} out = { .level = LOG_INFO, .sink = write_to_stderr };

static const char *const level_names[] = {
    [LOG_ERROR] = "error",
    [LOG_WARN] = "warn",
    [LOG_INFO] = "info",
    [LOG_DEBUG] = "debug",
};

bool
log_is_on(enum log_level level)
{
    return level <= out.level;
}

void
log_set_time(int64_t now_s)
{
    time_t t = (time_t)now_s;
    struct tm tm;

    if (now_s == out.time_s && out.time[0] != '\0')
        return;
    out.time_s = now_s;
    if (gmtime_r(&t, &tm) == NULL ||
        strftime(out.time, sizeof out.time, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        out.time[0] = '\0';
}

void
log_configure(enum log_level level, enum log_format format, log_sink *sink, void *self)
{
    out.level = level;
    out.format = format;
    out.sink = sink == NULL ? write_to_stderr : sink;
    out.self = self;
}

static void
add(struct line *line, const char *at, size_t len)
{
    if (len > sizeof line->at - LINE_ENDING - line->len) {
        line->overflow = true;
        return;
    }
    memcpy(line->at + line->len, at, len);
    line->len += len;
}

static void
add_string(struct line *line, const char *string)
{
    add(line, string, strlen(string));
}

static void
add_number(struct line *line, int64_t number)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRId64, number);

    add(line, digits, (size_t)len);
}

/* A value that stands without quotes: a parser of logfmt ends it at the next blank. */
static bool
is_bare(struct slice text)
{
    if (text.len == 0)
        return false;
    for (; text.len > 0; text = slice_skip(text, 1))
        if (text.at[0] <= ' ' || text.at[0] >= 0x7f || strchr("\"=\\", text.at[0]))
            return false;
    return true;
}

static void
add_logfmt_text(struct line *line, struct slice text)
{
    char escaped[TEXT_BYTES];
    size_t len;

    if (is_bare(text) && text.len <= sizeof escaped) {
        add(line, text.at, text.len);
        return;
    }
    len = escape_text(text, "\"\\", escaped, sizeof escaped);
    add_string(line, "\"");
    add(line, escaped, len);
    add_string(line, "\"");
}

static void
add_logfmt_field(struct line *line, const struct log_field *field)
{
    add_string(line, " ");
    add_string(line, field->key);
    add_string(line, "=");
    if (field->is_number)
        add_number(line, field->number);
    else
        add_logfmt_text(line, field->text);
}

/* RFC 8259 7. JSON has no \xNN, so an octet that is no text shows as the four characters
 * that logfmt would show, with their backslash escaped: both formats read alike. */
static void
add_json_text(struct line *line, struct slice text)
{
    char escaped[TEXT_BYTES];
    size_t len = escape_text(text, "", escaped, sizeof escaped);

    add_string(line, "\"");
    for (size_t i = 0; i < len; i++) {
        if (escaped[i] == '"' || escaped[i] == '\\')
            add_string(line, "\\");
        add(line, &escaped[i], 1);
    }
    add_string(line, "\"");
}

static void
add_json_field(struct line *line, const struct log_field *field)
{
    add_string(line, ",\"");
    add_string(line, field->key);
    add_string(line, "\":");
    if (field->is_number)
        add_number(line, field->number);
    else
        add_json_text(line, field->text);
}

static void
begin(struct line *line, enum log_level level, const char *name)
{
    char head[128];
    int len;

    if (out.format == LOG_FORMAT_JSON)
        len = snprintf(head, sizeof head,
                       "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"", out.time,
                       level_names[level], name);
    else
        len = snprintf(head, sizeof head, "%s%s%-5s %s", out.time,
                       out.time[0] == '\0' ? "" : " ", level_names[level], name);
    add(line, head, (size_t)len < sizeof head ? (size_t)len : sizeof head - 1);
}

/* Whole or not at all, so that a cut line is still well-formed. */
static void
add_field(struct line *line, const struct log_field *field)
{
    size_t len = line->len;

    if (!field->is_number && slice_is_absent(field->text))
        return;
    if (out.format == LOG_FORMAT_JSON)
        add_json_field(line, field);
    else
        add_logfmt_field(line, field);
    if (line->overflow)
        line->len = len;
    line->overflow = false;
}

void
log_write(enum log_level level, const char *name, const struct log_field *fields,
          size_t count)
{
    struct line line;
    const char *ending = out.format == LOG_FORMAT_JSON ? "}\n" : "\n";

    line.len = 0;
    line.overflow = false;
    begin(&line, level, name);
    for (size_t i = 0; i < count; i++)
        add_field(&line, &fields[i]);
    memcpy(line.at + line.len, ending, strlen(ending));
    out.sink(out.self, slice_of(line.at, line.len + strlen(ending)));
}

bool
log_gate_pass(struct log_gate *gate, uint32_t per_minute, int64_t now_s, uint32_t *missed)
{
    int64_t minute = now_s / 60;

    if (minute != gate->minute) {
        gate->minute = minute;
        gate->count = 0;
    }
    if (gate->count >= per_minute) {
        gate->missed += gate->missed < UINT32_MAX;
        return false;
    }
    gate->count++;
    *missed = gate->missed;
    gate->missed = 0;
    return true;
}
