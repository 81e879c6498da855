#include "bench/parser/chart.h"

enum {
    WIDTH = 720,
    NAMES_WIDTH = 130,
    FIGURES_WIDTH = 80,
    TOP = 64,
    BAR = 14,
    GROUP =
        2 * BAR + 14, /* the two bars of a parser, and what is between it and the next */
};

static const char style[] = "<style>\n"
                            "text { font: 13px sans-serif; fill: #24292f }\n"
                            ".title { font-weight: bold; font-size: 15px }\n"
                            ".axis { stroke: #8c959f }\n"
                            ".mix { fill: #0969da }\n"
                            ".one { fill: #9ac6f5 }\n"
                            "@media (prefers-color-scheme: dark) {\n"
                            "  text { fill: #e6edf3 }\n"
                            "  .axis { stroke: #6e7681 }\n"
                            "  .mix { fill: #4493f8 }\n"
                            "  .one { fill: #264f82 }\n"
                            "}\n"
                            "</style>\n";

static const struct report_input *
find(const struct report *report, const char *name)
{
    for (size_t i = 0; i < report->inputs; i++)
        if (strcmp(report->input[i].name, name) == 0)
            return &report->input[i];
    return NULL;
}

static double
longest(const struct report_input *input)
{
    double most = 1;

    for (size_t n = 0; n < input->measures; n++)
        most = input->measure[n].median > most ? input->measure[n].median : most;
    return most;
}

static void
print_bar(FILE *out, const char *class, size_t y, double ns, double most)
{
    double width = ns / most * (WIDTH - NAMES_WIDTH - FIGURES_WIDTH);

    fprintf(out,
            "<rect class=\"%s\" x=\"%d\" y=\"%zu\" width=\"%.1f\" height=\"%d\"/>\n"
            "<text x=\"%.1f\" y=\"%zu\">%.0f ns</text>\n",
            class, NAMES_WIDTH, y, width < 1 ? 1 : width, BAR, NAMES_WIDTH + width + 6,
            y + BAR - 2, ns);
}

static void
print_legend(FILE *out, const struct report_input *mix, const struct report_input *one)
{
    fprintf(out,
            "<text class=\"title\" x=\"10\" y=\"22\">Reading a SIP message: nanoseconds, "
            "less is better</text>\n"
            "<rect class=\"mix\" x=\"10\" y=\"36\" width=\"%d\" height=\"%d\"/>\n"
            "<text x=\"30\" y=\"48\">512 different requests (mean %.0f octets)</text>\n"
            "<rect class=\"one\" x=\"330\" y=\"36\" width=\"%d\" height=\"%d\"/>\n"
            "<text x=\"350\" y=\"48\">one MESSAGE again and again (%.0f octets)</text>\n",
            BAR, BAR, mix->bytes, BAR, BAR, one->bytes);
}

static void
print_parser(FILE *out, size_t y, const struct measure *mix, const struct measure *one,
             double most)
{
    fprintf(out, "<text x=\"%d\" y=\"%zu\" text-anchor=\"end\">%s</text>\n",
            NAMES_WIDTH - 8, y + BAR + 5, mix->adapter->name);
    print_bar(out, "mix", y, mix->median, most);
    print_bar(out, "one", y + BAR, one->median, most);
}

void
chart_print(const struct report *report, FILE *out)
{
    const struct report_input *mix = find(report, "mix512"),
                              *one = find(report, "message");
    size_t height;
    double most;

    if (mix == NULL || one == NULL)
        return;
    most = longest(mix) > longest(one) ? longest(mix) : longest(one);
    height = TOP + mix->measures * GROUP;
    fprintf(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %zu\" width=\"%d\" "
        "height=\"%zu\" role=\"img\">\n<title>Nanoseconds per SIP message, by parser"
        "</title>\n%s",
        WIDTH, height, WIDTH, height, style);
    print_legend(out, mix, one);
    fprintf(out, "<line class=\"axis\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%zu\"/>\n",
            NAMES_WIDTH, TOP - 4, NAMES_WIDTH, height - 6);
    for (size_t n = 0; n < mix->measures; n++)
        print_parser(out, TOP + n * GROUP, &mix->measure[n], &one->measure[n], most);
    fprintf(out, "</svg>\n");
}
