/* arguments - the command line, read but not acted on.
 *
 *     sipsilo COMMAND [-c FILE] [-o SECTION.KEY=VALUE]... [OPERAND]...
 *
 * Options stand before or after their command; "--" ends them.
 *
 * Memory  Strings are argv's; arguments_free ends the two lists.
 * Errors  One line that says what is wrong with the command line (exit code 64).
 */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum command_id {
    COMMAND_SERVE,
    COMMAND_CHECK,
    COMMAND_LIST,
    COMMAND_SHOW,
    COMMAND_DELETE,
    COMMAND_EXPORT,
    COMMAND_IMPORT,
    COMMAND_VERIFY,
    COMMAND_HELP,
    COMMAND_VERSION,
};

struct arguments {
    enum command_id command;
    const char *config;     /* -c; NULL: none */
    const char **overrides; /* owned; -o, in order */
    size_t override_count;
    const char **operands; /* owned */
    size_t operand_count;
    uint64_t *mids;  /* owned; of show and delete, the operands as numbers */
    const char *aor; /* --aor of delete; NULL: none */
    bool as_json;
};

enum {
    ARGUMENTS_WHY = 256,
};

/* False: `why` is set, and nothing is to be freed. */
bool
arguments_parse(int argc, char *const argv[], struct arguments *out,
                char why[ARGUMENTS_WHY]);

void
arguments_free(struct arguments *arguments);

#endif
