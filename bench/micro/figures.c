#include "bench/micro/figures.h"

#include <stdlib.h>
#include <string.h>

static void
failed(const char *path)
{
    perror(path);
    exit(1);
}

static void
print_command(FILE *json, const char *bench, const char *command)
{
    fprintf(json, "{\"bench\": \"%s\", \"command\": \"", bench);
    for (; *command != '\0'; command++) {
        if (*command == '"' || *command == '\\')
            fputc('\\', json);
        fputc(*command, json);
    }
    fputs("\"}\n", json);
}

void
figures_open(struct figures *figures, const char *bench, const struct options *options)
{
    figures->bench = bench;
    figures->json = NULL;
    if (options->json_path == NULL)
        return;
    figures->json = fopen(options->json_path, "w");
    if (figures->json == NULL)
        failed(options->json_path);
    print_command(figures->json, bench, options->command);
}

void
figures_close(struct figures *figures)
{
    if (figures->json != NULL && fclose(figures->json) != 0)
        failed(figures->bench);
}

void
figure_add(struct figure *figure, double value)
{
    if (figure->rounds < FIGURE_ROUNDS_MAX)
        figure->round[figure->rounds++] = value;
}

static int
compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static void
sort(const struct figure *figure, double out[FIGURE_ROUNDS_MAX])
{
    memcpy(out, figure->round, figure->rounds * sizeof out[0]);
    qsort(out, figure->rounds, sizeof out[0], compare);
}

static double
middle(const double *sorted, uint32_t count)
{
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

static void
print_json(const struct figures *figures, const struct figure *f, const double *sorted)
{
    fprintf(
        figures->json,
        "{\"bench\": \"%s\", \"subject\": \"%s\", \"measure\": \"%s\", \"size\": %llu, "
        "\"batch\": %u, \"unit\": \"%s\", \"median\": %.9g, \"least\": %.9g, "
        "\"most\": %.9g, \"rounds\": %u}\n",
        figures->bench, f->subject, f->measure, (unsigned long long)f->size, f->batch,
        f->unit, middle(sorted, f->rounds), sorted[0], sorted[f->rounds - 1], f->rounds);
    if (fflush(figures->json) != 0)
        failed(figures->bench);
}

void
figures_print(const struct figures *figures, const struct figure *f)
{
    double sorted[FIGURE_ROUNDS_MAX];
    char batch[32] = "";

    if (f->rounds == 0)
        return;
    sort(f, sorted);
    if (f->batch > 0)
        snprintf(batch, sizeof batch, ", %u at once", f->batch);
    printf("%9llu  %-8s %-28s%-14s %12.2f %s  (%.2f-%.2f)\n", (unsigned long long)f->size,
           f->subject, f->measure, batch, middle(sorted, f->rounds), f->unit, sorted[0],
           sorted[f->rounds - 1]);
    fflush(stdout);
    if (figures->json != NULL)
        print_json(figures, f, sorted);
}
