/* directory - a place on the disk that goes with the program. */
#ifndef BENCH_MICRO_DIRECTORY_H
#define BENCH_MICRO_DIRECTORY_H

enum {
    DIRECTORY_ROOM = 4096,
};

/* A new one in `parent`; all that is in it is taken away at exit. Once in a program. */
const char *
directory_make(const char *parent);

/* One more in it. Ends the program where that fails. */
void
directory_add(const char *name, char path[DIRECTORY_ROOM]);

/* Takes away what directory_add made, with all that is in it. */
void
directory_remove(const char *path);

#endif
