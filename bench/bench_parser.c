/* bench_parser - what it costs to read a SIP message, beside other parsers.
 *
 *   bench_parser [-o DIRECTORY] [-i FILE] [-n NOTE]...
 *   bench_parser --count PARSER INPUT N
 *   bench_parser --list
 *
 * Every parser does the same work per message: it parses, gives the values of struct extract,
 * and frees what it made. Before anything is timed all must agree on all values. Then come
 * the hostile messages. Prints Markdown; into DIRECTORY the same as parser.md, and a picture,
 * parser.svg. FILE holds what bench/instructions printed, NOTE is a line to print.
 *
 * --count reads N messages and ends, for callgrind; --list prints parsers and inputs. Run it
 * from the root of the source. */
#include "bench/parser/agree.h"
#include "bench/parser/chart.h"
#include "bench/parser/report.h"
#include "bench/parser/worst.h"

#include <stdlib.h>
#include <unistd.h>

static int
usage(void)
{
    fprintf(stderr, "usage: bench_parser [-o DIRECTORY] [-i FILE] [-n NOTE]...\n"
                    "       bench_parser --count PARSER INPUT N\n"
                    "       bench_parser --list\n");
    return 1;
}

static int
count(const char *name, const char *of, const char *messages)
{
    const struct adapter *adapter = adapter_named(name);
    struct input input = input_open(of);
    void *parser;

    if (adapter == NULL || (parser = adapter->open(adapter->argument)) == NULL)
        return usage();
    measure_read(adapter, parser, &input, strtoul(messages, NULL, 10));
    adapter->close(parser);
    input_close(&input);
    return 0;
}

static int
list(void)
{
    const struct adapter *adapter;

    for (size_t n = 0; (adapter = adapter_at(n)) != NULL; n++)
        printf("parser\t%s\n", adapter->name);
    for (size_t n = 0; input_name(n) != NULL; n++)
        printf("input\t%s\n", input_name(n));
    return 0;
}

static FILE *
open_or_end(const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);

    if (file == NULL) {
        perror(path);
        exit(1);
    }
    return file;
}

static FILE *
create(const char *directory, const char *name)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    return open_or_end(path, "w");
}

static void
measure(struct report *report)
{
    for (; input_name(report->inputs) != NULL; report->inputs++) {
        struct input input = input_open(input_name(report->inputs));
        struct report_input *out = &report->input[report->inputs];

        agree(&input);
        out->name = input.name;
        out->bytes = (double)input.bytes / (double)input.count;
        out->measures = measure_all(&input, out->measure);
        input_close(&input);
    }
}

/* Lines of PARSER, INPUT and the figure, with tabs between. */
static void
read_instructions(struct report *report, const char *path)
{
    FILE *file = open_or_end(path, "r");
    char parser[64], input[64];
    unsigned long long figure;

    while (fscanf(file, " %63[^\t] %63[^\t] %llu", parser, input, &figure) == 3)
        for (size_t i = 0; i < report->inputs; i++)
            for (size_t n = 0; n < report->input[i].measures; n++)
                if (strcmp(report->input[i].name, input) == 0 &&
                    strcmp(report->input[i].measure[n].adapter->name, parser) == 0)
                    report->input[i].measure[n].instructions = figure;
    fclose(file);
}

static bool
print_all(const struct report *report, const char *directory)
{
    FILE *out[] = { stdout, directory == NULL ? NULL : create(directory, "parser.md") };
    size_t outs = directory == NULL ? 1 : 2;
    bool linear;

    for (size_t i = 0; i < outs; i++) {
        report_print_head(report, out[i]);
        report_print_times(report, out[i]);
        fflush(out[i]);
    }
    linear = worst_print(out, outs);
    if (directory != NULL) {
        FILE *chart = create(directory, "parser.svg");

        chart_print(report, chart);
        fclose(chart);
        fclose(out[1]);
    }
    return linear;
}

int
main(int argc, char **argv)
{
    static struct report report;
    const char *directory = NULL, *instructions = NULL;
    int option;

    if (argc == 5 && strcmp(argv[1], "--count") == 0)
        return count(argv[2], argv[3], argv[4]);
    if (argc == 2 && strcmp(argv[1], "--list") == 0)
        return list();
    while ((option = getopt(argc, argv, "o:i:n:")) != -1)
        if (option == 'o')
            directory = optarg;
        else if (option == 'i')
            instructions = optarg;
        else if (option == 'n' && report.notes < REPORT_NOTES_MAX)
            report.note[report.notes++] = optarg;
        else
            return usage();
    if (optind < argc)
        return usage();
    measure(&report);
    if (instructions != NULL)
        read_instructions(&report, instructions);
    return print_all(&report, directory) ? 0 : 1;
}
