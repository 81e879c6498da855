#include "src/cli/command.h"

#include "src/cli/message_json.h"
#include "src/escape.h"

#include <inttypes.h>

static void
print_text(FILE *file, const char *name, struct slice text)
{
    if (slice_is_absent(text))
        return;
    fprintf(file, "%s: ", name);
    command_print(file, text);
    fputc('\n', file);
}

static void
print_address(FILE *file, const char *name, struct slice display, struct slice uri)
{
    fprintf(file, "%s: ", name);
    if (!slice_is_absent(display)) {
        command_print(file, display);
        fputc(' ', file);
    }
    fputc('<', file);
    command_print(file, uri);
    fputs(">\n", file);
}

static void
print_time(FILE *file, const char *name, int64_t time_s)
{
    fprintf(file, "%s: ", name);
    command_print_time(file, time_s);
    fputc('\n', file);
}

static void
print_head(FILE *file, const struct record *record)
{
    struct slice line, rest = record->headers;

    fprintf(file, "mid: %" PRIu64 "\n", record->id);
    print_text(file, "aor", record->aor);
    print_time(file, "inc_time", record->inc_time_s);
    print_time(file, "exp_time", record->exp_time_s);
    print_text(file, "Request-URI", record->r_uri);
    print_address(file, "From", record->src_name, record->src_addr);
    print_address(file, "To", record->dst_name, record->dst_addr);
    print_text(file, "Call-ID", record->call_id);
    if (record->date_s != 0)
        print_time(file, "Date", record->date_s);
    while (slice_cut(rest, '\n', &line, &rest)) {
        command_print(file, slice_trim(line));
        fputc('\n', file);
    }
    print_text(file, "Content-Type", record->ctype);
    fprintf(file, "Content-Length: %zu\n", record->body.len);
}

/* Line by line and piece by piece: a long line is not cut, as a field of a table would be. */
static void
print_body(FILE *file, struct slice body)
{
    enum { PIECE = 128 };

    while (body.len > 0) {
        size_t end = slice_find(body, '\n');
        struct slice line = slice_head(body, end);
        if (line.len > 0 && end < body.len && line.at[line.len - 1] == '\r')
            line.len--;
        while (line.len > 0) {
            size_t len = 0, step;
            while (len < line.len && len < PIECE) {
                step = utf8_length(slice_skip(line, len));
                len += step == 0 ? 1 : step;
            }
            command_print(file, slice_head(line, len));
            line = slice_skip(line, len);
        }
        fputc('\n', file);
        body = slice_skip(body, end + 1);
    }
}

static int
print_message(FILE *file, const struct record *record)
{
    print_head(file, record);
    fputc('\n', file);
    print_body(file, record->body);
    return COMMAND_OK;
}

int
show_run(const struct command *c, uint64_t mid, bool as_json)
{
    struct page page = { .bytes = NULL };
    struct record record;
    size_t offset = 0;
    enum store_status status = store_get(c->store, mid, &page);
    int code = COMMAND_FAILED;

    if (status == STORE_NOT_FOUND)
        command_fail(c, "there is no message %" PRIu64, mid);
    else if (status != STORE_OK || !page_next(&page, &offset, &record))
        command_store_failed(c, "reading");
    else if (!as_json)
        code = print_message(c->out, &record);
    else if (command_print_json(c, message_json_whole(&record)))
        code = COMMAND_OK;
    page_free(&page);
    return command_flush(c) == COMMAND_OK ? code : COMMAND_FAILED;
}
