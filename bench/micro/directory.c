#include "bench/micro/directory.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static char root[DIRECTORY_ROOM];

static int
remove_one(const char *path, const struct stat *stat, int kind, struct FTW *at)
{
    (void)stat;
    (void)kind;
    (void)at;
    return remove(path);
}

void
directory_remove(const char *path)
{
    nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
remove_root(void)
{
    directory_remove(root);
}

const char *
directory_make(const char *parent)
{
    snprintf(root, sizeof root, "%s/sipsilo-bench-XXXXXX", parent);
    if (mkdtemp(root) == NULL) {
        perror(parent);
        exit(1);
    }
    atexit(remove_root);
    return root;
}

void
directory_add(const char *name, char path[DIRECTORY_ROOM])
{
    if (snprintf(path, DIRECTORY_ROOM, "%s/%s", root, name) >= DIRECTORY_ROOM ||
        mkdir(path, 0700) != 0) {
        perror(path);
        exit(1);
    }
}
