/* main - the command line: reads the settings, then serves or works on the store. */
#include "src/arguments.h"
#include "src/cli/command.h"
#include "src/net/host.h"
#include "src/net/process.h"
#include "src/settings.h"
#include "src/version.h"

#include <errno.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

/* sysexits.h has these numbers; 0 and 1 are EXIT_SUCCESS and EXIT_FAILURE. */
enum {
    EXIT_OK = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 64,
    EXIT_CONFIG = 78,
};

static const char usage[] =
    "sipsilo " SIPSILO_VERSION ", an offline message silo for SIP\n"
    "\n"
    "  sipsilo serve    accept, store and deliver messages until SIGTERM\n"
    "  sipsilo check    validate and print the effective configuration\n"
    "  sipsilo list     [AOR] [--json]       stored messages, oldest first\n"
    "  sipsilo show     MID [--json]         one message, whole\n"
    "  sipsilo delete   MID... | --aor AOR   remove messages\n"
    "  sipsilo export   [AOR]                JSON lines, one message each\n"
    "  sipsilo import   FILE|-               the same back; nothing is stored twice\n"
    "  sipsilo verify   [--json]             whether the store is whole\n"
    "  sipsilo --version | --help\n"
    "\n"
    "Every command takes\n"
    "  -c FILE                  a configuration file\n"
    "  -o SECTION.KEY=VALUE     one setting, over the file; may be repeated\n"
    "\n"
    "Settings, with their defaults:\n";

static void
print_line(void *self, struct slice line)
{
    fwrite(line.at, 1, line.len, self);
}

static int
complain(const char *what, int code)
{
    fprintf(stderr, "sipsilo: %s\n", what);
    return code;
}

static int
end_of_output(void)
{
    return fflush(stdout) == 0 && !ferror(stdout)
               ? EXIT_OK
               : complain(strerror(errno), EXIT_FAILED);
}

static int
print_help(void)
{
    fputs(usage, stdout);
    settings_help(stdout, print_line);
    return end_of_output();
}

static int
print_version(void)
{
    puts("sipsilo " SIPSILO_VERSION);
    return end_of_output();
}

static int
serve(const struct settings *settings)
{
    /* A peer that went away is an error of one write, not the end of the server. */
    signal(SIGPIPE, SIG_IGN);
    log_configure(settings->log_level, settings->log_format, NULL, NULL);
    return host_run(settings);
}

static int
check(const struct settings *settings)
{
    settings_print(settings, stdout, print_line);
    return end_of_output();
}

/* The command itself, with its store open. `in` is import's. */
static int
run(const struct command *c, const struct arguments *arguments, FILE *in)
{
    const char *aor = arguments->operand_count > 0 ? arguments->operands[0] : NULL;

    switch (arguments->command) {
    case COMMAND_LIST:
        return list_run(c, aor, arguments->as_json);
    case COMMAND_SHOW:
        return show_run(c, arguments->mids[0], arguments->as_json);
    case COMMAND_DELETE:
        if (arguments->aor != NULL)
            return delete_aor_run(c, arguments->aor);
        return delete_run(c, arguments->mids, arguments->operand_count);
    case COMMAND_EXPORT:
        return export_run(c, aor);
    case COMMAND_VERIFY:
        return verify_run(c, arguments->as_json);
    default:
        return import_run(c, in);
    }
}

/* A store that an import makes needs a secret of its own; any other has one. */
static bool
try_store(const struct settings *settings, enum store_role role, struct command *c,
          char why[SETTINGS_WHY])
{
    struct store_options options = {
        .prefix = settings->db_table.at,
        .map_bytes = settings->map_bytes,
        .role = role,
        .now_s = c->now_s,
    };

    snprintf(why, SETTINGS_WHY, "there are no random numbers");
    return getrandom(&options.secret, sizeof options.secret, 0) ==
               (ssize_t)sizeof options.secret &&
           store_open(settings->db_url.at, &options, &c->store, why, SETTINGS_WHY) ==
               STORE_OK;
}

static bool
open_store(const struct settings *settings, enum store_role role, struct command *c)
{
    char why[SETTINGS_WHY];

    if (try_store(settings, role, c, why))
        return true;
    complain(why, EXIT_FAILED);
    return false;
}

/* What a server that died had said to be safe enters the tables as a command opens them; who
 * only looks would not see it. A damaged store is left as it is. */
static void
settle_store(const struct settings *settings, struct command *c)
{
    char why[SETTINGS_WHY];

    if (try_store(settings, STORE_COMMAND, c, why))
        store_close(c->store);
    c->store = NULL;
}

/* An export takes what can be read of a store that is damaged, too. */
static enum store_role
role_of(enum command_id command)
{
    switch (command) {
    case COMMAND_IMPORT:
        return STORE_IMPORT;
    case COMMAND_EXPORT:
    case COMMAND_VERIFY:
        return STORE_VERIFY;
    default:
        return STORE_COMMAND;
    }
}

static int
work_on_store(const struct settings *settings, const struct arguments *arguments)
{
    bool is_import = arguments->command == COMMAND_IMPORT;
    struct command c = {
        .now_s = time(NULL),
        .out = stdout,
        .err = stderr,
        .max_messages = settings->max_messages,
        .max_bytes = settings->max_bytes,
    };
    FILE *in = stdin;
    int code = EXIT_FAILED;

    process_watch_store("sipsilo: ", "");
    if (is_import && strcmp(arguments->operands[0], "-") != 0)
        in = fopen(arguments->operands[0], "re");
    if (in == NULL)
        return command_fail(&c, "%s: %s", arguments->operands[0], strerror(errno));
    if (arguments->command == COMMAND_EXPORT)
        settle_store(settings, &c);
    if (open_store(settings, role_of(arguments->command), &c)) {
        code = run(&c, arguments, in);
        store_close(c.store);
    }
    if (in != stdin)
        fclose(in);
    return code;
}

static bool
read_settings(struct settings *settings, const struct arguments *arguments,
              char why[SETTINGS_WHY])
{
    if (arguments->config != NULL &&
        !settings_read_file(settings, arguments->config, why))
        return false;
    for (size_t i = 0; i < arguments->override_count; i++)
        if (!settings_override(settings, arguments->overrides[i], why))
            return false;
    return settings_check(settings, why);
}

static int
run_with_settings(const struct arguments *arguments)
{
    struct settings settings;
    char why[SETTINGS_WHY];
    int code;

    if (!settings_init(&settings))
        return complain("out of memory", EXIT_FAILED);
    if (!read_settings(&settings, arguments, why))
        code = complain(why, EXIT_CONFIG);
    else if (arguments->command == COMMAND_SERVE)
        code = serve(&settings);
    else if (arguments->command == COMMAND_CHECK)
        code = check(&settings);
    else
        code = work_on_store(&settings, arguments);
    settings_free(&settings);
    return code;
}

int
main(int argc, char *argv[])
{
    struct arguments arguments;
    char why[ARGUMENTS_WHY];
    int code;

    umask(077); /* the store holds other people's words */
    /* A file that may not grow (RLIMIT_FSIZE) is an error of one write: EFBIG. */
    signal(SIGXFSZ, SIG_IGN);
    if (!arguments_parse(argc, argv, &arguments, why))
        return complain(why, EXIT_USAGE);
    if (arguments.command == COMMAND_HELP)
        code = print_help();
    else if (arguments.command == COMMAND_VERSION)
        code = print_version();
    else
        code = run_with_settings(&arguments);
    arguments_free(&arguments);
    return code;
}
