#include "src/cli/command.h"

#include "parser/uri.h"
#include "src/cli/message_json.h"

#include <inttypes.h>
#include <unistd.h>

static bool
print_row(void *visitor, const struct record *record)
{
    const struct command *c = visitor;

    fprintf(c->out, "%8" PRIu64 "  ", record->id);
    command_print_time(c->out, record->inc_time_s);
    fputs("  ", c->out);
    command_print_time(c->out, record->exp_time_s);
    fprintf(c->out, "  %6zu  ", record->body.len);
    command_print(c->out, record->src_addr);
    fputs("  ", c->out);
    command_print(c->out, record->aor);
    fputs("  ", c->out);
    command_print(c->out, record->ctype);
    fputc('\n', c->out);
    return !ferror(c->out);
}

static bool
print_columns(void *visitor, const struct record *record)
{
    return command_print_json(visitor, message_json_columns(record));
}

static bool
print_whole(void *visitor, const struct record *record)
{
    return command_print_json(visitor, message_json_whole(record));
}

static int
print_all(const struct command *c, const char *aor,
          bool (*print)(void *visitor, const struct record *record))
{
    struct slice only = slice_absent();
    struct command copy = *c;
    char room[AOR_MAX];
    int code;

    if (aor != NULL && !command_aor(c, aor, room, &only))
        return COMMAND_FAILED;
    code = command_each(c, only, c->now_s, &copy, print);
    return command_flush(c) == COMMAND_OK ? code : COMMAND_FAILED;
}

int
list_run(const struct command *c, const char *aor, bool as_json)
{
    /* A person wants to know what the columns are; a script counts lines. */
    if (!as_json && isatty(fileno(c->out)))
        fputs(
            "     mid  inc_time              exp_time                size  src_addr  aor"
            "  ctype\n",
            c->out);
    return print_all(c, aor, as_json ? print_columns : print_row);
}

int
export_run(const struct command *c, const char *aor)
{
    return print_all(c, aor, print_whole);
}
