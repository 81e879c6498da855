#include "src/cli/command.h"

#include <inttypes.h>

struct checking {
    const struct command *c;
    bool as_json;
};

static void
print_line(const struct command *c, const struct store_finding *finding)
{
    fputs(finding->table, c->out);
    if (finding->id > 0)
        fprintf(c->out, " %" PRIu64, finding->id);
    if (finding->page > 0)
        fprintf(c->out, " page %" PRIu64, finding->page);
    if (!slice_is_absent(finding->aor)) {
        fputc(' ', c->out);
        command_print(c->out, finding->aor);
    }
    fprintf(c->out, ": %s\n", finding->what);
}

/* Absent things are no keys. An AoR that is not UTF-8 is shown as a line shows it. */
static void
print_object(const struct command *c, const struct store_finding *finding)
{
    json_t *object =
        json_pack("{s:s, s:s}", "table", finding->table, "what", finding->what);

    if (object != NULL && finding->id > 0)
        json_object_set_new(object, "mid", json_integer((json_int_t)finding->id));
    if (object != NULL && finding->page > 0)
        json_object_set_new(object, "page", json_integer((json_int_t)finding->page));
    if (object != NULL && !slice_is_absent(finding->aor)) {
        json_t *aor = json_stringn(finding->aor.at, finding->aor.len);

        if (aor != NULL)
            json_object_set_new(object, "aor", aor);
    }
    command_print_json(c, object);
}

static void
found(void *visitor, const struct store_finding *finding)
{
    const struct checking *checking = visitor;

    if (checking->as_json)
        print_object(checking->c, finding);
    else
        print_line(checking->c, finding);
}

static void
print_verdict(const struct command *c, const struct store_verdict *verdict, bool as_json)
{
    if (as_json)
        command_print_json(c, json_pack("{s:I, s:I, s:I}", "messages",
                                        (json_int_t)verdict->messages, "damaged",
                                        (json_int_t)verdict->damaged, "findings",
                                        (json_int_t)verdict->findings));
    else
        fprintf(c->out,
                "%" PRIu64 " messages, %" PRIu64 " damaged; %" PRIu64 " findings\n",
                verdict->messages, verdict->damaged, verdict->findings);
}

int
verify_run(const struct command *c, bool as_json)
{
    struct checking checking = { .c = c, .as_json = as_json };
    struct store_verdict verdict;

    if (store_verify(c->store, &checking, found, &verdict) != STORE_OK)
        return command_store_failed(c, "verifying");
    print_verdict(c, &verdict, as_json);
    if (command_flush(c) != COMMAND_OK)
        return COMMAND_FAILED;
    if (verdict.findings > 0)
        return command_fail(c, "the store is damaged: %" PRIu64 " findings",
                            verdict.findings);
    return COMMAND_OK;
}
