#include "tests/own_directory.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

bool
own_directory_make(char out[OWN_DIRECTORY_PATH], const char *otherwise)
{
    const char *tmp = getenv("TMPDIR");

    snprintf(out, OWN_DIRECTORY_PATH, "%s/sipsilo-test-XXXXXX",
             tmp == NULL ? otherwise : tmp);
    return mkdtemp(out) != NULL;
}

void
own_directory_empty(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    char inside[600];

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.')
            unlink(inside);
    }
    if (dir != NULL)
        closedir(dir);
}

void
own_directory_remove(const char *path)
{
    own_directory_empty(path);
    rmdir(path);
}
