#include "bench/micro/pair.h"

void
pair_init(struct pair *pair, const char *const names[PAIR_SUBJECTS], const char *measure,
          uint64_t size, uint32_t batch)
{
    struct figure figure = { .measure = measure, .size = size, .batch = batch };

    for (int s = 0; s < PAIR_SUBJECTS; s++) {
        pair->rate[s] = pair->cpu[s] = figure;
        pair->rate[s].subject = pair->cpu[s].subject = names[s];
        pair->rate[s].unit = "per_second";
        pair->cpu[s].unit = "cpu_us";
    }
    pair->ratio = figure;
    pair->ratio.subject = pair->ratio.unit = "ratio";
}

void
pair_add(struct pair *pair, uint32_t subject, double operations,
         const struct stopwatch *watch)
{
    pair->latest[subject] = operations / watch->wall_s;
    figure_add(&pair->rate[subject], pair->latest[subject]);
    figure_add(&pair->cpu[subject], watch->cpu_s * 1e6 / operations);
}

void
pair_close_round(struct pair *pair)
{
    figure_add(&pair->ratio, pair->latest[0] / pair->latest[1]);
}

void
pair_print(const struct figures *figures, const struct pair *pair)
{
    for (int s = 0; s < PAIR_SUBJECTS; s++)
        figures_print(figures, &pair->rate[s]);
    figures_print(figures, &pair->ratio);
    for (int s = 0; s < PAIR_SUBJECTS; s++)
        figures_print(figures, &pair->cpu[s]);
}
