#include "bench/parser/report.h"

#include "bench/parser/table.h"

#include <time.h>
#include <unistd.h>

/* "AMD EPYC"; of Linux on x86, and a dash elsewhere. */
static void
print_machine(FILE *out)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[256], model[200] = "-";

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "model name : %199[^\n]", model) == 1)
            break;
    if (file != NULL)
        fclose(file);
    fprintf(out, "* Machine: %s, %ld CPUs\n", model, sysconf(_SC_NPROCESSORS_ONLN));
}

static void
print_compiler(FILE *out)
{
#ifdef __clang__
    fprintf(out, "* Compiler: %s\n", __VERSION__);
#else
    fprintf(out, "* Compiler: gcc %s\n", __VERSION__);
#endif
}

void
report_print_head(const struct report *report, FILE *out)
{
    time_t now = time(NULL);
    struct tm date;
    char text[16];

    gmtime_r(&now, &date);
    strftime(text, sizeof text, "%Y-%m-%d", &date);
    fprintf(out, "# Reading SIP messages\n\n");
    print_machine(out);
    print_compiler(out);
    fprintf(out, "* Date: %s\n", text);
    for (size_t i = 0; i < report->notes; i++)
        fprintf(out, "* %s\n", report->note[i]);
    fputc('\n', out);
}

static void
print_medians(const struct report *report, FILE *out)
{
    static struct table table;

    table_start(&table, "median ns per message");
    for (size_t i = 0; i < report->inputs; i++)
        table_head(&table, report->input[i].name);
    for (size_t n = 0; n < report->input[0].measures; n++) {
        table_row(&table, report->input[0].measure[n].adapter->name);
        for (size_t i = 0; i < report->inputs; i++)
            table_cell(&table, "%.0f", report->input[i].measure[n].median);
    }
    table_print(&table, out);
}

/* NULL where the parser was not built in. */
static const struct measure *
find(const struct report_input *input, const char *name)
{
    for (size_t n = 0; n < input->measures; n++)
        if (strcmp(input->measure[n].adapter->name, name) == 0)
            return &input->measure[n];
    return NULL;
}

/* How many times faster than `than`. */
static void
add_speed(struct table *table, const struct measure *measure, const struct measure *than)
{
    if (than == NULL)
        table_cell(table, "-");
    else
        table_cell(table, "%.2f", measure_ratio(than, measure));
}

/* How many times slower than the floor. */
static void
add_distance(struct table *table, const struct measure *measure,
             const struct measure *floor)
{
    if (floor == NULL)
        table_cell(table, "-");
    else
        table_cell(table, "%.2f", measure_ratio(measure, floor));
}

static void
add_measure(struct table *table, const struct report_input *input,
            const struct measure *m)
{
    table_row(table, m->adapter->name);
    table_cell(table, "%.1f", m->median);
    table_cell(table, "%.1f", m->least);
    table_cell(table, "%.1f", m->p90);
    table_cell(table, "%.2f", input->bytes / m->median);
    add_speed(table, m, find(input, "sofia-sip"));
    add_distance(table, m, find(input, "floor: memchr"));
    if (m->instructions > 0)
        table_cell(table, "%llu", (unsigned long long)m->instructions);
    else
        table_cell(table, "-");
    table_cell(table, "%.1f", m->allocations);
}

static void
print_input(const struct report_input *input, FILE *out)
{
    static const char *const heads[] = { "ns",           "least",        "p90",
                                         "octets/ns",    "sofia-sip/it", "it/memchr",
                                         "instructions", "allocations" };
    static struct table table;

    table_start(&table, input->name);
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        table_head(&table, heads[i]);
    for (size_t n = 0; n < input->measures; n++)
        add_measure(&table, input, &input->measure[n]);
    fprintf(out, "## %s, %.0f octets\n\n", input->name, input->bytes);
    table_print(&table, out);
}

static const char legend[] =
    ", in which the parsers take turns. Ratios are taken within a round; of times and "
    "ratios "
    "the median is shown. \"sofia-sip/it\" says how many times faster than sofia-sip it "
    "is, "
    "\"it/memchr\" how many times slower than finding the header's lines by memchr. "
    "Instructions and allocations are per message.\n\n";

void
report_print_times(const struct report *report, FILE *out)
{
    fprintf(out, "%d rounds%s", MEASURE_ROUNDS, legend);
    print_medians(report, out);
    for (size_t i = 0; i < report->inputs; i++)
        print_input(&report->input[i], out);
}
