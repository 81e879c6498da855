/* own_directory - a directory of its own for a test. */
#ifndef TESTS_OWN_DIRECTORY_H
#define TESTS_OWN_DIRECTORY_H

#include <stdbool.h>

enum {
    OWN_DIRECTORY_PATH = 256,
};

/* In TMPDIR, or where that is not set in `otherwise`. False: there is none. */
bool
own_directory_make(char out[OWN_DIRECTORY_PATH], const char *otherwise);

/* Its files; it has no directories. */
void
own_directory_empty(const char *path);

void
own_directory_remove(const char *path);

#endif
