#include "src/arguments.h"

#include "src/escape.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    ANY_NUMBER = 1 << 30,
};

static const struct shape {
    const char *name;
    enum command_id command;
    int from, to; /* operands */
    bool takes_json, takes_aor, takes_mids;
    const char *usage;
} shapes[] = {
    { "serve", COMMAND_SERVE, 0, 0, false, false, false, "" },
    { "check", COMMAND_CHECK, 0, 0, false, false, false, "" },
    { "list", COMMAND_LIST, 0, 1, true, false, false, " [AOR] [--json]" },
    { "show", COMMAND_SHOW, 1, 1, true, false, true, " MID [--json]" },
    { "delete", COMMAND_DELETE, 1, ANY_NUMBER, false, true, true, " MID... | --aor AOR" },
    { "export", COMMAND_EXPORT, 0, 1, false, false, false, " [AOR]" },
    { "import", COMMAND_IMPORT, 1, 1, false, false, false, " FILE|-" },
    { "verify", COMMAND_VERIFY, 0, 0, true, false, false, " [--json]" },
};

/* What is being read, and where. */
struct parsing {
    int argc;
    char *const *argv;
    int at;
    bool options_ended;
    const struct shape *shape; /* NULL until the command came */
    struct arguments *out;
    char *why;
};

static bool
refuse(struct parsing *p, const char *what, const char *text)
{
    char shown[96];
    size_t len =
        escape_text((struct slice){ text, strlen(text) }, "'\\", shown, sizeof shown);

    snprintf(p->why, ARGUMENTS_WHY, "%s '%.*s'; see sipsilo --help", what, (int)len,
             shown);
    return false;
}

/* The value of -c or -o: behind the letter, or the next argument. */
static const char *
option_value(struct parsing *p)
{
    const char *argument = p->argv[p->at];

    if (argument[2] != '\0')
        return argument + 2;
    if (p->at + 1 < p->argc)
        return p->argv[++p->at];
    refuse(p, "a value is missing behind", argument);
    return NULL;
}

static bool
parse_config(struct parsing *p)
{
    const char *value = option_value(p);

    if (value == NULL)
        return false;
    if (p->out->config != NULL)
        return refuse(p, "only one file may be given; the second is", value);
    p->out->config = value;
    return true;
}

static bool
parse_override(struct parsing *p)
{
    const char *value = option_value(p);

    if (value == NULL)
        return false;
    p->out->overrides[p->out->override_count++] = value;
    return true;
}

static bool
parse_aor(struct parsing *p)
{
    if (p->at + 1 == p->argc)
        return refuse(p, "an address of record is missing behind", "--aor");
    p->out->aor = p->argv[++p->at];
    return true;
}

static bool
parse_option(struct parsing *p)
{
    const char *argument = p->argv[p->at];

    if (strcmp(argument, "--") == 0)
        p->options_ended = true;
    else if (strncmp(argument, "-c", 2) == 0)
        return parse_config(p);
    else if (strncmp(argument, "-o", 2) == 0)
        return parse_override(p);
    else if (strcmp(argument, "--aor") == 0)
        return parse_aor(p);
    else if (strcmp(argument, "--json") == 0)
        p->out->as_json = true;
    else
        return refuse(p, "unknown option", argument);
    return true;
}

static bool
parse_command(struct parsing *p, const char *name)
{
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        if (strcmp(shapes[i].name, name) == 0) {
            p->shape = &shapes[i];
            p->out->command = shapes[i].command;
            return true;
        }
    }
    return refuse(p, "unknown command", name);
}

static bool
parse_arguments(struct parsing *p)
{
    for (p->at = 1; p->at < p->argc; p->at++) {
        const char *argument = p->argv[p->at];
        bool done = true;

        if (!p->options_ended && argument[0] == '-' && argument[1] != '\0')
            done = parse_option(p);
        else if (p->shape == NULL)
            done = parse_command(p, argument);
        else
            p->out->operands[p->out->operand_count++] = argument;
        if (!done)
            return false;
    }
    return true;
}

/* A mid: decimal, and not 0, which no message has. */
static bool
parse_mid(const char *text, uint64_t *out)
{
    uint64_t mid = 0;

    for (; *text >= '0' && *text <= '9'; text++) {
        uint64_t digit = (uint64_t)(*text - '0');
        if (mid > (UINT64_MAX - digit) / 10)
            return false;
        mid = mid * 10 + digit;
    }
    *out = mid;
    return *text == '\0' && mid > 0;
}

static bool
check_mids(struct parsing *p)
{
    for (size_t i = 0; p->shape->takes_mids && i < p->out->operand_count; i++)
        if (!parse_mid(p->out->operands[i], &p->out->mids[i]))
            return refuse(p, "a message has a number, not", p->out->operands[i]);
    return true;
}

static bool
check_shape(struct parsing *p)
{
    const struct shape *shape = p->shape;
    int operands = (int)p->out->operand_count;
    bool fits;

    if (shape == NULL) {
        snprintf(p->why, ARGUMENTS_WHY, "a command is missing; see sipsilo --help");
        return false;
    }
    fits = operands >= shape->from && operands <= shape->to;
    if (p->out->aor != NULL)
        fits = shape->takes_aor && operands == 0;
    if (p->out->as_json && !shape->takes_json)
        fits = false;
    if (fits)
        return check_mids(p);
    snprintf(p->why, ARGUMENTS_WHY,
             "usage: sipsilo %s [-c FILE] [-o SECTION.KEY=VALUE]...%s", shape->name,
             shape->usage);
    return false;
}

/* Asked for anywhere, these two are all that is done. */
static bool
asks_for(int argc, char *const argv[], const char *option, const char *letter)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], option) == 0 || strcmp(argv[i], letter) == 0)
            return true;
    return false;
}

bool
arguments_parse(int argc, char *const argv[], struct arguments *out,
                char why[ARGUMENTS_WHY])
{
    struct parsing p = { .argc = argc, .argv = argv, .out = out, .why = why };
    size_t room = argc < 1 ? 1 : (size_t)argc;

    memset(out, 0, sizeof *out);
    if (asks_for(argc, argv, "--help", "-h")) {
        out->command = COMMAND_HELP;
        return true;
    }
    if (asks_for(argc, argv, "--version", "-V")) {
        out->command = COMMAND_VERSION;
        return true;
    }
    out->overrides = calloc(room, sizeof *out->overrides);
    out->operands = calloc(room, sizeof *out->operands);
    out->mids = calloc(room, sizeof *out->mids);
    if (out->overrides == NULL || out->operands == NULL || out->mids == NULL)
        snprintf(why, ARGUMENTS_WHY, "out of memory");
    else if (parse_arguments(&p) && check_shape(&p))
        return true;
    arguments_free(out);
    return false;
}

void
arguments_free(struct arguments *arguments)
{
    free(arguments->overrides);
    free(arguments->operands);
    free(arguments->mids);
}
