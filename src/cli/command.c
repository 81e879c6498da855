#include "src/cli/command.h"

#include "parser/uri.h"
#include "src/escape.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <time.h>

enum {
    PAGE_MESSAGES = 256,
    PAGE_BYTES = 256 * 1024,
};

int
command_fail(const struct command *c, const char *format, ...)
{
    va_list words;

    fputs("sipsilo: ", c->err);
    va_start(words, format);
    vfprintf(c->err, format, words);
    va_end(words);
    fputc('\n', c->err);
    return COMMAND_FAILED;
}

int
command_store_failed(const struct command *c, const char *doing)
{
    return command_fail(c, "%s: %s", doing, store_why(c->store));
}

int
command_flush(const struct command *c)
{
    if (fflush(c->out) == 0 && !ferror(c->out))
        return COMMAND_OK;
    return command_fail(c, "writing: %s", strerror(errno));
}

void
command_print(FILE *file, struct slice text)
{
    char escaped[1024];
    size_t len;

    if (slice_is_absent(text))
        text = SLICE("-");
    len = escape_text(text, "\\", escaped, sizeof escaped);
    fwrite(escaped, 1, len, file);
}

void
command_print_time(FILE *file, int64_t time_s)
{
    time_t t = (time_t)time_s;
    char text[64];
    struct tm tm;

    if (gmtime_r(&t, &tm) == NULL ||
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        fprintf(file, "%" PRId64, time_s);
    else
        fputs(text, file);
}

bool
command_print_json(const struct command *c, json_t *object)
{
    bool done = object != NULL && json_dumpf(object, c->out, JSON_COMPACT) == 0 &&
                fputc('\n', c->out) != EOF;

    json_decref(object);
    if (!done && !ferror(c->out))
        command_fail(c, "out of memory");
    return done;
}

bool
command_aor(const struct command *c, const char *text, char room[], struct slice *out)
{
    const char *scheme = strchr(text, ':') == NULL ? "sip:" : "";
    const char *why = "no address of record";
    char with_scheme[AOR_MAX];
    struct uri uri;
    int len = snprintf(with_scheme, sizeof with_scheme, "%s%s", scheme, text);

    out->len = 0;
    if (len < 0 || (size_t)len >= sizeof with_scheme)
        why = "too long";
    else if (uri_parse(slice_of(with_scheme, (size_t)len), &uri, &why) == PARSE_OK)
        *out = slice_of(room, uri_canonical_aor(&uri, room, AOR_MAX));
    if (out->len > 0)
        return true;
    fputs("sipsilo: '", c->err);
    command_print(c->err, slice_of(text, strlen(text)));
    fprintf(c->err, "' is not sip:USER@DOMAIN: %s\n", why);
    return false;
}

enum step {
    STEP_NEXT,
    STEP_END,
    STEP_FAILED,
};

/* Shows one page and moves request->after behind it, past what is damaged too: a page of
 * nothing else must not be read for ever. */
static enum step
show_page(struct read_request *request, void *visitor,
          bool (*visit)(void *visitor, const struct record *record))
{
    uint64_t start = request->after;
    struct record record;
    size_t offset = 0;

    while (page_next(&request->page, &offset, &record)) {
        request->after = record.id;
        if (!visit(visitor, &record))
            return STEP_FAILED;
    }
    if (request->damaged > 0 && request->damaged_id > request->after)
        request->after = request->damaged_id;
    return request->at_end || request->after == start ? STEP_END : STEP_NEXT;
}

int
command_each(const struct command *c, struct slice aor, int64_t now_s, void *visitor,
             bool (*visit)(void *visitor, const struct record *record))
{
    struct read_request request = {
        .aor = aor,
        .now_s = now_s,
        .max_messages = PAGE_MESSAGES,
        .max_bytes = PAGE_BYTES,
    };
    bool is_incomplete = false;
    uint32_t damaged = 0;
    enum step step;

    do {
        request.damaged = 0;
        if (store_read(c->store, &request, 1) != STORE_OK || request.status != STORE_OK) {
            page_free(&request.page);
            return command_store_failed(c, "reading");
        }
        step = show_page(&request, visitor, visit);
        damaged += request.damaged;
        is_incomplete = is_incomplete || request.is_incomplete;
        page_free(&request.page);
        request.page = (struct page){ .bytes = NULL };
    } while (step == STEP_NEXT);
    if (is_incomplete)
        return command_fail(c, "the store is damaged: not all of it could be read; "
                               "sipsilo verify has more");
    if (damaged > 0)
        return command_fail(c,
                            "%" PRIu32 " damaged messages were passed over; sipsilo "
                            "verify names them",
                            damaged);
    return step == STEP_FAILED ? COMMAND_FAILED : COMMAND_OK;
}
