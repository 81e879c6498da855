#include "src/log.h"

#include "parser/writer.h"
#include "src/escape.h"

#include <assert.h>
#include <stdio.h>
#include <time.h>

enum {
    LINE_BYTES = 8192,
    LINE_ENDING = 16,  /* kept free for what closes a line */
    TEXT_BYTES = 1024, /* of one value; the rest is cut */
    TIME_BYTES = 24,
    HELD_BYTES = 32768,
};

static_assert(HELD_BYTES >= LINE_BYTES, "a line is held whole");

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
    bool holds;
    size_t held_len;
    char held[HELD_BYTES];
} out = { .level = LOG_INFO, .sink = write_to_stderr };

static const struct slice level_names[] = {
    [LOG_ERROR] = SLICE_INIT("error"),
    [LOG_WARN] = SLICE_INIT("warn"),
    [LOG_INFO] = SLICE_INIT("info"),
    [LOG_DEBUG] = SLICE_INIT("debug"),
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
log_flush(void)
{
    struct slice held = slice_of(out.held, out.held_len);

    out.held_len = 0;
    if (held.len > 0)
        out.sink(out.self, held);
}

void
log_configure(enum log_level level, enum log_format format, log_sink *sink, void *self)
{
    log_flush();
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
    char digits[DIGITS_MAX];
    uint64_t magnitude = number < 0 ? -(uint64_t)number : (uint64_t)number;

    if (number < 0)
        add_string(line, "-");
    add(line, digits, digits_write(magnitude, digits));
}

/* A value that stands without quotes: a parser of logfmt ends it at the next blank. */
static bool
is_bare(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];

        if (c <= ' ' || c >= 0x7f || c == '"' || c == '=' || c == '\\')
            return false;
    }
    return text.len > 0;
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
begin_logfmt(struct line *line, enum log_level level, const char *name)
{
    static const struct slice pad = SLICE_INIT("     ");
    struct slice level_name = level_names[level];

    add_string(line, out.time);
    if (line->len > 0)
        add_string(line, " ");
    add(line, level_name.at, level_name.len);
    add(line, pad.at, pad.len - level_name.len + 1);
    add_string(line, name);
}

static void
begin_json(struct line *line, enum log_level level, const char *name)
{
    add_string(line, "{\"time\":\"");
    add_string(line, out.time);
    add_string(line, "\",\"level\":\"");
    add(line, level_names[level].at, level_names[level].len);
    add_string(line, "\",\"event\":\"");
    add_string(line, name);
    add_string(line, "\"");
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
log_hold(bool holds)
{
    log_flush();
    out.holds = holds;
}

/* What tells of trouble is not held: the next step may be the last. */
static void
put_out(enum log_level level, struct slice line)
{
    if (line.len > HELD_BYTES - out.held_len)
        log_flush();
    memcpy(out.held + out.held_len, line.at, line.len);
    out.held_len += line.len;
    if (!out.holds || level <= LOG_WARN)
        log_flush();
}

void
log_write(enum log_level level, const char *name, const struct log_field *fields,
          size_t count)
{
    bool is_json = out.format == LOG_FORMAT_JSON;
    struct slice ending = is_json ? SLICE("}\n") : SLICE("\n");
    struct line line;

    line.len = 0;
    line.overflow = false;
    if (is_json)
        begin_json(&line, level, name);
    else
        begin_logfmt(&line, level, name);
    for (size_t i = 0; i < count; i++)
        add_field(&line, &fields[i]);
    memcpy(line.at + line.len, ending.at, ending.len);
    put_out(level, slice_of(line.at, line.len + ending.len));
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
