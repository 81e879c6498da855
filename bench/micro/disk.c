#include "bench/micro/disk.h"

#include "bench/micro/directory.h"
#include "bench/micro/stopwatch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SYNCS = 32, /* of a round */
    SYNC_BYTES = 4096,
};

static void
append_and_sync(int file)
{
    static const char bytes[SYNC_BYTES] = "x";

    if (write(file, bytes, sizeof bytes) != SYNC_BYTES || fdatasync(file) != 0) {
        perror("append and sync");
        exit(1);
    }
}

void
disk_measure(const struct figures *figures, uint32_t rounds)
{
    struct figure figure = { .subject = "disk", .measure = "4 KiB, sync", .unit = "us" };
    char path[DIRECTORY_ROOM];
    int file;

    directory_add("disk", path);
    strncat(path, "/file", sizeof path - strlen(path) - 1);
    file = open(path, O_CREAT | O_WRONLY, 0600);
    for (uint32_t i = 0; i < rounds; i++) {
        struct stopwatch watch = { 0 };

        stopwatch_start(&watch);
        for (int n = 0; n < SYNCS; n++)
            append_and_sync(file);
        stopwatch_stop(&watch);
        figure_add(&figure, watch.wall_s * 1e6 / SYNCS);
    }
    close(file);
    figures_print(figures, &figure);
}
