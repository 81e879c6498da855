/* bench_core - one path through the core, over and over, for bench/gate to count.
 *
 *   bench_core PATH VARIANT STEPS
 *   bench_core --list
 *   bench_core --about
 *
 * --list prints for each path that can run here, with tabs between: its name, the parser's
 * variant ("any" where none matters), how many steps to count, operations a step, and what
 * an operation is. --about prints what else the counts depend on. Run it from the root of
 * the source. */
#include "bench/core/about.h"
#include "bench/core/path.h"
#include "parser/variant.h"

#include <stdio.h>
#include <stdlib.h>

static const char any[] = "any";

static int
usage(void)
{
    fprintf(stderr, "usage: bench_core PATH VARIANT STEPS\n"
                    "       bench_core --list\n"
                    "       bench_core --about\n");
    return 1;
}

static void
list_path(const struct path *path, const char *variant)
{
    printf("%s\t%s\t%u\t%u\t%s\n", path->name, variant, path->counted, path->each,
           path->what);
}

static int
list(void)
{
    const struct variant *variant;
    const struct path *path;

    for (size_t n = 0; (path = path_at(n)) != NULL; n++) {
        if (!path->parses)
            list_path(path, any);
        for (size_t i = 0; path->parses && (variant = variant_at(i)) != NULL; i++)
            list_path(path, variant->name);
    }
    return 0;
}

static const struct variant *
variant_named(const char *name)
{
    const struct variant *variant;

    for (size_t n = 0; (variant = variant_at(n)) != NULL; n++)
        if (strcmp(variant->name, name) == 0)
            break;
    return variant;
}

static int
run(const char *name, const char *variant_name, const char *steps)
{
    const struct path *path = path_named(name);
    const struct variant *variant =
        strcmp(variant_name, any) == 0 ? variant_at(0) : variant_named(variant_name);

    if (path == NULL || variant == NULL)
        return usage();
    variant_use(variant);
    path_run(path, (uint32_t)strtoul(steps, NULL, 10));
    return 0;
}

int
main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--list") == 0)
        return list();
    if (argc == 2 && strcmp(argv[1], "--about") == 0) {
        about_print();
        return 0;
    }
    return argc == 4 ? run(argv[1], argv[2], argv[3]) : usage();
}
