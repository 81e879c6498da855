#include "bench/core/path.h"

#include "bench/core/counted.h"

const struct path *
path_at(size_t n)
{
    static const struct path *const lists[] = { parser_paths, server_paths, store_paths };

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        for (const struct path *path = lists[i]; path->name != NULL; path++)
            if (n-- == 0)
                return path;
    return NULL;
}

const struct path *
path_named(const char *name)
{
    const struct path *path;

    for (size_t n = 0; (path = path_at(n)) != NULL; n++)
        if (strcmp(path->name, name) == 0)
            break;
    return path;
}

void
path_run(const struct path *path, uint32_t steps)
{
    void *self = path->open();

    for (uint32_t n = 0; n < path->warm; n++)
        path->step(self, n);
    counting(true);
    for (uint32_t n = path->warm; n < path->warm + steps; n++)
        path->step(self, n);
    counting(false);
    path->close(self);
}
