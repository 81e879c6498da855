#include "bench/micro/options.h"

#include "bench/micro/figures.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
fail(const char *usage)
{
    fprintf(stderr, "usage: %s\n", usage);
    exit(64);
}

static uint64_t
number(const char *text, uint64_t least, uint64_t most, const char *usage)
{
    char *end;
    uint64_t value = strtoull(text, &end, 10);

    if (*end != '\0' || value < least || value > most)
        fail(usage);
    return value;
}

static void
keep_command(int argc, char **argv, char command[OPTIONS_COMMAND])
{
    command[0] = '\0';
    for (int i = 0; i < argc; i++) {
        size_t len = strlen(command);

        snprintf(command + len, OPTIONS_COMMAND - len, "%s%s", i > 0 ? " " : "", argv[i]);
    }
}

void
options_read(int argc, char **argv, const char *usage, struct options *options)
{
    int option;

    keep_command(argc, argv, options->command);
    while ((option = getopt(argc, argv, "n:r:j:d:")) != -1)
        if (option == 'n')
            options->most = number(optarg, SIZE_LEAST, 100000000, usage);
        else if (option == 'r')
            options->rounds = (uint32_t)number(optarg, 1, FIGURE_ROUNDS_MAX, usage);
        else if (option == 'j')
            options->json_path = optarg;
        else if (option == 'd')
            options->directory = optarg;
        else
            fail(usage);
    if (optind < argc)
        fail(usage);
}
